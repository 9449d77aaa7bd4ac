"""Which first product brings a customer back, and after which one they do not come back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.customers.history import History
from engine.findings import Interval, wilson
from engine.statistics import excess_p, stratified_excess_p

if TYPE_CHECKING:
    from numpy.typing import NDArray

WINDOW = 90.0
FEWEST = 12
"""First-time buyers of a product below which nothing is said."""
_QUARTER = 91.3


@dataclass(frozen=True)
class Gateway:
    """Of `n` customers whose first order held `item`, `k` came back within 90 days; of `n_other` others, `k_other`.

    Attributes:
        interval: of k / n.
        p: one-sided, compared only with first orders of the same quarter; of the direction `brings` says.
        a_month: first-time buyers of the item in 30 days.
    """

    item: int
    k: int
    n: int
    k_other: int
    n_other: int
    interval: Interval
    brings: bool
    p: float
    a_month: float

    @property
    def other(self) -> float:
        """The share of the others who came back."""
        return self.k_other / self.n_other if self.n_other else 0.0

    @property
    def least(self) -> float:
        """How many customers in 30 days the item brings back, or keeps away, at least (95 %)."""
        gap = self.interval.low - self.other if self.brings else self.other - self.interval.high
        return max(gap, 0.0) * self.a_month


def first_orders(history: History, now: float) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The rows of customers' first orders that are a window old, and whether each buyer came back within the window."""
    known = np.flatnonzero(history.customer >= 0)
    if not len(known):
        return np.zeros(0, np.int64), np.zeros(0, np.bool_)
    owner, day = history.customer[known], np.floor(history.day[known])
    order = np.lexsort((known, day, owner))
    owner, day, row = owner[order], day[order], known[order]
    start = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    end = np.r_[start[1:], len(owner)]
    back = np.array(
        [bool(((day[s:e] > day[s]) & (day[s:e] <= day[s] + WINDOW)).any()) for s, e in zip(start, end, strict=True)],
        bool,
    )
    old = day[start] <= now - WINDOW
    return row[start][old], back[old]


def gateways(history: History, now: float) -> list[Gateway]:
    """Every product with enough first-time buyers, in the direction in which it lies."""
    rows, back = first_orders(history, now)
    if not len(rows):
        return []
    contents = history.contents[rows].tocsc()
    quarter = ((history.day[rows] - history.day[rows].min()) // _QUARTER).astype(np.int64)
    months = max((history.day[rows].max() - history.day[rows].min()) / 30.0, 1.0)
    everyone, returned = np.bincount(quarter), np.bincount(quarter[back], minlength=int(quarter.max()) + 1)
    found = []
    for item in range(contents.shape[1]):
        holders = contents.indices[contents.indptr[item] : contents.indptr[item + 1]]
        n = len(holders)
        if n < FEWEST or n == len(rows):
            continue
        k = int(back[holders].sum())
        here = np.bincount(quarter[holders], minlength=len(everyone))
        came = np.bincount(quarter[holders][back[holders]], minlength=len(everyone))
        k_other, n_other = int(back.sum()) - k, len(rows) - n
        brings = k * n_other >= k_other * n
        cells = zip(came.tolist(), here.tolist(), returned.tolist(), everyone.tolist(), strict=True)
        strata = [(c, h, r - c, e - h) if brings else (h - c, h, (e - h) - (r - c), e - h) for c, h, r, e in cells]
        whole = excess_p(*((k, n, k_other, n_other) if brings else (n - k, n, n_other - k_other, n_other)))
        p = max(stratified_excess_p(strata), whole)
        found.append(Gateway(item, k, n, k_other, n_other, wilson(k, n), brings, p, n / months))
    return found
