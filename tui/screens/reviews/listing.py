"""Reviews: all of them, filtered, a page at a time; one key corrects a label."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from engine.cells import one_line
from engine.reviews import queries
from engine.reviews.queries import ReviewFilter, ReviewRow
from engine.shop import Shop
from tui.background import Reader
from tui.commands import Command, bindings
from tui.format import counted, stars, tsv
from tui.screens.base import FilteredScreen
from tui.screens.reviews.labels import LABEL_COMMANDS, label
from tui.screens.reviews.text import review_content, sentiment_short, sentiment_style
from tui.widgets.virtual import Column, VirtualList, VirtualTable

if TYPE_CHECKING:
    from tui.screens.exporting import Export

CHOICES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("all", {}),
    ("negative", {"sentiment": "negative"}),
    ("neutral", {"sentiment": "neutral"}),
    ("positive", {"sentiment": "positive"}),
    ("unsure", {"abstained": True}),
)
COLUMNS: tuple[Column[ReviewRow], ...] = (
    Column("stars", 5, lambda row: stars(row.stars)),
    Column("sentiment", 15, sentiment_short, sentiment_style),
    Column("day", 10, lambda row: row.day or ""),
    Column("product", 13, lambda row: one_line(row.product_name or row.product)),
    Column("review", 20, lambda row: one_line(row.text), grow=True),
)


class ReviewPages:
    """Pages of a shop's reviews under one filter, read beside the screen."""

    def __init__(self, shop: Shop, reader: Reader, which: ReviewFilter) -> None:
        self._shop, self._reader, self._which = shop, reader, which

    def request(
        self, offset: int, limit: int, wanted: Callable[[], bool], deliver: Callable[[Sequence[ReviewRow] | None], None]
    ) -> None:
        """Read a page unless nobody looks at it by the time its turn comes."""
        self._reader.submit(
            lambda: queries.reviews(self._shop.store, self._which, offset=offset, limit=limit) if wanted() else None,
            deliver,
        )


class ReviewsScreen(FilteredScreen):
    """The list of reviews with its filters."""

    AREA = "reviews"
    COMMAND_TABLE: ClassVar[tuple[Command, ...]] = (
        Command("filter.sentiment", "s", "next_sentiment", "filter by sentiment: next", footer="sentiment"),
        Command("filter.month", "m", "month", "filter by month"),
        Command("filter.product", "f", "product", "filter by product"),
        Command("filter.clear", "x", "clear", "clear all filters"),
        *LABEL_COMMANDS,
    )
    BINDINGS = bindings(COMMAND_TABLE)

    def __init__(self) -> None:
        super().__init__()
        self.which = ReviewFilter()
        self._choice = 0
        self._product_name = ""
        self._generation = 0

    def body(self) -> Iterable[Widget]:
        """What is filtered, the list, the review under the cursor."""
        yield Static(id="heading")
        yield Input(placeholder='words, or a phrase in "quotes"; Enter goes to the list, Esc clears', id="filter")
        with Horizontal(classes="panes"):
            yield VirtualTable[ReviewRow](COLUMNS, id="reviews")
            with VerticalScroll(id="side", can_focus=False):
                yield Static(id="review")

    def show_product(self, product: str, name: str) -> None:
        """Show the reviews of one product."""
        self.which = replace(ReviewFilter(), product=product)
        self._product_name, self._choice = name, 0
        if self.is_mounted:
            self.field.value = ""
            self.load()

    def load(self) -> None:
        """Count and show what the filter keeps."""
        if self.room.shop is None:
            self.table.empty = "No shop is open: press O to open or begin one."
            self.table.show_rows(())
            return
        shop, which = self.shop, self.which
        self._generation += 1
        generation = self._generation

        def show(counts: tuple[int, int]) -> None:
            if generation != self._generation:
                return
            count, total = counts
            self.table.empty = (
                "No review is like this. x clears the filters."
                if total
                else "No reviews yet: press i to import files, or open the sample shop: backroom demo"
            )
            self.table.show(ReviewPages(shop, self.room.reader, which), count, keep_cursor=True)
            self._heading(count, total)
            if count == 0:
                self.query_one("#review", Static).update("")

        self.background(lambda: (queries.count_reviews(shop.store, which), queries.count_reviews(shop.store)), show)

    def _heading(self, count: int, total: int) -> None:
        filters = [
            f"product {one_line(self._product_name)}" if self.which.product is not None else "",
            CHOICES[self._choice][0] if self._choice else "",
            self.which.month or "",
            f'words "{one_line(self.which.words)}"' if self.which.words else "",
        ]
        shown = " · ".join(part for part in filters if part)
        of = f" of {total:,}" if shown else ""
        self.query_one("#heading", Static).update(
            Content.assemble(
                (f"{count:,}{of} {'review' if count == 1 and not of else 'reviews'}", "bold"),
                (f"  ·  {shown or 'all'}  ·  s sentiment, m month, f product, / words", "dim"),
            )
        )

    def _apply(self, **changes: Any) -> None:
        self.which = replace(self.which, **changes)
        self.table.set_reactive(VirtualList.cursor, 0)
        with self.room.errors_shown():
            self.load()

    def copyable(self) -> str:
        """The review under the cursor as one line."""
        row = self.table.row
        return (
            ""
            if row is None
            else tsv([(row.day, row.stars, row.sentiment, row.product_name, row.text, row.file, row.line)])
        )

    def exported(self) -> Export | None:
        """All reviews that the filter keeps, not only those in view."""
        from tui.screens.exporting import Export

        shop, which, count = self.shop, self.which, self.table.row_count
        if not count:
            return None
        return Export(
            f"the {counted(count, 'review')} listed here",
            "reviews",
            lambda path, force, context: shop.export(
                queries.sheet_of(shop.store, which), path, force=force, context=context
            ),
        )

    def leave(self) -> bool:
        """Close the word filter first, then clear the other filters."""
        if super().leave():
            return True
        if self.which != ReviewFilter():
            self.action_clear()
            return True
        return False

    def has_way_back(self) -> bool:
        """Escape also clears filters."""
        return super().has_way_back() or self.which != ReviewFilter()

    # -- filters ---------------------------------------------------------------------------------------------------

    @on(Input.Changed, "#filter")
    def words_changed(self, event: Input.Changed) -> None:
        """Filter while typing."""
        words = event.value.strip() or None
        if words != self.which.words:
            self._apply(words=words)

    def action_next_sentiment(self) -> None:
        """All, negative, neutral, positive, unsure, all."""
        self._choice = (self._choice + 1) % len(CHOICES)
        self._apply(**{"sentiment": None, "abstained": None, **CHOICES[self._choice][1]})

    def action_clear(self) -> None:
        """No filter."""
        self._choice = 0
        self.field.value = ""
        self.field.remove_class("-open")
        self._apply(product=None, sentiment=None, month=None, words=None, abstained=None)
        self.table.focus()

    def action_month(self) -> None:
        """Choose a month."""
        from tui.screens.dialogs import Choose

        months = queries.months(self.shop.store)

        def chosen(position: int | None) -> None:
            if position is not None:
                self._apply(month=months[position - 1] if position else None)

        self.app.push_screen(Choose("Which month?", ["all months", *months]), chosen)

    def action_product(self) -> None:
        """Choose a product."""
        from tui.screens.dialogs import Choose

        products = [product for product in queries.products(self.shop.store) if product.reviews]

        def chosen(position: int | None) -> None:
            if position is None:
                return
            self._product_name = products[position - 1].name if position else ""
            self._apply(product=products[position - 1].product if position else None)

        names = [f"{product.name} ({counted(product.reviews, 'review')})" for product in products]
        self.app.push_screen(Choose("Which product?", ["all products", *names]), chosen)

    # -- labels ----------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Labels need a review and a shop that can be written."""
        shop = self.room.shop
        if action == "label":
            return shop is not None and not shop.read_only and self.is_mounted and self.table.row is not None
        if action in ("month", "product", "filter", "next_sentiment") and shop is None:
            return False
        return super().check_action(action, parameters)

    def action_label(self, sentiment: str) -> None:
        """Correct the review under the cursor and go on to the next."""
        row = self.table.row
        if row is None:
            return
        with self.room.errors_shown():
            corrected, decision = label(self.shop, row, sentiment)
            self.table.replace_row(self.table.cursor, corrected)
            self.room.decided(decision)
            self.table.action_move(1)

    @on(VirtualList.Highlighted, "#reviews")
    def preview(self, event: VirtualList.Highlighted[ReviewRow]) -> None:
        """Show the review under the cursor in full where there is room."""
        self.query_one("#review", Static).update(review_content(event.row) if event.row is not None else Content(""))
        self.refresh_bindings()

    @on(VirtualList.Opened, "#reviews")
    def open(self, event: VirtualList.Opened[ReviewRow]) -> None:
        """Open the review."""
        from tui.screens.reviews.review import ReviewScreen

        self.app.push_screen(ReviewScreen(event.row))
