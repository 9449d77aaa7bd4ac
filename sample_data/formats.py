"""Writes the shop as its platforms would export it: true headers, encodings and grain, one function per report.

Each writer returns the file's bytes; those of reviews also set `Review.id` to `file:line`, where `line` is the physical
line (from 1) on which the record begins.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from random import Random

from sample_data import texts_zh
from sample_data.catalogue import PRODUCTS, Product
from sample_data.orders import BAD_COURIER, LAST_DAY, Order
from sample_data.returns import Return
from sample_data.reviews import Review


def columns(header: str, delimiter: str = ",") -> list[str]:
    """A report's header line as the names of its columns."""
    return header.split(delimiter)


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
JUDGEME = columns(
    "title,body,rating,review_date,source,curated,reviewer_name,reviewer_email,product_id,product_handle,reply,"
    "reply_date,picture_urls,ip_address,location,metaobject_handle"
)
LOOX = columns("product_handle,rating,author,email,body,created_at,photo_url,verified_purchase")
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
TAOBAO_REVIEWS = columns("评价时间,宝贝标题,规格,评分,评价内容,追评,订单编号,物流公司")

REPLIES = (
    "So sorry about this! Please write to us and we will make it right.",
    "Thank you for telling us. A replacement is on its way.",
    "We hear you, and we are looking into it with our workshop.",
    "This is not how it should be. We have sent you a message.",
    "Thanks for the honest words, we have passed them on.",
)


def money(amount: int) -> str:
    """Cents as `12.34`."""
    return f"{amount // 100}.{amount % 100:02d}"


class Table:
    """A delimited file in the making that knows on which physical line each record begins."""

    def __init__(self, header: Sequence[str], *, delimiter: str = ",", newline: str = "\n") -> None:
        self.header = list(header)
        self._out = io.StringIO(newline="")
        # Amazon's flat files quote nothing.
        self._writer = (
            csv.writer(self._out, delimiter=delimiter, lineterminator=newline)
            if delimiter == ","
            else csv.writer(
                self._out, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_NONE, quotechar=None
            )
        )
        self._line = 2
        self._writer.writerow(self.header)

    def add(self, cells: dict[str, str]) -> int:
        """Write one record (absent columns are empty) and return the line on which it begins."""
        unknown = cells.keys() - set(self.header)
        if unknown:
            raise KeyError(f"no such columns: {sorted(unknown)}")
        begins = self._line
        self._writer.writerow([cells.get(name, "") for name in self.header])
        self._line += 1 + sum(value.count("\n") for value in cells.values())
        return begins

    def bytes(self, encoding: str = "utf-8") -> bytes:
        """The whole file."""
        return self._out.getvalue().encode(encoding)


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


def shopify_orders(rng: Random, orders: Sequence[Order]) -> bytes:
    """The order export of 2026: one row per line item, order cells on the first row of each order, newest first."""
    table = Table(SHOPIFY_ORDERS)
    for position, order in enumerate(reversed(orders)):
        person, at = order.customer, order.at
        gross = sum(line.cents * line.quantity for line in order.lines)
        discount = _discount(order, gross)
        shipping = 0 if gross - discount >= 7500 else 495 if order.courier == BAD_COURIER else 795
        tax = (gross - discount) * 6 // 100
        total = gross - discount + shipping + tax
        refunded = total if order.cancelled else min(order.lines[0].cents, gross - discount) if order.refunded else 0
        financial = "refunded" if order.cancelled or refunded == total else "partially_refunded" if refunded else "paid"
        done = not order.cancelled and not order.pending
        reference = f"pay{rng.randrange(16**10):010x}"
        town = dict(zip(("City", "Province", "Zip", "Province Name"), person.town, strict=True))
        address = {
            f"{side} {what}": text
            for side in ("Billing", "Shipping")
            for what, text in (
                ("Name", person.name),
                ("Street", person.street),
                ("Address1", person.street),
                ("City", town["City"]),
                ("Zip", f"'{town['Zip']}"),
                ("Province", town["Province"]),
                ("Country", "US"),
                ("Phone", person.phone),
                ("Province Name", town["Province Name"]),
            )
        }
        head = {
            "Financial Status": financial,
            "Paid at": _new_york(at + timedelta(seconds=2)),
            "Fulfillment Status": "fulfilled" if done else "unfulfilled",
            "Fulfilled at": _new_york(at + timedelta(hours=rng.randrange(6, 50))) if done else "",
            "Accepts Marketing": rng.choice(("yes", "no", "no")),
            "Currency": "USD",
            "Subtotal": money(gross - discount),
            "Shipping": money(shipping),
            "Taxes": money(tax),
            "Total": money(total),
            "Discount Code": order.code,
            "Discount Amount": money(discount),
            "Shipping Method": order.courier,
            "Cancelled at": _new_york(at + timedelta(hours=5)) if order.cancelled else "",
            "Payment Method": "Shopify Payments",
            "Payment Reference": reference,
            "Refunded Amount": money(refunded),
            "Outstanding Balance": "0.00",
            "Id": str(5550000000000 + (len(orders) - position) * 7919),
            "Tags": rng.choice(("", "", "", "repeat", "gift", "newsletter")),
            "Risk Level": "Low",
            "Source": "web",
            "Tax 1 Name": "State Tax 6%",
            "Tax 1 Value": money(tax),
            "Phone": person.phone,
            "Payment ID": reference,
            "Payment References": reference,
            **address,
        }
        for index, line in enumerate(order.lines):
            product = line.product
            assert isinstance(product, Product)
            cells = {
                "Name": order.number,
                "Email": person.email,
                "Created at": _new_york(at),
                "Lineitem quantity": str(line.quantity),
                "Lineitem name": f"{product.title} - {product.values[line.variant]}",
                "Lineitem price": money(line.cents),
                "Lineitem sku": product.skus[line.variant],
                "Lineitem requires shipping": "true",
                "Lineitem taxable": "true",
                "Lineitem fulfillment status": "fulfilled" if done else "pending",
                "Vendor": product.brand,
                "Lineitem discount": "0.00",
            }
            table.add(cells | head if index == 0 else cells)
    return table.bytes()


def judgeme(rng: Random, name: str, reviews: Iterable[Review]) -> bytes:
    """The Judge.me export, newest first."""
    table = Table(JUDGEME)
    numbers = {product.key: str(8555000000000 + index * 1117) for index, product in enumerate(PRODUCTS)}
    for one in sorted(reviews, key=lambda review: review.at, reverse=True):
        replied = one.stars <= 2 and rng.randrange(100) < 35 and one.at.date() < LAST_DAY - timedelta(days=4)
        answered = one.at + timedelta(days=rng.randrange(1, 4))
        line = table.add(
            {
                "title": one.title,
                "body": one.body,
                "rating": str(one.stars),
                "review_date": f"{one.at:%Y-%m-%d %H:%M:%S} UTC",
                "source": "email" if one.order else "web",
                "curated": "ok",
                "reviewer_name": one.customer.name,
                "reviewer_email": one.email,
                "product_id": numbers[one.product.key],
                "product_handle": one.product.key,
                "reply": rng.choice(REPLIES) if replied else "",
                "reply_date": f"{answered:%Y-%m-%d %H:%M:%S} UTC" if replied else "",
            }
        )
        one.id = f"{name}:{line}"
    return table.bytes()


def loox(name: str, reviews: Iterable[Review]) -> bytes:
    """The Loox export, oldest first; the app keeps no titles."""
    table = Table(LOOX)
    for one in reviews:
        first, _, last = one.customer.name.partition(" ")
        line = table.add(
            {
                "product_handle": one.product.key,
                "rating": str(one.stars),
                "author": f"{first} {last[:1]}.",
                "email": one.email,
                "body": one.body,
                "created_at": f"{one.at:%Y-%m-%dT%H:%M:%S}Z",
                "verified_purchase": "true" if one.order else "false",
            }
        )
        one.id = f"{name}:{line}"
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


def taobao_reviews(name: str, reviews: Iterable[Review]) -> bytes:
    """A list of 评价 such as a seller's tool saves it, in GB18030: no platform report, so its columns must be guessed."""
    table = Table(TAOBAO_REVIEWS, newline="\r\n")
    for one in reviews:
        assert isinstance(one.product, texts_zh.ProductZh) and one.order is not None and one.line is not None
        line = table.add(
            {
                "评价时间": f"{one.at:%Y-%m-%d %H:%M:%S}",
                "宝贝标题": one.product.title,
                "规格": one.product.values[one.line.variant],
                "评分": str(one.stars),
                "评价内容": one.body,
                "追评": one.follow_up,
                "订单编号": one.order.number,
                "物流公司": one.order.courier,
            }
        )
        one.id = f"{name}:{line}"
    return table.bytes("gb18030")
