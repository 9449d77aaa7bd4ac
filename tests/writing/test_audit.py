"""The listings of the sample shop: every planted fault is found, nothing else is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.desks.opening import open_store
from engine.desks.registry import WRITING
from engine.desks.sentences import sentence, speaker_of
from engine.desks.work import Work
from engine.findings import Finding
from engine.importing.desk import import_file
from engine.jobs import JobContext
from engine.say import Speaker
from engine.store.database import Store
from engine.writing import queries
from engine.writing.desk import run
from tests.conftest import ROOT

SAMPLE = ROOT / "sample_data"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    made = open_store(tmp_path_factory.mktemp("writing") / "a.shop", create=True)
    for name in ("shopify_products.csv", "ebay_active_listings.csv", "judgeme_reviews.csv"):
        import_file(made, SAMPLE / "files" / name, None, JobContext())
    run(Work(made, JobContext(), WRITING))
    return made


def _findings(store: Store) -> list[Finding]:
    rows = store.rows("SELECT f.*, 0 AS evidence_count FROM findings f WHERE current AND desk = 'writing' ORDER BY id")
    return [Finding.from_row(row) for row in rows]


def test_every_planted_fault_is_found_and_nothing_else(store: Store) -> None:
    truths = json.loads((SAMPLE / "truth" / "writing.json").read_text("utf-8"))["truths"]
    planted = {(t["evidence"][1], t["numbers"]["rule"]) for t in truths if t["expect"] == "finding"}
    found = set()
    for finding in _findings(store):
        row = store.rows(
            "SELECT i.file, p.line FROM evidence e JOIN products p ON p.id = e.row_id JOIN imports i ON i.id = p.import_id "
            "WHERE e.finding_id = ?",
            [finding.id],
        )[0]
        found |= {(f"{Path(row['file']).name}:{row['line']}", rule) for rule in finding.numbers["rules"]}
    assert found == planted


def test_the_finding_is_said_in_both_languages_with_its_words(store: Store) -> None:
    said = {lang: [sentence(f, Speaker(lang)) for f in _findings(store)] for lang in ("en", "zh")}
    assert any("of at most 80 characters" in one for one in said["en"])
    assert any("“[Brand]”" in one for one in said["en"])
    assert any("最多 80 个字符" in one for one in said["zh"])


def test_the_words_a_finding_opens_into_are_in_the_stored_title(store: Store) -> None:
    for row in store.rows(
        "SELECT e.start, e.end, p.title FROM evidence e JOIN findings f ON f.id = e.finding_id "
        "JOIN products p ON p.id = e.row_id WHERE f.desk = 'writing' AND e.start IS NOT NULL"
    ):
        assert row["title"][row["start"] : row["end"]].strip()


def test_a_products_ledger_is_what_its_files_say(store: Store) -> None:
    key = next(key for key in queries.products(store) if queries.ledger_of(store, key).reviews)
    own = queries.ledger_of(store, key)
    stored = store.rows("SELECT * FROM products WHERE product = ?", [key])
    assert own.name == stored[0]["title"]
    assert {v for f in own.facts if f.name == "Brand" for v in f.values} == {r["brand"] for r in stored if r["brand"]}
    assert queries.product_named(store, own.name) == key


def test_the_desks_catalogue_speaks_chinese() -> None:
    assert speaker_of(WRITING, "zh")._("characters") == "个字符"
