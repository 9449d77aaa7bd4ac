"""A web page under a spreadsheet's name, as many platforms send one: its largest table."""

from __future__ import annotations

import html.parser
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import InputFileError
from engine.importing.reading.prose import web_document
from engine.importing.reading.tables import FrameTable, Table


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


def web_page(path: Path, name: str, skip: int) -> list[Table]:
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
        document = web_document(path.read_bytes()[skip:].decode("utf-8", "replace"), name)
        if document is not None:
            return [document]
        raise InputFileError(
            "this is a web page without a table, whatever its name says.",
            file=name,
            todo="Perhaps it is a sign-in page: download the report again.",
        )
    width = max(len(row) for row in rows)
    data = {str(i): [row[i] if i < len(row) else "" for row in rows] for i in range(width)}
    table = FrameTable(name, None, pl.DataFrame(data, schema=dict.fromkeys(data, pl.String)))
    table.notes.append("This file is a web page, not a workbook; its table was read, and lines are the table's rows.")
    return [table]
