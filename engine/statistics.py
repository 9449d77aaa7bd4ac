"""The few tests that every desk uses, exact where the counts are small, seeded where they resample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.findings import wilson

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SEED = 20261031


def excess_p(k: int, n: int, k_rest: int, n_rest: int) -> float:
    """One-sided p of k of n against k_rest of n_rest: Fisher's exact test, alternative "a larger share here"."""
    from scipy.stats import hypergeom

    return float(hypergeom.sf(k - 1, n + n_rest, k + k_rest, n))


def stratified_excess_p(strata: Sequence[tuple[int, int, int, int]]) -> float:
    """One-sided p of a larger share here than there, compared only within strata (Mantel & Haenszel 1959).

    So a courier is not blamed for what one product, sent mostly with it, would have done anyway.

    Args:
        strata: per stratum (k here, n here, k there, n there).

    Returns:
        1.0 when no stratum has both sides and both outcomes. With continuity correction; normal approximation.
    """
    from scipy.stats import norm

    excess = variance = 0.0
    for k, n, k_there, n_there in strata:
        total, hits = n + n_there, k + k_there
        if n == 0 or n_there == 0 or hits in (0, total):
            continue
        excess += k - n * hits / total
        variance += n * n_there * hits * (total - hits) / (total * total * (total - 1))
    return float(norm.sf((excess - 0.5) / variance**0.5)) if variance else 1.0


def adjusted(p_values: Sequence[float], possible: int | None = None) -> list[float]:
    """p-values corrected for having looked at all of them (Benjamini & Hochberg 1995, false discovery rate).

    Args:
        possible: how many there were to look at, where those not given would have been 1; as many as given by default.

    Not scipy's, which gives the same numbers: ranks are settled after every import, and loading scipy takes longer than
    reading a small file.
    """
    n = len(p_values)
    looked = n if possible is None else possible
    corrected = [1.0] * n
    least = 1.0
    for place, index in enumerate(sorted(range(n), key=lambda i: p_values[i], reverse=True)):
        least = min(least, p_values[index] * looked / (n - place))
        corrected[index] = least
    return corrected


def difference(k: int, n: int, k_there: int, n_there: int) -> tuple[float, float, float]:
    """How much larger a share is here (k of n) than there: lower 95 % bound, estimate, upper bound.

    Newcombe's hybrid score interval (1998, "Interval estimation for the difference between independent proportions",
    method 10). Without any there, the share here and its Wilson interval.
    """
    here = wilson(k, n)
    share = k / n if n else 0.0
    if not n_there:
        return here.low, share, here.high
    there = wilson(k_there, n_there)
    share_there = k_there / n_there
    apart = share - share_there
    low = apart - ((share - here.low) ** 2 + (there.high - share_there) ** 2) ** 0.5
    high = apart + ((here.high - share) ** 2 + (share_there - there.low) ** 2) ** 0.5
    return low, apart, high


_PERMUTED_AT_ONCE = 50
_ENOUGH_EXCEED = 40


@dataclass(frozen=True)
class ChangePoint:
    """The best split of a 0/1 series in time: before it k_before of n_before, from it on k_after of n_after.

    `position` is the index of the first observation after the change; `p` allows for having tried every split.
    """

    position: int
    k_before: int
    n_before: int
    k_after: int
    n_after: int
    p: float

    @property
    def rose(self) -> bool:
        """Whether the share is higher after the split."""
        return self.k_after * self.n_before > self.k_before * self.n_after


def change_point(
    hits: NDArray[np.bool_],
    allowed: NDArray[np.bool_] | None = None,
    *,
    only_rises: bool = False,
    least: int = 8,
    rounds: int = 2000,
) -> ChangePoint | None:
    """Where a share changed, if anywhere.

    The split with the largest Bernoulli log-likelihood ratio, its significance from permuting the series (the maximum
    statistic over splits, so that looking everywhere is paid for; Hinkley 1970, Davison & Hinkley 1997 ch. 4). Permuting
    stops early once enough permutations beat the observed split to say that it is no change (Besag & Clifford 1991,
    "Sequential Monte Carlo p-values").

    Args:
        hits: shape (n,), in order of time.
        allowed: shape (n,), whether a change may begin at this observation (the first of a day); all when None.
        only_rises: look for a larger share after the change only (a one-sided question).
        least: fewest observations on either side.
        rounds: permutations; the smallest p is 1 / (rounds + 1).

    Returns:
        None when the series is too short to be split, or constant.
    """
    import numpy as np

    n = len(hits)
    total = int(hits.sum())
    if n < 2 * least or total in (0, n):
        return None
    positions = np.arange(least, n - least + 1)
    if allowed is not None:
        positions = positions[allowed[positions]]
    if not len(positions):
        return None

    def gain(series: NDArray[np.bool_]) -> NDArray[np.float64]:
        k1 = np.cumsum(series, axis=-1)[..., positions - 1].astype(np.float64)
        n1 = positions.astype(np.float64)
        k2, n2 = total - k1, n - n1
        likelihood = _log_likelihood(k1, n1) + _log_likelihood(k2, n2)
        return np.where(k2 * n1 > k1 * n2, likelihood, -np.inf) if only_rises else likelihood

    observed = gain(hits)
    best = int(np.argmax(observed))
    if not np.isfinite(observed[best]):
        return None
    generator = np.random.default_rng(SEED)
    exceed = done = 0
    while done < rounds and exceed < _ENOUGH_EXCEED:
        size = min(_PERMUTED_AT_ONCE, rounds - done, max(1, 4_000_000 // n))
        shuffled = generator.permuted(np.broadcast_to(hits, (size, n)), axis=1)
        exceed += int((gain(shuffled).max(axis=-1) >= observed[best] - 1e-9).sum())
        done += size
    at = int(positions[best])
    before = int(hits[:at].sum())
    return ChangePoint(at, before, at, total - before, n - at, (exceed + 1) / (done + 1))


def _log_likelihood(k: NDArray[np.float64], n: NDArray[np.float64]) -> NDArray[np.float64]:
    """Maximised Bernoulli log-likelihood of k of n, with 0 log 0 = 0."""
    from scipy.special import xlogy

    result: NDArray[np.float64] = xlogy(k, k / n) + xlogy(n - k, (n - k) / n)
    return result


def mean_difference_interval(
    values: NDArray[np.float64], without: NDArray[np.bool_], *, rounds: int = 1000
) -> tuple[float, float, float]:
    """Mean of all minus mean of those kept in `without`: the leave-out impact, with a 95 % percentile bootstrap.

    Args:
        values: shape (n,).
        without: shape (n,), the observations that remain when the theme is left out.

    Returns:
        The impact and its interval (low, high); resampled rows with nothing left are skipped.
    """
    import numpy as np

    impact = float(values.mean() - values[without].mean())
    generator = np.random.default_rng(SEED)
    picks = generator.integers(0, len(values), (rounds, len(values)))
    kept = without[picks]
    counts = kept.sum(axis=1)
    drawn = values[picks]
    means = np.where(counts > 0, (drawn * kept).sum(axis=1) / np.maximum(counts, 1), np.nan)
    impacts = drawn.mean(axis=1) - means
    low, high = np.nanpercentile(impacts, [2.5, 97.5])
    return impact, float(low), float(high)
