"""An open shop file: migrations, one writer at a time, read-only readers, and one file again when nobody works on it.

Readers are separate read-only connections, one per thread, so that a screen never waits for an import. Writers take
`BEGIN IMMEDIATE` under a lock of this process and wait for other processes; a transaction is all or nothing, also when the
process is killed. When a store is closed, or its process ends, or `settle` is called in an idle moment, everything is in
the one file and no side file is left; what a crash left is put in order when the shop is next opened.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import ShopError
from engine.paths import temporary_folder
from engine.store import connecting, holding, sides, strangers

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

SCHEMA = 12
"""The schema's version, kept in the file as `user_version`: the number of migrations. A shop that has it opens without
loading the migration machinery, which keeps the first screen quick."""
WAIT_SECONDS = 30.0
"""How long a writer waits for another program."""
_FIRST_WAIT = 0.5
_SHARED_PLACE = "shared_place"


class _Readers:
    """The read-only connections of a store, one per thread, and how many of them are in use.

    Attributes:
        rested: whether the file is whole by itself, as far as this store changed that.
    """

    def __init__(self) -> None:
        self.rested = True
        self._gate = threading.Condition()
        self._by_thread: dict[int, sqlite3.Connection] = {}
        self._active = 0

    def of_this_thread(self, connect: Callable[[], sqlite3.Connection]) -> sqlite3.Connection:
        with self._gate:
            connection = self._by_thread.get(threading.get_ident())
        if connection is None:
            connection = connect()
            with self._gate:
                self._by_thread[threading.get_ident()] = connection
        return connection

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """While this thread reads, nobody closes its connection."""
        with self._gate:
            self._active += 1
        try:
            yield
        finally:
            with self._gate:
                self._active -= 1
                self._gate.notify_all()

    def close(self, seconds: float) -> bool:
        """Close all connections once none is in use; False when one still is after so many seconds."""
        with self._gate:
            if not self._gate.wait_for(lambda: not self._active, seconds):
                return False
            for connection in self._by_thread.values():
                connection.close()
            self._by_thread.clear()
            return True

    def rest(self, path: Path, seconds: float) -> bool:
        """Close all connections and let the file rest; whether it is whole by itself now."""
        if not self.close(seconds):
            return False
        self.rested = self.rested or connecting.rest(path)
        return self.rested


class Store:
    """One open shop file.

    Args:
        path: the `.shop` file; created for its owner alone when missing and `create` is true.
        create: whether a missing file may be made.
        sets: gives the migrations that desks brought into shops, asked for only where a schema is not known yet.

    Attributes:
        read_only: the file, or its folder, cannot be written.
        notes: what the seller should be told about this file, once.

    Raises:
        ShopError: the file is missing, is no shop, comes from a newer Backroom, was changed by something else, or its folder
            cannot be written.
    """

    announce: Callable[[str], None] = staticmethod(lambda text: None)
    """Told what a writer waits for, in a sentence; the command line and the app each say it in their own way."""

    def __init__(self, path: Path, *, create: bool = False, sets: Callable[[], Sequence[Migrations]] = tuple) -> None:
        self.path = path
        self.notes: list[str] = []
        self._write_lock = threading.RLock()
        self._readers = _Readers()
        self._log: bool | None = None
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        exists = self._exists(create)
        self.read_only = exists and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))
        version = self._look(sets) if exists else 0
        if version < SCHEMA:
            if self.read_only:
                self.read_a_copy(sets)
            else:
                self._migrate()
        if not self.read_only:
            weakref.finalize(self, _end, path, self._readers, os.getpid())

    def _exists(self, create: bool) -> bool:
        """Whether the file is there and holds anything."""
        path = self.path
        try:
            found = path.stat()
            folder = path.is_dir()
        except FileNotFoundError:
            if not create:
                raise ShopError(
                    "there is no such shop.", file=str(path), todo="Import a file into it to begin one."
                ) from None
            return False
        except OSError as error:
            raise ShopError("this shop cannot be read.", file=str(path), todo="Check its permissions.") from error
        if folder:
            raise ShopError(
                "this is a folder, not a shop file.", file=str(path), todo="Name a file that ends in .shop."
            )
        return found.st_size > 0

    def _look(self, sets: Callable[[], Sequence[Migrations]]) -> int:
        """The file's schema version, found without writing a byte; side files are put in order before it is read.

        Raises:
            ShopError: no shop, a damaged one, one of a newer Backroom, or one that something else changed.
        """
        try:
            with contextlib.closing(sides.alone(self.path)) as connection:
                strangers.check_is_ours(connection, self.path)
        except sqlite3.DatabaseError as error:
            if "not a database" in str(error):
                raise ShopError("this file is not a shop (not an SQLite database).", file=str(self.path)) from error
            if "unable to open" in str(error):
                raise ShopError(
                    "this shop cannot be read.", file=str(self.path), todo="Check its permissions."
                ) from error
            if not sides.has_any(self.path):
                with connecting.translated(self.path):
                    raise
        if not self.read_only and sides.has_any(self.path):
            for kept in sides.put_strange_aside(self.path):
                self._tell(
                    f"Beside {self.path.name} lay unsaved changes of another copy of it. They do not belong to this file and "
                    f"were put aside as {kept.name}."
                )
            self._readers.rested = False
        with connecting.translated(self.path), contextlib.closing(self._connect_reader()) as connection:
            strangers.check_is_ours(connection, self.path)
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            if version > SCHEMA:
                raise ShopError(
                    "this shop was written by a newer Backroom.", file=str(self.path), todo="Update Backroom."
                )
            if not strangers.is_known(connection):
                from engine.store.migrations import migrations

                strangers.check_schema(connection, self.path, [migrations, *sets()])
            if not self.read_only and connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
                self._readers.rested = False
        if not self.read_only:
            self.settle()
        return version

    def read_a_copy(self, sets: Callable[[], Sequence[Migrations]]) -> None:
        """Read from a copy that is brought up to date, for the time of this process: the file itself cannot be written."""
        if self._copy is not None:
            return
        folder = temporary_folder()
        place = Path(folder.name) / self.path.name
        with connecting.translated(self.path):
            connecting.create(place)
            with (
                contextlib.closing(self._connect_reader()) as source,
                contextlib.closing(sqlite3.connect(place)) as copy,
            ):
                source.backup(copy)
        upgraded = Store(place, sets=sets)
        for one in sets():
            upgraded.migrate(one)
        upgraded.close()
        self._readers.close(0.0)
        self._copy = folder

    # -- writing -----------------------------------------------------------------------------------------------------

    def _migrate(self) -> None:
        from engine.store.migrations import migrations

        with connecting.translated(self.path):
            connecting.create(self.path)
        self.migrate(migrations, version=SCHEMA)

    def migrate(self, migrations: Migrations, *, version: int | None = None) -> None:
        """Apply the migrations of a set (the schema's own, or a desk's) that this shop has not seen yet: all or none.

        Raises:
            ShopError: as `write`.
        """
        with self._transaction(log=False) as db:
            if version is not None:
                db.execute(f"PRAGMA application_id={strangers.APPLICATION}")
            migrations.apply(db)
            if version is not None:
                db.execute(f"PRAGMA user_version={version}")
            # Until now the schema was known to be ours, and what was added is ours as well.
            strangers.remember(db.conn)

    @contextlib.contextmanager
    def write(self) -> Iterator[Database]:
        """One write transaction on a connection of its own: committed at the end, rolled back on any error.

        Raises:
            ShopError: the shop is read-only, the disk is full, or another program holds it for half a minute.
        """
        if self.read_only:
            raise connecting.read_only(self.path)
        with self._transaction(log=self._with_log()) as db:
            sides.mark(db.conn)
            self._tell_of_shared_place(db)
            yield db

    @contextlib.contextmanager
    def _transaction(self, *, log: bool) -> Iterator[Database]:
        from sqlite_utils import Database

        with self._write_lock, connecting.translated(self.path):
            connection = connecting.to_write(self.path, log=log, seconds=_FIRST_WAIT)
            try:
                self._begin(connection)
                with holding.announced(self.path):
                    try:
                        self._readers.rested = self._readers.rested and not log
                        yield Database(connection, execute_plugins=False)
                        connection.execute("COMMIT")
                    except BaseException:
                        with contextlib.suppress(sqlite3.Error):
                            connection.execute("ROLLBACK")
                        raise
            finally:
                connection.close()

    def _begin(self, connection: sqlite3.Connection) -> None:
        """Begin to write, waiting for whoever writes now.

        Raises:
            ShopError: it took too long; the message says who writes.
        """
        deadline = time.monotonic() + WAIT_SECONDS
        told = False
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                break
            except sqlite3.OperationalError as error:
                if not connecting.is_busy(str(error)):
                    raise
                holder = holding.holder(self.path) or "another program"
                if time.monotonic() >= deadline:
                    raise ShopError(
                        f"{holder} is writing to this shop.",
                        file=str(self.path),
                        todo="Wait for it or close it, then try again.",
                    ) from error
                if not told:
                    Store.announce(f"{self.path.name}: waiting for {holder}, which is writing to it…")
                    told = True
        connection.execute(f"PRAGMA busy_timeout={int(WAIT_SECONDS * 1000)}")

    def _with_log(self) -> bool:
        """Whether this shop is written with a log: not where a sync client or a network holds its folder."""
        if self._log is None:
            self._log = connecting.shared_place(self.path) is None
        return self._log

    def _tell_of_shared_place(self, db: Database) -> None:
        if self._log or db.execute("SELECT 1 FROM settings WHERE name = ?", [_SHARED_PLACE]).fetchone():
            return
        place = connecting.shared_place(self.path)
        db.execute("INSERT INTO settings VALUES (?, ?)", [_SHARED_PLACE, str(place)])
        self._tell(
            f"{self.path.name} is kept where others reach it too ({place}). It is written more carefully there and a little "
            "slower; open it on one computer at a time."
        )

    def _tell(self, note: str) -> None:
        self.notes.append(note)
        Store.announce(note)

    # -- reading -----------------------------------------------------------------------------------------------------

    def _connect_reader(self) -> sqlite3.Connection:
        if self._copy is not None:
            return connecting.to_read(Path(self._copy.name) / self.path.name)
        return connecting.to_read(self.path, writable=not self.read_only)

    def reader(self) -> sqlite3.Connection:
        """This thread's read-only connection; `settle` closes it, so it is asked for anew each time."""

        def connect() -> sqlite3.Connection:
            with connecting.translated(self.path):
                connection = self._connect_reader()
            connection.row_factory = sqlite3.Row
            return connection

        return self._readers.of_this_thread(connect)

    def rows(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[dict[str, Any]]:
        """All rows of a read-only query, as dictionaries."""
        with self._readers.in_use(), connecting.translated(self.path):
            return [dict(row) for row in self.reader().execute(sql, parameters)]

    def value(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> Any:
        """The first column of the first row, or None."""
        with self._readers.in_use(), connecting.translated(self.path):
            row = self.reader().execute(sql, parameters).fetchone()
        return None if row is None else row[0]

    def query(
        self, sql: str, *, seconds: float = 10.0, limit: int = 10_000
    ) -> tuple[list[str], list[tuple[Any, ...]], bool]:
        """Run a seller's own read-only SQL on a connection of its own: see `engine.store.asking`.

        Returns:
            Column names, at most `limit` rows, and whether more rows existed.

        Raises:
            ShopError: the statement is no query, is wrong, ran longer than `seconds`, or gives more than memory should hold.
        """
        from engine.store.asking import ask

        with connecting.translated(self.path), contextlib.closing(self._connect_reader()) as connection:
            return ask(connection, sql, seconds=seconds, limit=limit)

    # -- resting -----------------------------------------------------------------------------------------------------

    def settle(self) -> bool:
        """In an idle moment: fold everything into the one file; whether no side file is left.

        Nothing is done while this process reads or writes; who else has the shop open is left alone.
        """
        if self._readers.rested and not sides.has_any(self.path):
            return True
        self._readers.rested = False
        return self._settle(0.0)

    def close(self) -> None:
        """Let the file rest; a store that is used again afterwards opens itself again."""
        self._settle(5.0)

    def _settle(self, seconds: float) -> bool:
        if self.read_only:
            return self._readers.close(seconds)
        if not self._write_lock.acquire(timeout=seconds):
            return False
        try:
            return self._readers.rest(self.path, seconds)
        finally:
            self._write_lock.release()


def _end(path: Path, readers: _Readers, process: int) -> None:
    """What is left to do when a store, or its process, ends without having been closed."""
    if os.getpid() == process:
        readers.rest(path, 1.0)
