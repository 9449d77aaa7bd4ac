"""Quirks of merchants' exports: what each file would do to an importer that did not know it.

`QUIRKS` lists every quirk with the test that fails without its handling, here or in a neighbouring module.
"""

# Rows of a file are as long as they are.
# ruff: noqa: E501

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from engine.importing import cleaning, dates, delimited
from engine.importing.desk import import_file
from engine.store.database import Store
from tests.importing.conftest import PDD, SHOPIFY, Load, judgeme, pdd
from tests.importing.test_grain import BUSINESS, DOUYIN_HEADER
from tests.importing.test_links import PRODUCTS
from tests.importing.workbooks import sheet

QUIRKS = (
    # Container
    ("text with comma, semicolon, tab or bar", "test_containers::test_delimiters"),
    ("tab-separated text named .txt, quotes as ordinary characters", "test_containers::test_quotes_are_ordinary_characters_in_amazon_flat_files"),
    (".xls that is a web page", "test_containers::test_a_web_page_named_xls_is_read_as_a_table"),
    ("web page with cells over several rows", "test_quirks_of_files::test_cells_over_several_rows_of_a_web_page_stand_in_each"),
    (".xls that is CSV", "test_quirks_of_files::test_csv_named_xls"),
    (".xls of Excel 97", "test_quirks_of_files::test_old_workbooks_and_open_documents"),
    (".ods", "test_quirks_of_files::test_old_workbooks_and_open_documents"),
    ("workbook with several sheets and a title row", "test_containers::test_workbooks_with_several_sheets_and_a_preamble"),
    ("merged header cells over two rows", "test_quirks_of_files::test_a_header_of_merged_cells_over_two_rows"),
    ("order cells merged over their lines", "test_quirks_of_files::test_order_cells_merged_over_their_lines"),
    ("workbook under a password", "test_quirks_of_files::test_protected_workbooks_are_named_as_such"),
    (".zip with folders, Mac resource forks and other files", "test_quirks_of_files::test_archives_with_folders_other_files_and_chinese_names"),
    (".zip in a .zip, and one part that cannot be read", "test_quirks_of_files::test_what_cannot_be_read_of_an_archive_is_said_and_the_rest_is_loaded"),
    (".zip that unpacks to far too much", "test_quirks_of_files::test_archives_that_unpack_to_far_too_much_are_refused"),
    (".gz", "test_containers::test_archives"),
    (".jsonl with nested objects", "test_quirks_of_files::test_nested_json_lines"),
    (".json around a list", "test_quirks_of_files::test_a_json_document_around_a_list"),
    (".parquet", "test_containers::test_json_lines_arrays_and_parquet"),
    ("header with commas over rows with tabs", "test_grain::test_header_with_commas_over_rows_with_tabs"),
    ("cells with line breaks, physical lines kept", "test_containers::test_lines_are_physical_with_cells_of_many_lines"),
    ("old Mac line ends, trailing commas", "test_containers::test_windows_line_ends_old_mac_line_ends_and_trailing_commas"),
    ("an inch mark that is no quote", "test_containers::test_a_stray_inch_mark_does_not_swallow_the_file"),
    ("too many cells in a row", "test_containers::test_rows_with_too_many_cells_are_rejected_whole"),
    # Encoding and language
    ("byte order mark on the first header, UTF-16", "test_containers::test_unicode_encodings_with_and_without_a_mark"),
    ("GB18030, Big5, Shift-JIS, cp949, cp1252, cp1251", "test_containers::test_legacy_encodings_are_decided_from_the_bytes"),
    ("UTF-16LE with tabs (Google Ads)", "test_header::test_google_ads_as_utf16_with_tabs"),
    ("localised headers", "test_header::test_ebay_in_german"),
    # Where the header is
    ("2, 7 or 9 lines before the header (Amazon transactions)", "test_quirks::test_amazon_transactions_under_a_preamble"),
    ("title, currency and blank line before the header (eBay)", "test_header::test_ebay_title_lines_notes_and_the_record_count"),
    ("report name and period before the header (Google Ads)", "test_header::test_google_ads_preamble_and_totals"),
    ("`#` lines before the header (GA4)", "test_header::test_ga4_comment_lines_and_compact_dates"),
    ("a `Periode` block before the header (Shopee)", "test_quirks::test_a_period_block_before_the_header"),
    ("`sep=,`, a padded title, blank lines", "test_header::test_junk_first_lines"),
    ("a header without rows", "test_platforms::test_a_header_alone_is_recognised_as_its_own_report"),
    ("a row with cells only in columns that are not kept", "test_quirks::test_a_row_without_anything_to_keep_is_named"),
    ("a download that broke off within a row", "test_quirks::test_a_row_that_was_cut_off_is_rejected_and_short_rows_are_said"),
    ("a quote that would swallow the rows below", "test_quirks::test_a_quote_left_open_does_not_swallow_the_rows_below"),
    # Second header rows, footers, stray rows
    ("a row of descriptions under the header (TikTok)", "test_grain::test_tiktok_descriptions_tab_ids_and_repeated_amounts"),
    ("a row of sub-headings under the header (抖店)", "test_header::test_douyin_settlement_second_header_and_apostrophe_ids"),
    ("`Total: All campaigns`", "test_header::test_google_ads_preamble_and_totals"),
    ("合计 that disagrees with the rows", "test_header::test_a_totals_row_that_disagrees_is_taken_out_and_reported"),
    ("`83 record(s) downloaded` that disagrees", "test_header::test_a_record_count_that_disagrees_is_reported"),
    ("`Seller ID : name` in the middle", "test_header::test_ebay_title_lines_notes_and_the_record_count"),
    ("the header again in a merged file", "test_header::test_the_header_again_in_a_merged_file"),
    # Grain
    ("blank continuation rows (Shopify)", "test_grain::test_shopify_continuation_rows_belong_to_their_order"),
    ("repeated order fields (Shopify)", "test_grain::test_shopify_repeated_order_fields_give_the_same_totals"),
    ("order total on every line (京东)", "test_grain::test_jd_order_total_repeated_per_line_counts_once_and_gbk_is_read"),
    ("order amount on every line (TikTok)", "test_grain::test_tiktok_descriptions_tab_ids_and_repeated_amounts"),
    ("sub-orders joined by `;` (抖店)", "test_grain::test_douyin_joined_suborders_are_reported_not_divided"),
    ("joined sub-orders of one product", "test_quirks::test_joined_suborders_of_one_product_are_that_products"),
    ("items packed into one cell (Shopee)", "test_quirks::test_packed_items_become_lines"),
    ("one row per unit (Lazada)", "test_grain::test_lazada_units_are_counted_from_rows"),
    ("the same child ASIN under two parents", "test_grain::test_the_same_child_under_two_parents_is_kept_twice"),
    ("business report without a day column", "test_grain::test_the_same_child_under_two_parents_is_kept_twice"),
    ("days without sales are missing, not zero", "test_quirks::test_days_that_a_report_leaves_out_stay_missing"),
    ("rows over a span of days beside daily rows (Meta)", "test_quirks::test_spans_beside_days_are_pointed_out"),
    ("an amount per column, refunds as negative lines", "test_grain::test_transactions_have_an_amount_per_column"),
    ("several settlements of one order", "test_quirks::test_several_settlements_of_one_order_add_up"),
    ("item price is the whole line (Amazon)", "test_grain::test_amazon_item_price_is_the_whole_line"),
    ("order report and item report (淘宝)", "test_grain::test_taobao_order_and_item_reports_together_count_once"),
    ("items, orders and payments of one order (Etsy)", "test_quirks::test_three_etsy_files_are_one_order"),
    ("the same row again in another part of a large file", "test_quirks::test_the_same_row_again_far_below_counts_once"),
    ("an order whose lines lie far apart", "test_quirks::test_an_order_in_two_places_of_a_large_file_is_one_order"),
    # Identifiers
    ("tabs, apostrophes, `=\"…\"`, `.0`, full-width digits, leading zeros", "test_values::test_identifiers_stay_text"),
    ("`1.2E+17`", "test_values::test_an_identifier_rounded_by_a_spreadsheet_is_rejected_not_repaired"),
    ("long ids whose last digits became zeros", "test_quirks::test_long_ids_that_lost_their_last_digits_are_rejected"),
    ("long ids stored as numbers in a workbook", "test_quirks::test_ids_stored_as_numbers_in_a_workbook"),
    ("GTIN with leading zeros", "test_quirks::test_a_gtin_keeps_its_leading_zeros"),
    # Numbers
    ("currency signs, groups, parentheses, percent, `--`", "test_values::test_amounts"),
    ("decimal comma, groups in rupiah, `18500.00`", "test_values::test_the_decimal_sign_is_decided_for_the_whole_column"),
    ("currency in the header, French numbers", "test_values::test_currency_from_the_header_and_from_cells"),
    ("currency in the cells", "test_quirks::test_currency_from_cells"),
    # Dates
    ("every way of writing a date", "test_values::test_dates"),
    ("day and month ambiguous", "test_values::test_ambiguous_dates_are_asked_not_guessed"),
    ("day or month first by region (TikTok)", "test_quirks::test_the_same_report_in_two_regions_has_two_orders_of_dates"),
    ("a blank payment time (拼多多)", "test_grain::test_pdd_date_from_the_order_number"),
    ("no zone in the file but in the platform", "test_quirks::test_moments_carry_the_platforms_zone"),
    # Statuses
    ("statuses in every language", "test_values::test_statuses_of_every_language_share_a_few_words"),
    ("orders placed for show, marked `G-` or `V-`", "test_quirks::test_orders_placed_for_show_are_set_apart_and_said"),
    # Columns renamed over time
    ("old and new product headers (Shopify)", "test_quirks::test_old_and_new_product_headers_give_the_same_products"),
    ("one column per location (Shopify)", "test_grain::test_shopify_inventory_wide_gives_a_row_per_location"),
    ("old and new search term headers (Amazon Ads), trailing spaces", "test_quirks::test_old_new_and_localised_search_term_headers"),
    ("Buy Box and Featured Offer, en dash", "test_grain::test_business_report_with_en_dash_and_the_old_column_name"),
    # Content
    ("personal data masked by the platform", "test_quirks::test_masked_names_are_recognised"),
    ("markup in descriptions", "test_values::test_descriptions_become_text_and_formula_guards_come_off"),
    ("emoji, accents in two parts", "test_values::test_text_is_composed_and_keeps_emoji"),
    ("comments over several lines (FBA returns)", "test_containers::test_multi_line_comments_in_a_returns_file"),
    ("only published reviews", "test_quirks::test_a_file_of_published_reviews_only_says_so"),
    ("cells that a spreadsheet would run", "test_again::test_mended_rejects_complete_the_import"),
    # Again and damaged
    ("the same file twice", "test_again::test_the_same_file_twice_adds_nothing_and_says_so"),
    ("overlapping periods", "test_again::test_overlapping_periods_update_and_undo_restores"),
    ("rows with and without their own id in overlapping periods", "test_quirks::test_a_row_without_its_own_id_does_not_change_the_identity_of_others"),
    ("empty, cut off, NUL bytes, other kinds of file", "test_containers::test_bad_files_are_refused_with_file_and_line"),
)  # fmt: skip


@pytest.mark.parametrize("test", sorted({test for _, test in QUIRKS}))
def test_every_quirk_has_its_test(test: str) -> None:
    module, name = test.split("::")
    assert callable(getattr(importlib.import_module(f"tests.importing.{module}"), name))


# -- where the header is ---------------------------------------------------------------------------------------------

TRANSACTIONS = (
    "date/time,settlement id,type,order id,sku,description,quantity,marketplace,account type,fulfillment,order city,order state,order postal,"
    "tax collection model,product sales,product sales tax,shipping credits,shipping credits tax,gift wrap credits,giftwrap credits tax,"
    "promotional rebates,promotional rebates tax,marketplace withheld tax,selling fees,fba fees,other transaction fees,other,total\n"
    '"Oct 1, 2026 9:33:00 PM PDT",1,Order,114-1,S1,Lamp,1,amazon.com,,Amazon,,,,,"1,000.00",0,0,0,0,0,0,0,0,-150,-50,0,0,800.00\n'
)


@pytest.mark.parametrize("lines", [2, 7, 9])
@pytest.mark.parametrize("currency", ["USD", "INR"])
def test_amazon_transactions_under_a_preamble(load: Load, lines: int, currency: str) -> None:
    preamble = [
        '"Includes Amazon Marketplace, Fulfillment by Amazon (FBA), and Amazon Webstore transactions"',
        f'"All amounts in {currency}, unless specified"',
        '"Definitions:"',
    ]
    preamble += [f'"Term {n}: Includes product sales, selling fees, and other amounts, by date"' for n in range(9)]
    report = load("\n".join(preamble[:lines]) + "\n" + TRANSACTIONS)
    assert (report.profile, report.currency, report.rows_loaded) == ("amazon_transactions", currency, 1)
    assert [item["line"] for item in report.lines_skipped] == list(range(1, lines + 1))
    assert report.totals["amount"] == 800.0 and report.differences == []


def test_a_period_block_before_the_header(load: Load) -> None:
    header = "No. Pesanan,Status Pesanan,Waktu Pesanan Dibuat,SKU Induk,Nama Produk,Nomor Referensi SKU,Nama Variasi,Harga Awal,Harga Setelah Diskon,Jumlah,Total Harga Produk"
    row = "2607A,Selesai,2026-07-03 10:00,P1,Payung,U-1,Merah,Rp 200.000,Rp 150.000,2,Rp 300.000"
    report = load(f"Nama Toko,Toko Payung\nPeriode,01/07/2026 - 31/07/2026\n\n{header}\n{row}\n")
    assert (report.profile, report.language, report.rows_loaded) == ("shopee_orders", "id", 1)
    assert (report.currency, report.totals["gross"], report.totals["units"]) == ("IDR", 300000.0, 2.0)


# -- grain -----------------------------------------------------------------------------------------------------------


def douyin(lines: str, names: str, codes: str, units: str = "5") -> str:
    return f"\ufeff{DOUYIN_HEADER}\n\t6917000000000000001,{lines},{names},1袋,{units},{codes},28.90,0.00,##密文,$$密文,##密文,2026-09-22 00:54:10,,已完成,,0\n"


def test_joined_suborders_of_one_product_are_that_products(load: Load, store: Store) -> None:
    report = load(douyin("6917000000000000001;6917000000000000002", "辣丝丝;辣丝丝", "A1;A1"))
    assert report.differences == [] and report.totals["units"] == 5.0
    assert store.rows("SELECT product_name, sku, quantity, amount FROM order_lines") == [
        {"product_name": "辣丝丝", "sku": "A1", "quantity": 5.0, "amount": 28.9}
    ]
    mixed = load(douyin("6917000000000000003;6917000000000000004", "辣丝丝;酸萝卜", "A1;A2"), "b.csv")
    assert [d["what"] for d in mixed.differences] == ["units that cannot be allocated"]


PACKED = "[1] Product Name:Lamp; warm light; Variation Name:Red; Price: MYR 20.00; Quantity: 2; SKU Reference No.: L-1; \n[2] Product Name: Cup; Quantity: 1; SKU Reference No.: C-1;"


def test_packed_items_become_lines(load: Load, store: Store) -> None:
    header = "order_sn,tracking_number,product_info,remark_from_buyer,seller_note\n"
    report = load(
        header + f'2607A,T1,"{PACKED}",,gift\n2607B,T2,"[1] Product Name:Cup; Quantity: 3;",,\n2607C,T3,two cups,,\n'
    )
    assert (report.profile, report.rows_read, report.rows_loaded) == ("shopee_packing_list", 3, 3)
    assert (report.totals["orders"], report.totals["units"]) == (3, 6.0)
    rows = store.rows(
        "SELECT order_id, product_name, variant, quantity, unit_price, sku, line FROM order_lines ORDER BY id"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("2607A", "Lamp; warm light", "Red", 2.0, 20.0, "L-1", 2), ("2607A", "Cup", None, 1.0, None, "C-1", 2),
        ("2607B", "Cup", None, 3.0, None, None, 4), ("2607C", None, None, None, None, None, 5),
    ]  # fmt: skip
    assert any("could not be unpacked (1)" in note for note in report.notes)
    wrong = load(header + f'2607D,T1,"{PACKED.replace("Quantity: 1", "Quantity: few")}",,\n', "b.csv")
    assert (wrong.rows_read, wrong.rows_rejected, wrong.rows_loaded) == (1, 1, 0)
    assert store.value("SELECT count(*) FROM order_lines WHERE order_id = '2607D'") == 0


def test_days_that_a_report_leaves_out_stay_missing(load: Load, store: Store) -> None:
    text = "Date,Ordered Product Sales,Units Ordered,Sessions - Total,Page Views - Total\n8/3/26,$100.00,4,50,80\n8/15/26,$25.00,1,20,30\n"
    assert load(text).profile == "amazon_business_report_daily"
    assert [r["day"] for r in store.rows("SELECT day FROM sessions ORDER BY day")] == ["2026-08-03", "2026-08-15"]


META = "Reporting starts,Reporting ends,Campaign name,Amount spent (EUR),Impressions\n"


def test_spans_beside_days_are_pointed_out(load: Load) -> None:
    days = load(META + "".join(f"2026-03-{d:02d},2026-03-{d:02d},A,10.00,100\n" for d in range(1, 4)))
    assert not any("add up only one" in note for note in days.notes)
    next_days = load(META + "2026-03-03,2026-03-03,A,11.00,100\n2026-03-04,2026-03-04,A,10.00,100\n", "b.csv")
    assert next_days.rows_updated == 1 and not any("add up only one" in note for note in next_days.notes)
    month = load(META + "2026-03-01,2026-03-31,A,300.00,3000\n", "c.csv")
    assert any("Import 1 speaks of some of the same days" in note for note in month.notes)


SETTLED = "结算时间,订单号,子订单号,结算金额,结算账户,结算单类型,收入合计,支出合计\n"


def test_several_settlements_of_one_order_add_up(load: Load, store: Store) -> None:
    row = "2026-09-{day} 00:54:10,'691,'692,{net},账户,已结算,{net},0\n"
    load(SETTLED + row.format(day=22, net="20.50") + row.format(day=23, net="-3.00"), encoding="utf-8-sig")
    load(SETTLED + row.format(day=29, net="1.50"), "next.csv", encoding="utf-8-sig")
    assert store.value("SELECT sum(amount) FROM fees WHERE order_id = '691'") == 19.0


def test_three_etsy_files_are_one_order(load: Load, store: Store) -> None:
    items = "Sale Date,Item Name,Buyer,Quantity,Price,Coupon Code,Discount Amount,Order Shipping,Order Sales Tax,Item Total,Currency,Transaction ID,Listing ID,Date Paid,Order ID,SKU\n08/14/25,Lamp,Ann,2,10.00,,0,5.00,0,20.00,EUR,T1,700,08/14/2025,9001,L-1\n"
    orders = "Sale Date,Order ID,Buyer User ID,Full Name,Number of Items,Date Shipped,Ship City,Ship Country,Currency,Order Value,Discount Amount,Shipping,Sales Tax,Order Total,Status,Order Net\n08/14/25,9001,ann,Ann Lee,1,08/15/25,Graz,Austria,EUR,20.00,0,5.00,0,25.00,Completed,23.00\n"
    payments = "Payment ID,Buyer Username,Buyer Name,Order ID,Gross Amount,Fees,Net Amount,Currency,Order Date\nP1,ann,Ann Lee,9001,25.00,2.00,23.00,EUR,08/14/2025\n"
    found = [load(text, name).profile for text, name in ((items, "i.csv"), (orders, "o.csv"), (payments, "p.csv"))]
    assert found == ["etsy_sold_items", "etsy_sold_orders", "etsy_payments"]
    assert store.rows("SELECT order_id, total, day FROM orders") == [
        {"order_id": "9001", "total": 25.0, "day": "2025-08-14"}
    ]
    assert store.value("SELECT sum(amount) FROM order_lines") == 20.0
    assert store.value("SELECT sum(amount) FROM fees WHERE order_id = '9001'") == 23.0


def test_the_same_row_again_far_below_counts_once(load: Load, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "BATCH_BYTES", 600)
    rows = [("A", f"good lamp number {i}", 5, "2026-03-01", f"a{i}@example.com", "lamp") for i in range(40)]
    report = load(judgeme(*rows, *rows[:5]))
    assert (report.rows_loaded, report.rows_duplicate) == (40, 5)
    header = "orderItemId,sellerSku,lazadaSku,createTime,orderNumber,customerName,payMethod,paidPrice,unitPrice,sellerDiscountTotal,shippingFee,itemName,variation,status,refundAmount\n"
    units = [f"{i},S1,L1,01 May 2026 10:00,900{i // 2},Ann,COD,90,100,-10,5,Lamp,,delivered,0\n" for i in range(40)]
    # Two downloads put together: a unit with an id of its own cannot be sold twice.
    lazada = load(header + "".join(units) + "".join(units[-6:]), "l.csv")
    assert (lazada.rows_loaded, lazada.rows_duplicate, lazada.totals["units"]) == (40, 6, 40)


def test_an_order_in_two_places_of_a_large_file_is_one_order(
    load: Load, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "BATCH_BYTES", 700)
    header, first, more, last = SHOPIFY.splitlines()
    others = [last.replace("#2", f"#9{i}") for i in range(20)]
    report = load("\n".join([header, first, *others, more, first.replace(",2,Blue Shirt", ",3,Green Hat")]) + "\n")
    assert store.value("SELECT count(*) FROM orders WHERE order_id = '#1'") == 1
    assert store.value("SELECT count(*) FROM order_lines WHERE order_id = '#1'") == 3
    assert (report.rows_read, report.rows_loaded) == (23, 23)


# -- identifiers -----------------------------------------------------------------------------------------------------


def test_long_ids_that_lost_their_last_digits_are_rejected(load: Load, store: Store) -> None:
    header, *_ = SHOPIFY.splitlines()
    lost = load(SHOPIFY.replace("#1,", "583870900000000000,").replace("#2,", "583870912345600000,"))
    assert (lost.rows_rejected, lost.rows_loaded) == (3, 0) and header.startswith("Name")
    assert "rounded number" in Path(lost.rejects_file or "").read_text(encoding="utf-8-sig")
    whole = load(SHOPIFY.replace("#1,", "583870900000000000,").replace("#2,", "583870900000000001,"), "b.csv")
    assert (whole.rows_rejected, whole.rows_loaded) == (0, 3)
    assert cleaning.identifier(pl.Series(["583870900000000000.0"])).failed is not None
    assert (
        cleaning.identifier(pl.Series(["123456789012345696", "123456789012345712", "583870900000000512"])).failed
        is not None
    )
    assert cleaning.identifier(pl.Series(["1234567890123450"])).failed is None


def test_ids_stored_as_numbers_in_a_workbook(store: Store, tmp_path: Path) -> None:
    lost, kept = pdd("260914-1"), pdd("260915-2")
    lost[10], kept[10] = 583870912345678901, 7001
    (report,) = import_file(store, sheet(tmp_path / "p.xlsx", [list(PDD), list(lost), list(kept)]))
    assert store.rows("SELECT order_id, product_id FROM order_lines ORDER BY line") == [
        {"order_id": "260914-1", "product_id": None},
        {"order_id": "260915-2", "product_id": "7001"},
    ]
    assert any("rounded number by a spreadsheet" in note for note in report.notes)


def test_a_gtin_keeps_its_leading_zeros(load: Load, store: Store) -> None:
    header, first, *rest = PRODUCTS.splitlines()
    text = "\n".join([header + ",Variant Barcode", first + ",'00012345600012", *(row + "," for row in rest)]) + "\n"
    load(text)
    assert store.value("SELECT barcode FROM variants WHERE sku = 'BS-1'") == "00012345600012"


# -- numbers and dates -----------------------------------------------------------------------------------------------


def test_currency_from_cells(load: Load) -> None:
    text = BUSINESS.replace("$1,000.00", "MX$1,000.00").replace("$500.00", "MX$500.00")
    assert load(text).currency == "MXN"
    assert load(BUSINESS.replace("$", "₹").replace("C1", "C2"), "b.csv").currency == "INR"


def test_the_same_report_in_two_regions_has_two_orders_of_dates() -> None:
    thai, american = (
        pl.Series(["25/06/2026 13:03:57", "03/01/2026 08:00:00"]),
        pl.Series(["03/01/2026 10:00:00 AM", "03/25/2026 1:00:00 PM"]),
    )
    assert dates.read(thai, dates.order_evidence(thai).order or "").to_list() == [
        "2026-06-25T13:03:57",
        "2026-01-03T08:00:00",
    ]
    assert dates.read(american, dates.order_evidence(american).order or "").to_list() == [
        "2026-03-01T10:00:00",
        "2026-03-25T13:00:00",
    ]


def test_moments_carry_the_platforms_zone(store: Store, tmp_path: Path) -> None:
    row = [*pdd("260914-1"), "2026-09-14 23:30:00"]
    import_file(store, sheet(tmp_path / "p.xlsx", [[*PDD, "支付时间"], row]))
    assert store.rows("SELECT ordered_at, day FROM orders") == [
        {"ordered_at": "2026-09-14T23:30:00+08:00", "day": "2026-09-14"}
    ]


# -- statuses, versions, content -------------------------------------------------------------------------------------


def test_orders_placed_for_show_are_set_apart_and_said(store: Store, tmp_path: Path) -> None:
    rows: list[Sequence[object]] = [
        list(PDD),
        pdd("260914-1", "G-0914"),
        pdd("260914-2", "V-老客"),
        pdd("260914-3", "VIP 客户"),
        pdd("260914-4"),
    ]
    (report,) = import_file(store, sheet(tmp_path / "p.xlsx", rows))
    for table in ("orders", "order_lines"):
        found = store.rows(f"SELECT status, status_original FROM {table} ORDER BY line")
        assert [tuple(row.values()) for row in found] == [("brushing", "已收货")] * 2 + [("completed", "已收货")] * 2
    assert any("placed for show" in note and "(2)" in note for note in report.notes)


def test_old_and_new_product_headers_give_the_same_products(load: Load, store: Store, tmp_path: Path) -> None:
    load(PRODUCTS)
    new = (
        "Title,URL handle,Description,Vendor,Type,Tags,Published on online store,SKU,Option1 name,Option1 value,Price\n"
        "Blue Shirt,blue-shirt,<p>Soft</p>,Acme,Shirts,cotton,true,BS-1,Size,M,20.00\n,blue-shirt,,,,,,BS-2,,L,20.00\n"
        "Red Sock,red-sock,,Acme,Socks,,true,RS-1,Title,Default Title,10.00\n"
    )
    report = load(new, "new.csv")
    assert report.profile == "shopify_products_2025"
    assert (report.rows_loaded, report.rows_updated) == (0, 0)
    assert store.value("SELECT count(*) FROM products") == 2 and store.value("SELECT count(*) FROM variants") == 3


def test_old_new_and_localised_search_term_headers(load: Load, store: Store) -> None:
    old = "Start Date,End Date,Portfolio name,Currency,Campaign Name,Ad Group Name,Targeting,Match Type,Customer Search Term,Impressions,Clicks,Spend,7 Day Total Sales ,7 Day Total Orders (#)\n2026-03-01,2026-03-01,,USD,C,G,*,BROAD,lamp,100,5,2.50,20.00,1\n"
    new = "Search term,Campaign name,Ad group name,Match type,Impressions,Clicks,Total cost (USD),Purchases,Sales (USD)\nwarm lamp,C,G,BROAD,100,5,2.50,1,20.00\n"
    chinese = "开始日期,结束日期,广告活动名称,广告组名称,投放,匹配类型,客户搜索词,展示量,点击量,花费,7天总销售额\n2026-03-01,2026-03-01,C,G,*,BROAD,台灯,100,5,2.50,20.00\n"
    for number, text in enumerate((old, new, chinese)):
        assert load(text, f"{number}.csv").profile == "amazon_ads_search_terms"
    rows = store.rows("SELECT search_term, impressions, clicks, spend, sales FROM ads ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [
        (term, 100.0, 5.0, 2.5, 20.0) for term in ("lamp", "warm lamp", "台灯")
    ]


@pytest.mark.parametrize(
    "masked", ["##密文", "$$密文", "S******* s********", "1******6198", "王*", "张**", "u***r", "a***@mail.example"]
)
def test_masked_names_are_recognised(masked: str) -> None:
    assert pl.Series([masked]).str.contains(cleaning.MASKED).to_list() == [True]
    assert pl.Series(["王芳", "Ann * Lee", "5* seller"]).str.contains(cleaning.MASKED).to_list() == [False] * 3


def test_a_file_of_published_reviews_only_says_so(load: Load) -> None:
    header = "product_handle,state,rating,title,author,email,location,body,reply,created_at,replied_at\n"
    rows = "lamp,published,5,Good,Ann,a@example.com,,good lamp,,2026-03-01,\nlamp,published,4,Fine,Bob,b@example.com,,fine lamp,,2026-03-02,\n"
    assert any("Only published reviews" in note for note in load(header + rows).notes)
    both = load(header + rows.replace("published,4", "unpublished,1"), "b.csv")
    assert not any("Only published reviews" in note for note in both.notes)


def test_a_row_without_its_own_id_does_not_change_the_identity_of_others(load: Load, store: Store) -> None:
    header = "子订单编号,主订单编号,商品标题,商品价格,购买数量,商家编码,订单状态\n"
    load(header + "2001,1002,雨伞,30.00,1,U-1,交易成功\n2002,1002,保温杯,60.00,1,B-1,交易成功\n", "a.csv")
    report = load(header + "2001,1002,雨伞,30.00,1,U-1,交易成功\n,1003,保温杯,60.00,1,B-1,交易成功\n", "b.csv")
    assert (report.rows_loaded, report.rows_duplicate) == (1, 1)
    assert store.value("SELECT count(*) FROM order_lines") == 3


def test_an_id_with_a_null_character_is_known_again(store: Store, tmp_path: Path) -> None:
    header = "子订单编号,主订单编号,商品标题,商品价格,购买数量,商家编码,订单状态\n"
    reports = []
    for status in ("交易成功", "交易关闭"):
        (tmp_path / "orders.csv").write_text(
            f"{header}20\x0001,10\x0002,雨伞,30.00,1,U-1,{status}\n", encoding="utf-16"
        )
        reports += import_file(store, tmp_path / "orders.csv")
    assert [(report.rows_loaded, report.rows_updated) for report in reports] == [(1, 0), (0, 1)]
    assert store.value("SELECT count(*) FROM order_lines") == 1


# -- rows that are not as wide as the header -------------------------------------------------------------------------


def test_a_row_without_anything_to_keep_is_named(load: Load) -> None:
    header = "order_sn,tracking_number,product_info,remark_from_buyer,seller_note\n"
    report = load(header + '1,T1,"[1] Product Name:Cup; Quantity: 3;",,\n,T2,,,\n,,,,\n  ,,"",,\n')
    assert (report.rows_read, report.rows_loaded) == (1, 1)
    assert report.lines_skipped == [{"line": 3, "reason": "nothing in the columns that are kept"}]
    report = load(header + '2,T1,"[1] Product Name:Cup; Quantity: 3;",,\n,T2,,,\n,"T3', "quote without an end.csv")
    assert [skipped["line"] for skipped in report.lines_skipped] == [3, 4]


def test_a_row_that_was_cut_off_is_rejected_and_short_rows_are_said(load: Load) -> None:
    cut = load(SHOPIFY.rstrip("\n")[:-30])
    assert (cut.rows_loaded, cut.rows_rejected) == (2, 1)
    assert "cut off" in Path(cut.rejects_file or "").read_text(encoding="utf-8-sig")
    header, first, more, last = SHOPIFY.replace("#", "#7").splitlines()
    short = load("\n".join([header, first, ",".join(more.split(",")[:-4]), last]) + "\n", "b.csv")
    assert (short.rows_loaded, short.rows_rejected) == (3, 0)
    assert any("end before the header does" in note and "(1)" in note for note in short.notes)


def test_a_quote_left_open_does_not_swallow_the_rows_below(load: Load, store: Store) -> None:
    header, first, more, last = SHOPIFY.splitlines()
    text = "\n".join(
        [
            header,
            first,
            more.replace("Red Sock", '"Red Sock'),
            last,
            last.replace("#2", "#3").replace("Linz", 'Linz ""'),
        ]
    )
    report = load(text + "\n")
    assert (report.rows_read, report.rows_loaded) == (4, 4)
    assert [r["order_id"] for r in store.rows("SELECT order_id FROM orders ORDER BY line")] == ["#1", "#2", "#3"]
    assert store.value("SELECT product_name FROM order_lines WHERE line = 3") == '"Red Sock'
