"""Findings and the rows they rest on: what changes rows leaves no finding that says what is no longer so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlite_utils import Database

from engine.findings import Finding
from engine.importing.desk import undo
from engine.reviews.corrections import correct, take_back
from engine.shop import Shop
from engine.store import stale as stale_module
from engine.store.findings import replace_findings
from engine.store.stale import mark_stale
from tests.conftest import Run

FIXTURE = Path(__file__).parent / "fixtures" / "shop-0.1.0.shop"
SHARE = "SELECT sum(sentiment = 'negative') AS k, count(*) AS n FROM v_reviews WHERE product = 'oak-stool'"
LIST = "SELECT order_id, sum(amount) AS amount FROM order_lines GROUP BY order_id ORDER BY order_id"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    path = tmp_path / "a.shop"
    shutil.copy(FIXTURE, path)
    return Shop(path)


def publish(shop: Shop, *queries: str | None) -> None:
    with shop.store.write() as db:
        found = []
        for number, query in enumerate(queries):
            k, n = db.execute(query).fetchone() if query == SHARE else (None, None)
            found.append(Finding(f"test/{number}", "test", "share", {}, {}, "counted", k=k, n=n, query=query))
        replace_findings(db, "test", found, "2026-08-01")


def stale(shop: Shop) -> list[bool]:
    return [finding.stale for finding in sorted(shop.findings(desk="test"), key=lambda finding: finding.key)]


def disagreeing(shop: Shop) -> list[str]:
    """Findings that say another count than their query and are not marked."""
    return [
        finding.key
        for finding in shop.findings(include_dismissed=True)
        if finding.query and not finding.stale and finding.query != LIST
        if shop.sql(finding.query)[1] != [(finding.k, finding.n)]
    ]


def test_a_correction_marks_what_counted_the_old_word_and_taking_it_back_unmarks_it(shop: Shop) -> None:
    publish(shop, SHARE, LIST)
    row = shop.store.value("SELECT id FROM v_reviews WHERE product = 'oak-stool' AND sentiment = 'negative' LIMIT 1")
    correct(shop.store, row, "positive")
    assert stale(shop) == [True, False] and disagreeing(shop) == []
    take_back(shop.store, row)
    assert stale(shop) == [False, False] and disagreeing(shop) == []


def test_undo_marks_every_finding_whose_query_answers_otherwise_now(shop: Shop) -> None:
    publish(shop, SHARE, LIST, None)
    undo(shop.store, 3)
    # Orders went: a list of orders and what cannot be asked are out of date, a share of reviews is not.
    assert stale(shop) == [False, True, True] and disagreeing(shop) == []
    undo(shop.store, 1)
    assert stale(shop) == [True, True, True] and disagreeing(shop) == []


def test_a_dismissed_finding_is_marked_as_well_and_stays_dismissed(shop: Shop) -> None:
    undo(shop.store, 1)
    dismissed = [f for f in shop.findings(include_dismissed=True) if f.state == "dismissed"]
    assert [(f.stale, f.state_reason) for f in dismissed] == [(True, "known already")]
    assert disagreeing(shop) == []


def test_what_is_found_anew_is_no_longer_marked_and_comes_before_what_is(shop: Shop) -> None:
    publish(shop, SHARE, LIST)
    undo(shop.store, 1)
    assert stale(shop) == [True, False]
    publish(shop, SHARE, LIST)
    assert stale(shop) == [False, False]
    order = [finding.stale for finding in shop.findings()]
    assert order == sorted(order) and True in order


def test_a_query_that_can_no_longer_be_asked_leaves_its_finding_out_of_date(shop: Shop) -> None:
    publish(shop, SHARE)
    with shop.store.write() as db:
        db.execute("UPDATE findings SET query = 'SELECT k, n FROM gone' WHERE desk = 'test'")
        mark_stale(db)
    assert stale(shop) == [True]


def test_the_command_line_says_it(shop: Shop, backroom: Run) -> None:
    publish(shop, SHARE)
    undo(shop.store, 1)
    shop.close()
    listed = backroom("findings", shop.path, "--csv")
    assert "out of date" in listed.stdout and "backroom analyze" in listed.stderr


def test_a_correction_asks_only_queries_that_read_what_was_said(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shop may have many findings, and a correction is one key."""
    publish(shop, SHARE, "SELECT count(*) AS k, count(*) AS n FROM v_reviews WHERE sentiment IS NOT NULL", LIST)
    with shop.store.write() as db:
        mark_stale(db)
    asked: list[str] = []
    answered = stale_module.answer

    def answer(db: Database, query: str) -> str | None:
        asked.append(query)
        return answered(db, query)

    monkeypatch.setattr(stale_module, "answer", answer)
    correct(shop.store, 2, "positive")
    assert SHARE in asked and LIST not in asked and not any("IS NOT NULL" in query for query in asked)
    asked.clear()
    # The first review has no label but the seller's: without it, it counts no longer.
    with shop.store.write() as db:
        db.execute("DELETE FROM labels WHERE row_id = 2 AND source != 'seller'")
    take_back(shop.store, 2)
    assert LIST in asked
