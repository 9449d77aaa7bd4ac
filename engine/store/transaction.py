"""Reading inside a write transaction, as a reader reads: what the transaction has changed is seen, and nothing else is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from sqlite_utils import Database


class Rows(Protocol):
    """Whatever answers queries: a store, or a transaction on it."""

    def rows(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[dict[str, Any]]:
        """The rows of a query as dicts."""
        ...

    def value(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> Any:
        """The first column of the first row."""
        ...


class Transaction:
    """The queries of an open write transaction.

    Args:
        db: the transaction.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def rows(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[dict[str, Any]]:
        """The rows of a query as dicts."""
        cursor = self._db.execute(sql, parameters)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def value(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> Any:
        """The first column of the first row; None when there is none."""
        row = self._db.execute(sql, parameters).fetchone()
        return None if row is None else row[0]
