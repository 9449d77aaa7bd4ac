"""Replay: what a way of ordering would have achieved on the past, week by week, without knowing what came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from engine.stock.demand import Array


@dataclass(frozen=True)
class Outcome:
    """Mean over products: `fill`, the share of demanded units served, and `weeks`, mean stock in weeks of own demand."""

    fill: float
    weeks: float


def replay(units: Array, targets: Array, lead: int, start: int) -> Outcome:
    """Order up to `targets[:, t]` before every period t from `start` on; orders arrive `lead` periods later.

    What is not on the shelf is lost. The shelf begins full: with the first target, nothing on its way.

    Args:
        units: demand, shape (n, T); targets: shape (n, T), used from `start` on.
    """
    n, periods = units.shape
    shelf = np.maximum(targets[:, start], 0.0)
    coming = np.zeros((n, periods + lead + 1))
    served, stock = np.zeros(n), np.zeros(n)
    for t in range(start, periods):
        shelf = shelf + coming[:, t]
        position = shelf + coming[:, t + 1 : t + lead + 1].sum(axis=1)
        coming[:, t + lead] += np.maximum(0.0, np.ceil(targets[:, t] - position))
        sold = np.minimum(shelf, units[:, t])
        stock += (shelf + shelf - sold) / 2
        served += sold
        shelf = shelf - sold
    demanded = units[:, start:].sum(axis=1)
    some = demanded > 0
    mean = demanded[some] / (periods - start)
    return Outcome(
        float((served[some] / demanded[some]).mean()), float((stock[some] / (periods - start) / mean).mean())
    )


def weeks_at(outcomes: Sequence[Outcome], fill: float) -> float | None:
    """Stock that a way of ordering needs for a mean fill, between the two settings around it; None if never reached."""
    ordered = sorted(outcomes, key=lambda o: (o.fill, o.weeks))
    for low, high in pairwise(ordered):
        if low.fill <= fill <= high.fill:
            share = (fill - low.fill) / max(high.fill - low.fill, 1e-12)
            return round(low.weeks + share * (high.weeks - low.weeks), 2)
    return None
