"""Tables of a shop as sheets to write: names of columns, and rows that are read while they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from engine.errors import UsageError
from engine.store.database import Store
from engine.store.tables import IMPORTED

OWN = ("backroom file", "backroom sheet", "backroom line")
"""Columns that say where an exported row comes from."""
QUERY_SECONDS = 60.0
MOST_ROWS = 5_000_000


@dataclass(frozen=True)
class Sheet:
    """One table to write.

    Attributes:
        title: what it is, in a few words, for a reader.
        rows: as many cells as there are columns; text, numbers or None.
        count: how many rows there are.
        records: the same rows in their documented JSON shape, where there is one.
        notes: what the seller should know of it.
    """

    title: str
    columns: tuple[str, ...]
    rows: Callable[[], Iterable[tuple[Any, ...]]]
    count: int
    records: Callable[[], Iterable[dict[str, Any]]] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Documents:
    """Whole texts to write as they are, one file each, where rows and columns would not do.

    Attributes:
        suffix: what the names of such files end in.
        texts: the files' contents; `empty` says why there is none.
    """

    suffix: str
    texts: tuple[str, ...]
    empty: str


def key_column(table: str) -> str:
    """The column by which the import desk knows an exported file again, and each of its rows."""
    return f"backroom key of {table}"


def of_query(store: Store, sql: str) -> Sheet:
    """A seller's own read-only query.

    Raises:
        ShopError: it is no query, is wrong, or runs longer than a minute.
    """
    columns, rows, more = store.query(sql, seconds=QUERY_SECONDS, limit=MOST_ROWS)
    notes = (f"Only the first {MOST_ROWS:,} rows are in the file.",) if more else ()
    return Sheet("query", tuple(columns), lambda: rows, len(rows), notes=notes)


def of_table(store: Store, name: str, offered: Iterable[str] = ()) -> Sheet:
    """A table or view: an imported table with where each row comes from, anything else as it is.

    Args:
        store: the shop.
        name: the table's or view's.
        offered: what else can be exported, for the message when there is nothing of that name.

    Raises:
        UsageError: there is no such table or view.
    """
    if name in IMPORTED:
        return imported(store, name)
    known = {
        row["name"]
        for row in store.rows("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")
    }
    if name not in known:
        right = [*offered, *IMPORTED, *sorted(view for view in known if view.startswith("v_"))]
        raise UsageError(f"there is nothing called {name} to export.", todo=f"Try {', '.join(dict.fromkeys(right))}.")
    quoted = '"' + name.replace('"', '""') + '"'
    return selected(store, name, f"SELECT * FROM {quoted}", f"SELECT count(*) FROM {quoted}")


def imported(store: Store, table: str, beside: tuple[str, ...] = (), joined: str = "") -> Sheet:
    """An imported table under its own columns, and where each row comes from, so that it can be read back.

    Args:
        store: the shop.
        table: one of the imported tables, `t` in SQL.
        beside: more columns, as SQL.
        joined: the joins that they need.
    """
    columns = [column["name"] for column in store.rows(f"SELECT name FROM pragma_table_info('{table}')")]
    home = [name for name in columns if name not in ("id", "import_id", "sheet", "line", "row_key")]
    chosen = [*(f"t.{name}" for name in home), *beside]
    chosen += [
        f'{sql} AS "{name}"'
        for sql, name in zip(("i.file", "t.sheet", "t.line", "t.row_key"), (*OWN, key_column(table)), strict=True)
    ]
    return selected(
        store,
        table,
        f"SELECT {', '.join(chosen)} FROM {table} t JOIN imports i ON i.id = t.import_id {joined} ORDER BY t.id",
        f"SELECT count(*) FROM {table}",
    )


def selected(store: Store, title: str, sql: str, counting: str) -> Sheet:
    """What `sql` selects; `counting` gives how many rows that are."""
    head = store.reader().execute(f"SELECT * FROM ({sql}) LIMIT 0")
    columns = tuple(column[0] for column in head.description)
    return Sheet(
        title.replace("_", " "), columns, lambda: map(tuple, store.reader().execute(sql)), store.value(counting)
    )
