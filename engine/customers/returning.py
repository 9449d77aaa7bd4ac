"""Who comes back: BG/NBD by maximum likelihood, then set right by what this shop's earlier forecasts missed.

Fader, Hardie & Lee 2005, "Counting your customers the easy way": while active, a customer buys at a rate of their own
(gamma over customers) and stops after any purchase with a chance of their own (beta over customers). The model knows no
season, so what it said 90 days and longer ago is held against what happened (Platt 1999), and where the history holds a
year, against the same weeks of that year.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize, special, stats

from engine.customers.history import History

if TYPE_CHECKING:
    from numpy.typing import NDArray

WINDOW = 90.0
"""Days within which "comes back" is meant."""
FEWEST = 50
"""Customers below which nothing is said."""
YEAR = 365.0
_WEEK = 7.0
_STEP, _MOST_STEPS = 30.0, 9
_FIRM_SLOPE, _FIRM_SHIFT = 20.0, 4.0
_WEAK = 0.01
_SEASON_KEPT = 0.7


@dataclass(frozen=True)
class Habits:
    """What the model looks at, per customer with a purchase before `now`.

    Attributes:
        customer: indices.
        x: days with a purchase after the first.
        last, age: weeks from the first purchase to the last, and to `now`.
    """

    customer: NDArray[np.int64]
    x: NDArray[np.float64]
    last: NDArray[np.float64]
    age: NDArray[np.float64]

    @classmethod
    def of(cls, history: History, now: float) -> Habits:
        """From all baskets before `now` (in days)."""
        past = history.between(end=now)
        known = past.customer >= 0
        days = np.floor(past.day[known]).astype(np.int64)
        visits = np.unique(np.stack([past.customer[known], days], 1), axis=0).astype(np.float64)
        customer, start, count = np.unique(visits[:, 0], return_index=True, return_counts=True)
        first, last = visits[start, 1], visits[start + count - 1, 1] if len(start) else visits[:0, 1]
        return cls(
            customer.astype(np.int64),
            (count - 1).astype(np.float64),
            ((last - first) / _WEEK).astype(np.float64),
            (np.maximum(now - first, 1.0) / _WEEK).astype(np.float64),
        )


@dataclass(frozen=True)
class Model:
    """BG/NBD: rates are gamma(r, alpha) per week, chances to stop are beta(a, b)."""

    r: float
    alpha: float
    a: float
    b: float

    @classmethod
    def fit(cls, habits: Habits) -> Model:
        """The likeliest parameters, held weakly near 1 so that a hundred customers are enough."""
        x, last, age = habits.x, habits.last, habits.age

        def loss(logs: NDArray[np.float64]) -> float:
            r, alpha, a, b = np.exp(logs)
            never = -(r + x) * np.log(alpha + age)
            again = np.where(
                x > 0, np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + last), -np.inf
            )
            whole = (
                special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha)
                + special.betaln(a, b + x) - special.betaln(a, b) + np.logaddexp(never, again)
            )  # fmt: skip
            return float(-whole.sum() + _WEAK * len(x) ** 0.5 * (logs**2).sum())

        best = optimize.minimize(loss, np.zeros(4), method="L-BFGS-B", bounds=[(-6, 6)] * 4)
        return cls(*(float(value) for value in np.exp(best.x)))

    def alive(self, habits: Habits) -> NDArray[np.float64]:
        """(customers,) the chance that a customer has not stopped."""
        x = habits.x
        gone = self.a / (self.b + np.maximum(x, 1) - 1)
        gone = gone * ((self.alpha + habits.age) / (self.alpha + habits.last)) ** (self.r + x)
        return np.where(x > 0, 1 / (1 + gone), 1.0)

    def returns(self, habits: Habits, days: float = WINDOW) -> NDArray[np.float64]:
        """(customers,) the chance of at least one purchase within `days`."""
        waits = ((self.alpha + habits.age) / (self.alpha + habits.age + days / _WEEK)) ** (self.r + habits.x)
        result: NDArray[np.float64] = self.alive(habits) * (1 - waits)
        return result

    def bounds(self, habits: Habits, days: float = WINDOW) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The chance of `returns` at the 2.5 and 97.5 % points of what a customer's rate may be."""
        low, high = (
            self.alive(habits)
            * (1 - np.exp(-stats.gamma.ppf(point, self.r + habits.x) / (self.alpha + habits.age) * days / _WEEK))
            for point in (0.025, 0.975)
        )
        return low, high

    def waits(self, habits: Habits) -> NDArray[np.float64]:
        """(customers,) days until the next purchase of a customer who has not stopped (median)."""
        result: NDArray[np.float64] = _WEEK * (self.alpha + habits.age) * (2 ** (1 / (self.r + habits.x)) - 1)
        return result


@dataclass(frozen=True)
class Correction:
    """What earlier forecasts missed, on the logit scale: logit(p) becomes slope · logit(p) + shift + season.

    Attributes:
        checks: earlier days on which a forecast was held against what happened.
        seasonal: the same weeks of the year before were among them.
    """

    slope: float = 1.0
    shift: float = 0.0
    season: float = 0.0
    checks: int = 0
    seasonal: bool = False

    def __call__(self, chance: NDArray[np.float64]) -> NDArray[np.float64]:
        """Corrected chances."""
        result: NDArray[np.float64] = special.expit(self.slope * _logit(chance) + self.shift + self.season)
        return result


def _logit(chance: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = special.logit(np.clip(chance, 1e-4, 1 - 1e-4))
    return result


def correction(history: History, now: float) -> Correction:
    """From forecasts as they would have been made every 30 days up to one window ago, and a year ago."""
    start = history.day[0] if len(history.day) else now
    cuts = [now - WINDOW - _STEP * i for i in range(_MOST_STEPS)]
    checks = [check for cut in cuts if cut - start >= WINDOW and (check := _check(history, cut)) is not None]
    if not checks:
        return Correction()
    recent = checks[:3]
    slope, shift = _fitted(np.concatenate([c[0] for c in recent]), np.concatenate([c[1] for c in recent]), len(recent))
    # One window's miss is mostly its season: it is believed by a third, what several windows missed alike by more.
    windows = len(checks) * _STEP / WINDOW
    shift *= windows / (windows + 2)
    last_year = _check(history, now - YEAR) if now - YEAR - start >= WINDOW else None
    if last_year is None:
        return Correction(slope, shift, checks=len(checks))
    shifts = [_shift(*check, slope) for check in checks]
    season = _SEASON_KEPT * (_shift(*last_year, slope) - float(np.mean(shifts)))
    return Correction(slope, float(np.mean(shifts)), season, len(checks) + 1, seasonal=True)


def _check(history: History, cut: float) -> tuple[NDArray[np.float64], NDArray[np.bool_]] | None:
    """The logits a model of that day would have given, and who did come back."""
    habits = Habits.of(history, cut)
    if len(habits.customer) < FEWEST:
        return None
    came = np.isin(habits.customer, history.between(cut, cut + WINDOW).customer)
    return _logit(Model.fit(habits).returns(habits)), came


def _fitted(logits: NDArray[np.float64], came: NDArray[np.bool_], repeats: int) -> tuple[float, float]:
    """Slope and shift of a logistic regression, held near 1 and 0; overlapping windows count once."""

    def loss(parameters: NDArray[np.float64]) -> float:
        slope, shift = (float(value) for value in parameters)
        z = slope * logits + shift
        misfit = float((np.logaddexp(0, z) - came * z).sum()) / repeats
        return misfit + _FIRM_SLOPE * (slope - 1) ** 2 / 2 + _FIRM_SHIFT * shift**2 / 2

    best = optimize.minimize(loss, np.array([1.0, 0.0]), method="BFGS")
    return float(best.x[0]), float(best.x[1])


def _shift(logits: NDArray[np.float64], came: NDArray[np.bool_], slope: float) -> float:
    """The shift alone, with the slope given."""

    def loss(shift: float) -> float:
        z = slope * logits + shift
        misfit = float((np.logaddexp(0, z) - came * z).sum())
        return misfit + float(_FIRM_SHIFT * shift**2 / 2)

    best = optimize.minimize_scalar(loss, bounds=(-3, 3), method="bounded")
    return float(best.x)


@dataclass(frozen=True)
class Outlook:
    """What to expect of each customer from `now` on.

    Attributes:
        habits: who, and what they did.
        chance, low, high: (customers,) of coming back within `WINDOW` days, with its 95 % interval.
        alive: (customers,) the chance that they have not stopped.
        wait: (customers,) days until the next purchase (median), given that they have not stopped.
        correction: what was set right.
    """

    habits: Habits
    chance: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    alive: NDArray[np.float64]
    wait: NDArray[np.float64]
    correction: Correction


def outlook(history: History, now: float) -> Outlook | None:
    """For every customer who bought before `now`; None with fewer than 50 of them."""
    habits = Habits.of(history, now)
    if len(habits.customer) < FEWEST:
        return None
    model, correct = Model.fit(habits), correction(history, now)
    low, high = model.bounds(habits)
    return Outlook(
        habits,
        correct(model.returns(habits)),
        correct(low),
        correct(high),
        model.alive(habits),
        model.waits(habits),
        correct,
    )
