"""The verbs as a seller calls them: shapes that scripts rely on, and messages where nothing can be said."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tests.conftest import Run


def _table(path: Path, series: int = 6, weeks: int = 40) -> Path:
    units = np.random.default_rng(1).poisson(9, (series, weeks))
    lines = ["series,period,quantity"]
    lines += [f"s{i},2025-W{t + 1:02d},{units[i, t]}" for i in range(series) for t in range(weeks)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_forecast_has_the_documented_shape(backroom: Run, tmp_path: Path) -> None:
    done = backroom("forecast", "--in", _table(tmp_path / "sales.csv"), "--horizon", 3, "--lead-time", 4, "--json")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["id"] for row in rows] == [f"s{i}" for i in range(6)]
    for row in rows:
        assert {"id", "class", "mean", "p50", "p80", "p90", "p95", "total", "skill", "abstain", "method"} <= row.keys()
        assert len(row["mean"]) == len(row["p90"]) == 3
        assert set(row["total"]) == {"mean", "p50", "p80", "p90", "p95"}
        assert 20 < row["total"]["mean"] < 55 < row["total"]["p95"] + 20


def test_a_table_without_quantities_is_said(backroom: Run, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("series,period\na,2025-W01\n", encoding="utf-8")
    done = backroom("forecast", "--in", path, "--json")
    assert done.returncode == 3 and "quantity" in done.stderr


def test_orders_profit_and_terms_of_a_shop(backroom: Run, planned_shop: Path) -> None:
    done = backroom("stock", "order", planned_shop, "--json")
    assert done.returncode == 0, done.stderr
    first = json.loads(done.stdout.splitlines()[0])
    assert first["sum"].keys() == {"target", "on_hand", "reserved", "incoming", "need", "pack", "least", "rounding"}
    printed = backroom("stock", "order", planned_shop, "--supplier", "Copperlight Works", "--csv").stdout.splitlines()
    assert printed[0].startswith("supplier,sku") and all(line.startswith("Copperlight") for line in printed[1:])
    wrong = backroom("stock", "order", planned_shop, "--supplier", "Nobody")
    assert wrong.returncode == 2 and "Copperlight Works" in wrong.stderr
    months = [
        json.loads(line) for line in backroom("profit", planned_shop, "--by", "month", "--json").stdout.splitlines()
    ]
    assert {"sales", "discounts", "refunds", "fees", "ads", "shipping", "goods", "contribution"} <= months[0].keys()
    assert backroom("stock", "set", planned_shop, "OST-CRL-02", "lead_days", "soon").returncode == 2


def test_a_shop_with_orders_alone_says_what_is_missing(backroom: Run, tmp_path: Path) -> None:
    shop, file = tmp_path / "my.shop", tmp_path / "orders.csv"
    lines = ["order number,order date,SKU,product,quantity,price of one,currency"]
    lines += [f"{i},2026-0{1 + i % 6}-1{i % 9},SKU-{i % 3},Thing {i % 3},1,9.50,USD" for i in range(120)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert backroom("import", shop, file, "--accept").returncode == 0
    done = backroom("analyze", shop, "stock")
    assert done.returncode == 0 and "in stock" in done.stderr
    listed = backroom("stock", "order", shop, "--json")
    assert listed.stdout == "" and "in stock" in listed.stderr
