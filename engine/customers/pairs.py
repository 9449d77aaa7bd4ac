"""What is bought together more often than the sizes of the orders explain.

An order of 200 lines links 19,900 pairs by itself, so the usual tests find "pairs" in orders whose links were shuffled.
Here an order counts only against orders of its own size and month: the expected number of orders with both items is
the sum over strata of n_a · n_b / n (Mantel & Haenszel 1959), the test is the upper tail of a Poisson, corrected for
every pair that could have been found (Benjamini & Hochberg 1995).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from engine.customers.history import History
from engine.statistics import adjusted

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

LEAST_TOGETHER = 5
"""A pair of fewer orders is not looked at."""
MOST_ITEMS = 5_000
"""Items looked at, the most often bought ones: pairs are counted in blocks of items × `MOST_ITEMS`."""
FALSE_DISCOVERIES = 0.01
DAYS_A_STRATUM = 30.4
_EXACT_SIZES, _SIZE_GROWTH = 8, 1.3
_BLOCK = 512
_LEAST_TO_CHECK = 20
_FEWEST_ORDERED = 8
_PRIOR = 1.0
"""Orders of a pair without any link that are added to what was seen: a gamma prior around a lift of 1."""


@dataclass(frozen=True)
class Pair:
    """Two items that are bought together.

    Attributes:
        a, b: indices of the items; when `gap_days` is known, `a` is the one usually bought first.
        k: orders with both; n: all orders.
        expected: orders with both that order sizes and months explain.
        lift: k / expected, shrunk to what earlier pairs of this shop kept of theirs later.
        low: the lower 95 % bound of k / expected, shrunk likewise.
        p, q: raw and corrected for every possible pair.
        gap_days: median days from the first purchase of `a` to the first of `b`, over the customers who bought both in
            different orders; None where they are too few.
        a_first, ordered: so many of `ordered` such customers bought `a` first.
    """

    a: int
    b: int
    k: int
    n: int
    expected: float
    lift: float
    low: float
    p: float
    q: float
    gap_days: float | None = None
    a_first: int = 0
    ordered: int = 0


def strata(history: History) -> NDArray[np.int64]:
    """(baskets,) the stratum of each basket: its size (exact when small, then in steps of 30 %) and its month."""
    size = np.maximum(history.sizes, 1)
    steps = np.log(np.maximum(size / _EXACT_SIZES, 1)) / np.log(_SIZE_GROWTH)
    bins = np.where(size <= _EXACT_SIZES, size, _EXACT_SIZES + np.ceil(steps)).astype(np.int64)
    start = history.day[0] if len(history.day) else 0.0
    month = ((history.day - start) // DAYS_A_STRATUM).astype(np.int64)
    return np.unique(np.stack([bins, month], 1), axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def together(contents: sparse.csr_array, items: NDArray[np.int64], least: int) -> tuple[NDArray[np.int64], ...]:
    """All pairs of `items` in at least `least` baskets: (positions of a, positions of b, counts), a before b."""
    some = contents[:, items].tocsc()
    transposed = some.T.tocsr()
    parts = []
    for start in range(0, len(items), _BLOCK):
        counts = transposed @ some[:, start : start + _BLOCK].toarray()
        a, b = np.nonzero(counts >= least)
        keep = a < b + start
        parts.append((a[keep], b[keep] + start, counts[a[keep], b[keep]].astype(np.int64)))
    a, b, k = (np.concatenate([part[i] for part in parts]) for i in range(3)) if parts else (np.zeros(0, np.int64),) * 3
    return a.astype(np.int64), b.astype(np.int64), k


def expected_counts(
    history: History, a: NDArray[np.int64], b: NDArray[np.int64], groups: NDArray[np.int64]
) -> NDArray[np.float64]:
    """(pairs,) how many baskets would hold both items if only size and month linked them.

    A basket of s items links s(s - 1) of the s² ordered pairs that independence would draw: (s - 1)/s corrects for it.
    """
    used, inverse = np.unique(np.concatenate([a, b]), return_inverse=True)
    total = np.bincount(groups)
    baskets = np.arange(len(groups))
    from scipy import sparse

    member = sparse.csr_array((np.ones(len(groups), np.float32), (groups, baskets)), shape=(len(total), len(groups)))
    counts = np.ascontiguousarray((member @ history.contents[:, used]).toarray().T)
    size = np.bincount(groups, weights=history.sizes) / np.maximum(total, 1)
    scale = (np.maximum(size - 1, 0) / np.maximum(size, 1) / np.maximum(total, 1)).astype(np.float32)
    first, second = inverse[: len(a)], inverse[len(a) :]
    found = np.empty(len(a))
    for start in range(0, len(a), 20_000):
        part = slice(start, start + 20_000)
        found[part] = ((counts[first[part]] * scale) * counts[second[part]]).sum(axis=1)
    return np.maximum(found, 1e-9)


def significant(history: History, *, most_items: int = MOST_ITEMS, ceiling: float = FALSE_DISCOVERIES) -> list[Pair]:
    """The pairs that are no false discovery, with lifts shrunk for their small counts, the strongest first."""
    items = np.flatnonzero(history.support >= LEAST_TOGETHER)
    items = np.sort(items[np.argsort(-history.support[items], kind="stable")[:most_items]])
    place_a, place_b, k = together(history.contents, items, LEAST_TOGETHER)
    if not len(k):
        return []
    a, b = items[place_a], items[place_b]
    expected = expected_counts(history, a, b, strata(history))
    p = stats.poisson.sf(k - 1, expected)
    possible = len(items) * (len(items) - 1) // 2
    q = np.array(adjusted(p.tolist(), possible))
    lift = (k + _PRIOR) / (expected + _PRIOR)
    low = stats.gamma.ppf(0.025, k + _PRIOR) / (expected + _PRIOR)
    kept = np.flatnonzero((q <= ceiling) & (low > 1))
    kept = kept[np.argsort(-low[kept], kind="stable")]
    n = len(history.day)
    return [
        Pair(
            int(a[i]),
            int(b[i]),
            int(k[i]),
            n,
            float(expected[i]),
            float(lift[i]),
            float(low[i]),
            float(p[i]),
            float(q[i]),
        )
        for i in kept
    ]


@dataclass(frozen=True)
class Retention:
    """What pairs found in the earlier part of the history came to in its later part.

    Attributes:
        kept: the share of (lift - 1) that was left; 1 where there was too little to see.
        above: so many of `checked` pairs were still above chance.
    """

    kept: float = 1.0
    above: int = 0
    checked: int = 0


def counted(history: History, pairs: Sequence[Pair]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How often each pair was bought together in `history`, and how often sizes and months explain."""
    a, b = (np.array([getattr(pair, side) for pair in pairs], np.int64) for side in ("a", "b"))
    if not len(history.day) or not len(a):
        return np.zeros(len(a)), np.full(len(a), 1e-9)
    columns = history.contents.tocsc()
    k = np.empty(len(a))
    for start in range(0, len(a), 2_000):
        part = slice(start, start + 2_000)
        k[part] = columns[:, a[part]].multiply(columns[:, b[part]]).sum(axis=0)
    return k, expected_counts(history, a, b, strata(history))


def retention(history: History, most: int = 500) -> Retention:
    """How much of a lift is left later, from this history: pairs of its first three fifths, counted in the rest.

    The most conspicuous of many are conspicuous partly by chance and partly by fashion; both show here.
    """
    if len(history.day) < 2 * LEAST_TOGETHER:
        return Retention()
    cut = history.day[int(0.6 * len(history.day))]
    earlier, later = history.between(end=cut), history.between(cut)
    pairs = significant(earlier)[:most]
    k, expected = counted(later, pairs)
    sold = (later.support[[p.a for p in pairs]] > 0) & (later.support[[p.b for p in pairs]] > 0) if pairs else k > 0
    seen = sold & (expected >= 0.5)
    if seen.sum() < _LEAST_TO_CHECK:
        return Retention()
    lifts = np.array([pair.lift for pair in pairs])[seen]
    ratio = k[seen] / expected[seen]
    kept = float(np.clip(np.mean(ratio - 1) / np.mean(lifts - 1), 0.1, 1.5))
    return Retention(kept, int((ratio > 1).sum()), int(seen.sum()))


def found(
    history: History, family: NDArray[np.int64] | None = None, *, most: int = 1_000
) -> tuple[list[Pair], Retention]:
    """The pairs worth showing, the surest first, and what pairs of this shop kept of their lifts.

    A pair is shown when it is no false discovery in the whole history, is above chance in its recent half too, both
    items sold in the last month, and it is not two variants of one thing; of all pairs between two families the
    strongest stands for the others.

    Args:
        family: (items,) items of one number are variants of one thing; None where nothing is known.
        most: at most so many.
    """
    kept = retention(history)
    pairs = _one_of_each_family(significant(history), family)
    if not pairs:
        return [], kept
    recent = history.between(history.day[len(history.day) // 2])
    k, expected = counted(recent, pairs)
    selling = history.between(history.day[-1] - DAYS_A_STRATUM).support > 0
    lasting = [
        pair
        for pair, now, chance in zip(pairs, k, expected, strict=True)
        if now > chance and selling[pair.a] and selling[pair.b]
    ][:most]
    shrunk = [
        replace(pair, lift=1 + kept.kept * (pair.lift - 1), low=1 + kept.kept * (pair.low - 1)) for pair in lasting
    ]
    return in_order(history, shrunk), kept


def _one_of_each_family(pairs: Sequence[Pair], family: NDArray[np.int64] | None) -> list[Pair]:
    if family is None:
        return list(pairs)
    seen: set[tuple[int, int]] = set()
    result = []
    for pair in pairs:
        one, other = sorted((int(family[pair.a]), int(family[pair.b])))
        if one != other and (one, other) not in seen:
            seen.add((one, other))
            result.append(pair)
    return result


def first_days(history: History) -> sparse.csc_array:
    """Customers × items: the day of a customer's first purchase of an item."""
    from scipy import sparse

    known = np.flatnonzero(history.customer >= 0)
    cells = history.contents[known].tocoo()
    owner, day = history.customer[known][cells.row], history.day[known][cells.row]
    order = np.lexsort((day, cells.col, owner))
    owner, item, day = owner[order], cells.col[order], day[order]
    first = np.r_[True, (owner[1:] != owner[:-1]) | (item[1:] != item[:-1])] if len(owner) else np.zeros(0, bool)
    shape = (len(history.customers), len(history.items))
    return sparse.csc_array((day[first], (owner[first], item[first])), shape=shape)


def in_order(history: History, pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs with their days between and their direction, where enough customers bought both on different days."""
    first = first_days(history)
    return [_directed(pair, first) for pair in pairs]


def first_of(first: sparse.csc_array, item: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Who bought an item, and on which day first."""
    part = slice(first.indptr[item], first.indptr[item + 1])
    return first.indices[part], first.data[part]


def _directed(pair: Pair, first: sparse.csc_array) -> Pair:
    (who_a, day_a), (who_b, day_b) = first_of(first, pair.a), first_of(first, pair.b)
    _, at_a, at_b = np.intersect1d(who_a, who_b, assume_unique=True, return_indices=True)
    gap = day_b[at_b] - day_a[at_a]
    gap = gap[np.abs(gap) >= 1]
    if len(gap) < _FEWEST_ORDERED:
        return pair
    a_first = int((gap > 0).sum())
    if 2 * a_first < len(gap):
        return replace(
            pair, a=pair.b, b=pair.a, gap_days=float(-np.median(gap)), a_first=len(gap) - a_first, ordered=len(gap)
        )
    return replace(pair, gap_days=float(np.median(gap)), a_first=a_first, ordered=len(gap))
