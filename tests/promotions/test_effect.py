"""Promotions planted in simulated shops: what they brought is known to the unit. Fixed seeds, tested coverage."""

from __future__ import annotations

import numpy as np
import pytest

from engine.promotions.effect import Effect, Window, aftermaths, capped_orders, effects, pull_forward
from tests.sure import sure

SERIES, DAYS = 120, 330


def _shop(seed: int, lifts: tuple[float, ...], promotions: int = 30) -> tuple[np.ndarray, list[Window], np.ndarray]:
    """Overdispersed daily sales with a shared season, and promotions whose added units are known."""
    generator = np.random.default_rng(seed)
    season = 1 + 0.3 * np.sin(np.arange(DAYS) / 50) + 0.2 * (np.arange(DAYS) % 7 > 4)
    rate = np.exp(generator.normal(0.6, 0.7, SERIES))[:, None] * season[None, :]
    units = generator.negative_binomial(1.5, 1.5 / (1.5 + rate)).astype(float)
    windows, added = [], []
    for number, series in enumerate(generator.permutation(SERIES)[:promotions]):
        length = int(generator.choice([7, 10, 14]))
        first = int(generator.integers(60, DAYS - 80))
        lift = float(generator.choice(lifts))
        more = generator.poisson(rate[series, first : first + length] * lift)
        units[series, first : first + length] += more
        windows.append(Window(str(number), int(series), first, first + length - 1))
        added.append(float(more.sum()))
    return units, windows, np.array(added)


def _many(lifts: tuple[float, ...], shops: int = 12) -> tuple[list[Effect], np.ndarray]:
    made: list[Effect] = []
    truth: list[float] = []
    for seed in range(shops):
        units, windows, added = _shop(seed, lifts)
        for effect, true in zip(effects(units, windows, "day"), added, strict=True):
            if not effect.abstain:
                made.append(effect)
                truth.append(true)
    return made, np.array(truth)


@pytest.fixture(scope="module")
def mixed() -> tuple[list[Effect], np.ndarray]:
    return _many((0.0, 0.4, 0.8, 1.5))


def test_what_promotions_brought_is_found_without_bias(mixed: tuple[list[Effect], np.ndarray]) -> None:
    made, truth = mixed
    assert abs(sum(sure(e.incremental) for e in made) / truth.sum() - 1) < 0.05
    assert sum(e.gross for e in made) / truth.sum() > 2


def test_ninety_percent_intervals_cover_what_they_say(mixed: tuple[list[Effect], np.ndarray]) -> None:
    made, truth = mixed
    covered = np.mean([sure(e.low) <= t <= sure(e.high) for e, t in zip(made, truth, strict=True)])
    assert len(made) > 250
    assert 0.85 <= covered <= 0.97


def test_promotions_without_effect_are_rarely_said_to_have_worked() -> None:
    made, _ = _many((0.0,))
    assert np.mean([e.worked for e in made]) <= 0.10


def test_strong_promotions_are_said_to_have_worked() -> None:
    made, _ = _many((2.0,), shops=4)
    assert np.mean([e.worked for e in made]) > 0.7


def test_a_wholesale_order_before_a_promotion_does_not_make_it_a_failure() -> None:
    units = np.random.default_rng(1).poisson(6.0, (30, 300)).astype(float)
    units[3, 150:160] += 9
    orders = units.copy()
    orders[3, 140] = 600
    lines, series = orders.ravel(), np.repeat(np.arange(30), 300)
    capped = capped_orders(lines, series).reshape(30, 300)
    with_cap = effects(capped, [Window("a", 3, 150, 159)], "day")[0]
    assert with_cap.incremental is not None and with_cap.incremental > 30


def test_too_little_to_compare_with_is_said() -> None:
    units = np.random.default_rng(1).poisson(6.0, (5, 40)).astype(float)
    units[2] = 0.01
    made = effects(units, [Window("short", 0, 3, 35), Window("quiet", 2, 15, 20)], "day")
    assert [e.abstain for e in made] == [True, True]
    assert made[0].incremental is None and made[0].gross > 0


def test_what_was_only_bought_earlier_lacks_afterwards() -> None:
    generator = np.random.default_rng(5)
    rate = np.full((40, 300), 6.0)
    rate[7, 150:164] *= 3
    rate[7, 164:192] *= 0.1
    rate[8, 150:164] *= 3
    units = generator.poisson(rate).astype(float)
    windows = [Window("pulled", 7, 150, 163), Window("real", 8, 150, 163)]
    pulled, real = aftermaths(units, windows, "day", 28)
    assert pulled is not None and real is not None
    assert pulled.p < 0.001 and pulled.net_low < 0 < pulled.lack
    assert real.p > 0.05 and real.net_low > 0


def test_over_all_promotions_the_share_pulled_forward_is_found() -> None:
    generator = np.random.default_rng(6)
    rate = np.full((60, 320), 6.0)
    windows = []
    for i in range(15):
        first = 60 + 12 * i
        rate[i, first : first + 14] *= 2
        rate[i, first + 14 : first + 42] *= 0.75
        windows.append(Window(str(i), i, first, first + 13))
    pulled = pull_forward(generator.poisson(rate).astype(float), windows, "day", 28)
    assert pulled is not None and pulled.low < 0.5 < pulled.high and 0.3 < pulled.share < 0.7
    assert pull_forward(generator.poisson(rate).astype(float), windows[:3], "day", 28) is None
