"""Importing again: the same file, overlapping periods, taking back, mended rejects, learned mappings."""

# Rows of a file are as long as they are.
# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Cancelled, UsageError
from engine.importing import profiles
from engine.importing.desk import import_file, learned_profiles, undo
from engine.importing.report import ImportSettings
from engine.jobs import JobContext, Progress
from engine.store.database import Store
from engine.store.tables import IMPORTED
from tests.importing.conftest import SHOPIFY, SHOPIFY_HEADER, Load, judgeme

ALL = (*IMPORTED, "product_keys", "product_identifiers", "row_changes", "row_seen", "reviews_search")


def dump(store: Store) -> dict[str, list[Any]]:
    """Everything an import can change, but the list of imports itself."""
    found = {
        name: [tuple(row.values()) for row in store.rows(f"SELECT * FROM {name} ORDER BY 1, 2")]
        for name in ALL
        if name != "reviews_search"
    }
    found["reviews_search"] = [
        tuple(r.values()) for r in store.rows("SELECT rowid AS id, text FROM reviews_search ORDER BY 1")
    ]
    return found


def test_the_same_file_twice_adds_nothing_and_says_so(load: Load, store: Store) -> None:
    first = load(SHOPIFY)
    before = dump(store)
    second = load(SHOPIFY, "copy.csv")
    assert second.already_imported == first.import_id and second.rows_duplicate == 3 and second.rows_loaded == 0
    assert dump(store) == before
    assert store.value("SELECT count(*) FROM imports") == 1


NEXT_WEEK = f"""{SHOPIFY_HEADER}
#2,bob@example.com,refunded,2026-03-02 11:00:00 +0200,unfulfilled,EUR,18.00,0.00,0.00,18.00,SPRING,2.00,Swift Post,2026-03-02 10:59:00 +0200,1,Blue Shirt,20.00,BS-1,Bob Ray,Linz,,2026-03-05 10:00:00 +0200,18.00,web,0.00
#3,cat@example.com,paid,2026-03-06 11:00:00 +0200,fulfilled,EUR,20.00,0.00,0.00,20.00,,0.00,Swift Post,2026-03-06 10:59:00 +0200,1,Blue Shirt,20.00,BS-1,Cat Roe,Linz,,,0.00,web,0.00
"""


def test_overlapping_periods_update_and_undo_restores(load: Load, store: Store) -> None:
    load(SHOPIFY)
    before = dump(store)
    report = load(NEXT_WEEK)
    assert (report.rows_loaded, report.rows_updated, report.rows_duplicate) == (1, 1, 0)
    assert store.value("SELECT count(*) FROM orders") == 3
    assert store.value("SELECT status FROM orders WHERE order_id = '#2'") == "cancelled"
    change = store.rows("SELECT before, after FROM row_changes WHERE table_name = 'orders'")[0]
    assert '"status": "refunded"' in change["before"] and '"status": "cancelled"' in change["after"]
    assert undo(store, report.import_id or 0) == {"rows_removed": 2, "rows_restored": 2}
    assert dump(store) == before
    with pytest.raises(UsageError, match="taken back before"):
        undo(store, report.import_id or 0)


def test_undoing_the_first_of_two_overlapping_imports_keeps_what_the_second_brought(load: Load, store: Store) -> None:
    first = load(SHOPIFY)
    load(NEXT_WEEK)
    undo(store, first.import_id or 0)
    orders = store.rows("SELECT order_id, status, import_id, line FROM orders ORDER BY order_id")
    assert [tuple(row.values()) for row in orders] == [("#2", "cancelled", 2, 2), ("#3", "shipped", 2, 3)]
    assert store.value("SELECT count(*) FROM order_lines") == 2


def test_a_change_undone_between_two_later_ones_leaves_the_history_right(load: Load, store: Store) -> None:
    load(SHOPIFY)
    second = load(SHOPIFY.replace("Bob Ray,Linz", "Bob Ray,Wels"))
    third = load(SHOPIFY.replace("Bob Ray,Linz", "Bob Ray,Steyr"))
    undo(store, second.import_id or 0)
    assert store.value("SELECT city FROM orders WHERE order_id = '#2'") == "Steyr"
    undo(store, third.import_id or 0)
    assert store.value("SELECT city FROM orders WHERE order_id = '#2'") == "Linz"


def test_an_empty_cell_does_not_erase_what_another_file_told(load: Load, store: Store) -> None:
    load(SHOPIFY)
    load(SHOPIFY.replace("Ann Lee,Graz", "Ann Lee,"))
    assert store.value("SELECT city FROM orders WHERE order_id = '#1'") == "Graz"


def test_undo_removes_what_was_read_from_reviews(load: Load, store: Store) -> None:
    report = load(judgeme(("A", "lovely warm light", 5, "2026-03-01", "a@example.com", "lamp")))
    review = store.value("SELECT id FROM reviews")
    with store.write() as db:
        db.execute(
            "INSERT INTO labels (table_name, row_id, task, source, label, method, made_at) VALUES ('reviews', ?, 'sentiment', 'model', 'positive', 'm', 'now')",
            [review],
        )
        db.execute("INSERT INTO clauses (review_row, start, end) VALUES (?, 0, 5)", [review])
    assert undo(store, report.import_id or 0) == {"rows_removed": 1, "rows_restored": 0}
    assert all(not rows for rows in dump(store).values())
    assert store.value("SELECT count(*) FROM labels") == 0


def test_mended_rejects_complete_the_import(load: Load, store: Store) -> None:
    broken = load(SHOPIFY.replace(",1,Red Sock,10.00", ",=cmd|x,Red Sock,10.00"))
    assert broken.rows_rejected == 1
    path = Path(broken.rejects_file or "")
    text = path.read_text(encoding="utf-8-sig")
    assert "'=cmd|x" in text and text.splitlines()[0].endswith("backroom reason,backroom line")
    path.write_text(text.replace("'=cmd|x", "1"), encoding="utf-8-sig")
    (mended,) = import_file(store, path)
    assert (mended.profile, mended.rows_rejected, mended.rows_loaded) == ("shopify_orders", 0, 1)
    assert store.value("SELECT count(*) FROM order_lines") == 3
    assert store.rows("SELECT total, count(*) AS n FROM orders WHERE order_id = '#1'") == [{"total": 55.0, "n": 1}]


UNKNOWN = "when,what they wrote,grade\n2026-03-01,The strap tore after two days of use,1\n2026-03-02,Very pleased with this bag overall,5\n"


def test_an_unknown_file_waits_until_its_mapping_is_accepted_and_is_then_known(load: Load, store: Store) -> None:
    asked = load(UNKNOWN)
    assert (asked.profile, asked.import_id, asked.rows_loaded) == (None, None, 0)
    guessed = {c["column"]: c["meaning"] for c in asked.columns}
    assert guessed == {"when": "written_at", "what they wrote": "text", "grade": "stars"}
    accepted = load(UNKNOWN, accept=True)
    assert accepted.profile == "mapping" and accepted.rows_loaded == 2
    again = load(UNKNOWN.replace("strap", "zip"), "next.csv")
    assert again.profile == "mapping" and again.rows_loaded == 1 and again.rows_duplicate == 1
    (toml,) = learned_profiles(store)
    learned = profiles.load(toml, "mine")
    assert learned.fields["text"].names == ["what they wrote"] and learned.version[0].headers[0] == "when"


def test_a_mapping_can_be_said_column_by_column(load: Load, store: Store) -> None:
    report = load("a,b,c\n5,Good bag for the money,Bag\n", mapping={"b": "text", "c": "product_name"})
    assert report.rows_loaded == 1
    assert store.rows("SELECT text, stars, product_name FROM reviews") == [
        {"text": "Good bag for the money", "stars": None, "product_name": "Bag"}
    ]


def test_a_dry_run_counts_and_loads_nothing(load: Load, store: Store) -> None:
    report = load(SHOPIFY, dry_run=True)
    assert report.rows_loaded == 3 and report.totals["orders"] == 2 and report.import_id is None
    assert all(not rows for rows in dump(store).values()) and store.value("SELECT count(*) FROM imports") == 0


def test_repeated_reviews_count_once_and_equal_words_of_two_people_twice(load: Load, store: Store) -> None:
    row = ("Good", "good lamp", 5, "2026-03-01", "a@example.com", "lamp")
    report = load(judgeme(row, row, ("Good", "good lamp", 5, "2026-03-01", "b@example.com", "lamp")))
    assert (report.rows_loaded, report.rows_duplicate) == (2, 1)
    nameless = load("review,stars\ngood lamp,5\ngood lamp,5\n", "n.csv", accept=True)
    assert (nameless.rows_loaded, nameless.rows_duplicate) == (2, 0)


def test_cancelling_leaves_the_shop_as_it_was(store: Store, drop: Callable[..., Path]) -> None:
    import_file(store, drop(SHOPIFY))
    before = dump(store)
    context = JobContext()

    def stop(progress: Progress) -> None:
        if progress.stage.startswith("importing") and progress.done:
            context.cancel.cancel()

    context.report = stop
    with pytest.raises(Cancelled):
        import_file(store, drop(NEXT_WEEK, "b.csv"), ImportSettings(), context)
    assert dump(store) == before and store.value("SELECT count(*) FROM imports") == 1
