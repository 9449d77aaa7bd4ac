"""Recommendations: own habits, what goes with what is owned, reasons that can be checked, popularity where it wins."""

from __future__ import annotations

import numpy as np

from engine.customers.basket import Completion
from engine.customers.history import History
from engine.customers.recommend import Foretold, Recommender, measured, ndcg, next_baskets, rebuying
from tests.customers.conftest import history_of, random_baskets


def tastes(seed: int = 1, people: int = 200) -> History:
    """Two kinds of customers who buy from two halves of the shelf, each with a staple of their own."""
    rng = np.random.default_rng(seed)
    baskets = []
    for person in range(people):
        side, staple = ("a", "b")[person % 2], f"s{person % 10}"
        for visit in range(6):
            chosen = rng.choice(15, 3, replace=False)
            baskets.append(
                (f"k{person:03d}", float(visit * 55 + rng.uniform(0, 30)), [staple, *(f"{side}{i}" for i in chosen)])
            )
    return history_of(baskets)


def lists(model: Recommender, who: str, **options: object) -> tuple[list[str], list[str]]:
    """The names recommended to one customer: all, new."""
    at = np.flatnonzero(model.history.customers == who)
    _, again, first = next(model.lists(at, **options))  # type: ignore[arg-type]
    return tuple([str(model.history.items[one.item]) for one in some] for some in (again, first))  # type: ignore[return-value]


def test_the_staple_comes_first_and_new_items_are_of_the_same_taste() -> None:
    history = tastes()
    again, first = lists(Recommender(history), "k004")
    assert again[0] == "s4"
    assert len(first) > 0 and all(item.startswith(("a", "s")) for item in first[:2])
    bought = history.by_customer()[[int(np.flatnonzero(history.customers == "k004")[0])]].indices
    assert not set(first) & set(history.items[bought].tolist())


def test_what_is_out_of_stock_is_left_out() -> None:
    history = tastes()
    allowed = history.items != "s4"
    again, first = lists(Recommender(history), "k004", allowed=allowed)
    assert "s4" not in again + first and again


def test_reasons_are_the_customers_own_orders() -> None:
    model = Recommender(tastes())
    _, again, first = next(model.lists(np.array([4])))
    staple = again[0]
    assert (staple.bought, staple.orders) == (6, 6)
    assert staple.every is not None and 30 < staple.every < 80 and staple.since is not None and staple.since >= 0
    assert all(one.bought == 0 for one in first)
    owned = [one.owned for one in first if one.owned is not None]
    mine = model.history.by_customer()[[4]].indices
    assert owned and set(owned) <= set(mine.tolist())


def test_what_nobody_buys_twice_counts_less() -> None:
    history = history_of(
        [(f"k{i}", float(day), ["milk", *(["lamp"] if day == 0 else [])]) for i in range(40) for day in (0, 30)]
    )
    again = dict(zip(history.items.tolist(), rebuying(history).tolist(), strict=True))
    assert again["milk"] > 1 > again["lamp"]


def test_measured_against_the_plain_lists() -> None:
    new = measured(tastes(people=300)).new
    assert new is not None and new.better and new.ours > new.plain and new.low <= new.gain <= new.high


def test_where_there_is_nothing_to_know_popularity_is_no_worse() -> None:
    new = measured(history_of(random_baskets(2, count=2500, people=250))).new
    assert new is None or not new.better


def test_where_everybody_keeps_to_their_own_habit_others_count_little() -> None:
    rng = np.random.default_rng(9)
    staples = [rng.choice(400, 8, replace=False) for _ in range(80)]
    baskets = [
        (f"k{person}", float(day + person % 7), [f"i{item}" for item in rng.choice(staples[person], 5, replace=False)])
        for person in range(80)
        for day in range(0, 280, 7)
    ]
    foretold = measured(history_of(baskets))
    assert foretold.company < 1
    assert foretold.everything is not None and foretold.everything.gain > -0.01


def test_too_few_to_measure() -> None:
    assert measured(history_of([])) == Foretold()
    assert measured(history_of(random_baskets(1, count=20))) == Foretold()


def test_next_baskets_are_those_of_earlier_customers() -> None:
    history = history_of(
        [("k", 0.0, ["a"]), ("k", 10.0, ["b"]), ("k", 11.0, ["c"]), ("l", 10.0, ["a"]), (None, 12.0, ["a"])]
    )
    wanted = next_baskets(history, history.day[0] + 5)
    assert {str(history.customers[who]): history.items[items].tolist() for who, items in wanted.items()} == {"k": ["b"]}


def test_ndcg() -> None:
    assert ndcg(np.array([1, 2, 3]), np.array([1, 2, 3])) == 1
    assert ndcg(np.array([9, 1]), np.array([1])) == 1 / np.log2(3)


def test_a_basket_is_completed_by_what_goes_with_it_and_by_the_buyers_own_habit() -> None:
    rng = np.random.default_rng(3)
    baskets = [
        (who, day, [*items, *(["tea", "pot"] if rng.random() < 0.08 else [])]) for who, day, items in random_baskets(3)
    ]
    baskets += [("habit", float(day), ["honey"]) for day in range(0, 300, 30)]
    history = history_of(baskets)
    model = Completion.fit(history)
    tea, pot, honey = (int(np.flatnonzero(history.items == name)[0]) for name in ("tea", "pot", "honey"))
    row = history.contents[[0]].copy() * 0
    row = row.tolil()
    row[0, tea] = 1
    basket = row.tocsr().astype(np.float32)
    assert next(model.complete(basket, np.array([-1])))[0] == pot
    habit = int(np.flatnonzero(history.customers == "habit")[0])
    completed = next(model.complete(basket, np.array([habit]))).tolist()
    assert honey in completed and tea not in completed
