"""Connections to a shop file: how it is opened to read, to write and to rest, and SQLite's errors as messages.

At rest a shop is one file with a rollback journal, which opens in any folder, also a read-only one. While it is written it
has a write-ahead log, so that a screen never waits for an import (https://www.sqlite.org/wal.html); `rest` folds the log
into the file again. In a folder that a sync client or a network holds there is no shared memory to rely on: such a shop keeps
its rollback journal while it is written as well.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from engine.errors import ShopError
from engine.store import sides

BUSY_SECONDS = 30.0
"""How long reading waits for another program."""
PRIVATE = 0o600
_SYNCED = (
    *(
        "dropbox",
        "onedrive",
        "google drive",
        "googledrive",
        "my drive",
        "icloud drive",
        "com~apple~clouddocs",
        "nextcloud",
    ),
    *(
        "owncloud",
        "syncthing",
        "pcloud",
        "megasync",
        "nutstore",
        "坚果云",
        "百度网盘",
        "baidunetdisk",
        "baidusyncdisk",
        "天翼云盘",
    ),
)
_SYNC_MARKS = (".dropbox", ".stfolder", ".sync_db", ".nextcloudsync.log")
_NETWORK = (
    "nfs",
    "cifs",
    "smb",
    "9p",
    "afp",
    "webdav",
    "davfs",
    "vboxsf",
    "prl_fs",
    "vmhgfs",
    "ceph",
    "glusterfs",
    "lustre",
)
_NETWORK_FUSE = ("fuse.sshfs", "fuse.rclone", "fuse.gvfsd", "fuse.s3fs", "fuse.davfs", "macfuse", "osxfuse")


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's own errors into messages to a seller."""
    try:
        yield
    except sqlite3.OperationalError as error:
        message = _message(str(error), path)
        if message is None:
            raise
        raise message from error
    except sqlite3.DatabaseError as error:
        if "malformed" in str(error) or "not a database" in str(error):
            raise ShopError("this shop file is damaged.", file=str(path), todo="Take your last copy of it.") from error
        raise


def _message(text: str, path: Path) -> ShopError | None:
    if "full" in text:
        return ShopError(
            "the disk is full; nothing of this step was saved.",
            file=str(path),
            todo="Free some space and run it again.",
        )
    if "readonly" in text or "read-only" in text:
        return read_only(path)
    if "unable to open" in text:
        return _unopened(path)
    if is_busy(text):
        return ShopError(
            "another program is writing to this shop.", file=str(path), todo="Wait for it or close it, then try again."
        )
    if "disk I/O error" in text:
        return ShopError(
            "the disk gave an error; nothing of this step was saved.",
            file=str(path),
            todo="Check the disk, then try again.",
        )
    return None


def _unopened(path: Path) -> ShopError:
    return ShopError(
        "this shop cannot be opened.", file=str(path), todo="Check that its folder exists and that you may write to it."
    )


def is_busy(text: str) -> bool:
    """Whether an error of SQLite says that somebody else holds the file."""
    return "locked" in text or "busy" in text


def read_only(path: Path) -> ShopError:
    """What to say of a shop that can only be looked at."""
    return ShopError(
        "this shop is read-only.",
        file=str(path),
        todo="Copy it to a folder you may write to, or change its permissions.",
    )


def create(path: Path) -> None:
    """Make an empty file that only its owner may read; SQLite gives its side files the same rights.

    Raises:
        ShopError: it cannot be made there.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE))
    except FileExistsError:
        return
    except OSError as error:
        raise _unopened(path) from error


def _guarded(connection: sqlite3.Connection) -> sqlite3.Connection:
    # What stands in the file (views, triggers, defaults) may call no function that acts, and no cell runs past its page.
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cell_size_check=ON")
    return connection


def to_read(path: Path, *, writable: bool = True) -> sqlite3.Connection:
    """A read-only connection, usable from any thread.

    Args:
        writable: whether the folder can be written; where it cannot, nobody else can be writing either, and a shop that a
            crash left with a log is read as it was before.
    """
    try:
        return _reading(path)
    except sqlite3.OperationalError as error:
        if is_busy(str(error)):
            raise
        if not writable:
            return _reading(path, "&immutable=1")
        if "readonly" not in str(error):
            raise
    # A writer was cut short before its transaction was whole: only who may write can put the file back as it was.
    rest(path)
    return _reading(path)


def _reading(path: Path, options: str = "") -> sqlite3.Connection:
    uri = path.resolve().as_uri() + "?mode=ro" + options
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, check_same_thread=False)
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        return _guarded(connection)
    except BaseException:
        connection.close()
        raise


def to_write(path: Path, *, log: bool, seconds: float = BUSY_SECONDS) -> sqlite3.Connection:
    """A connection that writes.

    Args:
        log: whether to write ahead into a log, so that readers need not wait.
        seconds: how long to wait for another program.
    """
    connection = sqlite3.connect(path, timeout=seconds, check_same_thread=False)
    try:
        _guarded(connection)
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("PRAGMA foreign_keys=ON")
        if log and _has_log(connection):
            connection.execute("PRAGMA synchronous=NORMAL")
        elif not log:
            # Pages that do not fit into memory would lock readers out before the transaction ends.
            connection.execute("PRAGMA cache_spill=OFF")
    except BaseException:
        connection.close()
        raise
    return connection


def _has_log(connection: sqlite3.Connection) -> bool:
    """Switch to a write-ahead log; whether there is one. While somebody reads, it stays as it is."""
    try:
        return bool(connection.execute("PRAGMA journal_mode=WAL").fetchone()[0] == "wal")
    except sqlite3.OperationalError as error:
        if not is_busy(str(error)):
            raise
        return False


def rest(path: Path) -> bool:
    """Fold the log into the file and remove it; whether the file is whole by itself now. Others at it are left alone."""
    try:
        with contextlib.closing(to_write(path, log=False, seconds=0.0)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            resting = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0] == "delete"
            if sides.beside(path, sides.JOURNAL).exists():
                # One that holds nothing to put back: SQLite leaves it to the next who writes.
                version = connection.execute("PRAGMA user_version").fetchone()[0]
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(f"PRAGMA user_version={version}")
                connection.execute("COMMIT")
    except sqlite3.Error:
        # Somebody else has it open, the disk is full, or it is damaged: nothing is lost, the next end tries again.
        return False
    return resting and not sides.has_any(path)


def shared_place(path: Path) -> str | None:
    """What holds a shop's folder when it is not this computer alone: the name of a sync client or a kind of network disk."""
    import psutil

    folder = path.resolve().parent
    for part in (folder, *folder.parents):
        name = part.name.lower()
        for client in _SYNCED:
            if name == client or name.startswith((client + " ", client + "-")):
                return part.name
        if any((part / mark).exists() for mark in _SYNC_MARKS):
            return part.name
    mounts = [m for m in psutil.disk_partitions(all=True) if folder.is_relative_to(m.mountpoint)]
    kind = max(mounts, key=lambda m: len(m.mountpoint)).fstype.lower() if mounts else ""
    return kind if kind.startswith((*_NETWORK, *_NETWORK_FUSE)) else None
