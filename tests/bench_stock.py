"""Forecasts and ordering against what sellers use instead, on later periods that nothing was learnt from.

`BACKROOM_SALES` names tables of sales (columns series, period, quantity) to measure on, separated by the path separator;
without it a simulated shop is measured.

Scaled pinball: the loss at P50, P80, P90 and P95 of the sum over four periods, over the mean period-to-period change in the
past; mean over the series that sold in two fifths of their periods, each at most 5 per quantile. RMSSE: per period, at most 5.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import NormalDist

import numpy as np

from engine.desks.files import read_table
from engine.stock.demand import Array, Panel, panel
from engine.stock.forecast import NAMES, forecast
from engine.stock.ordering import Expected
from engine.stock.quantiles import LEVELS
from engine.stock.replay import Outcome, replay, weeks_at

SPAN = 4
LEAD = 3
ORIGINS = 3
START = 26
Show = Callable[[dict[str, object]], None]


def _simulated() -> Panel:
    """Two hundred series over three years with a peak before Christmas, clumped orders and slow drift."""
    generator = np.random.default_rng(20261128)
    n, weeks = 200, 150
    peak = 1 + 1.5 * np.exp(-(((np.arange(weeks) % 52) - 47) ** 2) / 18)
    own = np.exp(generator.normal(0, 0.35, n))[:, None]
    drift = np.exp(np.cumsum(generator.normal(0, 0.03, (n, weeks)), axis=1))
    rate = np.exp(generator.normal(1.6, 1.1, n))[:, None] * drift * peak[None, :] ** own
    units = generator.negative_binomial(2.0, 2.0 / (2.0 + rate)).astype(np.float64)
    none = np.zeros(units.shape, dtype=bool)
    return Panel(tuple(str(i) for i in range(n)), "week", date(2023, 1, 2), units, none, np.full(units.shape, np.nan))


def _tables() -> Iterator[tuple[str, Panel]]:
    named = [Path(name) for name in os.environ.get("BACKROOM_SALES", "").split(os.pathsep) if name]
    for path in named:
        yield path.stem, panel(read_table(str(path)).iter_rows(named=True))
    if not named:
        yield "simulated", _simulated()


def _until(whole: Panel, t: int) -> Panel:
    units = whole.units[:, :t]
    return replace(whole, units=units, promoted=whole.promoted[:, :t], price=whole.price[:, :t])


def _level(units: Array) -> Array:
    level = units[:, 0].copy()
    for t in range(units.shape[1]):
        level += 0.1 * (units[:, t] - level)
    return level


def _normal(units: Array, span: int, level: float) -> Array:
    """What a safety stock by the normal distribution covers: level times the time, plus z times the spread times its root."""
    z = NormalDist().inv_cdf(level)
    return np.asarray(np.maximum(0.0, _level(units) * span + z * units.std(axis=1) * span**0.5))


def accuracy(name: str, whole: Panel, show: Show) -> None:
    """Pinball and RMSSE of ours and of every simple way, in one run over the same origins."""
    losses: dict[str, list[float]] = {}
    for origin in range(whole.units.shape[1] - ORIGINS * SPAN, whole.units.shape[1] - SPAN + 1, SPAN):
        past, ahead = whole.units[:, :origin], whole.units[:, origin : origin + SPAN]
        made = forecast(_until(whole, origin), SPAN, SPAN)
        step = np.abs(np.diff(past, axis=1))
        judged = ((past > 0).mean(axis=1) > 0.4) & (step.sum(axis=1) > 0)
        velocity = past[:, -4:].mean(axis=1)
        guesses: dict[str, tuple[list[Array], Array]] = {
            "ours": ([np.array([f.total[q] for f in made]) for q in NAMES], np.array([f.mean for f in made])),
            "velocity x lead time": ([velocity * SPAN] * 4, np.repeat(velocity[:, None], SPAN, axis=1)),
            "normal": ([_normal(past, SPAN, q) for q in LEVELS], np.repeat(_level(past)[:, None], SPAN, axis=1)),
            "naive": ([past[:, -1] * SPAN] * 4, np.repeat(past[:, -1:], SPAN, axis=1)),
        }
        if whole.season and origin >= whole.season + SPAN:
            year = past[:, origin - whole.season : origin - whole.season + SPAN]
            guesses["seasonal naive"] = ([year.sum(axis=1)] * 4, year)
        total = ahead.sum(axis=1)[judged]
        for guess, (bounds, means) in guesses.items():
            scale = step.mean(axis=1)[judged] * SPAN
            loss = sum(_pinball(total, b[judged], q) / scale for q, b in zip(LEVELS, bounds, strict=True))
            error = np.sqrt(((ahead - means) ** 2).mean(axis=1)[judged] / (step**2).mean(axis=1)[judged])
            losses.setdefault(f"scaled pinball, {guess}", []).append(float(np.minimum(loss, 20).mean()))
            losses.setdefault(f"RMSSE, {guess}", []).append(float(np.minimum(error, 5).mean()))
            if guess == "ours":
                losses.setdefault("P90 covers, ours", []).append(float((total <= bounds[2][judged]).mean()))
    for what, values in losses.items():
        show(
            {
                "name": f"stock, {name}: {what}",
                "value": float(np.mean(values)),
                "unit": "",
                "note": f"{len(values)} origins",
            }
        )


def _pinball(actual: Array, bound: Array, level: float) -> Array:
    return np.maximum(level * (actual - bound), (level - 1) * (actual - bound))


def ordering(name: str, whole: Panel, show: Show) -> None:
    """Stock in weeks of demand that each way needs for a mean fill of 0.90 and 0.95, replayed week by week."""
    units, span = whole.units, LEAD + 1
    weeks = range(START, units.shape[1])
    # What hardly sells afterwards has stock for hundreds of weeks whoever orders, and would be all that is seen.
    sold = ((units[:, :START] > 0).sum(axis=1) >= 3) & ((units[:, START:] > 0).mean(axis=1) >= 0.25)
    demand: dict[int, list[Expected]] = {}
    for t in weeks:
        made = forecast(_until(whole, t), 1, span)
        demand[t] = [Expected(f.total["mean"], tuple(f.total[q] for q in NAMES)) for f in made]

    def outcome(target: Callable[[int], Array]) -> Outcome:
        targets = np.zeros(units.shape)
        for t in weeks:
            targets[:, t] = target(t)
        return replay(units[sold], targets[sold], LEAD, START)

    start = units[:, :START]

    def quantile(level: float) -> Callable[[int], Array]:
        return lambda t: np.array([d.at(level) for d in demand[t]])

    def velocity(times: float) -> Callable[[int], Array]:
        return lambda t: units[:, t - 4 : t].mean(axis=1) * span * times

    def normal(level: float) -> Callable[[int], Array]:
        return lambda t: _normal(units[:, :t], span, level)

    def fixed(times: float) -> Callable[[int], Array]:
        return lambda _: start.mean(axis=1) * span * times

    ways: dict[str, list[Outcome]] = {
        "ours": [outcome(quantile(q)) for q in _QUANTILES],
        "velocity x lead time": [outcome(velocity(k)) for k in np.arange(0.5, 6.1, 0.5)],
        "normal": [outcome(normal(q)) for q in _QUANTILES],
        "static min/max": [outcome(fixed(k)) for k in np.arange(0.5, 8.1, 0.5)],
    }
    for way, outcomes in ways.items():
        for fill in (0.90, 0.95):
            needed = weeks_at(outcomes, fill)
            value: object = "never" if needed is None else needed
            show(
                {
                    "name": f"stock, {name}: weeks of stock for a fill of {fill:.2f}, {way}",
                    "value": value,
                    "unit": "weeks",
                }
            )
    asked = outcome(quantile(0.9))
    show({"name": f"stock, {name}: fill where P90 is ordered up to", "value": asked.fill, "unit": ""})


_QUANTILES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995)


def run(show: Show) -> None:
    """All measurements of the stock desk."""
    for name, whole in _tables():
        accuracy(name, whole, show)
        ordering(name, whole, show)
