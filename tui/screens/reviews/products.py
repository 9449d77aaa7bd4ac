"""Products: what is sold, how it is spoken of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from engine.cells import one_line
from engine.reviews.queries import ProductRow, Reading, products, reading
from engine.shop import Sheet
from tui.commands import Command, bindings
from tui.format import bar, count, counted, tsv
from tui.screens.base import FilteredScreen
from tui.widgets.virtual import Column, VirtualList, VirtualTable

if TYPE_CHECKING:
    from tui.screens.exporting import Export


def negative_share(row: ProductRow) -> str:
    """Negative reviews as k, share and bar; few reviews say so instead of a share."""
    if not row.reviews:
        return ""
    share = row.negative / row.reviews
    return f"{row.negative:>4} {bar(share, 6)} {share:>4.0%}"


COLUMNS: tuple[Column[ProductRow], ...] = (
    Column("product", 20, lambda row: one_line(row.name), grow=True),
    Column("reviews", 8, lambda row: count(row.reviews), right=True),
    Column("negative", 17, negative_share, lambda row: "bad" if row.negative * 2 > row.reviews else ""),
    Column("stars", 5, lambda row: "" if row.stars is None else f"{row.stars:.1f}★", right=True),
    Column("units sold", 10, lambda row: count(row.units) if row.units else "", right=True),
)

UNREAD_COLUMNS = tuple(
    replace(column, value=lambda row: "not read", style=lambda row: "dim") if column.title == "negative" else column
    for column in COLUMNS
)


class ProductsScreen(FilteredScreen):
    """All products with counts; Enter opens what was found out about one."""

    AREA = "products"
    COMMAND_TABLE: ClassVar[tuple[Command, ...]] = (
        Command("product.reviews", "v", "reviews", "show its reviews", footer="its reviews"),
    )
    BINDINGS = bindings(COMMAND_TABLE)

    def __init__(self) -> None:
        super().__init__()
        self._products: list[ProductRow] = []
        self._listed: list[ProductRow] = []
        self._read = ""

    def body(self) -> Iterable[Widget]:
        """A heading, the filter, the list."""
        yield Static(id="heading")
        yield Input(placeholder="part of a name; Esc clears", id="filter")
        yield VirtualTable[ProductRow](COLUMNS, id="products")

    @property
    def table(self) -> VirtualTable[ProductRow]:
        """The products."""
        return self.query_one("#products", VirtualTable)

    def load(self) -> None:
        """Read the products beside the screen."""
        shop = self.room.shop
        if shop is None:
            self._show([], None)
            return
        self.background(lambda: (products(shop.store), reading(shop.store)), lambda found: self._show(*found))

    def _show(self, products: list[ProductRow], read: Reading | None) -> None:
        self._products = products
        self._read = (
            "negative: press r to read the reviews"
            if read is None or not read.read
            else "negative: share of the product's reviews" + (f", {read.read:,} read so far" if read.unread else "")
        )
        self.table.show_columns(COLUMNS if read is not None and read.read else UNREAD_COLUMNS)
        self.table.empty = (
            "No product has this name. Esc clears the filter."
            if products
            else "No products yet: press i to import files, or open the sample shop: backroom demo"
        )
        self._filter(keep_cursor=True)

    def _filter(self, *, keep_cursor: bool) -> None:
        words = self.field.value.casefold().split()
        rows = [row for row in self._products if all(word in row.name.casefold() for word in words)]
        self._listed = rows
        self.table.show_rows(rows, keep_cursor=keep_cursor)
        of = f" of {len(self._products):,}" if words else ""
        self.query_one("#heading", Static).update(
            Content.assemble(
                (f"{len(rows):,}{of} products" if of else counted(len(rows), "product"), "bold"),
                (f"  ·  {self._read}", "dim"),
            )
        )
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Reviews only of a product."""
        if action == "reviews":
            return self.is_mounted and self.table.row is not None
        return super().check_action(action, parameters)

    def copyable(self) -> str:
        """The product's line."""
        row = self.table.row
        return "" if row is None else tsv([(row.product, row.name, row.reviews, row.negative, row.stars, row.units)])

    def exported(self) -> Export | None:
        """The products that are listed, with their counts."""
        from tui.screens.exporting import Export

        shop, names = self.shop, ("product", "name", "reviews", "negative", "stars", "units")
        rows = [tuple(getattr(row, name) for name in names) for row in self._listed]
        if not rows:
            return None
        sheet = Sheet("products", names, lambda: rows, len(rows))
        return Export(
            f"the {counted(len(rows), 'product')} listed here",
            "products",
            lambda path, force, context: shop.export(sheet, path, force=force, context=context),
        )

    @on(Input.Changed, "#filter")
    def narrow(self) -> None:
        """Filter while typing."""
        self._filter(keep_cursor=False)

    def action_reviews(self) -> None:
        """Show the product's reviews in the Reviews area."""
        row = self.table.row
        if row is not None:
            self.room.reviews_of(row.product, row.name)

    @on(VirtualList.Opened, "#products")
    def open(self, event: VirtualList.Opened[ProductRow]) -> None:
        """Open the findings about the product."""
        from tui.screens.findings.today import TodayScreen

        self.app.push_screen(TodayScreen(event.row.product, event.row.name, self.area))
