"""A shop in a temporary folder, and short ways to drop a file into it."""

# Rows of a file are as long as they are.
# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.desks.opening import open_store
from engine.importing.desk import import_file
from engine.importing.report import ImportReport, ImportSettings
from engine.store.database import Store

Load = Callable[..., ImportReport]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    # With the tables and triggers of every desk: what they derive from imported rows goes with these.
    return open_store(tmp_path / "my.shop", create=True)


@pytest.fixture
def drop(tmp_path: Path) -> Callable[..., Path]:
    """Write a file: text in an encoding, or bytes."""

    def write(content: str | bytes, name: str = "file.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


@pytest.fixture
def load(store: Store, drop: Callable[..., Path]) -> Load:
    """Write a file and import it; the report of its only table."""

    def run(content: str | bytes, name: str = "file.csv", encoding: str = "utf-8", **settings: Any) -> ImportReport:
        reports = import_file(store, drop(content, name, encoding), ImportSettings(**settings))
        assert len(reports) == 1
        return reports[0]

    return run


SHOPIFY_HEADER = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,"
    "Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,"
    "Shipping Name,Shipping City,Notes,Cancelled at,Refunded Amount,Source,Lineitem discount"
)
# Two orders, three lines; the second line of #1 leaves the order's own columns blank.
SHOPIFY = f"""{SHOPIFY_HEADER}
#1,ann@example.com,paid,2026-03-01 10:00:00 +0200,fulfilled,EUR,50.00,5.00,0.00,55.00,,0.00,Swift Post,2026-03-01 09:59:00 +0200,2,Blue Shirt,20.00,BS-1,Ann Lee,Graz,,,0.00,web,0.00
#1,ann@example.com,,,,,,,,,,,,2026-03-01 09:59:00 +0200,1,Red Sock,10.00,RS-1,,,,,,,0.00
#2,bob@example.com,refunded,2026-03-02 11:00:00 +0200,unfulfilled,EUR,18.00,0.00,0.00,18.00,SPRING,2.00,Swift Post,2026-03-02 10:59:00 +0200,1,Blue Shirt,20.00,BS-1,Bob Ray,Linz,,,18.00,web,0.00
"""
JUDGEME_HEADER = (
    "title,body,rating,review_date,source,curated,reviewer_name,reviewer_email,product_id,product_handle,reply,"
    "reply_date,picture_urls,ip_address,location,metaobject_handle"
)


def judgeme(*rows: tuple[str, str, int, str, str, str]) -> str:
    """A Judge.me file of (title, body, stars, date, email, handle)."""
    lines = [JUDGEME_HEADER]
    for title, body, stars, date, email, handle in rows:
        quoted = body.replace('"', '""')
        lines.append(f'{title},"{quoted}",{stars},{date},email,ok,A. Person,{email},1,{handle},,,,,,')
    return "\n".join(lines) + "\n"


PDD = ["商品", "订单号", "订单状态", "商品总价(元)", "邮费(元)", "店铺优惠折扣(元)", "平台优惠折扣(元)", "用户实付金额(元)", "商家实收金额(元)", "商品数量(件)", "商品id", "商品规格", "商家备注"]  # fmt: skip


def pdd(order: str, note: str = "", total: float = 27) -> list[str | float]:
    return ["雨伞", order, "已收货", 30, 0, 2, 1, total, 28, 1, "00777", "红", note]
