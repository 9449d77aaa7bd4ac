"""One order over all desks: corrected together, weighed in one unit, spread over subjects and kinds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.desks import ranking
from engine.desks.ranking import MeanOrder, arithmetic, mean_order, ranked
from engine.findings import CUSTOMERS, NEWS, Finding, Impact
from engine.say import Speaker
from engine.store.database import Store
from engine.store.findings import replace_findings

NOW = "2026-07-01T00:00:00+00:00"


def found(key: str, low: float | None = 1.0, unit: str = CUSTOMERS, **more: object) -> Finding:
    """A finding about itself, of a kind of its own."""
    base = {
        "key": key, "desk": "reviews", "kind": key, "subject": {"product": key}, "numbers": {}, "method": "m",
        "impact": None if low is None else Impact(low, unit),
    }  # fmt: skip
    return Finding(**{**base, **more})  # type: ignore[arg-type]


def keys(findings: list[Finding]) -> list[str]:
    return [finding.key for finding in findings if finding.rank > 0]


def test_what_is_worth_more_comes_first_and_customers_are_converted_at_the_mean_order() -> None:
    mean = MeanOrder("EUR", 50.0, 10, {"USD": 25.0})
    many = [found("three customers", 3), found("100 euro", 100, "EUR"), found("100 dollars", 100, "USD")]
    assert keys(ranked(many, mean)) == ["100 dollars", "three customers", "100 euro"]


def test_a_test_that_found_nothing_counts_against_the_others() -> None:
    finding = found("sure", p=0.02)
    assert keys(ranked([finding])) == ["sure"]
    (listed,) = ranked([finding], quiet=[0.5, 0.9, 0.7])
    assert listed.rank == 0 and listed.q == pytest.approx(0.08) and listed.confidence == pytest.approx(0.92)


def test_what_is_not_sure_or_has_no_impact_is_listed_and_not_shown() -> None:
    many = [found("none", None), found("nothing left", -0.5), found("chance", 9, p=0.6), found("counted", 1)]
    settled = ranked(many)
    assert keys(settled) == ["counted"] and len(settled) == 4


def test_among_the_first_ten_no_subject_is_there_thrice_and_no_kind_four_times() -> None:
    about_one = [found(f"lamp {i}", 100 - i, subject={"product": "lamp"}) for i in range(4)]
    of_a_kind = [found(f"late {i}", 50 - i, kind="late") for i in range(5)]
    others = [found(f"other {i}", 10 - i) for i in range(8)]
    order = keys(ranked([*about_one, *of_a_kind, *others]))
    first = order[:10]
    assert first[:2] == ["lamp 0", "lamp 1"] and sum(key.startswith("lamp") for key in first) == 2
    assert sum(key.startswith("late") for key in first) == 3
    assert order[10:12] == ["lamp 2", "lamp 3"] and len(order) == 17


def test_what_a_seller_dismissed_takes_no_place() -> None:
    gone = [found(f"gone {i}", 100 - i, subject={"product": "lamp"}, state="dismissed") for i in range(2)]
    order = keys(ranked([*gone, *[found(f"lamp {i}", 50 - i, subject={"product": "lamp"}) for i in range(3)]]))
    assert order[:2] == ["lamp 0", "lamp 1"]


def test_news_ranks_below_everything_that_was_weighed() -> None:
    order = ranked([found("sold out", 0.9, NEWS), found("tiny", 0.001), found("new rows", 0.3, NEWS)])
    assert keys(order) == ["tiny", "sold out", "new rows"]
    assert order[0].rank >= 1 > order[1].rank > order[2].rank > 0


def test_settling_looks_at_all_desks_and_says_how_it_weighed(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.shop", create=True)
    with store.write() as db:
        db.execute(
            "INSERT INTO imports (id, file, path, content_hash, imported_at) VALUES (1, 'f.csv', 'f.csv', 'x', '2026')"
        )
        for row, (total, currency) in enumerate([(30, "EUR"), (50, "EUR"), (900, "CNY")], 1):
            db.execute(
                "INSERT INTO orders (import_id, line, row_key, order_id, total, currency) VALUES (1, ?, ?, ?, ?, ?)",
                [row, str(row), str(row), total, currency],
            )
        replace_findings(db, "reviews", [found("reviews/x", 2)], NOW)
        replace_findings(db, "stock", [found("stock/x", 85, "EUR", desk="stock")], NOW)
        ranking.settle(db)
    assert mean_order(store) == MeanOrder("EUR", 40.0, 2, {"CNY": 900.0}) == ranking.settled_mean_order(store)
    rows = store.rows("SELECT * , 0 AS evidence_count FROM findings ORDER BY rank DESC")
    first, second = [Finding.from_row(row) for row in rows]
    assert (first.key, second.key) == ("stock/x", "reviews/x")
    words = arithmetic(second, mean_order(store), Speaker("en"))
    assert words is not None and "2.0 customers" in words and "€40.00" in words and "€80.00" in words


def test_findings_of_one_scope_leave_those_of_another_alone(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.shop", create=True)
    with store.write() as db:
        replace_findings(db, "imports", [found("a1", desk="imports")], NOW, scope="a", quiet=[0.5])
        replace_findings(db, "imports", [found("b1", desk="imports")], NOW, scope="b", quiet=[0.6, 0.7])
        replace_findings(db, "imports", [found("a2", desk="imports")], NOW, scope="a")
    current = store.rows("SELECT key, scope FROM findings WHERE current ORDER BY key")
    assert [(row["key"], row["scope"]) for row in current] == [("a2", "a"), ("b1", "b")]
    assert [row["p"] for row in store.rows("SELECT p FROM quiet_tests ORDER BY p")] == [0.6, 0.7]
    with store.write() as db:
        db.execute("UPDATE findings SET state = 'dismissed' WHERE key = 'a2'")
        replace_findings(db, "imports", [found("a2", desk="imports", numbers={"n": 1})], NOW, scope="a")
    again = store.rows("SELECT state, numbers FROM findings WHERE key = 'a2'")[0]
    assert (again["state"], json.loads(again["numbers"])) == ("dismissed", {"n": 1})
