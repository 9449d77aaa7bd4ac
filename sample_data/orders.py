"""Who bought what and when: 5,000 order lines on three platforms over eighteen months, from a seeded generator."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from sample_data.catalogue import PRODUCTS, PRODUCTS_ZH, Product, ProductZh

FIRST_DAY = date(2025, 5, 1)
LAST_DAY = date(2026, 10, 31)
MONTHS = tuple((2025 + (4 + offset) // 12, (4 + offset) % 12 + 1) for offset in range(18))
# A small shop that grows a little and is busy before the holidays.
SEASON = (88, 92, 95, 94, 90, 96, 122, 150, 86, 84, 92, 98, 104, 108, 112, 108, 106, 112)

SHOPIFY_LINES = 2600
AMAZON_LINES = 1150
TAOBAO_LINES = 1250

DAYPACK = "vindlow-quillback-daypack-22l"
# Lines of the daypack per month: the new lining of January 2026 is praised, and from March on it sells.
DAYPACK_SHOPIFY = (5, 6, 5, 6, 5, 6, 8, 9, 6, 8, 15, 18, 20, 22, 21, 23, 22, 24)
DAYPACK_AMAZON = (2, 3, 2, 3, 2, 3, 4, 4, 3, 3, 7, 8, 9, 10, 9, 10, 10, 11)

COURIERS = (("Northpost Ground", 46), ("Harrier Express", 26), ("Brindle Parcel Economy", 28))
BAD_COURIER = "Brindle Parcel Economy"
COURIERS_ZH = (("鹿鸣速递", 44), ("青禾物流", 28), ("风犬快运", 28))
BAD_COURIER_ZH = "风犬快运"


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES = _names(
    "Ada Alma Amos Anya Basil Bea Bram Cleo Cyrus Dara Della Edith Eli Enid Ezra Fern Flora Gil Greta Hal Hattie Ida "
    "Ines Iris Jonah June Kai Kit Lena Leo Linus Lottie Mabel Marta Milo Mina Nell Nico Nora Odell Olive Omar Opal "
    "Otis Pearl Petra Quinn Rafa Remy Rhea Rosa Rufus Sage Selma Silas Tess Theo Tilda Uma Vera Vic Wanda Wes Yara Zeno"
)
LAST_NAMES = _names(
    "Applewhistle Barleymow Bramblecote Brindlewick Candlebrook Cloverfield-Moss Copperpot Cottonwhip Dapplegate "
    "Dewbottom Elderfen Fallowmere Featherwick Fernsby-Vale Foxtrotter Gingerbeck Gladhollow Greenbottle Hazelthorn "
    "Honeyditch Inkpenny Juniperson Kettlewell-Ash Larkspurrow Lilypad Marblethwaite Meadowcroft-Hay Mossgrave Nettlebed "
    "Nutkinson Oatesby-Fen Orchardson Pebblethwaite Pennywhistle Pickleworth Plumtreeson Quillfeather Ravenscoat "
    "Rushlight Saltmarshall Snowberrow Sparrowhawkins Swallowtail Tansyfield Thimblewood Thistledown Umberwell "
    "Velveteen Wagtailor Waxwinger Willowbyrne Wrenfield Yarrowby Zephyrsson"
)
# Places that are on no map.
TOWNS = (
    ("Maplecrest Falls", "OH", "43000", "Ohio"),
    ("Port Larkin", "ME", "04000", "Maine"),
    ("Eastwillow", "NY", "10000", "New York"),
    ("Cedar Hollowby", "NC", "27000", "North Carolina"),
    ("Brookmere Junction", "PA", "15000", "Pennsylvania"),
    ("New Fernley Bay", "MI", "48000", "Michigan"),
    ("Saltwick Point", "MA", "01000", "Massachusetts"),
    ("Juniper Gap", "VA", "22000", "Virginia"),
    ("Lake Wobblin", "MN", "55000", "Minnesota"),
    ("Sandy Crossbill", "FL", "32000", "Florida"),
    ("Upper Quailton", "GA", "30000", "Georgia"),
    ("Mossport", "VT", "05000", "Vermont"),
)
SURNAMES_ZH = "张王李赵陈刘杨黄周吴徐孙马朱胡郭何林罗高"
PLACES_ZH = (
    "浙江省 杭州市",
    "江苏省 苏州市",
    "广东省 广州市",
    "四川省 成都市",
    "湖北省 武汉市",
    "山东省 青岛市",
    "福建省 厦门市",
    "陕西省 西安市",
    "湖南省 长沙市",
    "上海 上海市",
    "北京 北京市",
    "辽宁省 大连市",
)


@dataclass(frozen=True)
class Customer:
    """An invented buyer."""

    name: str
    email: str
    phone: str
    town: tuple[str, str, str, str]
    street: str


@dataclass
class Line:
    """One line of an order: a product, the index of its variant, how many, and the price of one in cents."""

    product: Product | ProductZh
    variant: int
    quantity: int
    cents: int


@dataclass
class Order:
    """One order on one platform; `at` is the shop's local wall clock (UTC on Amazon)."""

    platform: str
    at: datetime
    customer: Customer
    lines: list[Line]
    courier: str
    number: str = ""
    cancelled: bool = False
    refunded: bool = False
    pending: bool = False
    code: str = ""
    extra: dict[str, str] = field(default_factory=dict)


def pick(rng: Random, weighted: tuple[tuple[str, int], ...]) -> str:
    """One name of (name, whole-number weight) pairs, by weight."""
    left = rng.randrange(sum(weight for _, weight in weighted))
    for name, weight in weighted:
        left -= weight
        if left < 0:
            return name
    raise AssertionError("weights sum to less than their sum")


def cents(price: str) -> int:
    """`"36.00"` as 3600."""
    whole, _, rest = price.partition(".")
    return int(whole) * 100 + int((rest + "00")[:2])


def quotas(total: int) -> list[int]:
    """`total` shared over the months by season; the last month takes what rounding leaves."""
    shares = [total * weight // sum(SEASON) for weight in SEASON]
    for index in range(total - sum(shares)):
        shares[index * 7 % len(shares)] += 1
    return shares


def customers(rng: Random, count: int) -> list[Customer]:
    """Invented people with example.com addresses and 555 phone numbers, no two with the same address."""
    found: dict[str, Customer] = {}
    while len(found) < count:
        first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
        email = f"{first}.{last}".lower()
        email = f"{email}{len(found)}@example.com" if email + "@example.com" in found else f"{email}@example.com"
        phone = f"+1555555{rng.randrange(10000):04d}"
        street = f"{rng.randrange(1, 400)} Example {rng.choice(('Lane', 'Street', 'Road', 'Way'))}"
        found[email] = Customer(f"{first} {last}", email, phone, rng.choice(TOWNS), street)
    return list(found.values())


def _moment(rng: Random, month: tuple[int, int]) -> datetime:
    """A moment in a month, by day more than by night."""
    day = rng.randrange(1, calendar.monthrange(*month)[1] + 1)
    hour = rng.choice((0, 6, 7, 8, 9, 9, 10, 11, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 20, 21, 21, 22, 22, 23))
    return datetime(*month, day, hour, rng.randrange(60), rng.randrange(60))


def _basket(rng: Random, pool: list[str], forced: bool) -> list[str]:
    size = 1 + (rng.randrange(100) < 30) + (rng.randrange(100) < 9)
    keys = [DAYPACK] if forced else []
    while len(keys) < size:
        key = rng.choice(pool)
        if key not in keys:
            keys.append(key)
    return keys


def western(rng: Random, platform: str, total: int, daypacks: tuple[int, ...], people: list[Customer]) -> list[Order]:
    """The orders of Shopify or Amazon: exactly `total` lines, exactly `daypacks` lines of the daypack each month."""
    sold = [product for product in PRODUCTS if platform == "shopify" or product.asin]
    by_key = {product.key: product for product in sold}
    pool = [product.key for product in sold for _ in range(product.weight)]
    orders: list[Order] = []
    for month, quota, daypacks_wanted in zip(MONTHS, quotas(total), daypacks, strict=True):
        left, bags = quota, daypacks_wanted
        while left:
            keys = _basket(rng, pool, forced=bags > 0)[:left]
            bags -= DAYPACK in keys
            left -= len(keys)
            lines = []
            for key in keys:
                product = by_key[key]
                quantity = 1 if rng.randrange(100) < 88 else 2
                lines.append(Line(product, rng.randrange(len(product.values)), quantity, cents(product.price)))
            order = Order(platform, _moment(rng, month), rng.choice(people), lines, pick(rng, COURIERS))
            if platform == "shopify" and rng.randrange(100) < 14:
                order.code = rng.choice(("WELCOME10", "WELCOME10", "TRAIL15", "COZY5"))
            order.cancelled = rng.randrange(1000) < 14
            order.pending = not order.cancelled and (LAST_DAY - order.at.date()).days < 3
            order.refunded = not order.cancelled and not order.pending and rng.randrange(1000) < 25
            orders.append(order)
    orders.sort(key=lambda order: order.at)
    for index, order in enumerate(orders):
        if platform == "shopify":
            order.number = f"#{1001 + index}"
        else:
            order.number = f"{111 + index % 4}-555{rng.randrange(10000):04d}-{2000000 + index * 37:07d}"
    return orders


def chinese(rng: Random, total: int) -> list[Order]:
    """The orders of the Chinese shop: one product each, people masked as the platform masks them."""
    pool = [product for product in PRODUCTS_ZH for _ in range(product.weight)]
    orders = []
    for month, quota in zip(MONTHS, quotas(total), strict=True):
        for _ in range(quota):
            product = rng.choice(pool)
            quantity = 1 if rng.randrange(100) < 90 else rng.choice((2, 2, 3))
            line = Line(product, rng.randrange(len(product.values)), quantity, cents(product.price))
            place = rng.choice(PLACES_ZH)
            name = rng.choice(SURNAMES_ZH) + "**"
            letter = rng.choice("abcdefghjkmnpqrstwxyz")
            person = Customer(
                name, f"{letter}**{rng.randrange(10)}", f"100****{5550 + rng.randrange(10)}", (place, "", "", ""), "***"
            )
            order = Order("taobao", _moment(rng, month), person, [line], pick(rng, COURIERS_ZH))
            order.cancelled = rng.randrange(1000) < 40
            order.pending = not order.cancelled and (LAST_DAY - order.at.date()).days < 3
            orders.append(order)
    orders.sort(key=lambda order: order.at)
    for index, order in enumerate(orders):
        order.number = f"{2555000000000000000 + index * 1000003 * 97 + rng.randrange(97)}"
        order.extra["waybill"] = f"{'XFK'[rng.randrange(3)]}55{rng.randrange(10**11):011d}"
    return orders


def reviewable(orders: list[Order]) -> list[Order]:
    """The orders somebody could review: delivered, and old enough to be written about before the last day."""
    return [
        order
        for order in orders
        if not order.cancelled and not order.pending and order.at.date() <= LAST_DAY - timedelta(days=8)
    ]
