"""What an import comes to: orders, units and amounts of everything that was loaded, and the days it covers."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from engine.importing.report import ImportReport

if TYPE_CHECKING:
    import polars as pl

_COUNTS = ("orders", "lines", "units")
_MONEY = ("gross", "discount", "refund", "net")
_OF_AN_ORDER = ("discount", "subtotal", "total", "shipping", "tax")
_MOVED = ("amount", "spend", "sales", "fee")
_AMOUNTS = (*_OF_AN_ORDER, *_MOVED, "refunded", "refund")
_COUNTED = ("impressions", "clicks", "sessions", "units", "orders")


class Totals:
    """Sums over the rows of one import; amounts of different currencies are never added.

    Args:
        tables: the tables that the import fills; an amount that two of them tell is added up once.
    """

    def __init__(self, tables: set[str]) -> None:
        self._tables = tables
        self._counts: dict[str, float] = defaultdict(float)
        self._money: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        self._moved: set[str] = set()
        self._orders: set[str] = set()
        self._days: list[str] = []

    def add(self, table: str, frame: pl.DataFrame) -> None:
        """Add up the rows of one table."""
        for column in {"day", "day_to"} & set(frame.columns):
            days = frame[column].drop_nulls()
            self._days += [str(day) for day in (days.min(), days.max()) if day is not None]
        self._count(table, frame)
        if "currency" not in frame.columns or frame["currency"].n_unique() < 2:
            currency = frame["currency"][0] if "currency" in frame.columns and frame.height else None
            self._add_amounts(table, frame, currency or "")
            return
        for (currency,), part in frame.group_by("currency"):
            self._add_amounts(table, part, str(currency or ""))

    def _count(self, table: str, frame: pl.DataFrame) -> None:
        if table in ("order_lines", "returns"):
            self._counts["lines"] += frame.height
            self._counts["units"] += _sum(frame, "quantity")
            if table == "order_lines" and "order_id" in frame.columns and "orders" not in self._tables:
                self._orders |= set(frame["order_id"].drop_nulls().unique())
        elif table == "orders":
            self._counts["orders"] += frame.height
        elif table in ("fees", "ads", "sessions"):
            for column in _COUNTED:
                self._counts[column] += _sum(frame, column)

    def _add_amounts(self, table: str, frame: pl.DataFrame, currency: str) -> None:
        money = self._money[currency]
        if any(frame[name].fill_null(0).ne(0).any() for name in _AMOUNTS if name in frame.columns):
            self._moved.add(currency)
        if table == "order_lines":
            money["gross"] += _sum(frame, "amount") + _sum(frame, "discount")
            money["discount"] += _sum(frame, "discount")
        elif table == "orders":
            for column in _OF_AN_ORDER:
                money["discount" if column == "discount" else f"order_{column}"] += _sum(frame, column)
            money["refund"] += _sum(frame, "refunded")
            if "order_lines" not in self._tables:
                money["gross"] += _sum(frame, "subtotal")
        elif table == "returns":
            money["refund"] += _sum(frame, "refund")
        elif table == "payouts":
            money["paid_out"] += _sum(frame, "amount")
        elif table in ("fees", "ads", "sessions", "purchase_orders"):
            for column in _MOVED:
                money[column] += _sum(frame, column)

    def write(self, report: ImportReport) -> None:
        """Enter the sums and the days into a report: per currency where there are several."""
        if self._orders:
            self._counts["orders"] = len(self._orders)
        sold = bool({"orders", "lines"} & set(self._counts))
        by_currency = {code: _completed(self._money[code], sold) for code in self._moved}
        counts = {key: round(float(self._counts[key]), 2) for key in _COUNTS}
        counts |= {key: round(float(value), 2) for key, value in self._counts.items() if key not in _COUNTS and value}
        if len(by_currency) < 2:
            report.totals = counts | next(iter(by_currency.values()), dict.fromkeys(_MONEY, 0.0))
        else:
            report.totals = counts
            report.totals_by_currency = {code or "?": sums for code, sums in sorted(by_currency.items())}
            named = ", ".join(sorted(code or "an unknown one" for code in by_currency))
            report.notes.append(
                f"Amounts are in {len(by_currency)} currencies ({named}): they are totalled apart, never added."
            )
            report.currency = None
        if self._days:
            report.period = {"from": min(self._days), "to": max(self._days)}


def _completed(sums: dict[str, float], sold: bool) -> dict[str, float]:
    """Sums rounded, the usual ones always there, others where they are not nothing."""
    if sold:
        sums = {**sums, "net": sums["gross"] - sums["discount"] - sums["refund"]}
    found = {key: round(float(sums.get(key, 0.0)), 2) for key in _MONEY}
    return found | {key: round(float(value), 2) for key, value in sums.items() if key not in _MONEY and value}


def _sum(frame: pl.DataFrame, column: str) -> float:
    return float(frame[column].sum() or 0.0) if column in frame.columns else 0.0
