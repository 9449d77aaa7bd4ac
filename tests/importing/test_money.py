"""Money that is not there is no income, one payment counts once, currencies are never added, no differing row is dropped."""

# Rows of a file are as long as they are.
# ruff: noqa: E501

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from engine.importing import profiles
from engine.importing.cleaning import clean
from engine.importing.desk import import_file
from engine.importing.profiles import Profile
from engine.importing.report import ImportSettings
from engine.importing.stray import stated_count
from engine.store.database import Store
from tests.importing.conftest import Load

PAYPAL = """"Date","Time","TimeZone","Name","Type","Status","Currency","Gross","Fee","Net","From Email Address","To Email Address","Transaction ID","Reference Txn ID","Invoice Number","Balance","Balance Impact"
"09/14/2026","09:00:00","Europe/Paris","Eve Oak","Website Payment","Completed","GBP","60.00","-2.10","57.90","e@example.org","s@example.org","A1","","81","57.90","Credit"
"09/15/2026","09:00:00","Europe/Paris","Ned Ash","General Authorization","Pending","GBP","25.00","0.00","25.00","n@example.org","s@example.org","A2","","82","57.90","Memo"
"09/16/2026","09:00:00","Europe/Paris","Ned Ash","Website Payment","Completed","GBP","25.00","-1.00","24.00","n@example.org","s@example.org","A3","A2","82","81.90","Credit"
"09/17/2026","09:00:00","Europe/Paris","Ina Elm","Website Payment","Denied","GBP","12.00","0.00","12.00","i@example.org","s@example.org","A4","","83","81.90","Memo"
"09/18/2026","09:00:00","Europe/Paris","Eve Oak","Payment Refund","Completed","GBP","-60.00","2.10","-57.90","s@example.org","e@example.org","A5","A1","81","24.00","Debit"
"09/19/2026","09:00:00","Europe/Paris","Kim Yew","Website Payment","Completed","SEK","500.00","-20.00","480.00","k@example.org","s@example.org","A6","","84","480.00","Credit"
"""


def _sums(store: Store) -> dict[str, float]:
    rows = store.rows("SELECT currency, round(sum(amount), 2) AS total FROM fees GROUP BY currency")
    return {row["currency"]: row["total"] for row in rows}


def test_a_payment_counts_where_the_balance_moved(load: Load, store: Store) -> None:
    report = load(PAYPAL, date_order="mdy")
    assert _sums(store) == {"GBP": 24.0, "SEK": 480.0}
    assert [(item["line"], "no money moved" in item["reason"]) for item in report.lines_skipped] == [
        (3, True),
        (5, True),
    ]
    assert report.totals_by_currency is not None
    assert {code: sums["amount"] for code, sums in report.totals_by_currency.items()} == {"GBP": 24.0, "SEK": 480.0}
    assert "amount" not in report.totals and "net" not in report.totals
    assert '"Status": "Completed"' in store.rows("SELECT extra FROM fees LIMIT 1")[0]["extra"]
    assert report.differences == []


def test_without_a_balance_column_the_state_decides(load: Load, store: Store) -> None:
    lines = [line.split(",")[:15] for line in PAYPAL.splitlines()]
    load("\n".join(",".join(line) for line in lines), date_order="mdy")
    assert _sums(store) == {"GBP": 24.0, "SEK": 480.0}


STRIPE = """id,Created date (UTC),Amount,Amount Refunded,Currency,Captured,Converted Amount,Decline Reason,Description,Fee,Refunded date (UTC),Statement Descriptor,Status,Seller Message,Customer ID,Customer Email
ch_1,2026-08-01 10:00:00,50.00,0.00,usd,true,50.00,,Mug,1.75,,SHOP,Paid,Payment complete.,cus_1,a@example.org
ch_2,2026-08-02 10:00:00,70.00,0.00,usd,true,70.00,card_declined,Mug,0.00,,SHOP,Failed,The bank declined.,cus_2,b@example.org
ch_3,2026-08-03 10:00:00,30.00,30.00,usd,true,30.00,,Mug,1.17,2026-08-04 10:00:00,SHOP,Refunded,Payment complete.,cus_1,a@example.org
ch_4,2026-08-04 10:00:00,90.00,0.00,usd,false,90.00,,Mug,0.00,,SHOP,Uncaptured,Payment complete.,cus_3,c@example.org
ch_5,2026-08-05 10:00:00,20.00,0.00,usd,false,20.00,,Mug,0.00,,SHOP,Requires payment method,,cus_3,c@example.org
ch_6,2026-08-06 10:00:00,15.00,0.00,usd,false,15.00,,Mug,0.00,,SHOP,Canceled,,cus_4,d@example.org
"""


def test_failed_uncaptured_and_incomplete_payments_are_no_income(load: Load, store: Store) -> None:
    report = load(STRIPE)
    assert _sums(store) == {"USD": pytest.approx(50 - 1.75 + 30 - 30 - 1.17)}
    assert len(report.lines_skipped) == 4 and report.rows_loaded == report.rows_read == 2


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("Completed", None), ("Paid", None), ("Refunded", None), ("Partially Refunded", None), ("Succeeded", None), ("已支付", None),
        ("Pending", "pending"), ("Denied", "failed"), ("DECLINED", "failed"), ("Voided", "voided"), ("Canceled", "voided"),
        ("Uncaptured", "authorised"), ("Authorized", "authorised"), ("Incomplete", "incomplete"), ("Expired", "voided"),
        ("Requires payment method", "incomplete"), ("支付失败", "failed"), ("待付款", "pending"), ("Ausstehend", "pending"), ("Refusé", "failed"),
    ],
)  # fmt: skip
def test_words_for_the_state_of_a_payment(said: str, state: str | None) -> None:
    import polars as pl

    assert clean(pl.Series([said]), "payment", decimal=".", order="dmy", zone=None).values.to_list() == [state]


SETTLEMENT_DE = "\n".join(
    "\t".join(row)
    for row in [
        [
            "settlement-id",
            "settlement-start-date",
            "settlement-end-date",
            "deposit-date",
            "total-amount",
            "currency",
            "transaction-type",
            "order-id",
            "merchant-order-id",
            "adjustment-id",
            "shipment-id",
            "marketplace-name",
            "amount-type",
            "amount-description",
            "amount",
            "fulfillment-id",
            "posted-date",
            "posted-date-time",
            "sku",
            "quantity-purchased",
        ],
        [
            "31",
            "01.09.2026 00:00:00 UTC",
            "15.09.2026 00:00:00 UTC",
            "17.09.2026 00:00:00 UTC",
            "1234,50",
            "EUR",
            *[""] * 14,
        ],
        [
            "31",
            "",
            "",
            "",
            "",
            "",
            "Order",
            "304-7654321-7654321",
            "",
            "",
            "S1",
            "Amazon.de",
            "ItemPrice",
            "Principal",
            "1.300,00",
            "AFN",
            "13.09.2026",
            "13.09.2026 10:00:00 UTC",
            "POT-1",
            "1",
        ],
        [
            "31",
            "",
            "",
            "",
            "",
            "",
            "Order",
            "304-7654321-7654321",
            "",
            "",
            "S1",
            "Amazon.de",
            "ItemFees",
            "Commission",
            "-45,50",
            "AFN",
            "13.09.2026",
            "13.09.2026 10:00:00 UTC",
            "POT-1",
            "",
        ],
        [
            "31",
            "",
            "",
            "",
            "",
            "",
            "FBAFees",
            "FBA19QWERTY",
            "",
            "",
            "",
            "Amazon.de",
            "Inbound Fee",
            "Base fee",
            "-20,00",
            "",
            "14.09.2026",
            "14.09.2026 10:00:00 UTC",
            "",
            "",
        ],
    ]
)


def test_a_localised_settlement_keeps_its_currency_and_a_shipment_is_no_order(load: Load, store: Store) -> None:
    report = load(SETTLEMENT_DE, "settlement.txt")
    rows = store.rows("SELECT order_id, amount, currency FROM fees ORDER BY line")
    assert sum(row["amount"] for row in rows) == pytest.approx(1234.50) and report.differences == []
    assert {row["currency"] for row in rows} == {"EUR"}
    assert [row["order_id"] for row in rows] == ["304-7654321-7654321", "304-7654321-7654321", None]


SHOPEE = [
    ["Laporan", *[""] * 15],
    ["No.", "No. Pesanan", "Waktu Pesanan Dibuat", "Tanggal Dana Dilepaskan", "Harga Asli Produk", "Total Diskon Produk", "Jumlah Pengembalian Dana ke Pembeli", "Ongkir Dibayar Pembeli", "Ongkir yang Diteruskan oleh Shopee ke Jasa Kirim", "Biaya Administrasi", "Biaya Layanan", "Biaya Proses Pesanan", "Voucher Baru Dari Penjual", "Total Penghasilan", "Kode Voucher", "Jasa Kirim"],
    ["1", "2609110000QQ", "2026-09-11", "2026-09-15", "80000", "-8000", "0", "7000", "-7000", "-5200", "-3200", "-1250", "-2000", "60350", "BARU2", "Hemat"],
    ["2", "2609120000RR", "2026-09-12", "2026-09-16", "40000", "0", "-40000", "0", "0", "0", "0", "0", "0", "0", "", "Reguler"],
    ["3", "2609130000SS", "2026-09-13", "2026-09-17", "50000", "0", "0", "0", "0", "-3250", "0", "-1250", "0", "45000", "", "Reguler"],
]  # fmt: skip


def test_the_parts_of_a_settlement_row_add_up_to_what_it_says_was_paid_out(load: Load, store: Store) -> None:
    text = io.StringIO()
    csv.writer(text).writerows(SHOPEE)
    report = load(text.getvalue())
    paid = store.rows("SELECT order_id, sum(amount) AS paid FROM fees GROUP BY order_id ORDER BY order_id")
    assert [row["paid"] for row in paid] == [60350, 0, 45500]
    # The third order's own sum is 500 less than its parts: it is named with its line.
    assert [(d["line"], d["what"], d["file"], d["loaded"]) for d in report.differences] == [
        (5, "released", 45000, 45500)
    ]
    kinds = {row["kind"] for row in store.rows("SELECT DISTINCT kind FROM fees")}
    assert "Voucher Baru Dari Penjual" in kinds and "Biaya Proses Pesanan" in kinds


SQUARE = """Date,Time,Time Zone,Category,Item,Qty,Price Point Name,SKU,Modifiers Applied,Gross Sales,Discounts,Net Sales,Tax,Transaction ID,Payment ID,Device Name,Notes,Details,Event Type,Location,Customer Name,Token
2026-09-01,10:00:00,Pacific Time,Soap,Bar Soap,1.0,Regular,,Lemon,$7.00,$0.00,$7.00,$0.50,TX1,P1,Till,,,Payment,Market,,CAT1
2026-09-01,10:00:00,Pacific Time,Soap,Bar Soap,1.0,Regular,,Mint,$7.00,$0.00,$7.00,$0.50,TX1,P1,Till,,,Payment,Market,,CAT1
2026-09-01,10:00:00,Pacific Time,Soap,Bar Soap,1.0,Regular,,Mint,$7.00,$0.00,$7.00,$0.50,TX1,P1,Till,,,Payment,Market,,CAT1
2026-09-02,10:00:00,Pacific Time,Soap,Bar Soap,-1.0,Regular,,Lemon,-$7.00,$0.00,-$7.00,-$0.50,TX2,P2,Till,,,Refund,Market,,CAT1
"""


def test_a_catalogue_token_is_no_line_id(load: Load, store: Store) -> None:
    report = load(SQUARE)
    assert (report.rows_loaded, report.rows_duplicate, report.totals["units"], report.totals["net"]) == (4, 0, 2, 14)
    assert [r["amount"] for r in store.rows("SELECT amount FROM order_lines WHERE order_id = 'TX1'")] == [7, 7, 7]
    assert store.rows("SELECT status, amount FROM order_lines WHERE order_id = 'TX2'") == [
        {"status": "refunded", "amount": -7}
    ]


def _value(profile: Profile, field: str, number: int) -> str:
    kind = profile.kind(field)
    if kind in ("money", "number"):
        return str(10 + number)
    if kind in ("moment", "day"):
        return f"2026-03-{13 + number:02}"
    return {"stars": "4", "flag": "yes", "status": "paid", "payment": "Completed"}.get(kind, f"{field} {number}")


def _differing(profile: Profile) -> list[list[str]]:
    """A header of a profile, a row, and one row for every column in which it alone differs."""
    headers = list(
        dict.fromkeys([*profile.version[0].headers, *(f.names[0] for f in profile.fields.values() if f.required)])
    )
    headers += [name for name in profile.ignore if "*" not in name and name not in headers]
    of = {name: field for field, rule in profile.fields.items() for name in rule.names}
    first = [_value(profile, of[name], 1) if name in of else "x1" for name in headers]
    rows = [headers, first]
    for i, name in enumerate(headers):
        if name in of and profile.kind(of[name]) in ("packed", "flag", "stars", "status", "payment"):
            continue
        rows.append([*first[:i], _value(profile, of[name], 2) if name in of else "x2", *first[i + 1 :]])
    return rows


@pytest.mark.parametrize("name", sorted(profiles.all_profiles()))
def test_no_row_that_differs_in_any_cell_is_dropped(name: str, tmp_path: Path) -> None:
    profile = profiles.all_profiles()[name]
    text = io.StringIO()
    rows = _differing(profile)
    csv.writer(text).writerows(rows)
    path = tmp_path / "file.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
    report = import_file(Store(tmp_path / "a.shop", create=True), path, ImportSettings(profile=name, accept=True))[0]
    assert report.rows_duplicate == 0
    skipped = [item for item in report.lines_skipped if item["line"] > 1]
    assert report.rows_loaded + report.rows_rejected + report.rows_updated + len(skipped) == len(rows) - 1


def test_a_row_said_twice_in_every_cell_is_there_once(load: Load) -> None:
    header, first, *_ = STRIPE.splitlines()
    report = load(
        "order_id,line_id,sku,quantity,amount,note\n1,11,A,1,5.00,x\n1,11,A,1,5.00,x\n1,11,A,1,5.00,y\n", accept=True
    )
    assert (report.rows_loaded, report.rows_duplicate) == (2, 1), (header, first)


def test_currencies_are_totalled_apart(load: Load, store: Store) -> None:
    report = load(
        "Order ID,Date,Product,Quantity,Amount,Currency\n1,2026-03-01,Cup,1,10.00,EUR\n2,2026-03-02,Cup,2,3000,JPY\n3,2026-03-03,Cup,1,12.00,EUR\n",
        accept=True,
    )
    assert report.totals == {"orders": 3, "lines": 3, "units": 4}
    assert report.totals_by_currency is not None
    assert {code: sums["net"] for code, sums in report.totals_by_currency.items()} == {"EUR": 22, "JPY": 3000}
    assert report.currency is None and any("never added" in note for note in report.notes)


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ("2 record(s) downloaded from Sep-01-26 to Sep-30-26", 2), ("83 records downloaded", 83), ("Total of 10 results", 10), ("Total records: 12", 12),
        ("Number of orders: 4", 4), ("共 12 条记录", 12), ("合计：3 笔", 3), ("记录数: 7", 7), ("1,204 rows", 1204), ("12 Datensätze", 12),
        ("Blue cup", None), ("Order 12 was late", None), ("3 cups", None),
    ],
)  # fmt: skip
def test_counts_in_remarks(said: str, count: int | None) -> None:
    assert stated_count(said) == count


EBAY_HEADER = '"Sales Record Number","Order Number","Buyer Username","Item Number","Item Title","Custom Label","Quantity","Sold For","Total Price","Sale Date","Paid On Date","Transaction ID"'
EBAY_ROWS = """"11","13-1","ann","","","","2","$30.00","$30.00","Sep-03-26","Sep-03-26",""
"11","13-1","ann","901","Lamp","L-1","1","$10.00","","Sep-03-26","","71"
"11","13-1","ann","902","Vase","V-1","1","$20.00","","Sep-03-26","","72"
"12","13-2","bob","901","Lamp","L-1","1","$10.00","$10.00","Sep-04-26","Sep-04-26","73"
"""


@pytest.mark.parametrize(
    "footer",
    [
        '"2","record(s) downloaded",,,,,,,,,,',
        "2,record(s) downloaded,from Sep-01-26 to Sep-30-26",
        '"2 record(s) downloaded"',
    ],
)
def test_a_footer_in_any_shape_is_no_order(load: Load, store: Store, footer: str) -> None:
    report = load(f'{EBAY_HEADER}\n{EBAY_ROWS}\n{footer}\n"Seller ID : lamp_house"\n')
    assert [row["order_id"] for row in store.rows("SELECT order_id FROM orders")] == ["13-1", "13-2"]
    assert report.differences == [] and report.totals["units"] == 3 and len(report.lines_skipped) == 2


def test_a_stated_count_that_is_not_what_was_read_is_a_difference(load: Load) -> None:
    report = load(f'{EBAY_HEADER}\n{EBAY_ROWS}\n"57","record(s) downloaded",,,,,,,,,,\n')
    assert [(d["what"], d["file"], d["loaded"]) for d in report.differences] == [("rows", 57, 2)]


STRIPE_BALANCE = """id,Type,Source,Amount,Fee,Net,Currency,Created (UTC),Available On (UTC),Description,order_id (metadata)
txn_1,charge,ch_1,50.00,1.75,48.25,usd,2026-08-13 10:00,2026-08-15 00:00,Mug,1001
txn_2,refund,re_1,-20.00,0.00,-20.00,usd,2026-08-14 10:00,2026-08-16 00:00,Refund,1001
txn_3,stripe_fee,fee_1,-0.50,0.00,-0.50,usd,2026-08-15 10:00,2026-08-15 00:00,Radar,
txn_4,payout,po_1,-27.75,0.00,-27.75,usd,2026-08-16 10:00,2026-08-18 00:00,STRIPE PAYOUT,
"""


def test_a_payout_among_the_movements_of_a_balance_is_no_loss(load: Load, store: Store) -> None:
    report = load(STRIPE_BALANCE)
    assert report.report == "balance" and report.rows_loaded == 4 and report.differences == []
    assert _sums(store) == {"USD": 27.75}
    assert store.rows("SELECT payout_id, amount, kind FROM payouts") == [
        {"payout_id": "po_1", "amount": 27.75, "kind": "payout"}
    ]
    assert (report.totals["amount"], report.totals["paid_out"]) == (27.75, 27.75)


@pytest.mark.parametrize(
    ("header", "row", "amount", "status"),
    [
        (
            "id,Created (UTC),Amount,Currency,Arrival Date (UTC),Source Type,Type,Status,Method,Destination Name",
            "po_1,2026-08-13 10:00,99.50,eur,2026-08-15 00:00,card,bank_account,paid,standard,BANK",
            99.5,
            "paid",
        ),
        (
            "Payout Date,Status,Charges,Refunds,Adjustments,Reserved Funds,Fees,Total,Currency",
            "2026-08-13,paid,120.00,-10.00,0.00,0.00,-3.50,106.50,EUR",
            106.5,
            "paid",
        ),
        (
            "Date,Amount,Currency,Status,Bank Account Ending Digits",
            '"August 13, 2026",58.20,EUR,Paid,1234',
            58.2,
            "paid",
        ),
    ],
)
def test_payout_files_are_payouts_not_orders(
    load: Load, store: Store, header: str, row: str, amount: float, status: str
) -> None:
    report = load(f"{header}\n{row}\n", date_order="mdy")
    assert report.report == "payouts" and set(report.tables) == {"payouts"}
    assert store.rows("SELECT amount, currency, status FROM payouts") == [
        {"amount": amount, "currency": "EUR", "status": status}
    ]


def test_an_etsy_statement_names_the_order_of_each_fee(load: Load, store: Store) -> None:
    load(
        "Date,Type,Title,Info,Currency,Amount,Fees & Taxes,Net,Tax Details\n"
        '"13 August, 2026",Sale,Payment for Order #3312345678,,EUR,€40.00,--,€40.00,--\n'
        '"13 August, 2026",Fee,Transaction fee: Mug,Order #3312345678,EUR,--,-€2.60,-€2.60,--\n'
        '"14 August, 2026",Fee,Listing fee,Listing #998877665,EUR,--,-€0.18,-€0.19,--\n'
    )
    rows = store.rows("SELECT order_id, amount FROM fees ORDER BY line")
    assert [tuple(row.values()) for row in rows] == [("3312345678", 40), ("3312345678", -2.6), (None, -0.18)]


def test_a_net_that_its_parts_do_not_make_is_a_difference(load: Load) -> None:
    report = load(
        'Date,Type,Title,Info,Currency,Amount,Fees & Taxes,Net,Tax Details\n"15 August, 2026",Fee,X,,EUR,--,-€0.18,-€1.18,--\n',
        "b.csv",
    )
    assert [(d["line"], d["what"], d["file"], d["loaded"]) for d in report.differences] == [(2, "net", -1.18, -0.18)]


def test_a_merchant_feed_names_products_with_their_prices(load: Load, store: Store) -> None:
    load(
        "id\ttitle\tdescription\tlink\timage link\tavailability\tprice\tsale price\tbrand\tgtin\tcondition\titem group id\n"
        "LAMP-S\tOak Lamp\tWarm light\thttps://x/1\thttps://x/1.jpg\tin stock\t40.00 EUR\t35.00 EUR\tNord\t04006381333931\tnew\tLAMP\n",
        "feed.txt",
    )
    assert store.rows("SELECT product_id, title, price, currency, brand FROM products") == [
        {"product_id": "LAMP", "title": "Oak Lamp", "price": 40, "currency": "EUR", "brand": "Nord"}
    ]
    assert store.rows("SELECT sku, price, compare_at_price, barcode FROM variants") == [
        {"sku": "LAMP-S", "price": 35, "compare_at_price": 40, "barcode": "04006381333931"}
    ]


def test_a_transfer_to_the_bank_is_no_loss(load: Load, store: Store) -> None:
    header = (
        "date/time,settlement id,type,order id,sku,description,quantity,product sales,selling fees,fba fees,other,total"
    )
    load(
        f'{header}\n"Aug 14, 2026 10:00:00 AM PDT",9,Order,111-1111111-1111111,M-1,Mug,1,20.00,-3.00,-4.00,0,13.00\n'
        '"Aug 15, 2026 10:00:00 AM PDT",9,Transfer,,,To account ending in 123,,0,0,0,-13.00,-13.00\n'
    )
    assert store.value("SELECT sum(amount) FROM fees") == 13
    assert store.rows("SELECT amount, kind, day FROM payouts") == [
        {"amount": 13, "kind": "transfer", "day": "2026-08-15"}
    ]
