"""A whole copy of a shop at any moment, also while it is written: SQLite's own backup, then looked through and counted."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ShopError, UsageError
from engine.jobs import JobContext
from engine.store import connecting
from engine.store.database import Store

_PAGES_AT_ONCE = 1_000


@dataclass(frozen=True)
class Backup:
    """A copy that was verified: where it is, its size in bytes, and how many rows it holds."""

    path: Path
    size: int
    rows: int


def back_up(store: Store, to: Path, context: JobContext | None = None, *, force: bool = False) -> Backup:
    """Write a copy of the shop, as it is at this moment, to a file that only its owner may read.

    Args:
        to: where; the file appears there only when it is whole and verified.
        force: whether a file of that name may be replaced.

    Raises:
        UsageError: the file exists, is the shop itself, or its folder is missing.
        ShopError: the disk is full, or the copy does not hold what the shop holds.
        Cancelled: stopped; nothing was written.
    """
    context = context or JobContext()
    if to.is_dir() or not to.parent.is_dir():
        raise UsageError(
            f"{to} cannot be written: there is no such folder.", todo="Name a file in a folder that exists."
        )
    if to.exists() and to.samefile(store.path):
        raise UsageError(f"{to} is the shop itself.", todo="Choose another name.")
    if to.exists() and not force:
        raise UsageError(f"{to} exists already.", todo="Choose another name, or replace it with --force.")
    partial = to.with_name(to.name + ".part")
    partial.unlink(missing_ok=True)
    try:
        with connecting.translated(to):
            connecting.create(partial)
            rows = _copied(store, partial, context)
        size = partial.stat().st_size
        partial.replace(to)
    except OSError as error:
        raise ShopError(
            f"the copy cannot be written: {error.strerror or error}.",
            file=str(to),
            todo="Check that you may write there and that the disk has room.",
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return Backup(to, size, rows)


def _copied(store: Store, to: Path, context: JobContext) -> int:
    """Copy the shop's pages, verify the copy, and return its number of rows."""
    source = connecting.to_read(store.path, writable=not store.read_only)
    with contextlib.closing(source), contextlib.closing(sqlite3.connect(to)) as copy:
        # One state for copying and counting, whatever is written meanwhile.
        source.execute("BEGIN")
        pages = source.execute("PRAGMA page_count").fetchone()[0]
        stage = context.stage(f"copying {store.path.name}", pages, "pages")

        def told(status: int, remaining: int, total: int) -> None:
            context.check()
            stage.advance(total - remaining - stage.done)

        source.backup(copy, pages=_PAGES_AT_ONCE, progress=told)
        copy.execute("PRAGMA journal_mode=DELETE")
        found = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
        counted, wanted = _rows(copy), _rows(source)
        if found != "ok" or counted != wanted:
            wrong = next((table for table in wanted if counted.get(table) != wanted[table]), found)
            raise ShopError(
                f"the copy was not whole ({wrong}) and was removed.", file=str(store.path), todo="Check the disk."
            )
    with to.open("rb") as file:
        os.fsync(file.fileno())
    return sum(counted.values())


def _rows(connection: sqlite3.Connection) -> dict[str, int]:
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {
        name: connection.execute('SELECT count(*) FROM "' + name.replace('"', '""') + '"').fetchone()[0]
        for name in tables
    }
