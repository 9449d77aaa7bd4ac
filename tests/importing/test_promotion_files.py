"""Coupons of many kinds and reports of ads, each by its general traps."""

# Rows of a file are as long as they are.
# ruff: noqa: E501

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.importing import periods
from engine.importing.desk import import_file
from engine.importing.report import ImportReport
from engine.store.database import Store
from tests.importing.conftest import Load

Drop = Callable[..., Path]


def _rows(store: Store, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in store.rows(sql)]


def test_a_coupon_report_counts_what_was_given_not_what_was_issued(load: Load, store: Store) -> None:
    load(
        "优惠券报表,,,,,,,\n优惠券名称,优惠券类型,优惠券所属,发放总数,发放总额,使用总数,使用总额,拉动订单总额\n"
        "满50减5,满减券,店铺,900,4500.00,80,400.00,5200.00\n平台九折,折扣券,平台,100,0.00,12,66.50,700.00\n",
        accept=True,
    )
    assert _rows(store, "SELECT name, kind, funded_by, issued, redemptions, spent, sales FROM coupons ORDER BY line") == [
        ("满50减5", "amount", "shop", 900, 80, 400, 5200), ("平台九折", "percent", "platform", 100, 12, 66.5, 700),
    ]  # fmt: skip


def test_discounts_below_zero_and_minimums_of_two_kinds(load: Load, store: Store) -> None:
    header = "Name,Value,Value Type,Minimum Purchase Requirements,Times Used In Total,Status,Start,End\n"
    load(
        header
        + "A,-25.0,percentage,50.00,3,Active,2026-03-14 10:00:00 -0500,\nB,-5.0,fixed_amount,12,0,Active,2026-03-15 10:00:00 -0500,\nC,-10%,percentage,,0,Expired,2026-03-15 10:00:00 -0500,\n",
        accept=True,
    )
    assert _rows(store, "SELECT name, value, kind, minimum, minimum_kind, redemptions FROM coupons ORDER BY line") == [
        ("A", 25, "percent", 50, "amount", 3), ("B", 5, "amount", 12, "quantity", 0), ("C", 10, "percent", None, None, 0),
    ]  # fmt: skip


def test_an_amount_or_a_share_in_columns_of_their_own(load: Load, store: Store) -> None:
    load(
        "id,Name,Percent Off,Amount Off,Currency,Duration,Max Redemptions,Times Redeemed,Valid\nTEN,Ten,10.00,,,once,,14,true\nFIVE,Five,,5.00,usd,once,9,3,false\n"
    )
    assert _rows(store, "SELECT code, kind, value, currency, redemptions, status FROM coupons ORDER BY line") == [
        ("TEN", "percent", 10, "USD", 14, "active"), ("FIVE", "amount", 5, "USD", 3, "expired"),
    ]  # fmt: skip


def test_a_threshold_in_words(load: Load, store: Store) -> None:
    load(
        "优惠券名称,面额,使用门槛,发行量,已使用,开始时间\n新客券,10.00,满100元,1000,31,2026-03-01 00:00:00\n无门槛券,5.00,无门槛,500,20,2026-03-01 00:00:00\n",
        accept=True,
    )
    assert _rows(store, "SELECT value, minimum, minimum_kind, currency FROM coupons ORDER BY line") == [
        (10, 100, "amount", "CNY"),
        (5, None, None, "CNY"),
    ]


def test_a_list_of_codes_without_a_header(load: Load, store: Store) -> None:
    report = load("\ufeffSPRING1A30\nSPRING2B30\nSPRING3C30\n", accept=True)
    assert _rows(store, "SELECT code, value FROM coupons ORDER BY line") == [
        ("SPRING1A30", None),
        ("SPRING2B30", None),
        ("SPRING3C30", None),
    ]
    assert any("codes alone" in note for note in report.notes)


def test_free_shipping_is_not_worthless(load: Load, store: Store) -> None:
    coupon = {
        "status": "publish",
        "date_created": "2026-03-01T10:00:00",
        "date_expires": None,
        "individual_use": True,
        "maximum_amount": "0.00",
    }
    coupons = [
        coupon
        | {
            "id": 1,
            "code": "ten",
            "amount": "10.00",
            "discount_type": "percent",
            "usage_count": 4,
            "free_shipping": False,
            "minimum_amount": "0.00",
        },
        coupon
        | {
            "id": 2,
            "code": "ship",
            "amount": "0.00",
            "discount_type": "fixed_cart",
            "usage_count": 1,
            "free_shipping": True,
            "minimum_amount": "40.00",
        },
    ]
    load(json.dumps(coupons), "coupons.json")
    assert _rows(store, "SELECT code, kind, value, minimum, minimum_kind FROM coupons ORDER BY coupon_id") == [
        ("ten", "percent", 10, None, None), ("ship", "shipping", 0, 40, "amount"),
    ]  # fmt: skip


GOOGLE = 'Search terms report\n"March 2, 2026 - March 31, 2026"\nSearch term,Match type,Campaign,Ad group,Impr.,Clicks,Currency code,Cost,Conversions\nlamp,Broad match,C,G,10,2,USD,3.00,1\nbulb,Exact match,C,G,5,1,USD,1.50,0\nTotal: Search terms,,,,15,3,USD,4.50,1\nTotal: Account,,,,900,80,USD,120.00,9\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_report_for_one_span_of_days(load: Load, store: Store, encoding: str) -> None:
    report = load(
        GOOGLE
        if encoding == "utf-8"
        else GOOGLE.replace(",", "\t").replace('"March 2\t 2026 - March 31\t 2026"', "March 2, 2026 - March 31, 2026"),
        encoding=encoding,
    )
    assert report.totals["spend"] == 4.5 and report.differences == [] and report.rows_rejected == 0
    assert _rows(store, "SELECT DISTINCT day, day_to, level, currency FROM ads") == [
        ("2026-03-02", "2026-03-31", "search_term", "USD")
    ]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("My shop-Campaign Report-(2026-01-01 to 2026-01-31).xlsx", ("2026-01-01", "2026-01-31")),
        ("January 17, 2024 - February 15, 2024", ("2024-01-17", "2024-02-15")),
        ("数据周期：2026年3月1日至2026年3月31日", ("2026-03-01", "2026-03-31")),
        ("report_20260301-20260331.csv", ("2026-03-01", "2026-03-31")),
        ("All time", None),
        ("03/04/2026 - 05/04/2026", None),
    ],
)
def test_spans_of_days(text: str, span: tuple[str, str] | None) -> None:
    assert periods.stated([text]) == span


def test_a_totals_row_in_words_does_not_double_the_spend(tmp_path: Path, store: Store) -> None:
    import xlsxwriter

    path = tmp_path / "Shop-Campaign Report-(2026-02-01 to 2026-02-28).xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(
            0,
            0,
            [
                "Campaign name",
                "Primary status",
                "Campaign Budget",
                "Cost",
                "CPC (destination)",
                "CPM",
                "Impressions",
                "Clicks (destination)",
                "Currency",
            ],
        )
        sheet.write_row(1, 0, ["A", "Active", "50.00", "12.50", "1.25", "2.0", "1000", "10", "THB"])
        sheet.write_row(2, 0, ["B", "Active", "50.00", "7.50", "1.25", "2.0", "900", "6", "THB"])
        sheet.write_row(3, 0, ["Total of 2 results", "-", "-", "20.00", "0.00", "0.00", "1900", "16", "THB"])
    report: ImportReport = import_file(store, path)[0]
    assert (report.rows_loaded, report.totals["spend"], report.currency) == (2, 20, "THB") and report.differences == []
    assert report.period == {"from": "2026-02-01", "to": "2026-02-28"}


def test_signs_of_currencies_in_headers_and_cells(load: Load, store: Store) -> None:
    load(
        'Date,Start Date,Portfolio name,Campaign Type,Campaign Name,Status,Currency,Budget,Targeting Type,Bidding strategy,Impressions,Last Year Impressions,Clicks,Click-Thru Rate (CTR),Spend,Last Year Spend,Cost Per Click (CPC),14 Day Total Orders (#),14 Day Total Sales (₹)\n"Mar 14, 2026","Jan 2, 2026",,SP,Oil,ENABLED,INR,Rs.10.0,Manual,Dynamic,100,,7,1%,Rs.20.50,,Rs.2.1,1,Rs.99.0\n'
    )
    assert _rows(store, "SELECT day, day_to, spend, sales, currency, impressions FROM ads") == [
        ("2026-03-14", None, 20.5, 99, "INR", 100)
    ]
