"""The shop's season: found where it was planted, absent where there is none."""

from __future__ import annotations

from datetime import date

import numpy as np

from engine.stock import seasonality
from engine.stock.forecast import forecast
from tests.stock.shops import as_panel, counts

MONTHS = np.array([0.7, 0.8, 0.9, 1, 1, 0.9, 0.8, 0.9, 1.0, 1.1, 1.3, 1.6])


def test_a_planted_monthly_season_is_found_and_continued() -> None:
    rates = np.tile(MONTHS, 4)[None, :] * np.linspace(5, 60, 40)[:, None]
    units = counts(rates, 1, spread=50)
    found = seasonality.index(as_panel(units, "month"), units, 12)
    assert found.shape == (40, 60)
    assert np.abs(found[0, 48:] / (MONTHS / MONTHS.mean()) - 1).max() < 0.12


def test_a_product_with_its_own_season_gets_it() -> None:
    """One product sells in December only what the shop sells all year: the pooled index alone would miss it."""
    rates = np.tile(MONTHS, 4)[None, :] * np.linspace(5, 60, 40)[:, None]
    rates[0] = np.tile([2.0] * 10 + [30.0, 60.0], 4)
    units = counts(rates, 2)
    panel = as_panel(units, "month")
    pooled, own = seasonality.index(panel, units, 12), seasonality.index(panel, units, 12, own=2.0)
    december = 48 + 11
    assert own[0, december] > 1.5 * pooled[0, december]
    assert abs(np.mean(own[1:, december] / pooled[1:, december]) - 1) < 0.1


def test_a_peak_before_christmas_is_expected_again_by_week() -> None:
    weeks = 95
    days = as_panel(np.zeros((1, weeks)), start=date(2024, 1, 1)).days(weeks + 8)
    peak = np.array([2.5 if (d.month, d.day) >= (11, 20) and d.month < 13 and d.day < 32 else 1.0 for d in days])
    rates = peak[None, :weeks] * np.linspace(4, 40, 60)[:, None]
    units = counts(rates, 3)
    found = seasonality.index(as_panel(units), units, 8)[0]
    # The second November and December, of which the table holds nothing yet.
    assert found[weeks:][peak[weeks:] > 2].mean() > 1.5 * found[weeks - 20 : weeks - 5].mean()


def test_chinese_new_year_moves_with_the_moon() -> None:
    days = as_panel(np.zeros((1, 1)), start=date(2025, 1, 6)).days(60)
    marked = [d for d, on in zip(days, seasonality.holidays(days)["Chinese New Year 春节"], strict=True) if on]
    assert marked == [date(2025, 1, 27), date(2025, 2, 3), date(2026, 2, 16), date(2026, 2, 23)]


def test_easter_is_the_calendars() -> None:
    assert [seasonality.easter(y) for y in (2024, 2025, 2026)] == [
        date(2024, 3, 31),
        date(2025, 4, 20),
        date(2026, 4, 5),
    ]


def test_a_shop_without_season_is_given_none() -> None:
    units = counts(np.full((40, 48), 12.0), 4)
    assert max(abs(f.mean[0] / f.mean[6] - 1) for f in forecast(as_panel(units, "month"), 7, 2)) < 0.12
