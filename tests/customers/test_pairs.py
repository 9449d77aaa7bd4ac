"""Pairs: what is planted is found, what only large orders link is not, variants are one thing, lifts come to what they were."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from engine.customers.history import History
from engine.customers.pairs import found, significant, strata
from engine.customers.variants import families
from tests.customers.conftest import history_of, random_baskets


def with_pair(seed: int, share: float = 0.06) -> History:
    """Unlinked baskets, some of which were given both of two items."""
    rng = np.random.default_rng(seed)
    baskets = [
        (who, day, [*items, "tea", "pot"] if rng.random() < share else items)
        for who, day, items in random_baskets(seed)
    ]
    return history_of(baskets)


def named(history: History, pair: object) -> set[str]:
    """The names of a pair's items."""
    return {str(history.items[pair.a]), str(history.items[pair.b])}  # type: ignore[attr-defined]


def test_a_planted_pair_is_the_only_one() -> None:
    history = with_pair(3)
    pairs, _ = found(history)
    assert [named(history, pair) for pair in pairs] == [{"tea", "pot"}]
    assert pairs[0].k == int((history.contents[:, [pairs[0].a, pairs[0].b]].sum(axis=1) == 2).sum())
    assert pairs[0].low > 1 and pairs[0].expected < pairs[0].k


@pytest.mark.parametrize("seed", range(10))
def test_orders_of_any_size_without_links_give_no_pair(seed: int) -> None:
    history = history_of(random_baskets(seed, count=1200, largest=50))
    assert significant(history) == []


def test_without_strata_large_orders_would_link_everything() -> None:
    """What the strata are for: the same counts against all orders at once are full of false pairs."""
    history = history_of(random_baskets(1, count=1200, largest=50))
    support, n = history.support, len(history.day)
    both = (history.contents.T @ history.contents).toarray()
    expected = np.outer(support, support) / n
    p = stats.poisson.sf(both - 1, expected)[np.triu_indices(len(support), 1)]
    assert (stats.false_discovery_control(p) < 0.01).sum() > 20


def test_strata_part_orders_by_size_and_month() -> None:
    history = history_of([("k", 0.0, ["a"]), ("k", 1.0, ["a", "b"]), ("k", 2.0, ["b"]), ("k", 200.0, ["b"])])
    groups = strata(history).tolist()
    assert groups[0] == groups[2] and len({groups[0], groups[1], groups[3]}) == 3


def test_variants_of_one_thing_are_no_pair_and_one_pair_stands_for_a_family() -> None:
    rng = np.random.default_rng(2)
    baskets = []
    for who, day, items in random_baskets(2):
        draw = rng.random()
        extra = ["84997B", "84997D"] if draw < 0.05 else ["84997B", "CAKE"] if draw < 0.1 else []
        extra = ["84997D", "CAKE"] if 0.1 < draw < 0.15 else extra
        baskets.append((who, day, [*items, *extra]))
    history = history_of(baskets)
    pairs, _ = found(history, families(history.items.tolist()))
    names = [named(history, pair) for pair in pairs]
    assert len(names) == 1 and "CAKE" in names[0]


def test_a_pair_that_is_over_is_not_shown() -> None:
    rng = np.random.default_rng(4)
    baskets = [
        (who, day, [*items, "tea", "pot"] if day < 150 and rng.random() < 0.1 else items)
        for who, day, items in random_baskets(4)
    ]
    assert found(history_of(baskets))[0] == []


def test_lifts_are_shown_as_they_last() -> None:
    """Pairs whose link fades to a third are shown with what is left of it, not with what it was."""
    rng = np.random.default_rng(5)
    baskets = []
    for who, day, items in random_baskets(5, count=4000):
        number = int(rng.integers(40))
        linked = rng.random() < (0.9 if day < 216 else 0.3)
        first, second = f"x{number}", f"y{number}" if linked else f"y{rng.integers(40)}"
        baskets.append((who, day, [*items, first, second]))
    history = history_of(baskets)
    pairs, kept = found(history)
    assert kept.checked >= 20 and 0.1 < kept.kept < 0.9
    assert len(pairs) >= 20
    raw = {(pair.a, pair.b): pair.lift for pair in significant(history)}
    ratio = [(p.lift - 1) / (raw.get((p.a, p.b)) or raw[p.b, p.a]) for p in pairs]
    assert max(ratio) < 0.9


def test_direction_and_days_between() -> None:
    baskets = []
    for number, (who, day, items) in enumerate(random_baskets(6)):
        baskets.append((who, day, items))
        if number % 15 == 0:
            baskets.append((f"p{number}", day, ["tea", "pot"]))
        if number % 30 == 0:
            baskets += [(f"q{number}", day, ["tea"]), (f"q{number}", day + 20, ["pot"])]
    history = history_of(baskets)
    pair = next(pair for pair in found(history)[0] if named(history, pair) == {"tea", "pot"})
    assert str(history.items[pair.a]) == "tea"
    assert pair.gap_days == pytest.approx(20) and pair.a_first == pair.ordered == 50


def test_three_hundred_unlinked_orders_and_none_at_all() -> None:
    assert found(history_of(random_baskets(7, count=300)))[0] == []
    assert found(history_of([]))[0] == []


def test_families_by_code_and_by_name() -> None:
    codes = families(["84997B", "84997D", "LAMP-RED", "LAMP-BLUE", "20718", "20719"])
    assert codes[0] == codes[1] and codes[2] == codes[3] and codes[4] != codes[5]
    said = [
        "RED RETRO LUNCH BAG",
        "PINK RETRO LUNCH BAG",
        "JUMBO STORAGE TIN",
        "纯棉卫衣 黑色 L码",
        "纯棉卫衣 白色 M码",
    ]
    names = families(["1", "2", "3", "4", "5"], said)
    assert names[0] == names[1] and names[3] == names[4] and len(set(names.tolist())) == 3
