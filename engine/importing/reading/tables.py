"""What every container becomes: a table of text cells with the physical line of each row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from engine.errors import InputFileError
from engine.importing.delimited import Batch, Record

if TYPE_CHECKING:
    import polars as pl

HEAD_RECORDS = 60
BATCH_ROWS = 100_000
MOST_COLUMNS = 4_000
"""Ten times what the widest report has; finding out what each column means takes too long beyond."""
MOST_SPARSE_CELLS = 20_000_000
"""Cells of a table whose rows each bring names of their own; one of usual width may have as many as it likes."""
_USUAL_WIDTH = 1_000


def check_size(columns: int, rows: int, file: str) -> None:
    """Refuse a table of more columns than make one, or of hardly anything but empty cells.

    Raises:
        InputFileError: it is too wide.
    """
    if columns > MOST_COLUMNS or (columns > _USUAL_WIDTH and rows * columns > MOST_SPARSE_CELLS):
        raise InputFileError(
            f"there are {columns:,} different columns here, which no report has.",
            file=file,
            todo="Export it again, or keep only the columns that hold something.",
        )


class Table:
    """One table of a file.

    Attributes:
        file: the file's name for messages; `archive.zip/member.csv` inside an archive.
        sheet: the sheet's name in a workbook with several.
        keyed: column names come with the data (JSON Lines, Parquet), so that there is no header to find.
        types: of a keyed table, the columns that hold nothing but whole numbers (`integer`) or numbers (`number`).
    """

    def __init__(self, file: str, sheet: str | None = None) -> None:
        self.file, self.sheet = file, sheet
        self.encoding: str | None = None
        self.runner_up: str | None = None
        self.delimiter: str | None = None
        self.keyed = False
        self.types: dict[str, str] = {}
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


class LineTable(Table):
    """Rows that stand on lines of their own, under names that come with them.

    Args:
        names, rows, lines: the columns, their cells, and the line of each row.
    """

    def __init__(self, file: str, names: Sequence[str], rows: Sequence[Sequence[str]], lines: Sequence[int]) -> None:
        super().__init__(file)
        self.keyed = True
        self._names, self._rows, self._lines = tuple(names), rows, lines

    def head(self) -> list[Record]:
        rows = zip(self._lines[:HEAD_RECORDS], self._rows[:HEAD_RECORDS], strict=True)
        return [Record(0, self._names), *(Record(line, tuple(row)) for line, row in rows)]

    def records(self) -> int:
        return len(self._rows) + 1

    def batches(self, first: int, width: int, columns: list[int]) -> Iterator[Batch]:
        import polars as pl

        for at in range(max(0, first - 1), len(self._rows), BATCH_ROWS):
            part = self._rows[at : at + BATCH_ROWS]
            data = {str(i): [row[i] for row in part] for i in columns}
            frame = pl.DataFrame(data, schema={str(i): pl.String for i in columns})
            yield Batch(frame, pl.Series(self._lines[at : at + BATCH_ROWS], dtype=pl.Int64))
