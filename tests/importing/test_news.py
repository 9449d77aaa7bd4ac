"""What is new since the last file: counted by SQL, opened to file and line, replaced by the next file, taken back by undo."""

# Rows of a file are as long as they are.
# ruff: noqa: E501

from __future__ import annotations

from pathlib import Path

import pytest

from engine.desks.sentences import sentence
from engine.findings import Finding
from engine.importing.desk import import_file, undo
from engine.say import Speaker
from engine.shop import Shop
from tests.importing.conftest import SHOPIFY, SHOPIFY_HEADER, judgeme

NEXT_WEEK = f"""{SHOPIFY_HEADER}
#1,ann@example.com,refunded,2026-03-01 10:00:00 +0200,fulfilled,EUR,50.00,5.00,0.00,55.00,,0.00,Swift Post,2026-03-01 09:59:00 +0200,2,Blue Shirt,20.00,BS-1,Ann Lee,Graz,,,50.00,web,0.00
#1,ann@example.com,,,,,,,,,,,,2026-03-01 09:59:00 +0200,1,Red Sock,10.00,RS-1,,,,,,,0.00
#3,cat@example.com,paid,2026-03-06 11:00:00 +0200,fulfilled,EUR,20.00,0.00,0.00,20.00,,0.00,Swift Post,2026-03-06 10:59:00 +0200,1,Blue Shirt,20.00,BS-1,Cat Roe,Linz,,,0.00,web,0.00
#4,dan@example.com,paid,2026-03-07 11:00:00 +0200,fulfilled,EUR,90.00,0.00,0.00,90.00,,0.00,Swift Post,2026-03-07 10:59:00 +0200,1,Green Hat,90.00,GH-1,Dan Moe,Wels,,,0.00,web,0.00
"""
AFTER_THAT = NEXT_WEEK.replace("#3,", "#5,").replace("#4,", "#6,")
PRODUCTS = "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price,Variant Compare At Price,Image Src,Status\n"
MARCH = PRODUCTS + (
    "blue-shirt,Blue Shirt,,Ours,Shirt,,true,Size,M,BS-1,4,20.00,,,active\n"
    "red-sock,Red Sock,,Ours,Sock,,true,Size,M,RS-1,7,10.00,,,active\n"
)
APRIL = PRODUCTS + (
    "blue-shirt,Blue Shirt,,Ours,Shirt,,true,Size,M,BS-1,0,24.00,,,active\n"
    "red-sock,Red Sock,,Ours,Sock,,true,Size,M,RS-1,7,9.50,,,active\n"
    "green-hat,Green Hat,,Ours,Hat,,true,Size,M,GH-1,3,90.00,,,active\n"
)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "my.shop", create=True)


def bring(shop: Shop, text: str, name: str) -> int:
    path = shop.path.with_name(name)
    path.write_text(text, encoding="utf-8")
    (report,) = import_file(shop.store, path)
    return report.import_id or 0


def said(finding: Finding) -> str:
    return sentence(finding, Speaker("en"))


def news(shop: Shop) -> dict[str, Finding]:
    return {finding.kind: finding for finding in shop.findings(desk="imports")}


def test_the_first_file_is_no_news(shop: Shop) -> None:
    bring(shop, SHOPIFY, "march.csv")
    assert news(shop) == {}


def test_new_orders_changed_statuses_and_products_sold_first_are_counted(shop: Shop) -> None:
    bring(shop, SHOPIFY, "march.csv")
    bring(shop, NEXT_WEEK, "april.csv")
    found = news(shop)
    assert {kind: (f.k, f.n) for kind, f in found.items()} == {
        "new_rows": (2, 3),
        "status": (1, 1),
        "first_sold": (1, 2),
    }
    assert (
        said(found["new_rows"])
        == "2 new orders in april.csv, of Mar 6, 2026 to Mar 7, 2026; 1 more in that file was known."
    )
    assert said(found["status"]) == "1 order became refunded since the file before april.csv."
    assert said(found["first_sold"]) == "1 product sold for the first time in april.csv: Green Hat."
    for finding in found.values():
        assert shop.sql(finding.query or "")[1] == [(finding.k, finding.n)]
        assert finding.rank > 0 and finding.evidence_count


def test_evidence_opens_to_the_file_and_line_that_said_it(shop: Shop) -> None:
    bring(shop, SHOPIFY, "march.csv")
    bring(shop, NEXT_WEEK, "april.csv")
    found = news(shop)
    (refunded,) = shop.evidence(found["status"].id or 0)
    assert (refunded.file, refunded.line, refunded.table_name) == ("april.csv", 2, "orders")
    assert "#1" in refunded.text and "status: shipped → refunded" in refunded.text and refunded.quote == refunded.text
    new = shop.evidence(found["new_rows"].id or 0)
    assert [(row.file, row.line) for row in new] == [("april.csv", 5), ("april.csv", 4)]


def test_the_next_file_replaces_the_news_and_a_mark_on_the_old_says_nothing_of_the_new(shop: Shop) -> None:
    bring(shop, SHOPIFY, "march.csv")
    bring(shop, NEXT_WEEK, "april.csv")
    before = news(shop)["new_rows"]
    shop.set_state(before.id or 0, "dismissed", "known")
    assert "new_rows" not in news(shop)
    bring(shop, judgeme(("A", "lovely warm light", 5, "2026-03-01", "a@example.com", "lamp")), "reviews.csv")
    assert "new_rows" not in news(shop) and "status" in news(shop)
    bring(shop, AFTER_THAT, "may.csv")
    after = news(shop)["new_rows"]
    assert (after.key, after.state, after.k) == (before.key, "new", 2) and "may.csv" in said(after)
    assert "status" not in news(shop)


def test_undo_takes_the_news_back_and_brings_the_news_before_it(shop: Shop) -> None:
    bring(shop, SHOPIFY, "march.csv")
    second = bring(shop, NEXT_WEEK, "april.csv")
    told = {key: (said(f), f.k, f.n, f.evidence_count) for key, f in news(shop).items()}
    third = bring(shop, AFTER_THAT, "may.csv")
    assert "may.csv" in said(news(shop)["new_rows"])
    undo(shop.store, third)
    assert {key: (said(f), f.k, f.n, f.evidence_count) for key, f in news(shop).items()} == told
    undo(shop.store, second)
    assert news(shop) == {}


def test_taking_the_first_of_two_files_back_leaves_no_news(shop: Shop) -> None:
    first = bring(shop, SHOPIFY, "march.csv")
    bring(shop, NEXT_WEEK, "april.csv")
    undo(shop.store, first)
    assert news(shop) == {}


def test_prices_stock_and_new_products_of_a_catalogue(shop: Shop) -> None:
    bring(shop, MARCH, "march.csv")
    bring(shop, APRIL, "april.csv")
    found = news(shop)
    assert (
        said(found["price"])
        == "2 prices changed in april.csv: 1 up, 1 down; the largest change is Blue Shirt (BS-1) from 20.00 to 24.00."
    )
    assert (found["price"].k, found["price"].n) == (2, 2)
    assert said(found["out_of_stock"]) == "1 item ran out of stock in april.csv: Blue Shirt (BS-1)."
    assert said(found["new_rows"]) == "1 new product in april.csv: Green Hat; 2 more in that file were known."
    (gone,) = shop.evidence(found["out_of_stock"].id or 0)
    assert (gone.file, gone.line) == ("april.csv", 2) and "stock: 4 → 0" in gone.text


def test_stock_files_by_day_tell_what_ran_out_since_the_day_before(shop: Shop) -> None:
    header = "snapshot-date,fnsku,sku,product-name,quantity,fulfillment-center-id,detailed-disposition,country\n"
    line = "2026-03-0{day},X1,{sku},Lamp,{left},FRA1,SELLABLE,DE\n"
    bring(shop, header + line.format(day=1, sku="L-1", left=5) + line.format(day=1, sku="L-2", left=5), "one.csv")
    bring(shop, header + line.format(day=2, sku="L-1", left=0) + line.format(day=2, sku="L-2", left=4), "two.csv")
    found = news(shop)["out_of_stock"]
    assert found.k == 1 and "L-1" in said(found) and "L-2" not in said(found)


def test_new_and_edited_reviews(shop: Shop) -> None:
    row = ("A", "lovely warm light", 5, "2026-03-01", "a@example.com", "lamp")
    bring(shop, judgeme(row), "march.csv")
    bring(shop, judgeme(row, ("B", "broke at once", 1, "2026-04-01", "b@example.com", "lamp")), "april.csv")
    found = news(shop)["new_rows"]
    assert (
        said(found)
        == "1 new review in april.csv, of Apr 1, 2026; 1 with one or two stars; 1 more in that file was known."
    )
    (opened,) = shop.evidence(found.id or 0)
    assert "broke at once" in opened.text and (opened.file, opened.line, opened.stars) == ("april.csv", 3, 1.0)


def test_what_is_only_the_course_of_things_is_listed_but_not_shown_first(shop: Shop) -> None:
    bring(shop, SHOPIFY.replace(",fulfilled,", ",unfulfilled,"), "march.csv")
    bring(shop, SHOPIFY, "april.csv")
    (shipped,) = shop.findings(desk="imports")
    assert said(shipped).startswith("1 order became shipped") and shipped.rank == 0
    assert shop.findings(desk="imports", today=True) == []


def test_a_review_that_its_writer_changed(shop: Shop) -> None:
    header = "reviewId,productId,productHandle,rating,title,body,reviewerName,reviewerEmail,dateCreated\n"
    first = (
        "R-1,1,lamp,5,Good,A lovely warm light,Ann,a@example.com,2026-03-01T10:00:00Z\n"
        "R-2,1,lamp,4,Fine,Does what it should do,Bob,b@example.com,2026-03-02T10:00:00Z\n"
    )
    bring(shop, header + first, "march.csv")
    bring(shop, header + first.replace("lamp,5,Good,A lovely", "lamp,2,Worse,No longer a"), "april.csv")
    found = news(shop)["edited"]
    assert said(found) == "1 review changed since the file before april.csv; 1 now has fewer stars."
    (opened,) = shop.evidence(found.id or 0)
    assert (opened.file, opened.line) == ("april.csv", 2) and "stars: 5 → 2" in opened.text
