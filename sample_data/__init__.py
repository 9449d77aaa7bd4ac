"""A small invented bilingual shop with planted truths: its export files, what is planted in them, its generator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent

# Catalogues first, then orders, then what refers to them.
FILES = (
    "shopify_products.csv",
    "amazon_listings.txt",
    "shopify_orders.csv",
    "amazon_all_orders.txt",
    "taobao_ExportOrderList.csv",
    "amazon_fba_returns.txt",
    "judgeme_reviews.csv",
    "loox_reviews.csv",
    "taobao_pingjia.csv",
)


def export_files() -> list[Path]:
    """The shop's export files, in a good order to import them."""
    return [FOLDER / "files" / name for name in FILES]


def truth() -> dict[str, Any]:
    """What is planted in the files; see `README.md` for its shape."""
    found: dict[str, Any] = json.loads((FOLDER / "truth.json").read_text(encoding="utf-8"))
    return found
