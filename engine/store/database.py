"""Opening a shop file: migrations, WAL, one writer at a time, read-only readers, errors as messages.

Readers are separate `mode=ro` connections, one per thread, so that a screen never waits for an import (SQLite WAL mode,
https://www.sqlite.org/wal.html). Writers take `BEGIN IMMEDIATE` under a lock of this process and wait for other
processes; a transaction is all or nothing, also when the process is killed.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import ShopError

if TYPE_CHECKING:
    from sqlite_utils import Database

SCHEMA = 8
"""The schema's version, kept in the file as `user_version`: the number of migrations. A shop that has it opens without
loading the migration machinery, which keeps the first screen quick."""

BUSY_SECONDS = 30.0


_OUTSIDE = frozenset(
    {sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_TRANSACTION, sqlite3.SQLITE_SAVEPOINT}
)


def _reading_only(action: int, first: str | None, second: str | None, *context: str | None) -> int:
    """An SQLite authorizer for what a read-only connection still allows: ATTACH would create files, PRAGMA set things."""
    setting = action == sqlite3.SQLITE_PRAGMA and first not in ("table_info", "table_list", "index_list")
    loading = action == sqlite3.SQLITE_FUNCTION and second == "load_extension"
    return sqlite3.SQLITE_DENY if action in _OUTSIDE or setting or loading else sqlite3.SQLITE_OK


class Store:
    """One open shop file.

    Args:
        path: the `.shop` file; created with its folder's permission when missing and `create` is true.
        create: whether a missing file may be made.

    Raises:
        ShopError: the file is missing, is no shop, comes from a newer Backroom, or its folder cannot be written.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self.path = path
        self._write_lock = threading.RLock()
        self._local = threading.local()
        try:
            exists, folder = path.exists(), path.is_dir()
            head = path.open("rb").read(16) if exists and not folder else b""
        except OSError as error:
            raise ShopError("this shop cannot be read.", file=str(path), todo="Check its permissions.") from error
        if folder:
            raise ShopError(
                "this is a folder, not a shop file.", file=str(path), todo="Name a file that ends in .shop."
            )
        if not exists and not create:
            raise ShopError("there is no such shop.", file=str(path), todo="Import a file into it to begin one.")
        if head and head != b"SQLite format 3\x00":
            raise ShopError("this file is not a shop (not an SQLite database).", file=str(path))
        self.read_only = exists and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))
        version = self._version() if head else 0
        if version > SCHEMA:
            raise ShopError("this shop was written by a newer Backroom.", file=str(path), todo="Update Backroom.")
        if version == SCHEMA:
            return
        if self.read_only:
            raise ShopError("this file cannot be written and holds no shop of this version.", file=str(path))
        self._migrate()

    def _version(self) -> int:
        """The file's schema version.

        Raises:
            ShopError: an SQLite database that is no shop, or a damaged one.
        """
        tables = {row["name"] for row in self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables and not tables & {"imports", "_sqlite_migrations"}:
            raise ShopError("this SQLite file is not a shop.", file=str(self.path), todo="Choose another name.")
        version = int(self.value("PRAGMA user_version"))
        self.close()
        return version

    def _migrate(self) -> None:
        from engine.store.migrations import migrations

        db = self._connect_writer()
        try:
            with self._translated():
                migrations.apply(db)
                db.execute(f"PRAGMA user_version={SCHEMA}")
        finally:
            db.conn.close()

    def _connect_writer(self) -> Database:
        from sqlite_utils import Database

        with self._translated():
            connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, check_same_thread=False)
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=NORMAL")
                connection.execute("PRAGMA foreign_keys=ON")
            except BaseException:
                connection.close()
                raise
            return Database(connection, execute_plugins=False)

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn SQLite's own errors into messages to a seller."""
        try:
            yield
        except sqlite3.OperationalError as error:
            text = str(error)
            if "full" in text:
                raise ShopError(
                    "the disk is full; nothing of this step was saved.",
                    file=str(self.path),
                    todo="Free some space and run it again.",
                ) from error
            if "readonly" in text or "read-only" in text:
                raise ShopError(
                    "this shop is read-only.",
                    file=str(self.path),
                    todo="Copy it to a folder you may write to, or change its permissions.",
                ) from error
            if "unable to open" in text:
                raise ShopError(
                    "this shop cannot be opened.",
                    file=str(self.path),
                    todo="Check that its folder exists and that you may write to it.",
                ) from error
            if "locked" in text or "busy" in text:
                raise ShopError(
                    "another program is writing to this shop.",
                    file=str(self.path),
                    todo="Wait for it or close it, then try again.",
                ) from error
            raise
        except sqlite3.DatabaseError as error:
            if "malformed" in str(error) or "not a database" in str(error):
                raise ShopError(
                    "this shop file is damaged.", file=str(self.path), todo="Take your last copy of it."
                ) from error
            raise

    @contextlib.contextmanager
    def write(self) -> Iterator[Database]:
        """One write transaction on a connection of its own: committed at the end, rolled back on any error.

        Raises:
            ShopError: the shop is read-only, the disk is full, or another program holds it for 30 seconds.
        """
        if self.read_only:
            raise ShopError(
                "this shop is read-only.", file=str(self.path), todo="Copy it to a folder you may write to."
            )
        with self._write_lock:
            db = self._connect_writer()
            try:
                with self._translated():
                    db.conn.execute("BEGIN IMMEDIATE")
                    try:
                        yield db
                        db.conn.execute("COMMIT")
                    except BaseException:
                        with contextlib.suppress(sqlite3.Error):
                            db.conn.execute("ROLLBACK")
                        raise
            finally:
                db.conn.close()

    def reader(self) -> sqlite3.Connection:
        """This thread's read-only connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            uri = self.path.resolve().as_uri() + "?mode=ro"
            with self._translated():
                connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)
                try:
                    connection.execute("SELECT 1 FROM sqlite_master").fetchone()
                except sqlite3.OperationalError:
                    # A WAL file in a folder that cannot be written needs `immutable`: nobody else can be writing there.
                    connection.close()
                    connection = sqlite3.connect(uri + "&immutable=1", uri=True)
                    connection.execute("SELECT 1 FROM sqlite_master").fetchone()
            connection.row_factory = sqlite3.Row
            self._local.connection = connection
        return connection

    def rows(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[dict[str, Any]]:
        """All rows of a read-only query, as dictionaries."""
        with self._translated():
            return [dict(row) for row in self.reader().execute(sql, parameters)]

    def value(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> Any:
        """The first column of the first row, or None."""
        with self._translated():
            row = self.reader().execute(sql, parameters).fetchone()
        return None if row is None else row[0]

    def query(
        self, sql: str, *, seconds: float = 10.0, limit: int = 10_000
    ) -> tuple[list[str], list[tuple[Any, ...]], bool]:
        """Run a seller's own read-only SQL on a connection of its own.

        Returns:
            Column names, at most `limit` rows, and whether more rows existed.

        Raises:
            ShopError: the statement is no query, is wrong, or ran longer than `seconds`.
        """
        uri = self.path.resolve().as_uri() + "?mode=ro"
        connection = sqlite3.connect(uri, uri=True)
        deadline = time.monotonic() + seconds
        connection.set_progress_handler(lambda: int(time.monotonic() > deadline), 10_000)
        connection.set_authorizer(_reading_only)
        try:
            cursor = connection.execute(sql)
            if cursor.description is None:
                raise ShopError("this is not a query.", todo="Only SELECT can be run here; nothing was changed.")
            rows = cursor.fetchmany(limit + 1)
            return [column[0] for column in cursor.description], rows[:limit], len(rows) > limit
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                raise ShopError(
                    f"the query took longer than {seconds:g} seconds and was stopped.", todo="Narrow it down."
                ) from error
            if "readonly" in str(error):
                raise ShopError(
                    "queries may not change the shop.", todo="Only SELECT can be run here; nothing was changed."
                ) from error
            raise ShopError(
                f"the query is not right: {error}.", todo="`select name from sqlite_master` lists tables and views."
            ) from error
        except sqlite3.DatabaseError as error:
            if "not authorized" in str(error) or "prohibited" in str(error):
                raise ShopError(
                    "queries may only read.", todo="Only SELECT can be run here; nothing was changed."
                ) from error
            raise ShopError(f"the query is not right: {error}.") from error
        except sqlite3.Warning as error:
            raise ShopError(f"the query is not right: {error}.") from error
        finally:
            connection.close()

    def close(self) -> None:
        """Close this thread's reader."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None
