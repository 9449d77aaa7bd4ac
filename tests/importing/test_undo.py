"""Imports taken back in any order: the shop is as if they had never been."""

# Rows of a file are as long as they are.
# ruff: noqa: E501

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.importing.desk import import_file, undo
from engine.store.database import Store
from tests.importing.conftest import Load

ORDERS = "Name,Email,Financial Status,Fulfillment Status,Currency,Subtotal,Shipping,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Shipping City,Tags"
REVIEWS = "title,body,rating,review_date,reviewer_name,reviewer_email,product_id,product_handle,reply,location"
# Cells an order or review may have, so that files agree, disagree and leave things unsaid.
order = st.fixed_dictionaries(
    {
        "number": st.integers(1, 4),
        "status": st.sampled_from(["paid", "refunded", ""]),
        "city": st.sampled_from(["Graz", "Linz", ""]),
        "shipping": st.sampled_from(["5.00", "0.00", ""]),
        "name": st.sampled_from(["Lamp", "Cup"]),
        "price": st.sampled_from(["10.00", "12.00"]),
        "tags": st.sampled_from(["gift", "vip", ""]),
    }
)
review = st.fixed_dictionaries(
    {
        "number": st.integers(1, 3),
        "stars": st.sampled_from(["5", "1"]),
        "reply": st.sampled_from(["Thank you", "Sorry", ""]),
        "location": st.sampled_from(["Graz", ""]),
    }
)


def orders_file(rows: list[dict[str, Any]]) -> str:
    lines = [ORDERS]
    for row in sorted(rows, key=lambda r: r["number"]):
        total = row["price"]
        lines.append(
            f"#{row['number']},a{row['number']}@example.com,{row['status']},,EUR,{total},{row['shipping']},{total},"
            f"2026-03-0{row['number']} 10:00:00 +0200,1,{row['name']},{row['price']},{row['name'][:1]}-1,{row['city']},{row['tags']}"
        )
    return "\n".join(lines) + "\n"


def reviews_file(rows: list[dict[str, Any]]) -> str:
    lines = [REVIEWS]
    for row in rows:
        n = row["number"]
        # The text stays, so that it is the same review; what is said about it may change.
        lines.append(
            f",good lamp {n},{row['stars']},2026-03-0{n + 4},Ann,a{n}@example.com,1,lamp,{row['reply']},{row['location']}"
        )
    return "\n".join(lines) + "\n"


def contents(store: Store) -> dict[str, list[dict[str, Any]]]:
    """What every imported table says, by file instead of import number."""
    found = {}
    for table in ("orders", "order_lines", "reviews"):
        rows = store.rows(f"SELECT t.*, i.file FROM {table} t JOIN imports i ON i.id = t.import_id ORDER BY row_key")
        for row in rows:
            # A product keeps the key it once had, whatever came later.
            del row["id"], row["import_id"], row["product"]
            row["extra"] = json.loads(row["extra"] or "{}")
        found[table] = rows
    changes = store.rows(
        "SELECT i.file, c.table_name, c.before, c.after FROM row_changes c JOIN imports i ON i.id = c.import_id"
    )
    for change in changes:
        change |= {side: json.loads(change[side]) for side in ("before", "after")}
    found["changes"] = sorted(changes, key=lambda change: json.dumps(change, sort_keys=True))
    found["search"] = store.rows("SELECT text FROM reviews_search ORDER BY 1")
    return found


class Imports(RuleBasedStateMachine):
    """Files come and imports go; a second shop gets only the files that are left."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="backroom-undo-"))
        self.store = Store(self.folder / "my.shop", create=True)
        self.left: dict[int, Path] = {}
        self.number = 0

    def _drop(self, text: str) -> None:
        self.number += 1
        path = self.folder / f"{self.number}.csv"
        path.write_text(text)
        (report,) = import_file(self.store, path)
        if report.already_imported is None and report.import_id is not None:
            self.left[report.import_id] = path

    @rule(rows=st.lists(order, min_size=1, max_size=4, unique_by=lambda r: r["number"]))
    def orders(self, rows: list[dict[str, Any]]) -> None:
        self._drop(orders_file(rows))

    @rule(rows=st.lists(review, min_size=1, max_size=3, unique_by=lambda r: r["number"]))
    def reviews(self, rows: list[dict[str, Any]]) -> None:
        self._drop(reviews_file(rows))

    @precondition(lambda self: self.left)
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        import_id = data.draw(st.sampled_from(sorted(self.left)))
        undo(self.store, import_id)
        del self.left[import_id]
        other = Store(self.folder / f"other{self.number}-{import_id}.shop", create=True)
        for path in self.left.values():
            import_file(other, path)
        assert contents(self.store) == contents(other)
        other.close()

    @invariant()
    def search_finds_what_is_stored(self) -> None:
        if hasattr(self, "store"):
            assert self.store.value("SELECT count(*) FROM reviews") == self.store.value(
                "SELECT count(*) FROM reviews_search"
            )

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            shutil.rmtree(self.folder, ignore_errors=True)


Imports.TestCase.settings = settings(
    max_examples=10,
    stateful_step_count=9,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
)
TestImports = Imports.TestCase


def test_what_only_a_taken_back_import_told_goes_with_it(load: Load, store: Store) -> None:
    row = {"number": 1, "status": "paid", "city": "Graz", "shipping": "5.00", "name": "Lamp", "price": "10.00"}
    first = load(orders_file([row | {"tags": "gift"}]), "1.csv")
    load(orders_file([row | {"city": "", "status": "refunded", "tags": ""}]), "2.csv")
    load(orders_file([row | {"city": "Graz", "tags": "vip"}]), "3.csv")
    assert store.rows("SELECT city, status FROM orders") == [{"city": "Graz", "status": "paid"}]
    undo(store, first.import_id or 0)
    assert store.rows("SELECT city, status, import_id FROM orders") == [
        {"city": "Graz", "status": "paid", "import_id": 2}
    ]
    (change,) = store.rows("SELECT import_id, before, after FROM row_changes WHERE table_name = 'orders'")
    assert change["import_id"] == 3 and json.loads(change["before"])["city"] is None
    undo(store, 3)
    assert store.rows("SELECT city, status FROM orders") == [{"city": None, "status": "refunded"}]


@pytest.mark.parametrize("order_of_undo", [(1, 2), (2, 1)])
def test_a_row_in_two_sheets_and_files_goes_with_the_last_of_them(
    load: Load, store: Store, order_of_undo: tuple[int, int]
) -> None:
    row = {
        "number": 1,
        "status": "paid",
        "city": "Graz",
        "shipping": "5.00",
        "name": "Lamp",
        "price": "10.00",
        "tags": "",
    }
    load(orders_file([row]), "1.csv")
    load(orders_file([row, row | {"number": 2}]), "2.csv")
    for import_id in order_of_undo:
        undo(store, import_id)
    assert store.value("SELECT count(*) FROM orders") == 0 and store.value("SELECT count(*) FROM row_seen") == 0
