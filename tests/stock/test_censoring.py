"""Demand behind stock-outs, planted: what would have been sold is known."""

from __future__ import annotations

import numpy as np
import pytest

from engine.stock.censoring import uncensored
from tests.sure import sure


def _censored(
    share: float, seed: int, weeks: int = 104, rate: float = 12.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Demand, sales, and where the shelf was empty: each week's stock is drawn so that about `share` of them run out."""
    generator = np.random.default_rng(seed)
    demand = generator.poisson(rate, weeks).astype(float)
    stock = generator.poisson(rate, weeks) + np.where(generator.random(weeks) < share, -2.0, 12.0)
    sales = np.minimum(demand, np.maximum(stock, 0))
    return demand, sales, demand > stock


@pytest.mark.parametrize("share", [0.3, 0.55])
def test_true_demand_is_found_within_five_percent(share: float) -> None:
    found, read, true = [], [], []
    for seed in range(20):
        demand, sales, out = _censored(share, seed)
        answer = uncensored(sales, out)
        assert answer.rate is not None
        found.append(answer.rate)
        read.append(sales.mean())
        true.append(demand.mean())
    assert 0.15 < np.mean([_censored(share, s)[2].mean() for s in range(20)]) < 0.45
    assert abs(np.mean(found) / np.mean(true) - 1) < 0.05
    assert np.mean(read) / np.mean(true) < 0.97


def test_above_sixty_percent_of_weeks_it_is_refused() -> None:
    sales = np.full(20, 5.0)
    assert uncensored(sales, np.arange(20) < 13).rate is None
    assert uncensored(sales, np.arange(20) < 11).rate is not None


def test_what_was_lost_is_the_difference_and_never_negative() -> None:
    _, sales, out = _censored(0.4, 3)
    answer = uncensored(sales, out)
    assert answer.lost == pytest.approx((answer.units - sales).sum())
    assert (answer.units >= sales).all()
    assert answer.low < sure(answer.rate) < answer.high


def test_without_stock_outs_nothing_changes() -> None:
    sales = np.array([3.0, 4, 5, 4, 4])
    answer = uncensored(sales, np.zeros(5, dtype=bool))
    assert (answer.rate, answer.lost) == (4.0, 0.0)
