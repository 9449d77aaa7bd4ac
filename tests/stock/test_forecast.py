"""Forecasts on invented shops: what they promise is kept, and what they do not know they say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.stock.demand import demand_class
from engine.stock.forecast import forecast
from engine.stock.smoothing import NAMES, candidates, capped, exponential, weights
from tests.stock.shops import as_panel, counts

SPAN = 4


def _shop(seed: int, n: int = 120, weeks: int = 52) -> np.ndarray:
    generator = np.random.default_rng(seed)
    rates = np.exp(generator.normal(1.0, 1.4, n))[:, None] * np.exp(
        0.02 * generator.normal(size=(n, weeks)).cumsum(axis=1)
    )
    return counts(rates, seed)


@pytest.fixture(scope="module")
def judged() -> tuple[np.ndarray, list]:
    units = _shop(7)
    return units[:, -SPAN:], forecast(as_panel(units[:, :-SPAN]), SPAN, SPAN)


def test_quantiles_of_the_lead_time_cover_what_they_say(judged: tuple[np.ndarray, list]) -> None:
    ahead, forecasts = judged
    sold = ahead.sum(axis=1)
    for name, low, high in (("p50", 0.40, 0.62), ("p80", 0.72, 0.90), ("p90", 0.83, 0.96), ("p95", 0.89, 0.99)):
        covered = np.mean([s <= f.total[name] for s, f in zip(sold, forecasts, strict=True)])
        assert low <= covered <= high, name


def test_the_forecast_beats_the_simple_guesses_where_there_is_something_to_learn(
    judged: tuple[np.ndarray, list],
) -> None:
    ahead, forecasts = judged
    past = _shop(7)[:, :-SPAN]
    error = np.abs(np.array([f.mean for f in forecasts]) - ahead).mean()
    assert error < 0.8 * np.abs(past[:, -1:] - ahead).mean()
    skills = [f.skill for f in forecasts if f.skill is not None]
    assert np.median(skills) > 0.2


def test_quantiles_rise_and_classes_are_shown(judged: tuple[np.ndarray, list]) -> None:
    _, forecasts = judged
    past = _shop(7)[:, :-SPAN]
    for i, made in enumerate(forecasts):
        row = made.as_json()
        assert row["p50"][0] <= row["p80"][0] <= row["p90"][0] <= row["p95"][0]
        assert list(row["total"].values())[1:] == sorted(list(row["total"].values())[1:])
        assert row["class"] == demand_class(past[i])
        assert len(row["mean"]) == len(row["p95"]) == SPAN


def test_the_same_table_gives_the_same_forecast() -> None:
    units = _shop(8, 60, 40)
    first, again = (forecast(as_panel(units), 3, 2) for _ in range(2))
    assert [f.as_json() for f in first] == [f.as_json() for f in again]


def test_where_the_last_value_is_the_best_guess_no_skill_is_claimed() -> None:
    steps = np.random.default_rng(3).normal(0, 8, (40, 60)).cumsum(axis=1)
    skills = [f.skill for f in forecast(as_panel(np.round(300 + steps - steps.min())), 1, 1) if f.skill is not None]
    assert np.median(skills) < 0.05


def test_too_little_history_is_marked() -> None:
    units = _shop(9, 30, 40)
    units[0, :-2], units[0, -2:] = 0, 3
    made = forecast(as_panel(units), 2, 2)
    assert made[0].abstain and not made[5].abstain


def test_one_series_alone_can_be_forecast() -> None:
    made = forecast(as_panel(counts(np.full((1, 30), 20.0), 5)), 4, 4)[0]
    assert 60 < made.total["mean"] < 100
    assert made.total["p95"] > made.total["p80"] > made.total["mean"] * 0.9


def test_a_past_promotion_moves_the_forecast_by_less_than_a_tenth() -> None:
    units = counts(np.full((24, 50), 20.0), 6, spread=20)
    lifted = units.copy()
    lifted[:, 40:44] *= 3
    marked = np.zeros(units.shape, dtype=bool)
    marked[:, 40:44] = True
    plain = np.array([f.total["p90"] for f in forecast(as_panel(units), 4, 4)])
    known = np.array([f.total["p90"] for f in forecast(replace(as_panel(lifted), promoted=marked), 4, 4)])
    unknown = np.array([f.total["p90"] for f in forecast(as_panel(lifted), 4, 4)])
    assert abs(known.mean() / plain.mean() - 1) < 0.05
    assert unknown.mean() > known.mean()


def test_a_planned_promotion_is_expected_to_lift_as_past_ones_did() -> None:
    units = counts(np.full((24, 50), 20.0), 6, spread=20)
    marked = np.zeros((24, 54), dtype=bool)
    for weeks in (slice(20, 22), slice(40, 42)):
        units[:, weeks] *= 2
        marked[:, weeks] = True
    marked[:, 50] = True
    made = forecast(replace(as_panel(units), promoted=marked), 4, 4)
    lift = np.mean([f.mean[0] for f in made]) / np.mean([f.mean[1] for f in made])
    assert 1.7 < lift < 2.2


def test_one_wholesale_order_does_not_lift_the_capped_level() -> None:
    units = np.full((1, 40), 10.0)
    units[0, 35] = 500
    plain, held = exponential(units, 0.2)[0, -1], exponential(capped(units, 0.95), 0.2)[0, -1]
    assert plain > 30 and held < 12


def test_weights_are_one_for_the_whole_shop_and_follow_what_predicts() -> None:
    steps = np.random.default_rng(1).normal(0, 6, (60, 60)).cumsum(axis=1)
    wandering = np.maximum(0, 200 + steps)
    still = counts(np.full((60, 60), 30.0), 2)
    names = list(NAMES)
    quick = [i for i, name in enumerate(names) if name in ("ses 0.7", "ses 0.4")]
    for units, more in ((wandering, True), (still, False)):
        w = weights(units, candidates(units), 2, range(13, 58))
        assert w.min() >= 0 and abs(w.sum() - 1) < 1e-6 and len(w) == len(names)
        assert (w[quick].sum() > 0.25) == more
