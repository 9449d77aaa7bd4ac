"""Cells made typed values: nothing repaired in silence, nothing guessed."""

# Rows of a file are as long as they are.
# ruff: noqa: E501

from __future__ import annotations

import polars as pl
import pytest

from engine.importing import cleaning, dates, numbers
from engine.store.database import Store
from tests.importing.conftest import SHOPIFY, Load


def read_numbers(*values: str) -> list[float | None]:
    column = pl.Series("v", list(values))
    evidence = numbers.SeparatorEvidence()
    evidence.add(column)
    return numbers.read(column, evidence.decimal(numbers.currency_of(values))).to_list()


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("$1,000.00", 1000.0), ("MX$2,000.00", 2000.0), ("₹38,165.00", 38165.0), ("(15.00)", -15.0), ("25.00%", 0.25),
        ("￥12.5", 12.5), ("１２", 12.0), ("5.00-", -5.0), ("-$4.20", -4.2), ("USD 4.50", 4.5), (".5", 0.5), ("−3.10", -3.1),
        ("1’234.50", 1234.5), ("2.5E-05", 2.5e-05), ("--", None), ("N/A", None), ("nan", None), ("12abc3", None), ("1.2.3", None),
    ],
)  # fmt: skip
def test_amounts(written: str, value: float | None) -> None:
    assert read_numbers(written, "10.50")[0] == value


def test_the_decimal_sign_is_decided_for_the_whole_column() -> None:
    assert read_numbers("1 234,56", "12,00", "1.234,56 €", "1.234") == [1234.56, 12.0, 1234.56, 1234.0]
    assert read_numbers("Rp 150.000", "Rp 1.500.000") == [150000.0, 1500000.0]
    assert read_numbers("18500.00") == [18500.0]
    assert read_numbers("1,000", "12,131") == [1000.0, 12131.0]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2025-10-07 09:50:26 +0200", "2025-10-07T09:50:26+02:00"), ("08/14/25", "2025-08-14"), ("Jul-21-25", "2025-07-21"),
        ("Oct 1, 2026 9:33:00 PM PDT", "2026-10-01T21:33:00-07:00"), ("1 May 2026 10:00:00 am UTC", "2026-05-01T10:00:00+00:00"),
        ("15 Mar 2026 10:20", "2026-03-15T10:20:00"), ("20260501", "2026-05-01"), ("0000-00-00", None), ("2026年5月1日", "2026-05-01"),
        ("2026/5/1 8:05", "2026-05-01T08:05:00"), ("10-Dez-25", "2025-12-10"), ("3 de enero de 2026", "2026-01-03"),
        ("15. März 2026", "2026-03-15"), ("2026-02-30", None), ("45800", "2025-05-23"), ("1760000000", "2025-10-09T08:53:20+00:00"),
        ("2019年1月19日 下午3:05", "2019-01-19T15:05:00"), ("12:00", None), ("soon", None),
    ],
)  # fmt: skip
def test_dates(written: str, read: str | None) -> None:
    order = dates.order_evidence(pl.Series([written])).order or "dmy"
    assert dates.read(pl.Series([written]), order).to_list() == [read]


LOOX = "product_handle,rating,author,email,body,created_at,photo_url,verified_purchase\n"


def test_the_order_of_day_and_month_comes_from_all_values(load: Load, store: Store) -> None:
    load(
        LOOX + "lamp,5,A,a@example.com,good lamp,03/04/2026,,true\nlamp,5,B,b@example.com,good lamp,25/04/2026,,true\n"
    )
    assert store.value("SELECT min(day) FROM reviews") == "2026-04-03"


def test_ambiguous_dates_are_asked_not_guessed(load: Load, store: Store) -> None:
    text = LOOX + "lamp,5,A,a@example.com,good lamp,03/04/2026,,true\n"
    asked = load(text)
    assert asked.import_id is None and asked.rows_loaded == 0 and asked.profile == "loox_reviews"
    assert asked.questions == ["created_at: is 03/04/2026 day first or month first?"]
    assert store.value("SELECT count(*) FROM reviews") == 0
    load(text, date_order="mdy")
    assert store.value("SELECT day FROM reviews") == "2026-03-04"


def test_rows_that_run_through_time_settle_the_order_of_dates(load: Load, store: Store) -> None:
    days = [f"{day:02d}/{month:02d}/2026" for month in (3, 4, 5) for day in range(1, 13)]
    rows = "".join(f"lamp,5,A,a{i}@example.com,good lamp {i},{day},,true\n" for i, day in enumerate(days))
    report = load(LOOX + rows)
    assert report.rows_loaded == 36 and any("run through time" in note for note in report.notes)
    assert store.value("SELECT max(day) FROM reviews") == "2026-05-12"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("583870900000000001\t", "583870900000000001"), ("\t9001", "9001"), ("'88001", "88001"), ('="00123"', "00123"),
        ("００１２", "0012"), ("00123", "00123"), ("12345.0", "12345"), ("AB-1 ", "AB-1"), ("--", None),
    ],
)  # fmt: skip
def test_identifiers_stay_text(written: str, read: str | None) -> None:
    assert cleaning.identifier(pl.Series([written])).values.to_list() == [read]


def test_an_identifier_rounded_by_a_spreadsheet_is_rejected_not_repaired(load: Load) -> None:
    report = load(SHOPIFY.replace("#2,", "1.2E+17,"))
    assert (report.rows_rejected, report.rows_loaded) == (1, 2)
    with open(report.rejects_file or "", encoding="utf-8-sig") as file:
        assert "rounded number by a spreadsheet" in file.read()
    touched = load(SHOPIFY.replace("#1,", "1001.0,").replace("#2,", "1002.0,"), "b.csv")
    assert touched.rows_rejected == 0 and any("“.0” taken off" in note for note in touched.notes)


def test_a_cell_that_is_no_number_rejects_its_row_with_the_reason(load: Load) -> None:
    report = load(SHOPIFY.replace(",1,Red Sock,10.00", ",one,Red Sock,10.00"))
    assert (report.rows_read, report.rows_loaded, report.rows_rejected) == (3, 2, 1)
    with open(report.rejects_file or "", encoding="utf-8-sig") as file:
        assert "Lineitem quantity: “one” is not a number,3" in file.read()


@pytest.mark.parametrize(
    ("written", "stars"),
    [("4", 4.0), ("4.0 out of 5", 4.0), ("★★★★☆", 4.0), ("五星", 5.0), ("4/5", 4.0), ("80%", 4.0), ("5 stars", 5.0), ("8/10", 4.0), ("good", None)],
)  # fmt: skip
def test_stars(written: str, stars: float | None) -> None:
    assert cleaning.star_value(written) == stars


def test_stars_on_a_scale_of_ten() -> None:
    assert cleaning.stars(pl.Series(["10", "7", "2"])).values.to_list() == [5.0, 3.5, 1.0]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("交易成功", "completed"), ("买家已付款,等待卖家发货", "paid"), ("卖家已发货，等待买家确认", "shipped"), ("等待买家付款", "pending"),
        ("交易关闭", "cancelled"), ("Shipped - Delivered to Buyer", "delivered"), ("Shipped - Returned to Seller", "returned"),
        ("Dikirim", "shipped"), ("จัดส่งแล้ว", "shipped"), ("partially_refunded", "partially_refunded"), ("Storniert", "cancelled"),
        ("unpaid", "pending"), ("Something else", "something else"),
    ],
)  # fmt: skip
def test_statuses_of_every_language_share_a_few_words(said: str, meant: str) -> None:
    assert cleaning.status_of(said) == meant


def test_descriptions_become_text_and_formula_guards_come_off(load: Load, store: Store) -> None:
    assert cleaning.plain_text("<p>One &amp; two</p><ul><li>a</li></ul><script>x()</script>") == "One & two\na"
    load(LOOX + "lamp,5,A,a@example.com,'=1+1 is what it <br> says &quot;really&quot;,2026-03-01,,true\n")
    assert store.value("SELECT body FROM reviews") == '=1+1 is what it\nsays "really"'


def test_text_is_composed_and_keeps_emoji(load: Load, store: Store) -> None:
    load(LOOX + "lamp,5,A,a@example.com,Cafe\u0301 👍🏽 nice,2026-03-01,,true\n")
    assert store.value("SELECT body FROM reviews") == "Café 👍🏽 nice"


def test_currency_from_the_header_and_from_cells(load: Load, store: Store) -> None:
    meta = "Reporting starts,Reporting ends,Campaign name,Amount spent (PEN),Impressions\n2026-03-01,2026-03-01,A,12.50,100\n"
    assert load(meta).currency == "PEN"
    french = (
        "Jour;Nom de la campagne;Montant dépensé (EUR);Impressions\n01/03/2026;A;1 234,56;100\n15/03/2026;B;12,00;50\n"
    )
    report = load(french, "f.csv", encoding="utf-8-sig")
    assert (report.language, report.currency, report.totals["spend"]) == ("fr", "EUR", 1246.56)
    assert store.value("SELECT count(*) FROM ads WHERE day = '2026-03-15' AND day_to = '2026-03-15'") == 1
