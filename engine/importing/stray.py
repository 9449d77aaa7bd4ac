"""Rows that are no data: blank lines, the header again, notes, counts and totals, each set aside with its reason."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.importing.matching import Match

if TYPE_CHECKING:
    import polars as pl

# A cell that opens a totals row: the word alone, or followed by a colon and what it totals.
TOTALS = (
    r"(?i)^\s*(?:(?:grand |sub)?totals?|sum|合计|总计|汇总|小计|总和|合計|總計|总合计|gesamt(?:summe)?|summe|total général|"
    r"totale|totaal|suma|итого|всего|jumlah|toplam|รวม)\s*(?:[:：].*|\([^)]*\)|of \d[\d,]* \w+)?\s*$"
)
# A nearly empty row whose words end in one of these closes a part of the table: `三月合计`.
_CLOSING = re.compile(r"(?:合计|总计|小计|汇总|合計|總計|小計)\s*$")
_UNIT = (
    r"(?:record|row|order|item|transaction|line|review|result|entry|campaign|product|payment|ticket|datens[aä]tz|zeile|"
    r"bestellung|registro|enregistrement|ligne|rij|wiersz)(?:(?:e?s|ies|en|e)?(?:\(s\))?)\b"
)
_N = r"(\d[\d,.’' ]*)"
_COUNTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^\W*{_N}\s+{_UNIT}",
        rf"^\W*(?:total|sum|count|number|anzahl|nombre|número)\s+(?:of\s+|de\s+)?{_N}\s+{_UNIT}",
        rf"^\W*(?:(?:grand )?total|count|number|no\.?|anzahl|nombre|número)?\s*(?:of\s+|de\s+|der\s+)?{_UNIT}"
        rf"(?:\s+(?:downloaded|exported|found|count|in total))?\s*[:：=]?\s*{_N}$",
        rf"^\W*(?:共|合计|总计|总共|共计|合計|總計)\s*[:：]?\s*{_N}\s*(?:条|笔|单|行|项|个|件|筆|條|單)(?:记录|订单|数据|结果|交易)?",
        rf"^\W*(?:记录|订单|数据|行|交易)(?:总)?(?:数|笔数|条数)\s*[:：]?\s*{_N}",
    )
)
# What a count over several cells says besides: nothing, what was done with them, or of which days they are.
_NOTHING_ELSE = re.compile(
    rf"^\W*(?:\D*{_N}\s+{_UNIT}\s*(?:$|[^\w\s]|(?:downloaded|exported|found|listed|shown|in total|total|from|between|of)\b)"
    rf"|\D*{_UNIT}\D*{_N}$|\D*{_N}\s*[条笔单行项个件筆條單])",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"[-+(]?[^\w\s]?\s*\d[\d.,’' ]*\)?%?")
_FIRST_CELLS = 4
_SPARSE = 4


@dataclass
class Found:
    """What was set aside: line to reason, totals rows (raw cells), rows whose totals the profile names, stated record counts;
    `empty` are lines with nothing in any column that is read.
    """

    lines: dict[int, str] = field(default_factory=dict)
    totals: list[dict[str, str | None]] = field(default_factory=list)
    stated: list[tuple[dict[str, str], dict[str, str | None]]] = field(default_factory=list)
    counts: list[tuple[int, int]] = field(default_factory=list)
    empty: list[int] = field(default_factory=list)

    def note(self, line: int, said: str) -> None:
        """Set a remark aside; a count of records that it states is kept to be compared."""
        self.lines[line] = f"a note: {said[:60]}"
        counted = stated_count(said)
        if counted is not None:
            self.counts.append((line, counted))


def stated_count(said: str) -> int | None:
    """How many records a remark says there are: `2 record(s) downloaded`, `Total of 10 results`, `共 12 条`."""
    for pattern in _COUNTS:
        found = pattern.match(said.strip())
        if found:
            return int(re.sub(r"\D", "", found.group(1)))
    return None


def take_out(
    raw: pl.DataFrame, match: Match, names: list[str], kept: Collection[int] | None = None
) -> tuple[pl.DataFrame, Found]:
    """Split rows that are no data from those that are.

    Args:
        raw: text cells in columns named by position, and `line`.
        match: the profile on the table's header.
        names: the header.
        kept: the positions that are kept, all when None; others tell of totals rows alone.

    Returns:
        The data rows, and what was taken out. Blank lines go without a word.
    """
    import polars as pl

    found = Found()
    cells = [c for c in raw.columns if c != "line" and (kept is None or int(c) in kept)]
    if not cells or raw.is_empty():
        return raw, found
    required = [
        str(match.columns[f][0]) for f, rule in match.profile.fields.items() if rule.required and f in match.columns
    ]
    raw, few = _without_blank(raw, cells, found)
    key = _key_column(match, cells)
    header = names[int(key)].strip()
    for line in raw.filter(pl.col(key).str.strip_chars() == header)["line"]:
        found.lines[line] = "the header again"
    _by_profile(raw, match, cells, found)
    _totals(raw, match, cells, required, found)
    _remarks(few, names, cells, required, found)
    if found.lines:
        raw = raw.filter(~pl.col("line").is_in(list(found.lines)))
    return raw, found


def _without_blank(raw: pl.DataFrame, cells: list[str], found: Found) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows with anything in them, and those of them with little: totals and notes are looked for among these."""
    import polars as pl

    filled = raw.select(pl.sum_horizontal([pl.col(c).is_not_null() & (pl.col(c) != "") for c in cells])).to_series()
    # Cells of spaces alone are rare: only nearly empty rows are looked at again.
    sparse = (filled <= _SPARSE).arg_true()
    said = raw[sparse].select(_filled(cells)).to_series()
    few = raw[sparse].filter(said > 0)
    empty = sparse.filter(said == 0)
    if len(empty):
        found.empty = raw[empty]["line"].to_list()
        raw = raw.filter(~pl.int_range(pl.len()).is_in(empty.implode()))
    return raw, few


def _totals(raw: pl.DataFrame, match: Match, cells: list[str], required: list[str], found: Found) -> None:
    """Rows that open with a word for a total, and lack what a row of their own would say: it may also be a title or a name."""
    import polars as pl

    lacking = pl.any_horizontal([_empty(c) for c in required]) if required else pl.lit(False)
    first = list(dict.fromkeys([*(["0"] if "0" in raw.columns else []), *cells[:_FIRST_CELLS]]))
    opening = pl.any_horizontal([pl.col(c).str.contains(TOTALS) for c in first]).fill_null(False)
    bare = lacking | pl.col(_key_column(match, cells)).str.contains(TOTALS).fill_null(False)
    if "reviews" not in match.profile.tables:
        bare = bare | pl.any_horizontal([_empty(c) for c in first])
    for row in raw.filter(opening & bare).iter_rows(named=True):
        if row["line"] not in found.lines:
            found.lines[row["line"]] = "a totals row"
            found.totals.append(row)


def _remarks(few: pl.DataFrame, names: list[str], cells: list[str], required: list[str], found: Found) -> None:
    """Notes and counts, in one cell or in several, and rows that close a part of the table."""
    for row in few.iter_rows(named=True):
        said = [str(row[c]).strip() for c in cells if row[c] and str(row[c]).strip()]
        if row["line"] in found.lines:
            continue
        if len(said) == 1:
            if len(names) >= _SPARSE and _is_note(said[0], row, required):
                found.note(row["line"], said[0])
            continue
        if len(names) <= _SPARSE:
            continue
        # A count and its words may stand in cells of their own.
        note = " ".join(said)
        words = [cell for cell in said if not _FIGURE.fullmatch(cell)]
        if _NOTHING_ELSE.match(note) and stated_count(note) is not None:
            found.note(row["line"], note)
        elif len(words) == 1 and _CLOSING.search(words[0]):
            found.lines[row["line"]] = "a totals row"


def _filled(cells: list[str]) -> pl.Expr:
    import polars as pl

    return pl.sum_horizontal([~_empty(c) for c in cells])


def _empty(column: str) -> pl.Expr:
    import polars as pl

    return pl.col(column).is_null() | (pl.col(column).str.strip_chars() == "")


def _key_column(match: Match, cells: list[str]) -> str:
    for name, rule in match.profile.fields.items():
        if rule.required and name in match.columns:
            return str(match.columns[name][0])
    return cells[0]


def _by_profile(raw: pl.DataFrame, match: Match, cells: list[str], found: Found) -> None:
    import polars as pl

    for stray in match.profile.stray:
        at = match.columns.get(stray.field) if stray.field else None
        column = str(at[0]) if at else cells[0]
        cell = pl.col(column).fill_null("") if stray.field else pl.col(column)
        for row in raw.filter(cell.str.contains(stray.pattern)).iter_rows(named=True):
            found.lines[row["line"]] = stray.reason
            if stray.totals:
                found.stated.append((stray.totals, row))


def _is_note(said: str, row: dict[str, str | None], required: list[str]) -> bool:
    """Whether the only cell of a row reads as a remark, not as a value of the data."""
    if stated_count(said) is not None or _CLOSING.search(said):
        return True
    alone_in_required = len(required) == 1 and bool(row[required[0]] and str(row[required[0]]).strip())
    return " " in said and bool(re.search(r"[^\W\d_]", said)) and not alone_in_required
