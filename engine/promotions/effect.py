"""What a promotion brought: its units against what would have sold anyway, shrunken over all promotions of the shop.

What would have sold: the product's own unpromoted periods on both sides, times how the rest of the shop moved. A guess from
the weeks before alone errs by as much again where one wholesale order falls into them; the coupon report's gross figure
counts every buyer who would have come anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

METHOD = (
    "own unpromoted periods on both sides x shop index; lift shrunken over promotions (empirical Bayes, Paule & Mandel "
    "1982); errors scaled to windows without promotion; 90 % interval (v1)"
)
SEED = 20261128
SIDE = {"day": 42, "week": 8, "month": 6}
"""Periods looked at on either side of a promotion."""
_GUARD = {"day": 7, "week": 1, "month": 0}
"""Periods after a promotion that are left out: what they lack may have been bought in it."""
LEAST_SIDE, LEAST_UNITS = {"day": 14, "week": 3, "month": 2}, 5.0
"""Fewer periods to compare with, or less expected in the window, and nothing is said."""
_PLACEBOS, _LEAST_PLACEBOS = 600, 60
_Z90 = 1.6448536269514722


@dataclass(frozen=True)
class Window:
    """A promotion of one series over the columns first..last (both in it) of the sales table."""

    id: str
    series: int
    first: int
    last: int


@dataclass(frozen=True)
class Effect:
    """What one promotion brought, in units (capped per order where orders are known).

    Attributes:
        gross: units sold in its window; baseline: what would have sold; incremental: gross - baseline, shrunken.
        low, high: 90 % interval of `incremental`; tested on planted promotions.
        worked: the unshrunken lift stands out of what windows without promotion do by chance (5 % one-sided).
        abstain: too little to compare with; the numbers are then None except gross.
        p: chance of such a lift in a window without promotion (one-sided).
    """

    id: str
    gross: float
    baseline: float | None
    incremental: float | None
    low: float | None
    high: float | None
    worked: bool
    abstain: bool
    method: str = METHOD
    p: float | None = None

    def as_json(self) -> dict[str, Any]:
        """The shape `promotions effect --json` prints."""
        return {
            "id": self.id,
            "gross": self.gross,
            "incremental": self.incremental,
            "low": self.low,
            "high": self.high,
            "baseline": self.baseline,
            "worked": self.worked,
            "method": self.method,
            "abstain": self.abstain,
        }


@dataclass(frozen=True)
class _Raw:
    """Lift of one window before shrinking: units / baseline - 1, with its standard error, all in expected units."""

    units: float
    baseline: float
    error: float

    @property
    def lift(self) -> float:
        return self.units / self.baseline - 1


def effects(units: Array, windows: Sequence[Window], step: str) -> list[Effect]:
    """The effect of every promotion.

    Args:
        units: shape (n, T) per series and period, capped per order where orders are known (`capped_orders`).
        step: "day", "week" or "month", the length of a period.
    """
    promoted = np.zeros(units.shape, dtype=bool)
    for w in windows:
        promoted[w.series, w.first : w.last + 1] = True
    shop = _Shop(units, promoted, step)
    raws = [shop.raw(w.series, w.first, w.last) for w in windows]
    placebos = _placebos(shop, windows)
    bias, widen = _calibrated(placebos)
    kept = [(r.lift, r.error * widen / r.baseline) for r in raws if r is not None]
    centre, between, doubt = _between(kept)
    made = []
    for w, raw in zip(windows, raws, strict=True):
        gross = float(units[w.series, w.first : w.last + 1].sum())
        if raw is None:
            made.append(Effect(w.id, gross, None, None, None, None, False, True))
            continue
        made.append(_effect(w, gross, raw, bias, widen, centre, between, doubt))
    return made


def _effect(
    w: Window, gross: float, raw: _Raw, bias: float, widen: float, centre: float, between: float, doubt: float
) -> Effect:
    baseline = raw.baseline * bias
    error = raw.error * widen / raw.baseline
    lift = raw.units / baseline - 1
    # Morris (1983): the posterior of a normal mean, its variance enlarged by what is not known of the prior.
    share = between / (between + error**2) if between > 0 else 0.0
    mean = share * lift + (1 - share) * centre
    spread = float(np.sqrt(share * error**2 + ((1 - share) * doubt) ** 2))
    low, high = mean - _Z90 * spread, mean + _Z90 * spread
    return Effect(
        id=w.id,
        gross=round(gross, 2),
        baseline=round(baseline, 2),
        incremental=round(mean * baseline, 2),
        low=round(low * baseline, 2),
        high=round(high * baseline, 2),
        worked=bool(lift > _Z90 * error),
        abstain=False,
        p=float(norm.sf(lift / error)),
    )


def _between(kept: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """Mean lift over promotions, its variance between them (Paule & Mandel 1982), and the error of the mean."""
    if not kept:
        return 0.0, 0.0, 1.0
    lifts, errors = (np.array(x) for x in zip(*kept, strict=True))
    if len(kept) < 3:
        # One or two promotions say nothing of how promotions of this shop differ: they are left nearly as they are.
        return float(lifts.mean()), 4.0, float(errors.max())

    def surplus(variance: float) -> tuple[float, float]:
        weight = 1 / (errors**2 + variance)
        mean = float((weight * lifts).sum() / weight.sum())
        return float((weight * (lifts - mean) ** 2).sum()) - (len(kept) - 1), mean

    low, high = 0.0, 100.0
    if surplus(0.0)[0] > 0:
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if surplus(middle)[0] > 0 else (low, middle)
    variance = (low + high) / 2 if surplus(0.0)[0] > 0 else 0.0
    # What is seen as no variance may be some: a floor keeps single promotions from being levelled.
    variance = max(variance, 0.25 * float(np.median(errors**2)))
    weight = 1 / (errors**2 + variance)
    return surplus(variance)[1], variance, float(1 / np.sqrt(weight.sum()))


class _Shop:
    """Sales with promotions marked: answers what any window would have sold."""

    def __init__(self, units: Array, promoted: Flags, step: str) -> None:
        self.units, self.promoted, self.step = units, promoted, step
        after = np.zeros_like(promoted)
        for shift in range(1, _GUARD[step] + 1):
            after[:, shift:] |= promoted[:, :-shift]
        self.plain = ~(promoted | after)
        typical = np.maximum(units.mean(axis=1, keepdims=True), 1e-9)
        # Each product counts alike and no single order moves the index.
        shares = np.where(self.plain, np.minimum(units / typical, 8.0), 0.0)
        self._sold, self._open = shares.sum(axis=0), self.plain.sum(axis=0).astype(np.float64)
        self._shares = shares
        self.spread = self._dispersion()

    def index(self, series: int, columns: Array | NDArray[np.intp]) -> float:
        """How much the rest of the shop sold in these columns, per product and period."""
        at = columns.astype(np.intp)
        sold = self._sold[at].sum() - self._shares[series, at].sum()
        count = self._open[at].sum() - self.plain[series, at].sum()
        # A small shop's index is mostly noise: it is drawn towards one by twenty product-periods.
        return float((sold + 20.0) / (count + 20.0))

    def sides(self, series: int, first: int, last: int) -> NDArray[np.intp]:
        """The unpromoted columns on both sides of a window that it is compared with."""
        width, guard = SIDE[self.step], _GUARD[self.step]
        periods = self.units.shape[1]
        before = np.arange(max(0, first - width), first)
        after = np.arange(min(periods, last + 1 + guard), min(periods, last + 1 + guard + width))
        both = np.concatenate([before, after])
        return np.asarray(both[self.plain[series, both]], dtype=np.intp)

    def raw(self, series: int, first: int, last: int) -> _Raw | None:
        """The window's units and baseline; None where there is too little to compare with."""
        sides = self.sides(series, first, last)
        if len(sides) < LEAST_SIDE[self.step]:
            return None
        inside = np.arange(first, last + 1)
        rate = float(self.units[series, sides].mean())
        moved = self.index(series, inside) / max(self.index(series, sides), 1e-9)
        baseline = rate * len(inside) * float(np.clip(moved, 0.3, 3.0))
        if baseline < LEAST_UNITS:
            return None
        sold = float(self.units[series, first : last + 1].sum())
        dispersion = float(self.spread[series])
        # Only what would have sold anyway is uncertain: what was added was counted.
        variance = dispersion * baseline * (1 + len(inside) / len(sides))
        return _Raw(sold, baseline, float(np.sqrt(max(variance, 1.0))))

    def _dispersion(self) -> Array:
        """Variance over mean of window sums per series, from unpromoted periods, shrunken to the shop's median."""
        width = 7 if self.step == "day" else 1
        whole = self.units.shape[1] // width * width
        shape = (len(self.units), -1, width)
        sums = self.units[:, :whole].reshape(shape).sum(axis=2)
        open_ = self.plain[:, :whole].reshape(shape).all(axis=2)
        count = open_.sum(axis=1)
        mean = np.where(open_, sums, 0).sum(axis=1) / np.maximum(count, 1)
        variance = (np.where(open_, sums - mean[:, None], 0) ** 2).sum(axis=1) / np.maximum(count - 1, 1)
        ok = (count > 2) & (mean > 0)
        ratio = np.where(ok, variance / np.maximum(mean, 1e-9), 1.0)
        shop = float(np.median(ratio[ok])) if ok.any() else 1.0
        return np.asarray(np.maximum((ratio * count + shop * 8) / (count + 8), 1.0))


def _placebos(shop: _Shop, windows: Sequence[Window]) -> list[_Raw]:
    """Windows as long as the promotions', of the same and other series, in which nothing ran."""
    generator = np.random.default_rng(SEED)
    lengths = [w.last - w.first + 1 for w in windows] or [1]
    periods = shop.units.shape[1]
    found: list[_Raw] = []
    for _ in range(4 * _PLACEBOS):
        length = int(generator.choice(lengths))
        if periods - length <= 0:
            continue
        series, first = int(generator.integers(len(shop.units))), int(generator.integers(periods - length + 1))
        if not shop.plain[series, first : first + length].all():
            continue
        raw = shop.raw(series, first, first + length - 1)
        if raw is not None:
            found.append(raw)
        if len(found) == _PLACEBOS:
            break
    return found


def _calibrated(placebos: Sequence[_Raw]) -> tuple[float, float]:
    """What the baselines must be multiplied by, and the errors, so that nine of ten empty windows say nothing."""
    if len(placebos) < _LEAST_PLACEBOS:
        return 1.0, 1.3
    bias = float(np.clip(sum(p.units for p in placebos) / sum(p.baseline for p in placebos), 0.8, 1.25))
    off = np.abs([(p.units - p.baseline * bias) / p.error for p in placebos])
    return bias, float(np.clip(np.quantile(off, 0.9) / _Z90, 0.8, 3.0))


def capped_orders(quantities: Array, series: NDArray[np.intp]) -> Array:
    """Order quantities, each at most the 90th percentile of its series' orders: wholesale orders are no promotion.

    Args:
        quantities, series: shape (m,), one entry per order line.
    """
    result = quantities.copy()
    for name in np.unique(series):
        mine = series == name
        result[mine] = np.minimum(quantities[mine], np.quantile(quantities[mine], 0.9, method="higher"))
    return result


@dataclass(frozen=True)
class Aftermath:
    """What lacked after one promotion: units sold and expected in the periods after it, and how sure the lack is.

    Attributes:
        lack: expected - sold, in units; p: chance of such a lack after a window without promotion (one-sided).
        net: what promotion and aftermath brought together; net_low, net_high: its 90 % interval.
    """

    lack: float
    p: float
    net: float
    net_low: float
    net_high: float


@dataclass(frozen=True)
class PullForward:
    """Units that promotions took from the periods after them, over all promotions of the shop together.

    `share` of the incremental units, with a 90 % bootstrap interval over promotions; `n` promotions.
    """

    share: float
    low: float
    high: float
    n: int


def _with_aftermath(units: Array, windows: Sequence[Window], step: str, length: int) -> _Shop:
    """The shop with the periods after promotions kept out of every baseline."""
    promoted = np.zeros(units.shape, dtype=bool)
    for w in windows:
        promoted[w.series, w.first : w.last + 1 + length] = True
    return _Shop(units, promoted, step)


def aftermaths(units: Array, windows: Sequence[Window], step: str, length: int) -> list[Aftermath | None]:
    """What lacked in the `length` periods after each promotion; None where it is not over or nothing can be compared."""
    shop = _with_aftermath(units, windows, step, length)
    after = [Window(w.id, w.series, w.last + 1, w.last + length) for w in windows]
    bias, widen = _calibrated(_placebos(shop, after))
    found: list[Aftermath | None] = []
    for w, later in zip(windows, after, strict=True):
        inside = shop.raw(w.series, w.first, w.last)
        rest = shop.raw(later.series, later.first, later.last) if later.last < units.shape[1] else None
        if inside is None or rest is None:
            found.append(None)
            continue
        lack = rest.baseline * bias - rest.units
        net = inside.units + rest.units - (inside.baseline + rest.baseline) * bias
        error = float(np.hypot(inside.error, rest.error)) * widen
        p = float(norm.sf(lack / (rest.error * widen)))
        found.append(Aftermath(lack, p, net, net - _Z90 * error, net + _Z90 * error))
    return found


def pull_forward(units: Array, windows: Sequence[Window], step: str, length: int) -> PullForward | None:
    """How much of what promotions brought lacks in the `length` periods after them. None under five promotions.

    For most single promotions the lack drowns in chance; over all of a shop it can be told.
    """
    shop = _with_aftermath(units, windows, step, length)
    pairs = []
    for w in windows:
        inside, after = shop.raw(w.series, w.first, w.last), shop.raw(w.series, w.last + 1, w.last + length)
        if inside is not None and after is not None and w.last + length < units.shape[1]:
            pairs.append((inside.units - inside.baseline, after.baseline - after.units))
    if len(pairs) < 5 or sum(gained for gained, _ in pairs) <= 0:
        return None
    table = np.array(pairs)
    picks = np.random.default_rng(SEED).integers(0, len(table), (1000, len(table)))
    drawn = table[picks].sum(axis=1)
    shares = drawn[:, 1] / np.maximum(drawn[:, 0], 1e-9)
    low, high = np.quantile(shares, [0.05, 0.95])
    total = table.sum(axis=0)
    return PullForward(float(total[1] / total[0]), float(low), float(high), len(table))
