"""Evidence for the reviews desk: which rows, which words, in which order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.findings import Evidence

MOST_SHOWN = 200
"""A finding keeps its most typical clauses; its query gives all of them."""


@dataclass(frozen=True)
class Quote:
    """A clause that belongs to a theme: `text[start:end]` of the review in row `review`."""

    review: int
    start: int
    end: int
    text: str
    similarity: float


def spans(quotes: Iterable[Quote], reviews: set[int] | None = None) -> tuple[Evidence, ...]:
    """Evidence from the most typical quotes down, one review after another, so that the first lines are all different.

    Args:
        quotes: clauses of one theme.
        reviews: keep only these reviews; all when None.
    """
    ordered = sorted(
        (quote for quote in quotes if reviews is None or quote.review in reviews),
        key=lambda quote: (-quote.similarity, quote.review, quote.start),
    )
    turn: dict[int, int] = {}
    ranked = []
    for quote in ordered:
        turn[quote.review] = turn.get(quote.review, -1) + 1
        ranked.append((turn[quote.review], quote))
    ranked.sort(key=lambda pair: pair[0])
    return tuple(Evidence("reviews", quote.review, "text", quote.start, quote.end) for _, quote in ranked[:MOST_SHOWN])


def best_quote(quotes: Sequence[Quote], longest: int = 60) -> str:
    """The most typical clause that fits a line; "" when there is none."""
    fitting = [quote for quote in quotes if 6 <= len(quote.text) <= longest] or list(quotes)
    if not fitting:
        return ""
    text = max(fitting, key=lambda quote: (quote.similarity, -quote.start, -quote.review)).text
    return text if len(text) <= longest else text[: longest - 1] + "…"


def whole(table: str, rows: Iterable[int], column: str | None = None) -> tuple[Evidence, ...]:
    """Whole rows as evidence, in the order given."""
    return tuple(Evidence(table, row, column) for row in list(rows)[:MOST_SHOWN])


def numbers(**values: Any) -> dict[str, Any]:
    """Numbers of a finding with floats rounded to four places, so that equal results print equally."""
    return {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in values.items()
        if value is not None
    }
