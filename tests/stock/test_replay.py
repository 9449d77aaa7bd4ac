"""Replaying a way of ordering on demand that is known."""

from __future__ import annotations

import numpy as np

from engine.stock.replay import Outcome, replay, weeks_at


def test_a_target_of_lead_and_review_demand_serves_all_of_steady_demand() -> None:
    units = np.full((3, 30), 10.0)
    full = replay(units, np.full((3, 30), 40.0), lead=3, start=5)
    assert full.fill == 1.0
    short = replay(units, np.full((3, 30), 20.0), lead=3, start=5)
    assert 0.4 < short.fill < 0.8


def test_no_order_arrives_before_its_lead_time() -> None:
    units = np.zeros((1, 10))
    units[0, 5:] = 10.0
    targets = np.zeros((1, 10))
    targets[0, 5:] = 100.0
    assert replay(units, targets, lead=3, start=4).fill == 20 / 50


def test_stock_at_a_fill_lies_between_the_settings_around_it() -> None:
    outcomes = [Outcome(0.8, 2.0), Outcome(0.9, 3.0), Outcome(0.96, 6.0)]
    assert weeks_at(outcomes, 0.85) == 2.5
    assert weeks_at(outcomes, 0.99) is None
