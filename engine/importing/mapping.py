"""A mapping of columns to meanings, proposed and accepted or a seller's own, as a profile that loads the file."""

from __future__ import annotations

from collections.abc import Sequence

from engine.importing.guessing import FAMILIES
from engine.importing.profiles import KINDS, Field, Profile, TableRule, Version, table_columns
from engine.importing.words import words


def family_of(chosen: Sequence[str]) -> str | None:
    """The family that a seller's own mapping fills, or None when it is not enough for any."""
    wanted = set(chosen)
    for family, (table, needs) in FAMILIES.items():
        if any(wanted.issuperset(need) for need in needs) and wanted <= {
            *table_columns(table),
            *words()[family],
            "place",
        }:
            return family
    return None


_OF_A_LINE = ("product_id", "sku", "product_name", "quantity", "unit_price", "line_id", "variant")
_ADDED_UP = ("discount", "tax", "shipping", "refunded")


def profile_of(mapping: dict[str, str], family: str, header: Sequence[str], packed: Sequence[str] = ()) -> Profile:
    """A profile that loads a file by a mapping of column name to meaning.

    A review without text is kept for its stars; where the file has no stars, the text is required. In `packed` columns of
    an order file several items stand in one cell.
    """
    # What a customer added later belongs to what was said.
    follow_up = next((column for column, meaning in mapping.items() if meaning == "follow_up"), None)
    mapping = {column: meaning for column, meaning in mapping.items() if meaning != "follow_up"}
    # Every column of counts under the name of a place says how much is on hand there.
    places = [column for column, meaning in mapping.items() if meaning == "place"]
    mapping = {column: meaning for column, meaning in mapping.items() if meaning != "place"}
    required = _REQUIRED.get(family, set()) - ({"text"} if "stars" in mapping.values() else set())
    fields = {meaning: Field([column], required=meaning in required) for column, meaning in mapping.items()}
    if family == "purchase":
        # The second line of an order often leaves what holds for all of it empty.
        fields |= {name: _down(fields[name]) for name in _OF_A_PURCHASE if name in fields}
    if follow_up is not None and "text" in fields:
        fields["text"] = Field([*fields["text"].names, follow_up], required="text" in required, join="\n")
    if family == "order" and fields.keys() & {"product_name"} and fields["product_name"].names[0] in packed:
        # What the row says besides is of the whole order; the items have their own names and counts.
        fields["items"] = Field(fields["product_name"].names, kind="packed")
        fields |= {name: Field([], kind=KINDS[name]) for name in ("product_name", "quantity")}
    table = FAMILIES[family][0]
    if family == "message":
        fields = _of_messages(fields, packed)
    if family == "coupon":
        fields = _of_coupons(fields)
    fields |= {name: _as(fields[name], kind) for name, kind in _KINDS_OF.get(family, {}).items() if name in fields}
    if family == "order":
        tables = _packed_tables(fields) if "items" in fields else _order_tables(fields)
        group = ["order_id"] if "order_id" in fields else []
    elif family == "product":
        tables, group = _product_tables(fields), []
    else:
        columns = [m for m in fields if m in table_columns(table)]
        rule = TableRule(columns=columns, set=_derived(family, fields), spread=bool(places), places=places)
        tables = {table: rule}
        group = []
    version = [Version([name for name in header if name.strip()])]
    by_unit = family == "order" and "unit_price" in fields and not {"quantity", "amount"} & set(fields)
    notes = ["No column says how many: each row was counted as one unit."] if by_unit else []
    if family == "coupon" and set(fields) == {"code"}:
        notes.append("These are codes alone: without value, days or use nothing can be said of what they brought.")
    report = "orders" if family == "order" else table
    return Profile("file", report, report, fields, tables, version, name="mapping", group=group, notes=notes)


# What a row of a family must have; a message without a word says nothing.
_REQUIRED = {
    "review": {"order_id", "text"},
    "order": {"order_id"},
    "returns": {"order_id"},
    "message": {"text"},
    "article": {"text"},
    "supplier": {"supplier"},
}
# How cells are read where a family says it in words of its own.
_KINDS_OF = {
    "message": {"text": "html", "author_role": "role", "from_agent": "flag", "status": "text"},
    "article": {"text": "html", "status": "text"},
    "purchase": {"status": "purchase"},
    "coupon": {
        "value": "reduction",
        "minimum": "threshold",
        "kind": "discount",
        "funded_by": "funded_by",
        "status": "text",
    },
}
_OF_A_PURCHASE = ("po_id", "supplier", "ordered_at", "expected_at", "status", "currency")


def _as(field: Field, kind: str) -> Field:
    return Field(field.names, kind=kind, required=field.required, join=field.join, down=field.down)


def _down(field: Field) -> Field:
    return Field(field.names, kind=field.kind, required=field.required, down=True)


def _of_messages(fields: dict[str, Field], packed: Sequence[str]) -> dict[str, Field]:
    """A ticket is a conversation of its own; a whole conversation in one cell becomes its messages."""
    if "thread_id" not in fields and "message_id" in fields and fields.keys() & {"subject", "status"}:
        fields["thread_id"] = fields.pop("message_id")
    if "text" in fields and fields["text"].names[0] in packed:
        fields["log"] = Field(fields.pop("text").names, kind="chat")
        owner = fields.pop("author", None)
        if owner is not None and "thread_id" not in fields:
            fields["thread_id"] = owner
        fields |= {"customer_said": owner} if owner is not None else {}
        fields |= {name: Field([]) for name in ("sent_at", "author", "text", "note")}
    return fields


_AMOUNT_WORDS = ("amount", "spend", "金额", "门槛", "满", "消费", "betrag", "importe", "montant")
_COUNT_WORDS = ("quantity", "qty", "件", "数量", "menge", "cantidad")


def _of_coupons(fields: dict[str, Field]) -> dict[str, Field]:
    """A minimum may be a quantity in one file and an amount in another: its words are looked at."""
    if "minimum" in fields:
        fields["minimum_said"] = Field(fields["minimum"].names, kind="text")
    return fields


def _minimum_kind(name: str) -> str:
    said = name.casefold()
    if any(word in said for word in _COUNT_WORDS):
        return "CASE WHEN minimum IS NOT NULL THEN 'quantity' END"
    if any(word in said for word in _AMOUNT_WORDS):
        return "CASE WHEN minimum IS NOT NULL THEN 'amount' END"
    # Without decimals or a currency sign it counts pieces.
    return "CASE WHEN minimum IS NULL THEN NULL WHEN minimum_said ~ '^[0-9]+$' THEN 'quantity' ELSE 'amount' END"


def _derived(family: str, fields: dict[str, Field]) -> dict[str, str]:
    """Stored columns that follow from others in the families that say them in their own way."""
    if family == "message" and "from_agent" in fields and "author_role" not in fields:
        note = "WHEN from_agent = 1 AND public = 0 THEN 'note' " if "public" in fields else ""
        return {"author_role": f"CASE {note}WHEN from_agent = 1 THEN 'seller' WHEN from_agent = 0 THEN 'customer' END"}
    if family == "article" and "status" in fields:
        return {
            "status": PUBLISHED.format(
                name="status", draft=str("draft" in fields["status"].names[0].casefold()).upper()
            )
        }
    if family == "message" and "log" in fields:
        who = "CASE WHEN note = 'note' THEN 'system' END"
        if "customer_said" in fields:
            who = (
                "CASE WHEN note = 'note' THEN 'system' WHEN author = customer_said THEN 'customer' "
                "WHEN author IS NOT NULL THEN 'seller' END"
            )
        return {"author_role": who}
    if family == "coupon":
        # Some platforms write a discount as what is taken off: -10 or -25 %.
        setting = {"value": "abs(value)"} if "value" in fields else {}
        if "minimum" in fields:
            setting["minimum_kind"] = _minimum_kind(fields["minimum"].names[0])
        return setting
    return {}


PUBLISHED = (
    "CASE WHEN lower({name}) IN ('true', '1', 'yes', '是') THEN CASE WHEN {draft} THEN 'draft' ELSE 'published' END "
    "WHEN lower({name}) IN ('false', '0', 'no', '否') THEN CASE WHEN {draft} THEN 'published' ELSE 'draft' END ELSE {name} END"
)


def _product_tables(fields: dict[str, Field]) -> dict[str, TableRule]:
    """A product per row; a variant as well where rows have what only variants have."""
    tables = {}
    if "title" in fields:
        key = ["product_id"] if "product_id" in fields else ["title"]
        tables["products"] = TableRule(columns=[m for m in fields if m in table_columns("products")], key=key)
    if {"sku", "stock", "barcode"} & set(fields):
        key = ["sku"] if "sku" in fields else []
        columns = [m for m in fields if m in table_columns("variants") and m != "title"]
        tables["variants"] = TableRule(columns=columns, key=key)
    return tables


def _order_tables(fields: dict[str, Field]) -> dict[str, TableRule]:
    """Order lines where rows name a product or a count, and orders where they name an order."""
    tables = {}
    amount = "amount" if "amount" in fields else None
    if any(meaning in fields for meaning in _OF_A_LINE) or "order_id" not in fields:
        setting, amount = _line_amount(fields)
        columns = [m for m in fields if m in table_columns("order_lines")]
        tables["order_lines"] = TableRule(columns=columns, set=setting)
    if "order_id" in fields:
        columns = [m for m in fields if m in table_columns("orders") and m not in (*_ADDED_UP, "amount")]
        # A discount that its lines carry is counted there.
        sums = {m: m for m in _ADDED_UP if m in fields and not (tables and m == "discount")}
        if amount:
            sums["subtotal" if tables else "total"] = amount
        tables["orders"] = TableRule(columns=columns, sum=sums, one_per=["order_id"])
    return tables


def _packed_tables(fields: dict[str, Field]) -> dict[str, TableRule]:
    """Order lines out of packed cells, and orders, whose amounts are stated once for all their items."""
    whole = next((name for name in ("amount", "total", "unit_price") if name in fields), None)
    lines = [m for m in fields if m in table_columns("order_lines") and m not in ("amount", "unit_price", *_ADDED_UP)]
    alone = {"amount": f"CASE WHEN parts = 1 THEN {whole} END"} if whole else {}
    tables = {"order_lines": TableRule(columns=lines, set=alone)}
    if "order_id" in fields:
        columns = [m for m in fields if m in table_columns("orders") and m != "amount"]
        tables["orders"] = TableRule(columns=columns, set={"total": whole} if whole else {}, one_per=["order_id"])
    return tables


def _line_amount(fields: dict[str, Field]) -> tuple[dict[str, str], str | None]:
    """What an order line stores beside its own columns, and the expression for its amount (None where nothing tells)."""
    if "amount" in fields:
        return {}, "amount"
    if {"quantity", "unit_price"} <= set(fields):
        amount = "quantity * unit_price" + (" - coalesce(discount, 0)" if "discount" in fields else "")
        return {"amount": amount}, amount
    if "unit_price" in fields:
        # A file of order items without a count has one row per unit; the report says so.
        return {"quantity": "CASE WHEN unit_price IS NOT NULL THEN 1.0 END", "amount": "unit_price"}, "unit_price"
    return {}, None
