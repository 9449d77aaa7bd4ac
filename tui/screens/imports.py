"""Imports: what was loaded, with totals beside the file's; each can be taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any, ClassVar

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tui.commands import Command, bindings
from tui.format import as_text, count, counted, one_line, tsv, words
from tui.screens.base import AreaScreen
from tui.widgets.reading import ReadingPane
from tui.widgets.virtual import Column, VirtualList, VirtualTable

Report = dict[str, Any]
LINES_SHOWN = 200


def number(report: Mapping[str, Any], name: str) -> str:
    """A count of a report, "" when it is not stated."""
    value = report.get(name)
    return "" if value is None else count(value)


def file_name(report: Mapping[str, Any]) -> str:
    """The file's name without its folder."""
    return one_line(PurePath(as_text(report.get("file"))).name)


def kind(report: Mapping[str, Any]) -> str:
    """Platform and report in words."""
    parts = [one_line(report.get("platform")), words(one_line(report.get("report")))]
    return " ".join(part for part in parts if part) or "mapped by hand"


COLUMNS: tuple[Column[Report], ...] = (
    Column("file", 16, file_name, grow=True),
    Column("what", 20, kind),
    Column("rows", 8, lambda row: number(row, "rows_loaded"), right=True),
    Column("skipped", 7, lambda row: number(row, "rows_rejected"), right=True),
    Column("imported", 10, lambda row: one_line(row.get("imported_at"))[:10]),
    Column("", 6, lambda row: "undone" if row.get("state") == "undone" else ""),
)


def report_content(report: Mapping[str, Any]) -> Content:
    """An import in full: rows, period, totals beside the file's own, what was skipped and why."""
    parts: list[tuple[str, str] | str] = []

    def line(name: str, value: str) -> None:
        if value:
            parts.append((f"{name:<16}", "dim"))
            parts.append(value + "\n")

    parts.append((one_line(report.get("file")) + "\n", "bold"))
    line("what", kind(report))
    line("encoding", one_line(report.get("encoding")))
    line("currency", one_line(report.get("currency")))
    period = report.get("period") or {}
    if period.get("from"):
        line("period", f"{period['from']} to {period.get('to')}")
    for name in ("rows_read", "rows_loaded", "rows_updated", "rows_duplicate", "rows_rejected"):
        line(words(name), number(report, name))
    line("rejects file", one_line(report.get("rejects_file")))
    file_totals = report.get("file_totals") or {}
    # A total of nothing that the file does not state either says nothing.
    totals = {name: value for name, value in (report.get("totals") or {}).items() if value or name in file_totals}
    if totals or file_totals:
        parts.append((f"\n{'total':<14}{'loaded':>16}{'in the file':>16}\n", "bold"))
        for name in [*totals, *(name for name in file_totals if name not in totals)]:
            loaded, stated = totals.get(name), file_totals.get(name)
            if loaded is None and stated is None:
                continue
            verdict = "" if stated is None else "  ✓ same" if loaded == stated else "  ✗ differs"
            cells = [count(value) if isinstance(value, (int, float)) else "–" for value in (loaded, stated)]
            parts.append(f"{words(name):<14}{cells[0]:>16}{cells[1]:>16}{verdict}\n")
    for title, name in (("Differences", "differences"), ("Worth knowing", "notes"), ("Skipped lines", "lines_skipped")):
        items = report.get(name) or []
        if not items:
            continue
        parts.append((f"\n{title}: {len(items):,}\n", "bold"))
        parts += [f"  {difference_line(item)}\n" for item in items[:LINES_SHOWN]]
        if len(items) > LINES_SHOWN:
            parts.append((f"  … and {len(items) - LINES_SHOWN:,} more\n", "dim"))
    return Content.assemble(*parts)


def difference_line(item: Any) -> str:
    """A skipped line or a difference as one line of text."""
    if not isinstance(item, Mapping):
        return one_line(item)
    rest = ", ".join(
        one_line(value) if name in ("reason", "what") else f"{words(str(name))} {one_line(value)}"
        for name, value in item.items()
        if name != "line" and value is not None
    )
    return f"line {item['line']}: {rest}" if item.get("line") is not None else rest


class ImportsScreen(AreaScreen):
    """All imports, newest first."""

    AREA = "imports"
    COMMAND_TABLE: ClassVar[tuple[Command, ...]] = (
        Command("import.undo", "u", "undo_import", "take this import back", footer="undo import"),
    )
    BINDINGS = bindings(COMMAND_TABLE)

    def body(self) -> Iterable[Widget]:
        """A heading and the list."""
        yield Static(id="heading")
        yield VirtualTable[Report](COLUMNS, id="imports")

    @property
    def table(self) -> VirtualTable[Report]:
        """The imports."""
        return self.query_one("#imports", VirtualTable)

    def on_mount(self) -> None:
        """The list has the keys."""
        self.table.focus()

    def load(self) -> None:
        """Read the imports."""
        rows = self.shop.imports() if self.room.shop is not None else []
        self.table.empty = (
            "Nothing imported yet: press i to import files, or drop them on this window.\n"
            "Or open the sample shop: backroom demo"
        )
        self.table.show_rows(rows, keep_cursor=True)
        self.query_one("#heading", Static).update(
            Content.assemble(
                (counted(len(rows), "import"), "bold"), ("  ·  Enter shows totals and what was skipped", "dim")
            )
        )
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only a loaded import can be taken back."""
        if action == "undo_import":
            row = self.table.row if self.is_mounted else None
            return row is not None and row.get("state") == "loaded" and self.room.job is None
        return super().check_action(action, parameters)

    def copyable(self) -> str:
        """The import's line."""
        row = self.table.row
        return "" if row is None else tsv([[column.value(row) for column in COLUMNS]])

    def action_undo_import(self) -> None:
        """Ask, then take the import back."""
        from tui.background import Job
        from tui.screens.dialogs import Confirm

        row = self.table.row
        if row is None:
            return
        shop, import_id = self.shop, int(row["import_id"])

        def done(result: dict[str, int]) -> None:
            text = ", ".join(f"{words(name)}: {count(value)}" for name, value in result.items())
            self.notify(text or "Done.", title="Taken back", markup=False)

        def answered(yes: bool | None) -> None:
            if yes:
                self.room.start_job(Job("Taking an import back", lambda context: shop.undo(import_id), done))

        self.app.push_screen(
            Confirm(f"Take back {file_name(row)}? Its rows leave the shop; the file stays.", "Take back", "Keep"),
            answered,
        )

    @on(VirtualList.Highlighted, "#imports")
    def moved(self) -> None:
        """Another import, other commands."""
        self.refresh_bindings()

    @on(VirtualList.Opened, "#imports")
    def open(self, event: VirtualList.Opened[Report]) -> None:
        """Open the import."""
        self.app.push_screen(ImportReportScreen(event.row))


class ImportReportScreen(AreaScreen):
    """One import in full.

    Args:
        report: the report as it is stored.
    """

    AREA = "imports"

    def __init__(self, report: Mapping[str, Any]) -> None:
        super().__init__()
        self._report = report

    def body(self) -> Iterable[Widget]:
        """Text that scrolls."""
        with ReadingPane():
            yield Static(report_content(self._report), id="report")

    def on_mount(self) -> None:
        """The text has the keys."""
        self.query_one(ReadingPane).focus()

    def copyable(self) -> str:
        """All of it."""
        return report_content(self._report).plain
