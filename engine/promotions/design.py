"""Designing a promotion: what it must bring to pay, what the shop's past makes likely, how to test it fairly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from engine.promotions.effect import Array

LEAST_PRICES, LEAST_PERIODS = 2, 8
_STEP = 0.03
"""A price differs when it is three percent away: less is rounding."""


def break_even_lift(margin: float, discount: float) -> float | None:
    """The lift in units at which profit is as before: m / (m - d) - 1; None when every discounted unit loses money.

    Args:
        margin: margin over the full price; discount: off the full price; both as shares, 0 to 1.
    """
    return None if discount >= margin else margin / (margin - discount) - 1


@dataclass(frozen=True)
class Elasticity:
    """Percent of units gained per percent of price taken off, as a positive number, with its 90 % interval.

    `own` is the product's own estimate before shrinking; None where its price never moved.
    """

    value: float
    low: float
    high: float
    own: float | None
    products: int


def elasticities(units: Array, price: Array) -> list[Elasticity | None]:
    """The elasticity of every series, shrunken to the shop's; all None where no price ever moved.

    Log units on log price and the log of the rest of the shop, per series by least squares; then shrunken by their
    errors (empirical Bayes). A series whose price never moved gets the shop's value with the shop's spread.

    Args:
        units, price: shape (n, T), NaN prices are unknown.
    """
    own = [_own(units, price, i) for i in range(len(units))]
    known = [pair for pair in own if pair is not None]
    if not known:
        return [None] * len(units)
    values, errors = (np.array(x) for x in zip(*known, strict=True))
    weight = 1 / np.maximum(errors, 0.05) ** 2
    mean = float((weight * values).sum() / weight.sum())
    scatter = float((weight * (values - mean) ** 2).sum() - (len(values) - 1))
    spread = math.sqrt(max(scatter / float(weight.sum()), 0.09))
    found: list[Elasticity | None] = []
    for pair in own:
        value, error = (mean, math.inf) if pair is None else pair
        share = 0.0 if math.isinf(error) else spread**2 / (spread**2 + error**2)
        centre = share * value + (1 - share) * mean
        half = 1.645 * spread * math.sqrt(1 - share)
        found.append(Elasticity(-centre, -centre - half, -centre + half, None if pair is None else -value, len(known)))
    return found


def _own(units: Array, price: Array, i: int) -> tuple[float, float] | None:
    ok = np.isfinite(price[i]) & (price[i] > 0)
    if ok.sum() < LEAST_PERIODS:
        return None
    typical = float(np.median(price[i, ok]))
    moved = np.abs(price[i, ok] / typical - 1) > _STEP
    if min(moved.sum(), (~moved).sum()) < LEAST_PRICES:
        return None
    rest = np.delete(units, i, axis=0)[:, ok] if len(units) > 1 else np.ones((1, int(ok.sum())))
    shop = np.log(rest.mean(axis=0) + 0.5)
    x = np.stack([np.ones(int(ok.sum())), np.log(price[i, ok] / typical), shop - shop.mean()], axis=1)
    y = np.log(units[i, ok] + 0.5)
    gram = np.linalg.inv(x.T @ x + np.diag([0.0, 1e-3, 0.5]))
    line = gram @ x.T @ y
    variance = float(((y - x @ line) ** 2).sum()) / max(len(y) - 3, 1)
    return float(line[1]), math.sqrt(max(variance * gram[1, 1], 1e-6))


def likely_lift(elasticity: Elasticity, discount: float) -> tuple[float, float, float]:
    """The lift that an elasticity makes likely for a discount (share of the price): low, middle, high."""
    cut = -math.log(max(1 - discount, 0.01))
    low, middle, high = (math.exp(e * cut) - 1 for e in (elasticity.low, elasticity.value, elasticity.high))
    return low, middle, high


def periods_for_test(mean: float, dispersion: float, lift: float, power: float = 0.8) -> int | None:
    """Periods with and without the promotion, in turn, that a fair test (switchback) of a lift takes altogether.

    Two means of overdispersed counts, one-sided at 5 %, half of the periods each. None for a lift of zero or less.

    Args:
        mean: units per period without; dispersion: variance over mean; lift: the smallest lift worth knowing.
    """
    if lift <= 0 or mean <= 0:
        return None
    score = NormalDist().inv_cdf(0.95) + NormalDist().inv_cdf(power)
    variance = max(dispersion, 1.0) * mean * (2 + lift)
    return 2 * math.ceil(score**2 * variance / (mean * lift) ** 2)


@dataclass(frozen=True)
class Design:
    """What a planned discount must bring and is likely to bring."""

    discount: float
    margin: float
    break_even: float | None
    low: float | None
    likely: float | None
    high: float | None
    stock_needed: float | None
    stock_lasts: bool | None
    test_periods: int | None

    @property
    def pays(self) -> bool | None:
        """Whether the likely lift reaches the break-even; None where no lift can be told."""
        if self.break_even is None:
            return False
        return None if self.likely is None else self.likely >= self.break_even


def design(
    margin: float,
    discount: float,
    elasticity: Elasticity | None,
    *,
    baseline: float,
    dispersion: float,
    periods: int,
    stock: float | None,
) -> Design:
    """The design of a discount on one product.

    Args:
        margin, discount: shares of the full price; baseline: expected units per period without it; stock: units at hand.
    """
    even = break_even_lift(margin, discount)
    low, likely, high = (None, None, None) if elasticity is None else likely_lift(elasticity, discount)
    needed = None if likely is None else baseline * periods * (1 + likely)
    return Design(
        discount=discount,
        margin=margin,
        break_even=even,
        low=low,
        likely=likely,
        high=high,
        stock_needed=needed,
        stock_lasts=None if needed is None or stock is None else stock >= needed,
        test_periods=periods_for_test(baseline, dispersion, even) if even is not None else None,
    )


def holdout_share(purchases: int, of: int, lift: float, power: float = 0.8) -> int | None:
    """Customers per group for a fair test with a holdout: two shares, one-sided at 5 %; None where nothing can be told."""
    if of <= 0 or purchases <= 0 or lift <= 0:
        return None
    share = purchases / of
    other = min(share * (1 + lift), 0.999)
    score = NormalDist().inv_cdf(0.95) + NormalDist().inv_cdf(power)
    return math.ceil(score**2 * (share * (1 - share) + other * (1 - other)) / (other - share) ** 2)


def dispersion(units: Sequence[float] | Array) -> float:
    """Variance over mean, at least 1."""
    values = np.asarray(units, dtype=np.float64)
    mean = float(values.mean()) if len(values) else 0.0
    return max(1.0, float(values.var(ddof=1)) / mean) if len(values) > 1 and mean > 0 else 1.0
