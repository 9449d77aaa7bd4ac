"""The shop's log of what was done to it, as a chain: each row carries a hash over itself and the row before.

Whoever changes, removes or slips in a row has to make every later hash anew, and the last one, which is kept apart as well.
That shows accidents and careless hands; somebody who knows this page and writes to the file can make a whole new chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlite_utils.db import Database

    from engine.store.database import Store

_HEAD = "audit_head"


def record(db: Database, action: str, detail: Mapping[str, Any], at: str | None = None) -> None:
    """Add a row inside the transaction that does what it tells.

    Args:
        db: the open transaction. action: one word. detail: what else there is to know; nothing personal. at: the moment.
    """
    moment = at or datetime.now(UTC).isoformat(timespec="seconds")
    text = json.dumps(detail, ensure_ascii=False)
    last = db.execute("SELECT hash FROM audit_log ORDER BY id DESC LIMIT 1").fetchone()
    found = _hash("" if last is None else last[0] or "", moment, action, text)
    db.execute("INSERT INTO audit_log (at, action, detail, hash) VALUES (?, ?, ?, ?)", [moment, action, text, found])
    db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", [_HEAD, found])


def _hash(before: str, *parts: str) -> str:
    return hashlib.sha256("\x00".join((before, *parts)).encode()).hexdigest()


@dataclass(frozen=True)
class Check:
    """Whether the log is whole: rows in it, rows of an older Backroom before the chain, and the first row that is not as it was.

    `broken` is the row's id, 0 where rows are missing at the end; None when all is as it was written.
    """

    rows: int
    unchained: int
    broken: int | None


def verify(store: Store) -> Check:
    """Compute every hash again."""
    rows = store.rows("SELECT id, at, action, detail, hash FROM audit_log ORDER BY id")
    first = next((number for number, row in enumerate(rows) if row["hash"]), len(rows))
    before = ""
    for row in rows[first:]:
        if row["hash"] != _hash(before, row["at"], row["action"], row["detail"]):
            return Check(len(rows), first, row["id"])
        before = row["hash"]
    head = store.value("SELECT value FROM settings WHERE name = ?", [_HEAD])
    return Check(len(rows), first, 0 if head is not None and head != before else None)
