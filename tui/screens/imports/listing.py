"""Imports: what was loaded, with totals beside the file's; each can be taken back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from engine.cells import one_line
from engine.importing.queries import imports
from tui.commands import Command, bindings
from tui.format import counted, tsv
from tui.screens.base import AreaScreen
from tui.screens.imports.report import ImportReportScreen, Report, file_name, kind, number
from tui.screens.imports.undoing import ask_to_undo
from tui.widgets.virtual import Column, VirtualList, VirtualTable

if TYPE_CHECKING:
    from tui.screens.exporting import Export

COLUMNS: tuple[Column[Report], ...] = (
    Column("file", 14, file_name, grow=True, middle=True),
    Column("what", 18, kind),
    Column("rows", 8, lambda row: number(row, "rows_loaded"), right=True),
    Column("changed", 7, lambda row: number(row, "rows_updated") if row.get("rows_updated") else "", right=True),
    Column("rejected", 8, lambda row: number(row, "rows_rejected") if row.get("rows_rejected") else "", right=True),
    Column(
        "imported", 10, lambda row: "undone" if row.get("state") == "undone" else one_line(row.get("imported_at"))[:10]
    ),
)


class ImportsScreen(AreaScreen):
    """All imports, newest first."""

    AREA = "imports"
    COMMAND_TABLE: ClassVar[tuple[Command, ...]] = (
        Command("import.undo", "x,delete", "undo_import", "take this import back", footer="take back"),
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
        rows = imports(self.shop.store) if self.room.shop is not None else []
        self.table.empty = (
            "Nothing imported yet: press i to import files, or drop them on this window.\n"
            "Or open the sample shop: backroom demo"
        )
        self.table.show_rows(rows, keep_cursor=True)
        self.query_one("#heading", Static).update(
            Content.assemble(
                (counted(len(rows), "import"), "bold"), ("  ·  Enter shows totals and what was left out", "dim")
            )
        )
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only a loaded import can be taken back."""
        if action == "undo_import":
            row = self.table.row if self.is_mounted else None
            return row is not None and row.get("state") == "loaded" and self.room.job is None
        return super().check_action(action, parameters)

    def exported(self) -> Export | None:
        """All imports."""
        from tui.screens.exporting import Export

        shop, count = self.shop, self.table.row_count
        if not count:
            return None
        return Export(
            f"the {counted(count, 'import')}",
            "imports",
            lambda path, force, context: shop.export("imports", path, force=force, context=context),
        )

    def copyable(self) -> str:
        """The import's line."""
        row = self.table.row
        return "" if row is None else tsv([[column.value(row) for column in COLUMNS]])

    def action_undo_import(self) -> None:
        """Ask, then take the import back."""
        row = self.table.row
        if row is not None:
            ask_to_undo(self.room, int(row["import_id"]), file_name(row))

    @on(VirtualList.Highlighted, "#imports")
    def moved(self) -> None:
        """Another import, other commands."""
        self.refresh_bindings()

    @on(VirtualList.Opened, "#imports")
    def open(self, event: VirtualList.Opened[Report]) -> None:
        """Open the import."""
        self.app.push_screen(ImportReportScreen(event.row))
