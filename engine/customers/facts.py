"""What the customers desk knows, by SQL: who ordered what when. Cancelled and brushed orders are no purchases.

One customer on several platforms is known by an e-mail address, a phone (stored as a hash only) or a platform's customer
id. Masked buyers and buyers without any of these are unknown, and counted as such. Outside the shop file's imported tables
a customer is an opaque key; no name, address or e-mail leaves this module.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import polars as pl

from engine.store.database import Store

BOUGHT = "coalesce(status, '') NOT IN ('cancelled', 'brushing')"
"""Orders and lines that count as bought."""
LOGINS = frozenset({"ebay", "jd", "allegro", "etsy"})
"""Platforms whose orders name the buyer by an account and not by a name that many share."""
_NO_PRODUCT = re.compile(
    r"^(post(age)?|shipping|carriage|dot|dotcom postage|gift ?(card|_).*|m|d|s|b|c2|manual|discount|adjust.*|amazonfee"
    r"|bank charges|cruk.*|pads|test\d*|运费|邮费|补差价|差价)$",
    re.IGNORECASE,
)
_LINES = """
    SELECT l.platform, l.order_id, coalesce(l.product, nullif(l.sku, ''), l.product_name) AS item, l.day,
           coalesce(l.quantity, 1) AS quantity, l.amount
    FROM order_lines l
    WHERE coalesce(l.status, '') NOT IN ('cancelled', 'brushing') AND l.order_id IS NOT NULL AND l.day IS NOT NULL"""
_ORDERS = f"""
    SELECT id, platform, order_id, day, email, phone_hash, customer_id, customer, accepts_marketing, currency,
           total - coalesce(refunded, 0) AS total, {BOUGHT} AS bought
    FROM orders WHERE order_id IS NOT NULL ORDER BY day, id"""


@dataclass(frozen=True)
class Purchases:
    """All purchases of a shop.

    Attributes:
        orders: order_row (0 where only lines are known), basket, customer (null when unknown), day (date), amount, currency.
        lines: basket, customer, time (date), item, quantity, as `History.of` takes them.
        consent: customer to whether they agreed to marketing, where any file says so; the newest word counts.
        names: item to the product's name.
        currency: the one most orders are in; None when none is stated.
    """

    orders: pl.DataFrame
    lines: pl.DataFrame
    consent: dict[str, bool]
    names: dict[str, str]
    currency: str | None

    @property
    def unknown(self) -> int:
        """Orders whose buyer is masked or not stated."""
        return self.orders["customer"].null_count()


def no_product(item: str) -> bool:
    """Whether a code or name is postage, a fee or an adjustment rather than something to sell."""
    return bool(_NO_PRODUCT.match(item.strip()))


def purchases(store: Store) -> Purchases:
    """Everything that was bought, joined to customers over files and platforms."""
    stated = store.rows(_ORDERS)
    keys = identities(stated, store.rows("SELECT platform, customer_id, email, phone_hash FROM customers ORDER BY id"))
    lost = {(row["platform"], row["order_id"]) for row in stated if not row["bought"]}
    lines = [
        row for row in store.rows(_LINES)
        if row["item"] and not no_product(row["item"]) and (row["platform"], row["order_id"]) not in lost
    ]  # fmt: skip
    sums: dict[tuple[str, str], float] = {}
    days: dict[tuple[str, str], str] = {}
    for row in lines:
        at = (row["platform"], row["order_id"])
        sums[at] = sums.get(at, 0.0) + (row["amount"] or 0.0)
        days.setdefault(at, row["day"])
    orders = _orders(stated, keys, sums, days)
    owner = dict(zip(orders["basket"], orders["customer"], strict=True))
    frame = pl.DataFrame(
        [
            {
                "basket": basket_of(row["platform"], row["order_id"]), "time": row["day"][:10], "item": row["item"],
                "quantity": float(row["quantity"]),
            }
            for row in lines
        ],
        schema={"basket": pl.String, "time": pl.String, "item": pl.String, "quantity": pl.Float64},
    )  # fmt: skip
    frame = frame.with_columns(
        pl.col("time").str.to_datetime("%Y-%m-%d", strict=False),
        pl.col("basket").replace_strict(owner, default=None, return_dtype=pl.String).alias("customer"),
    ).drop_nulls("time")
    names = {row["product"]: row["name"] for row in store.rows("SELECT product, name FROM product_keys")}
    currencies = orders["currency"].drop_nulls()
    currency = (
        str(currencies.value_counts().sort("count", "currency", descending=[True, False])[0, 0])
        if len(currencies)
        else None
    )
    return Purchases(orders, frame, _consent(store, stated, keys), names, currency)


def basket_of(platform: str, order_id: str) -> str:
    """The name of an order over all platforms."""
    return f"{platform}/{order_id}"


def _orders(
    stated: list[dict[str, Any]],
    keys: dict[int, str | None],
    sums: dict[tuple[str, str], float],
    days: dict[tuple[str, str], str],
) -> pl.DataFrame:
    rows: list[tuple[int, str, str | None, str | None, float, str | None]] = []
    seen = set()
    for row in stated:
        at = (row["platform"], row["order_id"])
        if at in seen or not row["bought"]:
            seen.add(at)
            continue
        seen.add(at)
        day = row["day"] or days.get(at)
        amount = row["total"] if row["total"] is not None else sums.get(at, 0.0)
        rows.append((row["id"], basket_of(*at), keys[row["id"]], day, float(amount), row["currency"]))
    rows += [(0, basket_of(*at), None, day, sums[at], None) for at, day in days.items() if at not in seen]
    schema = {
        "order_row": pl.Int64, "basket": pl.String, "customer": pl.String, "day": pl.String, "amount": pl.Float64,
        "currency": pl.String,
    }  # fmt: skip
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.with_columns(pl.col("day").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)).drop_nulls("day")


def _consent(store: Store, stated: list[dict[str, Any]], keys: dict[int, str | None]) -> dict[str, bool]:
    """What customers said of marketing: in their orders, and above that in a file of customers."""
    said = {
        mark: bool(row["accepts_marketing"])
        for row in store.rows(
            """
            SELECT platform, customer_id, email, phone_hash, accepts_marketing FROM customers
            WHERE accepts_marketing IS NOT NULL ORDER BY id
            """
        )
        for mark in identifiers(row)
    }
    result: dict[str, bool] = {}
    for row in stated:
        customer = keys[row["id"]]
        if customer is None:
            continue
        if row["accepts_marketing"] is not None:
            result[customer] = bool(row["accepts_marketing"])
        for mark in identifiers(row):
            if mark in said:
                result[customer] = said[mark]
    return result


def identifiers(row: dict[str, Any]) -> list[str]:
    """What a row knows its buyer by, the surest first; what is masked is left out."""
    found = []
    email = (row.get("email") or "").strip().lower()
    if "@" in email and not masked(email):
        found.append("email:" + email)
    if row.get("phone_hash"):
        found.append("phone:" + str(row["phone_hash"]))
    number = str(row.get("customer_id") or "").strip()
    if number and not masked(number):
        found.append(f"id:{row.get('platform')}:{number}")
    login = str(row.get("customer") or "").strip()
    if login and row.get("platform") in LOGINS and not masked(login):
        found.append(f"login:{row.get('platform')}:{login.lower()}")
    return found


def masked(text: str) -> bool:
    """Whether a platform hid (part of) it."""
    return "*" in text or text.startswith(("##", "$$", "~")) or not text.strip("-x?#")


def identities(orders: list[dict[str, Any]], customers: list[dict[str, Any]]) -> dict[int, str | None]:
    """Order row to the opaque key of its customer, None when unknown; rows that share an identifier are one customer."""
    parent: dict[str, str] = {}

    def root(mark: str) -> str:
        parent.setdefault(mark, mark)
        while parent[mark] != mark:
            parent[mark] = parent[parent[mark]]
            mark = parent[mark]
        return mark

    marks_of = {row["id"]: identifiers(row) for row in orders}
    for marks in [*marks_of.values(), *map(identifiers, customers)]:
        for mark in marks:
            one, other = sorted((root(marks[0]), root(mark)))
            parent[other] = one
    return {row: opaque(root(marks[0])) if marks else None for row, marks in marks_of.items()}


def opaque(mark: str) -> str:
    """The key of a customer: says nothing, and is the same at every import."""
    return "c" + blake2b(mark.encode(), digest_size=6).hexdigest()
