"""Writing a sheet as CSV, XLSX, JSON, Markdown or HTML: whole, under its name, or not at all."""

from __future__ import annotations

import contextlib
import csv
import html
import itertools
import math
import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.cells import json_line, neutral, safe
from engine.errors import BackroomError, UsageError
from engine.jobs import JobContext
from engine.paths import temporary_folder
from engine.store.sheets import Documents, Sheet

ROWS_OF_A_SHEET = 1_048_575
CHARACTERS_OF_A_CELL = 32_767
EXACT_INTEGER = 10**15
"""Excel keeps 15 digits of a whole number; what has more is written as text."""
_ROWS_AT_ONCE = 1_000
_WIDTH_FROM = 200

Rows = Iterable[tuple[Any, ...]]


@contextlib.contextmanager
def replacing(path: Path, *, force: bool) -> Iterator[Path]:
    """A temporary file beside `path` that takes its name when all went well, and is gone when not.

    Raises:
        UsageError: `path` is there already and `force` is false, or it is a folder.
        BackroomError: the file cannot be written.
    """
    if path.is_dir():
        raise UsageError("this is a folder.", file=str(path), todo="Name a file in it.")
    if not path.parent.is_dir():
        raise UsageError(
            f"there is no folder {path.parent}.", file=str(path), todo="Make it first, or name a folder that is there."
        )
    if path.exists() and not force:
        raise UsageError("there is such a file already.", file=str(path), todo="Choose another name, or add --force.")
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield partial
        with partial.open("rb+") as written:
            os.fsync(written.fileno())
        partial.replace(path)
    except OSError as error:
        raise BackroomError(
            f"this file cannot be written: {error.strerror or error}.",
            file=str(path),
            todo="Check that its folder exists, that you may write to it, and that the disk has room.",
        ) from error
    finally:
        partial.unlink(missing_ok=True)


@dataclass(frozen=True)
class Exported:
    """What was written: the files, how many rows (or texts) in all, and what the seller should know."""

    files: tuple[Path, ...]
    rows: int
    notes: tuple[str, ...] = ()


def check_format(path: Path, ends: Iterable[str]) -> None:
    """See that a file can be written in the format that its name ends in, before anything is read for it.

    Raises:
        UsageError: it cannot.
    """
    if path.suffix.lower() not in ends:
        raise UsageError(f"{path.name}: this is no format to export to.", todo=f"Use one of {', '.join(ends)}.")


def write(sheet: Sheet, path: Path, context: JobContext, *, force: bool) -> Exported:
    """Write `sheet` in the format that the name of `path` ends in.

    Raises:
        UsageError: no such format, the file exists and `force` is false, or XLSX cannot hold it.
        Cancelled: the seller stopped it; nothing was written.
    """
    check_format(path, WRITERS)
    with replacing(path, force=force) as partial:
        WRITERS[path.suffix.lower()](sheet, partial, context)
    return Exported((path,), sheet.count, sheet.notes)


def write_documents(documents: Documents, path: Path, *, force: bool) -> Exported:
    """Write texts as they are; several go to `name.toml`, `name-2.toml`, and so on.

    Raises:
        UsageError: there is none, the name has another ending, or a file exists and `force` is false.
    """
    if path.suffix.lower() != documents.suffix:
        raise UsageError(
            f"{path.name}: this is written as {documents.suffix[1:].upper()}.",
            todo=f"Name a file that ends in {documents.suffix}.",
        )
    if not documents.texts:
        raise UsageError(documents.empty)
    count = len(documents.texts)
    paths = [path if number == 1 else path.with_stem(f"{path.stem}-{number}") for number in range(1, count + 1)]
    for target, text in zip(paths, documents.texts, strict=True):
        with replacing(target, force=force) as partial:
            partial.write_text(text, encoding="utf-8")
    return Exported(tuple(paths), count)


def _counted(rows: Iterable[Any], sheet: Sheet, context: JobContext) -> Iterator[Any]:
    stage = context.stage(f"writing {sheet.title}", max(1, sheet.count))
    rows = iter(rows)
    while part := list(itertools.islice(rows, _ROWS_AT_ONCE)):
        yield from part
        stage.advance(len(part))


def plain(value: Any) -> Any:
    """A stored value as a cell: whole amounts without `.0`, bytes as hexadecimal digits, infinity as text."""
    if isinstance(value, bytes):
        return value.hex()
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        return str(value)
    return int(value) if value.is_integer() and abs(value) < EXACT_INTEGER else value


def _csv(sheet: Sheet, path: Path, context: JobContext) -> None:
    # The byte order mark tells Excel that the text is UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="", errors="replace") as file:
        writer = csv.writer(file)
        writer.writerow(map(neutral, sheet.columns))
        for row in _counted(sheet.rows(), sheet, context):
            writer.writerow([neutral(plain(cell)) for cell in row])


def _xlsx(sheet: Sheet, path: Path, context: JobContext) -> None:
    import xlsxwriter
    from xlsxwriter.exceptions import XlsxFileError

    if sheet.count > ROWS_OF_A_SHEET:
        raise UsageError(
            f"an .xlsx sheet holds {ROWS_OF_A_SHEET:,} rows, and there are {sheet.count:,}.", todo="Export to .csv."
        )
    with temporary_folder() as folder:
        # Rows leave the memory as they are written.
        book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": folder})
        _fill(book, sheet, context)
        try:
            book.close()
        except XlsxFileError as error:
            # The library wraps what the system said; it is a full disk or a folder that cannot be written.
            cause = error.args[0] if error.args else None
            raise cause if isinstance(cause, OSError) else OSError(str(error)) from error


def _fill(book: Any, sheet: Sheet, context: JobContext) -> None:
    """A header that stays, columns as wide as their first rows, and all rows."""
    page = book.add_worksheet(_sheet_name(sheet.title))
    bold = book.add_format({"bold": True})
    rows = _counted(sheet.rows(), sheet, context)
    first = list(itertools.islice(rows, _WIDTH_FROM))
    for column, name in enumerate(sheet.columns):
        page.set_column(column, column, min(60, max(map(_cells, (name, *(row[column] for row in first)))) + 2))
    page.freeze_panes(1, 0)
    # Identifiers are text on purpose: no green corner that offers to make numbers of them.
    page.ignore_errors({"number_stored_as_text": f"A1:XFD{ROWS_OF_A_SHEET + 1}"})
    page.autofilter(0, 0, max(1, sheet.count), max(0, len(sheet.columns) - 1))
    for column, name in enumerate(sheet.columns):
        page.write_string(0, column, neutral(name), bold)
    for number, row in enumerate(itertools.chain(first, rows), 1):
        for column, cell in enumerate(row):
            _xlsx_cell(page, number, column, plain(cell), sheet.columns[column])


def _xlsx_cell(page: Any, row: int, column: int, value: Any, name: str) -> None:
    if value is None:
        return
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < EXACT_INTEGER):
        page.write_number(row, column, value)
        return
    text = neutral(value if isinstance(value, str) else str(value))
    if 2 * len(text) > CHARACTERS_OF_A_CELL and len(text.encode("utf-16-le")) // 2 > CHARACTERS_OF_A_CELL:
        raise UsageError(
            f"row {row:,} has more than {CHARACTERS_OF_A_CELL:,} characters in {name}, which no .xlsx cell can hold.",
            todo="Export to .csv.",
        )
    page.write_string(row, column, text)


def _sheet_name(title: str) -> str:
    kept = "".join(" " if character in "[]:*?/\\'" else character for character in title)
    return kept.strip()[:31] or "export"


def _cells(value: Any) -> int:
    """How wide a cell's longest line is; East Asian wide characters take two (Unicode UAX #11)."""
    lines = str("" if value is None else value)[:200].split("\n")
    return max(sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line) for line in lines)


def _json(sheet: Sheet, path: Path, context: JobContext) -> None:
    """One array, an object a line: a JSON document that can be searched by line as well."""
    records: Iterable[dict[str, Any]] = (
        sheet.records()
        if sheet.records
        else (dict(zip(sheet.columns, map(plain, row), strict=True)) for row in sheet.rows())
    )
    with path.open("w", encoding="utf-8", errors="replace") as file:
        separator = "[\n"
        for record in _counted(records, sheet, context):
            file.write(separator + json_line(record))
            separator = ",\n"
        file.write("\n]\n" if separator != "[\n" else "[]\n")


def _md(sheet: Sheet, path: Path, context: JobContext) -> None:
    def line(cells: Iterable[Any]) -> str:
        return "| " + " | ".join(map(_md_cell, cells)) + " |\n"

    with path.open("w", encoding="utf-8", errors="replace") as file:
        file.write(f"# {_md_cell(sheet.title)}\n\n")
        file.write(line(sheet.columns))
        file.write("|" + " --- |" * len(sheet.columns) + "\n")
        for row in _counted(sheet.rows(), sheet, context):
            file.write(line(map(plain, row)))


def _readable(value: Any) -> str:
    """A cell for reading: its own lines, nothing that could disturb whoever shows them."""
    return safe("" if value is None else str(value).replace("\r\n", "\n").replace("\r", "\n"))


_MD_SIGNS = str.maketrans({sign: "\\" + sign for sign in "\\|`*[]~"})


def _md_cell(value: Any) -> str:
    text = html.escape(_readable(value), quote=False).translate(_MD_SIGNS)
    return text.replace("\n", "<br>")


_HTML_HEAD = """<!doctype html>
<html><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color: #222; }}
table {{ border-collapse: collapse; }}
th, td {{ border: 1px solid #ccc; padding: .3rem .6rem; text-align: left; vertical-align: top; white-space: pre-wrap; }}
th {{ background: #f3f3f0; position: sticky; top: 0; }}
td {{ mso-number-format: "\\@"; }}
td.n {{ text-align: right; font-variant-numeric: tabular-nums; mso-number-format: General; }}
</style></head><body>
<h1>{title}</h1>
<table><thead><tr>{head}</tr></thead><tbody>
"""


def _html(sheet: Sheet, path: Path, context: JobContext) -> None:
    """A page that needs nothing from anywhere, and could fetch nothing if its cells asked for it.

    `mso-number-format` tells Excel, which opens such pages as well, that text is text and no formula.
    """
    head = "".join(f"<th>{html.escape(_readable(name))}</th>" for name in sheet.columns)
    with path.open("w", encoding="utf-8", errors="replace") as file:
        file.write(_HTML_HEAD.format(title=html.escape(_readable(sheet.title)), head=head))
        for row in _counted(sheet.rows(), sheet, context):
            file.write("<tr>" + "".join(map(_html_cell, map(plain, row))) + "</tr>\n")
        file.write("</tbody></table>\n</body></html>\n")


def _html_cell(value: Any) -> str:
    kind = ' class="n"' if isinstance(value, (int, float)) else ""
    return f"<td{kind}>{html.escape(_readable(value))}</td>"


WRITERS: dict[str, Callable[[Sheet, Path, JobContext], None]] = {
    ".csv": _csv,
    ".xlsx": _xlsx,
    ".json": _json,
    ".md": _md,
    ".html": _html,
}
