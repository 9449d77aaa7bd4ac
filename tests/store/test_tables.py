"""The declared schema against the tables of shops of every released version, and what else is derived from it."""

from __future__ import annotations

import shutil
from collections import defaultdict
from pathlib import Path

import pytest

from engine.desks.sentences import sentence
from engine.importing import guessing, link, words
from engine.importing.desk import undo
from engine.importing.queries import column_meanings
from engine.say import LANGUAGES, Speaker
from engine.shop import Shop
from engine.store import tables
from engine.store.database import Store

FIXTURES = Path(__file__).parent / "fixtures"
RELEASED = sorted(FIXTURES.glob("*.shop"))


@pytest.fixture(params=[None, *RELEASED], ids=["new", *(path.stem for path in RELEASED)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A new shop, and one of every released version brought up to date."""
    path = tmp_path / "a.shop"
    if request.param is not None:
        shutil.copy(request.param, path)
    return Store(path, create=True)


def test_the_declaration_is_what_the_shop_holds(store: Store) -> None:
    for table, own in tables.IMPORTED.items():
        stored = {row["name"]: row for row in store.rows(f"PRAGMA table_info({table})")}
        declared = {column.name: column for column in own}
        assert tuple(stored)[: len(tables.PROVENANCE)] == tables.PROVENANCE
        assert set(stored) == {*tables.PROVENANCE, *declared, tables.EXTRA}, table
        for name, column in declared.items():
            assert (stored[name]["type"], bool(stored[name]["notnull"])) == (column.sql_type, column.required), name
    imported = {
        row["name"]
        for row in store.rows("SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE c.name = 'row_key' "
                              "AND m.type = 'table'")
    }  # fmt: skip
    assert imported == set(tables.IMPORTED)


def test_every_view_can_be_read_and_says_where_its_rows_are_from(store: Store) -> None:
    views = [row["name"] for row in store.rows("SELECT name FROM sqlite_master WHERE type = 'view'")]
    assert {"v_products", "v_orders", "v_messages", "v_purchase_orders", "v_suppliers", "v_coupons", "v_ads",
            "v_fees"} <= set(views)  # fmt: skip
    for view in views:
        columns = {row["name"] for row in store.rows(f"PRAGMA table_info({view})")}
        assert view == "v_labels" or {"id", "file", "sheet", "line", "platform"} <= columns
        store.rows(f"SELECT * FROM {view} LIMIT 1")


def test_a_name_is_read_alike_wherever_it_stands() -> None:
    kinds = defaultdict(set)
    for own in tables.IMPORTED.values():
        for column in own:
            kinds[column.name].add((column.kind, column.core, column.tells))
        assert len({column.name for column in own}) == len(own)
    assert {name: found for name, found in kinds.items() if len(found) > 1} == {}


def test_every_family_fills_imported_tables_and_its_words_are_meanings() -> None:
    for family, filled in tables.FAMILIES.items():
        assert set(filled) <= set(tables.IMPORTED)
        assert len(set(tables.meanings(family).values())) == len(tables.meanings(family)), family
    for family, (table, needs) in guessing.FAMILIES.items():
        assert table in tables.FAMILIES[family]
        for need in needs:
            # A column of counts under the name of a place is no meaning of its own: its counts are what is on hand there.
            assert set(need) - {"place"} <= set(tables.meanings(family)), family
        assert set(words.words()[family]) <= set(tables.meanings(family)), family
    assert tables.family("reviews") == "review" and tables.family("items") == "order" and tables.family("x") is None


def test_what_a_column_can_mean_begins_with_the_kind_of_file() -> None:
    meanings = dict(column_meanings("purchase_orders"))
    assert next(iter(meanings)) == "po_id" and meanings["expected_at"] == "expected on"
    assert meanings["follow_up"] == "review: follow-up review"
    assert meanings["refunded"] == "order: refunded amount"
    assert list(dict(column_meanings(None)))[:2] == ["text", "follow_up"]
    assert dict(column_meanings("stock", Speaker("zh")))["incoming"] == "在途"


def test_rows_that_name_a_product_are_linked() -> None:
    naming = {
        table for table, own in tables.IMPORTED.items() if {"sku", "product_id"} & {column.name for column in own}
    }
    assert naming == set(link.SOURCES)


def test_a_shop_of_0_1_0_keeps_everything(tmp_path: Path) -> None:
    path = tmp_path / "old.shop"
    shutil.copy(FIXTURES / "shop-0.1.0.shop", path)
    shop = Shop(path)
    value = shop.store.value
    counts = {
        table: value(f"SELECT count(*) FROM {table}") for table in ("imports", "reviews", "orders", "order_lines")
    }
    assert counts == {"imports": 4, "reviews": 62, "orders": 42, "order_lines": 42}
    assert value("SELECT count(*) FROM labels WHERE source = 'model'") == 62
    assert shop.store.rows("SELECT row_id, label FROM labels WHERE source = 'seller'") == [
        {"row_id": 1, "label": "neutral"}
    ]
    assert value("SELECT sentiment FROM v_reviews WHERE id = 1") == "neutral"
    assert value("SELECT renamed FROM themes WHERE key = 'negative/wobbly'") == "shaky legs"
    assert value("SELECT count(*) FROM theme_clauses") == 62
    states = {finding.key: (finding.state, finding.state_reason) for finding in shop.findings(include_dismissed=True)}
    assert sorted(states.values(), key=str) == [
        ("dismissed", "known already"), ("new", None), ("new", None), ("new", None), ("new", None), ("seen", None),
    ]  # fmt: skip
    assert all(shop.evidence(finding.id or 0) for finding in shop.findings())
    # No prose of the old version is left; what it kept suffices to say each finding anew.
    for finding in shop.findings():
        for language in LANGUAGES:
            assert not sentence(finding, Speaker(language)).startswith(finding.kind.replace("_", " "))
    assert value("SELECT hex(value) FROM inference_cache") == "0304"
    assert shop.store.rows("PRAGMA foreign_key_check") == []
    # What came in by the old version can still be taken back exactly.
    assert undo(shop.store, 3) == {"rows_removed": 4, "rows_restored": 2}
    assert value("SELECT unit_price FROM order_lines WHERE order_id = 'A138'") == 12.5
