"""Opening a shop together with what its desks keep in it: their tables, views and triggers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from engine.desks import registry
from engine.desks.base import load
from engine.errors import ShopError
from engine.store.database import Store

if TYPE_CHECKING:
    from sqlite_utils import Migrations

_SETTING = "desk_schemas"


def open_store(path: Path, *, create: bool = False) -> Store:
    """An open shop, every desk's tables brought up to date.

    A shop that is up to date is seen to be so by one small row, without loading a desk or the migration machinery.

    Raises:
        ShopError: as `Store`; or a desk's tables were written by a newer Backroom.
    """
    store = Store(path, create=create, sets=_sets)
    bring_up_to_date(store)
    return store


def _sets() -> list[Migrations]:
    return [load(one.tables) for one in registry.DESKS if one.tables]


def bring_up_to_date(store: Store) -> None:
    """Apply the migrations of desks that this shop has not seen yet.

    Raises:
        ShopError: a desk's tables were written by a newer Backroom.
    """
    stored = store.value("SELECT value FROM settings WHERE name = ?", [_SETTING])
    known: dict[str, int] = json.loads(stored) if stored else {}
    wanted = {one.name: one.schema for one in registry.DESKS if one.tables}
    if any(known.get(name, 0) > schema for name, schema in wanted.items()):
        raise ShopError("this shop was written by a newer Backroom.", file=str(store.path), todo="Update Backroom.")
    behind = [one for one in registry.DESKS if one.tables and known.get(one.name, 0) < one.schema]
    if not behind:
        return
    if store.read_only:
        store.read_a_copy(_sets)
        return
    for one in behind:
        store.migrate(load(one.tables or ""))
    with store.write() as db:
        db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", [_SETTING, json.dumps(known | wanted)])
