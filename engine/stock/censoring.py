"""Demand behind stock-outs: what would have been sold where the shelf was empty for a part of the period."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import poisson

from engine.stock.demand import Array

MOST_CENSORED = 0.6
"""Above this share of periods with a stock-out no method finds the demand (measured): it is refused."""
METHOD = "Poisson rate with right-censored periods, by expectation-maximisation (Dempster, Laird & Rubin 1977) (v1)"
_ROUNDS = 200


@dataclass(frozen=True)
class Demand:
    """What a product would have sold.

    Attributes:
        rate: units per period, with its 95 % interval; None when refused.
        units: shape (T,), the periods with censored ones replaced by their expected demand.
        lost: expected units not sold; share: share of periods with a stock-out.
    """

    rate: float | None
    low: float
    high: float
    units: Array
    lost: float
    share: float


def uncensored(units: Array, out_of_stock: NDArray[np.bool_]) -> Demand:
    """The demand of one product whose sales in some periods ended with an empty shelf.

    A period marked `out_of_stock` sold at least what it sold: its demand is that or more.

    Args:
        units: shape (T,); out_of_stock: shape (T,), whether the shelf was empty at any time of the period.
    """
    share = float(out_of_stock.mean()) if len(units) else 1.0
    if share > MOST_CENSORED or len(units) < 4 or bool(out_of_stock.all()):
        return Demand(None, 0.0, float("inf"), units.copy(), 0.0, share)
    open_units = units[~out_of_stock]
    rate = float(max(open_units.mean(), units.mean(), 1e-6))
    for _ in range(_ROUNDS):
        expected = np.where(out_of_stock, _at_least(units, rate), units)
        new = float(expected.mean())
        if abs(new - rate) < 1e-9 * max(1.0, rate):
            break
        rate = new
    # Demand varies more than a Poisson's; the interval takes the spread of the open periods, and only what they tell.
    spread = max(float(open_units.var(ddof=1)) if len(open_units) > 1 else rate, rate)
    error = 1.96 * (spread / max(len(open_units), 1)) ** 0.5
    filled = np.where(out_of_stock, _at_least(units, rate), units)
    return Demand(rate, max(0.0, rate - error), rate + error, filled, float((filled - units).sum()), share)


def _at_least(floor: Array, rate: float) -> Array:
    """E[X | X >= floor] of a Poisson variable: rate * P(X >= floor - 1) / P(X >= floor); shape of `floor`."""
    whole = np.ceil(floor)
    tail = poisson.sf(whole - 1, rate)
    above = np.where(whole <= 0, 1.0, poisson.sf(whole - 2, rate))
    safe = tail > 1e-12
    return np.asarray(np.where(safe, rate * above / np.where(safe, tail, 1.0), whole))
