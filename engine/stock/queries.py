"""What screens and verbs show of stock and profit: read-only, from what the last run derived and the files as they are."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from engine.stock import facts, health
from engine.stock.ordering import Expected, Order, Supply, order, service_level, within_budget

if TYPE_CHECKING:
    from engine.store.database import Store


@dataclass(frozen=True)
class Demand:
    """Demand of one item as the last run forecast it, over `days` from `day` on (see `forecast.Forecast`).

    `weeks` is a JSON array of the last 26 weeks; `last_year` the units of the same weeks a year before.
    """

    item: str
    product: str | None
    name: str
    demand: str
    weekly: float
    days: float
    mean: float
    p50: float
    p80: float
    p90: float
    p95: float
    skill: float | None
    abstain: bool
    last_year: float | None
    last_sold: str | None
    weeks: str
    price: float | None
    currency: str | None
    day: str

    def row(self) -> dict[str, Any]:
        """As a row of `stock_demand`."""
        return asdict(self)

    def over(self, days: float, growth: float = 1.0) -> Expected:
        """Demand over another number of days: the mean grows with time, the distance from it with its root."""
        share = days / self.days
        mean = self.mean * growth

        def part(quantile: float) -> float:
            return max(0.0, mean * share + (quantile * growth - mean) * math.sqrt(share))

        return Expected(mean * share, (part(self.p50), part(self.p80), part(self.p90), part(self.p95)))


@dataclass(frozen=True)
class Line:
    """A line of the order list: the order, and what a seller weighs it by."""

    order: Order
    name: str
    product: str | None
    demand: str
    skill: float | None
    abstain: bool
    last_year: float | None
    abc: str
    xyz: str
    price: float | None
    currency: str | None

    def as_json(self) -> dict[str, Any]:
        """The shape `stock order --json` prints."""
        made = self.order
        return {
            "sku": made.sku,
            "name": self.name,
            "supplier": made.supply.supplier,
            "quantity": made.quantity,
            "sum": {
                "target": made.target,
                "on_hand": made.on_hand,
                "reserved": made.reserved,
                "incoming": made.incoming,
                "need": made.need,
                "pack": made.supply.pack,
                "least": made.supply.least,
                "rounding": made.rounding or None,
            },
            "forecast": made.forecast,
            "service_level": made.level,
            "lasts": made.lasts,
            "last_day": None if made.last_day is None else made.last_day.isoformat(),
            "runs_out": None if made.runs_out is None else made.runs_out.isoformat(),
            "cover_days": made.cover_days,
            "at_risk_per_day": made.at_risk,
            "currency": self.currency,
            "unit_cost": made.supply.cost,
            "cost": made.cost,
            "cost_currency": made.supply.currency,
            "lead_days": made.supply.lead_days,
            "lead_spread": made.supply.lead_spread,
            "assumed": list(made.supply.assumed),
            "class": self.demand,
            "abc": self.abc,
            "xyz": self.xyz,
            "skill": self.skill,
            "last_year": self.last_year,
            "abstain": self.abstain,
        }


@dataclass(frozen=True)
class WhatIf:
    """What a seller changes to see what follows: lead time and service level of all, growth, a limit of money."""

    lead_days: float | None = None
    level: float | None = None
    growth: float = 1.0
    budget: float | None = None


def demands(store: Store) -> list[Demand]:
    """Demand of every item as the last run found it."""
    return [
        Demand(**(row | {"abstain": bool(row["abstain"])}))
        for row in store.rows("SELECT * FROM stock_demand ORDER BY item")
    ]


def order_of(
    demand: Demand, supply: Supply, shelf: facts.Shelf, ordered: float, what_if: WhatIf | None = None
) -> Order:
    """The order of one item; the service level follows from its margin unless it is given."""
    asked = what_if or WhatIf()
    if asked.lead_days is not None:
        supply = replace(supply, lead_days=asked.lead_days, assumed=())
    known = supply.cost is not None and demand.price and supply.currency in (None, demand.currency)
    margin = 1 - (supply.cost or 0.0) / demand.price if known and demand.price else None
    return order(
        demand.item,
        demand.over(supply.lead_days + supply.review_days, asked.growth),
        supply,
        on_hand=shelf.on_hand,
        incoming=max(shelf.incoming, ordered),
        reserved=shelf.reserved,
        level=asked.level if asked.level is not None else service_level(margin),
        today=date.fromisoformat(demand.day),
        price=demand.price,
    )


@dataclass(frozen=True)
class Planning:
    """All that order lists are made from, read once: what-ifs need no second look at the shop.

    Attributes:
        demands: of all items; shelves, supplies, coming: by item. Items nobody counted have no shelf.
    """

    demands: tuple[Demand, ...]
    shelves: dict[str, facts.Shelf]
    supplies: dict[str, Supply]
    coming: dict[str, float]

    def lines(self, what_if: WhatIf | None = None) -> list[Line]:
        """Every item with a shelf, what is worth most at risk first."""
        asked = what_if or WhatIf()
        counted = [d for d in self.demands if d.item in self.shelves]
        orders = [
            order_of(d, self.supplies[d.item], self.shelves[d.item], self.coming.get(d.item, 0.0), asked)
            for d in counted
        ]
        if asked.budget is not None:
            orders = within_budget(orders, asked.budget)
        margins = {d.item: d.weekly * ((d.price or 0.0) - (self.supplies[d.item].cost or 0.0)) for d in counted}
        worth = health.abc(margins)
        lines = [_line(d, o, worth[d.item]) for d, o in zip(counted, orders, strict=True)]
        return sorted(lines, key=lambda line: (-(line.order.at_risk or 0.0) * (1 - line.order.lasts), line.order.sku))


def planning(store: Store) -> Planning:
    """What the shop's order lists are made from."""
    known = demands(store)
    if not known:
        return Planning((), {}, {}, {})
    today = date.fromisoformat(known[0].day)
    supplies = facts.supplies(store, {d.item: d.product for d in known}, today)
    return Planning(tuple(known), facts.shelves(store), supplies, facts.incoming(store))


def order_list(store: Store, what_if: WhatIf | None = None) -> list[Line]:
    """The order list of a shop; empty where nothing was forecast or nothing says what is in stock."""
    return planning(store).lines(what_if)


def _line(demand: Demand, made: Order, abc: str) -> Line:
    import numpy as np

    steady = health.xyz(np.array(json.loads(demand.weeks), dtype=np.float64))
    return Line(
        made, demand.name, demand.product, demand.demand, demand.skill, demand.abstain, demand.last_year, abc, steady,
        demand.price, demand.currency,
    )  # fmt: skip


def by_supplier(lines: Sequence[Line]) -> dict[str, list[Line]]:
    """Lines with something to order, by supplier; "" where none is known."""
    found: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if line.order.quantity > 0:
            found[line.order.supply.supplier or ""].append(line)
    return dict(sorted(found.items()))


# -- profit

_BY = {"sku": "item", "product": "product", "platform": "platform", "month": "month"}


@dataclass(frozen=True)
class Profit:
    """What one item, product, platform or month earned, in one currency; `name` "" is what belongs to none of them.

    Attributes:
        parts: sales, discounts, refunds, fees, ads, shipping, goods; costs negative, in the currency.
        estimated: share of the fees that is estimated from published rates.
        complete: whether the cost of goods of what was sold is known.
    """

    name: str
    currency: str
    parts: dict[str, float]
    estimated: float
    complete: bool

    @property
    def contribution(self) -> float:
        """The sum of all parts."""
        return round(sum(self.parts.values()), 2)

    def as_json(self) -> dict[str, Any]:
        """The shape `profit --json` prints."""
        return {
            "name": self.name,
            "currency": self.currency,
            **self.parts,
            "contribution": self.contribution,
            "fees_estimated_share": round(self.estimated, 4),
            "goods_known": self.complete,
            "unexplained": self.name == "",
        }


def profit(store: Store, by: str = "sku", *, since: str = "", until: str = "9999") -> list[Profit]:
    """Contribution by "sku", "product", "platform" or "month", per currency; what belongs to none stands last.

    Args:
        since, until: months (`2026-03`), both in it.
    """
    column = _BY[by]
    sums: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    guessed: dict[tuple[str, str], int] = defaultdict(int)
    for row in store.rows(
        f"""
        SELECT {column} AS name, currency, part, estimated, sum(cents) AS cents FROM ledger
        WHERE month BETWEEN ? AND ? GROUP BY 1, 2, 3, 4
        """,
        [since, until],
    ):
        key = (row["name"], row["currency"])
        sums[key][row["part"]] += row["cents"]
        if row["estimated"]:
            guessed[key] += row["cents"]
    found = [
        Profit(
            name,
            currency,
            {
                part: parts.get(part, 0) / 100
                for part in ("sales", "discounts", "refunds", "fees", "ads", "shipping", "goods")
            },
            guessed[name, currency] / parts["fees"] if parts.get("fees") else 0.0,
            bool(parts.get("goods")) or not parts.get("sales"),
        )
        for (name, currency), parts in sums.items()
    ]
    return sorted(found, key=lambda one: (one.name == "", one.currency, one.contribution, one.name))


def unexplained(store: Store) -> dict[str, tuple[float, float]]:
    """Per currency the money that belongs to no item, and its share of sales."""
    found = {}
    for row in store.rows(
        """
        SELECT currency, sum(CASE WHEN item = '' THEN cents ELSE 0 END) AS lost,
               sum(CASE WHEN part = 'sales' THEN cents ELSE 0 END) AS sales FROM ledger GROUP BY currency
        """
    ):
        found[row["currency"]] = (row["lost"] / 100, abs(row["lost"]) / row["sales"] if row["sales"] else 0.0)
    return found


def last_months(today: date, count: int) -> set[str]:
    """The last whole months up to today, as `2026-03`; this month is one of them on its last day."""
    from datetime import timedelta

    tomorrow = today + timedelta(days=1)
    end = tomorrow.year * 12 + tomorrow.month - 1
    return {f"{(m // 12):04d}-{m % 12 + 1:02d}" for m in range(end - count, end)}


PURCHASE_COLUMNS = (
    "supplier", "sku", "name", "quantity", "pack", "unit_cost", "currency", "cost", "last_day_to_order", "forecast",
    "service_level", "target", "on_hand", "reserved", "incoming",
)  # fmt: skip
"""Of a purchase order."""


def purchase_rows(lines: Sequence[Line]) -> list[tuple[Any, ...]]:
    """Rows of a purchase order, by supplier and SKU: one per item with something to order."""
    rows = [
        (
            made.supply.supplier or "", made.sku, line.name, made.quantity, made.supply.pack, made.supply.cost,
            made.supply.currency or "", made.cost, made.last_day.isoformat() if made.last_day else "", made.forecast,
            made.level, made.target, made.on_hand, made.reserved, made.incoming,
        )
        for line in lines
        for made in (line.order,)
        if made.quantity > 0
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (row[0], row[1]))
