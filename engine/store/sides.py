"""Side files that SQLite leaves beside a shop after a crash, and whether they belong to it.

SQLite applies a `-wal` or `-journal` file to whatever database lies beside it. Where another copy of a shop was put in its
place (a sync client, a restored backup), that would mix two shops. Every transaction therefore leaves a mark in the table
`marks`: one it found and one it made. A side file belongs to a shop when its marks follow the one that stands in the shop;
one without marks (made by an older Backroom, or by another program) is tried on a copy. A side file that does not belong is
put aside under another name, never applied and never removed.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import shutil
import sqlite3
import struct
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from engine.paths import temporary_folder

WAL, SHM, JOURNAL = "-wal", "-shm", "-journal"
_MARK = re.compile(rb"backroom mark ([0-9a-f]{32}|new) ([0-9a-f]{32})")
_WAL_HEADER, _FRAME_HEADER = 32, 24
_LOOKS, _BETWEEN_LOOKS = 4, 0.05


def beside(path: Path, ending: str) -> Path:
    """The side file of a shop: `my.shop-wal` for `-wal`."""
    return path.with_name(path.name + ending)


def has_any(path: Path) -> bool:
    """Whether a side file lies beside a shop; an empty one holds nothing but is one."""
    return any(beside(path, ending).exists() for ending in (WAL, SHM, JOURNAL))


def mark(connection: sqlite3.Connection) -> None:
    """Let the transaction that has just begun leave its mark: the one it found, and a new one."""
    connection.execute(
        "UPDATE marks SET mark = 'backroom mark ' || substr(mark, -32) || ' ' || ? WHERE id = 1",
        [secrets.token_hex(16)],
    )


def put_strange_aside(path: Path) -> list[Path]:
    """Put side files that belong to another shop aside, under names that tell when; what they are called now.

    The shop and the side file are looked at together until neither changes between two looks, so that the side file of a
    shop that is being written is never taken for a strange one.
    """
    aside = []
    for ending in (WAL, JOURNAL):
        side = beside(path, ending)
        if _is_strange(path, side, ending):
            kept = side.with_name(
                f"{side.name}.aside-{datetime.now().astimezone():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
            )
            side.rename(kept)
            aside.append(kept)
            beside(path, SHM).unlink(missing_ok=True)
    return aside


def _is_strange(path: Path, side: Path, ending: str) -> bool:
    for _ in range(_LOOKS):
        before = _look(path, side)
        if before is None or _belongs(path, side, ending):
            return False
        time.sleep(_BETWEEN_LOOKS)
        if _look(path, side) == before:
            return True
    return False


def _look(path: Path, side: Path) -> tuple[int, int, int, int] | None:
    """Size and time of both files; None when there is nothing to apply or nothing to apply it to."""
    try:
        shop, other = path.stat(), side.stat()
    except OSError:
        return None
    if not other.st_size or not shop.st_size:
        return None
    return shop.st_size, shop.st_mtime_ns, other.st_size, other.st_mtime_ns


def _belongs(path: Path, side: Path, ending: str) -> bool:
    try:
        marks = _marks_of_wal(side) if ending == WAL else _marks_of_journal(side)
        if marks is None:
            return True
        known, standing = _mark_of_shop(path)
        if not known:
            # A shop that cannot be read by itself may be one that was cut short: SQLite has to mend it.
            return True
        if not marks or standing is None:
            return _fits_on_a_copy(path, side, ending, standing)
        made = {mark for _, mark in marks}
        # A log continues the shop from the mark its first transaction found; a journal goes back to one it holds.
        return standing[1] in made or (marks[0][0] == standing[1] if ending == WAL else standing[0] in made)
    except OSError:
        return True


def _mark_of_shop(path: Path) -> tuple[bool, tuple[str, str] | None]:
    """Whether the shop file can be read without its side files, and the mark that stands in it (None in an older one)."""
    try:
        with contextlib.closing(alone(path)) as connection:
            table = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'marks'").fetchone()
            if table is None:
                return True, None
            row = connection.execute("SELECT mark FROM marks WHERE id = 1").fetchone()
    except sqlite3.Error:
        return False, None
    found = _MARK.search(str(row[0]).encode()) if row else None
    return True, (found[1].decode(), found[2].decode()) if found else None


def alone(path: Path) -> sqlite3.Connection:
    """A connection to the shop file as it is, without its side files; nothing is written, no lock is taken or lost."""
    return sqlite3.connect(path.resolve().as_uri() + "?mode=ro&immutable=1", uri=True)


def _marks_of_wal(side: Path) -> list[tuple[str, str]] | None:
    """The marks in the frames of a write-ahead log, in order (https://www.sqlite.org/fileformat2.html#walformat); frames of
    an earlier round, which have another salt, are left out. None when it holds no frame."""
    with side.open("rb") as file:
        header = file.read(_WAL_HEADER)
        if len(header) < _WAL_HEADER:
            return None
        size, salt = struct.unpack(">I", header[8:12])[0], header[16:24]
        size = 65536 if size == 1 else size
        if not 512 <= size <= 65536:
            return None
        marks: list[tuple[str, str]] = []
        any_frame = False
        while len(frame := file.read(_FRAME_HEADER)) == _FRAME_HEADER and frame[8:16] == salt:
            any_frame = True
            marks += _marks_in(file.read(size))
        return marks if any_frame else None


def _marks_of_journal(side: Path) -> list[tuple[str, str]] | None:
    """The marks in the pages that a rollback journal would put back; None when it would put back none."""
    with side.open("rb") as file:
        first = file.read(1 << 20)
        if not first.strip(b"\0"):
            return None
        marks = list(_marks_in(first))
        while block := file.read(1 << 20):
            marks += _marks_in(first[-128:] + block)
            first = block
        return marks


def _marks_in(page: bytes) -> Iterator[tuple[str, str]]:
    return ((found[1].decode(), found[2].decode()) for found in _MARK.finditer(page))


def _fits_on_a_copy(path: Path, side: Path, ending: str, standing: tuple[str, str] | None) -> bool:
    """Whether a copy of the shop with the side file applied is whole and still the same shop."""
    with temporary_folder() as folder:
        copy = Path(folder) / "copy.shop"
        shutil.copyfile(path, copy)
        shutil.copyfile(side, beside(copy, ending))
        try:
            with contextlib.closing(sqlite3.connect(copy)) as connection:
                whole: bool = connection.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok"
        except sqlite3.Error:
            return False
        return whole and (standing is None or _mark_of_shop(copy)[1] == standing)
