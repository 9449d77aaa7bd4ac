"""Levels of demand: what each smoothing says after every period, and one weighing of them for the whole shop.

A method chosen per product by its own past loses to a fixed average; weights fitted over all products of a shop do not,
because a shop has thousands of past errors where a product has thirty.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from engine.stock.demand import Array

Flags = NDArray[np.bool_]

FIRST = 8
"""Periods from which interval methods take their first level."""
_RECENT = 52


def exponential(units: Array, alpha: float) -> Array:
    """Simple exponential smoothing. Shape (n, T) -> (n, T + 1): column t is the level after t periods."""
    n, periods = units.shape
    level = units[:, :4].mean(axis=1)
    path = np.empty((n, periods + 1))
    path[:, 0] = level
    for t in range(periods):
        level = level + alpha * (units[:, t] - level)
        path[:, t + 1] = level
    return path


def teunter_syntetos_babai(units: Array, size_alpha: float = 0.1, chance_alpha: float = 0.05) -> Array:
    """TSB (2011): the chance of a sale and its size smoothed apart, so that a product no longer sold fades out."""
    sold = units > 0
    chance = sold[:, :FIRST].mean(axis=1)
    size = _first_size(units)
    path = np.empty((len(units), units.shape[1] + 1))
    path[:, 0] = chance * size
    for t in range(units.shape[1]):
        now = sold[:, t]
        chance = chance + chance_alpha * (now - chance)
        size = np.where(now, size + size_alpha * (units[:, t] - size), size)
        path[:, t + 1] = chance * size
    return path


def syntetos_boylan(units: Array, alpha: float = 0.1) -> Array:
    """SBA (2005): Croston's size over interval, times 1 - alpha/2 against its bias."""
    sold = units > 0
    size = _first_size(units)
    interval = 1 / np.maximum(sold[:, :FIRST].mean(axis=1), 1 / FIRST)
    since = np.ones(len(units))
    path = np.empty((len(units), units.shape[1] + 1))
    path[:, 0] = (1 - alpha / 2) * size / interval
    for t in range(units.shape[1]):
        now = sold[:, t]
        size = np.where(now, size + alpha * (units[:, t] - size), size)
        interval = np.where(now, interval + alpha * (since - interval), interval)
        since = np.where(now, 1.0, since + 1)
        path[:, t + 1] = (1 - alpha / 2) * size / interval
    return path


def _first_size(units: Array) -> Array:
    """Mean size of a sale in the first periods; of all periods where nothing was sold in those."""

    def mean_size(part: Array) -> Array:
        result: Array = part.sum(axis=1) / np.maximum((part > 0).sum(axis=1), 1)
        return result

    early = units[:, :FIRST]
    return np.where((early > 0).any(axis=1), mean_size(early), mean_size(units))


def capped(units: Array, quantile: float, least: int = 6) -> Array:
    """Each period at most the quantile of the product's year up to it: one wholesale order does not lift the level."""
    result = units.copy()
    first = np.quantile(units[:, :least], 0.8, axis=1, keepdims=True)
    result[:, :least] = np.minimum(units[:, :least], np.maximum(first, 1e-9))
    for t in range(least, units.shape[1]):
        bound = np.quantile(units[:, max(0, t + 1 - _RECENT) : t + 1], quantile, axis=1)
        result[:, t] = np.minimum(units[:, t], np.maximum(bound, 1e-9))
    return result


def _windowed(units: Array, width: int, reduce: Callable[[Array], Array]) -> Array:
    path = np.zeros((len(units), units.shape[1] + 1))
    for t in range(1, units.shape[1] + 1):
        path[:, t] = reduce(units[:, max(0, t - width) : t])
    return path


def _median(part: Array) -> Array:
    result: Array = np.median(part, axis=1)
    return result


def _mean(part: Array) -> Array:
    result: Array = part.mean(axis=1)
    return result


def candidates(units: Array) -> Array:
    """Eighteen levels of every series after every period: shape (K, n, T + 1); order as in `NAMES`."""
    mild, strong = capped(units, 0.95), capped(units, 0.88)
    paths = [exponential(units, a) for a in (0.05, 0.1, 0.2, 0.4, 0.7)]
    for a in (0.05, 0.1, 0.2, 0.4):
        paths += [exponential(mild, a), exponential(strong, a)]
    paths += [teunter_syntetos_babai(mild), syntetos_boylan(mild)]
    paths += [_windowed(units, 8, _median), _windowed(units, 13, _median), _windowed(mild, 26, _mean)]
    return np.stack(paths)


NAMES = (
    *(f"ses {a}" for a in (0.05, 0.1, 0.2, 0.4, 0.7)),
    *(f"ses {a}, capped at {q}" for a in (0.05, 0.1, 0.2, 0.4) for q in ("P95", "P88")),
    "tsb, capped at P95",
    "sba, capped at P95",
    "median 8",
    "median 13",
    "mean 26, capped at P95",
)


def scale(units: Array) -> Array:
    """Root mean square of period-to-period differences per series: the denominator of RMSSE (M5)."""
    result: Array = np.sqrt((np.diff(units, axis=1) ** 2).mean(axis=1))
    return result


def usable(units: Array) -> Flags:
    """Which series have sold enough up to now to be learnt from: three periods with sales, one in the last 26."""
    return np.asarray(((units > 0).sum(axis=1) >= 3) & (units[:, -26:] > 0).any(axis=1))


_RIDGE = 0.003
_ROUNDS = 4


def weights(units: Array, paths: Array, span: int, origins: range) -> Array:
    """Weights of the candidates, not negative, summing to one, the same for every product of the shop.

    They minimise the mean RMSSE of the next `span` periods over past origins (iteratively reweighted least squares, so
    that a spike counts by its root and not by its square), held towards equal weights by a ridge.

    Args:
        units: shape (n, T); paths: (K, n, T + 1).
        origins: the t's to learn from; each needs t + span <= T.
    """
    k = len(paths)
    if not len(origins):
        return np.full(k, 1 / k)
    levels, means, spreads = [], [], []
    for t in origins:
        spread = scale(units[:, :t]) if t > 1 else np.zeros(len(units))
        ok = usable(units[:, :t]) & (spread > 0)
        ahead = units[ok, t : t + span] / spread[ok, None]
        levels.append(paths[:, ok, t].T / spread[ok, None])
        means.append(ahead.mean(axis=1))
        spreads.append(ahead.var(axis=1))
    x, y, noise = np.concatenate(levels), np.concatenate(means), np.concatenate(spreads)
    if not len(y):
        return np.full(k, 1 / k)
    w = np.full(k, 1 / k)
    for _ in range(_ROUNDS):
        weight = 1 / np.sqrt((y - x @ w) ** 2 + noise + 1e-2)
        gram, right = (x * weight[:, None]).T @ x / len(y), (x * weight[:, None]).T @ y / len(y)
        # Few examples say little about eighteen weights: the ridge grows as they get fewer.
        ridge = _RIDGE * (1 + 500 / len(y)) * np.trace(gram) / k + 1e-9
        root = np.linalg.cholesky(gram + ridge * np.eye(k))
        target = np.linalg.solve(root, right + ridge / k)
        w, _ = nnls(np.vstack([root.T, 100 * np.ones((1, k))]), np.append(target, 100.0))
    total = float(w.sum())
    return w / total if total > 0 else np.full(k, 1 / k)
