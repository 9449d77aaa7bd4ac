"""Invented shops with known truths, for the tests of the stock desk."""

from __future__ import annotations

from datetime import date

import numpy as np

from engine.stock.demand import Array, Panel


def as_panel(units: Array, step: str = "week", start: date = date(2024, 1, 1)) -> Panel:
    """A panel of `units` without prices or promotions."""
    none = np.zeros(units.shape, dtype=bool)
    ids = tuple(f"sku-{i}" for i in range(len(units)))
    return Panel(ids, step, None if step == "period" else start, units, none, np.full(units.shape, np.nan))


def counts(rates: Array, seed: int, spread: float = 3.0) -> Array:
    """Negative binomial units around `rates` (shape (n, T)): variance rate + rate² / spread."""
    generator = np.random.default_rng(seed)
    return generator.negative_binomial(spread, spread / (spread + rates)).astype(np.float64)
