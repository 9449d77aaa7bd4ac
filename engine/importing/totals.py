"""What an import comes to: orders, units and amounts of everything that was loaded, and the days it covers."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from engine.importing.report import ImportReport

if TYPE_CHECKING:
    import polars as pl

_ALWAYS = ("orders", "lines", "units", "gross", "discount", "refund", "net")
_OF_AN_ORDER = ("discount", "subtotal", "total", "shipping", "tax")
_OF_MOVEMENTS = ("amount", "spend", "sales", "impressions", "clicks", "sessions", "units", "orders")


class Totals:
    """Sums over the rows of one import.

    Args:
        tables: the tables that the import fills; an amount that two of them tell is added up once.
    """

    def __init__(self, tables: set[str]) -> None:
        self._tables = tables
        self._sums: dict[str, float] = defaultdict(float)
        self._orders: set[str] = set()
        self._days: list[str] = []

    def add(self, table: str, frame: pl.DataFrame) -> None:
        """Add up the rows of one table."""
        if table == "order_lines":
            self._add_lines(frame)
        elif table == "orders":
            self._add_orders(frame)
        elif table == "returns":
            self._sums["lines"] += frame.height
            self._sums["units"] += _sum(frame, "quantity")
            self._sums["refund"] += _sum(frame, "refund")
        elif table in ("fees", "ads", "sessions"):
            for column in _OF_MOVEMENTS:
                self._sums[column] += _sum(frame, column)
        for column in {"day", "day_to"} & set(frame.columns):
            days = frame[column].drop_nulls()
            self._days += [str(day) for day in (days.min(), days.max()) if day is not None]

    def _add_lines(self, frame: pl.DataFrame) -> None:
        self._sums["lines"] += frame.height
        self._sums["units"] += _sum(frame, "quantity")
        self._sums["gross"] += _sum(frame, "amount") + _sum(frame, "discount")
        self._sums["discount"] += _sum(frame, "discount")
        if "order_id" in frame.columns and "orders" not in self._tables:
            self._orders |= set(frame["order_id"].drop_nulls().unique())

    def _add_orders(self, frame: pl.DataFrame) -> None:
        self._sums["orders"] += frame.height
        for column in _OF_AN_ORDER:
            self._sums["discount" if column == "discount" else f"order_{column}"] += _sum(frame, column)
        self._sums["refund"] += _sum(frame, "refunded")
        if "order_lines" not in self._tables:
            self._sums["gross"] += _sum(frame, "subtotal")

    def write(self, report: ImportReport) -> None:
        """Enter the sums and the days into a report."""
        sums = self._sums
        if self._orders:
            sums["orders"] = len(self._orders)
        if {"orders", "lines"} & set(sums):
            sums["net"] = sums["gross"] - sums["discount"] - sums["refund"]
        report.totals = {key: round(float(sums[key]), 2) for key in _ALWAYS}
        report.totals |= {key: round(float(value), 2) for key, value in sums.items() if key not in _ALWAYS and value}
        if self._days:
            report.period = {"from": min(self._days), "to": max(self._days)}


def _sum(frame: pl.DataFrame, column: str) -> float:
    return float(frame[column].sum() or 0.0) if column in frame.columns else 0.0
