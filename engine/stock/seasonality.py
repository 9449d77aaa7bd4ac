"""The season: one index per period from all products of the shop together, and each product's own shrunken to it.

One product's two years say little about its season; a shop's products together say much.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from engine.stock.demand import Array, Panel

_LUNAR_NEW_YEAR = (
    "2010-02-14 2011-02-03 2012-01-23 2013-02-10 2014-01-31 2015-02-19 2016-02-08 2017-01-28 2018-02-16 2019-02-05 "
    "2020-01-25 2021-02-12 2022-02-01 2023-01-22 2024-02-10 2025-01-29 2026-02-17 2027-02-06 2028-01-26 2029-02-13 "
    "2030-02-03 2031-01-23 2032-02-11 2033-01-31 2034-02-19 2035-02-08"
)
LUNAR_NEW_YEAR = tuple(date.fromisoformat(day) for day in _LUNAR_NEW_YEAR.split())
"""First day of the Chinese lunar year (Hong Kong Observatory's calendar)."""


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm; Meeus 1991, ch. 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def _black_friday(year: int) -> date:
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 22)


def holidays(days: list[date]) -> dict[str, Array]:
    """Per holiday an indicator over weeks that begin on `days`: 1 in the weeks it moves, else 0."""
    marks: dict[str, Array] = {}

    def mark(name: str, day: date, before: int, after: int) -> None:
        row = marks.setdefault(name, np.zeros(len(days)))
        for i, monday in enumerate(days):
            away = (monday - day).days // 7 + 1
            if -before <= away <= after:
                row[i] = 1.0

    for year in sorted({day.year for day in days} | {days[-1].year + 1}):
        mark("Black Friday", _black_friday(year), 0, 0)
        mark("Singles' Day 双11", date(year, 11, 11), 0, 0)
        mark("618", date(year, 6, 18), 0, 0)
        mark("Easter", easter(year), 1, 0)
        mark("before Christmas", date(year, 12, 25), 4, -1)
        mark("Christmas and New Year", date(year, 12, 25), 0, 1)
    for day in LUNAR_NEW_YEAR:
        mark("before Chinese New Year 春节", day, 3, -1)
        mark("Chinese New Year 春节", day, 0, 1)
    return marks


OWN = (None, 20.0, 6.0, 2.0)
"""How far a product's own season is believed: None is the shop's alone, else worth so many windows of the shop's."""
_LEAST = {"month": 24, "week": 60}


def index(panel: Panel, units: Array, ahead: int, own: float | None = None) -> Array:
    """The season's factor for every series, past period and `ahead` more: shape (n, T + ahead), about 1 on average.

    The shop's pooled index; with `own`, each product's own ratio at the same time of earlier years, shrunken to it.
    All ones where the step is unknown or there are less than two years by month or 60 weeks.

    Args:
        units: shape (n, T), the panel's units up to the origin.
    """
    n, periods = units.shape
    if periods < _LEAST.get(panel.step, periods + 1):
        return np.ones((n, periods + ahead))
    pooled = _monthly(units, ahead) if panel.step == "month" else _weekly(panel, units, ahead)
    if own is None:
        return np.tile(pooled, (n, 1))
    return _own(units, pooled, panel.season, own, reach=0 if panel.step == "month" else 2)


_BOUND = 5.0


def _own(units: Array, pooled: Array, season: int, kappa: float, reach: int) -> Array:
    """(own + kappa windows of the shop's) / (expected + kappa windows), times the pooled index; shape (n, len(pooled)).

    A window is a period and `reach` to either side; what a product sold in the same window of every earlier year is set
    against its own level of that year, each period capped at five times the level.
    """
    n, periods = units.shape
    level = _level(units / pooled[:periods], season)
    sold = np.minimum(units, _BOUND * level * pooled[:periods])
    result = np.empty((n, len(pooled)))
    for slot in range(season):
        past = np.zeros(periods)
        for shift in range(-reach, reach + 1):
            past[(np.arange(periods) - slot - shift) % season == 0] = 1
        expected = (level * pooled[:periods]) @ past
        prior = kappa * level.mean(axis=1) * (2 * reach + 1)
        ratio = (sold @ past + prior) / np.maximum(expected + prior, 1e-12)
        mine = np.arange(slot, len(pooled), season)
        result[:, mine] = ratio[:, None] * pooled[mine]
    result = np.where(level.mean(axis=1, keepdims=True) > 1e-9, result, pooled)
    year = np.maximum(result[:, periods - season : periods].mean(axis=1, keepdims=True), 1e-9)
    return np.asarray(np.clip(result / year, 0.05, 20.0))


def _level(units: Array, season: int) -> Array:
    """The mean of a year around each period (at the ends, of the nearest whole year): shape (n, T)."""
    n, periods = units.shape
    width = min(season, periods)
    sums = np.concatenate([np.zeros((n, 1)), np.cumsum(units, axis=1)], axis=1)
    first = np.clip(np.arange(periods) - width // 2, 0, periods - width)
    return np.asarray((sums[:, first + width] - sums[:, first]) / width)


def _monthly(units: Array, ahead: int) -> Array:
    """Ratio to the centred 12-month mean, pooled over the products, each weighing alike; shrunk by the cycles seen."""
    kernel = np.full(13, 1 / 12)
    kernel[[0, -1]] /= 2
    centred = np.apply_along_axis(lambda row: np.convolve(row, kernel, "valid"), 1, units)
    inner = units[:, 6 : 6 + centred.shape[1]]
    level = np.maximum(units.mean(axis=1, keepdims=True), 1e-9)
    ok = centred > 0
    sold = np.where(ok, np.minimum(inner / level, 8), 0).sum(axis=0)
    expected = np.where(ok, centred / level, 0).sum(axis=0)
    slot = (np.arange(len(sold)) + 6) % 12
    factors = np.ones(12)
    for month in range(12):
        mine = slot == month
        if expected[mine].sum() > 0:
            cycles = mine.sum()
            factors[month] += (sold[mine].sum() / expected[mine].sum() - 1) * cycles / (cycles + 0.5)
    factors = np.maximum(factors / factors.mean(), 0.1)
    return np.asarray(factors[np.arange(units.shape[1] + ahead) % 12])


_WAVES = 4


def _weekly(panel: Panel, units: Array, ahead: int) -> Array:
    """Log activity of the shop on a slow trend, four yearly waves and holidays, with a ridge on all but the level.

    With one or two years a week's own mean is noise; waves share strength between weeks, holidays move with the calendar.
    """
    periods = units.shape[1]
    level = np.maximum(units.mean(axis=1, keepdims=True), 1e-9)
    activity = np.minimum(units / level, 6)[units.sum(axis=1) > 0].mean(axis=0)
    days = panel.days(periods + ahead)
    turn = 2 * np.pi * np.array([day.timetuple().tm_yday for day in days]) / 365.25
    waves = np.stack([f(k * turn) for k in range(1, _WAVES + 1) for f in (np.sin, np.cos)], axis=1)
    feasts = np.stack([row for row in holidays(days).values() if row[:periods].any()] or [np.zeros(len(days))], axis=1)
    season = np.concatenate([waves, feasts], axis=1)
    trend = (np.arange(periods) - periods / 2)[:, None] / 52
    x = np.concatenate([np.ones((periods, 1)), trend, season[:periods]], axis=1)
    y = np.log(np.maximum(activity, 0.05))
    penalty = np.diag([0.0, 2.0, *([0.5] * waves.shape[1]), *([0.3] * feasts.shape[1])])
    weight = np.ones(periods)
    for _ in range(3):
        solved = np.linalg.solve((x * weight[:, None]).T @ x + penalty, (x * weight[:, None]).T @ y)
        rest = np.abs(y - x @ solved)
        weight = 1 / np.maximum(1.0, rest / max(1.5 * float(np.median(rest)), 1e-6))
    factors: Array = np.exp(season @ solved[2:])
    return np.asarray(np.clip(factors / factors[periods - 52 : periods].mean(), 0.1, 10.0))
