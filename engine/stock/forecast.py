"""Forecasts: expected units and quantiles per period and over the lead time, with what they gain over simple guesses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.stock import seasonality, smoothing
from engine.stock.demand import Array, Panel, demand_class
from engine.stock.promotion import without_promotions
from engine.stock.quantiles import LEVELS, History, quantiles

NAMES = tuple(f"p{round(100 * level)}" for level in LEVELS)
METHOD = (
    "18 smoothings, weighed over the whole shop by past errors; season of the shop, each product's own shrunken to it; "
    "quantiles: mean of negative binomial, the shop's pooled errors and gradient boosting (v1)"
)
LEAST_PERIODS, LEAST_SALES = 8, 3
"""Shorter histories, or fewer periods with sales, give a forecast that is marked: too little to say."""


@dataclass(frozen=True)
class Forecast:
    """What is expected of one series.

    Attributes:
        mean: units per period, `horizon` of them.
        quantiles: per name (p50, p80, p90, p95) units per period.
        total: mean and quantiles of the sum over the lead time.
        skill: 1 - error / error of the better of naive and seasonal naive over past lead times, measured on periods
            that the weights did not see; None where it cannot be measured. Zero or less: no better than the guess.
        against: per guess ("naive", "seasonal naive") the same.
        abstain: too little history to be relied on.
    """

    id: str
    demand: str
    mean: tuple[float, ...]
    quantiles: dict[str, tuple[float, ...]]
    total: dict[str, float]
    skill: float | None
    against: dict[str, float]
    abstain: bool
    method: str = METHOD

    def as_json(self) -> dict[str, Any]:
        """The shape `forecast --json` prints."""
        shown: dict[str, Any] = {"id": self.id, "class": self.demand, "mean": list(self.mean)}
        shown |= {name: list(values) for name, values in self.quantiles.items()}
        return shown | {
            "total": self.total,
            "skill": self.skill,
            "skill_against": self.against,
            "abstain": self.abstain,
            "method": self.method,
        }


def forecast(panel: Panel, horizon: int, lead_time: int) -> list[Forecast]:
    """Forecasts of every series of a panel for the periods after its last one.

    Args:
        horizon: periods to forecast one by one, at least 1.
        lead_time: periods that the total is over, at least 1.
    """
    cleaned, plan = without_promotions(panel, horizon)
    own, seasonal = _season_that_helps(panel, cleaned, lead_time)
    ahead = max(horizon, lead_time)
    season = _season(panel, cleaned, ahead, own, seasonal)
    periods = cleaned.shape[1]
    history = _history(cleaned / season[:, :periods], panel, lead_time)
    factors = season[:, periods:] * plan[:, :ahead] if plan.shape[1] >= ahead else season[:, periods:]
    mean = history.level[:, -1][:, None] * factors
    steps = np.stack(
        [quantiles(history, 1, step, factors[:, step], boosted=False) for step in range(horizon)], axis=2
    )  # (4, n, horizon)
    window = factors[:, :lead_time].mean(axis=1)
    total = quantiles(history, lead_time, 0, window, boosted=True)
    against = _against(panel, cleaned, lead_time, own, seasonal)
    return [
        _one(panel, i, mean[i, :horizon], steps[:, i], float(mean[i, :lead_time].sum()), total[:, i], against[i])
        for i in range(len(panel.ids))
    ]


def _one(
    panel: Panel, i: int, mean: Array, steps: Array, sum_mean: float, total: Array, against: dict[str, float]
) -> Forecast:
    units = panel.units[i]
    enough = len(units) >= LEAST_PERIODS and int((units > 0).sum()) >= LEAST_SALES
    return Forecast(
        id=panel.ids[i],
        demand=demand_class(units),
        mean=tuple(round(float(v), 4) for v in mean),
        quantiles={name: tuple(round(float(v), 4) for v in steps[k]) for k, name in enumerate(NAMES)},
        total={"mean": round(sum_mean, 4)} | {name: round(float(total[k]), 4) for k, name in enumerate(NAMES)},
        skill=min(against.values()) if against else None,
        against=against,
        abstain=not enough,
    )


def _season(panel: Panel, units: Array, ahead: int, own: float | None, seasonal: bool) -> Array:
    if not seasonal:
        return np.ones((len(units), units.shape[1] + ahead))
    return seasonality.index(panel, units, ahead, own)


def _history(units: Array, panel: Panel, span: int, learn_until: int | None = None) -> History:
    """Smoothings of `units` and their weighing, learnt from origins before `learn_until` (all when None)."""
    periods = units.shape[1]
    paths = smoothing.candidates(units)
    burn = max(4, min(13, periods // 3))
    last = (periods if learn_until is None else learn_until) - span + 1
    w = smoothing.weights(units, paths, span, range(burn, last))
    whole = bool(np.all(panel.units == np.round(panel.units)))
    return History(units, paths, np.tensordot(w, paths, axes=1), whole, burn)


def _split(periods: int, span: int) -> int:
    """The period up to which things are learnt when the rest is to judge them."""
    return periods - max(2 * span, periods // 4)


_GAIN = 0.995
"""A season, or a more private one, is used only where it lowers past errors below this share."""


def _season_that_helps(panel: Panel, units: Array, span: int) -> tuple[float | None, bool]:
    """How far products' own seasons are believed (`seasonality.OWN`) and whether any season is used at all.

    Judged on the last quarter of the past by the mean scaled error of a plain smoothing. Where the history is too short
    to be split, the shop's index is used as it is.
    """
    periods = units.shape[1]
    split = _split(periods, span)
    if np.allclose(seasonality.index(panel, units, 1), 1.0):
        return None, False
    if np.allclose(seasonality.index(panel, units[:, :split], 1), 1.0):
        return None, True
    best = _season_error(units, np.ones((len(units), periods)), split, span)
    choice: tuple[float | None, bool] = (None, False)
    for own in seasonality.OWN:
        error = _season_error(units, seasonality.index(panel, units[:, :split], periods - split, own), split, span)
        if error < best * _GAIN:
            best, choice = error, (own, True)
    return choice


def _season_error(units: Array, season: Array, split: int, span: int) -> float:
    spread = smoothing.scale(units[:, :split])
    ok = smoothing.usable(units[:, :split]) & (spread > 0)
    level = smoothing.exponential(smoothing.capped(units / season, 0.95), 0.2)
    errors = [
        np.abs(units[:, t : t + span].sum(axis=1) - level[:, t] * season[:, t : t + span].sum(axis=1))
        for t in range(split, units.shape[1] - span + 1)
    ]
    return float((np.mean(errors, axis=0)[ok] / spread[ok]).mean()) if errors and ok.any() else np.inf


def _against(panel: Panel, units: Array, span: int, own: float | None, seasonal: bool) -> list[dict[str, float]]:
    """Per series the skill against naive and seasonal naive over past windows that nothing was learnt from."""
    n, periods = units.shape
    split = _split(periods, span)
    if split < LEAST_PERIODS:
        return [{}] * n
    season = _season(panel, units[:, :split], periods - split, own, seasonal)
    history = _history(units / season, panel, span, learn_until=split)
    origins = range(split, periods - span + 1)

    def error(guess: Array) -> Array:
        """Mean absolute error over the origins; `guess` has shape (n, len(origins))."""
        actual = np.stack([panel.units[:, t : t + span].sum(axis=1) for t in origins], axis=1)
        return np.asarray(np.abs(actual - guess).mean(axis=1))

    mine = error(np.stack([history.level[:, t] * season[:, t : t + span].sum(axis=1) for t in origins], axis=1))
    guesses = {"naive": error(np.stack([panel.units[:, t - 1] * span for t in origins], axis=1))}
    if panel.season and split >= panel.season:
        year = panel.season
        guesses["seasonal naive"] = error(
            np.stack([panel.units[:, t - year : t - year + span].sum(axis=1) for t in origins], axis=1)
        )
    return [
        {name: round(float(1 - mine[i] / worst[i]), 4) for name, worst in guesses.items() if worst[i] > 0}
        for i in range(n)
    ]
