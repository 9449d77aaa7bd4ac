"""What the shop holds of its products, as fact ledgers; read-only."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from engine.errors import UsageError
from engine.writing.ledger import Ledger, ledger

if TYPE_CHECKING:
    from engine.store.database import Store

MOST_REVIEWS = 200
"""Reviews of a product that copy is held against, newest first."""


def product_named(store: Store, wanted: str) -> str:
    """The key of the product with this key, SKU, product id or name.

    Raises:
        UsageError: no product has it, or several have.
    """
    rows = store.rows(
        "SELECT DISTINCT product FROM ("
        "SELECT product FROM product_keys WHERE product = :it OR name = :it "
        "UNION SELECT product FROM product_identifiers WHERE value = :it "
        "UNION SELECT product FROM variants WHERE sku = :it "
        "UNION SELECT product FROM products WHERE product_id = :it OR title = :it) WHERE product IS NOT NULL",
        {"it": wanted},
    )
    if len(rows) == 1:
        return str(rows[0]["product"])
    if rows:
        raise UsageError(f"several products are called {wanted}.", todo="Name one by its SKU.")
    raise UsageError(
        f"no product is called {wanted}.", todo="`backroom sql SHOP 'select * from product_keys'` lists them."
    )


def products(store: Store) -> list[str]:
    """The keys of all products that a file of products describes, in order."""
    rows = store.rows("SELECT DISTINCT product FROM products WHERE product IS NOT NULL ORDER BY product")
    return [str(row["product"]) for row in rows]


def ledger_of(store: Store, product: str) -> Ledger:
    """Everything that the shop's own product files state of a product: brand, category, options of its variants, weight."""
    attributes: dict[str, list[str]] = defaultdict(list)
    name = ""
    for row in store.rows("SELECT * FROM products WHERE product = ? ORDER BY id", [product]):
        name = name or str(row["title"] or "")
        _add(attributes, "Brand", row["brand"])
        _add(attributes, "Category", row["category"])
        _add(attributes, "Item", row["kind"])
    for row in store.rows("SELECT * FROM variants WHERE product = ? ORDER BY id", [product]):
        for number in (1, 2, 3):
            if (row[f"option{number}_name"] or "").strip().lower() not in ("", "title"):
                _add(attributes, row[f"option{number}_name"], row[f"option{number}"])
        if row["weight_grams"]:
            _add(attributes, "Weight", f"{row['weight_grams']:g} g")
    reviews = store.rows(
        "SELECT text FROM reviews WHERE product = ? ORDER BY day DESC, id DESC LIMIT ?", [product, MOST_REVIEWS]
    )
    return ledger(product, name, attributes, [str(row["text"]) for row in reviews])


def _add(attributes: dict[str, list[str]], name: str, value: Any) -> None:
    if value not in (None, "") and str(value) not in attributes[name]:
        attributes[name].append(str(value))


def listings(store: Store) -> list[dict[str, Any]]:
    """Every live listing with its texts: id, product, platform, title, description, file, line."""
    return store.rows(
        "SELECT id, product, product_name, platform, title, description, file, line FROM v_products "
        "WHERE coalesce(status, 'active') NOT IN ('draft', 'archived', 'inactive', 'deleted') ORDER BY id"
    )
