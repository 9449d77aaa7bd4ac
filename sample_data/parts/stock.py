"""What lies on the shelves, who supplies it, what ads cost; and what is planted in it.

A SKU that runs out in nine days, one that nobody buys any more, a product that sells well and loses money; and the whole
ledger, added up here from the orders themselves.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from sample_data.catalogue import HANDLES, PRODUCTS, Product, subject
from sample_data.orders import LAST_DAY, Line, Order, cents
from sample_data.parts.sales import shopify_amounts
from sample_data.parts.selling import orders_of
from sample_data.sample import Sample
from sample_data.tables import Table, columns, money

RUNS_OUT, RUNS_OUT_VARIANT, RUNS_OUT_DAYS = "ostrel-clip-reading-light", 1, 9
BUSY_SINCE, BUSY = date(2026, 8, 1), 200
DEAD, DEAD_VARIANT, DEAD_SINCE, DEAD_UNITS = "ostrel-sunrise-alarm-clock", 1, date(2026, 5, 1), 140
LOSES = "vindlow-meadow-picnic-blanket"
LOSES_SINCE, LOSES_RATE, LOSES_ADS = date(2026, 6, 1), 150, 6800
"""From this day on it sells about three in two days, and its ads cost 68 dollars a day."""
BRAND_ADS = 900
LEAD_DAYS = {"Ostrel": 28, "Vindlow": 35, "Marrowby": 21, "Pellin": 40}
SUPPLIERS = {
    "Ostrel": "Copperlight Works",
    "Vindlow": "Fernmill Textiles",
    "Marrowby": "Hollowkiln Goods",
    "Pellin": "Thistle & Loom",
}

INVENTORY = columns(
    "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Option3 Name,Option3 Value,SKU,HS Code,COO,"
    "Location,Bin name,Incoming (not editable),Unavailable (not editable),Committed (not editable),"
    "Available (not editable),On hand (current),On hand (new)"
)
SUPPLY = columns("SKU,Supplier,Unit cost,Currency,Lead time (days),MOQ,Case pack")
ADS = columns(
    "Day,Campaign name,Ad set name,Ad name,Amount spent (USD),Impressions,Link clicks,Purchases,Purchases conversion value"
)


def plant(sample: Sample) -> None:
    """Sell one SKU and one product much more from a day on, and one SKU no more."""
    rng, people = sample.rng("stock"), sample.people
    sample.add(orders_of(rng, people, RUNS_OUT, BUSY_SINCE, LAST_DAY, BUSY, variant=RUNS_OUT_VARIANT))
    sample.add(orders_of(rng, people, LOSES, LOSES_SINCE, LAST_DAY, LOSES_RATE))
    for order in sample.shopify:
        for line in order.lines:
            if line.product.key == DEAD and line.variant == DEAD_VARIANT and order.at.date() >= DEAD_SINCE:
                line.variant = 1 - DEAD_VARIANT


def _sold(order: Order) -> bool:
    return not order.cancelled


def _recent(sample: Sample, days: int) -> dict[str, int]:
    """Units per SKU over the last days, all platforms with SKUs."""
    since = LAST_DAY - timedelta(days=days - 1)
    found: dict[str, int] = defaultdict(int)
    for order in (*sample.shopify, *sample.amazon):
        if _sold(order) and order.at.date() >= since:
            for line in order.lines:
                found[_sku(line)] += line.quantity
    return found


def _sku(line: Line) -> str:
    assert isinstance(line.product, Product)
    return line.product.skus[line.variant]


def on_hand(sample: Sample) -> dict[str, int]:
    """Units on the shelf per SKU: enough for about four months, but for what is planted."""
    recent, rng = _recent(sample, 91), sample.rng("stock shelves")
    shelves = {
        sku: max(12, recent[sku] * (120 + rng.randrange(30)) // 91 + 8) for product in PRODUCTS for sku in product.skus
    }
    shelves[HANDLES[RUNS_OUT].skus[RUNS_OUT_VARIANT]] = _nine_days(sample)
    shelves[HANDLES[DEAD].skus[DEAD_VARIANT]] = DEAD_UNITS
    return shelves


def _nine_days(sample: Sample) -> int:
    units = _recent(sample, 56)[HANDLES[RUNS_OUT].skus[RUNS_OUT_VARIANT]]
    return (units * RUNS_OUT_DAYS + 28) // 56


def write(sample: Sample) -> dict[str, bytes]:
    """The inventory export, the seller's own sheet of suppliers, and the ads by day."""
    shelves = on_hand(sample)
    inventory, supply, ads = Table(INVENTORY), Table(SUPPLY), Table(ADS)
    rng = sample.rng("stock sheets")
    for product in PRODUCTS:
        for value, sku in zip(product.values, product.skus, strict=True):
            inventory.add(
                {
                    "Handle": product.key,
                    "Title": product.title,
                    "Option1 Name": product.option,
                    "Option1 Value": value,
                    "SKU": sku,
                    "Location": "Back room",
                    "Incoming (not editable)": "0",
                    "Unavailable (not editable)": "0",
                    "Committed (not editable)": "0",
                    "Available (not editable)": str(shelves[sku]),
                    "On hand (current)": str(shelves[sku]),
                }
            )
            supply.add(
                {
                    "SKU": sku,
                    "Supplier": SUPPLIERS[product.brand],
                    "Unit cost": product.cost,
                    "Currency": "USD",
                    "Lead time (days)": str(LEAD_DAYS[product.brand]),
                    "MOQ": str(rng.choice((6, 12, 20))),
                    "Case pack": str(rng.choice((1, 2, 6))),
                }
            )
    for day, name, spent in spending(sample):
        ads.add(
            {
                "Day": day.isoformat(),
                "Campaign name": name,
                "Ad set name": "US, 25 to 54",
                "Ad name": "One picture",
                "Amount spent (USD)": money(spent),
                "Impressions": str(spent * 3 + rng.randrange(400)),
                "Link clicks": str(spent // 60 + rng.randrange(9)),
                "Purchases": "",
                "Purchases conversion value": "",
            }
        )
    return {
        "shopify_inventory.csv": inventory.bytes(),
        "suppliers.csv": supply.bytes(),
        "meta_ads.csv": ads.bytes(),
    }


def spending(sample: Sample) -> list[tuple[date, str, int]]:
    """Day, campaign and cents of every row of the ads file."""
    rng = sample.rng("stock ads")
    found = []
    day = LOSES_SINCE
    while day <= LAST_DAY:
        found.append((day, f"{HANDLES[LOSES].title} - prospecting", LOSES_ADS * (85 + rng.randrange(31)) // 100))
        if day.weekday() == 4:
            found.append((day, "Tern & Hollow - everything we make", BRAND_ADS))
        day += timedelta(days=1)
    return found


# -- the ledger, from the orders themselves


def _shared(amount: int, weights: list[int]) -> list[int]:
    """`amount` over the lines of an order by what each sold for, to the cent: the largest remainders are rounded up."""
    whole = sum(weights)
    parts = [amount * weight // whole for weight in weights]
    for i in sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % whole), i))[: amount - sum(parts)]:
        parts[i] += 1
    return parts


Ledger = dict[tuple[str, str], dict[str, int]]


def ledger(sample: Sample) -> Ledger:
    """Cents by (platform, product key) and part; ads that name no product under the key ""."""
    book: Ledger = defaultdict(lambda: defaultdict(int))
    back = {(one.order.number, _sku(one.line)) for one in sample.returns if one.reason not in WORN}
    for order in filter(_sold, sample.orders):
        gross = [line.cents * line.quantity for line in order.lines]
        amounts = shopify_amounts(order) if order.platform == "shopify" else None
        paid = sum(gross)
        if amounts:
            given, sent = cents(amounts["Discount Amount"]), cents(amounts["Shipping"])
            total, tax, refunded = (cents(amounts[name]) for name in ("Total", "Taxes", "Refunded Amount"))
            net = (2 * refunded * (total - tax) + total) // (2 * total)
            paid += sent - given
            fee = (paid * 290 + 5000) // 10000 + 30
            shares = {"discounts": given, "shipping": -sent, "refunds": net, "fees": fee}
        else:
            percent = 1500 if order.platform == "amazon" else 60
            shares = {"fees": (paid * percent + 5000) // 10000}
        for part, amount in shares.items():
            sign = 1 if amount < 0 else -1
            for line, share in zip(order.lines, _shared(abs(amount), gross), strict=True):
                book[order.platform, line.product.key][part] += sign * share
        for line, sold in zip(order.lines, gross, strict=True):
            entry = book[order.platform, line.product.key]
            entry["sales"] += sold
            if isinstance(line.product, Product):
                kept = line.quantity - ((order.number, _sku(line)) in back)
                entry["goods"] -= kept * cents(line.product.cost)
    for _, name, spent in spending(sample):
        book["meta", LOSES if HANDLES[LOSES].title in name else ""]["ads"] -= spent
    return book


WORN = ("DEFECTIVE", "DAMAGED_BY_CARRIER", "MISSING_PARTS")
"""Reasons with which a unit does not come back to the shelf."""


def truth(sample: Sample) -> dict[str, Any]:
    """What is planted, and the ledger."""
    sku, dead = HANDLES[RUNS_OUT].skus[RUNS_OUT_VARIANT], HANDLES[DEAD].skus[DEAD_VARIANT]
    book = ledger(sample)
    blanket: dict[str, int] = defaultdict(int)
    for (_, key), parts in book.items():
        if key == LOSES:
            for part, amount in parts.items():
                blanket[part] += amount
    return {
        "rows": {"stock": sum(len(p.skus) for p in PRODUCTS), "ads": len(spending(sample))},
        "truths": [
            {
                "id": "reading-light-runs-out",
                "kind": "runs_out",
                "product": subject(HANDLES[RUNS_OUT]),
                "says": "The black reading light is gone in nine days; a new order takes 28.",
                "numbers": {"days": RUNS_OUT_DAYS, "on_hand": _nine_days(sample), "lead_days": LEAD_DAYS["Ostrel"]},
                "expect": "finding",
                "evidence": [sku],
            },
            {
                "id": "alarm-clock-lies-dead",
                "kind": "dead_stock",
                "product": subject(HANDLES[DEAD]),
                "says": "Nobody has bought the walnut alarm clock since May 2026.",
                "numbers": {"on_hand": DEAD_UNITS, "cash": DEAD_UNITS * cents(HANDLES[DEAD].cost) / 100},
                "expect": "finding",
                "evidence": [dead],
            },
            {
                "id": "picnic-blanket-loses-money",
                "kind": "sells_at_loss",
                "product": subject(HANDLES[LOSES]),
                "says": "The picnic blanket sells well since June 2026, and its ads eat more than it earns.",
                "numbers": {"contribution_of_all_time": sum(blanket.values()) / 100},
                "expect": "finding",
                "evidence": list(HANDLES[LOSES].skus),
            },
        ],
        "ledger": [
            {"platform": platform, "product": key} | {part: amount / 100 for part, amount in sorted(parts.items())}
            for (platform, key), parts in sorted(book.items())
        ],
    }
