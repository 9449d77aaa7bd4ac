"""What the stock desk knows, by SQL: sales per item and day, shelves, what is on its way, terms of supply."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import fmean, pstdev
from typing import Any

import numpy as np

from engine.stock.demand import Array, Panel
from engine.stock.ordering import Supply
from engine.store.database import Store

SOLD = "coalesce(l.status, '') NOT IN ('cancelled', 'brushing')"
"""Order lines that count as sold."""
_ITEM = "coalesce(nullif(l.sku, ''), l.product)"
_NO_PRODUCT = re.compile(
    r"^(post(age)?|shipping|dotcom postage|gift ?card|m|d|s|b|adjust.*|bank charges|运费|邮费|补差价)$", re.IGNORECASE
)
"""Codes and names that are no product: postage, adjustments."""
LEAD_DAYS, REVIEW_DAYS = 21.0, 7.0
"""Assumed where nobody stated them, and shown as assumed."""


@dataclass(frozen=True)
class Item:
    """One thing on a shelf: a SKU, or a product sold without SKUs."""

    item: str
    product: str | None
    name: str
    price: float | None = None
    currency: str | None = None


@dataclass(frozen=True)
class Sold:
    """Units of items per day, cancelled and brushed orders left out, bundles counted as their components.

    Attributes:
        items: n of them, in order; units: shape (n, D), days from `first`.
    """

    items: tuple[Item, ...]
    first: date
    units: Array

    @property
    def last(self) -> date:
        """The last day with any order: the shop's today."""
        return self.first + timedelta(days=self.units.shape[1] - 1)

    def weekly(self) -> Panel:
        """Whole weeks that end on the last day."""
        weeks = self.units.shape[1] // 7
        used = self.units[:, self.units.shape[1] - 7 * weeks :] if weeks else self.units[:, :0]
        table = used.reshape(len(self.items), weeks, 7).sum(axis=2)
        none = np.zeros(table.shape, dtype=bool)
        start = self.last - timedelta(days=7 * weeks - 1)
        ids = tuple(item.item for item in self.items)
        return Panel(ids, "week", start, table, none, np.full(table.shape, np.nan))


def sold(store: Store) -> Sold | None:
    """All that was sold; None when no order line has a day and a product."""
    rows = store.rows(
        f"""
        SELECT {_ITEM} AS item, l.product, l.day, sum(coalesce(l.quantity, 1)) AS units
        FROM order_lines l WHERE {SOLD} AND l.day IS NOT NULL AND {_ITEM} IS NOT NULL AND coalesce(l.quantity, 1) > 0
        GROUP BY 1, 2, 3 ORDER BY 1, 3
        """
    )
    rows = [row for row in rows if not _NO_PRODUCT.match(row["item"])]
    if not rows:
        return None
    parts = _components(store)
    days = [date.fromisoformat(row["day"][:10]) for row in rows]
    first, last = min(days), max(days)
    product_of: dict[str, str | None] = {}
    sums: dict[str, Array] = defaultdict(lambda: np.zeros((last - first).days + 1))
    for row, day in zip(rows, days, strict=True):
        for item, quantity in parts.get(row["item"], {row["item"]: 1.0}).items():
            sums[item][(day - first).days] += row["units"] * quantity
            if item == row["item"] or item not in product_of:
                product_of[item] = row["product"] if item == row["item"] else None
    names, prices = _names(store), _prices(store)
    items = tuple(
        Item(item, product_of[item], names.get(item) or names.get(product_of[item] or "") or item, *prices.get(item, (None, None)))
        for item in sorted(sums)
    )  # fmt: skip
    return Sold(items, first, np.stack([sums[item.item] for item in items]))


def _components(store: Store) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for row in store.rows("SELECT bundle, component, quantity FROM bundles ORDER BY bundle, component"):
        found[row["bundle"]][row["component"]] = row["quantity"]
    return dict(found)


def _names(store: Store) -> dict[str, str]:
    """Item to the name a seller knows it by: the product's, with the variant's title."""
    names = {row["product"]: row["name"] for row in store.rows("SELECT product, name FROM product_keys")}
    for row in store.rows(
        """
        SELECT v.sku, k.name, v.title FROM variants v JOIN product_keys k ON k.product = v.product
        WHERE v.sku IS NOT NULL AND v.title IS NOT NULL ORDER BY v.id DESC
        """
    ):
        names[row["sku"]] = f"{row['name']} - {row['title']}"
    return names


def _prices(store: Store) -> dict[str, tuple[float, str | None]]:
    """Item to the mean price of one in its newest thirty lines, and its currency."""
    rows = store.rows(
        f"""
        SELECT item, currency, avg(price) AS price FROM (
            SELECT {_ITEM} AS item, l.currency, l.unit_price AS price,
                   row_number() OVER (PARTITION BY {_ITEM} ORDER BY l.day DESC, l.id DESC) AS place
            FROM order_lines l WHERE {SOLD} AND l.unit_price > 0 AND l.day IS NOT NULL)
        WHERE place <= 30 AND item IS NOT NULL GROUP BY item, currency ORDER BY count(*)
        """
    )
    return {row["item"]: (round(row["price"], 2), row["currency"]) for row in rows}


@dataclass(frozen=True)
class Shelf:
    """What is there of an item: units to sell, reserved for orders, and on their way; `day` it was counted, if stated."""

    on_hand: float
    reserved: float = 0.0
    incoming: float = 0.0
    day: str | None = None
    rows: tuple[int, ...] = ()


def shelves(store: Store) -> dict[str, Shelf]:
    """Item to its shelf, over all locations: the newest count of each location; damaged and not stocked units left out.

    Where no stock file says anything of an item, the stock in product files is taken.
    """
    found: dict[str, Shelf] = {}
    for row in store.rows(
        """
        SELECT id, item, available, on_hand, committed, incoming, day FROM (
            SELECT s.id, coalesce(nullif(s.sku, ''), s.product) AS item, s.available, s.on_hand, s.committed, s.incoming,
                   s.day, row_number() OVER (
                       PARTITION BY coalesce(nullif(s.sku, ''), s.product), s.platform, s.location
                       ORDER BY s.day DESC, s.import_id DESC, s.id DESC) AS place
            FROM stock s
            WHERE lower(coalesce(s.condition, '')) NOT IN ('damaged', 'unsellable', 'defective', 'customer_damaged')
              AND coalesce(s.available, s.on_hand) IS NOT NULL)
        WHERE place = 1 AND item IS NOT NULL ORDER BY item, id
        """
    ):
        before = found.get(row["item"], Shelf(0.0))
        reserved = row["committed"] or 0.0
        # Platforms state what can be sold with reserved units already taken off; the shelf holds both.
        on_hand = row["on_hand"] if row["on_hand"] is not None else row["available"] + reserved
        found[row["item"]] = Shelf(
            before.on_hand + max(0.0, on_hand),
            before.reserved + reserved,
            before.incoming + (row["incoming"] or 0.0),
            max(filter(None, (before.day, row["day"])), default=None),
            (*before.rows, row["id"]),
        )
    if not found:
        for row in store.rows(
            "SELECT sku AS item, max(stock) AS stock FROM variants WHERE sku IS NOT NULL AND stock IS NOT NULL GROUP BY sku"
        ):
            found[row["item"]] = Shelf(max(0.0, row["stock"]))
    return found


_OVER = ("received", "cancelled", "closed", "refunded", "completed", "draft")


def incoming(store: Store) -> dict[str, float]:
    """Item to units ordered and not yet received; cancelled and closed orders are not on their way."""
    found: dict[str, float] = defaultdict(float)
    for row in store.rows(
        """
        SELECT coalesce(nullif(sku, ''), product) AS item, quantity, coalesce(received, 0) AS received, status, received_at
        FROM purchase_orders WHERE quantity > 0 ORDER BY id
        """
    ):
        over = (row["status"] or "").lower() in _OVER or (row["received_at"] is not None and not row["received"])
        if row["item"] is not None and not over:
            found[row["item"]] += max(0.0, row["quantity"] - row["received"])
    return dict(found)


def supplies(store: Store, items: Mapping[str, str | None], today: date) -> dict[str, Supply]:
    """Item to how it is bought: typed terms before supplier sheets, product exports and past purchase orders.

    Lead times come with their spread where receipts tell it; what nobody states is assumed and named in `assumed`.

    Args:
        items: item to product.
    """
    terms: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in store.rows(
        "SELECT sku, cost, currency FROM variants WHERE sku IS NOT NULL AND cost IS NOT NULL ORDER BY id"
    ):
        terms[row["sku"]] |= {"cost": row["cost"], "currency": row["currency"]}
    for row in store.rows(
        """
        SELECT coalesce(nullif(sku, ''), product) AS item, unit_cost, currency, supplier FROM purchase_orders
        WHERE unit_cost > 0 ORDER BY coalesce(ordered_at, day), id
        """
    ):
        terms[row["item"]] |= _stated(row, {"unit_cost": "cost", "currency": "currency", "supplier": "supplier"})
    sheet = {
        "unit_cost": "cost", "currency": "currency", "supplier": "supplier", "lead_days": "lead_days", "moq": "least",
        "pack": "pack",
    }  # fmt: skip
    by_supplier: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in store.rows(
        """
        SELECT coalesce(nullif(sku, ''), product) AS item, supplier, unit_cost, currency, lead_days, moq, pack FROM suppliers
        WHERE coalesce(valid_from, '') <= ? ORDER BY coalesce(valid_from, ''), id
        """,
        [today.isoformat()],
    ):
        target = terms[row["item"]] if row["item"] is not None else by_supplier[row["supplier"]]
        target |= _stated(row, sheet)
    for row in store.rows(
        "SELECT item, name, value FROM stock_terms WHERE valid_from <= ? ORDER BY valid_from", [today.isoformat()]
    ):
        terms[row["item"]][row["name"]] = (
            row["value"] if row["name"] in ("supplier", "currency") else float(row["value"])
        )
    leads = _receipts(store)
    found = {}
    for item, product in items.items():
        own = terms.get(product or "", {}) | terms.get(item, {})
        found[item] = _supply(by_supplier.get(str(own.get("supplier")), {}) | own, leads)
    return found


def _stated(row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {to: row[name] for name, to in names.items() if row[name] is not None}


def _supply(known: Mapping[str, Any], leads: Mapping[str, tuple[float, float]]) -> Supply:
    supplier = known.get("supplier")
    measured = leads.get(str(supplier)) if supplier else None
    lead = known.get("lead_days")
    made = Supply(
        lead_days=float(lead if lead is not None else measured[0] if measured else LEAD_DAYS),
        lead_spread=measured[1] if measured else 0.0,
        review_days=REVIEW_DAYS,
        least=float(known.get("least") or 0.0),
        pack=float(known.get("pack") or 1.0),
        cost=known.get("cost"),
        currency=known.get("currency"),
        supplier=supplier,
    )
    return made if lead is not None or measured else replace(made, assumed=("lead_days",))


def _receipts(store: Store) -> dict[str, tuple[float, float]]:
    """Supplier to mean and standard deviation of days from order to receipt, from at least three orders."""
    days: dict[str, dict[str, float]] = defaultdict(dict)
    for row in store.rows(
        """
        SELECT supplier, po_id, min(ordered_at) AS ordered, max(received_at) AS received FROM purchase_orders
        WHERE supplier IS NOT NULL AND ordered_at IS NOT NULL AND received_at IS NOT NULL GROUP BY supplier, po_id
        """
    ):
        took = (date.fromisoformat(row["received"][:10]) - date.fromisoformat(row["ordered"][:10])).days
        if took >= 0:
            days[row["supplier"]][row["po_id"]] = float(took)
    return {
        name: (round(fmean(took.values()), 1), round(pstdev(took.values()), 1))
        for name, took in days.items()
        if len(took) >= 3
    }


def stock_outs(store: Store, first: date, weeks: int) -> dict[str, np.ndarray[Any, np.dtype[np.bool_]]]:
    """Item to whether a count of that week found the shelf empty; items counted in fewer than four weeks are left out."""
    seen: dict[str, set[int]] = defaultdict(set)
    empty: dict[str, np.ndarray[Any, np.dtype[np.bool_]]] = defaultdict(lambda: np.zeros(weeks, dtype=bool))
    for row in store.rows(
        """
        SELECT coalesce(nullif(sku, ''), product) AS item, day, sum(coalesce(available, on_hand)) AS units FROM stock
        WHERE day IS NOT NULL AND coalesce(available, on_hand) IS NOT NULL GROUP BY 1, 2
        """
    ):
        week = (date.fromisoformat(row["day"][:10]) - first).days // 7
        if row["item"] is None or not 0 <= week < weeks:
            continue
        seen[row["item"]].add(week)
        if row["units"] <= 0:
            empty[row["item"]][week] = True
    return {item: flags for item, flags in empty.items() if len(seen[item]) >= 4}


def as_text(values: Array) -> str:
    """Numbers as a short JSON array, for a derived row."""
    return json.dumps([round(float(v), 2) for v in values])
