"""The seller's own word on a review: it outranks what was read, everywhere, and can be taken back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from engine.errors import UsageError
from engine.reviews.queries import SENTIMENTS
from engine.store.database import Store
from engine.store.stale import mark_stale

if TYPE_CHECKING:
    from sqlite_utils import Database

_READ = frozenset(("sentiment", "confidence", "abstain", "probabilities", "sentiment_source", "labels", "v_labels"))
"""What a query asks for that a correction changes."""


def correct(store: Store, row_id: int, sentiment: str) -> None:
    """Store the seller's label for a review.

    Raises:
        UsageError: there is no such sentiment.
        ShopError: the shop cannot be written.
    """
    if sentiment not in SENTIMENTS:
        raise UsageError(f"a sentiment is one of: {', '.join(SENTIMENTS)}.")
    with store.write() as db:
        read = _is_read(db, row_id)
        db.execute(
            "INSERT INTO labels (table_name, row_id, task, source, label, confidence, method, made_at) "
            "VALUES ('reviews', ?, 'sentiment', 'seller', ?, 1.0, 'seller', ?) "
            "ON CONFLICT (table_name, row_id, task, source) DO UPDATE SET label = excluded.label, made_at = excluded.made_at",
            [row_id, sentiment, datetime.now(UTC).isoformat(timespec="seconds")],
        )
        mark_stale(db, columns=_READ if read else None)


def take_back(store: Store, row_id: int) -> None:
    """Take the seller's own label of a review back; what was read counts again."""
    with store.write() as db:
        db.execute(
            "DELETE FROM labels WHERE table_name = 'reviews' AND row_id = ? AND task = 'sentiment' AND source = 'seller'",
            [row_id],
        )
        mark_stale(db, columns=_READ if _is_read(db, row_id) else None)


def _is_read(db: Database, row_id: int) -> bool:
    """Whether a review has a label besides the seller's, so that its own makes no other review one that counts."""
    found = db.execute(
        "SELECT 1 FROM labels WHERE table_name = 'reviews' AND row_id = ? AND task = 'sentiment' AND source != 'seller'",
        [row_id],
    )
    return found.fetchone() is not None
