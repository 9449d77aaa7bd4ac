"""Who comes back: the likeliest parameters of a simulated shop, chances that are as often right as they say."""

from __future__ import annotations

import numpy as np
import pytest

from engine.customers.gateway import gateways
from engine.customers.history import History
from engine.customers.returning import WINDOW, Correction, Habits, Model, correction, outlook
from engine.customers.segments import SEGMENTS, SLIPPING, cohorts, cuts, migration, segments, slipped
from engine.customers.sequence import sequences
from tests.customers.conftest import history_of, random_baskets

NOW_AFTER = 300.0


def simulated(seed: int, people: int, days: float = 420.0) -> History:
    """Customers who buy at a rate of their own and stop after any purchase but the first with a chance of their own."""
    rng = np.random.default_rng(seed)
    baskets = []
    for person in range(people):
        rate, stop, day = rng.gamma(1.0, 1 / 40), rng.beta(1.0, 4.0), float(rng.uniform(0, 150))
        bought = 0
        while day < days and (bought < 2 or rng.random() >= stop):
            baskets.append((f"k{person:05d}", day, ["x"]))
            bought += 1
            day += float(rng.exponential(1 / rate))
    return history_of(baskets)


def test_parameters_of_a_simulated_shop_are_found() -> None:
    history = simulated(1, 3000)
    model = Model.fit(Habits.of(history, history.day[0] + NOW_AFTER))
    assert model.r / model.alpha == pytest.approx(7 / 40, rel=0.2)
    assert model.a / (model.a + model.b) == pytest.approx(0.2, rel=0.25)


@pytest.mark.parametrize("people", [100, 500, 2000])
def test_chances_are_as_often_right_as_they_say(people: int) -> None:
    train, test = simulated(2, people), simulated(3, 3000)
    now = NOW_AFTER + train.day.min()
    ahead = outlook(train.between(end=now), now)
    assert ahead is not None
    habits = Habits.of(test, now)
    chance = ahead.correction(Model.fit(ahead.habits).returns(habits))
    came = np.isin(habits.customer, test.between(now, now + WINDOW).customer)
    assert abs(chance.mean() - came.mean()) < 0.08
    order = np.argsort(chance)
    assert came[order[-len(order) // 4 :]].mean() > came[order[: len(order) // 4]].mean() + 0.25


def test_intervals_hold_the_chance_and_too_few_say_nothing() -> None:
    history = simulated(4, 200)
    now = history.day[0] + NOW_AFTER
    ahead = outlook(history.between(end=now), now)
    assert ahead is not None and (ahead.low <= ahead.chance).all() and (ahead.chance <= ahead.high).all()
    assert outlook(simulated(4, 30), now) is None


def test_what_earlier_forecasts_missed_is_set_right() -> None:
    """A shop that everybody left: the model's own chances are far too high, the corrected ones less so."""
    baskets = [(f"k{i}", float(day + i % 20), ["x"]) for i in range(300) for day in range(0, 200, 40)]
    baskets += [(f"n{i}", 200.0 + i % 200, ["x"]) for i in range(100)]
    history = history_of(baskets)
    correct = correction(history, history.day[0] + 400)
    assert correct.checks > 0 and correct(np.array([0.5]))[0] < 0.4
    assert Correction()(np.array([0.3]))[0] == pytest.approx(0.3)


def test_every_customer_is_in_exactly_one_segment_even_in_a_small_shop() -> None:
    rng = np.random.default_rng(5)
    for people in (5, 100, 1000):
        recency, frequency = rng.exponential(80, people), rng.geometric(0.5, people)
        groups = segments(recency, frequency)
        assert len(groups) == people and set(groups) <= set(SEGMENTS)
        where = cuts(recency, frequency)
        assert where.recent <= where.stale and where.often >= 3
    assert segments(np.zeros(0), np.zeros(0, np.int64)) == []


def test_a_regular_slips_when_away_longer_than_their_own_gaps() -> None:
    monthly = np.array([0.0, 30, 61, 90, 121])
    assert slipped(monthly, 260) and not slipped(monthly, 150)
    yearly = np.array([0.0, 30, 200, 230, 260])
    assert not slipped(yearly, 400)
    assert not slipped(np.array([0.0, 30]), 900)


def test_migration_and_cohorts_add_up() -> None:
    moved = migration({"a": "new", "b": "loyal"}, {"a": "loyal", "b": "loyal", "c": "new"})
    assert sum(moved.values()) == 3 and moved["", "new"] == 1
    first, month, who = np.array([0, 0, 0, 1]), np.array([0, 2, 0, 1]), np.array([7, 7, 8, 9])
    assert cohorts(first, month, who) == {0: [2, 0, 1], 1: [1, 0]}
    assert SLIPPING in SEGMENTS


def test_a_product_that_brings_back_and_one_that_drives_away() -> None:
    rng = np.random.default_rng(6)
    baskets = []
    for person in range(900):
        kind = ("bait", "dud", "plain", "plain2")[person % 4]
        day = float(rng.uniform(0, 250))
        baskets.append((f"k{person}", day, [kind]))
        if rng.random() < {"bait": 0.6, "dud": 0.03}.get(kind, 0.25):
            baskets.append((f"k{person}", day + float(rng.uniform(5, 80)), ["other"]))
    history = history_of(baskets)
    found = {str(history.items[one.item]): one for one in gateways(history, history.day[0] + 400)}
    assert found["bait"].brings and found["bait"].p < 1e-4 and found["bait"].least > 0
    assert not found["dud"].brings and found["dud"].p < 1e-4
    assert (
        all(found[name].p > 0.001 for name in ("plain", "plain2") if found[name].least > 0) or found["plain"].p > 1e-6
    )


def test_a_sequence_is_found_in_its_direction_and_none_where_there_is_none() -> None:
    baskets = random_baskets(7, count=1200, items=40, people=500)
    for number in range(40):
        baskets += [(f"s{number}", float(number * 5), ["tent"]), (f"s{number}", float(number * 5 + 40), ["stove"])]
    history = history_of(baskets)
    found = sequences(history)
    assert [(str(history.items[one.a]), str(history.items[one.b])) for one in found] == [("tent", "stove")]
    assert found[0].k == found[0].n == 40 and found[0].gap_days == pytest.approx(40)
    assert sequences(history_of(random_baskets(8, count=1200))) == []
