"""The health of a shelf: what runs out, what lies dead, what was lost, and which items matter most."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.stock.censoring import uncensored
from engine.stock.demand import Array
from engine.stock.ordering import Order

DEAD_DAYS = 90
_MOST_LIKELY_GONE = 0.5


def runs_out(order: Order) -> bool:
    """Whether the stock is more likely than not gone before an order placed today arrives."""
    return order.forecast > 0 and order.lasts < _MOST_LIKELY_GONE and order.quantity > 0


@dataclass(frozen=True)
class Dead:
    """No sale for `days` days, and the chance `p` of that at the item's own earlier rate."""

    days: int
    p: float


def dead(units: Array, on_hand: float) -> Dead | None:
    """How sure it is that an item with stock has stopped selling; None where it was sold within 90 days, or never.

    Args:
        units: shape (D,), units per day up to today.
    """
    sold = np.flatnonzero(units > 0)
    if on_hand <= 0 or not len(sold):
        return None
    quiet = len(units) - 1 - int(sold[-1])
    if quiet < DEAD_DAYS:
        return None
    # Days with a sale, not units: one large order is one event.
    before = int(sold[-1]) - int(sold[0]) + 1
    rate = max(len(sold) - 0.5, 0.5) / max(before, DEAD_DAYS)
    p = math.exp(-rate * quiet)
    return Dead(quiet, p)


def rate_low(units: Array) -> float:
    """Lower 95 % bound of units per day, from days as they were: clumped sales are less sure."""
    mean = float(units.mean()) if len(units) else 0.0
    if mean <= 0:
        return 0.0
    spread = max(float(units.var()), mean)
    return max(0.0, mean - 1.645 * math.sqrt(spread / len(units)))


@dataclass(frozen=True)
class Lost:
    """Units not sold because the shelf was empty, with the lower 95 % bound, and weekly demand as it would have been."""

    lost: float
    lost_low: float
    weeks_out: int
    units: Array


def lost_sales(units: Array, out: NDArray[np.bool_]) -> Lost | None:
    """What stock-outs cost; None where too many weeks were without stock to tell."""
    demand = uncensored(units, out)
    if demand.rate is None:
        return None
    # In units per week: the interval of the rate, over the weeks without stock.
    short = (demand.rate - demand.low) * int(out.sum())
    return Lost(demand.lost, max(0.0, demand.lost - short), int(out.sum()), demand.units)


def abc(worth: Mapping[str, float]) -> dict[str, str]:
    """A, B or C per item: those that make up the first 80 %, the next 15 % and the rest of what all are worth (margin)."""
    total = sum(max(value, 0.0) for value in worth.values())
    found, before = {}, 0.0
    for item, value in sorted(worth.items(), key=lambda pair: (-pair[1], pair[0])):
        share = before / total if total > 0 else 1.0
        found[item] = "A" if share < 0.8 and value > 0 else "B" if share < 0.95 and value > 0 else "C"
        before += max(value, 0.0)
    return found


def xyz(units: Array) -> str:
    """X, Y or Z: how steady weekly demand is (coefficient of variation up to 0.5, up to 1, above)."""
    mean = float(units.mean()) if len(units) else 0.0
    if mean <= 0:
        return "Z"
    variation = float(units.std()) / mean
    return "X" if variation <= 0.5 else "Y" if variation <= 1.0 else "Z"
