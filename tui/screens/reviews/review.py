"""One review in full; Enter opens the stored row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.widget import Widget
from textual.widgets import Static

from engine.reviews.queries import ReviewRow, review
from tui.commands import Command, bindings
from tui.format import tsv
from tui.screens.base import AreaScreen
from tui.screens.reviews.labels import LABEL_COMMANDS, label
from tui.screens.reviews.text import review_content
from tui.widgets.reading import ReadingPane


class ReviewScreen(AreaScreen):
    """A review with its label, probabilities and origin.

    Args:
        row: the review.
    """

    AREA = "reviews"
    COMMAND_TABLE: ClassVar[tuple[Command, ...]] = (
        Command("review.row", "enter,l", "row", "open the stored row", footer="stored row"),
        *LABEL_COMMANDS,
    )
    BINDINGS = bindings(COMMAND_TABLE)

    def __init__(self, row: ReviewRow) -> None:
        super().__init__()
        self.review = row

    def body(self) -> Iterable[Widget]:
        """Text that scrolls."""
        with ReadingPane():
            yield Static(id="review")

    def on_mount(self) -> None:
        """The text has the keys."""
        self.query_one(ReadingPane).focus()

    def load(self) -> None:
        """Read the review again: a label may have changed."""
        self.review = review(self.shop.store, self.review.id)
        self.query_one("#review", Static).update(review_content(self.review))

    def copyable(self) -> str:
        """The review as one line."""
        row = self.review
        return tsv([(row.day, row.stars, row.sentiment, row.product_name, row.text, row.file, row.line)])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Labels need a shop that can be written."""
        if action == "label":
            return not self.shop.read_only
        return super().check_action(action, parameters)

    def action_label(self, sentiment: str) -> None:
        """Correct the label."""
        with self.room.errors_shown():
            _, decision = label(self.shop, self.review, sentiment)
            self.room.decided(decision)
            self.room.data_changed()

    def action_row(self) -> None:
        """Open the stored row."""
        from tui.screens.findings.row import RowScreen

        self.app.push_screen(RowScreen("reviews", self.review.id, self.area))
