"""A finding about a discount code opens into the orders that carry it, whatever the code is written with."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from engine.promotions.desk import _always_on
from engine.promotions.facts import Code

CODE = Code("", "CNY", 40, 800.0, 40, 36, 0, "2026-01-01", "2026-06-30", 0.99)


@pytest.mark.parametrize("written", ["双11返场", "SUMMER'26", 'VIP "A"'])
def test_its_query_finds_the_orders_with_the_code(written: str) -> None:
    sold = SimpleNamespace(units=np.zeros((1, 180)))
    finding = _always_on(replace(CODE, code=written), sold)  # type: ignore[arg-type]
    assert finding is not None and finding.query is not None
    shop = sqlite3.connect(":memory:")
    shop.execute("CREATE TABLE orders (discount_code TEXT)")
    shop.executemany("INSERT INTO orders VALUES (?)", [(written,), ("OTHER",), (f"{written}, MORE",)])
    assert len(shop.execute(finding.query).fetchall()) == 2
