"""What a customer will buy next: again, and for the first time.

All items: the customer's own share of orders, their neighbours' (TIFU-kNN, Hu et al. 2020) and EASE over what they own
(Steck 2019), times what sells now. New items: EASE and neighbours, times what sells now and sells more than it used to.
Whether that beats the plain list of what sells is measured on this shop's own last weeks (`measured`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from engine.customers.basket import best, own_share
from engine.customers.ease import ease, supported
from engine.customers.history import History
from engine.statistics import SEED

if TYPE_CHECKING:
    from numpy.typing import NDArray

PENALTY = 200.0
NEIGHBOURS = 100
HALF_LIFE = 120.0
"""Days after which a purchase counts half as much."""
OWN, ALIKE, GOES_WITH = 0.5, 0.5, 0.3
NEW_ALIKE = 0.2
COMPANY = (1.0, 0.2, 0.0)
"""How much others count beside a customer's own habit; where people buy the same every week, it is little."""
MOST = 10
_AT_ONCE = 400
_TESTED = 900
_DRAWS = 1_000
_FEWEST_TESTED = 30
_PRIOR_BUYERS = 10


@dataclass(frozen=True)
class Wanted:
    """One item for one customer.

    Attributes:
        item: index of the item.
        score: sorts; comparable within one customer's list only.
        bought, orders: in how many of their orders the customer had it.
        every, since: median days between the customer's purchases of it (None with fewer than 3), days since the last.
        owned: the item of theirs that speaks most for it; None when they bought it before or nothing does.
    """

    item: int
    score: float
    bought: int = 0
    orders: int = 0
    every: float | None = None
    since: float | None = None
    owned: int | None = None


@dataclass(frozen=True)
class Popularity:
    """How often items sell now: (items,) orders of the last 14, 30 and 45 days, and of all days."""

    two_weeks: NDArray[np.float32]
    month: NDArray[np.float32]
    six_weeks: NDArray[np.float32]
    ever: NDArray[np.float32]

    @classmethod
    def of(cls, history: History, now: float) -> Popularity:
        """As of the day `now`."""
        two_weeks, month, six_weeks = (
            history.between(now - days, now + 1).support.astype(np.float32) for days in (14, 30, 45)
        )
        return cls(two_weeks, month, six_weeks, history.support.astype(np.float32))

    @property
    def trend(self) -> NDArray[np.float32]:
        """How many times more than usual an item sold in the last month, shrunk towards 1 by one order."""
        usual = self.ever * self.month.sum() / max(float(self.ever.sum()), 1.0)
        result: NDArray[np.float32] = (self.month + 1) / (usual + 1)
        return result


class Recommender:
    """Fitted on everything in `history`, for the day `now` (the last day by default)."""

    def __init__(self, history: History, now: float | None = None) -> None:
        self.history = history
        self.now = float(now if now is not None else (history.day[-1] if len(history.day) else 0.0))
        self.items = supported(history.support)
        self.selling = Popularity.of(history, self.now)
        self.share = own_share(history)
        by_owner = np.argsort(history.customer, kind="stable")
        self._owners, self._owned_days = history.customer[by_owner], history.day[by_owner]
        self._owned = history.contents[by_owner]
        self.again = rebuying(history)
        self.orders = np.bincount(history.customer[history.customer >= 0], minlength=len(history.customers))
        fading = (0.5 ** ((self.now - history.day) / HALF_LIFE)).astype(np.float32)
        self.faded = history.by_customer(fading)
        self.profile = _of_length_one(self.faded)
        known = history.customer >= 0
        weight = np.bincount(history.customer[known], weights=fading[known], minlength=len(history.customers))
        self.taste = sparse.csr_array(
            sparse.diags_array((1 / np.maximum(weight, 1e-9)).astype(np.float32)) @ self.faded
        )
        owns = self.faded[:, self.items]
        owns.data[:] = 1
        bought = np.flatnonzero(self.orders)
        self.weights = ease(sparse.csr_array(owns[bought]), np.ones(len(bought), np.float32), PENALTY)
        self.owns = self.faded.copy()
        self.owns.data = np.minimum(self.owns.data, 1)

    def scores(
        self, customers: NDArray[np.int64], company: float = 1.0
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(customers, items) twice: for all items, and for new ones (-inf where the customer bought it before).

        Args:
            company: how much others count beside a customer's own habit, among all items: one of `COMPANY`.
        """
        alike = self._alike(customers)
        fits = np.zeros_like(alike)
        fits[:, self.items] = np.maximum(self.owns[customers][:, self.items] @ self.weights, 0)
        selling = self.selling
        everything = OWN * self.share[customers].toarray() * self.again ** (0.5 * company)
        everything += company * (ALIKE * alike + GOES_WITH * fits) + 1e-6 * selling.month
        everything *= ((selling.two_weeks + 0.5) ** 0.2 * selling.trend**0.15) ** company
        new = (fits + NEW_ALIKE * alike) * ((selling.six_weeks + 0.5) ** 0.15 * selling.trend**0.5)
        new[self.share[customers].nonzero()] = -np.inf
        return everything, new

    def _alike(self, customers: NDArray[np.int64]) -> NDArray[np.float32]:
        """(customers, items): what the nearest other customers buy, by the cosine of what they bought lately."""
        likeness = (self.profile[customers] @ self.profile.T).toarray()
        likeness[np.arange(len(customers)), customers] = 0
        count = min(NEIGHBOURS, likeness.shape[1])
        nearest = np.argpartition(-likeness, count - 1, axis=1)[:, :count]
        weight = np.take_along_axis(likeness, nearest, 1)
        ends = np.arange(0, nearest.size + 1, count)
        chosen = sparse.csr_array((weight.ravel(), nearest.ravel(), ends), shape=likeness.shape)
        result: NDArray[np.float32] = (chosen @ self.taste).toarray() / np.maximum(weight.sum(1, keepdims=True), 1e-9)
        return result

    def popular(self, customers: NDArray[np.int64]) -> NDArray[np.float32]:
        """(customers, items): what sold in the last 30 days, -inf where the customer bought it before."""
        result = np.tile(self.selling.month + 1e-4 * self.selling.ever, (len(customers), 1))
        result[self.share[customers].nonzero()] = -np.inf
        return result

    def lists(
        self,
        customers: NDArray[np.int64],
        *,
        company: float = 1.0,
        popular_new: bool = False,
        allowed: NDArray[np.bool_] | None = None,
    ) -> Iterator[tuple[int, list[Wanted], list[Wanted]]]:
        """For each customer: its index, the best of all items, and the best new ones.

        Args:
            company: as in `scores`.
            popular_new: new items by what sells, where that was measured to be no worse.
            allowed: (items,) False for what must not be recommended, such as what is out of stock.
        """
        for start in range(0, len(customers), _AT_ONCE):
            part = customers[start : start + _AT_ONCE]
            everything, new = self.scores(part, company)
            if popular_new:
                new = self.popular(part)
            if allowed is not None:
                everything[:, ~allowed] = new[:, ~allowed] = -np.inf
            for row, (again, first) in enumerate(zip(best(everything, MOST), best(new, MOST), strict=True)):
                who = int(part[row])
                yield (
                    who,
                    self._told(who, again, everything[row]),
                    self._told(who, first, new[row], popular=popular_new),
                )

    def _told(
        self, who: int, items: NDArray[np.int64], scores: NDArray[np.float32], *, popular: bool = False
    ) -> list[Wanted]:
        own = slice(self.share.indptr[who], self.share.indptr[who + 1])
        bought = dict(zip(self.share.indices[own].tolist(), self.share.data[own].tolist(), strict=True))
        orders = int(self.orders[who])
        known = self.share.indices[own][np.isin(self.share.indices[own], self.items)]
        places = np.searchsorted(self.items, known)
        result = []
        for item in items.tolist():
            score = float(scores[item])
            if item in bought:
                every, since = self.rhythm(who, item)
                count = round(bought[item] * orders)
                result.append(Wanted(item, score, count, orders, every, since))
                continue
            owned = None
            if not popular and len(known) and _has(self.items, item):
                speaks = self.weights[places, int(np.searchsorted(self.items, item))]
                owned = int(known[np.argmax(speaks)]) if speaks.max() > 0 else None
            result.append(Wanted(item, score, orders=orders, owned=owned))
        return result

    def rhythm(self, who: int, item: int) -> tuple[float | None, float]:
        """Median days between a customer's purchases of an item (None with fewer than 3), and days since the last."""
        low, high = np.searchsorted(self._owners, [who, who + 1])
        start, end = self._owned.indptr[low], self._owned.indptr[high]
        at = np.flatnonzero(self._owned.indices[start:end] == item) + start
        rows = np.searchsorted(self._owned.indptr, at, side="right") - 1
        days = self._owned_days[rows]
        if len(days) < 3:
            return None, float(self.now - days.max())
        bought = np.unique(np.floor(days))
        every = float(np.median(np.diff(bought))) if len(bought) >= 3 else None
        return every, float(self.now - days.max())


def rebuying(history: History) -> NDArray[np.float32]:
    """(items,) how many times more often than the mean item its buyers bought it again, shrunk by ten buyers towards 1."""
    bought = history.by_customer()
    once = np.bincount(bought.indices, minlength=len(history.items))
    twice = np.bincount(bought.indices[bought.data > 1], minlength=len(history.items))
    mean = max(float(twice.sum()) / max(float(once.sum()), 1.0), 1e-3)
    result: NDArray[np.float32] = ((twice + _PRIOR_BUYERS * mean) / (once + _PRIOR_BUYERS) / mean).astype(np.float32)
    return result


def _has(sorted_items: NDArray[np.int64], item: int) -> bool:
    place = int(np.searchsorted(sorted_items, item))
    return place < len(sorted_items) and int(sorted_items[place]) == item


def _of_length_one(rows: sparse.csr_array) -> sparse.csr_array:
    length = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    return sparse.csr_array(sparse.diags_array((1 / np.maximum(length, 1e-9)).astype(np.float32)) @ rows)


@dataclass(frozen=True)
class Measured:
    """How well the next basket was foretold on the shop's own last weeks: mean NDCG@10 over `customers`.

    Attributes:
        ours, plain: of the recommendations, and of the plain list (own frequency for all, recent popularity for new).
        gain, low, high: their difference over customers with its 95 % interval (bootstrap).
    """

    customers: int
    ours: float
    plain: float
    gain: float
    low: float
    high: float

    @property
    def better(self) -> bool:
        """Whether the whole interval is above zero."""
        return self.low > 0


def next_baskets(history: History, cut: float, days: float = np.inf) -> dict[int, NDArray[np.int64]]:
    """The first basket from `cut` on, within `days`, of each customer who bought before: customer to items."""
    earlier = np.unique(history.between(end=cut).customer)
    later = history.between(cut, cut + days)
    result: dict[int, NDArray[np.int64]] = {}
    for row, who in enumerate(later.customer.tolist()):
        if who >= 0 and who not in result:
            result[who] = later.contents.indices[later.contents.indptr[row] : later.contents.indptr[row + 1]].astype(
                np.int64
            )
    known = set(earlier.tolist())
    return {who: items for who, items in result.items() if who in known}


def ndcg(ranked: NDArray[np.int64], wanted: NDArray[np.int64], most: int = MOST) -> float:
    """Normalised discounted cumulative gain of a list against a set of items (Järvelin & Kekäläinen 2002)."""
    gain = 1 / np.log2(np.arange(2, most + 2))
    hits = np.isin(ranked[:most], wanted)
    return float(gain[: len(hits)][hits].sum() / gain[: min(most, len(wanted))].sum())


@dataclass(frozen=True)
class Foretold:
    """What was measured: for all items and for new ones (None where too few customers bought again).

    Attributes:
        company: which of `COMPANY` foretold best, chosen on one half of the customers and measured on the other.
    """

    everything: Measured | None = None
    new: Measured | None = None
    company: float = 1.0


def measured(history: History) -> Foretold:
    """The recommendations against the plain lists, on baskets after the first five sixths of the shop's days."""
    if not len(history.day):
        return Foretold()
    cut = history.day[0] + (history.day[-1] - history.day[0]) * 5 / 6
    wanted = next_baskets(history, cut)
    if len(wanted) < _FEWEST_TESTED:
        return Foretold()
    generator = np.random.default_rng(SEED)
    who = np.array(sorted(wanted), np.int64)
    who = generator.permutation(who)[:_TESTED]
    model = Recommender(history.between(end=cut), cut)
    everything: dict[float, list[tuple[float, float]]] = {company: [] for company in COMPANY}
    new: list[tuple[float, float]] = []
    for start in range(0, len(who), _AT_ONCE):
        part = who[start : start + _AT_ONCE]
        plain = best(model.share[part].toarray() + 1e-6 * model.selling.month, MOST)
        own = [ndcg(items, wanted[int(one)]) for one, items in zip(part, plain, strict=True)]
        for company in COMPANY:
            again, fresh = model.scores(part, company)
            scored = (ndcg(items, wanted[int(one)]) for one, items in zip(part, best(again, MOST), strict=True))
            everything[company] += zip(scored, own, strict=True)
        new += _of_new(model, part, wanted, fresh)
    half = len(who) // 2
    company = max(COMPANY, key=lambda one: float(np.mean([ours for ours, _ in everything[one][:half]])))
    return Foretold(_compared(everything[company][half:], generator), _compared(new, generator), company)


def _of_new(
    model: Recommender, part: NDArray[np.int64], wanted: dict[int, NDArray[np.int64]], scores: NDArray[np.float32]
) -> Iterator[tuple[float, float]]:
    """NDCG of new items, ours and by what sells, of the customers who bought any."""
    lists = zip(part, best(scores, MOST), best(model.popular(part), MOST), strict=True)
    for customer, ours, plain in lists:
        first = np.setdiff1d(wanted[int(customer)], model.share[[int(customer)]].indices)
        if len(first):
            yield ndcg(ours, first), ndcg(plain, first)


def _compared(scores: list[tuple[float, float]], generator: np.random.Generator) -> Measured | None:
    if len(scores) < _FEWEST_TESTED:
        return None
    both = np.array(scores)
    gains = both[:, 0] - both[:, 1]
    draws = gains[generator.integers(0, len(gains), (_DRAWS, len(gains)))].mean(axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    return Measured(
        len(gains), float(both[:, 0].mean()), float(both[:, 1].mean()), float(gains.mean()), float(low), float(high)
    )
