"""Which report a table is: its header found among preambles and notes, and the profile or proposed mapping that fits it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.errors import InputFileError
from engine.importing import concepts, guessing, matching, periods, profiles
from engine.importing import mapping as mappings
from engine.importing.delimited import DELIMITERS, Record
from engine.importing.guessing import Proposal
from engine.importing.headers import normal, stated_currency, unique_names
from engine.importing.matching import Match
from engine.importing.packed import looks_packed
from engine.importing.profiles import Profile
from engine.importing.reading import Table, check_size
from engine.importing.report import ColumnGuess, ImportSettings
from engine.importing.stray import TOTALS

if TYPE_CHECKING:
    from engine.store.database import Store

HEADER_WITHIN = 40
SAMPLES = 50


@dataclass
class Reading:
    """How a table will be read: its header, the profile on it, and what stood before the header.

    Attributes:
        names: distinct column names.
        first: number of the first record after the header.
        match: the profile with its columns; None for an unknown table, whose `proposal` then says what it may be.
        mapped: the match comes from a mapping, not from a profile that ships.
        skipped: physical line and reason of what stands before the data.
    """

    table: Table
    names: list[str]
    header_line: int
    first: int
    match: Match | None
    proposal: Proposal | None = None
    mapped: str | None = None
    skipped: list[tuple[int, str]] = field(default_factory=list)
    sample: list[Record] = field(default_factory=list)
    stated_currency: str | None = None
    period: tuple[str, str] | None = None

    @property
    def header_hash(self) -> str:
        """What identifies a header for learned mappings."""
        joined = "\x1f".join(sorted(normal(name) for name in self.names if name not in profiles.OWN_COLUMNS))
        return hashlib.blake2b(joined.encode(), digest_size=8).hexdigest()

    def column_guesses(self) -> tuple[ColumnGuess, ...]:
        """What every column means under the match, or the proposal for an unknown table."""
        if self.match is None:
            return self.proposal.columns if self.proposal else ()
        if self.mapped is not None and self.proposal is not None:
            return self.proposal.columns
        of = {position: name for name, positions in self.match.columns.items() for position in positions}
        columns = []
        for i, name in enumerate(self.names):
            samples = tuple(
                dict.fromkeys(r.cells[i][:80] for r in self.sample if i < len(r.cells) and r.cells[i].strip())
            )
            if i in of:
                reason, sure = f"known column of {self.match.profile.title}", 1.0
            elif matching.is_ignored(self.match.profile, name):
                reason, sure = "known, not kept", 1.0
            else:
                reason, sure = "kept as it is", 0.0
            columns.append(ColumnGuess(name, of.get(i), sure, reason, samples[:3]))
        return tuple(columns)


def read_header(table: Table, settings: ImportSettings, store: Store | None) -> Reading:
    """Find the header of a table and what it means.

    Raises:
        InputFileError: the profile the seller chose does not fit, or a mapping names a column that is not there.
    """
    head = table.head()
    check_size(max((len(record.cells) for record in head), default=0), 1, table.file)
    found = _by_profile(table, head, settings)
    if found is None:
        found = _unknown(table, head)
        _apply_mapping(found, settings, store)
    above = [" ".join(record.cells) for record in head if record.line < found.header_line]
    found.period = periods.stated([*above, table.file])
    return found


def _by_profile(table: Table, head: list[Record], settings: ImportSettings) -> Reading | None:
    chosen = profiles.find(settings.profile) if settings.profile else None
    if settings.mapping and chosen is None:
        return None
    best: tuple[float, int, Match, tuple[str, ...]] | None = None
    for number, record in enumerate(head[:HEADER_WITHIN]):
        for cells in _ways_to_split(record, head, number):
            hit = _fit(chosen, cells)
            if hit is not None and (best is None or hit.confidence > best[0] + 0.05):
                best = hit.confidence, number, hit, cells
        if table.keyed:
            break
    if best is None:
        if chosen is not None:
            lacking = ", ".join(f.names[0] for f in chosen.fields.values() if f.required)
            raise InputFileError(
                f"this is not {chosen.title}: it needs columns such as {lacking}.",
                file=table.file,
                todo="Choose another.",
            )
        return None
    _, number, hit, cells = best
    reading = Reading(
        table, unique_names(cells), head[number].line, number + 1, hit, sample=head[number + 1 : number + 1 + SAMPLES]
    )
    reading.skipped = [(r.line, "before the header") for r in head[:number] if any(c.strip() for c in r.cells)]
    _second_header(reading, head)
    reading.stated_currency = hit.currency or _currency_in_preamble(head[:number])
    return reading


def _fit(chosen: Profile | None, cells: Sequence[str]) -> Match | None:
    if chosen is None:
        return matching.best(cells)
    return matching.match(chosen, cells) or matching.forced(chosen, cells)


def _ways_to_split(record: Record, head: list[Record], number: int) -> list[tuple[str, ...]]:
    """The header's cells; also split by other delimiters when it has one cell and the rows below have many."""
    ways = [record.cells]
    below = [len(r.cells) for r in head[number + 1 : number + 4]]
    if len(record.cells) == 1 and record.raw and below and max(below) > 1:
        for delimiter in DELIMITERS:
            cells = tuple(cell.strip().strip('"') for cell in record.raw.split(delimiter))
            if len(cells) > 1 and len(cells) == max(below):
                ways.append(cells)
    return ways


_YEAR_WORDS = re.compile(r"\d")


def _second_header(reading: Reading, head: list[Record]) -> None:
    """Skip a row of descriptions or sub-headings directly under the header.

    Such a row holds no digits outside words where the profile expects amounts or dates.
    """
    match = reading.match
    if match is None or reading.first >= len(head) or reading.table.keyed:
        return
    record = head[reading.first]
    typed = [
        positions[0]
        for name, positions in match.columns.items()
        if match.profile.kind(name) in ("money", "number", "moment", "day", "stars")
    ]
    cells = [record.cells[i].strip() for i in typed if i < len(record.cells)]
    filled = [cell for cell in cells if cell]
    ids = [
        record.cells[p[0]].strip()
        for n, p in match.columns.items()
        if match.profile.kind(n) == "id" and p[0] < len(record.cells)
    ]
    wordy = [cell for cell in filled if not _YEAR_WORDS.search(cell) and len(cell) > 3]
    if filled and len(wordy) >= max(1, 0.6 * len(filled)) and not any(re.search(r"\d{3,}", cell) for cell in ids):
        reading.skipped.append((record.line, "a second header row"))
        reading.first += 1
        reading.sample = reading.sample[1:]


_CURRENCY_NOTE = re.compile(r"\b(?:in|amounts? in|currency:?)\s+([A-Z]{3})\b", re.IGNORECASE)


def _currency_in_preamble(records: list[Record]) -> str | None:
    from engine.importing.headers import CURRENCIES

    for record in records:
        for found in _CURRENCY_NOTE.finditer(" ".join(record.cells)):
            if found.group(1).upper() in CURRENCIES:
                return found.group(1).upper()
    return None


def _unknown(table: Table, head: list[Record]) -> Reading:
    """The likeliest header of a table that no profile knows: the first row of distinct words as wide as the rows below."""
    if not table.keyed and (named := _without_header(table, head)) is not None:
        return named
    number = 0 if table.keyed else _header_row(head)
    if number is None:
        width = max((len(record.cells) for record in head), default=0)
        names = [f"column {i}" for i in range(1, width + 1)]
        first = 0
    else:
        names = unique_names(head[number].cells)
        first = number + 1
    sample = [record for record in head[first : first + SAMPLES] if not _is_total(record)]
    proposal = guessing.propose(names, [record.cells for record in sample])
    skipped = [(r.line, "before the header") for r in head[: number or 0] if any(c.strip() for c in r.cells)]
    line = 0 if number is None else head[number].line
    return Reading(table, names, line, first, None, proposal, skipped=skipped, sample=sample)


_CODE = re.compile(r"(?=.*\d)(?=.*[A-Z])[A-Z0-9][A-Z0-9_-]{4,40}")
# 京东咚咚 writes no header: session, customer, whether an agent wrote it, transferred, repeated, SKU, text.
_DONGDONG = ("session_id", "user_id", "waiter_send", "is_transfer", "is_repeat", "sku_id", "content")


def _is_total(record: Record) -> bool:
    return any(re.match(TOTALS, cell) for cell in record.cells[:2])


def _without_header(table: Table, head: list[Record]) -> Reading | None:
    """Tables that are known by their rows alone, having no header: a list of discount codes, a chat log of 京东咚咚."""
    rows = [[cell.strip().lstrip("\ufeff") for cell in record.cells] for record in head if any(record.cells)]
    codes = {row[0] for row in rows if len(row) == 1 and _CODE.fullmatch(row[0])}
    if 1 < len(rows) == len(codes):
        guess = ColumnGuess(
            "code", "code", 0.8, "codes, all different, without a header", tuple(r[0] for r in rows[:3])
        )
        return Reading(table, ["code"], 0, 0, None, Proposal("coupon", (guess,), 0.8), sample=head[:SAMPLES])
    flags = (2, 3, 4)
    if len(rows) > 1 and all(len(row) == 7 and all(row[i] in ("0", "1") for i in flags) for row in rows):
        match = matching.match(profiles.find("jd_dongdong_chat"), _DONGDONG)
        return Reading(table, list(_DONGDONG), 0, 0, match, sample=head[:SAMPLES])
    return None


def _header_row(head: list[Record]) -> int | None:
    width = max((sum(bool(c.strip()) for c in record.cells) for record in head), default=0)
    best: tuple[float, int] | None = None
    for number, record in enumerate(head[:HEADER_WITHIN]):
        cells = [c.strip() for c in record.cells if c.strip()]
        if not cells or (len(cells) < 2 and width > 1) or len(cells) < 0.5 * width:
            continue
        named = sum(
            not re.fullmatch(r"[\d\s.,:/+-]+%?", c) and len(c) <= 80 and "\n" not in c.strip() for c in cells
        ) / len(cells)
        known = sum(_says_something(c) for c in cells) / len(cells)
        distinct = len(set(cells)) / len(cells)
        score = named + known + 0.5 * distinct + 0.5 * len(cells) / width - 0.02 * number
        if named > 0.8 and distinct > 0.8 and (best is None or score > best[0]):
            best = score, number
    return best[1] if best else None


def _says_something(cell: str) -> bool:
    """Whether a cell reads as a column name: known words make up most of it."""
    if len(cell) > 60:
        return False
    pieces = concepts.read(cell)
    return bool(pieces.found) and pieces.rest < 0.5


def _apply_mapping(reading: Reading, settings: ImportSettings, store: Store | None) -> None:
    """Turn the seller's mapping, one accepted before, or the accepted proposal into a profile on this header."""
    proposal = reading.proposal
    if proposal is None:
        return
    source, mapping = _chosen_mapping(reading, proposal, settings, store)
    if not mapping:
        return
    mapping, currency = _of_one_currency(mapping)
    own = bool(settings.mapping) or source != MAPPING
    family = mappings.family_of(list(mapping.values())) if own else proposal.family
    if family is None:
        if settings.mapping:
            raise InputFileError(
                "these columns are not enough to load anything.",
                file=reading.table.file,
                todo="A review needs its text; an order line its order number or date and a product or amount; stock a SKU.",
            )
        return
    cells = [record.cells for record in reading.sample]
    columns_of = {name: [row[i] for row in cells if i < len(row)] for i, name in enumerate(reading.names)}
    packed = [name for name, column in columns_of.items() if looks_packed(column, family)]
    profile = mappings.profile_of(mapping, family, reading.names, packed)
    columns = {
        meaning: tuple(reading.names.index(name) for name in rule.names if name in reading.names)
        for meaning, rule in profile.fields.items()
        if rule.names
    }
    reading.match = Match(
        profile, None, columns, None, proposal.confidence, len(columns), len(reading.names), "accepted mapping"
    )
    reading.mapped = source
    reading.stated_currency = currency or _chinese(reading.names)
    guesses = tuple(
        c
        if mapping.get(c.column) == c.meaning
        else ColumnGuess(c.column, mapping.get(c.column), 1.0, "as accepted", c.samples)
        for c in proposal.columns
    )
    reading.proposal = Proposal(family, guesses, proposal.confidence)


# Characters that only simplified Chinese writes.
_SIMPLIFIED = re.compile(r"[单数价额时间类货订购订买卖实际优惠发销个总]")


def _of_one_currency(mapping: dict[str, str]) -> tuple[dict[str, str], str | None]:
    """A mapping whose amounts are of one currency, the one that its first amount's column states, and that currency.

    A sheet may give every cost twice, in two currencies: they are not two costs.
    """
    stated = {
        name: code
        for name, meaning in mapping.items()
        if profiles.KINDS.get(meaning) in ("money", "number") and (code := stated_currency(name)[1])
    }
    if not stated:
        return mapping, None
    first = next(iter(stated.values()))
    return {name: meaning for name, meaning in mapping.items() if stated.get(name, first) == first}, first


def _chinese(names: Sequence[str]) -> str | None:
    """Yuan where most columns are in simplified Chinese; None elsewhere."""
    chinese = sum(bool(_SIMPLIFIED.search(name)) for name in names)
    return "CNY" if chinese >= max(2, len(names) / 3) else None


MAPPING = "mapping"
"""The source of a mapping that the seller gave, or accepted, with this file."""


def _chosen_mapping(
    reading: Reading, proposal: Proposal, settings: ImportSettings, store: Store | None
) -> tuple[str, dict[str, str]]:
    """Where the mapping that holds comes from, and the mapping: column name to meaning, empty when nothing was chosen."""
    guessed = {c.column: c.meaning for c in proposal.columns if c.meaning and c.confidence >= guessing.FLOOR}
    if settings.mapping:
        unknown = [name for name in settings.mapping if name not in reading.names]
        if unknown:
            raise InputFileError(
                f"there is no column {', '.join(unknown)}.",
                file=reading.table.file,
                todo=f"It has: {', '.join(reading.names)}.",
            )
        said = {name: meaning for name, meaning in settings.mapping.items() if meaning}
        if settings.accept:
            rest = {n: m for n, m in guessed.items() if n not in settings.mapping and m not in said.values()}
            return MAPPING, rest | said
        return MAPPING, said
    learned = _learned(reading, store)
    if learned is not None:
        return learned
    return MAPPING, guessed if settings.accept else {}


def _learned(reading: Reading, store: Store | None) -> tuple[str, dict[str, str]] | None:
    if store is None:
        return None
    rows = store.rows("SELECT name, mapping FROM mappings WHERE header_hash = ?", [reading.header_hash])
    return (rows[0]["name"], json.loads(rows[0]["mapping"])) if rows else None
