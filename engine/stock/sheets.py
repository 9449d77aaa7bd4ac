"""What the stock desk can export: purchase orders, and what each item earned."""

from __future__ import annotations

from engine.stock.profit import PARTS
from engine.stock.queries import PURCHASE_COLUMNS, order_list, profit, purchase_rows
from engine.store.database import Store
from engine.store.sheets import Sheet


def of_purchases(store: Store) -> Sheet:
    """All that should be ordered, by supplier."""
    lines = order_list(store)
    rows = purchase_rows(lines)
    return Sheet(
        "purchase orders", PURCHASE_COLUMNS, lambda: rows, len(rows), lambda: [line.as_json() for line in lines]
    )


def of_profit(store: Store) -> Sheet:
    """What each item earned, per currency; the last line is what belongs to none."""
    found = profit(store)
    columns = ("sku", "currency", *PARTS, "contribution")
    rows = [(one.name, one.currency, *(one.parts[part] for part in PARTS), one.contribution) for one in found]
    return Sheet("profit", columns, lambda: rows, len(rows), lambda: [one.as_json() for one in found])


SHEETS = {"purchase-orders": of_purchases, "profit": of_profit}
