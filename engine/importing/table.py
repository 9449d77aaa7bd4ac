"""A seller's own file as one frame, for everything that reads a file outside a shop: whatever `import` opens, opens here."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from engine.errors import InputFileError, UsageError
from engine.importing import cleaning, matching
from engine.importing.conventions import Survey
from engine.importing.headers import normal, unique_names
from engine.importing.profiles import Field, Profile
from engine.importing.reading import Table, json_lines, open_file
from engine.importing.recognise import HEADER_WITHIN, read_header
from engine.importing.report import ImportSettings
from engine.paths import temporary_folder

if TYPE_CHECKING:
    import polars as pl

LINE = "physical line"
"""The column that says where a row stands: its line in the file, from 1; the row's number in a workbook or Parquet file."""
STANDARD_INPUT = "-"


def read_table(
    source: str | Path,
    *,
    columns: Sequence[str] = (),
    kinds: Mapping[str, str] | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    date_order: str | None = None,
    headed: bool = False,
) -> pl.DataFrame:
    """The rows of a file under the names of its own columns, in its order, and their physical lines (`LINE`).

    Cells are text as the file writes them, null where they are empty; only JSON and Parquet state numbers, which stay such.
    Blank rows are left out.

    Args:
        source: a file of any kind that `import` opens, or `-` for JSON Lines on standard input.
        columns: names that must be there; they also tell which row is the header, and which sheet is meant.
        kinds: columns (those that are there) to read as values: `money`, `number`, `moment` or `day` (ISO text), `stars`,
            `flag`, `id`, `text` or `prose`. How the file writes numbers and dates is found out from all of its rows.
        sheet: of a workbook, or the member of an archive, by its name.
        encoding, delimiter, date_order: the reader's own choices, as for `import`.
        headed: the first row names the columns, whatever it says; for tables of texts, which may themselves read like a header.

    Raises:
        InputFileError: the file cannot be read, or a cell is no value of its kind; names the line.
        UsageError: a column or sheet is not there, or dates can be read in two ways.
    """
    settings = ImportSettings(encoding=encoding, delimiter=delimiter, date_order=date_order)
    if str(source) == STANDARD_INPUT:
        with temporary_folder() as folder:
            kept = Path(folder) / "input.jsonl"
            with kept.open("wb") as file:
                shutil.copyfileobj(_standard_input(), file)
            return _frame(
                [json_lines(kept, "standard input")], "standard input", columns, kinds, sheet, settings, headed
            )
    path = Path(source)
    with open_file(path, matching.header_words(), encoding=encoding, delimiter=delimiter) as opened:
        return _frame(opened.tables, path.name, columns, kinds, sheet, settings, headed)


def _standard_input() -> BinaryIO:
    return sys.stdin.buffer


def _frame(
    tables: Sequence[Table],
    name: str,
    columns: Sequence[str],
    kinds: Mapping[str, str] | None,
    sheet: str | None,
    settings: ImportSettings,
    headed: bool,
) -> pl.DataFrame:
    table, names, first = _chosen(tables, name, columns, sheet, headed)
    frame = _cells(table, names, first)
    if kinds:
        frame = _typed(frame, table.file, {n: kind for n, kind in kinds.items() if n in names}, settings)
    return frame


def _chosen(
    tables: Sequence[Table], name: str, columns: Sequence[str], sheet: str | None, headed: bool
) -> tuple[Table, list[str], int]:
    """The table that is meant, its column names, and the number of its first row after the header."""
    if sheet is not None:
        meant = [table for table in tables if sheet in (table.sheet, table.file.partition("/")[2])]
        if not meant:
            known = ", ".join(table.sheet or table.file for table in tables)
            raise UsageError(f"{name} has no sheet {sheet!r}; it has: {known}.")
        tables = meant
    if headed and (head := tables[0].head()):
        return tables[0], unique_names(head[0].cells), 1
    for table in tables:
        found = _header_with(table, columns)
        if found is not None:
            return table, *found
    table = tables[0]
    reading = read_header(table, ImportSettings(), None)
    lacking = next((column for column in columns if column not in reading.names), None)
    if lacking is not None:
        raise UsageError(f"{name} has no column {lacking!r}; it has: {', '.join(reading.names)}.")
    return table, reading.names, reading.first


def _header_with(table: Table, columns: Sequence[str]) -> tuple[list[str], int] | None:
    """The first row that names all these columns, if there is one and any were asked for."""
    if not columns:
        return None
    for number, record in enumerate(table.head()[: 1 if table.keyed else HEADER_WITHIN]):
        names = unique_names(record.cells)
        if set(columns) <= set(names):
            return names, number + 1
        # A name may be written in another case or width; it is returned as it was asked for.
        asked = {normal(column): column for column in columns}
        alike = [asked.get(normal(cell), cell) for cell in names]
        if set(columns) <= set(alike) and len(set(alike)) == len(alike):
            return alike, number + 1
    return None


def _cells(table: Table, names: list[str], first: int) -> pl.DataFrame:
    import polars as pl

    width = len(names)
    positions = list(range(width))
    parts = []
    for batch in table.batches(first, width, positions):
        part = batch.frame.with_columns(batch.lines.alias(LINE))
        if batch.ragged:
            line, _, reason = batch.ragged[0]
            if table.keyed:
                raise InputFileError(f"{reason}.", file=table.file, line=line)
            # Surplus cells have no column: the row is kept without them.
            rows = [[*cells[:width], *[None] * (width - len(cells)), line] for line, cells, _ in batch.ragged]
            part = pl.concat([part, pl.DataFrame(rows, schema=part.schema, orient="row")]).sort(LINE)
        parts.append(part)
    schema = {str(i): pl.String() for i in positions}
    frame = pl.concat(parts) if parts else pl.DataFrame(schema={**schema, LINE: pl.Int64()})
    texts = pl.col([str(i) for i in positions])
    frame = frame.with_columns(pl.when(texts.str.strip_chars() == "").then(None).otherwise(texts).name.keep())
    if width > 1:
        frame = frame.filter(~pl.all_horizontal(texts.is_null()))
    frame = frame.rename({str(i): name for i, name in enumerate(names)})
    kinds = {"integer": pl.Int64(), "number": pl.Float64()}
    stated = {column: kinds[kind] for column, kind in table.types.items() if column in names and kind in kinds}
    return frame.with_columns(pl.col(column).cast(kind, strict=False) for column, kind in stated.items())


def _typed(frame: pl.DataFrame, name: str, kinds: Mapping[str, str], settings: ImportSettings) -> pl.DataFrame:
    """Columns read as values of their kinds; conventions are decided over all of these together."""
    import polars as pl

    texts = frame.select(pl.col(column).cast(pl.String) for column in kinds)
    fields = {column: Field([column], kind=kind) for column, kind in kinds.items()}
    at = {column: (position,) for position, column in enumerate(kinds)}
    survey = Survey(Profile("file", "table", "table", fields, {}), settings, list(kinds), at)
    survey.look(texts.rename({column: str(position) for column, (position,) in at.items()}))
    chosen = survey.decide(None)
    if chosen.questions:
        raise UsageError(f"{name}: {chosen.questions[0]}", todo="Write dates as 2026-03-15, or name their order.")
    for column, kind in kinds.items():
        order = chosen.orders.get(column, "dmy")
        read = cleaning.clean(texts[column], kind, decimal=chosen.decimal, order=order, zone=chosen.zone)
        if read.failed is not None and read.failed.any():
            wrong = frame.filter(read.failed.fill_null(False)).row(0, named=True)
            raise InputFileError(f"{column}: “{str(wrong[column])[:40]}” {read.problem}.", file=name, line=wrong[LINE])
        frame = frame.with_columns(read.values.alias(column))
    return frame
