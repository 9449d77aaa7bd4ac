"""Opening a file by its content: archives unpacked within bounds, each kind of file read as the tables it holds."""

from __future__ import annotations

import contextlib
import errno
import lzma
import tempfile
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from engine.errors import InputFileError
from engine.importing import binary, encodings
from engine.importing.reading.columns import ParquetTable
from engine.importing.reading.mail import mailbox
from engine.importing.reading.objects import JsonTable, decoded, one_document, rows_of
from engine.importing.reading.pages import web_page
from engine.importing.reading.prose import chat_log, markdown, plain_document
from engine.importing.reading.tables import Table
from engine.importing.reading.text import TextTable
from engine.importing.reading.workbooks import check_well_formed, damaged_archive, encrypted, workbook
from engine.paths import temporary_folder

LARGEST_MEMBER = 4 << 30
LARGEST_SHEET = 1 << 30
DEEPEST_ARCHIVE = 3
_OLE2 = bytes.fromhex("d0cf11e0a1b11ae1")
_TEXT_SUFFIXES = (".csv", ".md", ".mbox", ".eml", ".tsv", ".txt", ".tab", ".json", ".jsonl", ".ndjson")
_REPORT_SUFFIXES = frozenset((*_TEXT_SUFFIXES, ".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".parquet", ".zip", ".gz"))


@dataclass
class Opened:
    """A file's tables, and the temporary folder they may need; use as a context manager.

    `refused` holds, for an archive, what could not be read of it.
    """

    tables: list[Table]
    folder: tempfile.TemporaryDirectory[str] = field(repr=False)
    refused: list[InputFileError] = field(default_factory=list)

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        self.folder.cleanup()


def open_file(
    path: Path, words: frozenset[str], *, encoding: str | None = None, delimiter: str | None = None
) -> Opened:
    """Open a file by its content.

    Args:
        path: the file.
        words: header words known from profiles, which help to decide an encoding.
        encoding, delimiter: the seller's choices.

    Raises:
        InputFileError: the file is missing, a folder, empty, locked, damaged, or of no kind that holds a table.
    """
    if path.is_dir():
        raise InputFileError("this is a folder.", file=str(path), todo="Import the files in it.")
    if not path.exists():
        raise InputFileError("there is no such file.", file=str(path))
    if not path.is_file():
        raise InputFileError("this is no ordinary file.", file=str(path), todo="Save the report as a file first.")
    folder = temporary_folder()
    opener = _Opener(Path(folder.name), words, encoding, delimiter)
    try:
        tables = opener.tables(path, path.name)
    except OSError as error:
        folder.cleanup()
        raise _unreadable(error, path) from error
    except BaseException:
        folder.cleanup()
        raise
    return Opened(tables, folder, opener.refused)


def _unreadable(error: OSError, path: Path) -> InputFileError:
    if error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
        return InputFileError(
            "the disk is too full to unpack this file.", file=str(path), todo="Free some space and import it again."
        )
    return InputFileError(f"this file cannot be read: {error.strerror or error}.", file=str(path))


class _Opener:
    """Opens a file and what is packed in it, with the seller's choices; unpacked files go to `folder`."""

    def __init__(self, folder: Path, words: frozenset[str], encoding: str | None, delimiter: str | None) -> None:
        self._folder, self._words, self._encoding, self._delimiter = folder, words, encoding, delimiter
        self._room = LARGEST_MEMBER
        self._files = 0
        self.refused: list[InputFileError] = []

    def tables(self, path: Path, name: str, depth: int = 0) -> list[Table]:
        """The tables of a file, by what its first bytes say it is."""
        with path.open("rb") as file:
            head = file.read(4096)
        if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n"):
            raise InputFileError("this file is empty.", file=name, todo="Export it again.")
        if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            return self._zipped(path, name, depth)
        if head.startswith(_OLE2):
            if encrypted(path):
                raise binary.protected(name)
            return workbook(path, name)
        if head.startswith(b"PAR1"):
            binary.try_parquet(path, name)
            return [ParquetTable(name, path)]
        if head.startswith(b"%PDF"):
            raise InputFileError("this is a PDF, not a table.", file=name, todo="Download the report as CSV or Excel.")
        if head.startswith(b"\x1f\x8b"):
            return self._gzipped(path, name, depth)
        if head.startswith(b"SQLite format 3\x00"):
            raise InputFileError("this is a database, not an export.", file=name, todo="Open a shop instead.")
        if head.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf")):
            raise InputFileError(
                "this is a picture or a packed archive, not a table.", file=name, todo="Unpack it first."
            )
        return self._text(path, name)

    def _new(self, suffix: str) -> Path:
        self._files += 1
        return self._folder / f"{self._files}{suffix}"

    def _text(self, path: Path, name: str) -> list[Table]:
        """Text of any kind; characters that could not be read are told of."""
        found = encodings.detect(path, name, self._words, self._encoding)
        tables = self._tables_of_text(path, name, found)
        if found.note is not None:
            tables[0].notes.append(found.note)
        return tables

    def _tables_of_text(self, path: Path, name: str, found: encodings.Encoding) -> list[Table]:
        skip = found.bom
        if found.name != "utf-8" or found.damaged or _old_mac(path):
            target = self._new(".txt")
            encodings.transcode(path, found, target, name)
            path, skip = target, 0
        with path.open("rb") as file:
            file.seek(skip)
            head = file.read(4096).lstrip()
        if head.startswith(b"{"):
            document = one_document(path, skip)
            return [JsonTable(name, path, found, skip) if document is None else rows_of(document, name)]
        if head.startswith(b"[") and head[1:].lstrip()[:1] in (b"{", b"]"):
            return [rows_of(decoded(path, name, skip), name)]
        lowered = head[:1024].lower()
        page = (b"<!doctype html", b"<html", b"<table", b"<meta", b"<?xml", b"<style")
        if lowered.startswith(page) or b"<table" in lowered:
            return web_page(path, name, skip)
        ways = (mailbox, chat_log, markdown, plain_document)
        prose = next((table for way in ways if (table := way(path, name, skip)) is not None), None)
        if prose is not None:
            prose.encoding, prose.runner_up = found.name, found.runner_up
            return [prose]
        return [TextTable(name, path, found, skip, self._delimiter)]

    def _zipped(self, path: Path, name: str, depth: int) -> list[Table]:
        """A workbook, or the reports in an archive; one that cannot be read does not keep the others out."""
        try:
            archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as error:
            raise damaged_archive(name) from error
        with archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            if names & {"xl/workbook.xml", "xl/workbook.bin", "mimetype"}:
                if sum(member.file_size for member in members) > LARGEST_SHEET:
                    raise InputFileError(
                        "this workbook is too large to read.", file=name, todo="Save its sheets as .csv."
                    )
                if "mimetype" in names:
                    check_well_formed(archive, name)
                return workbook(path, name)
            if depth >= DEEPEST_ARCHIVE:
                raise InputFileError("archives lie too deep in one another here.", file=name, todo="Unpack it first.")
            return self._reports(archive, name, depth)

    def _reports(self, archive: zipfile.ZipFile, name: str, depth: int) -> list[Table]:
        """The tables of an archive's members, those that are none noted."""
        tables: list[Table] = []
        refused: list[InputFileError] = []
        left: list[str] = []
        for member in archive.infolist():
            shown = _member_name(member)
            inner = PurePosixPath(shown)
            if member.is_dir() or inner.name.startswith(".") or "__MACOSX" in inner.parts:
                continue
            if inner.suffix.lower() not in _REPORT_SUFFIXES:
                left.append(shown)
                continue
            try:
                target = self._unpacked(archive, member, f"{name}/{shown}", inner.suffix.lower())
                tables += self.tables(target, f"{name}/{shown}", depth + 1)
            except InputFileError as error:
                if self._room < 0:
                    raise
                refused.append(error)
        if not tables:
            raise refused[0] if refused else InputFileError("there is no report in this archive.", file=name)
        if left:
            tables[0].notes.append(f"Not read from {name}, being no tables: {', '.join(sorted(left)[:20])}.")
        self.refused += refused
        return tables

    def _unpacked(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, suffix: str) -> Path:
        """One member of an archive as a file, never more than there is room for, whatever its entry promises."""
        if member.flag_bits & 1:
            raise InputFileError(
                "this archive is protected by a password.", file=name, todo="Unpack it, then import what is in it."
            )
        if member.file_size > 100 << 20 and member.file_size > 500 * max(1, member.compress_size):
            raise _too_large(name)
        target = self._new(suffix)
        try:
            with archive.open(member) as source, target.open("wb") as out:
                while block := source.read(1 << 20):
                    self._room -= out.write(block)
                    if self._room < 0:
                        raise _too_large(name)
        except (zipfile.BadZipFile, EOFError, NotImplementedError, zlib.error, lzma.LZMAError, ValueError) as error:
            raise damaged_archive(name) from error
        return target

    def _gzipped(self, path: Path, name: str, depth: int) -> list[Table]:
        import gzip

        if depth >= DEEPEST_ARCHIVE:
            raise InputFileError("archives lie too deep in one another here.", file=name, todo="Unpack it first.")
        target = self._new("")
        try:
            with gzip.open(path) as source, target.open("wb") as out:
                while block := source.read(1 << 20):
                    self._room -= out.write(block)
                    if self._room < 0:
                        raise _too_large(name)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise damaged_archive(name) from error
        return self.tables(target, name, depth + 1)


def _too_large(name: str) -> InputFileError:
    return InputFileError("a file in this archive is too large to unpack.", file=name, todo="Import its parts.")


def _member_name(member: zipfile.ZipInfo) -> str:
    """A member's name; where the archive states no encoding, Chinese programs mean GB18030 and others often UTF-8."""
    if member.flag_bits & 0x800 or member.filename.isascii():
        return member.filename
    with contextlib.suppress(UnicodeError):
        raw = member.filename.encode("cp437")
        for encoding in ("utf-8", "gb18030"):
            with contextlib.suppress(UnicodeError):
                return raw.decode(encoding)
    return member.filename


def _old_mac(path: Path) -> bool:
    """Whether lines end in a carriage return alone."""
    with path.open("rb") as file:
        head = file.read(1 << 20)
    return b"\r" in head and b"\n" not in head
