"""What the stock desk can export: purchase orders, and what each item earned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.stock.profit import PARTS
from engine.stock.queries import Line, order_list, profit
from engine.store.database import Store
from engine.store.sheets import Sheet

COLUMNS = (
    "supplier", "sku", "name", "quantity", "pack", "unit_cost", "currency", "cost", "last_day_to_order", "forecast",
    "service_level", "target", "on_hand", "reserved", "incoming",
)  # fmt: skip
"""Of a purchase order."""


def purchase_rows(lines: Sequence[Line]) -> list[tuple[Any, ...]]:
    """Rows of a purchase order, by supplier and SKU: one per item with something to order."""
    rows = [
        (
            made.supply.supplier or "", made.sku, line.name, made.quantity, made.supply.pack, made.supply.cost,
            made.supply.currency or "", made.cost, made.last_day.isoformat() if made.last_day else "", made.forecast,
            made.level, made.target, made.on_hand, made.reserved, made.incoming,
        )
        for line in lines
        for made in (line.order,)
        if made.quantity > 0
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (row[0], row[1]))


def of_purchases(store: Store) -> Sheet:
    """All that should be ordered, by supplier."""
    lines = order_list(store)
    rows = purchase_rows(lines)
    return Sheet("purchase orders", COLUMNS, lambda: rows, len(rows), lambda: [line.as_json() for line in lines])


def of_profit(store: Store) -> Sheet:
    """What each item earned, per currency; the last line is what belongs to none."""
    found = profit(store)
    columns = ("sku", "currency", *PARTS, "contribution")
    rows = [(one.name, one.currency, *(one.parts[part] for part in PARTS), one.contribution) for one in found]
    return Sheet("profit", columns, lambda: rows, len(rows), lambda: [one.as_json() for one in found])


SHEETS = {"purchase-orders": of_purchases, "profit": of_profit}
