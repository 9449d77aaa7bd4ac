"""Every container an export comes in, as tables of text cells with the physical line of each row."""

from __future__ import annotations

import contextlib
import errno
import html.parser
import itertools
import lzma
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from engine.errors import InputFileError
from engine.importing import binary, delimited, encodings
from engine.importing.delimited import Batch, Record

if TYPE_CHECKING:
    import polars as pl

HEAD_RECORDS = 60
BATCH_ROWS = 100_000
LARGEST_MEMBER = 4 << 30
LARGEST_SHEET = 1 << 30
DEEPEST_ARCHIVE = 3
_OLE2 = bytes.fromhex("d0cf11e0a1b11ae1")
_REPORT_SUFFIXES = (
    ".csv",
    ".tsv",
    ".txt",
    ".tab",
    ".jsonl",
    ".ndjson",
    ".json",
    ".xlsx",
    ".xls",
    ".xlsm",
    ".xlsb",
    ".ods",
    ".parquet",
    ".zip",
    ".gz",
)


class Table:
    """One table of a file.

    Attributes:
        file: the file's name for messages; `archive.zip/member.csv` inside an archive.
        sheet: the sheet's name in a workbook with several.
        keyed: column names come with the data (JSON Lines, Parquet), so that there is no header to find.
    """

    def __init__(self, file: str, sheet: str | None = None) -> None:
        self.file, self.sheet = file, sheet
        self.encoding: str | None = None
        self.runner_up: str | None = None
        self.delimiter: str | None = None
        self.keyed = False
        self.notes: list[str] = []

    def head(self) -> list[Record]:
        """The first records; of a keyed table the first one holds the column names, on line 0."""
        raise NotImplementedError

    def records(self) -> int:
        """How many records there are, the header and blank ones included."""
        raise NotImplementedError

    def batches(self, first: int, width: int, columns: list[int]) -> Iterator[Batch]:
        """Text cells from record number `first` on, in columns named by their position."""
        raise NotImplementedError

    def filled(self, lines: list[int]) -> list[int]:
        """Which of these lines, that have nothing in the columns that were read, have something in another one."""
        return []


class TextTable(Table):
    """Delimited text, in UTF-8 on disk (transcoded there when it is not)."""

    def __init__(self, file: str, path: Path, encoding: encodings.Encoding, skip: int, delimiter: str | None) -> None:
        super().__init__(file)
        self.encoding, self.runner_up = encoding.name, encoding.runner_up
        self._path, self._skip = path, skip
        text = delimited.head_text(path, skip, file)
        first_line = text.split("\n", 1)[0]
        stated = delimited.stated_delimiter(first_line)
        self.delimiter = delimiter or stated or delimited.sniff(text)
        self._quoted = delimited.quotes_used(text, self.delimiter)
        self._head = delimited.parse(text, self.delimiter, limit=HEAD_RECORDS, quoted=self._quoted)
        self._index: delimited.Index | None = None

    @property
    def index(self) -> delimited.Index:
        """The file's records, found once."""
        if self._index is None:
            self._index = delimited.index(self._path, self.delimiter or ",", quoted=self._quoted, skip=self._skip)
        return self._index

    def head(self) -> list[Record]:
        return self._head

    def records(self) -> int:
        return len(self.index.lines)

    def batches(self, first: int, width: int, columns: list[int]) -> Iterator[Batch]:
        found = self.index
        if found.regular:
            yield from delimited.batches(
                self._path, found, first, width, columns, self.delimiter or ",", quoted=self._quoted, name=self.file
            )
            return
        # Quotes are irregular: record numbers of the index mean nothing, so read on from the head's own line.
        begin = self._head[first].line if first < len(self._head) else self._head[-1].line + 1
        skipped = self._skip + self._offset_of_line(begin)
        with self._path.open("rb") as file:
            file.seek(skipped)
            pending, line = b"", begin
            while True:
                block = file.read(8 << 20)
                whole = pending + block
                text = whole.decode("utf-8", errors="strict") if not block else _whole_text(whole)
                records = delimited.parse(text, self.delimiter or ",", quoted=self._quoted, line=line, width=width)
                if block and len(records) > delimited.LONGEST_QUOTED:
                    # The last records may go on in the next block: read them again with it.
                    cut = records[-delimited.LONGEST_QUOTED].line
                    pending = b"\n".join(whole.split(b"\n")[cut - line :])
                    records = [record for record in records if record.line < cut]
                    line = cut
                elif block:
                    pending = whole
                    continue
                if records:
                    yield delimited.from_records(records, width, columns)
                if not block:
                    return

    def filled(self, lines: list[int]) -> list[int]:
        import numpy as np

        found = self.index
        if not lines:
            return []
        filled = []
        nothing = f'{self.delimiter or ","}"\r\n\t '.encode()
        with self._path.open("rb") as file:
            if not found.regular:
                # Where quotes are used wrongly, only the record's first line is known.
                file.seek(self._skip)
                asked = set(lines)
                up_to = enumerate(itertools.islice(file, max(lines)), 1)
                return [line for line, raw in up_to if line in asked and raw.strip(nothing)]
            for line in lines:
                at = int(np.searchsorted(found.lines, line))
                file.seek(int(found.starts[at]))
                if file.read(int(found.starts[at + 1] - found.starts[at])).strip(nothing):
                    filled.append(line)
        return filled

    def _offset_of_line(self, line: int) -> int:
        with self._path.open("rb") as file:
            file.seek(self._skip)
            return sum(len(raw) for raw in itertools.islice(file, line - 1))


def _whole_text(block: bytes) -> str:
    return block[: block.rfind(b"\n") + 1].decode("utf-8")


class FrameTable(Table):
    """A table that is read at once: a sheet, a web page's table."""

    def __init__(self, file: str, sheet: str | None, frame: pl.DataFrame, first_line: int = 1) -> None:
        super().__init__(file, sheet)
        self._frame, self._first_line = frame, first_line

    def head(self) -> list[Record]:
        rows = self._frame.head(HEAD_RECORDS).iter_rows()
        return [Record(self._first_line + i, tuple("" if c is None else c for c in row)) for i, row in enumerate(rows)]

    def records(self) -> int:
        return self._frame.height

    def batches(self, first: int, width: int, columns: list[int]) -> Iterator[Batch]:
        import polars as pl

        for at in range(first, self._frame.height, BATCH_ROWS):
            part = self._frame.slice(at, BATCH_ROWS)
            lines = pl.Series(range(self._first_line + at, self._first_line + at + part.height), dtype=pl.Int64)
            data = {
                str(i): part.to_series(i) if i < part.width else pl.Series([None] * part.height, dtype=pl.String)
                for i in columns
            }
            yield Batch(pl.DataFrame(data), lines)

    def filled(self, lines: list[int]) -> list[int]:
        rows = ((line, self._frame.row(line - self._first_line)) for line in lines)
        return [line for line, cells in rows if any(cell and cell.strip() for cell in cells)]


class JsonTable(Table):
    """JSON Lines: one object a line; nested values get dotted names, other values stay as they are written."""

    def __init__(self, file: str, path: Path, encoding: encodings.Encoding, skip: int) -> None:
        super().__init__(file)
        self.keyed = True
        self.encoding, self.runner_up = encoding.name, encoding.runner_up
        self._path, self._skip = path, skip
        self._count = 0
        names: dict[str, None] = {}
        head: list[tuple[int, dict[str, str]]] = []
        for line, item, _ in self._lines():
            self._count += 1
            if item is not None:
                names.update(dict.fromkeys(item))
                if len(head) < HEAD_RECORDS:
                    head.append((line, item))
        self._names = list(names)
        self._head = [Record(0, tuple(self._names))]
        self._head += [Record(line, tuple(item.get(name, "") for name in self._names)) for line, item in head]

    def _lines(self) -> Iterator[tuple[int, dict[str, str] | None, str]]:
        """Line number, flattened object (None when it is none), and the raw line."""
        import msgspec

        decoder = msgspec.json.Decoder()
        with self._path.open("rb") as file:
            file.seek(self._skip)
            for number, raw in enumerate(file, 1):
                if not raw.strip():
                    continue
                try:
                    item = decoder.decode(raw)
                except msgspec.DecodeError:
                    item = None
                yield number, _flat(item) if isinstance(item, dict) else None, raw.decode("utf-8", "replace").strip()

    def head(self) -> list[Record]:
        return self._head

    def records(self) -> int:
        return self._count + 1

    def batches(self, first: int, width: int, columns: list[int]) -> Iterator[Batch]:
        import polars as pl

        lines = self._lines()
        names = [(str(i), self._names[i]) for i in columns]
        while part := list(itertools.islice(lines, BATCH_ROWS)):
            good = [(line, item) for line, item, _ in part if item is not None]
            bad = tuple((line, (raw,), "this line is no JSON object") for line, item, raw in part if item is None)
            frame = pl.DataFrame(
                {key: [item.get(name) for _, item in good] for key, name in names},
                schema={key: pl.String for key, _ in names},
            )
            yield Batch(frame, pl.Series([line for line, _ in good], dtype=pl.Int64), bad)


def _flat(item: dict[str, Any], prefix: str = "") -> dict[str, str]:
    import msgspec

    flat: dict[str, str] = {}
    for key, value in item.items():
        name = prefix + str(key)
        if isinstance(value, dict) and value and len(name) < 200:
            flat.update(_flat(value, name + "."))
        elif value is None:
            flat[name] = ""
        elif isinstance(value, str):
            flat[name] = value
        elif isinstance(value, bool):
            flat[name] = "true" if value else "false"
        else:
            flat[name] = msgspec.json.encode(value).decode()
    return flat


class ParquetTable(Table):
    """Parquet; rows count from 1."""

    def __init__(self, file: str, path: Path) -> None:
        import polars as pl

        super().__init__(file)
        self.keyed = True
        with _understood("this Parquet file", file):
            self._scan = pl.scan_parquet(path)
            self._schema = self._scan.collect_schema()
            self._count = int(self._scan.select(pl.len()).collect().item())

    def _text(self, first: int, count: int, names: list[str]) -> pl.DataFrame:
        import polars as pl

        with _understood("this Parquet file", self.file):
            part = self._scan.select(names).slice(first, count).collect()
            columns = []
            for name in names:
                column = part[name]
                if column.dtype.is_nested():
                    texts = [None if v is None else str(v) for v in column.to_list()]
                    column = pl.Series(name, texts, dtype=pl.String)
                elif column.dtype == pl.Binary:
                    column = column.cast(pl.String, strict=False)
                else:
                    column = column.cast(pl.String)
                columns.append(column)
            return pl.DataFrame(columns)

    def head(self) -> list[Record]:
        names = list(self._schema)
        rows = self._text(0, HEAD_RECORDS, names).iter_rows()
        return [
            Record(0, tuple(names)),
            *(Record(i, tuple("" if c is None else c for c in row)) for i, row in enumerate(rows, 1)),
        ]

    def records(self) -> int:
        return self._count + 1

    def batches(self, first: int, width: int, columns: list[int]) -> Iterator[Batch]:
        import polars as pl

        names = list(self._schema)
        for at in range(0, self._count, BATCH_ROWS):
            part = self._text(at, BATCH_ROWS, [names[i] for i in columns])
            part.columns = [str(i) for i in columns]
            yield Batch(part, pl.Series(range(at + 1, at + 1 + part.height), dtype=pl.Int64))


@contextlib.contextmanager
def _understood(what: str, name: str) -> Iterator[None]:
    """Turn what a reading library says of a damaged file, or its panic, into a message that names the file."""
    try:
        yield
    except (InputFileError, MemoryError, OSError):
        raise
    except BaseException as error:
        # Libraries written in Rust panic with an exception of their own, which is no `Exception`.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        said = str(error).strip().splitlines()[:1] or ["it is damaged"]
        raise binary.unreadable(name, what, said[0]) from error


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
    folder = tempfile.TemporaryDirectory(prefix="backroom-", ignore_cleanup_errors=True)
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
            if _encrypted(path):
                raise binary.protected(name)
            return _workbook(path, name)
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
        found = encodings.detect(path, name, self._words, self._encoding)
        skip = found.bom
        if found.name != "utf-8" or _old_mac(path):
            target = self._new(".txt")
            encodings.transcode(path, found, target, name)
            path, skip = target, 0
        with path.open("rb") as file:
            file.seek(skip)
            head = file.read(4096).lstrip()
        if head.startswith(b"{"):
            document = _one_document(path, skip)
            return [JsonTable(name, path, found, skip) if document is None else _json_rows(document, name)]
        if head.startswith(b"[") and head[1:].lstrip()[:1] in (b"{", b"]"):
            return [_json_rows(_decoded(path, name, skip), name)]
        lowered = head[:1024].lower()
        page = (b"<!doctype html", b"<html", b"<table", b"<meta", b"<?xml", b"<style")
        if lowered.startswith(page) or b"<table" in lowered:
            return _web_page(path, name, skip)
        return [TextTable(name, path, found, skip, self._delimiter)]

    def _zipped(self, path: Path, name: str, depth: int) -> list[Table]:
        """A workbook, or the reports in an archive; one that cannot be read does not keep the others out."""
        try:
            archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as error:
            raise _damaged_archive(name) from error
        with archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            if names & {"xl/workbook.xml", "xl/workbook.bin", "mimetype"}:
                if sum(member.file_size for member in members) > LARGEST_SHEET:
                    raise InputFileError(
                        "this workbook is too large to read.", file=name, todo="Save its sheets as .csv."
                    )
                if "mimetype" in names:
                    _check_well_formed(archive, name)
                return _workbook(path, name)
            if depth >= DEEPEST_ARCHIVE:
                raise InputFileError("archives lie too deep in one another here.", file=name, todo="Unpack it first.")
            tables: list[Table] = []
            refused: list[InputFileError] = []
            left: list[str] = []
            for member in members:
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
        if not tables and refused:
            raise refused[0]
        if not tables:
            raise InputFileError("there is no report in this archive.", file=name)
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
            raise _damaged_archive(name) from error
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
            raise _damaged_archive(name) from error
        return self.tables(target, name, depth + 1)


def _damaged_archive(name: str) -> InputFileError:
    return InputFileError("this archive or workbook is damaged.", file=name, todo="Download it again.")


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


def _decoded(path: Path, name: str, skip: int) -> Any:
    import msgspec

    try:
        return msgspec.json.decode(path.read_bytes()[skip:])
    except (msgspec.DecodeError, RecursionError) as error:
        raise InputFileError(f"this JSON is not whole: {error}.", file=name, todo="Download it again.") from error


def _one_document(path: Path, skip: int) -> list[Any] | None:
    """The rows of a file that is one JSON object around a list of objects; None for JSON Lines."""
    import msgspec

    with path.open("rb") as file:
        file.seek(skip)
        lines = (raw for raw in file if raw.strip())
        first, second = next(lines, b""), next(lines, b"")
    if second.lstrip().startswith(b"{") and first.rstrip().endswith(b"}"):
        return None
    try:
        document = msgspec.json.decode(path.read_bytes()[skip:])
    except (msgspec.DecodeError, RecursionError):
        return None
    lists = [item for item in document.values() if isinstance(item, list) and any(isinstance(i, dict) for i in item)]
    return max(lists, key=len, default=None)


def _json_rows(items: list[Any], name: str) -> Table:
    """A list of JSON objects as a table; rows count from 1."""
    import polars as pl

    rows = [_flat(item) for item in items if isinstance(item, dict)]
    names = list(dict.fromkeys(key for row in rows for key in row))
    if not names:
        raise InputFileError("this file holds no rows.", file=name, todo="Export it again.")
    data = [[key, *(row.get(key) for row in rows)] for key in names]
    frame = pl.DataFrame(
        {str(i): column for i, column in enumerate(data)}, schema={str(i): pl.String for i in range(len(names))}
    )
    table = FrameTable(name, None, frame, first_line=0)
    table.keyed = True
    if len(rows) < len(items):
        table.notes.append(f"{len(items) - len(rows):,} entries of this file are no objects and were left out.")
    return table


@dataclass
class _OpenTable:
    """A table whose end was not met yet.

    `cell` is the text so far of the cell that is open, `wide` and `high` are how many columns and rows it covers;
    `above` tells of a column the text of a cell from above and in how many more rows it stands.
    """

    rows: list[list[str]] = field(default_factory=list)
    cell: list[str] | None = None
    wide: int = 1
    high: int = 1
    above: dict[int, tuple[str, int]] = field(default_factory=dict)

    def begin_row(self) -> None:
        self.end_cell()
        self.rows.append([])
        self._from_above()

    def begin_cell(self, wide: int, high: int) -> None:
        self.end_cell()
        if not self.rows:
            self.rows.append([])
        self.cell, self.wide, self.high = [], wide, high

    def end_cell(self) -> None:
        if self.cell is None:
            return
        row = self.rows[-1]
        for text in ("".join(self.cell).strip(), *[""] * (self.wide - 1)):
            if self.high > 1:
                self.above[len(row)] = text, self.high - 1
            row.append(text)
        self.cell = None
        self._from_above()

    def _from_above(self) -> None:
        row = self.rows[-1]
        while len(row) in self.above:
            text, left = self.above.pop(len(row))
            if left > 1:
                self.above[len(row)] = text, left - 1
            row.append(text)


class _Rows(html.parser.HTMLParser):
    """Cells of every table of a page; a cell over several rows stands in each, over several columns in the first.

    A table inside a cell of another is a table of its own.
    """

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._open: list[_OpenTable] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._open.append(_OpenTable())
            self.tables.append(self._open[-1].rows)
        elif tag == "tr" and self._open:
            self._open[-1].begin_row()
        elif tag in ("td", "th") and self._open:
            said = dict(attrs)
            self._open[-1].begin_cell(_span(said.get("colspan"), 100), _span(said.get("rowspan"), 10_000))
        elif tag == "br":
            self.handle_data("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table") and self._open:
            self._open[-1].end_cell()
            if tag == "table":
                self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1].cell is not None:
            self._open[-1].cell.append(data)

    def close(self) -> None:
        """The page ends here; so does every cell that is still open."""
        super().close()
        for table in self._open:
            table.end_cell()


def _span(said: str | None, most: int) -> int:
    return max(1, min(int(said), most)) if said and said.isascii() and said.isdigit() else 1


def _web_page(path: Path, name: str, skip: int) -> list[Table]:
    """A web page under a spreadsheet's name: its largest table. Rows count from 1."""
    import polars as pl

    parser = _Rows()
    try:
        parser.feed(path.read_bytes()[skip:].decode("utf-8"))
        parser.close()
    except UnicodeDecodeError as error:
        raise InputFileError(
            "this web page is in another encoding than the one named.", file=name, todo="Import it without naming one."
        ) from error
    rows = max(parser.tables, key=len, default=[])
    if not any(rows):
        raise InputFileError(
            "this is a web page without a table, whatever its name says.",
            file=name,
            todo="Perhaps it is a sign-in page: download the report again.",
        )
    width = max(len(row) for row in rows)
    data = {str(i): [row[i] if i < len(row) else "" for row in rows] for i in range(width)}
    table = FrameTable(name, None, pl.DataFrame(data, schema={key: pl.String for key in data}))
    table.notes.append("This file is a web page, not a workbook; its table was read, and lines are the table's rows.")
    return [table]


_XML_BLOCK = 32 << 20


def _check_well_formed(archive: zipfile.ZipFile, name: str) -> None:
    """Refuse an OpenDocument workbook whose XML is damaged: the reading library looks for the end of a table for ever.

    Raises:
        InputFileError: a part is missing, cannot be unpacked, or is no XML.
    """
    from xml.parsers import expat

    damage = (expat.ExpatError, LookupError, zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError)
    try:
        for part in ("META-INF/manifest.xml", "content.xml"):
            parser = expat.ParserCreate()
            with archive.open(part) as stream:
                # In large blocks: a piece of text that does not end is looked through again with every block.
                while block := stream.read(_XML_BLOCK):
                    parser.Parse(block)
            parser.Parse(b"", True)
    except RuntimeError as error:
        raise binary.protected(name) from error
    except damage as error:
        raise _damaged_archive(name) from error


def _workbook(path: Path, name: str) -> list[Table]:
    sheets = binary.read_sheets(path, name)
    known = _details(path)
    tables: list[Table] = []
    for sheet, frame in sheets:
        if frame.height and frame.width:
            frame.columns = [str(i) for i in range(frame.width)]
            table = FrameTable(name, sheet if len(sheets) > 1 else None, _completed(frame, known.get(sheet)))
            tables.append(table)
    if not tables:
        raise InputFileError("this workbook is empty.", file=name, todo="Export it again.")
    return tables


@dataclass(frozen=True)
class _Details:
    """What the reading library does not tell of an .xlsx sheet, rows and columns counted from 0, columns from the first
    in use, which it takes for the first.

    `merged` are cells merged over several rows (first row, column, last row): only the first of them has their text.
    `long` are numbers of more digits than a float holds, as the file writes them.
    """

    merged: list[tuple[int, int, int]]
    long: dict[tuple[int, int], str]


_MERGED = re.compile(rb'<mergeCell ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_FILLED_COLUMN = re.compile(rb'<c r="([A-Z]{1,3})\d+"[^>/]*>')
_LONG = re.compile(
    rb'<c r="([A-Z]{1,3})(\d{1,7})"(?: s="\d+")?(?: t="n")?(?: s="\d+")?><v>(\d{16,22}|\d(?:\.\d+)?E\+(?:1[5-9]|2[01]))</v>'
)
_MOST_LOOKED_AT = 64 << 20


def _details(path: Path) -> dict[str, _Details]:
    """Merged cells and long numbers of every sheet of an .xlsx; nothing for other workbooks."""
    import xml.etree.ElementTree as tree

    found: dict[str, _Details] = {}
    # LookupError: a part is missing, or its XML names an encoding that nobody knows.
    unusual = (zipfile.BadZipFile, LookupError, tree.ParseError, zlib.error, RuntimeError, EOFError, ValueError)
    with contextlib.suppress(*unusual), zipfile.ZipFile(path) as archive:
        targets = {i.get("Id"): str(i.get("Target")) for i in _xml(archive, "xl/_rels/workbook.xml.rels")}
        for sheet in _xml(archive, "xl/workbook.xml").iter():
            if not sheet.tag.endswith("}sheet"):
                continue
            inside = targets.get(next((v for k, v in sheet.items() if k.endswith("}id")), None), "")
            text = _part(archive, inside.removeprefix("/") if inside.startswith("/") else f"xl/{inside}")
            merged = [m for m in _MERGED.finditer(text) if int(m[4]) > int(m[2])]
            numbers = list(_LONG.finditer(text))
            if merged or numbers:
                left = min((_column(m[1]) for m in _FILLED_COLUMN.finditer(text)), default=0)
                found[str(sheet.get("name"))] = _Details(
                    [(int(m[2]) - 1, _column(m[1]) - left, int(m[4]) - 1) for m in merged],
                    {(int(m[2]) - 1, _column(m[1]) - left): m[3].decode() for m in numbers},
                )
    return found


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    """A part of a workbook, empty where it is too large to look at."""
    return archive.read(name) if archive.getinfo(name).file_size <= _MOST_LOOKED_AT else b""


def _xml(archive: zipfile.ZipFile, name: str) -> Any:
    import xml.etree.ElementTree as tree

    return tree.fromstring(_part(archive, name))


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _completed(frame: pl.DataFrame, details: _Details | None) -> pl.DataFrame:
    """A merged cell's text in each row it covers (a heading over two rows, an order over its lines), long numbers whole."""
    import polars as pl

    if details is None:
        return frame
    changed: dict[int, dict[int, str]] = {}
    for (row, column), text in details.long.items():
        if 0 <= column < frame.width and row < frame.height:
            changed.setdefault(column, {})[row] = text
    for top, column, bottom in details.merged:
        if not 0 <= column < frame.width or top >= frame.height:
            continue
        held = changed.get(column, {}).get(top) or frame.item(top, column)
        if held is not None:
            rows = range(top + 1, min(bottom + 1, frame.height))
            changed.setdefault(column, {}).update(dict.fromkeys(rows, held))
    for column, cells in changed.items():
        values = pl.Series(list(cells.values()), dtype=pl.String)
        frame = frame.with_columns(frame.to_series(column).scatter(list(cells), values))
    return frame


def _encrypted(path: Path) -> bool:
    """Whether an OLE2 container wraps an encrypted workbook, by the name of its stream ([MS-OFFCRYPTO] 2.3.4.4)."""
    wanted = "EncryptedPackage".encode("utf-16-le")
    with path.open("rb") as file:
        previous = b""
        while block := file.read(1 << 20):
            if wanted in previous + block:
                return True
            previous = block[-64:]
    return False
