"""Promotions in the past and in the plan: what a promoted period sold is set back to what it would have sold."""

from __future__ import annotations

import numpy as np

from engine.stock.demand import Array, Panel, filled

_WORTH = 6.0
"""Promoted periods that the shop's lift is worth against a product's own."""
_MOST = 6.0


def without_promotions(panel: Panel, horizon: int) -> tuple[Array, Array]:
    """Units with promoted periods taken from the unpromoted ones around them, and the factor of each planned period.

    The factor of a planned promotion is the product's past lift shrunken to the shop's; 1 where none is planned.

    Returns:
        units of shape (n, T); factors of shape (n, max(horizon, planned periods)).
    """
    n, periods = panel.units.shape
    past, plan = panel.promoted[:, :periods], panel.promoted[:, periods:]
    width = max(horizon, plan.shape[1])
    factors = np.ones((n, width))
    if not past.any():
        return panel.units, factors
    # A product on promotion nearly always has no unpromoted sales to be set back to.
    rare = past & (past.mean(axis=1, keepdims=True) <= 0.5)
    base = filled(panel.units, rare)
    sold, expected = (panel.units * rare).sum(axis=1), (base * rare).sum(axis=1)
    if expected.sum() > 0:
        shop = float(np.clip(np.minimum(sold, _MOST * expected).sum() / expected.sum(), 0.5, _MOST))
        typical = np.maximum(base.mean(axis=1), 1e-9) * _WORTH
        lift = np.clip((sold + shop * typical) / (expected + typical), 0.5, _MOST)
        factors[:, : plan.shape[1]] = np.where(plan, lift[:, None], 1.0)
    return base, factors
