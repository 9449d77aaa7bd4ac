"""Writes the sample shop: `python -m sample_data.generate [--seed N] [--out DIR]`.

The same seed gives the same bytes on every machine: only whole numbers are drawn, from generators of their own for
orders, reviews, words and files.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from random import Random
from typing import Any

from sample_data import FOLDER, formats, planted
from sample_data.orders import (
    AMAZON_LINES,
    DAYPACK_AMAZON,
    DAYPACK_SHOPIFY,
    SHOPIFY_LINES,
    TAOBAO_LINES,
    chinese,
    customers,
    western,
)
from sample_data.returns import amazon_returns
from sample_data.reviews import JUDGEME_FROM, chinese_reviews, english_reviews

SEED = 20261031


def generate(out: Path, seed: int = SEED) -> dict[str, Any]:
    """Write the export files into `out/files` and the truth into `out/truth.json`; return the truth.

    Files are only written here: nothing is removed, and a file of the same name is replaced.
    """
    rng = Random(f"{seed}:orders")
    people = customers(rng, 1500)
    shopify = western(rng, "shopify", SHOPIFY_LINES, DAYPACK_SHOPIFY, people)
    amazon = western(rng, "amazon", AMAZON_LINES, DAYPACK_AMAZON, people)
    taobao = chinese(rng, TAOBAO_LINES)
    english, mandarin = english_reviews(seed, shopify), chinese_reviews(seed, taobao)
    returned = amazon_returns(seed, amazon)
    new = [one for one in english if one.at.date() >= JUDGEME_FROM]
    old = [one for one in english if one.at.date() < JUDGEME_FROM]
    cells = Random(f"{seed}:files")
    files = {
        "shopify_products.csv": formats.shopify_products(cells),
        "shopify_orders.csv": formats.shopify_orders(cells, shopify),
        "judgeme_reviews.csv": formats.judgeme(cells, "judgeme_reviews.csv", new),
        "loox_reviews.csv": formats.loox("loox_reviews.csv", old),
        "amazon_all_orders.txt": formats.amazon_orders(amazon),
        "amazon_fba_returns.txt": formats.amazon_returns(cells, returned),
        "amazon_listings.txt": formats.amazon_listings(cells),
        "taobao_ExportOrderList.csv": formats.taobao_orders(taobao),
        "taobao_pingjia.csv": formats.taobao_reviews("taobao_pingjia.csv", mandarin),
    }
    truth = {
        "shop": "Tern & Hollow · 屿棠生活馆",
        "seed": seed,
        "period": planted.PERIOD,
        "rows": {
            "order_lines": sum(len(order.lines) for order in (*shopify, *amazon, *taobao)),
            "reviews": len(english) + len(mandarin),
            "returns": len(returned),
            "shopify_orders": len(shopify),
            "amazon_orders": len(amazon),
            "taobao_orders": len(taobao),
            "judgeme_reviews": len(new),
            "loox_reviews": len(old),
            "taobao_reviews": len(mandarin),
        },
        "truths": planted.planted(english, mandarin, shopify, amazon, returned),
        "background": planted.background(english, mandarin),
        "reviews": planted.gold((*english, *mandarin)),
    }
    folder = out / "files"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    (out / "truth.json").write_bytes(_dump(truth))
    return truth


def _dump(truth: dict[str, Any]) -> bytes:
    """JSON with one review to a line, so that a change of one shows as one."""
    marks = {key: value for key, value in truth.items() if key != "reviews"}
    head = json.dumps(marks, ensure_ascii=False, indent=1)[:-2]
    rows = ",\n".join(
        f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in truth["reviews"].items()
    )
    return f'{head},\n "reviews": {{\n{rows}\n }}\n}}\n'.encode()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m sample_data.generate", description="Write the sample shop.")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder for files/ and truth.json")
    chosen = parser.parse_args()
    truth = generate(chosen.out, chosen.seed)
    rows = truth["rows"]
    print(f"{rows['order_lines']} order lines, {rows['reviews']} reviews, {rows['returns']} returns in {chosen.out}")


if __name__ == "__main__":
    main()
