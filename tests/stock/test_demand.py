"""Reading a table of sales into a panel, and the class of a product's demand."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from engine.errors import InputFileError
from engine.stock.demand import demand_class, panel


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ([5, 6, 5, 4, 6, 5, 5, 6], "smooth"),
        ([1, 9, 1, 2, 30, 1, 1, 25], "erratic"),
        ([0, 5, 0, 0, 5, 0, 0, 6], "intermittent"),
        ([0, 1, 0, 0, 40, 0, 0, 2], "lumpy"),
        ([0, 0, 0, 0], "none"),
    ],
)
def test_the_class_follows_intervals_and_sizes(units: list[float], expected: str) -> None:
    assert demand_class(np.array(units, dtype=float)) == expected


def test_a_launch_late_in_the_table_is_no_interval() -> None:
    assert demand_class(np.array([0.0] * 20 + [5, 6, 5, 5])) == "smooth"


def test_days_become_whole_weeks_from_monday_and_an_unfinished_week_is_left_out() -> None:
    monday = date(2026, 3, 2)
    rows = [
        {"series": "a", "period": monday + timedelta(days=i), "quantity": 1, "price": None, "promotion": None}
        for i in range(17)
    ]
    made = panel(rows)
    assert (made.step, made.start, made.units.tolist()) == ("week", monday, [[7.0, 7.0]])


def test_months_weeks_and_numbers_are_periods() -> None:
    def row(period: object, quantity: float) -> dict[str, object]:
        return {"series": "a", "period": period, "quantity": quantity}

    months = panel([row("2026-01", 3), row("2026-04", 5)])
    assert (months.step, months.units.tolist()) == ("month", [[3, 0, 0, 5]])
    weeks = panel([row("2025-W52", 1), row("2026-W02", 2)])
    assert (weeks.step, weeks.units.tolist()) == ("week", [[1, 0, 2]])
    numbers = panel([row("W7", 1), row("W9", 2)])
    assert (numbers.step, numbers.start, numbers.units.tolist()) == ("period", None, [[1, 0, 2]])


def test_an_empty_quantity_is_unknown_and_not_nothing() -> None:
    rows = [{"series": "a", "period": i, "quantity": 8} for i in range(10)]
    rows[4] = {"series": "a", "period": 4, "quantity": ""}
    assert panel(rows).units.tolist() == [[8.0] * 10]


def test_rows_after_the_last_quantity_are_plans() -> None:
    rows = [{"series": "a", "period": i, "quantity": 8, "promotion": 0} for i in range(5)]
    rows.append({"series": "a", "period": 5, "quantity": "", "promotion": 1})
    made = panel(rows)
    assert made.units.shape == (1, 5)
    assert made.promoted.tolist() == [[False] * 5 + [True]]


@pytest.mark.parametrize(
    ("mark", "promoted"),
    [
        ("1", True),
        (True, True),
        ("spring", True),
        (0.15, True),
        ("0.00", False),
        (None, False),
        ("no", False),
        ("", False),
    ],
)
def test_a_mark_of_a_promotion_is_any_word_but_no(mark: object, promoted: bool) -> None:
    made = panel([{"series": "a", "period": 1, "quantity": 1, "promotion": mark}])
    assert made.promoted.tolist() == [[promoted]]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "no rows"),
        ([{"series": "a", "quantity": 1}], "no column 'period'"),
        ([{"series": "a", "period": "soon", "quantity": 1}], "Row 1: 'soon' is no period"),
        ([{"series": "a", "period": 1, "quantity": "many"}], "Row 1: 'many' is no quantity"),
        ([{"series": "a", "period": 1, "quantity": 1}, {"series": "a", "period": "2026-01", "quantity": 1}], "kinds"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_row(rows: list[dict[str, object]], said: str) -> None:
    with pytest.raises(InputFileError, match=said):
        panel(rows)
