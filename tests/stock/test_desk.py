"""The stock desk on the sample shop: what is planted is found, what is found is planted, the ledger is right to the cent."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from typing import Any

import sample_data
from engine.desks.sentences import sentence
from engine.findings import Finding
from engine.say import Speaker
from engine.stock.profit import PARTS, shared
from engine.stock.queries import WhatIf, by_supplier, demands, order_list, profit, unexplained
from engine.store.database import Store
from tests.sure import sure

TRUTHS = [one for part in ("stock", "promotions") for one in sample_data.truth(part)["truths"]]


def _findings(store: Store) -> list[Finding]:
    rows = store.rows("SELECT *, 0 AS evidence_count FROM findings WHERE current AND desk IN ('stock', 'promotions')")
    return [Finding.from_row(row) for row in rows]


def _same(finding: Finding, truth: dict[str, Any]) -> bool:
    if finding.kind != truth["kind"]:
        return False
    about = finding.subject
    return about.get("sku") in truth["evidence"] or about.get("product") in (
        truth["product"]["key"],
        truth["product"]["handle"],
    )


def test_all_that_is_planted_is_found_and_nearly_all_that_is_shown_is_planted(planned: Store) -> None:
    found = _findings(planned)
    shown = [one for one in found if one.rank > 0]
    for truth in TRUTHS:
        assert any(_same(one, truth) for one in shown), truth["id"]
    strange = [one.key for one in shown if not any(_same(one, truth) for truth in TRUTHS)]
    assert len(strange) <= 0.2 * len(shown), strange


def test_the_numbers_of_what_was_planted_are_right(planned: Store) -> None:
    found = _findings(planned)
    by_id = {truth["id"]: next(one for one in found if _same(one, truth)) for truth in TRUTHS}
    light, clock = by_id["reading-light-runs-out"].numbers, by_id["alarm-clock-lies-dead"].numbers
    assert abs(light["days"] - 9) <= 1
    assert (light["on_hand"], light["lead_days"], light["assumed"]) == (TRUTHS[0]["numbers"]["on_hand"], 28, [])
    assert (clock["on_hand"], clock["cash"]) == (TRUTHS[1]["numbers"]["on_hand"], TRUTHS[1]["numbers"]["cash"])


def test_sentences_are_said_in_both_languages(planned: Store) -> None:
    for one in _findings(planned):
        english, chinese = (sentence(one, Speaker(language)) for language in ("en", "zh"))
        assert english != chinese and "{" not in english + chinese


def _planted_ledger() -> dict[tuple[str, str, str], int]:
    return {
        (row["platform"], row["product"], part): round(row[part] * 100)
        for row in sample_data.truth("stock")["ledger"]
        for part in PARTS
        if row.get(part)
    }


def test_profit_is_the_planted_ledger_to_the_cent(planned: Store) -> None:
    planted: dict[tuple[str, str], int] = defaultdict(int)
    for (platform, _, part), cents in _planted_ledger().items():
        planted[platform, part] += cents
    for one in profit(planned, "platform"):
        for part, amount in one.parts.items():
            assert round(amount * 100) == planted[one.name, part], (one.name, part)


def test_profit_of_every_product_is_the_planted_one(planned: Store) -> None:
    planted: dict[tuple[str, str], int] = defaultdict(int)
    for (platform, product, part), cents in _planted_ledger().items():
        if platform != "taobao":
            planted[product, part] += cents
    for one in profit(planned, "product"):
        if one.currency == "USD":
            for part, amount in one.parts.items():
                assert round(amount * 100) == planted[one.name, part], (one.name, part)


def test_what_belongs_to_no_item_is_one_line_and_not_spread(planned: Store) -> None:
    whole = -sum(cents for (_, product, _), cents in _planted_ledger().items() if product == "")
    assert round(-unexplained(planned)["USD"][0] * 100) == whole > 0
    last = [one for one in profit(planned) if one.name == ""]
    assert [one.currency for one in last] == ["USD"] and last[0].contribution == -whole / 100


def test_every_view_of_the_ledger_has_the_same_sum(planned: Store) -> None:
    sums = {
        by: round(sum(one.contribution for one in profit(planned, by)), 2)
        for by in ("sku", "product", "platform", "month")
    }
    assert len(set(sums.values())) == 1, sums


def test_cents_are_shared_without_losing_one() -> None:
    assert shared(100, [1, 1, 1]) == [34, 33, 33]
    assert shared(-100, [2, 1]) == [-67, -33]
    assert shared(5, [0, 0]) == [3, 2]


def test_the_order_list_opens_as_sums_and_is_by_supplier(planned: Store) -> None:
    lines = order_list(planned)
    first = next(line for line in lines if line.order.quantity > 0)
    assert first.order.sku == TRUTHS[0]["evidence"][0]
    made = first.order
    assert made.quantity >= made.need and made.quantity % made.supply.pack == 0
    assert abs(made.need - (made.target - made.on_hand + made.reserved - made.incoming)) < 0.11
    assert made.last_day is not None and made.last_day.isoformat() == demands(planned)[0].day
    assert "Copperlight Works" in by_supplier(lines)


def test_what_if_moves_every_item(planned: Store) -> None:
    plain = {line.order.sku: line.order for line in order_list(planned)}
    later = {line.order.sku: line.order for line in order_list(planned, WhatIf(lead_days=90))}
    more = {line.order.sku: line.order for line in order_list(planned, WhatIf(growth=1.5))}
    assert sum(o.quantity for o in later.values()) > sum(o.quantity for o in plain.values())
    assert all(more[sku].target >= plain[sku].target for sku in plain)
    cut = [line.order for line in order_list(planned, WhatIf(lead_days=90, budget=2000.0))]
    assert sum(sure(o.cost) for o in cut if o.cost is not None) <= 2000


def test_what_a_seller_typed_comes_before_files(planned: Store) -> None:
    sku = TRUTHS[0]["evidence"][0]
    try:
        with planned.write() as db:
            db.execute(
                "INSERT INTO stock_terms (item, name, value, valid_from) VALUES (?, 'lead_days', '5', '')", [sku]
            )
        made = next(line.order for line in order_list(planned) if line.order.sku == sku)
        assert made.supply.lead_days == 5 and made.lasts > 0.5
    finally:
        with planned.write() as db:
            db.execute("DELETE FROM stock_terms")


def test_findings_open_into_rows_of_files(planned: Store) -> None:
    for one in _findings(planned):
        tables = planned.rows("SELECT DISTINCT table_name FROM evidence WHERE finding_id = ?", [one.id])
        expected = "stock" if one.kind in ("runs_out", "dead_stock") else "order_lines"
        assert [row["table_name"] for row in tables] == [expected], one.key


def test_findings_open_by_their_query(planned: Store) -> None:
    for one in _findings(planned):
        if one.query:
            try:
                assert planned.rows(one.query), one.key
            except sqlite3.Error as error:
                raise AssertionError(f"{one.key}: {error}") from error
