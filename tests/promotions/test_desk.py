"""The promotions desk: what shows in orders by itself, who uses which code, and the verbs."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from engine.desks.opening import open_store
from engine.promotions import facts
from engine.promotions.queries import Planned, measured, plan
from engine.store.database import Store
from tests.conftest import Run
from tests.sure import sure


def test_price_cuts_show_by_themselves_and_none_is_invented(planned: Store) -> None:
    found = {(one.product, one.first, one.last) for one in measured(planned)}
    assert found == {
        ("marrowby-linen-throw", "2026-06-08", "2026-06-21"),
        ("marrowby-hearth-candle-trio", "2026-07-13", "2026-07-26"),
    }


def test_margin_counts_the_discount_on_what_would_have_sold_anyway(planned: Store) -> None:
    candle = next(one for one in measured(planned) if one.product == "marrowby-hearth-candle-trio")
    price, cost, off = 29.0, 9.2, sure(candle.discount)
    given = sure(candle.baseline) * price * off
    assert abs(sure(candle.given) - given) < 0.02
    assert abs(sure(candle.profit) - (sure(candle.incremental) * (price * (1 - off) - cost) - given)) < 0.05
    assert sure(candle.profit_low) < sure(candle.profit) < sure(candle.profit_high)


def test_a_design_uses_the_shops_own_price_changes(planned: Store) -> None:
    made = plan(planned, "marrowby-linen-throw", 0.2, 14)
    assert isinstance(made, Planned)
    margin = 1 - made.cost / made.price
    assert abs(sure(made.made.break_even) - (margin / (margin - 0.2) - 1)) < 1e-9
    assert sure(made.made.likely) > 0
    assert plan(planned, "no such thing", 0.2, 14) == "unknown"


def test_who_had_just_bought_is_counted(tmp_path: Path) -> None:
    store = open_store(tmp_path / "my.shop", create=True)
    first = date(2026, 1, 1)
    with store.write() as db:
        db.execute(
            "INSERT INTO imports (id, file, path, content_hash, imported_at) VALUES (1, 'f', 'f', 'h', '2026-01-01')"
        )
        for i in range(40):
            row = [
                f"k{i}",
                f"#{i}",
                (first + timedelta(days=5 * i)).isoformat(),
                f"c{i % 20}@example.com",
                "SAVE" if i >= 20 else None,
            ]
            db.execute(
                "INSERT INTO orders (import_id, line, row_key, order_id, day, email, discount_code, discount, currency) "
                "VALUES (1, 1, ?, ?, ?, ?, ?, 2.5, 'EUR')",
                row,
            )
    (code,) = facts.codes(store)
    store.close()
    # Everybody bought again after a hundred days: nobody had bought within ninety.
    assert (code.orders, code.known, code.repeat, code.given) == (20, 20, 0, 50.0)


def test_effects_of_a_calendar_have_the_documented_shape(backroom: Run, tmp_path: Path) -> None:
    generator = np.random.default_rng(4)
    start = date(2026, 1, 5)
    lines = ["series,period,quantity"]
    for i in range(10):
        for d in range(150):
            more = 12 if i == 3 and 80 <= d < 90 else 0
            lines.append(f"s{i},{(start + timedelta(days=d)).isoformat()},{generator.poisson(7) + more}")
    (tmp_path / "sales.csv").write_text("\n".join(lines), encoding="utf-8")
    first, last = (start + timedelta(days=d) for d in (80, 89))
    (tmp_path / "calendar.csv").write_text(f"id,series,start,end\nspring,s3,{first},{last}\n", encoding="utf-8")
    done = backroom(
        "promotions", "effect", "--in", tmp_path / "sales.csv", "--calendar", tmp_path / "calendar.csv", "--json"
    )
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)
    assert {"id", "gross", "incremental", "low", "high", "baseline", "method", "abstain"} <= row.keys()
    assert row["id"] == "spring" and row["low"] <= 120 <= row["high"] and not row["abstain"]


def test_a_shop_is_listed_by_its_name_alone(backroom: Run, planned_shop: Path) -> None:
    done = backroom("promotions", planned_shop, "--json")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2
