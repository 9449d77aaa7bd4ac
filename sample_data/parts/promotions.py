"""Two price cuts: one that was only bought earlier, one that paid; and the discounts as Shopify exports them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sample_data.catalogue import HANDLES, subject
from sample_data.orders import LAST_DAY
from sample_data.parts.selling import orders_of
from sample_data.sample import Sample
from sample_data.tables import Table, columns

PULLED, PAID = "marrowby-linen-throw", "marrowby-hearth-candle-trio"
SINCE = date(2026, 2, 1)
"""From this day on both sell about a unit a day more, so that a promotion can be told from chance."""
USUAL = 120
PULLED_FROM, PULLED_TO, PULLED_OFF, PULLED_RATE = date(2026, 6, 8), date(2026, 6, 21), 20, 420
QUIET = 28
PAID_FROM, PAID_TO, PAID_OFF, PAID_RATE = date(2026, 7, 13), date(2026, 7, 26), 15, 560

DISCOUNTS = columns(
    "Name,Value,Value Type,Type,Discount Class,Minimum Purchase Requirements,Combines with Order Discounts,"
    "Combines with Product Discounts,Combines with Shipping Discounts,Customer Selection,Times Used In Total,"
    "Applies Once Per Customer,Usage Limit Per Code,Status,Start,End"
)
CODES = (("WELCOME10", 10), ("TRAIL15", 15), ("COZY5", 5), ("SPRING20", 20))
"""Code and percent; the last was never used."""


def plant(sample: Sample) -> None:
    """Sell both products as usual, more during the cut, and one of them hardly at all in the four weeks after."""
    rng, people = sample.rng("promotions"), sample.people
    one = timedelta(days=1)
    after = PULLED_TO + timedelta(days=QUIET)
    for key, first, last, rate, off in (
        (PULLED, SINCE, PULLED_FROM - one, USUAL, 0),
        (PULLED, PULLED_FROM, PULLED_TO, PULLED_RATE, PULLED_OFF),
        (PULLED, after + one, LAST_DAY, USUAL, 0),
        (PAID, SINCE, PAID_FROM - one, USUAL, 0),
        (PAID, PAID_FROM, PAID_TO, PAID_RATE, PAID_OFF),
        (PAID, PAID_TO + one, LAST_DAY, USUAL, 0),
    ):
        sample.add(orders_of(rng, people, key, first, last, rate, off=off))
    cuts = ((PULLED, PULLED_FROM, PULLED_TO, PULLED_OFF), (PAID, PAID_FROM, PAID_TO, PAID_OFF))
    for order in (*sample.shopify, *sample.amazon):
        for line in order.lines:
            for key, first, last, off in cuts:
                full = int(HANDLES[key].price.replace(".", ""))
                if line.product.key == key and first <= order.at.date() <= last and line.cents == full:
                    line.cents = full * (100 - off) // 100


def write(sample: Sample) -> dict[str, bytes]:
    """The discounts export."""
    table = Table(DISCOUNTS)
    for code, percent in CODES:
        used = sum(order.code == code and not order.cancelled for order in sample.shopify)
        table.add(
            {
                "Name": code,
                "Value": f"-{percent}.0",
                "Value Type": "percentage",
                "Type": "Amount Off",
                "Discount Class": "order",
                "Customer Selection": "all",
                "Times Used In Total": str(used),
                "Applies Once Per Customer": "false",
                "Status": "Active",
                "Start": "2025-04-20 09:00:00 -0400",
            }
        )
    return {"shopify_discounts.csv": table.bytes()}


def _units(sample: Sample, key: str, first: date, last: date) -> int:
    return sum(
        line.quantity
        for order in sample.orders
        if not order.cancelled and first <= order.at.date() <= last
        for line in order.lines
        if line.product.key == key
    )


def truth(sample: Sample) -> dict[str, Any]:
    """What is planted, counted from the orders."""
    after = PULLED_TO + timedelta(days=1)
    return {
        "rows": {"discounts": len(CODES)},
        "truths": [
            {
                "id": "linen-throw-pulled-forward",
                "kind": "pulled_forward",
                "product": subject(HANDLES[PULLED]),
                "says": "The price cut of the linen throw was only bought earlier.",
                "numbers": {
                    "from": PULLED_FROM.isoformat(),
                    "to": PULLED_TO.isoformat(),
                    "units": _units(sample, PULLED, PULLED_FROM, PULLED_TO),
                    "units_after": _units(sample, PULLED, after, after + timedelta(days=QUIET - 1)),
                },
                "expect": "finding",
                "evidence": list(HANDLES[PULLED].skus),
            },
            {
                "id": "candle-trio-paid",
                "kind": "paid",
                "product": subject(HANDLES[PAID]),
                "says": "The price cut of the candle trio paid.",
                "numbers": {
                    "from": PAID_FROM.isoformat(),
                    "to": PAID_TO.isoformat(),
                    "units": _units(sample, PAID, PAID_FROM, PAID_TO),
                },
                "expect": "finding",
                "evidence": list(HANDLES[PAID].skus),
            },
        ],
    }
