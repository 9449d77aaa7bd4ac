"""What to order: the sum opens, and packs, least quantities, spread of lead times and budgets do what they say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from engine.stock.ordering import Expected, Order, Supply, order, rounded, service_level, within_budget
from tests.sure import sure

TODAY = date(2026, 6, 1)
DEMAND = Expected(40.0, (39.0, 48.0, 53.0, 57.0))
SUPPLY = Supply(lead_days=21, review_days=7, cost=4.0, pack=6, least=12)


def _order(demand: Expected = DEMAND, supply: Supply = SUPPLY, *, on_hand: float = 20.0, price: float = 10.0) -> Order:
    return order("A", demand, supply, on_hand=on_hand, incoming=6.0, reserved=2.0, level=0.9, today=TODAY, price=price)


def test_the_quantity_is_a_sum() -> None:
    made = _order()
    assert made.target == 53.0
    assert made.need == made.target - (20 - 2) - 6 == 29.0
    assert (made.quantity, made.rounding, made.cost) == (30.0, "pack", 120.0)


def test_a_smallest_quantity_and_enough_on_hand() -> None:
    assert _order(on_hand=46.0).quantity == 12.0
    assert _order(on_hand=46.0).rounding == "least"
    assert _order(on_hand=60.0).quantity == 0.0


@pytest.mark.parametrize(("need", "quantity"), [(0.0, 0.0), (0.2, 12.0), (12.0, 12.0), (12.1, 18.0), (29.0, 30.0)])
def test_rounding_is_up_to_whole_packs(need: float, quantity: float) -> None:
    assert rounded(need, SUPPLY)[0] == quantity


def test_the_last_day_leaves_time_for_the_lead_time() -> None:
    late, early = _order(on_hand=8.0), _order(on_hand=70.0)
    assert late.last_day == TODAY and late.lasts < 0.1
    assert early.last_day is not None and early.last_day > TODAY and early.lasts > 0.95
    assert early.runs_out is not None and early.runs_out > early.last_day


def test_stock_that_nobody_buys_has_no_last_day() -> None:
    made = _order(demand=Expected(0.0, (0.0, 0.0, 0.0, 0.0)))
    assert (made.quantity, made.last_day, made.runs_out) == (0.0, None, None)
    assert made.lasts > 0.98


def test_a_lead_time_that_varies_needs_more() -> None:
    steady, shaky = _order(), _order(supply=replace(SUPPLY, lead_spread=10.0))
    assert shaky.target > steady.target + 5
    assert sure(shaky.last_day) <= sure(steady.last_day)


def test_chance_and_quantile_agree() -> None:
    for level in (0.5, 0.8, 0.9, 0.95):
        assert DEMAND.chance_within(DEMAND.at(level)) == pytest.approx(level, abs=0.005)
    assert DEMAND.at(0.97) > 57.0


def test_more_margin_asks_for_more_service() -> None:
    assert service_level(0.05) < service_level(0.3) < service_level(0.7)
    assert service_level(None) == 0.9


def test_a_budget_goes_where_it_saves_most() -> None:
    urgent = replace(_order(on_hand=0.0), sku="urgent")
    calm = replace(_order(on_hand=26.0, price=1.0), sku="calm")
    cut = {o.sku: o for o in within_budget([calm, urgent], budget=sure(urgent.cost) + 30)}
    assert cut["urgent"].quantity == urgent.quantity
    assert cut["calm"].quantity < calm.quantity and cut["calm"].rounding == "budget"
    assert sum(sure(o.cost) for o in cut.values()) <= sure(urgent.cost) + 30
