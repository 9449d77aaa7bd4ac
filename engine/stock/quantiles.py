"""Quantiles of demand to come: the mean of three answers, none of which is best everywhere.

A negative binomial with a shrunken spread (right for small counts), the shop's own scaled errors pooled over all products
(right for heavy tails), and gradient-boosted quantiles of those errors (which see what kind of product it is).
A model trained on another shop misleads; everything here is fitted on the shop at hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import gamma, nbinom

from engine.stock.demand import Array
from engine.stock.smoothing import usable

Indices = NDArray[np.intp]

LEVELS = (0.5, 0.8, 0.9, 0.95)
_KAPPA = 6.0
"""Windows that the shop's spread is worth against a product's own."""
_FAR = 4.0
"""A product's spread is at most so many times the shop's at its level, and at least one part in as many."""
_LEAST_POOLED, _LEAST_BOOSTED, _MOST_EXAMPLES = 50, 400, 30_000
_DRIFT = 1.1
"""Quantiles stand this much further from the median than past errors say: shops change in ways their past does not show."""
_NORMAL = float(np.sqrt(np.pi / 2))
"""Standard deviation over mean absolute deviation of a normal variable."""


@dataclass(frozen=True)
class Errors:
    """Past errors of sums over windows of `span` periods that begin `gap` periods after the origin.

    Attributes:
        total: shape (n, J): units sold in the window from origin j = 0..J-1.
        expected: shape (n, J): what the level at the origin gave for it.
        spread: shape (n, J + reach): expected absolute error known at each origin, shrunken; NaN before enough is known.
    """

    span: int
    gap: int
    total: Array
    expected: Array
    spread: Array

    @property
    def reach(self) -> int:
        """Periods from an origin to the end of its window."""
        return self.gap + self.span


def errors(units: Array, level: Array, span: int, gap: int = 0) -> Errors:
    """The errors of `level` (shape (n, T + 1)) on `units` (shape (n, T)), with their spread known at each origin."""
    n, periods = units.shape
    sums = np.concatenate([np.zeros((n, 1)), np.cumsum(units, axis=1)], axis=1)
    count = max(0, periods - gap - span + 1)
    origins = np.arange(count)
    total = sums[:, origins + gap + span] - sums[:, origins + gap]
    expected = level[:, :count] * span
    reach = gap + span
    spread = np.full((n, periods + 1), np.nan)
    off = np.abs(total - expected)
    for t in range(reach + 2, periods + 1):
        first = min(8, max(3, t // 3)) if t // 3 + reach < t else 0
        known = slice(first, t - reach + 1)
        if known.stop - known.start >= 2:
            spread[:, t] = _shrunken(off[:, known], expected[:, known], level[:, t] * span, span)
    return Errors(span, gap, total, expected, spread)


def _shrunken(off: Array, expected: Array, now: Array, span: int) -> Array:
    """Mean absolute error per series, shrunken to a power law of the mean (Taylor 1961) over all series, brought to `now`."""
    own, mean = off.mean(axis=1), np.maximum(expected.mean(axis=1), 1e-9)
    ok = (own > 0) & (mean > 1e-6)
    now = np.maximum(now, 1e-9)
    if ok.sum() < 3:
        return np.asarray(np.maximum(own, np.sqrt(now)))
    x, y = np.log(mean[ok]), np.log(own[ok])
    design = np.stack([np.ones_like(x), x], axis=1)
    line = np.linalg.lstsq(design.T @ design + 1e-6 * np.eye(2), design.T @ y, rcond=None)[0]
    slope = float(np.clip(line[1], 0.3, 1.2))
    rest = y - slope * x
    height = float(rest.mean() + np.log(np.mean(np.exp(np.clip(rest - rest.mean(), -3, 3)))))

    def law(at: Array) -> Array:
        result: Array = np.exp(height + slope * np.log(at))
        return result

    windows = off.shape[1] / span
    # A product that hardly sold until now has errors that its own mean cannot explain; they say little of its future.
    against = np.clip(own / law(mean), 1 / _FAR, _FAR)
    ratio = (windows * against + _KAPPA) / (windows + _KAPPA)
    return np.asarray(ratio * law(now))


def counted(mean: Array, spread: Array, whole: bool) -> Array:
    """Quantiles of a negative binomial (of a gamma, where amounts are not whole): shape (4, n).

    Args:
        mean: expected units; spread: expected absolute error, both shape (n,).
    """
    variance = np.maximum((_NORMAL * spread) ** 2, mean * 1.01 + 1e-9)
    result = np.zeros((len(LEVELS), len(mean)))
    some = mean > 1e-9
    share = mean[some] / variance[some]
    for i, level in enumerate(LEVELS):
        if whole:
            result[i, some] = nbinom.ppf(level, mean[some] * share / (1 - share), share)
        else:
            result[i, some] = gamma.ppf(level, mean[some] * share, scale=1 / share)
    return result


def scaled(past: Errors, units: Array, burn: int) -> tuple[Array, Indices, Indices]:
    """Scaled errors (total - expected) / spread of usable series: the errors, their series and their origins."""
    values, series, origins = [], [], []
    for t in range(burn, past.total.shape[1]):
        ok = np.flatnonzero(usable(units[:, :t]) & np.isfinite(past.spread[:, t]) & (past.spread[:, t] > 0))
        values.append((past.total[ok, t] - past.expected[ok, t]) / past.spread[ok, t])
        series.append(ok)
        origins.append(np.full(len(ok), t, dtype=np.intp))
    if not values:
        return np.zeros(0), np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    return np.concatenate(values), np.concatenate(series), np.concatenate(origins)


@dataclass(frozen=True)
class History:
    """What forecasts are made from, free of season.

    Attributes:
        units: shape (n, T); paths: (K, n, T + 1), the candidates; level: (n, T + 1), their weighing.
        whole: whether sales are counts (else amounts).
        burn: the first origin that is learnt from.
    """

    units: Array
    paths: Array
    level: Array
    whole: bool
    burn: int


def quantiles(history: History, span: int, gap: int, season: Array, *, boosted: bool) -> Array:
    """Quantiles of the units sold in the window after the last period: shape (4, n), rising.

    Args:
        season: shape (n,), the mean factor of the window.
        boosted: ask gradient boosting as well (a second or so for a thousand products).
    """
    units, level, whole = history.units, history.level, history.whole
    past = errors(units, level, span, gap)
    mean = level[:, -1] * span
    spread = np.where(np.isfinite(past.spread[:, -1]), past.spread[:, -1], np.sqrt(mean) + mean / 2)
    z, series, origins = scaled(past, units, history.burn)
    shift = np.zeros((len(LEVELS), 1)) if len(z) < _LEAST_POOLED else np.quantile(z, LEVELS)[:, None]
    more = _boosted(history, past, z, series, origins) if boosted and len(z) >= _LEAST_BOOSTED else None
    mean, spread = mean * season, spread * season
    answers = [counted(mean, spread, whole)]
    if len(z) >= _LEAST_POOLED:
        answers.append(np.maximum(0, mean + shift * spread))
    if more is not None:
        answers.append(np.maximum(0, mean + more * spread))
    answer = np.maximum.accumulate(np.mean(answers, axis=0), axis=0)
    answer = answer[:1] + _DRIFT * (answer - answer[:1])
    # Units come whole: what nine of ten futures stay within is a whole number of them.
    return np.asarray(np.ceil(answer - 1e-9) if whole else answer)


_FEATURE_PATHS = (1, 8, 11, 3, 13, 14, 15, 16)
"""Candidates that a product is described by: quick, slow, capped and interval levels, two medians."""


def features(units: Array, paths: Array, level: Array, spread: Array, t: int) -> Array:
    """What a product looks like after t periods, free of its size: shape (n, F)."""
    past = units[:, :t]
    unit = np.maximum(spread, 1e-9)
    base = level[:, t]
    recent = past[:, -13:]
    columns = [np.log(np.maximum(base, 1e-3)), np.log(unit / np.maximum(base, 1e-3) + 1e-3)]
    columns += [(past[:, -k:].mean(axis=1) - base) / unit for k in (1, 2, 4, 8, 13, 26)]
    columns += [(paths[k][:, t] - base) / unit for k in _FEATURE_PATHS]
    columns += [recent.std(axis=1) / unit, (recent > 0).mean(axis=1), (past[:, -26:] > 0).mean(axis=1)]
    columns += [(part - base) / unit for part in (recent.max(axis=1), recent.min(axis=1), past.max(axis=1))]
    place = np.arange(recent.shape[1]) - (recent.shape[1] - 1) / 2
    columns.append(recent @ place / max(float(place @ place), 1e-9) / unit)
    columns.append(np.argmax(past[:, ::-1] > 0, axis=1).astype(np.float64))
    columns.append((t - np.argmax(past > 0, axis=1)).astype(np.float64))
    return np.stack(columns, axis=1)


def _boosted(history: History, past: Errors, z: Array, series: Indices, origins: Indices) -> Array:
    """Quantiles of the scaled error by histogram gradient boosting with pinball loss: shape (4, n)."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    def described(t: int) -> Array:
        return features(history.units, history.paths, history.level, past.spread[:, t] / past.span, t)

    every = -(-len(z) // _MOST_EXAMPLES)
    chosen = (int(origins.max()) - origins) % every == 0
    z, series, origins = z[chosen], series[chosen], origins[chosen]
    x = np.concatenate([described(int(t))[series[origins == t]] for t in np.unique(origins)])
    now = described(history.units.shape[1])
    least = int(min(300, max(20, len(z) // 30)))
    answers = []
    for quantile in LEVELS:
        model = HistGradientBoostingRegressor(
            loss="quantile", quantile=quantile, max_iter=60, learning_rate=0.05, max_leaf_nodes=4,
            min_samples_leaf=least, l2_regularization=5.0, early_stopping=False, random_state=0,
        )  # fmt: skip
        # Threads gain nothing on tables this small and lose much on a busy machine.
        with threadpool_limits(limits=1, user_api="openmp"):
            answers.append(model.fit(x, z).predict(now))
    return np.stack(answers)
