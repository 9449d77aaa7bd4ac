"""What one row of a report is: nothing is counted twice, nothing is invented."""

# Rows of a file are as long as they are.
# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Callable

from engine.store.database import Store
from tests.importing.conftest import SHOPIFY, SHOPIFY_HEADER, Load


def test_shopify_continuation_rows_belong_to_their_order(load: Load, store: Store) -> None:
    report = load(SHOPIFY)
    assert report.profile == "shopify_orders"
    assert (report.rows_read, report.rows_loaded, report.rows_rejected) == (3, 3, 0)
    assert report.totals["orders"] == 2 and report.totals["lines"] == 3 and report.totals["units"] == 4
    assert report.totals["gross"] == 70.0 and report.totals["discount"] == 2.0 and report.totals["refund"] == 18.0
    assert report.totals["net"] == 50.0
    assert report.differences == []
    lines = store.rows("SELECT order_id, day, status, currency, line FROM order_lines ORDER BY line")
    assert [row["line"] for row in lines] == [2, 3, 4]
    assert lines[1] == {"order_id": "#1", "day": "2026-03-01", "status": "shipped", "currency": "EUR", "line": 3}
    assert store.value("SELECT sum(total) FROM orders") == 73.0


def test_shopify_repeated_order_fields_give_the_same_totals(load: Load, store: Store) -> None:
    first = SHOPIFY.splitlines()[1].split(",")
    second = SHOPIFY.splitlines()[2].split(",")
    repeated = [mine or above for mine, above in zip(second, first, strict=True)]
    text = "\n".join([SHOPIFY_HEADER, ",".join(first), ",".join(repeated), SHOPIFY.splitlines()[3]]) + "\n"
    report = load(text)
    assert report.totals["orders"] == 2 and report.totals["gross"] == 70.0 and report.totals["net"] == 50.0
    assert report.totals["order_total"] == 73.0
    assert report.differences == []


def test_a_subtotal_that_disagrees_with_its_lines_is_itemised(load: Load) -> None:
    report = load(SHOPIFY.replace("EUR,50.00", "EUR,55.00"))
    assert report.differences == [{"line": 2, "row": "#1", "what": "subtotal", "file": 55.0, "loaded": 50.0}]


JD = """订单号,商品ID,商品名称,订购数量,支付方式,下单时间,京东价,订单金额,结算金额,余额支付,应付金额,订单状态,订单类型,下单帐号,客户姓名,客户地址,联系电话,订单备注,商家备注,运费金额,付款确认时间,货号,订单完成时间,订单来源,订单渠道
88001,1001,保温杯,2,在线支付,2026-05-01 10:00:00,150.00,500.00,500.00,0,500.00,完成,普通,u1,王*,北京,1******6198,,,0,2026-05-01 10:01:00,A-1,2026-05-03 10:00:00,京东,APP
88001,1002,雨伞,1,在线支付,2026-05-01 10:00:00,200.00,500.00,500.00,0,500.00,完成,普通,u1,王*,北京,1******6198,,,0,2026-05-01 10:01:00,A-2,2026-05-03 10:00:00,京东,APP
"""


def test_jd_order_total_repeated_per_line_counts_once_and_gbk_is_read(load: Load, store: Store) -> None:
    report = load(JD, encoding="gbk")
    assert (report.platform, report.encoding, report.currency) == ("jd", "gb18030", "CNY")
    assert store.value("SELECT sum(total) FROM orders") == 500.0
    assert report.totals["gross"] == 500.0
    assert store.value("SELECT status FROM orders") == "completed"


TIKTOK = (
    "\ufeffOrder ID,Order Status,Order Substatus,Cancelation/Return Type,Normal or Pre-order,SKU ID,Seller SKU,Product Name,"
    "Variation,Quantity,Sku Quantity of return,SKU Unit Original Price,SKU Subtotal Before Discount,SKU Platform Discount,"
    "SKU Seller Discount,SKU Subtotal After Discount,Shipping Fee After Discount,Order Amount,Order Refund Amount,"
    "Created Time,Paid Time,Tracking ID,Shipping Provider Name,Buyer Username,Country,State,City\n"
    "Platform unique order ID.,Platform order status.,,,,Platform SKU id.,Seller sku input.,Product name.,Variation name.,"
    "SKU sold quantity in the order.,Returned quantity.,Price before discount.,Before.,Platform discount.,Seller discount.,"
    "After.,Shipping fee.,The amount paid.,Refund.,Order created time.,Order paid time.,Tracking.,Provider.,Name.,Country.,"
    "State.,City.\n"
    "583870900000000001\t,Completed,,,,17290000001\t,MUG-1,Mug,Blue,1,0,150,150,0,12,138,0,238,0,25/06/2026 13:03:57\t,"
    "25/06/2026 13:05:00\t,TH1,J&T,u***r,TH,Bangkok,Bangkok\n"
    "583870900000000001\t,Completed,,,,17290000002\t,MUG-2,Mug,Red,1,0,100,100,0,0,100,0,238,0,25/06/2026 13:03:57\t,"
    "25/06/2026 13:05:00\t,TH1,J&T,u***r,TH,Bangkok,Bangkok\n"
)


def test_tiktok_descriptions_tab_ids_and_repeated_amounts(load: Load, store: Store) -> None:
    report = load(TIKTOK)
    assert report.platform == "tiktok"
    assert report.lines_skipped == [{"line": 2, "reason": "a second header row"}]
    assert store.rows("SELECT order_id, total, subtotal, day FROM orders") == [
        {"order_id": "583870900000000001", "total": 238.0, "subtotal": 238.0, "day": "2026-06-25"}
    ]
    assert report.totals["gross"] == 250.0 and report.totals["discount"] == 12.0
    assert any("masked by the platform" in note for note in report.notes)


def test_header_with_commas_over_rows_with_tabs(load: Load) -> None:
    header, _, *rows = TIKTOK.split("\n")
    text = "\n".join([header, *("\t".join(r.replace("\t", "").split(",")) for r in rows)])
    report = load(text)
    assert (report.platform, report.delimiter, report.rows_loaded) == ("tiktok", "\t", 2)
    assert report.totals["order_total"] == 238.0


DOUYIN_HEADER = (
    "主订单编号,子订单编号,选购商品,商品规格,商品数量,商家编码,订单应付金额,运费,收件人,收件人手机号,详细地址,订单提交时间,"
    "商家备注,订单状态,售后状态,商家实际承担优惠金额"
)


def test_douyin_joined_suborders_are_reported_not_divided(load: Load, store: Store) -> None:
    text = (
        f"\ufeff{DOUYIN_HEADER}\n"
        "\t6917000000000000001,\t6917000000000000001;6917000000000000002,辣丝丝;酸萝卜,1袋;2袋,5,A1;A2,28.90,0.00,##密文,$$密文,"
        "##密文,2026-09-22 00:54:10,,已完成,,0\n"
    )
    report = load(text)
    assert report.differences == [
        {"line": 2, "what": "units that cannot be allocated", "units": 5.0, "parts": 2, "products": "辣丝丝;酸萝卜"}
    ]
    assert report.totals["units"] == 5.0
    line = store.rows("SELECT product_name, sku, product, quantity, amount FROM order_lines")
    assert line == [{"product_name": None, "sku": None, "product": None, "quantity": 5.0, "amount": 28.9}]
    assert any("masked by the platform" in note for note in report.notes)


def test_lazada_units_are_counted_from_rows(load: Load, store: Store) -> None:
    text = (
        "orderItemId,orderType,sellerSku,lazadaSku,createTime,orderNumber,customerName,payMethod,paidPrice,unitPrice,"
        "sellerDiscountTotal,shippingFee,itemName,variation,status,refundAmount\n"
        "1,N,S1,L1,01 May 2026 10:00,900,Ann,COD,90,100,-10,5,Lamp,,delivered,0\n"
        "2,N,S1,L1,01 May 2026 10:00,900,Ann,COD,90,100,-10,5,Lamp,,delivered,0\n"
    )
    report = load(text)
    assert report.totals["units"] == 2 and report.totals["orders"] == 1
    assert any("one row per unit" in note for note in report.notes)
    assert store.value("SELECT day FROM orders") == "2026-05-01"


BUSINESS = (
    "(Parent) ASIN,(Child) ASIN,Title,Sessions - Total,Page Views - Total,Featured Offer (Buy Box) Percentage,"
    "Units Ordered,Ordered Product Sales,Total Order Items\n"
    'P1,C1,Lamp,"1,000","1,500",90.00%,10,"$1,000.00",9\n'
    "P2,C1,Lamp,500,700,80.00%,5,$500.00,5\n"
)


def test_the_same_child_under_two_parents_is_kept_twice(load: Load, store: Store) -> None:
    report = load(BUSINESS)
    assert report.rows_loaded == 2
    rows = store.rows(
        "SELECT sum(sessions) AS s, sum(units) AS u, sum(sales) AS v FROM sessions WHERE product_id = 'C1'"
    )
    assert rows == [{"s": 1500.0, "u": 15.0, "v": 1500.0}]
    assert store.value("SELECT max(featured_share) FROM sessions") == 0.9
    assert any("names no day" in note for note in report.notes)


def test_business_report_with_en_dash_and_the_old_column_name(load: Load) -> None:
    old = BUSINESS.replace("Sessions - Total", "Sessions – Total").replace("Featured Offer (Buy Box)", "Buy Box")
    report = load(old)
    assert report.profile == "amazon_business_report" and report.totals["sessions"] == 1500.0


SETTLEMENT = "\n".join(
    "\t".join(cells)
    for cells in (
        ["settlement-id", "settlement-start-date", "settlement-end-date", "deposit-date", "total-amount", "currency",
         "transaction-type", "order-id", "merchant-order-id", "adjustment-id", "shipment-id", "marketplace-name",
         "amount-type", "amount-description", "amount", "fulfillment-id", "posted-date", "posted-date-time",
         "order-item-code", "merchant-order-item-id", "merchant-adjustment-item-id", "sku", "quantity-purchased", "promotion-id"],
        ["777", "2026-09-01 00:00:00 UTC", "2026-09-14 00:00:00 UTC", "2026-09-16 00:00:00 UTC", "15.50", "GBP", *[""] * 18],
        ["777", "", "", "", "", "", "Order", "026-1", "", "", "", "Amazon.co.uk", "ItemPrice", "Principal", "20.00", "AFN",
         "2026-09-03", "2026-09-03 10:00:00 UTC", "", "", "", "S1", "1", ""],
        ["777", "", "", "", "", "", "Order", "026-1", "", "", "", "Amazon.co.uk", "ItemFees", "Commission", "-4.50", "AFN",
         "2026-09-03", "2026-09-03 10:00:00 UTC", "", "", "", "S1", "", ""],
    )
)  # fmt: skip


def test_settlement_amounts_add_up_to_the_deposit(load: Load, store: Store) -> None:
    report = load(SETTLEMENT, "settlement.txt")
    assert report.profile == "amazon_settlement_v2" and report.differences == []
    assert report.file_totals == {"total_amount": 15.5}
    assert store.value("SELECT sum(amount) FROM fees") == 15.5
    assert store.value("SELECT count(*) FROM fees") == 2


def test_settlement_that_does_not_add_up_says_so(load: Load) -> None:
    report = load(SETTLEMENT.replace("15.50", "16.00"), "settlement.txt")
    assert report.differences == [{"line": 2, "what": "total-amount", "file": 16.0, "loaded": 15.5}]


def test_transactions_have_an_amount_per_column(load: Load, store: Store) -> None:
    preamble = '"Includes Amazon Marketplace, Fulfillment by Amazon (FBA)"\n"All amounts in USD, unless specified"\n"Definitions:"\n'
    columns = (
        "date/time,settlement id,type,order id,sku,description,quantity,marketplace,account type,fulfillment,order city,"
        "order state,order postal,tax collection model,product sales,product sales tax,shipping credits,"
        "shipping credits tax,gift wrap credits,giftwrap credits tax,promotional rebates,promotional rebates tax,"
        "marketplace withheld tax,selling fees,fba fees,other transaction fees,other,total\n"
    )
    rows = (
        '"Oct 1, 2026 9:33:00 PM PDT",1,Order,114-1,S1,Lamp,1,amazon.com,,Amazon,,,,,"1,000.00",0,0,0,0,0,0,0,0,-150,-50,0,0,800.00\n'
        '"Oct 2, 2026 9:33:00 AM PDT",1,Refund,114-1,S1,Lamp,1,amazon.com,,Amazon,,,,,"-1,000.00",0,0,0,0,0,0,0,0,120,0,0,0,-880.00\n'
    )
    report = load(preamble + columns + rows)
    assert report.profile == "amazon_transactions" and report.currency == "USD" and report.differences == []
    assert [item["line"] for item in report.lines_skipped] == [1, 2, 3]
    assert store.value("SELECT sum(amount) FROM fees") == -80.0
    assert report.period == {"from": "2026-10-01", "to": "2026-10-02"}
    assert store.value("SELECT count(*) FROM fees WHERE kind = 'Refund / product sales' AND amount = -1000") == 1


def test_shopify_inventory_wide_gives_a_row_per_location(load: Load, store: Store) -> None:
    text = (
        "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Option3 Name,Option3 Value,SKU,HS Code,COO,Graz,Linz\n"
        "cup,Cup,Size,L,,,,,C-L,,,4,not stocked\ncup,Cup,Size,S,,,,,C-S,,,0,7\n"
    )
    load(text)
    rows = store.rows("SELECT sku, location, on_hand FROM stock ORDER BY line, location")
    assert [tuple(row.values()) for row in rows] == [("C-L", "Graz", 4.0), ("C-S", "Graz", 0.0), ("C-S", "Linz", 7.0)]


def test_taobao_order_and_item_reports_together_count_once(load: Load, store: Store) -> None:
    orders = (
        "订单编号,买家会员名,买家应付货款,买家应付邮费,总金额,买家实际支付金额,订单状态,订单创建时间,订单付款时间,宝贝标题,宝贝种类,物流公司,宝贝总数量\n"
        "1001,u1,60.00,0.00,60.00,60.00,交易成功,2026-05-01 10:00:00,2026-05-01 10:01:00,雨伞,1,顺丰,2\n"
        "1002,u2,90.00,0.00,90.00,90.00,交易成功,2026-05-02 10:00:00,2026-05-02 10:01:00,雨伞，保温杯,2,顺丰,2\n"
    )
    report = load(orders, "orders.csv", encoding="gb18030")
    assert report.profile == "taobao_orders" and report.totals["orders"] == 2 and report.totals["lines"] == 1
    assert any("宝贝报表" in note for note in report.notes)
    items = (
        "子订单编号,主订单编号,商品标题,商品价格,购买数量,商家编码,订单状态\n"
        "1001,1001,雨伞,30.00,2,U-1,交易成功\n2001,1002,雨伞,30.00,1,U-1,交易成功\n2002,1002,保温杯,60.00,1,B-1,交易成功\n"
    )
    load(items, "items.csv", encoding="gb18030")
    assert store.value("SELECT count(*) FROM order_lines") == 3
    assert store.value("SELECT sum(quantity) FROM order_lines") == 4.0
    assert store.value("SELECT sum(amount) FROM order_lines") == 150.0


def test_pdd_date_from_the_order_number(load: Load, store: Store) -> None:
    text = (
        "商品,订单号,订单状态,商品总价(元),邮费(元),店铺优惠折扣(元),平台优惠折扣(元),用户实付金额(元),商家实收金额(元),商品数量(件),支付时间,商品id,商品规格,商家备注\n"
        "雨伞,260914-123456789,已收货,30,0,2,1,27,28,1,,777,红,G-补单\n"
    )
    report = load(text)
    assert report.platform == "pdd" and report.currency == "CNY"
    assert store.value("SELECT day FROM orders") == "2026-09-14"
    assert report.totals["gross"] == 30 and report.totals["discount"] == 2


def test_amazon_item_price_is_the_whole_line(load: Load, store: Store) -> None:
    header = "amazon-order-id\tpurchase-date\torder-status\tfulfillment-channel\tsku\tasin\tproduct-name\titem-status\tquantity\tcurrency\titem-price\titem-tax\tshipping-price\titem-promotion-discount"
    rows = (
        "111-1\t2026-05-01T07:00:07+00:00\tShipped\tAmazon\tS1\tB000000001\tLamp\tShipped\t3\tUSD\t30.00\t1.50\t0\t3.00"
    )
    report = load(f"{header}\n{rows}\n", "orders.txt")
    assert report.totals["gross"] == 30.0 and report.totals["net"] == 27.0
    assert store.rows("SELECT quantity, unit_price, amount FROM order_lines") == [
        {"quantity": 3.0, "unit_price": 10.0, "amount": 27.0}
    ]
    assert store.value("SELECT total FROM orders") == 28.5


def test_orders_that_lie_across_batches_stay_whole(
    load: Load, store: Store, monkeypatch: object, drop: Callable[..., object]
) -> None:
    import engine.importing.delimited as delimited

    monkeypatch.setattr(delimited, "BATCH_BYTES", 700)  # type: ignore[attr-defined]
    body = "".join(SHOPIFY.split("\n", 1)[1].replace("#1,", f"#{n}1,").replace("#2,", f"#{n}2,") for n in range(1, 40))
    report = load(f"{SHOPIFY_HEADER}\n{body}")
    assert report.totals["orders"] == 78 and report.totals["lines"] == 117 and report.differences == []
    assert store.value("SELECT count(*) FROM orders") == 78
    assert store.value("SELECT sum(total) FROM orders") == 73.0 * 39
    assert store.value("SELECT max(line) FROM order_lines") == 118
