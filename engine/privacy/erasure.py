"""Forgetting a customer: every trace of a person goes, the money stays.

What the person wrote (reviews, messages, remarks) goes with its rows. Rows that count money keep everything but who it was.
Then the words that identify the person are looked for in every cell of every table, in the file of rejected rows and in our
own logs, and the shop is written anew, so that no page of the file holds them any more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import UsageError
from engine.paths import log_dir
from engine.store import audit
from engine.store.search import merge_search, spaced
from engine.store.tables import IMPORTED

if TYPE_CHECKING:
    from sqlite_utils.db import Database

    from engine.store.database import Store

WHO = ("customer", "author", "name", "email", "customer_id", "phone_hash")
"""Columns by which a person is known, where a table has them."""
WHERE = ("city", "region", "note", "tags", "address", "postcode", "phone")
"""Columns that say more about a person who is being forgotten."""
WRITTEN = ("reviews", "messages")
"""Tables whose rows are what a person wrote."""

FORGOTTEN = "[forgotten]"
SHORTEST = 4
"""Characters of a word (2 of Han) that is looked for everywhere: shorter ones stand inside other words."""


@dataclass
class Erased:
    """What forgetting found and did.

    Attributes:
        identifiers: what the person is known by. rows: rows that were theirs, by table. cells: other cells that named them.
        files: files outside of the shop that named them. left: where something was still found afterwards.
    """

    identifiers: set[str] = field(default_factory=set)
    rows: dict[str, int] = field(default_factory=dict)
    cells: int = 0
    files: list[Path] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def who(store: Store, customer: str) -> dict[str, set[str]]:
    """Everybody whom `customer` (a name, an e-mail, a customer's number) names exactly: e-mail or number -> all identifiers.

    Raises:
        UsageError: nobody is called that.
    """
    wanted = customer.strip().casefold()
    found: set[str] = set()
    for table, columns in _tables():
        sql = f"SELECT DISTINCT {', '.join(columns)} FROM {table}"
        for row in store.rows(sql):
            values = {str(row[column]).strip() for column in columns if row[column]}
            if wanted in {value.casefold() for value in values}:
                found |= values
    if not found:
        raise UsageError(f"nobody in this shop is called {customer}.", todo="Give the name, e-mail or customer number.")
    return _people(found)


def _people(found: set[str]) -> dict[str, set[str]]:
    """One person, unless several e-mails came together."""
    emails = {value.casefold() for value in found if "@" in value}
    if len(emails) < 2:
        return {next(iter(emails), next(iter(sorted(found)))): found}
    return {email: {value for value in found if "@" not in value} | {email} for email in sorted(emails)}


def _tables() -> Iterable[tuple[str, list[str]]]:
    for table, columns in IMPORTED.items():
        known = [column.name for column in columns if column.name in WHO]
        if known and table not in ("products", "suppliers", "articles", "promotions", "purchase_orders"):
            yield table, known


def forget(store: Store, identifiers: set[str]) -> Erased:
    """Forget the person known by these; see the module. The log says that somebody was forgotten, and not who.

    Raises:
        ShopError: the shop cannot be written.
    """
    done = Erased(identifiers=set(identifiers))
    folded = {value.casefold() for value in identifiers}
    rejects = _reject_files(store)
    with store.write() as db:
        for table, columns in _tables():
            done.rows[table] = _forget_rows(db, table, columns, folded)
        replaced = _replacing(identifiers)
        if replaced is not None:
            done.cells = _sweep(db, replaced)
        audit.record(db, "forget", {"rows": {table: many for table, many in done.rows.items() if many}})
        db.execute("UPDATE findings SET stale = 1 WHERE current")
    done.rows = {table: many for table, many in done.rows.items() if many}
    if replaced is not None:
        done.files = [path for path in (*rejects, *log_dir().glob("*")) if _clean_file(path, replaced)]
    _write_anew(store)
    done.left = _left(store, identifiers)
    return done


def _forget_rows(db: Database, table: str, columns: list[str], folded: set[str]) -> int:
    said = " OR ".join(f"lower(trim({column})) IN ({', '.join('?' * len(folded))})" for column in columns)
    wanted = [value for _ in columns for value in folded]
    ids = [row[0] for row in db.execute(f"SELECT id FROM {table} WHERE {said}", wanted).fetchall()]
    # SQLite folds no letters but those of English.
    if not ids and any(not value.isascii() for value in folded):
        rows = db.execute(f"SELECT id, {', '.join(columns)} FROM {table}").fetchall()
        ids = [row[0] for row in rows if folded & {str(value).strip().casefold() for value in row[1:] if value}]
    if table in WRITTEN:
        db.conn.executemany(f"DELETE FROM {table} WHERE id = ?", [(one,) for one in ids])
        return len(ids)
    there = {column.name for column in IMPORTED[table]}
    gone = [name for name in (*WHO, *WHERE) if name in there]
    gone += ["comment"] if "comment" in there else []
    for one in ids:
        extra = db.execute(f"SELECT extra FROM {table} WHERE id = ?", [one]).fetchone()[0]
        values = ", ".join(f"{name} = NULL" for name in gone)
        db.execute(f"UPDATE {table} SET {values}, extra = ? WHERE id = ?", [_without_person(extra), one])
    return len(ids)


_PERSONAL = re.compile(
    r"name|mail|phone|tel|mobile|address|street|zip|post|city|town|state|province|buyer|recipient|receiver|customer|note|remark|message"
    r"|姓名|昵称|电话|手机|地址|邮编|省|市|区|收货|收件|买家|备注|留言|身份证",
    re.IGNORECASE,
)


def _without_person(extra: str | None) -> str | None:
    if not extra:
        return extra
    cells = json.loads(extra)
    return json.dumps({key: value for key, value in cells.items() if not _PERSONAL.search(key)}, ensure_ascii=False)


def _replacing(identifiers: set[str]) -> Callable[[str], str] | None:
    """What puts `[forgotten]` in the place of every identifier in a text; None when all are too short to look for."""
    long = [one for one in identifiers if len(one) >= SHORTEST or (len(one) >= 2 and not one.isascii())]
    if not long:
        return None
    parts = sorted(map(re.escape, long), key=len, reverse=True)
    pattern = re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(parts)})(?![A-Za-z0-9])", re.IGNORECASE)
    return lambda text: pattern.sub(FORGOTTEN, text)


def _sweep(db: Database, replaced: Callable[[str], str]) -> int:
    """Replace the identifiers in every text of every table of ours; returns how many cells held one."""
    found = 0
    tables = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    virtual = [name for name, sql in tables if str(sql).upper().startswith("CREATE VIRTUAL")]
    for name, _ in tables:
        if name.startswith("sqlite_") or any(name == one or name.startswith(one + "_") for one in virtual):
            continue
        for column in db.execute(f'PRAGMA table_info("{name}")').fetchall():
            key = "rowid" if _has_rowid(db, name) else None
            if key is None:
                continue
            cells = db.execute(
                f'SELECT rowid, "{column[1]}" FROM "{name}" WHERE typeof("{column[1]}") = \'text\''
            ).fetchall()
            changed = [(new, row) for row, text in cells if (new := replaced(text)) != text]
            db.conn.executemany(f'UPDATE "{name}" SET "{column[1]}" = ? WHERE rowid = ?', changed)
            found += len(changed)
    _index_anew(db)
    return found


def _index_anew(db: Database) -> None:
    """Search keeps the words of deleted texts in its own segments until these are merged."""
    db.execute("DELETE FROM reviews_search")
    texts = db.execute("SELECT id, text FROM reviews").fetchall()
    rows = ((identity, spaced(text)) for identity, text in texts)
    db.conn.executemany("INSERT INTO reviews_search (rowid, text) VALUES (?, ?)", rows)
    merge_search(db)


def _has_rowid(db: Database, table: str) -> bool:
    sql = db.execute("SELECT sql FROM sqlite_master WHERE name = ?", [table]).fetchone()[0]
    return "WITHOUT ROWID" not in str(sql).upper()


def _reject_files(store: Store) -> list[Path]:
    """Files of rejected rows beside the shop; nothing else is touched, whatever the shop says."""
    folder = store.path.resolve().parent
    reports = store.rows("SELECT report_json FROM imports")
    named = [json.loads(row["report_json"] or "{}").get("rejects_file") for row in reports]
    paths = [Path(name) for name in named if name]
    return [path for path in paths if path.is_file() and not path.is_symlink() and path.resolve().parent == folder]


def _clean_file(path: Path, replaced: Callable[[str], str]) -> bool:
    if not path.is_file() or path.is_symlink():
        return False
    text = path.read_text(encoding="utf-8", errors="surrogateescape")
    cleaned = replaced(text)
    if cleaned == text:
        return False
    path.write_text(cleaned, encoding="utf-8", errors="surrogateescape")
    return True


def _write_anew(store: Store) -> None:
    """Write the whole file again: pages that are free, and search's own old entries, may still hold what was deleted."""
    import sqlite3

    store.settle()
    connection = sqlite3.connect(store.path)
    try:
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("VACUUM")
    finally:
        connection.close()


def _left(store: Store, identifiers: set[str]) -> list[str]:
    """Where the bytes of an identifier are still to be found: the shop and what lies beside it under its name."""
    store.settle()
    left = []
    for path in sorted(store.path.parent.glob(store.path.name + "*")):
        content = path.read_bytes().lower()
        for one in identifiers:
            if (len(one) >= SHORTEST or not one.isascii()) and one.lower().encode() in content:
                left.append(path.name)
                break
    return left


def summary(done: Erased) -> dict[str, Any]:
    """What was done, as JSON; without the person."""
    return {
        "rows": done.rows,
        "cells": done.cells,
        "files": [path.name for path in done.files],
        "left": done.left,
    }
