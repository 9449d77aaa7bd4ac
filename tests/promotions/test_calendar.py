"""Tables of sales and promotions brought onto one grid."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from engine.errors import InputFileError
from engine.promotions.calendar import measured, planned, sales
from tests.sure import sure

START = date(2026, 1, 5)


def _daily(days: int = 200, series: int = 12) -> list[dict[str, object]]:
    generator = np.random.default_rng(2)
    return [
        {"series": f"s{i}", "period": (START + timedelta(days=d)).isoformat(), "quantity": int(generator.poisson(8))}
        for i in range(series)
        for d in range(days)
    ]


def test_days_weeks_and_months_are_told_apart() -> None:
    assert sales(_daily(30)).step == "day"
    weekly = [{"sku": "a", "date": START + timedelta(days=7 * i), "units": 3} for i in range(10)]
    assert (sales(weekly).step, sales(weekly).units.tolist()) == ("week", [[3.0] * 10])
    monthly = [{"sku": "a", "date": f"2026-{m:02d}", "units": 3} for m in range(1, 9)]
    assert sales(monthly).step == "month"


def test_order_lines_are_capped_and_periods_are_not() -> None:
    lines = [{"series": "a", "period": START, "quantity": 2, "order": str(i)} for i in range(30)]
    lines.append({"series": "a", "period": START, "quantity": 500, "order": "w"})
    assert sales(lines).units.tolist() == [[62.0]]
    rows = [{"series": "a", "period": START + timedelta(days=i), "quantity": 2} for i in range(30)]
    rows[4]["quantity"] = 500
    assert sales(rows).units.max() == 500


def test_a_promotion_of_several_series_is_their_sum() -> None:
    rows = _daily()
    for row in rows:
        day = date.fromisoformat(str(row["period"]))
        if row["series"] in ("s1", "s2") and START + timedelta(days=100) <= day < START + timedelta(days=110):
            row["quantity"] = int(str(row["quantity"])) + 8
    lines = [{"id": "both", "series": name, "start": "2026-04-15", "end": "2026-04-24"} for name in ("s1", "s2")] + [
        {"id": "one", "series": "s1", "start": "2026-04-15", "end": "2026-04-24"}
    ]
    both, one = measured(sales(rows), planned(lines))
    assert both.incremental == pytest.approx(160, rel=0.3) and both.worked
    assert one.incremental == pytest.approx(80, rel=0.4)
    assert sure(both.high) - sure(both.low) > sure(one.high) - sure(one.low)


def test_a_promotion_outside_of_the_sales_is_not_judged() -> None:
    made = measured(
        sales(_daily()), planned([{"id": "later", "series": "s1", "start": "2027-01-01", "end": "2027-01-08"}])
    )
    assert made[0].abstain and made[0].gross == 0


def test_calendars_come_in_several_shapes() -> None:
    day = date(2026, 3, 2)
    (line,) = planned([{"sku": "a", "from": day, "to": day + timedelta(days=6)}])
    assert (line.id, line.series, line.last - line.first) == ("1", "a", timedelta(days=6))
    weeks = planned([{"promotion": "p", "series": "a", "period": f"2026-W{w}"} for w in (10, 11)])
    assert [(one.id, one.first) for one in weeks] == [("p", day), ("p", day + timedelta(days=7))]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"id": "a", "start": "2026-03-05", "end": "2026-03-01"}], "ends before it starts"),
        ([{"id": "a", "start": "soon", "end": "2026-03-01"}], "row 1: 'soon' is no day"),
        ([{"id": "a", "start": "2026-03-05"}], "no column ends"),
    ],
)
def test_a_calendar_that_cannot_be_read_is_said(rows: list[dict[str, object]], said: str) -> None:
    with pytest.raises(InputFileError, match=said):
        planned(rows)
