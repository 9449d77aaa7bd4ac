"""The invented shop's products: what they are called on each platform, what they cost, and what customers say of them.

Tern & Hollow is a small seller of outdoor, electronic, home and clothing goods under four brands of its own; 屿棠
is its shop on a Chinese marketplace. Neither exists. The products themselves are in `catalogue.toml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sample_data.texts import Pool, lines, read


@dataclass(frozen=True)
class Product:
    """One product of the shop; prices and costs in dollars.

    `key` is the Shopify handle. `parts` are things a review can speak of (a trailing `+` marks a plural), `said` whole
    sentences that fit only this product, `gripes` complaints each of which one customer may have; `plain` neutral remarks.
    `weight` is the share of orders, `reviews` how many it gets.
    """

    key: str
    title: str
    brand: str
    kind: str
    category: str
    price: str
    cost: str
    grams: int
    option: str
    values: tuple[str, ...]
    code: str
    weight: int
    reviews: int
    parts: tuple[str, ...]
    said: Pool
    gripes: Pool
    plain: Pool = ()
    asin: str = ""
    about: str = ""

    @property
    def skus(self) -> tuple[str, ...]:
        """One stock keeping unit per option value, in the order of `values`."""
        return tuple(f"{self.code}-{number:02d}" for number in range(1, len(self.values) + 1))


@dataclass(frozen=True)
class ProductZh:
    """One product of the Chinese shop; fields as in `Product`, `key` a short slug, prices in yuan."""

    key: str
    title: str
    price: str
    values: tuple[str, ...]
    weight: int
    reviews: int
    parts: tuple[str, ...]
    said: Pool
    gripes: Pool
    plain: Pool
    english: str


def _fields(entry: dict[str, Any]) -> dict[str, Any]:
    sentences = {name: lines(entry[name]) for name in ("said", "gripes", "plain") if name in entry}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()} | sentences


_DATA = read("catalogue.toml")
PRODUCTS = tuple(Product(**_fields(entry)) for entry in _DATA["western"])
PRODUCTS_ZH = tuple(ProductZh(**_fields(entry)) for entry in _DATA["chinese"])
HANDLES = {product.key: product for product in PRODUCTS}


def subject(product: Product | ProductZh) -> dict[str, Any]:
    """Every name a product goes by in the files."""
    if isinstance(product, ProductZh):
        return {"key": product.key, "title": product.title, "english": product.english}
    names: dict[str, Any] = {
        "key": product.key,
        "handle": product.key,
        "title": product.title,
        "skus": list(product.skus),
    }
    return names | ({"asin": product.asin} if product.asin else {})
