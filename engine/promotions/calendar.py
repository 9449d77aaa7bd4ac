"""Sales and a calendar of promotions, as tables from files, brought onto one grid of series and periods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from engine.errors import InputFileError
from engine.promotions.effect import METHOD, Array, Effect, Window, capped_orders, effects

_NAMES = {
    "series": ("series", "sku", "product", "item", "商品", "商品编码"),
    "period": ("period", "date", "day", "time", "week", "month", "日期"),
    "quantity": ("quantity", "units", "qty", "数量"),
    "order": ("order", "order_id", "basket", "invoice", "订单编号"),
    "id": ("id", "promotion", "code", "name", "活动"),
    "starts": ("starts", "start", "from", "start_date", "first", "begin", "period_from", "开始"),
    "ends": ("ends", "end", "to", "end_date", "last", "until", "period_to", "结束"),
}


@dataclass(frozen=True)
class Sales:
    """Units per series and period, each order capped at its series' 90th percentile where orders are known.

    `units` has shape (n, T); period t begins on `start` + t steps ("day", "week" or "month").
    """

    ids: tuple[str, ...]
    step: str
    start: date
    units: Array


@dataclass(frozen=True)
class Planned:
    """One line of a calendar: a promotion of one series, or of all (None), over these days (both in it)."""

    id: str
    series: str | None
    first: date
    last: date


def sales(rows: Iterable[Mapping[str, Any]]) -> Sales:
    """A grid from rows `series, period, quantity` (one per order line or per period), with an optional column `order`.

    Raises:
        InputFileError: a column is missing, a row cannot be read.
    """
    table = list(rows)
    if not table:
        raise InputFileError("The sales file has no rows.", todo="It needs the columns series, period, quantity.")
    columns = _columns(table[0], ("series", "period", "quantity"), "sales file")
    names = [str(row[columns["series"]]) for row in table]
    days = [_day(row[columns["period"]], number, "sales file") for number, row in enumerate(table, 1)]
    amounts = np.array([_amount(row[columns["quantity"]], number) for number, row in enumerate(table, 1)])
    ids = tuple(dict.fromkeys(names))
    place = {name: i for i, name in enumerate(ids)}
    series = np.array([place[name] for name in names], dtype=np.intp)
    if _lines(table[0], names, days):
        amounts = capped_orders(amounts, series)
    step, start, at = _grid(days)
    units = np.zeros((len(ids), max(at) + 1))
    np.add.at(units, (series, np.array(at)), amounts)
    return Sales(ids, step, start, np.maximum(units, 0.0))


def planned(rows: Iterable[Mapping[str, Any]]) -> list[Planned]:
    """The lines of a calendar with the columns id, series (empty: all), start, end; or id, series and one row per period.

    Without an id the row's number (from 1) names a promotion.

    Raises:
        InputFileError: a column is missing, a row cannot be read, an end before its start.
    """
    table = list(rows)
    if not table:
        return []
    single = _column(table[0], "period") if _column(table[0], "starts") is None else None
    columns = {"starts": single, "ends": single} if single else _columns(table[0], ("starts", "ends"), "calendar")
    which, named = _column(table[0], "series"), _column(table[0], "id")
    found = []
    for number, row in enumerate(table, 1):
        first, last = (_day(row[columns[name]], number, "calendar") for name in ("starts", "ends"))
        if last < first:
            raise InputFileError(f"Calendar, row {number}: it ends before it starts.", todo="Correct the two dates.")
        name = None if which is None or row[which] in (None, "") else str(row[which])
        found.append(Planned(str(row[named]) if named else str(number), name, first, last))
    return found


def measured(sold: Sales, calendar: Sequence[Planned]) -> list[Effect]:
    """The effect of every promotion of a calendar, in its order; one of several series is their sum."""
    windows = [w for line in calendar for w in _windows(sold, line)]
    by_id: dict[str, list[Effect]] = defaultdict(list)
    for effect in effects(sold.units, windows, sold.step):
        by_id[effect.id].append(effect)
    return [_sum(name, by_id[name]) for name in dict.fromkeys(line.id for line in calendar)]


def _windows(sold: Sales, line: Planned) -> list[Window]:
    first, last = _column_of(sold, line.first), _column_of(sold, line.last)
    if last < 0 or first >= sold.units.shape[1]:
        return []
    chosen = range(len(sold.ids)) if line.series is None else [i for i, s in enumerate(sold.ids) if s == line.series]
    return [Window(line.id, i, max(first, 0), min(last, sold.units.shape[1] - 1)) for i in chosen]


def _sum(name: str, parts: Sequence[Effect]) -> Effect:
    """Several series of one promotion: numbers add, independent errors add in squares; series without answer are left out."""
    gross = round(sum(p.gross for p in parts), 2)
    known = [p for p in parts if not p.abstain]
    if not known:
        return Effect(name, gross, None, None, None, None, False, True)
    if len(parts) == 1:
        return parts[0]
    incremental = sum(p.incremental or 0.0 for p in known)
    half = sum((((p.high or 0.0) - (p.low or 0.0)) / 2) ** 2 for p in known) ** 0.5
    return Effect(
        id=name,
        gross=gross,
        baseline=round(sum(p.baseline or 0.0 for p in known), 2),
        incremental=round(incremental, 2),
        low=round(incremental - half, 2),
        high=round(incremental + half, 2),
        worked=incremental - half > 0,
        abstain=False,
        method=METHOD,
    )


def _column_of(sold: Sales, day: date) -> int:
    if sold.step == "month":
        return (day.year - sold.start.year) * 12 + day.month - sold.start.month
    return (day - sold.start).days // (7 if sold.step == "week" else 1)


def _grid(days: Sequence[date]) -> tuple[str, date, list[int]]:
    distinct = sorted(set(days))
    gap = float(np.median([(b - a).days for a, b in pairwise(distinct)] or [1]))
    start = distinct[0]
    if gap > 20:
        return "month", start, [(d.year - start.year) * 12 + d.month - start.month for d in days]
    if gap >= 5 and len({d.weekday() for d in distinct}) == 1:
        return "week", start, [(d - start).days // 7 for d in days]
    return "day", start, [(d - start).days for d in days]


def _lines(row: Mapping[str, Any], names: Sequence[str], days: Sequence[date]) -> bool:
    """Whether rows are order lines: a column says so, or a series has several rows on one day."""
    return _column(row, "order") is not None or len(set(zip(names, days, strict=True))) < len(names)


def _column(row: Mapping[str, Any], meaning: str) -> str | None:
    known = {str(name).strip().lower(): str(name) for name in row}
    return next((known[name] for name in _NAMES[meaning] if name in known), None)


def _columns(row: Mapping[str, Any], wanted: Sequence[str], what: str) -> dict[str, str]:
    found = {meaning: _column(row, meaning) for meaning in wanted}
    missing = [meaning for meaning, name in found.items() if name is None]
    if missing:
        raise InputFileError(
            f"The {what} has no column {', '.join(missing)}.",
            todo=f"It needs {', '.join(wanted)}; see docs/promotions.md.",
        )
    return {meaning: name for meaning, name in found.items() if name is not None}


def _amount(raw: Any, number: int) -> float:
    try:
        return 0.0 if raw in (None, "") else float(raw)
    except ValueError:
        raise InputFileError(
            f"Sales file, row {number}: {raw!r} is no quantity.", todo="Write plain numbers."
        ) from None


def _day(raw: Any, number: int, what: str) -> date:
    """A day from a date, `2026-03-15...`, `2026-03` or `2026-W11`."""
    if isinstance(raw, date):
        return date(raw.year, raw.month, raw.day)
    text = str(raw).strip().replace("/", "-").replace(".", "-")
    try:
        if "W" in text:
            year, week = text.replace("-", "").split("W")
            return date.fromisocalendar(int(year), int(week), 1)
        parts = [int(part) for part in text.split(" ")[0].split("T")[0].split("-")]
        return date(parts[0], parts[1], parts[2] if len(parts) > 2 else 1)
    except (ValueError, IndexError):
        # Plain numbers are periods of a table without dates: they are laid on weeks from a fixed Monday.
        digits = "".join(c for c in text if c.isdigit())
        if digits and len(digits) <= 4:
            return date(2000, 1, 3) + timedelta(days=7 * int(digits))
        raise InputFileError(
            f"{what.capitalize()}, row {number}: {raw!r} is no day.", todo="Write 2026-03-15."
        ) from None
