"""Several items in one cell become lines that add up to their order; first reviews and follow-ups become one text."""

# Rows of a file are as long as they are.
# ruff: noqa: E501

from __future__ import annotations

from typing import Any

import pytest

from engine.importing.packed import counted, looks_packed
from engine.store.database import Store
from tests.importing.conftest import Load


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
