"""Listings that are live on eBay, three with a fault that copy must not have and two that only look as if they had one."""

from __future__ import annotations

from typing import Any

from sample_data.sample import Sample
from sample_data.tables import Table, columns, money

EBAY_LISTINGS = columns(
    "Item number,Title,Variation details,Custom label (SKU),Available quantity,Format,Currency,Start price,Current price,"
    "Sold quantity,Watchers,Bids,Start date,Condition,eBay category 1 name,eBay category 1 number,Listing site"
)
FILE = "ebay_active_listings.csv"
LISTINGS: tuple[tuple[str, str, int, str], ...] = (
    (
        "OST-THR-01",
        "Ostrel Merino Wool Throw Blanket for Sofa and Bed in Fog Grey with Hand Knotted Fringe 130 x 170",
        5900,
        "Home & Garden",
    ),
    ("OST-BLM-01", "Ostrel Linden Flower Balm, treats joint pain and eczema, 30 ml", 1400, "Health & Beauty"),
    ("OST-TRY-01", "[Brand] Oak Serving Tray, oiled, 40 x 28 cm", 3400, "Home & Garden"),
    ("OST-RUG-01", "Persian carpet style rug, wool, 60 x 90 cm, red and navy", 7900, "Home & Garden"),
    ("OST-CTN-01", "Cotton Candy Pink enamel mug, 300 ml", 1200, "Home & Garden"),
)
"""SKU, title, price in cents, category."""
FAULTS = {
    "throw-title-over-80": ("OST-THR-01", "ebay.title.limit", "The throw's title is longer than eBay's 80 characters."),
    "balm-health-claim": ("OST-BLM-01", "claim.health", "The balm is said to treat joint pain and eczema."),
    "tray-placeholder": ("OST-TRY-01", "guard.placeholder", "The tray's title still says [Brand]."),
}
CONTROLS = {
    "carpet-is-no-origin-claim": ("OST-RUG-01", "“Persian carpet” is a kind of rug."),
    "cotton-candy-is-a-colour": ("OST-CTN-01", "“Cotton Candy Pink” is a colour, no material."),
}


def write(sample: Sample) -> dict[str, bytes]:
    """The active listings as eBay's Seller Hub saves them."""
    table = Table(EBAY_LISTINGS)
    for number, (sku, title, cents, category) in enumerate(LISTINGS):
        table.add(
            {
                "Item number": f"1555550000{number:02d}",
                "Title": title,
                "Custom label (SKU)": sku,
                "Available quantity": str(3 + number),
                "Format": "FIXED_PRICE",
                "Currency": "USD",
                "Start price": money(cents),
                "Current price": money(cents),
                "Sold quantity": "0",
                "Watchers": str(number),
                "Start date": f"Oct-{10 + number}-26 09:00:00 PDT",
                "Condition": "NEW",
                "eBay category 1 name": category,
                "Listing site": "US",
            }
        )
    return {FILE: table.bytes()}


def truth(sample: Sample) -> dict[str, Any]:
    """What is wrong with which title, and which titles are right."""
    lines = {sku: f"{FILE}:{number}" for number, (sku, *_) in enumerate(LISTINGS, 2)}
    truths = [
        {
            "id": name,
            "kind": "listing",
            "says": says,
            "numbers": {"rule": rule},
            "expect": "finding",
            "evidence": [sku, lines[sku]],
        }
        for name, (sku, rule, says) in FAULTS.items()
    ]
    truths += [
        {
            "id": name,
            "kind": "listing",
            "says": says,
            "numbers": {},
            "expect": "no finding",
            "evidence": [sku, lines[sku]],
        }
        for name, (sku, says) in CONTROLS.items()
    ]
    return {"truths": truths, "rows": {"ebay_listings": len(LISTINGS)}}
