"""The shared tests against planted changes, library results and chance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import fisher_exact

from engine.findings import wilson
from engine.statistics import adjusted, change_point, excess_p, mean_difference_interval, stratified_excess_p


def test_wilson_matches_the_published_example_and_stays_inside() -> None:
    # Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662.
    interval = wilson(81, 263)
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.2553, 0.3662)
    assert wilson(0, 10).low == 0 and wilson(10, 10).high == 1
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0, 1)


@pytest.mark.parametrize(("k", "n", "k2", "n2"), [(8, 20, 3, 200), (1, 5, 1, 5), (0, 9, 4, 9), (5, 5, 0, 5)])
def test_excess_is_fishers_exact_test(k: int, n: int, k2: int, n2: int) -> None:
    expected = fisher_exact([[k, n - k], [k2, n2 - k2]], alternative="greater").pvalue
    assert excess_p(k, n, k2, n2) == pytest.approx(expected)


def test_stratifying_blames_nobody_for_the_mix() -> None:
    # Within each product the shares are equal; the mix alone makes a plain test cry out.
    strata = [(18, 60, 6, 20), (1, 20, 4, 80)]
    assert excess_p(19, 80, 10, 100) < 0.05
    assert stratified_excess_p(strata) > 0.4
    assert stratified_excess_p([(12, 40, 2, 40), (9, 30, 1, 30)]) < 0.001
    assert stratified_excess_p([(3, 3, 0, 0), (0, 5, 0, 5)]) == 1.0


def test_adjusted_never_lowers_and_keeps_order() -> None:
    raw = [0.001, 0.2, 0.04]
    corrected = adjusted(raw)
    assert all(c >= r for c, r in zip(corrected, raw, strict=True))
    assert adjusted([]) == []


def test_change_point_finds_a_planted_change() -> None:
    hits = np.array([i % 20 == 3 for i in range(60)] + [i % 2 == 0 for i in range(40)])
    found = change_point(hits)
    assert found is not None
    assert abs(found.position - 60) <= 2 and found.rose and found.p < 0.01


def test_change_point_respects_days_and_short_series() -> None:
    hits = np.array([False] * 15 + [True] * 15)
    allowed = np.zeros(30, dtype=bool)
    allowed[[0, 12, 20]] = True
    found = change_point(hits, allowed)
    assert found is not None and found.position in (12, 20)
    assert change_point(hits[:10]) is None
    assert change_point(hits[::-1], only_rises=True) is None
    assert change_point(np.ones(50, dtype=bool)) is None


def test_change_point_raises_few_false_alarms() -> None:
    generator = np.random.default_rng(4)
    alarms = sum(change_point(generator.random(60) < 0.2, rounds=200).p < 0.05 for _ in range(60))  # type: ignore[union-attr]
    assert alarms <= 8


def test_leave_out_impact() -> None:
    stars = np.array([1.0, 5, 5, 5, 1, 5] * 10)
    impact, low, high = mean_difference_interval(stars, stars == 5)
    assert impact == pytest.approx(stars.mean() - 5)
    assert low < impact < high < 0


def test_what_was_not_looked_at_counts_as_much_as_a_p_of_one() -> None:
    raw = [0.001, 0.2, 0.01, 0.04]
    assert adjusted(raw, 50) == pytest.approx(adjusted([*raw, *[1.0] * 46])[:4])
