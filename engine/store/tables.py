"""The tables that hold imported rows, declared once: what each column is called, holds and means.

From this one declaration come the kinds by which cells are read, the meanings a column of an unknown file can be given, the
columns that tell one row from another, and what a re-imported export must hold. The tables themselves are made by frozen
migrations; a test holds this declaration against the tables of shops of every released version. To add a column, declare it
here and write one migration that adds it.

Amounts are REAL in the row's own currency; days are ISO text (`2026-03-15`), moments ISO text with the zone the file states.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from engine.say import N_

PROVENANCE = ("id", "import_id", "sheet", "line", "row_key", "platform", "product")
"""Columns that every imported table has before its own: where a row comes from, what it is across imports (`row_key`), and
the product it speaks of (`product`, a key of `product_keys`, filled by linking)."""
EXTRA = "extra"
"""The last column of every imported table: the cells that no column has a home for, as a JSON object."""

_TYPES = {"money": "REAL", "number": "REAL", "stars": "REAL", "flag": "INTEGER"}


@dataclass(frozen=True)
class Column:
    """One column of an imported table.

    Attributes:
        kind: how its cells are read: `text`, `prose` (many lines), `html`, `id` (never a number), `money`, `number`, `stars`,
            `flag`, `moment`, `day` or `status` (words of platforms for the state of an order).
        label: what a seller calls it (a message); None where a column of an unknown file cannot be given this meaning.
        core: without a readable cell the row would say something wrong and is rejected; elsewhere the cell is set aside.
        tells: one of the columns that tell a row without text from others, in the order of declaration.
        required: never empty.
    """

    name: str
    kind: str = "text"
    label: str | None = None
    core: bool = False
    tells: bool = False
    required: bool = False

    @property
    def sql_type(self) -> str:
        """The column's type in SQLite."""
        return _TYPES.get(self.kind, "TEXT")

    def called(self, label: str | None) -> Column:
        """The same column under another label."""
        return replace(self, label=label)


_ORDER_ID = Column("order_id", "id", N_("order number"), core=True, tells=True)
_PRODUCT = (
    Column("product_name", label=N_("product")),
    Column("product_id", "id", N_("product id")),
    Column("sku", "id", N_("SKU"), tells=True),
    Column("variant", label=N_("variant"), tells=True),
)
_QUANTITY = Column("quantity", "number", N_("quantity"), core=True, tells=True)
_UNIT_PRICE = Column("unit_price", "money", N_("price of one"), core=True)
_AMOUNT = Column("amount", "money", N_("amount"), core=True, tells=True)
_PRICE = Column("price", "money", N_("price"), tells=True)
_DISCOUNT = Column("discount", "money", N_("discount"))
_SHIPPING = Column("shipping", "money", N_("shipping"))
_TAX = Column("tax", "money", N_("tax"))
_CURRENCY = Column("currency", label=N_("currency"), tells=True)
_STATUS = Column("status", "status", N_("status"), tells=True)
_STATUS_ORIGINAL = Column("status_original")
_TITLE = Column("title", label=N_("title"), tells=True)
_DAY = Column("day", "day", N_("date"), core=True)
_DAY_TO = Column("day_to", "day")
_ORDERED_AT = Column("ordered_at", "moment", N_("order date"), core=True)
_POSTED_AT = Column("posted_at", "moment", N_("date"), core=True)
_EMAIL = Column("email", label=N_("customer's email"))
_LINE_ID = Column("line_id", "id", N_("order line's id"))
_CUSTOMER_ID = Column("customer_id", "id", N_("customer id"))
_CITY = Column("city", label=N_("city"))
_COUNTRY = Column("country", label=N_("country"))
_COURIER = Column("courier", label=N_("courier"))
_KIND = Column("kind")
_LANGUAGE = Column("language")
_URL = Column("url", label=N_("web address"))
_LOCATION = Column("location", label=N_("warehouse"), tells=True)
_REASON = Column("reason", label=N_("reason"), tells=True)
_ACCEPTS_MARKETING = Column("accepts_marketing", "flag")
_PHONE_HASH = Column("phone_hash")
_UNITS = Column("units", "number", N_("units sold"), core=True)
_SALES = Column("sales", "money", N_("sales"), core=True)
_ORDERS = Column("orders", "number", N_("orders"))
_UNIT_COST = Column("unit_cost", "money", N_("cost of one"), core=True, tells=True)
_SUPPLIER = Column("supplier", label=N_("supplier"), tells=True)
_PLAIN_DAY = _DAY.called(None)

IMPORTED: dict[str, tuple[Column, ...]] = {
    "reviews": (
        Column("text", "prose", N_("review text"), required=True),
        _TITLE.called(N_("review title")),
        Column("body", "prose"),
        Column("stars", "stars", N_("stars"), core=True),
        Column("written_at", "moment", N_("date"), core=True),
        _PLAIN_DAY,
        *_PRODUCT,
        _ORDER_ID,
        Column("review_id", "id", N_("review id"), core=True),
        Column("author", label=N_("customer")),
        _EMAIL,
        Column("verified", "flag", N_("verified purchase")),
        _COURIER,
        Column("reply", "prose", N_("reply")),
        _LANGUAGE,
    ),
    "orders": (
        replace(_ORDER_ID, required=True),
        _ORDERED_AT,
        _PLAIN_DAY,
        Column("paid_at", "moment"),
        _STATUS.called(N_("order status")),
        _STATUS_ORIGINAL,
        Column("subtotal", "money"),
        _SHIPPING,
        _TAX,
        _DISCOUNT,
        Column("total", "money", core=True, tells=True),
        Column("refunded", "money", N_("refunded amount")),
        _CURRENCY,
        Column("discount_code"),
        Column("customer", label=N_("customer")),
        _CUSTOMER_ID.called(None),
        _EMAIL,
        _PHONE_HASH,
        _ACCEPTS_MARKETING,
        _CITY,
        Column("region"),
        _COUNTRY,
        _COURIER,
        Column("shipped_at", "moment"),
        Column("cancelled_at", "moment"),
        Column("payment"),
        Column("channel"),
        Column("note", "prose"),
    ),
    "order_lines": (
        _ORDER_ID,
        _LINE_ID,
        _ORDERED_AT,
        _PLAIN_DAY,
        *_PRODUCT,
        _QUANTITY,
        _UNIT_PRICE,
        _AMOUNT.called(N_("amount of the line")),
        _DISCOUNT,
        _TAX,
        _CURRENCY,
        _STATUS.called(N_("order status")),
        _STATUS_ORIGINAL,
    ),
    "products": (
        _TITLE.called(N_("product name")),
        Column("product_id", "id", N_("product id")),
        Column("description", "html", N_("description")),
        Column("brand", label=N_("brand")),
        Column("category", label=N_("category")),
        _KIND,
        Column("tags"),
        _STATUS.called(None),
        _PRICE,
        _CURRENCY,
        Column("published_at", "moment"),
        _URL,
    ),
    "variants": (
        Column("product_id", "id", N_("product id")),
        Column("sku", "id", N_("SKU"), tells=True),
        _TITLE.called(None),
        Column("option1_name"),
        Column("option1", tells=True),
        Column("option2_name"),
        Column("option2"),
        Column("option3_name"),
        Column("option3"),
        _PRICE,
        Column("compare_at_price", "money", N_("price before")),
        Column("cost", "money", N_("cost")),
        _CURRENCY,
        Column("stock", "number", N_("in stock"), tells=True),
        Column("barcode", "id", N_("barcode")),
        Column("weight_grams", "number"),
    ),
    "stock": (
        *_PRODUCT,
        Column("on_hand", "number", N_("in stock"), core=True, tells=True),
        Column("available", "number", N_("available to sell"), core=True, tells=True),
        Column("committed", "number", N_("reserved")),
        Column("incoming", "number", N_("on the way")),
        Column("unavailable", "number"),
        Column("stocked", "flag"),
        _LOCATION,
        Column("condition"),
        _DAY,
    ),
    "stock_movements": (
        *_PRODUCT[:3],
        _KIND.called(N_("kind of movement")),
        _QUANTITY,
        _REASON,
        Column("condition"),
        _LOCATION,
        Column("reference", label=N_("document number")),
        _DAY,
    ),
    "returns": (
        _ORDER_ID,
        Column("returned_at", "moment", N_("date of return"), core=True),
        _PLAIN_DAY,
        *_PRODUCT[:3],
        _QUANTITY,
        _REASON,
        Column("comment", "prose", N_("customer's comment")),
        _STATUS,
        Column("disposition"),
        Column("refund", "money", N_("refund"), core=True),
        _CURRENCY,
    ),
    "fees": (
        _ORDER_ID,
        Column("sku", "id", N_("SKU"), tells=True),
        Column("product_name", label=N_("product")),
        _KIND,
        Column("description", "html"),
        _AMOUNT,
        _CURRENCY,
        _POSTED_AT,
        _PLAIN_DAY,
        Column("settlement_id", "id"),
    ),
    "ads": (
        _DAY,
        _DAY_TO,
        Column("campaign", label=N_("campaign")),
        Column("ad_group", label=N_("ad group")),
        Column("ad", label=N_("ad")),
        Column("keyword", label=N_("keyword")),
        Column("search_term"),
        Column("match"),
        Column("level"),
        _STATUS.called(None),
        Column("impressions", "number", N_("impressions"), core=True),
        Column("clicks", "number", N_("clicks"), core=True),
        Column("spend", "money", N_("spend"), core=True),
        _ORDERS,
        _UNITS,
        _SALES,
        _CURRENCY,
    ),
    "coupons": (
        Column("coupon_id", "id", N_("promotion id")),
        Column("name", label=N_("promotion"), tells=True),
        Column("code", "id", N_("discount code")),
        Column("starts", "moment", N_("start date")),
        Column("ends", "moment", N_("end date")),
        _KIND.called(N_("kind of discount")),
        Column("value", "money", N_("discount")),
        Column("minimum", "money", N_("minimum")),
        Column("minimum_kind"),
        Column("per_customer", "number", N_("times for each customer")),
        Column("funded_by", label=N_("paid by")),
        _STATUS,
        Column("issued", "number", N_("issued")),
        Column("clips", "number"),
        Column("redemptions", "number", N_("times used")),
        Column("budget", "money", N_("budget")),
        Column("spent", "money", N_("discount given")),
        _SALES,
        _CURRENCY,
    ),
    "sessions": (
        _DAY,
        _DAY_TO,
        Column("channel", label=N_("channel")),
        Column("page", label=N_("page")),
        *_PRODUCT[:3],
        Column("parent_id", "id"),
        Column("sessions", "number", N_("sessions"), core=True),
        Column("page_views", "number", N_("page views")),
        Column("featured_share", "number"),
        _UNITS,
        _ORDERS,
        _SALES,
        _CURRENCY.called(None),
    ),
    "customers": (
        _CUSTOMER_ID,
        Column("name", label=N_("customer"), tells=True),
        _EMAIL,
        _PHONE_HASH,
        _CITY,
        Column("region"),
        _COUNTRY,
        _ACCEPTS_MARKETING.called(N_("agrees to marketing")),
        Column("total_spent", "money", N_("spent in total")),
        Column("total_orders", "number", N_("orders in total")),
        Column("tags"),
        Column("note", "prose"),
    ),
    "messages": (
        Column("text", "prose", N_("message")),
        Column("subject", label=N_("subject"), tells=True),
        Column("author_role", label=N_("customer or seller"), tells=True),
        Column("author", label=N_("name of the sender")),
        _EMAIL,
        Column("sent_at", "moment", N_("date"), core=True),
        _PLAIN_DAY,
        Column("thread_id", "id", N_("conversation"), tells=True),
        Column("message_id", "id", N_("message id")),
        Column("channel", label=N_("channel")),
        _ORDER_ID,
        *_PRODUCT,
        Column("public", "flag", N_("seen by the customer")),
        _STATUS,
        _LANGUAGE.called(N_("language")),
    ),
    "articles": (
        _TITLE,
        Column("question", "prose", N_("question")),
        Column("text", "prose", N_("answer or text")),
        _KIND.called(N_("kind of article")),
        Column("article_id", "id", N_("article id")),
        _STATUS,
        _URL,
        Column("updated_at", "moment", N_("date")),
        _PLAIN_DAY,
        _LANGUAGE.called(N_("language")),
    ),
    "purchase_orders": (
        Column("po_id", "id", N_("purchase order"), core=True, tells=True),
        _LINE_ID,
        _SUPPLIER,
        *_PRODUCT,
        _QUANTITY,
        Column("received", "number", N_("received")),
        _UNIT_COST,
        _AMOUNT,
        _DISCOUNT,
        _SHIPPING,
        _TAX,
        _CURRENCY,
        _STATUS,
        _STATUS_ORIGINAL,
        _ORDERED_AT,
        Column("expected_at", "moment", N_("expected on")),
        Column("received_at", "moment", N_("received on")),
        _PLAIN_DAY,
        _LOCATION,
    ),
    "suppliers": (
        _SUPPLIER,
        *_PRODUCT,
        _UNIT_COST,
        _CURRENCY,
        Column("lead_days", "number", N_("lead time in days"), tells=True),
        Column("moq", "number", N_("least order quantity")),
        Column("pack", "number", N_("pack size")),
        _EMAIL.called(N_("supplier's email")),
        Column("terms", label=N_("payment terms")),
        Column("valid_from", "day", N_("valid from")),
    ),
    "payouts": (
        Column("payout_id", "id", N_("payout"), core=True, tells=True),
        Column("reference", label=N_("reference")),
        _KIND,
        _STATUS,
        _STATUS_ORIGINAL,
        _AMOUNT,
        Column("fee", "money", N_("fee")),
        Column("net", "money", N_("net amount")),
        _CURRENCY,
        _POSTED_AT,
        _PLAIN_DAY,
        _ORDER_ID.called(None),
    ),
    "rates": (
        _DAY,
        _CURRENCY.called(N_("from currency")),
        Column("to_currency", label=N_("to currency"), tells=True),
        Column("rate", "number", N_("exchange rate"), core=True, tells=True),
    ),
}
"""Every imported table with its own columns; `PROVENANCE` comes before and `EXTRA` after them."""

FAMILIES: dict[str, tuple[str, ...]] = {
    "review": ("reviews",),
    "order": ("order_lines", "orders"),
    "stock": ("stock",),
    "movement": ("stock_movements",),
    "product": ("products", "variants"),
    "returns": ("returns",),
    "ads": ("ads",),
    "sessions": ("sessions",),
    "message": ("messages",),
    "article": ("articles",),
    "purchase": ("purchase_orders",),
    "supplier": ("suppliers",),
    "coupon": ("coupons",),
    "payout": ("payouts",),
    "rate": ("rates",),
    "customer": ("customers",),
}
"""Kinds of unknown files, and the tables that one fills."""
# What is stored with the text it stands beside, and in no column of its own.
_BESIDE_TEXT = {
    "review": {"follow_up": N_("follow-up review")},
    "message": {"from_agent": N_("written by the seller: yes or no")},
}
_ALSO_CALLED = {"listings": "product", "items": "order"}


def columns(table: str) -> tuple[str, ...]:
    """The names of a table's own columns, which an export can fill; `EXTRA` left out."""
    return tuple(column.name for column in IMPORTED[table])


@cache
def kinds() -> dict[str, str]:
    """Column name to how its cells are read; the same name is read alike in every table."""
    return {column.name: column.kind for own in IMPORTED.values() for column in own}


@cache
def core() -> frozenset[str]:
    """Names of the columns whose unreadable cell rejects its row."""
    return frozenset(column.name for own in IMPORTED.values() for column in own if column.core)


def telling(table: str) -> tuple[str, ...]:
    """The columns that tell a table's rows apart where they have no text, in the order in which they are read."""
    return tuple(column.name for column in IMPORTED[table] if column.tells)


def required(table: str) -> tuple[str, ...]:
    """The columns that are never empty."""
    return tuple(column.name for column in IMPORTED[table] if column.required)


def family(kind: str | None) -> str | None:
    """The family of a kind of file or of a table; None when it is of none."""
    if kind in FAMILIES:
        return kind
    return _ALSO_CALLED.get(kind or "") or next((name for name, tables in FAMILIES.items() if kind in tables), None)


def meanings(family: str) -> dict[str, str]:
    """What a column of an unknown file of a family can mean: the stored column's name and its label (a message)."""
    found: dict[str, str] = {}
    for table in FAMILIES[family]:
        for column in IMPORTED[table]:
            if column.label is not None:
                found.setdefault(column.name, column.label)
                found |= _BESIDE_TEXT.get(family, {}) if column.name == "text" else {}
    return found
