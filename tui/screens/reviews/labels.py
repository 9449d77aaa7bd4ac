"""Saying what a review is: one key corrects what was read, and is a decision that can be taken back."""

from __future__ import annotations

from engine.cells import one_line
from engine.reviews import corrections, queries
from engine.reviews.queries import ReviewRow
from engine.shop import Shop
from tui.commands import Command
from tui.decisions import Decision

LABEL_COMMANDS = (
    Command("label.negative", "n", "label('negative')", "this review is negative", footer="negative"),
    Command("label.neutral", "o", "label('neutral')", "this review is neutral", footer="neutral"),
    Command("label.positive", "p", "label('positive')", "this review is positive", footer="positive"),
)
WORDS_OF_REVIEW = 40


def label(shop: Shop, review: ReviewRow, sentiment: str) -> tuple[ReviewRow, Decision]:
    """Store the seller's label; returns the review as it is now, and the decision.

    Taken back, the review has the seller's label before it, or what was read.
    """

    def as_before() -> bool:
        if review.sentiment_source == "seller" and review.sentiment is not None:
            corrections.correct(shop.store, review.id, review.sentiment)
        else:
            corrections.take_back(shop.store, review.id)
        return True

    corrections.correct(shop.store, review.id, sentiment)
    return queries.review(shop.store, review.id), Decision(
        f"{sentiment}: {one_line(review.text)[:WORDS_OF_REVIEW]}", as_before
    )
