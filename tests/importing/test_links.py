"""Rows of several files that speak of the same product, order or customer."""

# Rows of a file are as long as they are.
# ruff: noqa: E501

from __future__ import annotations

from engine.importing import link
from engine.importing.desk import undo
from engine.store.database import Store
from tests.importing.conftest import SHOPIFY, Load, judgeme

PRODUCTS = (
    "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Price\n"
    "blue-shirt,Blue Shirt,<p>Soft</p>,Acme,Shirts,cotton,true,Size,M,BS-1,20.00\n"
    "blue-shirt,,,,,,,,L,BS-2,20.00\n"
    "red-sock,Red Sock,,Acme,Socks,,true,Title,Default Title,RS-1,10.00\n"
)


def product_of(store: Store, table: str) -> list[str | None]:
    return [row["product"] for row in store.rows(f"SELECT product FROM {table} ORDER BY id")]


def test_orders_catalogue_and_reviews_share_products(load: Load, store: Store) -> None:
    load(PRODUCTS, "products.csv")
    load(SHOPIFY.replace("Blue Shirt,20.00,BS-1,Bob", "Blue Shirt - L,20.00,,Bob"), "orders.csv")
    load(judgeme(("A", "warm shirt, wears well", 5, "2026-03-09", "a@example.com", "blue-shirt")), "reviews.csv")
    assert product_of(store, "order_lines") == ["blue-shirt", "red-sock", "blue-shirt"]
    assert product_of(store, "reviews") == ["blue-shirt"]
    assert product_of(store, "variants") == ["blue-shirt", "blue-shirt", "red-sock"]
    names = store.rows("SELECT product, name FROM product_keys ORDER BY product")
    assert [tuple(row.values()) for row in names] == [("blue-shirt", "Blue Shirt"), ("red-sock", "Red Sock")]
    assert store.value("SELECT product FROM product_identifiers WHERE kind = 'sku' AND value = 'bs-2'") == "blue-shirt"


def test_keys_are_stable_when_the_catalogue_comes_later_or_is_taken_back(load: Load, store: Store) -> None:
    load(SHOPIFY, "orders.csv")
    assert product_of(store, "order_lines") == ["blue-shirt", "red-sock", "blue-shirt"]
    catalogue = load(PRODUCTS.replace("blue-shirt", "shirt-blue-2026"), "products.csv")
    assert set(product_of(store, "variants")) == {"blue-shirt", "red-sock"}
    undo(store, catalogue.import_id or 0)
    assert product_of(store, "order_lines") == ["blue-shirt", "red-sock", "blue-shirt"]
    assert store.value("SELECT count(*) FROM product_identifiers WHERE value = 'shirt-blue-2026'") == 0


def test_a_sku_on_two_products_does_not_tie_them_together(load: Load, store: Store) -> None:
    load(PRODUCTS.replace("RS-1", "BS-1"), "products.csv")
    assert product_of(store, "variants") == ["blue-shirt", "blue-shirt", "red-sock"]


def test_amazon_and_shopify_meet_in_the_sku(load: Load, store: Store) -> None:
    load(PRODUCTS, "products.csv")
    header = "return-date\torder-id\tsku\tasin\tfnsku\tproduct-name\tquantity\tfulfillment-center-id\tdetailed-disposition\treason\tstatus\tlicense-plate-number\tcustomer-comments"
    row = "2026-05-01T10:00:00+00:00\t111-1\tBS-2\tB000000001\tX1\tAcme shirt, blue, large\t1\tF1\tSELLABLE\tTOO_SMALL\tdone\tL1\ttight"
    load(f"{header}\n{row}\n", "returns.txt")
    assert product_of(store, "returns") == ["blue-shirt"]
    assert (
        store.value("SELECT product FROM product_identifiers WHERE kind = 'id' AND value = 'b000000001'")
        == "blue-shirt"
    )


def test_a_review_finds_its_order_and_courier_through_the_customer(load: Load, store: Store) -> None:
    load(SHOPIFY, "orders.csv")
    load(
        judgeme(
            ("A", "the blue shirt fits", 5, "2026-03-09", "ann@example.com", "blue-shirt"),
            ("B", "written before buying", 5, "2026-02-01", "bob@example.com", "blue-shirt"),
            ("C", "never bought here", 1, "2026-03-09", "zoe@example.com", "blue-shirt"),
        ),
        "reviews.csv",
    )
    rows = store.rows("SELECT order_id, courier FROM reviews ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [("#1", "Swift Post"), (None, None), (None, None)]


def test_two_orders_of_the_same_product_leave_the_review_alone(load: Load, store: Store) -> None:
    load(SHOPIFY.replace("bob@example.com", "ann@example.com"), "orders.csv")
    load(judgeme(("A", "fits", 5, "2026-03-09", "ann@example.com", "blue-shirt")), "reviews.csv")
    assert store.rows("SELECT order_id FROM reviews") == [{"order_id": None}]


def test_slugs_are_readable_in_every_script() -> None:
    assert link.slug("Crème Brûlée — Set (2×)") == "creme-brulee-set-2"
    assert link.slug("屿棠 保温杯 500ml") == "屿棠-保温杯-500ml"
    assert link.slug("!!!") == "product"
    assert len(link.slug("word " * 40)) <= 60


def test_reviews_are_searchable_and_have_a_language(load: Load, store: Store) -> None:
    text = "review,stars\n充电很慢而且声音很大,2\nThe handle broke after a week and it was not repaired,1\nMuito bom produto chegou antes do prazo e bem embalado,5\n"
    load(text, "r.csv", accept=True)
    assert [row["language"] for row in store.rows("SELECT language FROM reviews ORDER BY id")] == ["zh", "en", "pt"]
    found = store.value("SELECT rowid FROM reviews_search WHERE reviews_search MATCH '\"声 音\"'")
    assert found == store.value("SELECT id FROM reviews WHERE language = 'zh'")
