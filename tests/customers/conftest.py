"""Invented histories with planted habits, small enough for milliseconds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from engine.customers.history import History

START = datetime(2025, 1, 1)
Baskets = Sequence[tuple[str | None, float, Sequence[str]]]


def lines_of(baskets: Baskets) -> pl.DataFrame:
    """(customer, day, items) as order lines."""
    rows = [
        {
            "customer": who,
            "basket": f"b{number:06d}",
            "time": START + timedelta(days=day),
            "item": item,
            "quantity": 1.0,
        }
        for number, (who, day, items) in enumerate(baskets)
        for item in items
    ]
    schema: dict[str, Any] = {
        "customer": pl.String,
        "basket": pl.String,
        "time": pl.Datetime("us"),
        "item": pl.String,
        "quantity": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema)


def history_of(baskets: Baskets) -> History:
    """(customer, day, items) as a history."""
    return History.of(lines_of(baskets))


def random_baskets(
    seed: int, count: int = 1500, items: int = 60, people: int = 300, largest: int = 0, days: int = 360
) -> list[tuple[str | None, float, list[str]]]:
    """Baskets without any link: popular items are drawn more often, sizes vary, one may be very large."""
    rng = np.random.default_rng(seed)
    weight = 1 / np.arange(2, items + 2)
    weight /= weight.sum()
    baskets: list[tuple[str | None, float, list[str]]] = []
    for number in range(count):
        size = int(min(rng.geometric(0.35), items // 2))
        if largest and number % 150 == 7:
            size = min(largest, items)
        chosen = rng.choice(items, size, replace=False, p=weight)
        baskets.append((f"k{rng.integers(people)}", float(rng.uniform(0, days)), [f"i{item}" for item in chosen]))
    return baskets
