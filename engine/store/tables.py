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


_ORDER_ID = Column("order_id", "id", "order number", core=True, tells=True)
_PRODUCT = (
    Column("product_name", label="product"),
    Column("product_id", "id", "product id"),
    Column("sku", "id", "SKU", tells=True),
    Column("variant", label="variant", tells=True),
)
_QUANTITY = Column("quantity", "number", "quantity", core=True, tells=True)
_UNIT_PRICE = Column("unit_price", "money", "price of one", core=True)
_AMOUNT = Column("amount", "money", "amount", core=True, tells=True)
_PRICE = Column("price", "money", "price", tells=True)
_DISCOUNT = Column("discount", "money", "discount")
_SHIPPING = Column("shipping", "money", "shipping")
_TAX = Column("tax", "money", "tax")
_CURRENCY = Column("currency", label="currency", tells=True)
_STATUS = Column("status", "status", "status", tells=True)
_STATUS_ORIGINAL = Column("status_original")
_TITLE = Column("title", label="title", tells=True)
_DAY = Column("day", "day", "date", core=True)
_DAY_TO = Column("day_to", "day")
_ORDERED_AT = Column("ordered_at", "moment", "order date", core=True)
_POSTED_AT = Column("posted_at", "moment", "date", core=True)
_EMAIL = Column("email", label="customer's email")
_LINE_ID = Column("line_id", "id", "order line's id")
_CUSTOMER_ID = Column("customer_id", "id", "customer id")
_CITY = Column("city", label="city")
_COUNTRY = Column("country", label="country")
_COURIER = Column("courier", label="courier")
_KIND = Column("kind")
_LANGUAGE = Column("language")
_URL = Column("url", label="web address")
_LOCATION = Column("location", label="warehouse", tells=True)
_REASON = Column("reason", label="reason", tells=True)
_ACCEPTS_MARKETING = Column("accepts_marketing", "flag")
_PHONE_HASH = Column("phone_hash")
_UNITS = Column("units", "number", "units sold", core=True)
_SALES = Column("sales", "money", "sales", core=True)
_ORDERS = Column("orders", "number", "orders")
_UNIT_COST = Column("unit_cost", "money", "cost of one", core=True, tells=True)
_SUPPLIER = Column("supplier", label="supplier", tells=True)
_PLAIN_DAY = _DAY.called(None)

IMPORTED: dict[str, tuple[Column, ...]] = {
    "reviews": (
        Column("text", "prose", "review text", required=True),
        _TITLE.called("review title"),
        Column("body", "prose"),
        Column("stars", "stars", "stars", core=True),
        Column("written_at", "moment", "date", core=True),
        _PLAIN_DAY,
        *_PRODUCT,
        _ORDER_ID,
        Column("review_id", "id", "review id", core=True),
        Column("author", label="customer"),
        _EMAIL,
        Column("verified", "flag", "verified purchase"),
        _COURIER,
        Column("reply", "prose", "reply"),
        _LANGUAGE,
    ),
    "orders": (
        replace(_ORDER_ID, required=True),
        _ORDERED_AT,
        _PLAIN_DAY,
        Column("paid_at", "moment"),
        _STATUS.called("order status"),
        _STATUS_ORIGINAL,
        Column("subtotal", "money"),
        _SHIPPING,
        _TAX,
        _DISCOUNT,
        Column("total", "money", core=True, tells=True),
        Column("refunded", "money", "refunded amount"),
        _CURRENCY,
        Column("discount_code"),
        Column("customer", label="customer"),
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
        _AMOUNT.called("amount of the line"),
        _DISCOUNT,
        _TAX,
        _CURRENCY,
        _STATUS.called("order status"),
        _STATUS_ORIGINAL,
    ),
    "products": (
        _TITLE.called("product name"),
        Column("product_id", "id", "product id"),
        Column("description", "html", "description"),
        Column("brand", label="brand"),
        Column("category", label="category"),
        _KIND,
        Column("tags"),
        _STATUS.called(None),
        _PRICE,
        _CURRENCY,
        Column("published_at", "moment"),
        _URL,
    ),
    "variants": (
        Column("product_id", "id", "product id"),
        Column("sku", "id", "SKU", tells=True),
        _TITLE.called(None),
        Column("option1_name"),
        Column("option1", tells=True),
        Column("option2_name"),
        Column("option2"),
        Column("option3_name"),
        Column("option3"),
        _PRICE,
        Column("compare_at_price", "money", "price before"),
        Column("cost", "money", "cost"),
        _CURRENCY,
        Column("stock", "number", "in stock", tells=True),
        Column("barcode", "id", "barcode"),
        Column("weight_grams", "number"),
    ),
    "stock": (
        *_PRODUCT,
        Column("on_hand", "number", "in stock", core=True, tells=True),
        Column("available", "number", "available to sell", core=True, tells=True),
        Column("committed", "number", "reserved"),
        Column("incoming", "number", "on the way"),
        Column("unavailable", "number"),
        Column("stocked", "flag"),
        _LOCATION,
        Column("condition"),
        _DAY,
    ),
    "stock_movements": (
        *_PRODUCT[:3],
        _KIND,
        _QUANTITY,
        _REASON,
        Column("condition"),
        _LOCATION,
        Column("reference"),
        _DAY,
    ),
    "returns": (
        _ORDER_ID,
        Column("returned_at", "moment", "date of return", core=True),
        _PLAIN_DAY,
        *_PRODUCT[:3],
        _QUANTITY,
        _REASON,
        Column("comment", "prose", "customer's comment"),
        _STATUS,
        Column("disposition"),
        Column("refund", "money", "refund", core=True),
        _CURRENCY,
    ),
    "fees": (
        _ORDER_ID,
        Column("sku", "id", "SKU", tells=True),
        Column("product_name", label="product"),
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
        Column("campaign", label="campaign"),
        Column("ad_group", label="ad group"),
        Column("ad", label="ad"),
        Column("keyword", label="keyword"),
        Column("search_term"),
        Column("match"),
        Column("level"),
        _STATUS.called(None),
        Column("impressions", "number", "impressions", core=True),
        Column("clicks", "number", "clicks", core=True),
        Column("spend", "money", "spend", core=True),
        _ORDERS,
        _UNITS,
        _SALES,
        _CURRENCY,
    ),
    "coupons": (
        Column("coupon_id", "id", "promotion id"),
        Column("name", label="promotion", tells=True),
        Column("code", "id", "discount code"),
        Column("starts", "moment", "start date"),
        Column("ends", "moment", "end date"),
        _KIND.called("kind of discount"),
        Column("value", "money", "discount"),
        Column("minimum", "money", "minimum"),
        Column("minimum_kind"),
        Column("per_customer", "number", "times for each customer"),
        Column("funded_by", label="paid by"),
        _STATUS,
        Column("issued", "number", "issued"),
        Column("clips", "number"),
        Column("redemptions", "number", "times used"),
        Column("budget", "money", "budget"),
        Column("spent", "money", "discount given"),
        _SALES,
        _CURRENCY,
    ),
    "sessions": (
        _DAY,
        _DAY_TO,
        Column("channel", label="channel"),
        Column("page", label="page"),
        *_PRODUCT[:3],
        Column("parent_id", "id"),
        Column("sessions", "number", "sessions", core=True),
        Column("page_views", "number", "page views"),
        Column("featured_share", "number"),
        _UNITS,
        _ORDERS,
        _SALES,
        _CURRENCY.called(None),
    ),
    "customers": (
        _CUSTOMER_ID,
        Column("name", label="customer", tells=True),
        _EMAIL,
        _PHONE_HASH,
        _CITY,
        Column("region"),
        _COUNTRY,
        _ACCEPTS_MARKETING.called("agrees to marketing"),
        Column("total_spent", "money", "spent in total"),
        Column("total_orders", "number", "orders in total"),
        Column("tags"),
        Column("note", "prose"),
    ),
    "messages": (
        Column("text", "prose", "message"),
        Column("subject", label="subject", tells=True),
        Column("author_role", label="customer or seller", tells=True),
        Column("author", label="name of the sender"),
        _EMAIL,
        Column("sent_at", "moment", "date", core=True),
        _PLAIN_DAY,
        Column("thread_id", "id", "conversation", tells=True),
        Column("message_id", "id", "message id"),
        Column("channel", label="channel"),
        _ORDER_ID,
        *_PRODUCT,
        Column("public", "flag", "seen by the customer"),
        _STATUS,
        _LANGUAGE.called("language"),
    ),
    "articles": (
        _TITLE,
        Column("question", "prose", "question"),
        Column("text", "prose", "answer or text"),
        _KIND.called("kind of article"),
        Column("article_id", "id", "article id"),
        _STATUS,
        _URL,
        Column("updated_at", "moment", "date"),
        _PLAIN_DAY,
        _LANGUAGE.called("language"),
    ),
    "purchase_orders": (
        Column("po_id", "id", "purchase order", core=True, tells=True),
        _LINE_ID,
        _SUPPLIER,
        *_PRODUCT,
        _QUANTITY,
        Column("received", "number", "received"),
        _UNIT_COST,
        _AMOUNT,
        _DISCOUNT,
        _SHIPPING,
        _TAX,
        _CURRENCY,
        _STATUS,
        _STATUS_ORIGINAL,
        _ORDERED_AT,
        Column("expected_at", "moment", "expected on"),
        Column("received_at", "moment", "received on"),
        _PLAIN_DAY,
        _LOCATION,
    ),
    "suppliers": (
        _SUPPLIER,
        *_PRODUCT,
        _UNIT_COST,
        _CURRENCY,
        Column("lead_days", "number", "lead time in days", tells=True),
        Column("moq", "number", "least order quantity"),
        Column("pack", "number", "pack size"),
        _EMAIL.called("supplier's email"),
        Column("terms", label="payment terms"),
        Column("valid_from", "day", "valid from"),
    ),
    "payouts": (
        Column("payout_id", "id", "payout", core=True, tells=True),
        Column("reference", label="reference"),
        _KIND,
        _STATUS,
        _STATUS_ORIGINAL,
        _AMOUNT,
        Column("fee", "money", "fee"),
        Column("net", "money", "net amount"),
        _CURRENCY,
        _POSTED_AT,
        _PLAIN_DAY,
        _ORDER_ID.called(None),
    ),
    "rates": (
        _DAY,
        _CURRENCY.called("from currency"),
        Column("to_currency", label="to currency", tells=True),
        Column("rate", "number", "exchange rate", core=True, tells=True),
    ),
}
"""Every imported table with its own columns; `PROVENANCE` comes before and `EXTRA` after them."""

FAMILIES: dict[str, tuple[str, ...]] = {
    "review": ("reviews",),
    "order": ("order_lines", "orders"),
    "stock": ("stock",),
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
    "review": {"follow_up": "follow-up review"},
    "message": {"from_agent": "written by the seller: yes or no"},
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
