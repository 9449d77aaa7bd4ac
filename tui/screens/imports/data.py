"""Data: every table that a file filled, whichever desk it is for; a table opens into its rows, a row into its file and line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from engine.cells import as_text, one_line
from engine.importing.queries import Table, filled, table_rows, tables
from engine.shop import Shop
from tui.background import Reader
from tui.format import count, counted, tsv, words
from tui.screens.base import AreaScreen
from tui.widgets.virtual import Column, VirtualList, VirtualTable

if TYPE_CHECKING:
    from tui.screens.exporting import Export

NO_SHOP = "No shop is open: press O to open or begin one."
EMPTY = "Nothing imported yet: press i to import files, or open the sample shop: backroom demo"
WIDEST, SAMPLED = 28, 50
Row = dict[str, Any]

COLUMNS: tuple[Column[Table], ...] = (
    Column("table", 16, lambda table: words(table.name), grow=True),
    Column("rows", 10, lambda table: count(table.rows), right=True),
    Column("files", 5, lambda table: count(table.files), right=True),
    Column("from", 10, lambda table: table.first_day or ""),
    Column("to", 10, lambda table: table.last_day or ""),
)


class DataScreen(AreaScreen):
    """All imported tables that hold rows."""

    AREA = "data"

    def body(self) -> Iterable[Widget]:
        """A heading and the list."""
        yield Static(id="heading")
        yield VirtualTable[Table](COLUMNS, id="tables")

    @property
    def table(self) -> VirtualTable[Table]:
        """The tables."""
        return self.query_one("#tables", VirtualTable)

    def on_mount(self) -> None:
        """The list has the keys."""
        self.table.focus()

    def load(self) -> None:
        """Count the rows beside the screen."""
        shop = self.room.shop
        self.table.empty = NO_SHOP if shop is None else EMPTY
        if shop is None:
            self._show([])
        else:
            self.background(lambda: tables(shop.store), self._show)

    def _show(self, found: list[Table]) -> None:
        self.table.show_rows(found, keep_cursor=True)
        self.query_one("#heading", Static).update(
            Content.assemble((counted(len(found), "table"), "bold"), ("  ·  Enter shows the rows as stored", "dim"))
        )
        self.refresh_bindings()

    def copyable(self) -> str:
        """The table's line."""
        row = self.table.row
        return "" if row is None else tsv([[column.value(row) for column in COLUMNS]])

    def exported(self) -> Export | None:
        """The table under the cursor."""
        row = self.table.row
        return None if row is None else table_export(self.shop, row.name, row.rows)

    @on(VirtualList.Highlighted, "#tables")
    def moved(self) -> None:
        """Another table, other commands."""
        self.refresh_bindings()

    @on(VirtualList.Opened, "#tables")
    def open(self, event: VirtualList.Opened[Table]) -> None:
        """Open the table."""
        self.app.push_screen(TableScreen(event.row.name, event.row.rows))


def table_export(shop: Shop, name: str, rows: int) -> Export:
    """A whole table as something to export; such a file can be read back."""
    from tui.screens.exporting import Export

    return Export(
        f"the {counted(rows, 'row')} of {words(name)}",
        words(name),
        lambda path, force, context: shop.export(name, path, force=force, context=context),
    )


class TablePages:
    """Pages of a stored table, read beside the screen."""

    def __init__(self, shop: Shop, reader: Reader, table: str) -> None:
        self._shop, self._reader, self._table = shop, reader, table

    def request(
        self, offset: int, limit: int, wanted: Callable[[], bool], deliver: Callable[[Sequence[Row] | None], None]
    ) -> None:
        """Read a page unless nobody looks at it by the time its turn comes."""
        self._reader.submit(
            lambda: table_rows(self._shop.store, self._table, offset=offset, limit=limit) if wanted() else None, deliver
        )


class TableScreen(AreaScreen):
    """One table's rows; Enter opens one with all of its columns.

    Args:
        table_name: the table.
        rows: how many it had when it was opened.
    """

    AREA = "data"

    def __init__(self, table_name: str, rows: int) -> None:
        super().__init__()
        self._which, self._rows = table_name, rows

    def body(self) -> Iterable[Widget]:
        """A heading and the rows."""
        yield Static(id="heading")
        yield VirtualTable[Row]((), id="rows", empty="No row is left: the imports that brought them were taken back.")

    @property
    def table(self) -> VirtualTable[Row]:
        """The rows."""
        return self.query_one("#rows", VirtualTable)

    def on_mount(self) -> None:
        """The rows have the keys."""
        self.table.focus()

    def load(self) -> None:
        """Read which columns are filled, how wide they are, and how many rows there are."""
        shop, name = self.shop, self._which

        def read() -> tuple[list[str], list[Row], int]:
            rows = next((table.rows for table in tables(shop.store) if table.name == name), 0)
            return filled(shop.store, name), table_rows(shop.store, name, limit=SAMPLED), rows

        self.background(read, lambda found: self._show(*found))

    def _show(self, names: list[str], sample: list[Row], rows: int) -> None:
        self._rows = rows
        self.table.show_columns([_column(name, sample) for name in names])
        self.table.show(TablePages(self.shop, self.room.reader, self._which), rows, keep_cursor=True)
        self.query_one("#heading", Static).update(
            Content.assemble(
                (f"{words(self._which)}: {counted(rows, 'row')}", "bold"),
                ("  ·  Enter shows the whole row, ← and → the other columns", "dim"),
            )
        )

    def copyable(self) -> str:
        """The row's cells."""
        row = self.table.row
        return "" if row is None else tsv([[column.value(row) for column in self.table.columns]])

    def exported(self) -> Export | None:
        """The whole table."""
        return table_export(self.shop, self._which, self._rows) if self._rows else None

    @on(VirtualList.Opened, "#rows")
    def open(self, event: VirtualList.Opened[Row]) -> None:
        """Open the stored row."""
        from tui.screens.findings.row import RowScreen

        self.app.push_screen(RowScreen(self._which, int(event.row["id"]), self.area))


def _column(name: str, sample: Sequence[Row]) -> Column[Row]:
    widest = max((cell_len(one_line(as_text(row[name]))) for row in sample), default=0)
    return Column(
        words(name),
        max(cell_len(words(name)), min(widest, WIDEST)),
        lambda row: one_line(as_text(row[name])),
        right=any(isinstance(row[name], float) for row in sample),
    )
