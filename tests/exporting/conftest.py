"""A shop with a few rows of every kind that an export must not change."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.importing.desk import import_file
from engine.shop import Shop
from tests.importing.conftest import SHOPIFY, judgeme

REVIEWS = judgeme(
    ("=1+1", "-bad, @home\nand a | pipe", 1, "2026-03-01", "a@example.com", "00123"),
    ("好看", "围巾很软，颜色和图片一样 🧣", 5, "2026-03-02", "b@example.com", "scarf"),
)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path / "my.shop", create=True)
    for name, text in (("orders.csv", SHOPIFY), ("reviews.csv", REVIEWS)):
        (tmp_path / name).write_text(text, encoding="utf-8")
        import_file(shop.store, tmp_path / name)
    return shop
