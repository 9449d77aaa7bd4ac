"""What the reviews desk shows: reviews with their labels, products with their counts, how much is read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import UsageError
from engine.store.database import Store

if TYPE_CHECKING:
    from engine.store.sheets import Sheet

SENTIMENTS = ("negative", "neutral", "positive")


@dataclass(frozen=True)
class Reading:
    """How many reviews there are, and how many of them have been read."""

    reviews: int
    read: int

    @property
    def unread(self) -> int:
        """Reviews that wait."""
        return self.reviews - self.read


@dataclass(frozen=True)
class ReviewFilter:
    """Which reviews to show; every field that is set must hold."""

    product: str | None = None
    sentiment: str | None = None
    month: str | None = None
    words: str | None = None
    stars: float | None = None
    language: str | None = None
    abstained: bool | None = None


@dataclass(frozen=True)
class ReviewRow:
    """One review as a list shows it; `probabilities` maps each sentiment to its share, empty before labelling.

    `sentiment_method` says how the label was read and how well that agrees with this shop's own stars.
    """

    id: int
    product: str | None
    product_name: str | None
    day: str | None
    stars: float | None
    title: str | None
    text: str
    language: str | None
    sentiment: str | None
    confidence: float | None
    abstain: bool
    sentiment_source: str | None
    sentiment_method: str | None
    probabilities: dict[str, float]
    file: str
    line: int


@dataclass(frozen=True)
class ProductRow:
    """A product with its counts; `stars` is the mean over reviews that carry stars."""

    product: str
    name: str
    reviews: int
    negative: int
    stars: float | None
    units: float


def reading(store: Store) -> Reading:
    """How much of the shop's reviews is read."""
    return Reading(
        reviews=store.value("SELECT count(*) FROM reviews"),
        read=store.value(
            "SELECT count(DISTINCT row_id) FROM labels WHERE table_name = 'reviews' AND task = 'sentiment'"
        ),
    )


def reviews(store: Store, which: ReviewFilter | None = None, *, offset: int = 0, limit: int = 100) -> list[ReviewRow]:
    """A page of reviews, newest first."""
    where, values = _where(which or ReviewFilter())
    rows = store.rows(
        f"SELECT *, {_METHOD} FROM v_reviews WHERE {where} ORDER BY day DESC, id DESC LIMIT ? OFFSET ?",
        [*values, limit, offset],
    )
    return [_review(row) for row in rows]


def review(store: Store, row_id: int) -> ReviewRow:
    """One review with its label.

    Raises:
        UsageError: there is no such review.
    """
    rows = store.rows(f"SELECT *, {_METHOD} FROM v_reviews WHERE id = ?", [row_id])
    if not rows:
        raise UsageError(f"there is no review {row_id}.")
    return _review(rows[0])


def count_reviews(store: Store, which: ReviewFilter | None = None) -> int:
    """How many reviews a filter keeps."""
    where, values = _where(which or ReviewFilter())
    return int(store.value(f"SELECT count(*) FROM v_reviews WHERE {where}", values))


def products(store: Store) -> list[ProductRow]:
    """All products that have reviews or sales, most reviewed first."""
    rows = store.rows(
        """
        WITH r AS (SELECT product, count(*) AS reviews, sum(sentiment = 'negative') AS negative, avg(stars) AS stars
                   FROM v_reviews GROUP BY product),
             l AS (SELECT product, sum(quantity) AS units FROM order_lines
                   WHERE coalesce(status, '') NOT IN ('cancelled', 'brushing') GROUP BY product)
        SELECT p.product, p.name, coalesce(r.reviews, 0) AS reviews, coalesce(r.negative, 0) AS negative, r.stars,
               coalesce(l.units, 0) AS units
        FROM product_keys p LEFT JOIN r USING (product) LEFT JOIN l USING (product)
        ORDER BY reviews DESC, units DESC, p.name
        """
    )
    return [ProductRow(**row) for row in rows]


def months(store: Store) -> list[str]:
    """The months that have reviews, newest first, as `2026-03`."""
    rows = store.rows("SELECT DISTINCT month FROM v_reviews WHERE month IS NOT NULL ORDER BY 1 DESC")
    return [row["month"] for row in rows]


def sheet_of(store: Store, which: ReviewFilter) -> Sheet:
    """The reviews that a filter keeps, newest first, as they are read on screen, to export."""
    from engine.store.sheets import MOST_ROWS, Sheet

    columns = ("day", "stars", "sentiment", "confidence", "product", "title", "text", "language", "file", "line")

    def rows() -> Iterator[tuple[Any, ...]]:
        for r in reviews(store, which, limit=MOST_ROWS):
            yield (
                *(r.day, r.stars, r.sentiment, r.confidence, r.product_name or r.product, r.title, r.text, r.language),
                *(r.file, r.line),
            )

    return Sheet("reviews", columns, rows, count_reviews(store, which))


def _where(which: ReviewFilter) -> tuple[str, Sequence[Any]]:
    where, values = ["1"], []
    for column, value in (
        ("product", which.product),
        ("sentiment", which.sentiment),
        ("month", which.month),
        ("stars", which.stars),
        ("language", which.language),
        ("abstain", None if which.abstained is None else int(which.abstained)),
    ):
        if value is not None:
            where.append(f"{column} = ?")
            values.append(value)
    if which.words:
        from engine.store.search import match_expression

        expression = match_expression(which.words)
        if expression:
            where.append("id IN (SELECT rowid FROM reviews_search WHERE reviews_search MATCH ?)")
            values.append(expression)
    return " AND ".join(where), values


_METHOD = (
    "(SELECT method FROM labels WHERE table_name = 'reviews' AND row_id = v_reviews.id AND task = 'sentiment' "
    "AND source = v_reviews.sentiment_source ORDER BY labels.id DESC LIMIT 1) AS sentiment_method"
)


def _review(row: dict[str, Any]) -> ReviewRow:
    return ReviewRow(
        id=row["id"],
        product=row["product"],
        product_name=row["product_name"],
        day=row["day"],
        stars=row["stars"],
        title=row["title"],
        text=row["text"],
        language=row["language"],
        sentiment=row["sentiment"],
        confidence=row["confidence"],
        abstain=bool(row["abstain"]),
        sentiment_source=row["sentiment_source"],
        sentiment_method=row["sentiment_method"],
        probabilities=json.loads(row["probabilities"] or "{}"),
        file=row["file"],
        line=row["line"],
    )
