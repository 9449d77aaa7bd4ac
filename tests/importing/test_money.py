"""Money that is not there is no income, one payment counts once, currencies are never added, no differing row is dropped."""

# Rows of a file are as long as they are.
# ruff: noqa: E501

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.importing import profiles
from engine.importing.cleaning import clean
from engine.importing.desk import import_file
from engine.importing.packed import counted, looks_packed
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


@pytest.mark.parametrize(
    ("cell", "items"),
    [
        ("2× Wax Cup, 1× Plate, blue", [("Wax Cup", "2"), ("Plate, blue", "1")]),
        ("杯子(1件);盘子 大(12件)", [("杯子", "1"), ("盘子 大", "12")]),
        ("Cup x2; Plate x 1", [("Cup", "2"), ("Plate", "1")]),
        ("1 x Cup\n3 x Plate", [("Cup", "1"), ("Plate", "3")]),
        ("Cup (2), Plate (1)", [("Cup", "2"), ("Plate", "1")]),
        ("A plain name, with a comma", []),
        ("2 Cups and a plate", []),
    ],
)
def test_names_with_counts(cell: str, items: list[tuple[str, str]]) -> None:
    assert counted(cell) == items


WOO = 'Date,"Order #",Status,Customer,"Customer type","Product(s)","Items sold",Coupon(s),{net},Attribution\n'
WOO_ROWS = """"2026-09-01 09:00:00",301,completed,"Eva Ros",new,"3× Oak Tray, 1× Felt Mat",4,,80.00,Direct
"2026-09-02 09:00:00",302,refunded,"Jon Ek",new,"1× Oak Tray",1,,20.00,Direct
"2026-09-03 09:00:00",303,processing,"Lis Bo",returning,"2× Felt Mat",2,,39.00,Direct
"""


@pytest.mark.parametrize("net", ['"Net sales"', '"N. Revenue"'])
def test_the_same_report_made_by_browser_and_by_server(load: Load, store: Store, net: str) -> None:
    load(WOO.format(net=net) + WOO_ROWS)
    orders = store.rows("SELECT order_id, total, status, refunded FROM orders ORDER BY order_id")
    assert [(o["total"], o["status"], o["refunded"]) for o in orders] == [
        (80, "completed", None),
        (20, "refunded", 20),
        (39, "paid", None),
    ]
    lines = store.rows("SELECT order_id, product_name, quantity, amount FROM order_lines ORDER BY line, id")
    # Where one total stands for several goods, nobody knows the amount of each.
    assert [tuple(line.values()) for line in lines] == [
        ("301", "Oak Tray", 3, None), ("301", "Felt Mat", 1, None), ("302", "Oak Tray", 1, 20), ("303", "Felt Mat", 2, 39),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "packed",
    [
        "id:5|name:Oak Tray|sku:TRAY|quantity:2|subtotal:44.00|total:40.00;id:6|name:Mat|sku:MAT|quantity:1|subtotal:9.00|total:9.00",
        '[{"id":5,"name":"Oak Tray","sku":"TRAY","quantity":2,"total":"40.00"},{"id":6,"name":"Mat","sku":"MAT","quantity":1,"total":"9.00"}]',
    ],
)
def test_packed_items_add_up_to_the_order(load: Load, store: Store, packed: str) -> None:
    cell = packed.replace('"', '""')
    load(
        "order_id,order_number,date,status,shipping_total,tax_total,discount_total,order_total,order_currency,payment_method,customer_id,billing_first_name,billing_email,line_items\n"
        f'77,77,2026-09-01,completed,0,0,4.00,49.00,EUR,card,1,Ana,a@example.org,"{cell}"\n'
    )
    lines = store.rows("SELECT line_id, sku, product_name, quantity, amount, currency FROM order_lines ORDER BY id")
    assert [tuple(line.values()) for line in lines] == [
        ("5", "TRAY", "Oak Tray", 2, 40, "EUR"),
        ("6", "MAT", "Mat", 1, 9, "EUR"),
    ]
    assert store.rows("SELECT total FROM orders")[0]["total"] == 49


def test_an_unknown_file_with_packed_names_is_unpacked_too(load: Load, store: Store) -> None:
    assert looks_packed(["2× A, 1× B", "1× C"]) and not looks_packed(["Cup (large)", "Plate (small)"])
    load(
        'Order number,Order date,Products,Total amount\n8,2026-03-01,"2x Cup, 1x Plate",30.00\n9,2026-03-02,1x Cup,10.00\n',
        accept=True,
    )
    lines = store.rows("SELECT order_id, product_name, quantity, amount FROM order_lines ORDER BY id")
    assert [tuple(line.values()) for line in lines] == [
        ("8", "Cup", 2, None),
        ("8", "Plate", 1, None),
        ("9", "Cup", 1, 10),
    ]
    assert [row["total"] for row in store.rows("SELECT total FROM orders ORDER BY order_id")] == [30, 10]


YOUZAN = """订单号,订单状态,订单类型,订单创建时间,买家付款时间,全部商品名称,商品种类数,应收订单金额,订单实付金额,收货人/提货人,收货人手机号/提货人手机号,收货人省份,收货人城市,收货人地区,详细收货地址/提货地址,买家昵称,买家备注,商家订单备注,优惠券码名称,分销员
E2026091,已完成,普通订单,2026-09-01 08:00:00,2026-09-01 08:00:30,茶杯(2件);茶盘(1件),2,120.00,110.00,甲,138****0009,江西省,南昌市,东湖区,路1号,小甲,,老客,,
E2026092,已关闭,普通订单,2026-09-02 08:00:00,,茶杯(1件),1,40.00,0.00,乙,138****0008,江西省,南昌市,东湖区,路2号,小乙,,,,
"""


def test_youzan_orders(load: Load, store: Store) -> None:
    report = load(YOUZAN, encoding="gb18030")
    assert report.platform == "youzan" and report.currency == "CNY"
    orders = store.rows("SELECT order_id, total, paid_at, customer, status FROM orders ORDER BY order_id")
    assert [tuple(order.values()) for order in orders] == [
        ("E2026091", 110, "2026-09-01T08:00:30+08:00", "小甲", "completed"), ("E2026092", 0, None, "小乙", "cancelled"),
    ]  # fmt: skip
    lines = store.rows("SELECT product_name, quantity FROM order_lines ORDER BY id")
    assert [tuple(line.values()) for line in lines] == [("茶杯", 2), ("茶盘", 1), ("茶杯", 1)]


@pytest.mark.parametrize(
    "header", ["初评内容,追评内容", "评价内容,追加内容", "评论内容,追加评论", "评价,追评", "Review,Follow-up review"]
)
def test_first_review_and_follow_up(load: Load, store: Store, header: str) -> None:
    report = load(
        f"序号,用户昵称,评价时间,SKU,{header}\n1,k**a,2026-08-01,颜色:灰;尺码:大,杯子很漂亮，朋友都说好看。,用了一个月杯盖开始漏水。\n"
        "2,k**b,2026-08-02,颜色:白;尺码:小,此用户没有填写评价。,\n3,k**c,2026-08-03,颜色:白;尺码:大,,三个月了一点没坏。\n",
        accept=True,
    )
    assert (report.rows_loaded, report.rows_rejected) == (3, 0)
    rows: list[dict[str, Any]] = store.rows("SELECT text, variant FROM reviews ORDER BY line")
    assert [row["text"] for row in rows] == [
        "杯子很漂亮，朋友都说好看。\n用了一个月杯盖开始漏水。", "此用户没有填写评价。", "三个月了一点没坏。",
    ]  # fmt: skip
    assert [row["variant"] for row in rows] == ["颜色:灰;尺码:大", "颜色:白;尺码:小", "颜色:白;尺码:大"]


_ = Callable
