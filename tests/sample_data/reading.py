"""Reads the sample shop's files on its own terms: nothing here asks the generator what it wrote."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from sample_data import FOLDER
from sample_data.catalogue import PRODUCTS_ZH
from sample_data.compose import TYPOS
from sample_data.texts import EN, ZH


def text_of(name: str) -> str:
    """A file's text, decoded as its platform encodes it."""
    encoding = "gb18030" if name.startswith("taobao") else "utf-8"
    return (FOLDER / "files" / name).read_bytes().decode(encoding)


@cache
def rows(name: str) -> list[dict[str, str]]:
    """A file's records by column name; `line` is the physical line on which each begins."""
    delimiter = "\t" if name.endswith(".txt") else ","
    reader = csv.reader(
        io.StringIO(text_of(name), newline=""),
        delimiter=delimiter,
        quoting=csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL,
    )
    header = next(reader)
    found, begins = [], reader.line_num + 1
    for cells in reader:
        assert len(cells) == len(header), f"{name}:{begins} has {len(cells)} cells"
        found.append({**dict(zip(header, cells, strict=True)), "line": str(begins)})
        begins = reader.line_num + 1
    return found


@dataclass(frozen=True)
class Said:
    """A review as a file tells it."""

    id: str
    product: str
    stars: int
    day: str
    text: str
    email: str = ""
    courier: str = ""
    variant: str = ""


@cache
def couriers() -> dict[tuple[str, str], set[str]]:
    """(email, handle) -> the shipping methods of the Shopify orders in which this buyer got this product."""
    handles: dict[str, str] = {row["SKU"]: row["URL handle"] for row in rows("shopify_products.csv")}
    methods: dict[str, str] = {}
    found: dict[tuple[str, str], set[str]] = {}
    for row in rows("shopify_orders.csv"):
        method = methods.setdefault(row["Name"], row["Shipping Method"])
        found.setdefault((row["Email"], handles[row["Lineitem sku"]]), set()).add(method)
    return found


@cache
def reviews() -> list[Said]:
    """All reviews of the three review files; an English one's courier is found through the buyer's orders."""
    found = []
    for name in ("judgeme_reviews.csv", "loox_reviews.csv"):
        for row in rows(name):
            email = row.get("reviewer_email", row.get("email", ""))
            day = row.get("review_date", row.get("created_at", ""))[:10]
            methods = couriers().get((email, row["product_handle"]), set())
            courier = next(iter(methods)) if len(methods) == 1 else "?" if methods else ""
            found.append(
                Said(
                    f"{name}:{row['line']}", row["product_handle"], int(row["rating"]), day, row["body"], email, courier
                )
            )
    keys = {product.title: product.key for product in PRODUCTS_ZH}
    found += [
        Said(
            f"taobao_pingjia.csv:{row['line']}",
            keys[row["宝贝标题"]],
            int(row["评分"]),
            row["评价时间"][:10],
            f"{row['评价内容']}\n{row['追评']}",
            "",
            row["物流公司"],
            row["规格"],
        )
        for row in rows("taobao_pingjia.csv")
    ]
    return found


def _bare(text: str) -> str:
    for right, wrong in TYPOS.items():
        text = re.sub(rf"\b{wrong}\b", right, text)
    return re.sub(r"[^a-z0-9一-鿿]", "", text.lower())


@cache
def _marks(topic: str) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(_bare(piece) for piece in re.split(r"\{\w+\}", sentence) if _bare(piece))
        for texts in (EN, ZH)
        for pool in (texts.topics[topic].pools if topic in texts.topics else ())
        for sentence in pool
    )


def speaks_of(topic: str, text: str) -> bool:
    """Whether a text holds one of a topic's sentences, whatever fills its slots and however it was typed."""
    bare = _bare(text)
    for pieces in _marks(topic):
        at = 0
        for piece in pieces:
            at = bare.find(piece, at)
            if at < 0:
                break
            at += len(piece)
        else:
            return True
    return False


def share(said: list[Said], topic: str) -> dict[str, int]:
    """`k` of `n`."""
    return {"k": sum(speaks_of(topic, one.text) for one in said), "n": len(said)}


def named(truths: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The truth of this id."""
    return next(truth for truth in truths if truth["id"] == name)
