"""Designing a promotion: arithmetic that can be checked by hand, and an elasticity that was planted."""

from __future__ import annotations

import numpy as np
import pytest

from engine.promotions.design import break_even_lift, design, elasticities, holdout_share, periods_for_test
from tests.sure import sure


def test_break_even_lift_is_margin_over_what_is_left_of_it() -> None:
    assert break_even_lift(0.5, 0.2) == pytest.approx(0.5 / 0.3 - 1)
    assert break_even_lift(0.2, 0.2) is None


def _priced(true: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    price = np.full((25, 80), 10.0)
    for i in range(15):
        price[i, i % 9 :: 9] = 8.0
    shop = np.exp(generator.normal(0, 0.1, 80))
    return generator.poisson(30 * (price / 10) ** -true * shop).astype(float), price


def test_a_planted_elasticity_is_found_and_shared_with_products_whose_price_never_moved() -> None:
    found = [sure(one) for one in elasticities(*_priced(2.0))]
    assert np.mean([e.value for e in found[:15]]) == pytest.approx(2.0, abs=0.25)
    assert found[20].own is None and found[20].value == pytest.approx(2.0, abs=0.4)
    assert found[20].high - found[20].low > found[3].high - found[3].low


def test_without_any_price_change_nothing_is_claimed() -> None:
    units, price = _priced(2.0)
    assert elasticities(units, np.full_like(price, 10.0)) == [None] * 25
    made = design(0.5, 0.2, None, baseline=10, dispersion=1, periods=2, stock=30)
    assert made.likely is None and made.pays is None and made.stock_lasts is None


def test_a_design_says_whether_it_pays_and_the_stock_lasts() -> None:
    strong, weak = elasticities(*_priced(4.0))[0], elasticities(*_priced(0.5))[0]
    good = design(0.6, 0.2, strong, baseline=10, dispersion=1.5, periods=2, stock=25)
    assert good.pays is True and good.stock_lasts is False
    assert design(0.6, 0.2, weak, baseline=10, dispersion=1.5, periods=2, stock=25).pays is False
    assert design(0.15, 0.2, strong, baseline=10, dispersion=1.5, periods=2, stock=25).pays is False


def test_a_smaller_lift_takes_a_longer_test() -> None:
    assert sure(periods_for_test(10, 2, 0.2)) > sure(periods_for_test(10, 2, 0.5)) > 2
    assert periods_for_test(10, 2, 0.0) is None
    assert sure(holdout_share(20, 400, 0.2)) > sure(holdout_share(20, 400, 0.6)) > 100
