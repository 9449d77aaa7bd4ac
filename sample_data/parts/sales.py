"""Products, orders and returns as Shopify, Amazon and Taobao export them: true headers, encodings and grain.

What every other part refers to. One function per report; each returns the file's bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sample_data.catalogue import PRODUCTS, Product
from sample_data.orders import BAD_COURIER, FIRST_DAY, LAST_DAY, Order
from sample_data.returns import Return
from sample_data.sample import Sample
from sample_data.tables import Table, columns, money

SHOPIFY_PRODUCTS = columns(
    "Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,Status,SKU,Barcode,"
    "Option1 name,Option1 value,Option1 Linked To,Option2 name,Option2 value,Option2 Linked To,Option3 name,"
    "Option3 value,Option3 Linked To,Price,Compare-at price,Cost per item,Charge tax,Tax code,Unit price total measure,"
    "Unit price total measure unit,Unit price base measure,Unit price base measure unit,Inventory tracker,"
    "Inventory quantity,Continue selling when out of stock,Weight value (grams),Weight unit for display,"
    "Requires shipping,Fulfillment service,Product image URL,Image position,Image alt text,Variant image URL,Gift card,"
    "SEO title,SEO description"
)
SHOPIFY_ORDERS = columns(
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,"
    "Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,"
    "Lineitem price,Lineitem compare at price,Lineitem sku,Lineitem requires shipping,Lineitem taxable,"
    "Lineitem fulfillment status,Billing Name,Billing Street,Billing Address1,Billing Address2,Billing Company,"
    "Billing City,Billing Zip,Billing Province,Billing Country,Billing Phone,Shipping Name,Shipping Street,"
    "Shipping Address1,Shipping Address2,Shipping Company,Shipping City,Shipping Zip,Shipping Province,"
    "Shipping Country,Shipping Phone,Notes,Note Attributes,Cancelled at,Payment Method,Payment Reference,"
    "Refunded Amount,Vendor,Outstanding Balance,Employee,Location,Device ID,Id,Tags,Risk Level,Source,"
    "Lineitem discount,Tax 1 Name,Tax 1 Value,Tax 2 Name,Tax 2 Value,Tax 3 Name,Tax 3 Value,Tax 4 Name,Tax 4 Value,"
    "Tax 5 Name,Tax 5 Value,Phone,Receipt Number,Duties,Billing Province Name,Shipping Province Name,Payment ID,"
    "Payment Terms Name,Next Payment Due At,Payment References"
)
AMAZON_ORDERS = columns(
    "amazon-order-id merchant-order-id purchase-date last-updated-date order-status fulfillment-channel sales-channel "
    "order-channel url ship-service-level product-name sku asin item-status quantity currency item-price item-tax "
    "shipping-price shipping-tax gift-wrap-price gift-wrap-tax item-promotion-discount ship-promotion-discount "
    "ship-city ship-state ship-postal-code ship-country promotion-ids is-business-order purchase-order-number "
    "price-designation is-sold-by-ab",
    " ",
)
AMAZON_RETURNS = columns(
    "return-date order-id sku asin fnsku product-name quantity fulfillment-center-id detailed-disposition reason "
    "status license-plate-number customer-comments",
    " ",
)
AMAZON_LISTINGS = columns(
    "item-name item-description listing-id seller-sku price quantity open-date image-url item-is-marketplace "
    "product-id-type zshop-shipping-fee item-note item-condition zshop-category1 zshop-browse-path "
    "zshop-storefront-feature asin1 asin2 asin3 will-ship-internationally expedited-shipping zshop-boldface "
    "product-id bid-for-featured-placement add-delete pending-quantity fulfillment-channel merchant-shipping-group "
    "status",
    " ",
)
TAOBAO_ORDERS = columns(
    "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,买家实际支付金额,买家实际支付积分,"
    "订单状态,买家留言,收货人姓名,收货地址,运送方式,联系电话,联系手机,订单创建时间,订单付款时间,宝贝标题,宝贝种类,物流单号,物流公司,"
    "订单备注,宝贝总数量,店铺Id,店铺名称,订单关闭原因,卖家服务费,买家服务费,发票抬头,是否手机订单,分阶段订单信息,定金排名,"
    "修改后的sku,修改后的收货地址,异常信息,卡券抵扣,积分抵扣,是否是O2O交易"
)


def _new_york(at: datetime) -> str:
    """A wall clock moment with New York's offset, daylight saving by the rule in force since 2007."""

    def sunday(month: int, nth: int) -> date:
        first = date(at.year, month, 1)
        return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (nth - 1))

    summer = sunday(3, 2) <= at.date() < sunday(11, 1)
    return f"{at:%Y-%m-%d %H:%M:%S} {'-0400' if summer else '-0500'}"


def shopify_products(rng: Random) -> bytes:
    """The product export with the header of 2024 and later: one row per variant, product cells on the first only."""
    table = Table(SHOPIFY_PRODUCTS)
    for number, product in enumerate(PRODUCTS):
        for index, (value, sku) in enumerate(zip(product.values, product.skus, strict=True)):
            cells = {
                "URL handle": product.key,
                "SKU": sku,
                "Barcode": f"0{20000000000 + number * 100 + index}",
                "Option1 value": value,
                "Price": product.price,
                "Cost per item": product.cost,
                "Charge tax": "TRUE",
                "Inventory tracker": "shopify",
                "Inventory quantity": str(rng.randrange(0, 160)),
                "Continue selling when out of stock": "deny",
                "Weight value (grams)": str(product.grams),
                "Weight unit for display": "g",
                "Requires shipping": "TRUE",
                "Fulfillment service": "manual",
            }
            if index == 0:
                cells |= {
                    "Title": product.title,
                    "Description": f"<p>{product.about}</p>",
                    "Vendor": product.brand,
                    "Product category": product.category,
                    "Type": product.kind,
                    "Tags": f"{product.brand}, own brand",
                    "Published on online store": "TRUE",
                    "Status": "Active",
                    "Option1 name": product.option,
                    "Product image URL": f"https://img.example.com/{product.key}.jpg",
                    "Image position": "1",
                    "Image alt text": product.title,
                    "Gift card": "FALSE",
                }
            table.add(cells)
    return table.bytes()


def _discount(order: Order, subtotal: int) -> int:
    percent = {"WELCOME10": 10, "TRAIL15": 15, "COZY5": 5}.get(order.code, 0)
    return subtotal * percent // 100


def _shopify_address(order: Order) -> dict[str, str]:
    person = order.customer
    town = dict(zip(("City", "Province", "Zip", "Province Name"), person.town, strict=True))
    cells = {
        "Name": person.name,
        "Street": person.street,
        "Address1": person.street,
        "City": town["City"],
        "Zip": f"'{town['Zip']}",
        "Province": town["Province"],
        "Country": "US",
        "Phone": person.phone,
        "Province Name": town["Province Name"],
    }
    return {f"{side} {what}": text for side in ("Billing", "Shipping") for what, text in cells.items()}


def shopify_amounts(order: Order) -> dict[str, str]:
    """What the order cost and what of it was paid back."""
    gross = sum(line.cents * line.quantity for line in order.lines)
    discount = _discount(order, gross)
    shipping = 0 if gross - discount >= 7500 else 495 if order.courier == BAD_COURIER else 795
    tax = (gross - discount) * 6 // 100
    total = gross - discount + shipping + tax
    refunded = total if order.cancelled else min(order.lines[0].cents, gross - discount) if order.refunded else 0
    return {
        "Financial Status": "refunded" if refunded == total else "partially_refunded" if refunded else "paid",
        "Subtotal": money(gross - discount),
        "Shipping": money(shipping),
        "Taxes": money(tax),
        "Total": money(total),
        "Discount Code": order.code,
        "Discount Amount": money(discount),
        "Refunded Amount": money(refunded),
        "Tax 1 Value": money(tax),
    }


def _shopify_head(rng: Random, order: Order, number: int) -> dict[str, str]:
    """The cells of an order's first row."""
    at, done = order.at, not order.cancelled and not order.pending
    reference = f"pay{rng.randrange(16**10):010x}"
    return {
        **shopify_amounts(order),
        "Paid at": _new_york(at + timedelta(seconds=2)),
        "Fulfillment Status": "fulfilled" if done else "unfulfilled",
        "Fulfilled at": _new_york(at + timedelta(hours=rng.randrange(6, 50))) if done else "",
        "Accepts Marketing": rng.choice(("yes", "no", "no")),
        "Currency": "USD",
        "Shipping Method": order.courier,
        "Cancelled at": _new_york(at + timedelta(hours=5)) if order.cancelled else "",
        "Payment Method": "Shopify Payments",
        "Payment Reference": reference,
        "Outstanding Balance": "0.00",
        "Id": str(5550000000000 + number * 7919),
        "Tags": rng.choice(("", "", "", "repeat", "gift", "newsletter")),
        "Risk Level": "Low",
        "Source": "web",
        "Tax 1 Name": "State Tax 6%",
        "Phone": order.customer.phone,
        "Payment ID": reference,
        "Payment References": reference,
        **_shopify_address(order),
    }


def shopify_orders(rng: Random, orders: Sequence[Order]) -> bytes:
    """The order export of 2026: one row per line item, order cells on the first row of each order, newest first."""
    table = Table(SHOPIFY_ORDERS)
    for position, order in enumerate(reversed(orders)):
        head = _shopify_head(rng, order, len(orders) - position)
        for index, line in enumerate(order.lines):
            product = line.product
            assert isinstance(product, Product)
            cells = {
                "Name": order.number,
                "Email": order.customer.email,
                "Created at": _new_york(order.at),
                "Lineitem quantity": str(line.quantity),
                "Lineitem name": f"{product.title} - {product.values[line.variant]}",
                "Lineitem price": money(line.cents),
                "Lineitem sku": product.skus[line.variant],
                "Lineitem requires shipping": "true",
                "Lineitem taxable": "true",
                "Lineitem fulfillment status": "pending" if order.cancelled or order.pending else "fulfilled",
                "Vendor": product.brand,
                "Lineitem discount": "0.00",
            }
            table.add(cells | head if index == 0 else cells)
    return table.bytes()


def amazon_orders(orders: Sequence[Order]) -> bytes:
    """The flat-file report of all orders by order date; `item-price` is for the whole quantity."""
    table = Table(AMAZON_ORDERS, delimiter="\t")
    for order in orders:
        status = "Cancelled" if order.cancelled else "Pending" if order.pending else "Shipped"
        city, state, code, _ = order.customer.town
        for line in order.lines:
            product, amount = line.product, line.cents * line.quantity
            assert isinstance(product, Product)
            priced = (
                {}
                if order.cancelled
                else {
                    "currency": "USD",
                    "item-price": money(amount),
                    "item-tax": money(amount * 6 // 100),
                    "shipping-price": "0.00",
                    "shipping-tax": "0.00",
                }
            )
            table.add(
                {
                    "amazon-order-id": order.number,
                    "merchant-order-id": order.number,
                    "purchase-date": f"{order.at:%Y-%m-%dT%H:%M:%S}+00:00",
                    "last-updated-date": f"{order.at + timedelta(days=3):%Y-%m-%dT%H:%M:%S}+00:00",
                    "order-status": status,
                    "fulfillment-channel": "Amazon",
                    "sales-channel": "Amazon.com",
                    "ship-service-level": "Expedited",
                    "product-name": product.title,
                    "sku": product.skus[line.variant],
                    "asin": product.asin,
                    "item-status": status,
                    "quantity": "0" if order.cancelled else str(line.quantity),
                    "ship-city": city.upper(),
                    "ship-state": state,
                    "ship-postal-code": code,
                    "ship-country": "US",
                    "is-business-order": "false",
                    "is-sold-by-ab": "false",
                    **priced,
                }
            )
    return table.bytes()


def amazon_returns(rng: Random, returns: Sequence[Return]) -> bytes:
    """The report of FBA customer returns, newest first."""
    table = Table(AMAZON_RETURNS, delimiter="\t")
    for one in reversed(returns):
        product = one.line.product
        assert isinstance(product, Product)
        worn = one.reason in ("DEFECTIVE", "DAMAGED_BY_CARRIER", "MISSING_PARTS")
        table.add(
            {
                "return-date": f"{one.at:%Y-%m-%dT%H:%M:%S}+00:00",
                "order-id": one.order.number,
                "sku": product.skus[one.line.variant],
                "asin": product.asin,
                "fnsku": f"X00{product.asin[3:]}",
                "product-name": product.title,
                "quantity": "1",
                "fulfillment-center-id": rng.choice(("XXT1", "XXT2", "XXT3")),
                "detailed-disposition": "CUSTOMER_DAMAGED" if worn else "SELLABLE",
                "reason": one.reason,
                "status": "Unit returned to inventory",
                "license-plate-number": f"LPNTH{rng.randrange(10**8):08d}",
                "customer-comments": one.comment,
            }
        )
    return table.bytes()


def amazon_listings(rng: Random) -> bytes:
    """The report of all listings: one row per seller SKU."""
    table = Table(AMAZON_LISTINGS, delimiter="\t")
    for number, product in enumerate(product for product in PRODUCTS if product.asin):
        for index, (value, sku) in enumerate(zip(product.values, product.skus, strict=True)):
            table.add(
                {
                    "item-name": f"{product.title} - {value}",
                    "item-description": product.about,
                    "listing-id": f"0555TH{number:02d}{index:02d}",
                    "seller-sku": sku,
                    "price": product.price,
                    "quantity": "",
                    "open-date": f"2025-02-{1 + number:02d} 09:{10 + index}:00 PST",
                    "item-is-marketplace": "y",
                    "product-id-type": "1",
                    "item-condition": "11",
                    "asin1": product.asin,
                    "product-id": product.asin,
                    "pending-quantity": str(rng.randrange(3)),
                    "fulfillment-channel": "AMAZON_NA",
                    "merchant-shipping-group": "Migrated Template",
                    "status": "Active",
                }
            )
    return table.bytes()


def taobao_orders(orders: Sequence[Order]) -> bytes:
    """The 订单报表 in GB18030: one row per order, newest first, people masked by the platform."""
    table = Table(TAOBAO_ORDERS, newline="\r\n")
    for order in reversed(orders):
        line, person = order.lines[0], order.customer
        due = line.cents * line.quantity
        closed = order.cancelled
        table.add(
            {
                "订单编号": order.number,
                "买家会员名": person.name[0] + person.email,
                "买家支付宝账号": "***",
                "买家应付货款": money(due),
                "买家应付邮费": "0.00",
                "买家支付积分": "0",
                "总金额": money(due),
                "返点积分": "0",
                "买家实际支付金额": money(0 if closed else due),
                "买家实际支付积分": "0",
                "订单状态": "交易关闭" if closed else "买家已付款,等待卖家发货" if order.pending else "交易成功",
                "收货人姓名": person.name,
                "收货地址": f"{person.town[0]} ***",
                "运送方式": "快递",
                "联系手机": f"'{person.phone}",
                "订单创建时间": f"{order.at:%Y-%m-%d %H:%M:%S}",
                "订单付款时间": "" if closed else f"{order.at + timedelta(seconds=40):%Y-%m-%d %H:%M:%S}",
                "宝贝标题": line.product.title,
                "宝贝种类": "1",
                "物流单号": "" if closed or order.pending else f"No:{order.extra['waybill']}",
                "物流公司": "" if closed or order.pending else order.courier,
                "宝贝总数量": str(line.quantity),
                "店铺Id": "0",
                "店铺名称": "屿棠生活馆",
                "订单关闭原因": "买家未付款" if closed else "订单未关闭",
                "卖家服务费": "0.00",
                "买家服务费": "0.00",
                "是否手机订单": "手机订单",
                "卡券抵扣": "0.00",
                "积分抵扣": "0.00",
                "是否是O2O交易": "否",
            }
        )
    return table.bytes("gb18030")


def write(sample: Sample) -> dict[str, bytes]:
    """The catalogues, the orders and the returns."""
    shopify, amazon = sample.rng("files"), sample.rng("amazon-files")
    return {
        "shopify_products.csv": shopify_products(shopify),
        "shopify_orders.csv": shopify_orders(shopify, sample.shopify),
        "amazon_all_orders.txt": amazon_orders(sample.amazon),
        "amazon_fba_returns.txt": amazon_returns(amazon, sample.returns),
        "amazon_listings.txt": amazon_listings(amazon),
        "taobao_ExportOrderList.csv": taobao_orders(sample.taobao),
    }


def truth(sample: Sample) -> dict[str, Any]:
    """The shop's name, the days it covers, and how many records its files hold."""
    return {
        "shop": "Tern & Hollow · 屿棠生活馆",
        "seed": sample.seed,
        "period": {"from": FIRST_DAY.isoformat(), "to": LAST_DAY.isoformat()},
        "rows": {
            "order_lines": sum(len(order.lines) for order in sample.orders),
            "returns": len(sample.returns),
            "shopify_orders": len(sample.shopify),
            "amazon_orders": len(sample.amazon),
            "taobao_orders": len(sample.taobao),
        },
    }
