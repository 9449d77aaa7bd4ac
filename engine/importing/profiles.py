"""Profiles: what each platform's report looks like and where its columns live, as TOML data.

A profile names its fields once, with the column names each field has in every version and language; the tables say which
fields they store. Fields that fit a stored column of the same name go there by themselves.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import UsageError
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
    column present is used; `join` joins the non-empty cells of several columns with this text; `down` carries a cell down to
    the rows below that leave it empty (cells that were merged).
    """

    names: list[str]
    kind: str | None = None
    required: bool = False
    merge: bool = False
    join: str | None = None
    order: str | None = None
    down: bool = False


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
        unpivot: one stored row per amount of a row, with its `kind`; `amounts` is their sum in expressions of checks.
        others: every further column of amounts that the profile does not know is unpivoted as well, its name the kind.
        spread: every column that no field claims is a location, its cells are what is on hand there.
        places: the names of those columns, when not all are; `*` stands for the name of the place (`Current Quantity *`).
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
    others: bool = False
    spread: bool = False
    places: list[str] = []

    def place(self, column: str) -> str | None:
        """The place that a column speaks of, when cells of columns are what is on hand in a place; None for other columns."""
        if not self.places:
            return column
        for pattern in self.places:
            before, star, after = pattern.partition("*")
            if column == pattern:
                return column
            if star and column.startswith(before) and column.endswith(after) and len(column) > len(pattern) - 1:
                return column[len(before) : len(column) - len(after)].strip()
        return None


class Joined(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cells in which a platform joins several sub-orders: the field that tells how many, and the fields it joins."""

    by: str
    fields: list[str]
    separator: str = ";"
    quantity: str = "quantity"


class Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A total the file states per group (per row where the profile has none), and the expression over what was loaded that
    must equal it."""

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


class Aside(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rows that say something, but nothing that is counted here (a payment that failed): an SQL condition over fields."""

    where: str
    reason: str


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
    aside: list[Aside] = []
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


def as_toml(profile: Profile) -> str:
    """A profile as TOML text that `load` reads back as the same profile, for profiles made of accepted mappings."""
    data = msgspec.to_builtins(profile)
    del data["name"]
    default = msgspec.to_builtins(Profile("", "", "", {}, {}))
    fields, tables = data.pop("fields"), data.pop("tables")
    lists = {name: data.pop(name) for name in ("version", "stray", "aside", "check")}
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
