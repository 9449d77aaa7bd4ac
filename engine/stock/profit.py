"""Profit: what each item really earned, per platform and month, to the cent, in its own currency.

contribution = sales - discounts - refunds - fees - ads - shipping - cost of goods. Money that belongs to no single item
(a subscription, an ad for the whole shop) stays one line of its own, item "", and is never spread over items.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from engine.stock.facts import SOLD
from engine.store.database import Store

PARTS = ("sales", "discounts", "refunds", "fees", "ads", "shipping", "goods")
"""The parts of a contribution; all but sales are negative, shipping is what buyers paid for it less what it cost."""
WHOLE_SHOP = ""
"""The item of money that no single item can be given."""


@dataclass(frozen=True, order=True)
class Entry:
    """One line of the ledger, in cents (hundredths of the currency); costs are negative.

    Attributes:
        item: a SKU (a product where it has none); "" for what belongs to no item.
        estimated: from the platform's published rates, not from a settlement.
    """

    currency: str
    platform: str
    month: str
    product: str
    item: str
    part: str
    cents: int
    estimated: bool = False


@dataclass(frozen=True)
class _Line:
    """A sold line with its place in the ledger."""

    order: tuple[str, str]
    item: str
    product: str
    month: str
    currency: str
    units: float
    gross: int
    discount: int


def in_cents(amount: float | None) -> int:
    """An amount as whole cents."""
    return 0 if amount is None else round(amount * 100)


def shared(cents: int, weights: Sequence[int]) -> list[int]:
    """`cents` split by weights to the cent: rounded down, the rest to the largest remainders (Hamilton's method)."""
    total = sum(weights)
    if total <= 0:
        weights, total = [1] * len(weights), len(weights)
    sign, amount = (1, cents) if cents >= 0 else (-1, -cents)
    parts = [amount * weight // total for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % total), i))
    for i in order[: amount - sum(parts)]:
        parts[i] += 1
    return [sign * part for part in parts]


def ledger(store: Store) -> list[Entry]:
    """Every entry of the shop's ledger, summed per currency, platform, month, product, item and part."""
    lines = _lines(store)
    by_order: dict[tuple[str, str], list[_Line]] = defaultdict(list)
    for line in lines:
        by_order[line.order].append(line)
    book = _Book()
    for line in lines:
        book.add(line, "sales", line.gross)
    _orders(store, by_order, book)
    _goods(store, lines, book)
    settled = _fees(store, by_order, lines, book)
    _estimated_fees(store, by_order, settled, book)
    _ads(store, book)
    return book.entries()


class _Book:
    """Sums of cents by place and part."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str, str, str, str, str, bool], int] = defaultdict(int)

    def add(self, line: _Line, part: str, cents: int, *, estimated: bool = False) -> None:
        """Book cents on a sold line."""
        self.book(line.currency, line.order[0], line.month, line.product, line.item, part, cents, estimated)

    def book(
        self, currency: str, platform: str, month: str, product: str, item: str, part: str, cents: int, estimated: bool
    ) -> None:
        """Book cents on any place of the ledger."""
        if cents:
            self._sums[currency, platform, month, product, item, part, estimated] += cents

    def entries(self) -> list[Entry]:
        """What was booked, in order."""
        return sorted(Entry(*key[:6], cents, key[6]) for key, cents in self._sums.items() if cents)


def _lines(store: Store) -> list[_Line]:
    rows = store.rows(
        f"""
        SELECT l.id, coalesce(l.platform, '') AS platform, coalesce(l.order_id, 'line ' || l.id) AS order_id,
               coalesce(nullif(l.sku, ''), l.product, l.product_name, '') AS item, coalesce(l.product, '') AS product,
               coalesce(substr(l.day, 1, 7), '') AS month,
               coalesce(l.currency, o.currency, '') AS currency, coalesce(l.quantity, 1) AS units, l.unit_price, l.amount,
               l.discount
        FROM order_lines l
        LEFT JOIN orders o ON o.id = (
            SELECT x.id FROM orders x WHERE x.order_id = l.order_id AND x.platform IS l.platform LIMIT 1)
        WHERE {SOLD} AND coalesce(l.quantity, 1) > 0 ORDER BY l.id
        """
    )
    return [
        _Line(
            (row["platform"], row["order_id"]),
            row["item"],
            row["product"],
            row["month"],
            row["currency"],
            row["units"],
            in_cents(row["units"] * row["unit_price"] if row["unit_price"] is not None else row["amount"]),
            in_cents(abs(row["discount"] or 0.0)),
        )
        for row in rows
    ]


def _orders(store: Store, by_order: Mapping[tuple[str, str], list[_Line]], book: _Book) -> None:
    """Discounts, refunds and shipping paid by buyers, from the orders, on their lines by what each line sold for."""
    returned = _returned(store)
    seen: set[tuple[str, str]] = set()
    for row in store.rows(
        """
        SELECT coalesce(platform, '') AS platform, order_id, subtotal, shipping, tax, discount, total, refunded FROM orders
        ORDER BY id
        """
    ):
        key = (row["platform"], row["order_id"])
        lines = by_order.get(key)
        if lines is None or key in seen:
            continue
        seen.add(key)
        gross = [line.gross for line in lines]
        discount = _discount(row, lines)
        _spread(book, lines, "discounts", -discount, gross)
        _spread(book, lines, "shipping", in_cents(row["shipping"]), gross)
        if row["refunded"]:
            total, tax = in_cents(row["total"]), in_cents(row["tax"])
            # Tax goes through the seller's hands both ways: what was refunded of it is no loss.
            refunded = in_cents(row["refunded"])
            net = (2 * refunded * (total - tax) + total) // (2 * total) if total > 0 else refunded
            _spread(book, lines, "refunds", -net, gross)
            returned.pop(key, None)
    for key, lines in by_order.items():
        if key not in seen:
            for line in lines:
                book.add(line, "discounts", -line.discount)
        for item, cents in returned.get(key, []):
            mine = [line for line in lines if line.item == item] or lines
            _spread(book, mine, "refunds", -cents, [line.gross for line in mine])


def _spread(book: _Book, lines: Sequence[_Line], part: str, cents: int, weights: Sequence[int]) -> None:
    for line, share in zip(lines, shared(cents, weights), strict=True):
        book.add(line, part, share)


def _discount(row: Mapping[str, Any], lines: Sequence[_Line]) -> int:
    """The discount of an order: of the order, of its lines, or both, whichever makes gross minus it the subtotal."""
    whole, parts = in_cents(abs(row["discount"] or 0.0)), sum(line.discount for line in lines)
    if row["subtotal"] is None or not whole or not parts:
        return max(whole, parts)
    missing = sum(line.gross for line in lines) - in_cents(row["subtotal"])
    return min((max(whole, parts), whole + parts, whole, parts), key=lambda given: abs(given - missing))


def _returned(store: Store) -> dict[tuple[str, str], list[tuple[str, int]]]:
    found: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for row in store.rows(
        """
        SELECT coalesce(platform, '') AS platform, order_id, coalesce(nullif(sku, ''), product) AS item, refund FROM returns
        WHERE refund IS NOT NULL AND order_id IS NOT NULL ORDER BY id
        """
    ):
        found[row["platform"], row["order_id"]].append((row["item"] or "", in_cents(abs(row["refund"]))))
    return dict(found)


_BACK_ON_SHELF = ("sellable", "resellable", "restocked")


def _goods(store: Store, lines: Sequence[_Line], book: _Book) -> None:
    """Cost of goods of every unit sent, at the cost that held on its day's month; resellable returns come back."""
    costs = costs_of(store)
    units: dict[tuple[str, str], float] = defaultdict(float)
    back = {
        (row["platform"], row["order_id"], row["item"]): row["units"]
        for row in store.rows(
            """
            SELECT coalesce(platform, '') AS platform, order_id, coalesce(nullif(sku, ''), product) AS item,
                   sum(coalesce(quantity, 1)) AS units FROM returns
            WHERE lower(coalesce(disposition, '')) IN (?, ?, ?) GROUP BY 1, 2, 3
            """,
            list(_BACK_ON_SHELF),
        )
    }
    for line in lines:
        cost = costs.at(line.item, line.product, line.month, line.currency)
        if cost is None:
            continue
        kept = back.get((*line.order, line.item), 0.0)
        again = min(kept, line.units)
        if again:
            back[*line.order, line.item] = kept - again
        units[line.item, line.currency] += line.units
        book.add(line, "goods", -round((line.units - again) * cost))


@dataclass(frozen=True)
class Costs:
    """What a unit costs, in cents: by item (or product), with the month from which it holds, and its currency."""

    stated: Mapping[str, Sequence[tuple[str, float, str | None]]]

    def at(self, item: str, product: str, month: str, currency: str) -> float | None:
        """The cost of one in a month; None when nobody stated it, or it is stated in another currency."""
        known = self.stated.get(item) or self.stated.get(product)
        if not known:
            return None
        held = [entry for entry in known if entry[0] <= month] or known[:1]
        _, cost, stated_in = held[-1]
        return cost if stated_in is None or not currency or stated_in == currency else None


def costs_of(store: Store) -> Costs:
    """Costs as stated: product exports, then supplier sheets and typed ones with the month from which they hold."""
    found: dict[str, list[tuple[str, float, str | None]]] = defaultdict(list)
    for row in store.rows(
        """
        SELECT sku AS item, cost AS unit_cost, currency, '' AS since FROM variants WHERE sku IS NOT NULL AND cost > 0
        UNION ALL
        SELECT coalesce(nullif(sku, ''), product), unit_cost, currency, coalesce(substr(valid_from, 1, 7), '') FROM suppliers
        WHERE unit_cost > 0 AND coalesce(nullif(sku, ''), product) IS NOT NULL
        """
    ):
        found[row["item"]].append((row["since"], row["unit_cost"] * 100, row["currency"]))
    for row in store.rows("SELECT item, value, valid_from FROM stock_terms WHERE name = 'cost'"):
        found[row["item"]].append((row["valid_from"][:7], float(row["value"]) * 100, None))
    return Costs({item: sorted(known, key=lambda entry: entry[0]) for item, known in found.items()})


_SALE = re.compile(
    r"principal|price / |\bsales?\b|product charges|货款|订单收入|payout|transfer|deposit|reserve|提现", re.IGNORECASE
)
_TAX = re.compile(r"\btax\b|\bvat\b|税", re.IGNORECASE)
_REFUND = re.compile(r"\brefund|退款", re.IGNORECASE)
_SENDING = re.compile(r"shipping label|postage|delivery|运费|fulfil?lment|fba per unit|物流", re.IGNORECASE)
_ADS = re.compile(r"advertis|\bads?\b|sponsored|推广|广告", re.IGNORECASE)


def _fees(
    store: Store, by_order: Mapping[tuple[str, str], list[_Line]], lines: Sequence[_Line], book: _Book
) -> set[str]:
    """Fees as settled: on the order's lines or the item they name, else on the whole shop; which platforms settle."""
    rows = [row for row in store.rows(_FEES) if _part_of(row["kind"]) is not None]
    signs: dict[str, int] = defaultdict(int)
    for row in rows:
        signs[row["platform"]] += (row["amount"] > 0) - (row["amount"] < 0)
    settled: set[str] = set()
    items = {line.item: line.product for line in lines}
    for row in rows:
        part = _part_of(row["kind"])
        # Some platforms write what they take as minus, some as plus: what most rows of a platform say is a cost.
        cents = in_cents(row["amount"]) * (1 if signs[row["platform"]] <= 0 else -1)
        settled.add(row["platform"])
        chosen = by_order.get((row["platform"], row["order_id"] or ""), [])
        mine = [line for line in chosen if row["sku"] and line.item == row["sku"]] or chosen
        if mine:
            _spread(book, mine, part or "fees", cents, [line.gross for line in mine])
        else:
            item = row["sku"] if row["sku"] in items else WHOLE_SHOP
            place = (row["currency"] or "", row["platform"], row["month"], items.get(item, ""), item)
            book.book(*place, part or "fees", cents, False)
    return settled


_FEES = """
    SELECT coalesce(platform, '') AS platform, order_id, nullif(sku, '') AS sku,
           coalesce(kind, '') || ' ' || coalesce(description, '') AS kind, amount, currency,
           coalesce(substr(day, 1, 7), '') AS month
    FROM fees WHERE amount IS NOT NULL AND amount <> 0 ORDER BY id"""


def _part_of(kind: str) -> str | None:
    """The part of the contribution that a settlement's row belongs to; None for sales, tax, refunds and transfers.

    Those stand in the orders and returns already; the settlement would count them a second time.
    """
    if _SALE.search(kind) or _TAX.search(kind) or (_REFUND.search(kind) and "fee" not in kind.lower()):
        return None
    if _ADS.search(kind):
        return "ads"
    return "shipping" if _SENDING.search(kind) else "fees"


@cache
def fee_rates() -> dict[str, dict[str, Any]]:
    """Published rates by platform, with source and date."""
    return tomllib.loads(Path(__file__).with_name("fee_rates.toml").read_text(encoding="utf-8"))


def _estimated_fees(
    store: Store, by_order: Mapping[tuple[str, str], list[_Line]], settled: set[str], book: _Book
) -> None:
    shipping = {
        (row["platform"], row["order_id"]): (in_cents(row["shipping"]), in_cents(abs(row["discount"] or 0.0)))
        for row in store.rows("SELECT coalesce(platform, '') AS platform, order_id, shipping, discount FROM orders")
    }
    for key, lines in by_order.items():
        rate = fee_rates().get(key[0])
        if rate is None or key[0] in settled:
            continue
        sent, discount = shipping.get(key, (0, 0))
        paid = sum(line.gross for line in lines) + sent - max(discount, sum(line.discount for line in lines))
        fee = (paid * round(rate["percent"] * 100) + 5000) // 10000
        if rate.get("currency") == lines[0].currency:
            fee += in_cents(rate.get("fixed"))
        for line, share in zip(lines, shared(-fee, [line.gross for line in lines]), strict=True):
            book.add(line, "fees", share, estimated=True)


_LEVELS = ("campaign", "ad_group", "ad", "keyword", "search_term")
_ADS_ROWS = """
    SELECT coalesce(platform, '') AS platform, level, coalesce(substr(day, 1, 7), '') AS month, currency, spend,
           coalesce(campaign, '') || ' ' || coalesce(ad_group, '') || ' ' || coalesce(ad, '') AS name
    FROM ads WHERE spend > 0 ORDER BY id"""


def _ads(store: Store, book: _Book) -> None:
    """Ad spend on the item or product its campaign names, else on the whole shop; one level of report per platform."""
    rows = store.rows(_ADS_ROWS)
    levels: dict[str, set[str | None]] = defaultdict(set)
    for row in rows:
        levels[row["platform"]].add(row["level"])
    # The same money stands in the report of campaigns and in that of keywords: the highest level is counted.
    used = {platform: next((name for name in _LEVELS if name in had), None) for platform, had in levels.items()}
    named = _named(store)
    main = store.value(
        "SELECT currency FROM order_lines WHERE currency IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
    )
    for row in rows:
        if row["level"] != used[row["platform"]]:
            continue
        item, product = _about(row["name"], named)
        place = (row["currency"] or main or "", row["platform"], row["month"])
        book.book(*place, product, item, "ads", -in_cents(row["spend"]), False)


def _named(store: Store) -> list[tuple[str, str, str]]:
    """Words that name an item or a product: (words in lower case, item, product), the longest first."""
    found = {
        (row["sku"].lower(), row["sku"], row["product"] or "")
        for row in store.rows("SELECT DISTINCT sku, product FROM order_lines WHERE length(sku) >= 4")
    }
    for row in store.rows("SELECT product, name FROM product_keys"):
        found |= {
            (name.lower(), row["product"], row["product"]) for name in (row["product"], row["name"]) if len(name) >= 4
        }
    return sorted(found, key=lambda entry: (-len(entry[0]), entry))


def _about(name: str, named: Iterable[tuple[str, str, str]]) -> tuple[str, str]:
    low = name.lower()
    return next(((item, product) for words, item, product in named if words in low), (WHOLE_SHOP, ""))
