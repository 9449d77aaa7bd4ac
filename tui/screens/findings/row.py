"""One stored row: the file and line it came from and every column."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from engine.cells import one_line, safe
from engine.shop import StoredRow
from tui.format import fit, place, tsv, words
from tui.screens.base import AreaScreen
from tui.widgets.reading import ReadingPane

NAME_CELLS = 16


def row_content(row: StoredRow, text: str | None, start: int | None, end: int | None) -> Content:
    """All columns by name; the span is marked in the column that holds `text`."""
    parts: list[tuple[str, str] | str] = []
    for name, value in row.columns:
        shown = safe(value)
        parts.append((fit(one_line(words(name)), NAME_CELLS) + " ", "dim"))
        if text is not None and start is not None and end is not None and value == text:
            parts += [shown[:start], (shown[start:end], "$text-warning bold underline"), shown[end:] + "\n"]
        else:
            parts.append(shown + "\n")
    return Content.assemble(*parts)


class RowScreen(AreaScreen):
    """A row as it is stored.

    Args:
        table_name: its table.
        row_id: its id there.
        area: the area it was opened from.
        text: the text in which a span is marked, if any.
        start: first code point of the span.
        end: one past its last.
    """

    def __init__(
        self,
        table_name: str,
        row_id: int,
        area: str,
        text: str | None = None,
        start: int | None = None,
        end: int | None = None,
    ) -> None:
        super().__init__(area)
        self._which = (table_name, row_id)
        self._span = (text, start, end)
        self._row: StoredRow | None = None

    def body(self) -> Iterable[Widget]:
        """Where it is from, then the columns."""
        yield Static(id="heading")
        with ReadingPane():
            yield Static(id="columns")

    def on_mount(self) -> None:
        """The text has the keys."""
        self.query_one(ReadingPane).focus()

    def load(self) -> None:
        """Read the row."""
        row = self._row = self.shop.row(*self._which)
        self.query_one("#heading", Static).update(
            Content.assemble((place(row.file, row.sheet, row.line), "bold"), (f"  ·  {words(row.table_name)}", "dim"))
        )
        self.query_one("#columns", Static).update(row_content(row, *self._span))

    def copyable(self) -> str:
        """Every column as name, tab, value."""
        row = self._row
        return "" if row is None else tsv([("file", row.file), ("line", row.line), *row.columns])
