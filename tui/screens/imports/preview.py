"""Below the list of files: the current one's columns, its first rows as they would be stored, or its totals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from engine.importing.queries import column_meanings
from tui.screens.imports.candidates import Line, by_hand, guess_columns, sample_columns
from tui.screens.imports.report import report_content
from tui.widgets.reading import ReadingPane
from tui.widgets.virtual import VirtualTable

VIEWS = (("columns", "columns"), ("rows", "first rows as stored"), ("totals", "totals and what is left out"))


class Preview(Vertical):
    """One of three views of a file."""

    DEFAULT_CSS = "Preview { height: 1fr; }"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._chosen: str | None = None
        self._shown: tuple[Path, int] | None = None

    def compose(self) -> ComposeResult:
        """The names of the views, and what each shows."""
        yield Static(id="views")
        yield VirtualTable[Any]((), id="columns", empty="")
        with ReadingPane(id="totals"):
            yield Static(id="report")

    @property
    def table(self) -> VirtualTable[Any]:
        """Columns or first rows."""
        return self.query_one("#columns", VirtualTable)

    def view(self, line: Line | None) -> str:
        """What is shown: what the seller chose, else columns while their meaning is open, else the first rows."""
        if line is not None and line.report is not None:
            return "totals"
        asked = line is not None and line.table is not None and by_hand(line.table)
        if asked and line is not None and line.check is None and self._chosen == "totals":
            return "columns"
        return self._chosen or ("columns" if asked else "rows")

    def turn(self, line: Line | None) -> None:
        """Go on to the next view."""
        names = [name for name, _ in VIEWS]
        self._chosen = names[(names.index(self.view(line)) + 1) % len(names)]
        self.show(line)

    def focus_shown(self) -> None:
        """Give the keys to what is shown."""
        totals = self.query_one("#totals")
        (totals if totals.display else self.table).focus()

    def show(self, line: Line | None) -> None:
        """Show a line of the list of files."""
        view, totals = self.view(line), self.query_one("#totals")
        totals.display = line is not None and view == "totals" and line.candidate.error is None
        self.table.display = not totals.display
        headings = self.query_one("#views", Static)
        headings.display = line is not None and line.table is not None and line.report is None
        headings.update(
            Content.assemble(
                ("v ", "$accent bold"),
                *(
                    part
                    for name, title in VIEWS
                    for part in ((f" {title} ", "reverse" if name == view else "dim"), "  ")
                ),
            )
        )
        if line is None:
            self.table.show_rows(())
        elif totals.display:
            self.query_one("#report", Static).update(_totals(line))
        else:
            self._show_table(line, view)

    def _show_table(self, line: Line, view: str) -> None:
        table, shown = line.table, (line.candidate.path, line.number)
        keep_cursor = self._shown == shown
        if table is None:
            # A file that is looked at again keeps its columns, and the cursor on them, until the answer is there.
            if not keep_cursor or line.candidate.error is not None:
                self.table.show_rows(())
            return
        self._shown = shown
        if view == "rows":
            self.table.show_columns(sample_columns(table.sample_rows))
            self.table.empty = "The file holds a header and no rows." if not table.rows_estimate else "No rows to show."
            self.table.show_rows(table.sample_rows, keep_cursor=keep_cursor)
        else:
            self.table.show_columns(guess_columns(dict(column_meanings(table.report))))
            self.table.show_rows(table.columns, keep_cursor=keep_cursor)


def _totals(line: Line) -> Content:
    if line.report is not None:
        return report_content(line.report.as_json())
    if line.check is not None:
        return report_content(line.check.as_json(), beforehand=True)
    return Content("Nothing to show yet: see the line above.")
