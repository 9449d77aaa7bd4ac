"""Preambles, second header rows, notes and totals rows around the data."""

# Rows of a file are as long as they are.
# ruff: noqa: E501

from __future__ import annotations

import pytest

from engine.store.database import Store
from tests.importing.conftest import SHOPIFY, Load

GOOGLE = 'Day,Campaign,Campaign type,Impr.,Clicks,Cost,Conversions\n2026-08-01,Brand,Search,"1,000",50,20.00,2\n2026-08-02,Brand,Search,500,20,10.00,1\n'


def test_google_ads_preamble_and_totals(load: Load, store: Store) -> None:
    text = (
        'Campaign report\n"August 1, 2026 - August 2, 2026"\n' + GOOGLE + 'Total: All campaigns,,,"1,500",70,30.00,3\n'
    )
    report = load(text)
    assert report.profile == "google_ads" and report.rows_loaded == 2
    assert [item["reason"] for item in report.lines_skipped] == [
        "before the header",
        "before the header",
        "a totals row",
    ]
    assert report.file_totals == {"impressions": 1500.0, "clicks": 70.0, "spend": 30.0, "orders": 3.0}
    assert report.differences == []
    assert store.value("SELECT sum(spend) FROM ads") == 30.0


def test_google_ads_as_utf16_with_tabs(load: Load) -> None:
    text = ("Campaign report\nAugust 2026\n" + GOOGLE.replace('"1,000"', "1000")).replace(",", "\t")
    report = load(text, encoding="utf-16")
    assert (report.encoding, report.profile, report.rows_loaded) == ("utf-16-le", "google_ads", 2)


def test_a_totals_row_that_disagrees_is_taken_out_and_reported(load: Load, store: Store) -> None:
    text = "日期,计划名称,展现量,点击量,花费\n2026-05-01,甲,100,10,197.88\n2026-05-02,乙,100,10,200.00\n合计,,200,20,500.00\n"
    report = load(text, encoding="gb18030")
    assert report.profile == "alimama_ads"
    assert store.value("SELECT sum(spend) FROM ads") == 397.88
    assert report.differences == [{"line": 4, "what": "花费", "file": 500.0, "loaded": 397.88}]


EBAY = (
    "Orders report\nAll amounts in USD\n\nSales Record Number,Order Number,Buyer Username,Buyer Email,Item Number,Item Title,"
    "Custom Label,Quantity,Sold For,Shipping And Handling,Total Price,Payment Method,Sale Date,Paid On Date,Transaction ID\n"
    "1,11-1,ann,a@example.com,7001,Lamp,L1,1,$10.00,$2.00,$12.00,PayPal,Jul-21-26,Jul-22-26,T1\n"
    "Seller ID : lampshop\n"
    "2,11-2,bob,--,7002,Cup,--,2,$5.00,$0.00,$10.00,PayPal,Jul-23-26,--,T2\n\n"
)


def test_ebay_title_lines_notes_and_the_record_count(load: Load, store: Store) -> None:
    report = load(EBAY + "2 record(s) downloaded\n")
    assert (report.profile, report.currency, report.rows_loaded, report.rows_rejected) == ("ebay_orders", "USD", 2, 0)
    assert [item["line"] for item in report.lines_skipped] == [1, 2, 6, 9]
    assert report.file_totals == {"rows": 2.0} and report.differences == []
    assert store.rows("SELECT sku, day FROM order_lines ORDER BY id") == [
        {"sku": "L1", "day": "2026-07-21"}, {"sku": None, "day": "2026-07-23"},
    ]  # fmt: skip


def test_a_record_count_that_disagrees_is_reported(load: Load) -> None:
    report = load(EBAY + "83 record(s) downloaded\n")
    assert report.differences == [{"line": 9, "what": "rows", "file": 83, "loaded": 2}]


def test_ebay_in_german(load: Load, store: Store) -> None:
    text = (
        "Verkaufsprotokollnummer;Bestellnummer;Nutzername des Käufers;Name des Käufers;Artikelnummer;Angebotstitel;Bestandseinheit;"
        "Anzahl;Verkauft für;Verpackung und Versand;Gesamtbetrag;Verkauft am;Zahlungsdatum\n"
        "1;23-12345-12345;buyer;--;7001;Lampe;L1;2;55,50 €;5,99 €;116,99 €;10-Dez-25;10-Dez-25\n"
    )
    report = load(text, encoding="cp1252")
    assert (report.profile, report.language, report.currency) == ("ebay_orders", "de", "EUR")
    assert store.rows("SELECT total, day FROM orders") == [{"total": 116.99, "day": "2025-12-10"}]


@pytest.mark.parametrize("first", ["sep=,\n", '"sep=,"\n', "Amazon report" + "," * 24 + "\n", "\n\n"])
def test_junk_first_lines(load: Load, first: str) -> None:
    report = load(first + SHOPIFY)
    assert report.profile == "shopify_orders" and report.rows_loaded == 3


def test_ga4_comment_lines_and_compact_dates(load: Load, store: Store) -> None:
    text = "# ----------------\n# Traffic acquisition\n# Start date: 20260801\n# End date: 20260831\n\nDate,Sessions,Total users\n20260801,100,80\n20260802,50,40\n"
    report = load(text)
    assert (report.profile, report.rows_loaded) == ("ga4_traffic", 2)
    assert store.value("SELECT max(day) FROM sessions") == "2026-08-02"


def test_the_header_again_in_a_merged_file(load: Load) -> None:
    header, *rows = SHOPIFY.splitlines()
    report = load("\n".join([header, *rows[:2], header, rows[2]]) + "\n")
    assert report.rows_loaded == 3 and report.rows_rejected == 0
    assert report.lines_skipped == [{"line": 4, "reason": "the header again"}]


def test_douyin_settlement_second_header_and_apostrophe_ids(load: Load, store: Store) -> None:
    text = (
        "结算时间,订单号,子订单号,结算金额,结算账户,结算单类型,收入合计,支出合计\n,,,收入+支出,,,收入,支出\n"
        "2026-09-22 00:54:10,'6917000000000000001,'6917000000000000002,20.50,账户,已结算,28.90,-8.40\n"
    )
    report = load(text, encoding="utf-8-sig")
    assert report.profile == "douyin_settlement" and report.rows_loaded == 1
    assert store.rows("SELECT order_id, amount FROM fees") == [{"order_id": "6917000000000000001", "amount": 20.5}]
