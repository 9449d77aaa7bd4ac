"""What the stock desk reads from a shop: bundles, shelves, purchase orders, terms."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.desks.opening import open_store
from engine.stock import facts
from engine.stock.profit import ledger
from engine.store.database import Store
from tests.sure import sure

TODAY = date(2026, 6, 30)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Store]:
    """A shop with one loaded file and no rows yet."""
    store = open_store(tmp_path / "my.shop", create=True)
    with store.write() as db:
        db.execute(
            "INSERT INTO imports (id, file, path, content_hash, imported_at) VALUES (1, 'f', 'f', 'h', '2026-06-30')"
        )
    yield store
    store.close()


def add(store: Store, table: str, *rows: dict[str, Any]) -> None:
    """Rows as an import would have loaded them."""
    before = store.value(f"SELECT count(*) FROM {table}")
    with store.write() as db:
        for number, row in enumerate(rows, before + 1):
            cells = {"import_id": 1, "line": number, "row_key": f"{table}{number}", "platform": "shopify"} | row
            marks = ", ".join("?" * len(cells))
            db.execute(f"INSERT INTO {table} ({', '.join(cells)}) VALUES ({marks})", list(cells.values()))


def sale(sku: str, days_ago: int, quantity: float = 1, **more: Any) -> dict[str, Any]:
    """An order line."""
    day = (TODAY - timedelta(days=days_ago)).isoformat()
    return {"sku": sku, "product": sku, "day": day, "quantity": quantity, "unit_price": 10.0, "currency": "EUR"} | more


def units(store: Store) -> dict[str, float]:
    """Units sold per item."""
    sold = sure(facts.sold(store))
    return {item.item: float(row.sum()) for item, row in zip(sold.items, sold.units, strict=True)}


def test_cancelled_brushed_and_postage_are_no_demand(shop: Store) -> None:
    add(
        shop,
        "order_lines",
        sale("A", 0),
        sale("A", 3, status="cancelled"),
        sale("A", 3, status="brushing"),
        sale("POST", 1),
    )
    assert units(shop) == {"A": 1.0}


def test_a_bundle_counts_as_its_components(shop: Store) -> None:
    add(shop, "order_lines", sale("A", 0, 3), sale("SET", 5, 2))
    with shop.write() as db:
        db.execute("INSERT INTO bundles VALUES ('SET', 'A', 2), ('SET', 'B', 1)")
    assert units(shop) == {"A": 7.0, "B": 2.0}


def test_shelves_sum_locations_and_take_the_newest_count_of_each(shop: Store) -> None:
    add(
        shop,
        "stock",
        {"sku": "A", "location": "north", "day": "2026-06-01", "available": 50},
        {"sku": "A", "location": "north", "day": "2026-06-20", "available": 4, "committed": 2},
        {"sku": "A", "location": "south", "day": "2026-06-20", "on_hand": 7, "available": 7, "incoming": 12},
        {"sku": "A", "location": "bin", "day": "2026-06-20", "available": 9, "condition": "damaged"},
        {"sku": "B", "location": "south", "day": "2026-06-20", "available": None, "on_hand": None},
    )
    found = facts.shelves(shop)
    assert set(found) == {"A"}
    assert (found["A"].on_hand, found["A"].reserved, found["A"].incoming) == (13.0, 2.0, 12.0)


def test_what_is_received_or_cancelled_is_not_on_its_way(shop: Store) -> None:
    add(
        shop,
        "purchase_orders",
        {"sku": "A", "quantity": 100, "received": 40, "status": "partial"},
        {"sku": "A", "quantity": 30, "status": "cancelled"},
        {"sku": "A", "quantity": 20, "status": "received"},
        {"sku": "A", "quantity": 5, "status": "ordered"},
    )
    assert facts.incoming(shop) == {"A": 65.0}


def test_lead_times_come_from_receipts_with_their_spread(shop: Store) -> None:
    for number, took in enumerate((20, 30, 40)):
        ordered = date(2026, 1, 1) + timedelta(days=30 * number)
        received = (ordered + timedelta(days=took)).isoformat()
        row = {"po_id": str(number), "supplier": "Mill", "sku": "A", "quantity": 5, "unit_cost": 3.0}
        add(shop, "purchase_orders", row | {"ordered_at": ordered.isoformat(), "received_at": received})
    made = facts.supplies(shop, {"A": None, "B": None}, TODAY)
    assert (made["A"].lead_days, made["A"].supplier, made["A"].cost, made["A"].assumed) == (30.0, "Mill", 3.0, ())
    assert 7 < made["A"].lead_spread < 9
    assert (made["B"].lead_days, made["B"].assumed) == (facts.LEAD_DAYS, ("lead_days",))


def test_a_sheet_holds_from_its_day_on(shop: Store) -> None:
    add(
        shop,
        "suppliers",
        {"sku": "A", "supplier": "Mill", "lead_days": 10, "moq": 12, "pack": 6, "unit_cost": 2.0},
        {"sku": "A", "supplier": "Mill", "lead_days": 25, "valid_from": "2026-06-01"},
        {"sku": "A", "supplier": "Mill", "lead_days": 99, "valid_from": "2027-01-01"},
    )
    made = facts.supplies(shop, {"A": None}, TODAY)["A"]
    assert (made.lead_days, made.least, made.pack, made.cost) == (25.0, 12.0, 6.0, 2.0)


def test_weeks_end_on_the_last_day_with_an_order(shop: Store) -> None:
    add(shop, "order_lines", sale("A", 0), sale("A", 6), sale("A", 7, 5), sale("A", 13), sale("A", 20))
    panel = sure(facts.sold(shop)).weekly()
    assert panel.units.tolist() == [[1.0, 6.0, 2.0]]


def test_weeks_with_an_empty_shelf_are_told_from_counts(shop: Store) -> None:
    days = [(date(2026, 5, 4) + timedelta(days=7 * i)).isoformat() for i in range(6)]
    add(shop, "stock", *({"sku": "A", "day": day, "available": 0 if i in (2, 3) else 8} for i, day in enumerate(days)))
    add(shop, "stock", {"sku": "B", "day": days[0], "available": 0})
    found = facts.stock_outs(shop, date(2026, 5, 4), 8)
    assert set(found) == {"A"} and np.flatnonzero(found["A"]).tolist() == [2, 3]


def test_currencies_are_never_added_up_and_settled_fees_come_before_estimates(shop: Store) -> None:
    add(
        shop,
        "order_lines",
        sale("A", 0, order_id="1"),
        sale("A", 1, order_id="2", currency="USD"),
        sale("A", 1, order_id="3", platform="amazon"),
    )
    add(
        shop,
        "orders",
        {"order_id": "1", "total": 10.0, "subtotal": 10.0},
        {"order_id": "2", "total": 10.0, "subtotal": 10.0},
    )
    add(
        shop,
        "fees",
        {"platform": "amazon", "order_id": "3", "kind": "item fee / Commission", "amount": -1.5, "currency": "EUR"},
        {"platform": "amazon", "order_id": "3", "kind": "Order / price / Principal", "amount": 10.0, "currency": "EUR"},
        {"platform": "amazon", "kind": "Subscription", "amount": -39.0, "currency": "EUR", "day": "2026-06-01"},
    )
    found = {(e.currency, e.platform, e.item, e.part, e.estimated): e.cents for e in ledger(shop)}
    assert found["EUR", "amazon", "A", "fees", False] == -150
    assert found["EUR", "amazon", "", "fees", False] == -3900
    assert found["EUR", "shopify", "A", "fees", True] == -29
    assert found["USD", "shopify", "A", "fees", True] == -59
    assert found["EUR", "amazon", "A", "sales", False] == found["USD", "shopify", "A", "sales", False] == 1000


def test_a_discount_told_twice_is_counted_once(shop: Store) -> None:
    add(shop, "order_lines", sale("A", 0, 2, order_id="1", discount=3.0))
    add(shop, "orders", {"order_id": "1", "subtotal": 17.0, "discount": 3.0, "total": 17.0})
    assert sum(e.cents for e in ledger(shop) if e.part == "discounts") == -300


def test_ads_of_two_levels_are_counted_once(shop: Store) -> None:
    add(shop, "order_lines", sale("LAMP-1", 0))
    rows = [
        {
            "platform": "meta",
            "day": "2026-06-01",
            "campaign": "LAMP-1 sale",
            "spend": 20.0,
            "currency": "EUR",
            "level": "campaign",
        }
    ]
    rows += [row | {"level": "ad", "spend": 10.0} for row in rows * 2]
    add(shop, "ads", *rows)
    assert [(e.item, e.cents) for e in ledger(shop) if e.part == "ads"] == [("LAMP-1", -2000)]
