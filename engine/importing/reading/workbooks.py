"""Workbooks as tables, one a sheet: what the reading library tells, and what it leaves out of .xlsx files."""

from __future__ import annotations

import contextlib
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import InputFileError
from engine.importing import binary
from engine.importing.reading.tables import FrameTable, Table

if TYPE_CHECKING:
    import polars as pl

_XML_BLOCK = 32 << 20


def check_well_formed(archive: zipfile.ZipFile, name: str) -> None:
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
        raise damaged_archive(name) from error


def damaged_archive(name: str) -> InputFileError:
    """The message for an archive, or a workbook, that cannot be unpacked."""
    return InputFileError("this archive or workbook is damaged.", file=name, todo="Download it again.")


def workbook(path: Path, name: str) -> list[Table]:
    """The sheets of a workbook that hold anything.

    Raises:
        InputFileError: it is damaged, protected, empty, or takes too long to read.
    """
    sheets = binary.read_sheets(path, name)
    known = _details(path)
    tables: list[Table] = []
    for sheet, frame in sheets:
        if frame.height and frame.width:
            frame.columns = [str(i) for i in range(frame.width)]
            table = FrameTable(name, sheet if len(sheets) > 1 else None, _completed(frame, known.get(sheet), name))
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
_MOST_MERGED = 2_000_000


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


def _completed(frame: pl.DataFrame, details: _Details | None, name: str) -> pl.DataFrame:
    """A merged cell's text in each row it covers (a heading over two rows, an order over its lines), long numbers whole."""
    import polars as pl

    if details is None:
        return frame
    changed: dict[int, dict[int, str]] = {}
    for (row, column), text in details.long.items():
        if 0 <= column < frame.width and row < frame.height:
            changed.setdefault(column, {})[row] = text
    covered = sum(min(bottom, frame.height) - top for top, _, bottom in details.merged)
    if covered > _MOST_MERGED:
        raise InputFileError(
            "too many cells are merged here to be read.", file=name, todo="Unmerge them, or save the sheet as .csv."
        )
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


def encrypted(path: Path) -> bool:
    """Whether an OLE2 container wraps an encrypted workbook, by the name of its stream ([MS-OFFCRYPTO] 2.3.4.4)."""
    wanted = "EncryptedPackage".encode("utf-16-le")
    with path.open("rb") as file:
        previous = b""
        while block := file.read(1 << 20):
            if wanted in previous + block:
                return True
            previous = block[-64:]
    return False
