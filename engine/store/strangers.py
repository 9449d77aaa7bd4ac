"""Whether an SQLite file is a shop of ours, before a byte of it is changed, and holds nothing that acts by itself.

A shop may come from anywhere. Its tables, views and triggers must be word for word those that Backroom's own migrations make;
other tables of plain data are left alone. What was compared once is remembered on this computer by its hash, so that opening a
known schema costs a millisecond.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import ShopError
from engine.paths import state_dir

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

APPLICATION = 0x42524F4D
"""What `PRAGMA application_id` says of a shop: "BROM"."""
_SET = "backroom"
_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name"
_APPLIED = "_sqlite_migrations"
_KNOWN_SCHEMAS = 64

Entry = tuple[str, str, str, str]


def check_is_ours(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse an SQLite file of another program.

    Raises:
        ShopError: it is none of ours.
    """
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    if application == APPLICATION:
        return
    names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    # Shops of the first version have no application id; their migrations are named.
    ours = _APPLIED in names and _SET in _applied(connection)
    if application or (names and not ours):
        raise ShopError("this SQLite file is not a shop.", file=str(path), todo="Choose another name.")


def check_schema(connection: sqlite3.Connection, path: Path, sets: Sequence[Migrations]) -> None:
    """Refuse a shop whose tables, views or triggers are not those that our migrations make.

    Args:
        sets: every set of migrations that a shop may have seen: the store's own first, then those of the desks.

    Raises:
        ShopError: something in it is not ours; the message names it.
    """
    there = _entries(connection)
    strange = _strange(there, _expected(connection, sets))
    if strange and _is_newer(connection, sets):
        raise ShopError("this shop was written by a newer Backroom.", file=str(path), todo="Update Backroom.")
    if strange:
        kind, name = strange
        raise ShopError(
            f"this shop was changed by something else than Backroom: its {kind} “{name}” is not ours. It was not opened.",
            file=str(path),
            todo=f'If you made it yourself, remove it with the tool you made it with: DROP {kind.upper()} "{name}". '
            "If the shop is somebody else's, do not trust it.",
        )
    remember(connection)


def is_known(connection: sqlite3.Connection) -> bool:
    """Whether a schema that is word for word this one was checked before on this computer."""
    return fingerprint(connection) in _known()


def fingerprint(connection: sqlite3.Connection) -> str:
    """The hash of all that stands in a file's schema, and of the version of the check."""
    text = json.dumps([1, sorted(_entries(connection).values())])
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _applied(connection: sqlite3.Connection) -> dict[str, set[str]]:
    """The names of the migrations that a file says it has seen, by their set."""
    seen: dict[str, set[str]] = {}
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [_APPLIED]).fetchone():
        for name_of_set, name in connection.execute(f"SELECT migration_set, name FROM {_APPLIED}"):
            seen.setdefault(str(name_of_set), set()).add(str(name))
    return seen


def _entries(connection: sqlite3.Connection) -> dict[tuple[str, str], Entry]:
    return {
        (kind, name): (kind, name, table, " ".join((sql or "").split()))
        for kind, name, table, sql in connection.execute(_SCHEMA)
    }


def _expected(connection: sqlite3.Connection, sets: Sequence[Migrations]) -> dict[tuple[str, str], Entry]:
    """What the migrations that a shop says it has seen make of an empty file."""
    seen = _applied(connection)
    plain = _empty()
    try:
        for one in sets:
            known = seen.get(one.name, set())
            for migration in one.pending(plain):
                if migration.name in known:
                    migration.fn(plain)
        return _entries(plain.conn)
    finally:
        plain.conn.close()


def _empty() -> Database:
    from sqlite_utils import Database

    return Database(sqlite3.connect(":memory:"), execute_plugins=False)


def _is_newer(connection: sqlite3.Connection, sets: Sequence[Migrations]) -> bool:
    """Whether a file has seen migrations that are not known here."""
    plain = _empty()
    known = {one.name: {migration.name for migration in one.pending(plain)} for one in sets}
    plain.conn.close()
    return any(names - known.get(name, set()) for name, names in _applied(connection).items())


def _strange(there: dict[tuple[str, str], Entry], ours: dict[tuple[str, str], Entry]) -> tuple[str, str] | None:
    """The kind and name of the first thing that is not ours; plain tables of other names, and their indices, are left alone."""
    for key, entry in there.items():
        kind, name, table, sql = entry
        if name == _APPLIED or ours.get(key) == entry:
            continue
        plain = kind in ("table", "index") and not re.match(r"create\s+virtual", sql, re.IGNORECASE)
        known = {known for _, known in ours}
        if not plain or name in known or (kind == "index" and table in known):
            return kind, name
    return None


def _memory() -> Path:
    return state_dir() / "schemas.json"


def _known() -> list[str]:
    try:
        known = json.loads(_memory().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [str(one) for one in known] if isinstance(known, list) else []


def remember(connection: sqlite3.Connection) -> None:
    """Let a schema that was checked, or that our own migrations have just made, be known on this computer."""
    schema = fingerprint(connection)
    known = [one for one in _known() if one != schema][-_KNOWN_SCHEMAS:]
    place = _memory()
    try:
        # Whole or not at all: another process may be reading it.
        part = place.with_name(f"{place.name}.{os.getpid()}.part")
        part.write_text(json.dumps([*known, schema]), encoding="utf-8")
        part.replace(place)
    except OSError:
        # It is checked again next time.
        return
