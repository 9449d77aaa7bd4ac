"""The board: what the reviews desk's analyses share, fetched once per run from the shop by SQL."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from engine.findings import Impact
from engine.reviews import facts
from engine.reviews.evidence import Quote
from engine.store.transaction import Rows

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray


@dataclass(frozen=True)
class ThemeOnBoard:
    """A theme with, for each review on the board, whether it speaks of it (`hits`, shape (reviews,)), and its quotes."""

    id: int
    key: str
    name: str
    polarity: str
    language: str
    words: tuple[str, ...]
    hits: NDArray[np.bool_] = field(repr=False)
    quotes: tuple[Quote, ...] = field(repr=False)

    def quotes_in(self, reviews: set[int]) -> list[Quote]:
        """The quotes that come from these reviews."""
        return [quote for quote in self.quotes if quote.review in reviews]


class Board:
    """Everything read, in memory: reviews in order of day, themes over them, product names.

    `reviews` has one row per read review; `ids`, `product`, `stars` are its columns as arrays of the same length.
    `quiet` collects the p-values of what was tested and is no finding.
    """

    def __init__(self, store: Rows) -> None:
        import numpy as np

        self.store = store
        self.quiet: list[float] = []
        self.reviews: pl.DataFrame = facts.reviews(store)
        self.ids: NDArray[np.int64] = np.array(self.column("id"), dtype=np.int64)
        self.product = np.array(self.column("product"), dtype=object)
        self.day = np.array(self.column("day"), dtype=object)
        self.stars = np.array([np.nan if s is None else s for s in self.column("stars")], dtype=np.float64)
        names = zip(self.column("product"), self.column("product_name"), strict=True)
        self.names: dict[str, str] = {str(key): str(name or key) for key, name in names if key is not None}

    def __len__(self) -> int:
        return len(self.ids)

    def column(self, name: str) -> list[object]:
        """A column of the reviews as a list; empty when there are none."""
        return self.reviews[name].to_list() if len(self.reviews) else []

    def per_30_days(self, since: str | None = None) -> float:
        """What turns a count of these reviews (those from day `since` on) into one per 30 days; short spans count as 30."""
        first = 0 if since is None else bisect_left(self._days, since)
        return 30 / span(self._days[first], self._days[-1]) if first < len(self._days) else 0.0

    @cached_property
    def _days(self) -> list[str]:
        return sorted(str(day) for day in self.day if day)

    @property
    def last(self) -> int:
        """The id of the newest review that was read; 0 when there is none."""
        return int(self.ids.max()) if len(self) else 0

    @cached_property
    def products(self) -> list[str]:
        """Products that have reviews, in key order."""
        return sorted(self.names)

    @cached_property
    def themes(self) -> list[ThemeOnBoard]:
        """All themes, largest first."""
        import numpy as np

        position = {int(row): i for i, row in enumerate(self.ids)}
        members: dict[int, list[Quote]] = {}
        for row in facts.theme_quotes(self.store):
            members.setdefault(row["theme_id"], []).append(
                Quote(row["review_row"], row["start"], row["end"], row["quote"], row["similarity"])
            )
        found = []
        for row in self.store.rows("SELECT *, coalesce(renamed, name) AS shown FROM themes ORDER BY size DESC, key"):
            quotes = tuple(quote for quote in members.get(row["id"], []) if quote.review in position)
            hits = np.zeros(len(self), dtype=np.bool_)
            for quote in quotes:
                hits[position[quote.review]] = True
            words = tuple(word for word in (row["words"] or "").split("|") if word)
            found.append(
                ThemeOnBoard(row["id"], row["key"], row["shown"], row["polarity"], row["language"], words, hits, quotes)
            )
        return found

    def of(self, polarity: str) -> list[ThemeOnBoard]:
        """Themes of one polarity, largest first."""
        return [theme for theme in self.themes if theme.polarity == polarity]

    def months(self, inside: NDArray[np.bool_], hits: NDArray[np.bool_]) -> list[dict[str, object]]:
        """Month by month: {"month", "k", "n"} over the reviews in `inside` that carry a day."""
        counts: dict[str, list[int]] = {}
        for i in inside.nonzero()[0]:
            if self.day[i]:
                entry = counts.setdefault(str(self.day[i])[:7], [0, 0])
                entry[0] += int(hits[i])
                entry[1] += 1
        return [{"month": month, "k": k, "n": n} for month, (k, n) in sorted(counts.items())]


def span(first: str, last: str) -> int:
    """Days from one day to another (ISO text), both counted; at least 30, so that few days are not blown up."""
    return max(30, (date.fromisoformat(last[:10]) - date.fromisoformat(first[:10])).days + 1)


def impact(bounds: tuple[float, float, float], count: float) -> Impact:
    """Customers per 30 days: lower bound, estimate and upper bound of a share, of `count` reviews in 30 days."""
    low, mean, high = bounds
    return Impact(round(low * count, 4), mean=round(mean * count, 4), high=round(high * count, 4))
