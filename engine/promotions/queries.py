"""What screens and verbs show of promotions: read-only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.promotions import facts
from engine.promotions.design import Design, design, dispersion, elasticities
from engine.promotions.desk import Measured

if TYPE_CHECKING:
    from engine.store.database import Store


def measured(store: Store) -> list[Measured]:
    """All promotions as the last run measured them, newest first."""
    return [
        Measured(**(row | {"worked": bool(row["worked"])}))
        for row in store.rows("SELECT * FROM promotion_effects ORDER BY first DESC, id")
    ]


@dataclass(frozen=True)
class Planned:
    """A design for one product, with what it was made from."""

    product: str
    name: str
    price: float
    cost: float
    currency: str | None
    made: Design


def plan(store: Store, product: str, discount: float, days: int) -> Planned | str:
    """The design of a discount on a product over so many days; or why none can be made: "unknown", "no cost".

    The likely lift comes from the elasticity that the shop's own price changes show; without any it stays open.
    """
    sold = facts.sales(store)
    if sold is None or product not in sold.products:
        return "unknown"
    cost = facts.costs(store).get(product)
    i = sold.products.index(product)
    price = float(sold.usual[i])
    if cost is None or not np.isfinite(price):
        return "no cost"
    weeks = sold.units.shape[1] // 7
    units = sold.units[:, -weeks * 7 :].reshape(len(sold.products), weeks, 7).sum(axis=2)
    prices = sold.price[:, -weeks * 7 :].reshape(len(sold.products), weeks, 7)
    known = np.isfinite(prices)
    weekly = np.where(
        known.any(axis=2), np.where(known, prices, 0).sum(axis=2) / np.maximum(known.sum(axis=2), 1), np.nan
    )
    recent = units[i, -13:]
    made = design(
        1 - cost / price,
        discount,
        elasticities(units, weekly)[i],
        baseline=float(recent.mean()),
        dispersion=dispersion(units[i]),
        periods=max(1, round(days / 7)),
        stock=_stock(store, product),
    )
    return Planned(product, sold.names[i], price, cost, sold.currency[i], made)


def _stock(store: Store, product: str) -> float | None:
    value: Any = store.value(
        "SELECT sum(coalesce(available, on_hand)) FROM stock WHERE product = ? AND day IS (SELECT max(day) FROM stock)",
        [product],
    )
    return None if value is None else float(value)
