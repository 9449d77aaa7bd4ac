"""Findings whose rows have changed since they were found.

A finding remembers what its query answered when it was stored. Whoever changes rows (an import, taking one back, a
correction, another desk) lets the queries be asked again in the same transaction: a finding whose query answers otherwise now
is out of date until its desk has read again; one whose query answers the same again is as it was.
"""

from __future__ import annotations

import re
import sqlite3
import time
from hashlib import blake2b
from typing import Any

from sqlite_utils import Database

SECONDS_FOR_EACH = 2.0
"""A query that takes longer is not waited for: its finding is taken to be out of date."""
_MOST_ROWS = 5_000
_COUNTED = ("k", "n")
_WORD = re.compile(r"\w+")
_FILLED = re.compile(r"(?:\w+\.)?\w+ IS NOT NULL", re.IGNORECASE)


def answer(db: Database, query: str) -> str | None:
    """What a query answers now, as a short text that is the same for the same answer; None when it cannot be asked.

    One that counts `k` of `n` answers in the words of `counted`, so that it can be held against what a finding says.
    """
    deadline = time.monotonic() + SECONDS_FOR_EACH
    db.conn.set_progress_handler(lambda: int(time.monotonic() > deadline), 10_000)
    try:
        cursor = db.execute(query)
        names = [column[0] for column in cursor.description]
        rows = cursor.fetchmany(_MOST_ROWS)
    except sqlite3.Error:
        return None
    finally:
        db.conn.set_progress_handler(None, 0)
    if len(rows) == 1 and set(names) == set(_COUNTED):
        return counted(**dict(zip(names, rows[0], strict=True)))
    text = repr([[_plain(cell) for cell in row] for row in rows])
    return blake2b(text.encode(), digest_size=16).hexdigest()


def mark_stale(db: Database, *, but: tuple[str, str] | None = None, columns: frozenset[str] | None = None) -> None:
    """Mark the current findings that are out of date, and take the mark off those that no longer are.

    Findings without a query are left as they are.

    Args:
        db: a write transaction, after its changes.
        but: a desk and a scope whose findings were made in this transaction.
        columns: names of which one must be in a query that the changes can have touched; None when any can.
    """
    changed = []
    for row in db.query(
        "SELECT id, k, n, query, answer, stale FROM findings WHERE current AND query IS NOT NULL "
        "AND (desk, scope) IS NOT (?, ?)",
        but or (None, None),
    ):
        if columns is not None and not columns & _read_by(row["query"]):
            continue
        now = answer(db, row["query"])
        stale = now != row["answer"] if row["answer"] else now != counted(row["k"], row["n"])
        if stale != bool(row["stale"]):
            changed.append((int(stale), row["id"]))
    db.conn.executemany("UPDATE findings SET stale = ? WHERE id = ?", changed)


def mark_unasked_stale(db: Database, *, but: str) -> None:
    """Mark the findings of all desks but one that have no query to ask: after rows came or went nobody knows."""
    db.execute("UPDATE findings SET stale = 1 WHERE current AND query IS NULL AND desk != ?", [but])


def _read_by(query: str) -> set[str]:
    """The words of a query, but for columns of which it only asks whether they are filled."""
    return set(_WORD.findall(_FILLED.sub("", query)))


def kept_answer(db: Database, query: str | None) -> str | None:
    """What to keep of a new finding's answer; one that counts `k` of `n` says it itself and is not asked."""
    if not query or _counts(db, query):
        return None
    return answer(db, query)


def _counts(db: Database, query: str) -> bool:
    """Whether a query has the columns `k` and `n` and no others; it is not run for that."""
    try:
        cursor = db.execute(f"SELECT * FROM ({query}) LIMIT 0")
    except sqlite3.Error:
        return False
    return {column[0] for column in cursor.description} == set(_COUNTED)


def counted(k: float | None, n: float | None) -> str:
    """A count of `k` of `n` in words; a sum over no rows is null, and counts nothing."""
    return f"{float(k or 0)!r} of {float(n or 0)!r}"


def _plain(cell: Any) -> Any:
    """A cell without the digits in which the order of summing shows."""
    return float(f"{cell:.9g}") if isinstance(cell, float) else cell
