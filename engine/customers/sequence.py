"""What is bought after what: customers who bought two things on different days, mostly in one order of the two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse, stats

from engine.customers.history import History
from engine.customers.pairs import LEAST_TOGETHER, expected_counts, first_days, first_of, together
from engine.statistics import adjusted

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_ITEMS = 1_000
LEAST_SHARE = 0.7
WITHIN = 180.0
"""Days between the two purchases, at most."""
FALSE_DISCOVERIES = 0.05


@dataclass(frozen=True)
class Sequence:
    """`b` is bought after `a`: `k` of `n` customers who bought both on different days bought `a` first.

    Attributes:
        expected: of `k`, how many the times at which the two are sold and chance would give.
        gap_days, low_days, high_days: median days between, and the middle half of them.
        p: that so many are chance: of buying both, and in this order, whichever is larger; corrected for all pairs.
    """

    a: int
    b: int
    k: int
    n: int
    expected: float
    gap_days: float
    low_days: float
    high_days: float
    p: float


def sequences(history: History, family: NDArray[np.int64] | None = None) -> list[Sequence]:
    """The sequences that are no false discovery, the most frequent first."""
    people = _as_baskets(history)
    items = np.flatnonzero(people.support >= LEAST_TOGETHER)
    items = np.sort(items[np.argsort(-people.support[items], kind="stable")[:MOST_ITEMS]])
    place_a, place_b, _ = together(people.contents, items, LEAST_TOGETHER)
    if not len(place_a):
        return []
    a, b = items[place_a], items[place_b]
    size = np.minimum(people.sizes, 8)
    expected = expected_counts(people, a, b, np.unique(size, return_inverse=True)[1].astype(np.int64))
    first = first_days(history)
    found = [
        one for i in range(len(a))
        if (one := _ordered(int(a[i]), int(b[i]), float(expected[i]), first)) is not None
        and (family is None or family[one.a] != family[one.b])
    ]  # fmt: skip
    possible = len(items) * (len(items) - 1) // 2
    corrected = adjusted([one.p for one in found], possible)
    kept = [
        Sequence(**{**vars(one), "p": q}) for one, q in zip(found, corrected, strict=True) if q <= FALSE_DISCOVERIES
    ]
    return sorted(kept, key=lambda one: (-one.k, one.a, one.b))


def _as_baskets(history: History) -> History:
    """Each customer as one basket of everything they bought."""
    contents = history.by_customer()
    contents.data[:] = 1
    some = np.flatnonzero(np.diff(contents.indptr))
    nobody = np.full(len(some), -1, np.int64)
    return History(
        sparse.csr_array(contents[some]),
        nobody,
        np.zeros(len(some)),
        history.items,
        history.customers,
        history.customers[some],
    )


def _ordered(a: int, b: int, expected: float, first: sparse.csc_array) -> Sequence | None:
    """One pair of items as a sequence in its likelier direction; None where too few customers bought both apart."""
    who_a, day_a = first_of(first, a)
    who_b, day_b = first_of(first, b)
    _, at_a, at_b = np.intersect1d(who_a, who_b, assume_unique=True, return_indices=True)
    gap = day_b[at_b] - day_a[at_a]
    gap = gap[(np.abs(gap) >= 1) & (np.abs(gap) <= WITHIN)]
    n, k = len(gap), int((gap > 0).sum())
    if n < LEAST_TOGETHER:
        return None
    # What the calendar alone would give: how often some customer's first `a` comes before some customer's first `b`.
    ordered = np.searchsorted(np.sort(day_a), day_b, side="left").mean() / len(day_a)
    if 2 * k < n:
        a, b, k, gap, ordered = b, a, n - k, -gap, 1 - ordered
    if k < LEAST_SHARE * n or k < LEAST_TOGETHER:
        return None
    together_p = float(stats.poisson.sf(n - 1, expected))
    order_p = float(stats.binom.sf(k - 1, n, min(max(ordered, 0.5), 0.99)))
    days = gap[gap > 0]
    low, middle, high = (float(value) for value in np.quantile(days, [0.25, 0.5, 0.75]))
    return Sequence(a, b, k, n, expected * ordered, middle, low, high, max(together_p, order_p))
