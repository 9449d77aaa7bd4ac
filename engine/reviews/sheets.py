"""What the reviews desk exports: reviews as they were imported, with their labels beside them."""

from __future__ import annotations

from engine.store.database import Store
from engine.store.sheets import Sheet, imported


def of_reviews(store: Store) -> Sheet:
    """All reviews; such a file can be read back."""
    return imported(
        store,
        "reviews",
        ("l.label AS sentiment", "l.source AS sentiment_source"),
        "LEFT JOIN v_labels l ON l.table_name = 'reviews' AND l.row_id = t.id AND l.task = 'sentiment'",
    )


SHEETS = {"reviews": of_reviews}
