"""What to order: a quantity that opens as a sum, the last day to order, the chance that the stock lasts."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import NormalDist

LEVELS = (0.5, 0.8, 0.9, 0.95)


@dataclass(frozen=True)
class Supply:
    """How a product is bought.

    Attributes:
        lead_days, lead_spread: mean and standard deviation of the days from order to shelf.
        review_days: days between two looks at the order list.
        least: smallest quantity a supplier takes; pack: units per pack.
        assumed: names of the values nobody stated ("lead_days", ...).
    """

    lead_days: float
    lead_spread: float = 0.0
    review_days: float = 7.0
    least: float = 0.0
    pack: float = 1.0
    cost: float | None = None
    currency: str | None = None
    supplier: str | None = None
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Expected:
    """Demand over lead time plus review: mean and quantiles at `LEVELS`, in units."""

    mean: float
    quantiles: tuple[float, ...]

    def at(self, level: float) -> float:
        """The quantile at any level, on a straight line of normal scores between the known ones (and beyond them)."""
        score = NormalDist().inv_cdf(min(max(level, 0.01), 0.995))
        known = [NormalDist().inv_cdf(p) for p in LEVELS]
        i = max(0, min(len(known) - 2, sum(score > s for s in known) - 1))
        slope = (self.quantiles[i + 1] - self.quantiles[i]) / (known[i + 1] - known[i])
        if score < known[0]:
            slope = max(slope, (self.quantiles[1] - self.quantiles[0]) / (known[1] - known[0]))
        return max(0.0, self.quantiles[i] + slope * (score - known[i]))

    def chance_within(self, units: float) -> float:
        """The chance that demand is at most `units`."""
        low, high = 0.01, 0.995
        if units < self.at(low):
            return 0.0
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if self.at(middle) <= units else (low, middle)
        return round(low, 3)

    def longer(self, days: float, spread: float) -> Expected:
        """With a lead time that varies by `spread` days: wider by the variance of demand in those days.

        `days` is the length the quantiles are over (variance of a sum of random length, Feller 1968, XII).
        """
        daily = self.mean / max(days, 1e-9)
        median = self.quantiles[0]
        extra = daily * spread
        if extra <= 0:
            return self
        wide = []
        for level, value in zip(LEVELS, self.quantiles, strict=True):
            score = NormalDist().inv_cdf(level)
            wide.append(value if score <= 0 else median + math.hypot(value - median, score * extra))
        return replace(self, quantiles=tuple(wide))


@dataclass(frozen=True)
class Order:
    """What to order of one product, as a sum: target - on hand - incoming = need, rounded up to `quantity`.

    Attributes:
        target: units that demand stays within at the service level, over lead time plus review.
        last_day: the last day on which ordering still keeps the chance of running out below 1 - level.
        lasts: chance that what is on hand and incoming lasts until an order placed today arrives.
        runs_out: the day the stock is expected to be gone; None when it lasts beyond a year.
        at_risk: money of sales expected to be lost per day once the stock is gone; None without a price.
    """

    sku: str
    quantity: float
    target: float
    forecast: float
    on_hand: float
    incoming: float
    reserved: float
    need: float
    rounding: str
    level: float
    lasts: float
    last_day: date | None
    runs_out: date | None
    cover_days: float | None
    at_risk: float | None
    supply: Supply

    @property
    def cost(self) -> float | None:
        """What the order costs, in the supply's currency."""
        return None if self.supply.cost is None else round(self.quantity * self.supply.cost, 2)


def service_level(margin: float | None, holding: float = 0.02) -> float:
    """The service level that pays: lost margin against the cost of holding a unit (newsvendor; Arrow et al. 1951).

    Args:
        margin: margin over price, 0 to 1; 0.9 when unknown.
        holding: cost of holding a unit for one cycle, as a share of its price.
    """
    if margin is None:
        return 0.9
    return round(min(0.97, max(0.7, margin / (margin + holding * 2))), 2) if margin > 0 else 0.7


def order(
    sku: str,
    demand: Expected,
    supply: Supply,
    *,
    on_hand: float,
    incoming: float,
    reserved: float,
    level: float,
    today: date,
    price: float | None = None,
) -> Order:
    """The order of one product.

    Args:
        demand: over `supply.lead_days + supply.review_days`.
        on_hand: units on the shelf; reserved: of them, sold but not sent.
    """
    days = supply.lead_days + supply.review_days
    wide = demand.longer(days, supply.lead_spread)
    target = wide.at(level)
    have = on_hand - reserved + incoming
    need = max(0.0, target - have)
    quantity, rounding = rounded(need, supply)
    daily = demand.mean / max(days, 1e-9)
    until = supply.lead_days / max(days, 1e-9)
    during = Expected(wide.mean * until, tuple(_part(wide, q, until) for q in wide.quantiles))
    cover = have / daily if daily > 1e-9 else None
    spare = _spare_days(wide, have, level, days, supply.lead_days)
    return Order(
        sku=sku,
        quantity=quantity,
        target=round(target, 1),
        forecast=round(demand.mean, 1),
        on_hand=on_hand,
        incoming=incoming,
        reserved=reserved,
        need=round(need, 1),
        rounding=rounding,
        level=level,
        lasts=during.chance_within(have),
        last_day=None if spare is None else today + timedelta(days=spare),
        runs_out=None if cover is None or cover > 365 else today + timedelta(days=int(max(0.0, cover))),
        cover_days=None if cover is None else round(cover, 1),
        at_risk=None if price is None else round(daily * price, 2),
        supply=supply,
    )


def _part(demand: Expected, quantile: float, share: float) -> float:
    """A quantile over a share of the time: the mean shrinks with time, the distance from it with its root."""
    return max(0.0, demand.mean * share + (quantile - demand.mean) * math.sqrt(share))


def _spare_days(demand: Expected, have: float, level: float, days: float, lead: float) -> int | None:
    """Days an order can still wait so that `have` lasts, at the service level, until it arrives; None beyond a year."""
    if demand.mean <= 1e-9:
        return None
    quantile = demand.at(level)

    def short(wait: int) -> bool:
        return _part(demand, quantile, (lead + wait) / max(days, 1e-9)) > have

    if not short(365):
        return None
    # What is needed only grows with the wait: the first day that is short is found by halving.
    first = bisect.bisect_left(range(366), True, key=short)
    return max(0, first - 1)


def rounded(need: float, supply: Supply) -> tuple[float, str]:
    """`need` up to whole packs and the smallest quantity; "" or which of them rounded: "pack", "least"."""
    if need <= 0:
        return 0.0, ""
    pack = supply.pack if supply.pack > 0 else 1.0
    quantity = math.ceil(round(need / pack, 9)) * pack
    why = "pack" if quantity - need >= 1 else ""
    if quantity < supply.least:
        quantity, why = math.ceil(supply.least / pack) * pack, "least"
    return float(quantity), why


def within_budget(orders: Sequence[Order], budget: float) -> list[Order]:
    """The orders cut to a budget: money goes first where a unit bought saves most expected sales per unit of cost.

    Products are taken by money at risk per day over the cost of their order; the last one that fits only in part is cut
    to whole packs. Orders without a cost are left as they are and count nothing.
    """

    def worth(o: Order) -> float:
        return (o.at_risk or 0.0) * (1 - o.lasts) / max(o.cost or 0.0, 1e-9)

    left = budget
    cut: dict[str, Order] = {}
    for o in sorted(orders, key=lambda o: (-worth(o), o.sku)):
        if o.cost is None or o.supply.cost is None or o.cost <= left:
            left -= o.cost or 0.0
            continue
        pack = max(o.supply.pack, 1.0)
        fits = math.floor(left / (o.supply.cost * pack)) * pack if o.supply.cost > 0 else o.quantity
        quantity = float(fits) if fits >= o.supply.least else 0.0
        left -= quantity * o.supply.cost
        cut[o.sku] = replace(o, quantity=quantity, rounding="budget")
    return [cut.get(o.sku, o) for o in orders]
