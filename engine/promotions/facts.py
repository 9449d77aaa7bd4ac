"""What the promotions desk knows, by SQL: sales per product and day, promotions that show in files, who used which code."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from engine.promotions.effect import Array, capped_orders

if TYPE_CHECKING:
    from engine.store.database import Store

_SOLD = "coalesce(l.status, '') NOT IN ('cancelled', 'brushing') AND coalesce(l.quantity, 1) > 0"
LEAST_CUT, LEAST_DAYS, MOST_DAYS = 0.05, 3, 62
"""A price cut is five percent off the usual price, seen on three days or more, and not longer than two months."""


@dataclass(frozen=True)
class Sales:
    """Units per product and day, each order at most the product's 90th percentile order.

    Attributes:
        products: n keys, in order; names: of the same; units: shape (n, D), days from `first`.
        price: shape (n, D): mean price of one that day, NaN where none was sold; usual: shape (n,), the usual price.
        currency: of each product, the one most lines are in.
    """

    products: tuple[str, ...]
    names: tuple[str, ...]
    first: date
    units: Array
    price: Array
    usual: Array
    currency: tuple[str | None, ...]

    def day(self, column: int) -> date:
        """The day of a column."""
        return self.first + timedelta(days=column)


@dataclass(frozen=True)
class Found:
    """A promotion: of one product or the whole shop (None), over these days (both in it).

    `source` is "price", "code", "coupon" or "calendar"; `discount` the share off the usual price, where known.
    """

    id: str
    name: str
    product: str | None
    source: str
    first: date
    last: date
    discount: float | None
    code: str | None = None


def sales(store: Store) -> Sales | None:
    """All that was sold per product; None when no line has a day and a product."""
    rows = store.rows(
        f"""
        SELECT l.product, coalesce(k.name, l.product_name, l.product) AS name, l.day, l.currency, l.unit_price,
               coalesce(l.quantity, 1) AS units
        FROM order_lines l LEFT JOIN product_keys k ON k.product = l.product
        WHERE {_SOLD} AND l.day IS NOT NULL AND l.product IS NOT NULL ORDER BY l.product, l.day, l.id
        """
    )
    if not rows:
        return None
    names = {row["product"]: row["name"] for row in rows}
    place = {product: i for i, product in enumerate(names)}
    days = [date.fromisoformat(row["day"][:10]) for row in rows]
    first, last = min(days), max(days)
    series = np.array([place[row["product"]] for row in rows], dtype=np.intp)
    at = np.array([(day - first).days for day in days], dtype=np.intp)
    amounts = capped_orders(np.array([float(row["units"]) for row in rows]), series)
    shape = (len(place), (last - first).days + 1)
    units, paid, priced = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    np.add.at(units, (series, at), amounts)
    prices = np.array([np.nan if row["unit_price"] is None else row["unit_price"] for row in rows])
    known = np.isfinite(prices) & (prices > 0)
    np.add.at(paid, (series[known], at[known]), prices[known])
    np.add.at(priced, (series[known], at[known]), 1.0)
    price = np.where(priced > 0, paid / np.maximum(priced, 1), np.nan)
    usual = np.array([float(np.median(row[np.isfinite(row)])) if np.isfinite(row).any() else np.nan for row in price])
    money: dict[str, dict[str | None, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        money[row["product"]][row["currency"]] += 1
    currency = tuple(max(money[product].items(), key=lambda pair: pair[1])[0] for product in place)
    return Sales(tuple(place), tuple(names.values()), first, units, price, usual, currency)


def promotions(store: Store, sold: Sales) -> list[Found]:
    """Every promotion that can be seen: the seller's calendar, coupon files, price cuts. None stands twice.

    A coupon and a price cut of one product over the same days are one promotion: what the calendar says comes first.
    """
    found = [*_calendar(store), *_coupons(store), *_price_cuts(sold)]
    kept: list[Found] = []
    for one in found:
        same = (k for k in kept if k.product == one.product and k.first <= one.last and one.first <= k.last)
        if next(same, None) is None:
            kept.append(one)
    return sorted(kept, key=lambda one: (one.first, one.id))


def _calendar(store: Store) -> list[Found]:
    return [
        Found(
            row["id"], row["note"] or row["id"], row["product"], "calendar", date.fromisoformat(row["first"]),
            date.fromisoformat(row["last"]), row["discount"],
        )
        for row in store.rows("SELECT * FROM promotion_calendar WHERE NOT removed ORDER BY id")
    ]  # fmt: skip


def _coupons(store: Store) -> list[Found]:
    """Coupons with a start and an end at most two months apart, on the product their row names, else on the whole shop."""
    found = []
    for row in store.rows(
        """
        SELECT id, product, coalesce(name, code) AS name, code, substr(starts, 1, 10) AS starts, substr(ends, 1, 10) AS ends,
               kind, value FROM coupons WHERE starts IS NOT NULL AND ends IS NOT NULL AND coalesce(redemptions, 1) > 0
        ORDER BY id
        """
    ):
        first, last = date.fromisoformat(row["starts"]), date.fromisoformat(row["ends"])
        if timedelta() <= last - first <= timedelta(days=MOST_DAYS):
            share = abs(row["value"]) / 100 if row["value"] and "percent" in (row["kind"] or "").lower() else None
            name = row["name"] or row["code"] or f"coupon {row['id']}"
            found.append(
                Found(f"coupon/{row['code'] or name}", name, row["product"], "coupon", first, last, share, row["code"])
            )
    return found


def _price_cuts(sold: Sales) -> list[Found]:
    """Stretches in which a product's price was cut; a day without a sale belongs to the days around it."""
    found = []
    for i, product in enumerate(sold.products):
        days = np.flatnonzero(np.isfinite(sold.price[i]))
        if not len(days) or not np.isfinite(sold.usual[i]):
            continue
        cut = sold.price[i, days] <= sold.usual[i] * (1 - LEAST_CUT)
        for first, last in _stretches(days, cut):
            inside = days[(days >= first) & (days <= last)]
            length = int(last - first) + 1
            if len(inside) >= LEAST_DAYS and length <= MOST_DAYS:
                share = float(1 - sold.price[i, inside].mean() / sold.usual[i])
                start, end = sold.day(int(first)), sold.day(int(last))
                name = f"price/{product}/{start.isoformat()}"
                found.append(Found(name, sold.names[i], product, "price", start, end, round(share, 3)))
    return found


def _stretches(
    days: np.ndarray[tuple[int], np.dtype[np.intp]], on: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    start: int | None = None
    before = 0
    for day, cut in zip(days.tolist(), on.tolist(), strict=True):
        if cut and start is None:
            start = day
        if not cut and start is not None:
            found.append((start, before))
            start = None
        before = day
    return [*found, (start, before)] if start is not None else found


@dataclass(frozen=True)
class Code:
    """How a discount code was used.

    Attributes:
        orders: with it; given: discount in them; repeat: of `known` redeemers, those who had bought in the 90 days before.
        stacked: orders in which it stood beside another code; share: of the shop's days with orders between its first and
            last use, within the shop's own period.
    """

    code: str
    currency: str | None
    orders: int
    given: float
    known: int
    repeat: int
    stacked: int
    first: str
    last: str
    share: float


def codes(store: Store) -> list[Code]:
    """Every discount code in orders."""
    customer = "coalesce(nullif(customer_id, ''), nullif(lower(email), ''), nullif(phone_hash, ''))"
    rows = store.rows(
        f"""
        SELECT discount_code AS code, day, currency, abs(coalesce(discount, 0)) AS given, {customer} AS who, platform
        FROM orders WHERE day IS NOT NULL AND coalesce(status, '') NOT IN ('cancelled', 'brushing') ORDER BY day, id
        """
    )
    if not rows:
        return []
    span = max(1, (date.fromisoformat(rows[-1]["day"][:10]) - date.fromisoformat(rows[0]["day"][:10])).days)
    bought: dict[str, list[date]] = defaultdict(list)
    uses: dict[str, list[tuple[date, float, bool | None, bool, str | None]]] = defaultdict(list)
    for row in rows:
        day = date.fromisoformat(row["day"][:10])
        before = None if row["who"] is None else any(day - d <= timedelta(days=90) for d in bought[row["who"]])
        names = [name.strip() for name in (row["code"] or "").split(",") if name.strip()]
        for name in names:
            uses[name].append((day, row["given"] / len(names), before, len(names) > 1, row["currency"]))
        if row["who"] is not None:
            bought[row["who"]].append(day)
    return [_code(name, used, span) for name, used in sorted(uses.items())]


def _code(name: str, used: list[tuple[date, float, bool | None, bool, str | None]], span: int) -> Code:
    known = [before for _, _, before, _, _ in used if before is not None]
    first, last = used[0][0], used[-1][0]
    return Code(
        name, used[0][4], len(used), round(sum(given for _, given, *_ in used), 2), len(known), sum(known),
        sum(stacked for *_, stacked, _ in used), first.isoformat(), last.isoformat(), (last - first).days / span,
    )  # fmt: skip


def unused(store: Store) -> list[tuple[int, str]]:
    """Codes of coupon files that no order used: row and code; only where a file counts redemptions."""
    return [
        (row["id"], row["code"])
        for row in store.rows(
            """
            SELECT c.id, c.code FROM coupons c
            WHERE c.code IS NOT NULL AND c.redemptions = 0
              AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.discount_code = c.code) ORDER BY c.id
            """
        )
    ]


MOST_ROWS = 300
"""Order lines that a finding opens into, the newest first."""


def lines(store: Store, product: str, first: str, last: str) -> list[int]:
    """The order lines of a product from one day to another, newest first."""
    return [
        row["id"]
        for row in store.rows(
            f"SELECT l.id FROM order_lines l WHERE l.product = ? AND substr(l.day, 1, 10) BETWEEN ? AND ? AND {_SOLD} "
            "ORDER BY l.day DESC, l.id LIMIT ?",
            [product, first, last, MOST_ROWS],
        )
    ]


def costs(store: Store) -> dict[str, float]:
    """Product to the mean cost of one, in the currency of its price; from product exports and supplier sheets."""
    return {
        row["product"]: row["cost"]
        for row in store.rows(
            """
            SELECT product, avg(cost) AS cost FROM (
                SELECT product, cost FROM variants WHERE cost > 0 AND product IS NOT NULL
                UNION ALL SELECT product, unit_cost FROM suppliers WHERE unit_cost > 0 AND product IS NOT NULL)
            GROUP BY product
            """
        )
    }
