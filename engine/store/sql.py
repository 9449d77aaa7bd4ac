"""Pieces of SQL as text, for queries that are stored and shown and so cannot carry parameters."""

from __future__ import annotations


def literal(value: str | None) -> str:
    """A text as an SQL string literal, NULL for None."""
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"
