"""Profiles: what each platform's report looks like and where its columns live, as TOML data.

A profile names its fields once, with the column names each field has in every version and language; the tables say which
fields they store. Fields that fit a stored column of the same name go there by themselves.
"""

from __future__ import annotations

import fnmatch
import json
import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import UsageError
from engine.importing.headers import normal, stated_currency
from engine.store import tables as stored

# What Backroom adds to a file of rejected rows.
OWN_COLUMNS = ("backroom reason", "backroom line")
FOLDER = Path(__file__).parent / "profiles"

KINDS = stored.kinds()
"""What kind of value a stored column holds, by its name; a field of another name is text where nothing is said."""
table_columns = stored.columns


class Version(msgspec.Struct, frozen=True, forbid_unknown_fields=True, eq=False):
    """One header by which a profile is recognised: column names that must be there."""

    headers: list[str]
    name: str = ""
    language: str = "en"


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One field of a report: its column names in order of preference, and how its cells are read.

    `required` rejects rows without it; `merge` takes the first non-empty cell of several columns, otherwise the first
    column present is used; `join` joins the non-empty cells of several columns with this text.
    """

    names: list[str]
    kind: str | None = None
    required: bool = False
    merge: bool = False
    join: str | None = None
    order: str | None = None


class Amount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of several amounts in a row: SQL expressions for its kind and for the amount."""

    kind: str
    amount: str


class TableRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How rows of a report become rows of one table.

    Attributes:
        columns: stored columns taken from fields of the same name; all that fit when empty.
        set: stored column to an SQL expression over fields.
        sum: stored column to the SQL expression that is added up over the rows of a group.
        one_per: fields that make a group: one stored row each, with the first non-empty cell of every column.
        where: SQL condition over fields that a row (or group) must meet.
        omitted: what to say of the rows that `where` leaves out, when that must be said.
        fill: columns that take the first non-empty cell of the row's group.
        key: columns that identify a row across imports.
        repeat: what a repeated key in one file means: `ordinal` (a further row), or `drop` (the same row again).
        unpivot: one stored row per amount of a row, with its `kind`.
        spread: every column that no field claims is a location, its cells are what is on hand there.
    """

    columns: list[str] = []
    set: dict[str, str] = {}
    sum: dict[str, str] = {}
    one_per: list[str] = []
    where: str | None = None
    omitted: str | None = None
    fill: list[str] = []
    key: list[str] = []
    repeat: str | None = None
    unpivot: list[Amount] = []
    spread: bool = False


class Joined(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cells in which a platform joins several sub-orders: the field that tells how many, and the fields it joins."""

    by: str
    fields: list[str]
    separator: str = ";"
    quantity: str = "quantity"


class Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A total the file states per row or group, and the expression over what was loaded that must equal it."""

    what: str
    stated: str
    loaded: str
    tolerance: float = 0.011


class Stray(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rows that are no data: `pattern` (a regular expression) on the cells of `field`, or on the first cell.

    `totals` says what such a row states: a field to the SQL expression whose sum over the data rows it must equal.
    """

    pattern: str
    reason: str
    field: str | None = None
    totals: dict[str, str] = {}


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, eq=False):
    """One report of one platform."""

    platform: str
    report: str
    title: str
    fields: dict[str, Field]
    tables: dict[str, TableRule]
    version: list[Version] = []
    name: str = ""
    group: list[str] = []
    ignore: list[str] = []
    stray: list[Stray] = []
    check: list[Check] = []
    date_order: str | None = None
    zone: str | None = None
    currency: str | None = None
    decimal: str | None = None
    notes: list[str] = []
    joined: Joined | None = None

    @property
    def main_table(self) -> str:
        """The table with one row per row of the file, or the first one."""
        return next((name for name, rule in self.tables.items() if not rule.one_per), next(iter(self.tables)))

    def kind(self, field: str) -> str:
        """How the cells of a field are read."""
        return self.fields[field].kind or KINDS.get(field, "text")


@dataclass(frozen=True)
class Match:
    """How a profile fits a header.

    Attributes:
        columns: field to the positions of its columns.
        currency: what the matched column names state.
        known: how many non-empty columns the profile knows, and `of` how many there are.
    """

    profile: Profile
    version: Version | None
    columns: dict[str, tuple[int, ...]]
    currency: str | None
    confidence: float
    known: int
    of: int
    reason: str


@cache
def all_profiles() -> dict[str, Profile]:
    """Every profile that ships, by name."""
    return {path.stem: load(path.read_text(encoding="utf-8"), path.stem) for path in sorted(FOLDER.glob("*.toml"))}


def load(text: str, name: str) -> Profile:
    """A profile from TOML text: a field is a list of column names, or a table with `names` and more.

    Raises:
        UsageError: the text is no profile; names what is wrong.
    """
    try:
        data = tomllib.loads(text)
        data["fields"] = {
            key: {"names": value} if isinstance(value, list) else value for key, value in data.get("fields", {}).items()
        }
        profile = msgspec.convert({**data, "name": name}, Profile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise UsageError(f"{name} is not a profile: {error}.") from error
    for table, rule in profile.tables.items():
        unknown = {*rule.columns, *rule.set, *rule.sum} - set(table_columns(table))
        if unknown:
            raise UsageError(f"{name}: {table} has no column {', '.join(sorted(unknown))}.")
    return profile


def find(name: str) -> Profile:
    """A profile by its name.

    Raises:
        UsageError: there is none of that name.
    """
    known = all_profiles()
    if name not in known:
        raise UsageError(f"there is no profile {name}.", todo=f"Known: {', '.join(known)}.")
    return known[name]


@cache
def header_words() -> frozenset[str]:
    """Every column name in the profiles and the word list, as it is compared."""
    from engine.importing.guessing import meaning_words

    words = {normal(n) for p in all_profiles().values() for f in p.fields.values() for n in f.names}
    words |= {normal(n) for p in all_profiles().values() for v in p.version for n in v.headers}
    return frozenset(words | meaning_words())


@cache
def _aliases(profile: Profile) -> dict[str, list[tuple[int, str]]]:
    """Comparable column name to the fields it may be, with its rank among the field's names."""
    found: dict[str, list[tuple[int, str]]] = {}
    for field, rule in profile.fields.items():
        for rank, name in enumerate(rule.names):
            for form in {normal(name), normal(stated_currency(name)[0])}:
                found.setdefault(form, []).append((rank, field))
    return found


@cache
def _ignored(profile: Profile) -> tuple[frozenset[str], tuple[str, ...]]:
    plain = frozenset(normal(name) for name in (*profile.ignore, *OWN_COLUMNS) if "*" not in name)
    patterns = tuple("*".join(normal(part) for part in name.split("*")) for name in profile.ignore if "*" in name)
    return plain, patterns


def is_ignored(profile: Profile, column: str) -> bool:
    """Whether a profile knows a column and wants nothing of it."""
    plain, patterns = _ignored(profile)
    name = normal(column)
    return name in plain or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


@cache
def _platforms_of() -> dict[str, int]:
    """How many platforms use each column name."""
    users: dict[str, set[str]] = {}
    for profile in all_profiles().values():
        names = [n for f in profile.fields.values() for n in f.names] + [n for v in profile.version for n in v.headers]
        for name in (*names, *(n for n in profile.ignore if "*" not in n)):
            users.setdefault(normal(stated_currency(name)[0]), set()).add(profile.platform)
    return {name: len(platforms) for name, platforms in users.items()}


@cache
def _telling(name: str) -> float:
    """How much a column name says about where a file comes from, from near 0 to 1: what many platforms use says little."""
    from engine.importing.guessing import meaning_words

    told = 0.4 if name in meaning_words() else 1.0
    return max(0.1, float(told / max(1, _platforms_of().get(name, 1)) ** 0.7))


# A version fits when columns of this share of its weight are there, or of a smaller one when nearly the whole file is known.
_FITS = 0.72
_FITS_KNOWN = 0.5
_KNOWN = 0.7


def match(profile: Profile, header: Sequence[str]) -> Match | None:
    """How `profile` fits a header, or None when it does not.

    A version fits by the weight of its columns that are there (a name that only one platform uses weighs most), and every
    required field must have a column; confidence is the share of that weight and of the file's columns known.
    """
    present: dict[str, int] = {}
    currency: set[str] = set()
    for position, cell in enumerate(header):
        name, code = stated_currency(cell)
        forms = [normal(cell)]
        if code:
            currency.add(code)
            forms.append(normal(name))
        for form in forms:
            if form:
                present.setdefault(form, position)
    columns = _columns(profile, present)
    if any(field not in columns for field, rule in profile.fields.items() if rule.required):
        return None
    best: tuple[float, int, Version] | None = None
    for version in profile.version:
        weights = {name: _telling(name) for name in _wanted(version)}
        found = [weight for name, weight in weights.items() if name in present]
        share = sum(found) / sum(weights.values())
        if best is None or (share, len(found)) > best[:2]:
            best = share, len(found), version
    if best is None or best[0] < _FITS_KNOWN:
        return None
    filled = [cell for cell in header if cell.strip()]
    used = {position for positions in columns.values() for position in positions}
    known = len(used) + sum(
        1 for i, cell in enumerate(header) if cell.strip() and i not in used and is_ignored(profile, cell)
    )
    share, there, version = best
    if share < _FITS and (known < _KNOWN * len(filled) or there < min(5, len(version.headers))):
        return None
    confidence = share * (0.6 + 0.4 * known / max(1, len(filled)))
    reason = f"{there} of {len(version.headers)} telling columns, {known} of {len(filled)} known"
    code = currency.pop() if len(currency) == 1 else None
    return Match(profile, version, columns, code, confidence, known, len(filled), reason)


@cache
def _wanted(version: Version) -> tuple[str, ...]:
    return tuple(dict.fromkeys(normal(stated_currency(name)[0]) for name in version.headers))


def _columns(profile: Profile, present: dict[str, int]) -> dict[str, tuple[int, ...]]:
    ranked: dict[str, list[tuple[int, int]]] = {}
    for form, entries in _aliases(profile).items():
        if form in present:
            for rank, field in entries:
                ranked.setdefault(field, []).append((rank, present[form]))
    columns = {}
    for field, found in ranked.items():
        positions = list(dict.fromkeys(position for _, position in sorted(found)))
        rule = profile.fields[field]
        columns[field] = tuple(positions) if rule.merge or rule.join is not None else tuple(positions[:1])
    return columns


def forced(profile: Profile, header: Sequence[str]) -> Match | None:
    """`profile` on a header that the seller says it fits; None when a required field has no column."""
    present: dict[str, int] = {}
    for position, cell in enumerate(header):
        for form in (normal(cell), normal(stated_currency(cell)[0])):
            present.setdefault(form, position)
    columns = _columns(profile, present)
    if any(field not in columns for field, rule in profile.fields.items() if rule.required):
        return None
    filled = sum(bool(cell.strip()) for cell in header)
    return Match(profile, None, columns, None, 1.0, len(columns), filled, "chosen by the seller")


@cache
def _profiles_with() -> dict[str, tuple[str, ...]]:
    """Comparable column name to the profiles that have it in a version's header."""
    users: dict[str, set[str]] = {}
    for profile in all_profiles().values():
        for version in profile.version:
            for name in _wanted(version):
                users.setdefault(name, set()).add(profile.name)
    return {name: tuple(sorted(profiles)) for name, profiles in users.items()}


def best(header: Sequence[str]) -> Match | None:
    """The profile that fits a header best; more telling columns win over a better share of fewer."""
    forms = {form for cell in header for form in (normal(cell), normal(stated_currency(cell)[0]))}
    # Most rows looked at are data: only profiles that know at least two of the names are tried.
    hits = Counter(name for form in forms for name in _profiles_with().get(form, ()))
    tried = [all_profiles()[name] for name in sorted(hits) if hits[name] > 1]
    found = [hit for profile in tried if (hit := match(profile, header)) is not None]

    def weight(hit: Match) -> tuple[float, int]:
        telling = len(hit.version.headers) if hit.version else 0
        return hit.confidence + 0.02 * min(telling, 20), telling

    return max(found, key=weight, default=None)


def as_toml(profile: Profile) -> str:
    """A profile as TOML text that `load` reads back as the same profile, for profiles made of accepted mappings."""
    data = msgspec.to_builtins(profile)
    del data["name"]
    default = msgspec.to_builtins(Profile("", "", "", {}, {}))
    fields, tables = data.pop("fields"), data.pop("tables")
    lists = {name: data.pop(name) for name in ("version", "stray", "check")}
    joined = data.pop("joined")
    lines = [f"{key} = {_value(value)}" for key, value in data.items() if value != default[key]]
    for name, entries in lists.items():
        for entry in entries:
            lines += ["", f"[[{name}]]", *_entries(entry)]
    if joined is not None:
        lines += ["", "[joined]", *_entries(joined)]
    lines += ["", "[fields]"]
    for name, rule in fields.items():
        said = {key: value for key, value in rule.items() if value not in (None, False)}
        lines.append(f"{_key(name)} = {_value(said['names'] if len(said) == 1 else said)}")
    for name, rule in tables.items():
        lines += ["", f"[tables.{_key(name)}]", *_entries(rule)]
    return "\n".join(lines) + "\n"


def _entries(values: dict[str, Any]) -> list[str]:
    empty: tuple[Any, ...] = (None, [], {}, False)
    return [f"{_key(key)} = {_value(value)}" for key, value in values.items() if value not in empty]


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _value(name)


def _value(value: Any) -> str:
    """A value as TOML writes it on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(part)}" for key, part in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(part) for part in value) + "]"
    # JSON's strings, numbers and booleans are TOML's, but for the one control character that JSON leaves alone.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


@dataclass(frozen=True)
class ProfileSummary:
    """A profile for a list to choose from: its name for settings, and what people call it."""

    name: str
    platform: str
    report: str
    title: str


def listed() -> list[ProfileSummary]:
    """Every profile that ships, by platform, then by report and title."""
    return list(_listed())


@cache
def _listed() -> tuple[ProfileSummary, ...]:
    found = [ProfileSummary(p.name, p.platform, p.report, p.title) for p in all_profiles().values()]
    return tuple(sorted(found, key=lambda s: (s.platform, s.report, s.title.casefold(), s.name)))
