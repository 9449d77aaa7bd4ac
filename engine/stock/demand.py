"""Demand: one row of units per product and period, and what kind of demand it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputFileError

Array = NDArray[np.float64]

PERIODS_PER_YEAR = {"week": 52, "month": 12, "period": 0}
INTERVAL_BOUND, VARIATION_BOUND = 1.32, 0.49
"""Where demand becomes intermittent (mean interval between sales) and erratic (squared variation of their sizes)."""


@dataclass(frozen=True)
class Panel:
    """Units of several series over the same periods.

    Attributes:
        ids: n names.
        step: "week", "month" or "period" (of unknown length: no season is looked for).
        start: first day of the first period; None where the step is "period".
        units: shape (n, T), never negative; 0 where nothing was sold.
        promoted: shape (n, T + F): whether a promotion ran; the last F periods are plans.
        price: shape (n, T + F), NaN where unknown.
    """

    ids: tuple[str, ...]
    step: str
    start: date | None
    units: Array
    promoted: NDArray[np.bool_]
    price: Array

    @property
    def season(self) -> int:
        """Periods in a year; 0 when unknown."""
        return PERIODS_PER_YEAR[self.step]

    def days(self, count: int) -> list[date]:
        """First days of `count` periods from the first on; empty when the step is unknown."""
        if self.start is None:
            return []
        if self.step == "week":
            return [self.start + timedelta(days=7 * i) for i in range(count)]
        months = [self.start.year * 12 + self.start.month - 1 + i for i in range(count)]
        return [date(m // 12, m % 12 + 1, 1) for m in months]


def demand_class(units: Array) -> str:
    """The class of one series: smooth, erratic, intermittent or lumpy; "none" when nothing was ever sold.

    Syntetos & Boylan (2005): the mean interval between periods with sales (bound 1.32) and the squared coefficient of
    variation of the sizes where something was sold (bound 0.49). Counted from the first sale on.
    """
    sold = np.flatnonzero(units > 0)
    if not len(sold):
        return "none"
    sizes = units[sold]
    interval = (len(units) - sold[0]) / len(sold)
    variation = float((sizes.std() / sizes.mean()) ** 2)
    if interval <= INTERVAL_BOUND:
        return "smooth" if variation <= VARIATION_BOUND else "erratic"
    return "intermittent" if variation <= VARIATION_BOUND else "lumpy"


def panel(rows: Iterable[dict[str, Any]]) -> Panel:
    """A panel from rows `series, period, quantity` with optional `price` and `promotion`.

    Periods may be days (summed to weeks from Monday), weeks (`2026-W07`, or days seven apart), months (`2026-03`, or
    days about a month apart) or plain numbers. A series without a row for a period sold nothing in it. Periods after
    the last one with any quantity are plans: their price and promotion are kept.

    Raises:
        InputFileError: no rows, a period or a quantity that cannot be read; names the row (from 1).
    """
    cells = [_cell(row, number) for number, row in enumerate(rows, 1)]
    if not cells:
        raise InputFileError(
            "This file has no rows to forecast from.", todo="It needs the columns series, period, quantity."
        )
    step, start, places = _axis([cell.period for cell in cells])
    cells = [cell for cell, at in zip(cells, places, strict=True) if at >= 0]
    index = [at for at in places if at >= 0]
    ids = tuple(dict.fromkeys(cell.series for cell in cells))
    row_of = {name: i for i, name in enumerate(ids)}
    known = [i for cell, i in zip(cells, index, strict=True) if cell.quantity is not None]
    if not known:
        raise InputFileError(
            "No row of this file has a quantity.", todo="Fill the column quantity for the past periods."
        )
    past, whole = max(known) + 1, max(index) + 1
    units = np.zeros((len(ids), past))
    seen = np.zeros((len(ids), past), dtype=bool)
    blank = np.zeros((len(ids), past), dtype=bool)
    promoted = np.zeros((len(ids), whole), dtype=bool)
    price = np.full((len(ids), whole), np.nan)
    for cell, at in zip(cells, index, strict=True):
        i = row_of[cell.series]
        if at < past:
            units[i, at] += cell.quantity or 0.0
            (seen if cell.quantity is not None else blank)[i, at] = True
        promoted[i, at] |= cell.promoted
        if cell.price is not None:
            price[i, at] = cell.price
    _fill(units, blank & ~seen)
    return Panel(ids, step, start, np.maximum(units, 0.0), promoted, price)


def filled(units: Array, unknown: NDArray[np.bool_]) -> Array:
    """`units` with unknown periods taken from the known ones around them (median of up to eight)."""
    result = units.copy()
    _fill(result, unknown)
    return result


def _fill(units: Array, unknown: NDArray[np.bool_]) -> None:
    for i, t in zip(*np.nonzero(unknown), strict=True):
        near = np.flatnonzero(~unknown[i])
        near = near[np.argsort(np.abs(near - t), kind="stable")[:8]]
        units[i, t] = float(np.median(units[i, near])) if len(near) else 0.0


@dataclass(frozen=True)
class _Cell:
    series: str
    period: date | int | tuple[int, int]
    quantity: float | None
    price: float | None
    promoted: bool


_WEEK = re.compile(r"^(\d{4})-?W(\d{1,2})$", re.IGNORECASE)
_MONTH = re.compile(r"^(\d{4})[-/.](\d{1,2})$")
_DAY = re.compile(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})([T ].*)?$")
_COUNT = re.compile(r"^[A-Za-z]*\s*(\d+)$")
_NO = {"", "no", "false", "none", "n", "否"}


def _cell(row: dict[str, Any], number: int) -> _Cell:
    try:
        series, raw = row["series"], row["period"]
        quantity = row["quantity"]
    except KeyError as missing:
        raise InputFileError(
            f"This file has no column {missing}.", todo="It needs the columns series, period, quantity."
        ) from None
    try:
        amount = None if quantity is None or str(quantity).strip() == "" else float(quantity)
        price = row.get("price")
        cost = None if price is None or str(price).strip() == "" else float(price)
    except ValueError:
        raise InputFileError(f"Row {number}: {quantity!r} is no quantity.", todo="Write plain numbers.") from None
    if amount is not None and not np.isfinite(amount):
        amount = None
    return _Cell(str(series), _period(raw, number), amount, cost, _promoted(row.get("promotion")))


def _promoted(mark: Any) -> bool:
    """Whether a cell marks a promotion: any word but a no, any number but zero."""
    text = str(mark if mark is not None else "").strip().lower()
    try:
        number = float(text)
    except ValueError:
        return text not in _NO
    return bool(np.isfinite(number)) and number != 0


def _period(raw: Any, number: int) -> date | int | tuple[int, int]:
    if isinstance(raw, date):
        return date(raw.year, raw.month, raw.day)
    if isinstance(raw, int | float) and float(raw).is_integer():
        return int(raw)
    text = str(raw).strip()
    try:
        if match := _WEEK.match(text):
            return date.fromisocalendar(int(match[1]), int(match[2]), 1)
        if match := _MONTH.match(text):
            return (int(match[1]), int(match[2]))
        if match := _DAY.match(text):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _COUNT.match(text):
            return int(match[1])
    except ValueError:
        pass
    raise InputFileError(
        f"Row {number}: {text!r} is no period.", todo="Write 2026-03-15, 2026-W11, 2026-03, or numbers in order."
    )


def _axis(periods: Sequence[date | int | tuple[int, int]]) -> tuple[str, date | None, list[int]]:
    """The step, the first period's first day, and each period's place on the axis (-1: in a week that is not over)."""
    months = [p for p in periods if isinstance(p, tuple)]
    days = [p for p in periods if isinstance(p, date)]
    if len(months) == len(periods):
        first = min(months)
        return "month", date(first[0], first[1], 1), [(y - first[0]) * 12 + m - first[1] for y, m in months]
    if len(days) == len(periods):
        distinct = sorted(set(days))
        gaps = [(b - a).days for a, b in pairwise(distinct)]
        gap = float(np.median(gaps)) if gaps else 7.0
        if gap >= 7 and len({d.weekday() for d in distinct}) == 1:
            return "week", distinct[0], [(d - distinct[0]).days // 7 for d in days]
        if gap > 20:
            low = distinct[0]
            return "month", low.replace(day=1), [(d.year - low.year) * 12 + d.month - low.month for d in days]
        monday = distinct[0] - timedelta(days=distinct[0].weekday())
        whole = (distinct[-1] - monday).days // 7 + (distinct[-1].weekday() == 6)
        weeks = [(d - monday).days // 7 for d in days]
        return "week", monday, [week if week < max(whole, 1) else -1 for week in weeks]
    counts = [p for p in periods if isinstance(p, int)]
    if len(counts) == len(periods):
        return "period", None, [p - min(counts) for p in counts]
    raise InputFileError(
        "The periods of this file are of different kinds.", todo="Use days, weeks, months or numbers, not a mix."
    )
