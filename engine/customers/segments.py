"""Recency, frequency and money by the shop's own cuts; every customer is in exactly one segment.

Recency is cut where a third and two thirds of this shop's customers lie. "Often" is three days with a purchase, or more
where the upper third of those who bought again have more. So it works from a handful of customers on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.say import N_

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEGMENTS = (
    N_("champions"), N_("loyal"), N_("slipping regulars"), N_("second-timers"), N_("fading"), N_("new"),
    N_("waiting for a second order"), N_("bought once, long ago"),
)  # fmt: skip
"""In the order in which they are shown."""
CHAMPIONS, LOYAL, SLIPPING, SECOND, FADING, NEW, WAITING, ONCE = SEGMENTS
FEWEST = 20
"""Customers below which the shop's cuts would be chance."""
REGULAR = 3
"""Days with a purchase from which on a customer is a regular."""
SLIPPED = 0.05
"""The chance, by their own rhythm, of being away that long, under which a regular has slipped."""


@dataclass(frozen=True)
class Cuts:
    """Where this shop's customers part: days since the last purchase, and days with a purchase for "often"."""

    recent: float
    stale: float
    often: int


def cuts(recency: NDArray[np.float64], frequency: NDArray[np.int64]) -> Cuts:
    """The shop's own cuts.

    Args:
        recency: (customers,) days since the last purchase.
        frequency: (customers,) days with a purchase.
    """
    recent, stale = np.quantile(recency, [1 / 3, 2 / 3]) if len(recency) else (30.0, 90.0)
    again = frequency[frequency > 1]
    often = max(REGULAR, int(np.ceil(np.quantile(again, 2 / 3)))) if len(again) else REGULAR
    return Cuts(float(recent), float(stale), often)


def segment_of(recency: float, frequency: int, where: Cuts) -> str:
    """The one segment of a customer."""
    recent, stale = recency <= where.recent, recency > where.stale
    if frequency >= where.often:
        return CHAMPIONS if recent else SLIPPING if stale else LOYAL
    if frequency > 1:
        return FADING if stale else SECOND
    return NEW if recent else ONCE if stale else WAITING


def segments(recency: NDArray[np.float64], frequency: NDArray[np.int64], where: Cuts | None = None) -> list[str]:
    """The segment of each customer, by the shop's cuts unless others are given."""
    found = where or cuts(recency, frequency)
    return [segment_of(float(r), int(f), found) for r, f in zip(recency, frequency, strict=True)]


def slipped(days: NDArray[np.float64], now: float) -> bool:
    """Whether a regular has been away longer than their own rhythm explains.

    Longer than each of their gaps, and so long that a customer with gaps like theirs, at random moments, would be with a
    chance under 5 %: with g gaps of mean m, (1 + away / (g m)) ^ -g (the predictive tail of an exponential).
    """
    gaps = np.diff(np.unique(np.floor(days)))
    if len(gaps) < REGULAR:
        return False
    away = now - float(np.floor(days).max())
    chance = (1 + away / float(gaps.sum())) ** -len(gaps)
    return away > float(gaps.max()) and chance < SLIPPED


def migration(before: dict[str, str], now: dict[str, str]) -> dict[tuple[str, str], int]:
    """How many customers went from one segment to another; "" for those who were not there before."""
    return dict(Counter((before.get(customer, ""), segment) for customer, segment in now.items()))


def cohorts(
    first_month: NDArray[np.int64], month: NDArray[np.int64], customer: NDArray[np.int64]
) -> dict[int, list[int]]:
    """For each month of a first purchase, how many of its customers bought in that month and in each one after it.

    Args:
        first_month: (purchases,) the month (a running number) of the buyer's first purchase.
        month, customer: (purchases,) the month and the buyer of each purchase.
    """
    seen = {(int(f), int(m - f), int(c)) for f, m, c in zip(first_month, month, customer, strict=True)}
    counts = Counter((first, later) for first, later, _ in seen)
    last = int(month.max()) if len(month) else 0
    return {
        first: [counts[first, later] for later in range(last - first + 1)] for first in sorted({f for f, _ in counts})
    }
