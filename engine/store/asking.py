"""A seller's own SQL: it may only read, for so long, and gives no more than memory should hold."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

from engine.errors import ShopError

MOST_BYTES = 256 << 20
"""What the rows of one answer may hold together."""
_MOST_BYTES_OF_A_CELL = 16 << 20
_AT_ONCE = 500
_OUTSIDE = frozenset(
    {sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_TRANSACTION, sqlite3.SQLITE_SAVEPOINT}
)
_TOLD = ("table_info", "table_list", "index_list")


def _reading_only(action: int, first: str | None, second: str | None, *context: str | None) -> int:
    """An SQLite authorizer for what a read-only connection still allows: ATTACH would create files, PRAGMA set things."""
    setting = action == sqlite3.SQLITE_PRAGMA and first not in _TOLD
    loading = action == sqlite3.SQLITE_FUNCTION and second == "load_extension"
    return sqlite3.SQLITE_DENY if action in _OUTSIDE or setting or loading else sqlite3.SQLITE_OK


def ask(
    connection: sqlite3.Connection, sql: str, *, seconds: float, limit: int
) -> tuple[list[str], list[tuple[Any, ...]], bool]:
    """Run one query on a read-only connection, which is of no other use afterwards.

    Returns:
        Column names, at most `limit` rows, and whether more rows existed.

    Raises:
        ShopError: the statement is no query, is wrong, ran longer than `seconds`, or gives more than `MOST_BYTES`.
    """
    # What has to be sorted or remembered goes to a temporary file, not into memory.
    connection.execute("PRAGMA temp_store=FILE")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_BYTES_OF_A_CELL)
    deadline = time.monotonic() + seconds
    connection.set_progress_handler(lambda: int(time.monotonic() > deadline), 10_000)
    connection.set_authorizer(_reading_only)
    try:
        cursor = connection.execute(sql)
        if cursor.description is None:
            raise ShopError("this is not a query.", todo="Only SELECT can be run here; nothing was changed.")
        rows = _fetched(cursor, limit + 1)
    except (sqlite3.DatabaseError, sqlite3.Warning) as error:
        raise _said(error, seconds) from error
    return [column[0] for column in cursor.description], rows[:limit], len(rows) > limit


def _fetched(cursor: sqlite3.Cursor, limit: int) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    held = 0
    while len(rows) < limit and (some := cursor.fetchmany(min(_AT_ONCE, limit - len(rows)))):
        rows += some
        held += sum(len(cell) for row in some for cell in row if isinstance(cell, str | bytes))
        if held > MOST_BYTES:
            raise ShopError(
                f"the query gives more than {MOST_BYTES >> 20} MB.", todo="Ask for fewer rows or fewer columns."
            )
    return rows


def _said(error: sqlite3.Error | sqlite3.Warning, seconds: float) -> ShopError:
    """An error of SQLite as a message about the query."""
    text = str(error)
    if "interrupted" in text:
        return ShopError(f"the query took longer than {seconds:g} seconds and was stopped.", todo="Narrow it down.")
    if "too big" in text:
        return ShopError(
            f"a cell of the answer would be larger than {_MOST_BYTES_OF_A_CELL >> 20} MB.", todo="Ask for less at once."
        )
    if "readonly" in text:
        return ShopError("queries may not change the shop.", todo="Only SELECT can be run here; nothing was changed.")
    if "not authorized" in text or "prohibited" in text:
        return ShopError("queries may only read.", todo="Only SELECT can be run here; nothing was changed.")
    todo = None
    if isinstance(error, sqlite3.OperationalError):
        todo = "`select name from sqlite_master` lists tables and views."
    return ShopError(f"the query is not right: {text}.", todo=todo)
