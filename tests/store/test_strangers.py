"""Shops from elsewhere: known before a byte is written, and nothing in them acts by itself."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from engine.errors import ShopError
from engine.store import strangers
from engine.store.database import Store
from tests.conftest import Run

FIXTURE = Path(__file__).parent / "fixtures" / "shop-0.1.0.shop"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "a.shop"
    Store(path, create=True).close()
    return path


def change(path: Path, *statements: str) -> bytes:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path.read_bytes()


def test_a_new_shop_says_what_it_is(shop: Path) -> None:
    assert Store(shop).value("PRAGMA application_id") == strangers.APPLICATION


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_a_database_of_another_program_is_left_as_it_is(tmp_path: Path, mode: str, backroom: Run) -> None:
    path = tmp_path / "theirs.shop"
    before = change(
        path, f"PRAGMA journal_mode={mode}", "CREATE TABLE imports (id)", "PRAGMA application_id=1196444487"
    )
    for arguments in (("findings", path), ("sql", path, "SELECT 1"), ("backup", path, tmp_path / "copy.shop")):
        done = backroom(*arguments)
        assert done.returncode == 3 and "not a shop" in done.stderr
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["theirs.shop"]


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("CREATE TRIGGER spy AFTER INSERT ON settings BEGIN DELETE FROM reviews; END", "trigger “spy”"),
        ("CREATE VIEW v_more AS SELECT * FROM reviews", "view “v_more”"),
        ("CREATE VIRTUAL TABLE words USING fts5(word)", "table “words"),
        ("CREATE INDEX quick ON reviews(abs(stars))", "index “quick”"),
        ("ALTER TABLE reviews ADD COLUMN more TEXT", "table “reviews”"),
    ],
)
def test_what_is_not_ours_is_refused_and_named(shop: Path, statement: str, named: str) -> None:
    before = change(shop, statement)
    with pytest.raises(ShopError) as error:
        Store(shop)
    assert named in error.value.message() and shop.read_bytes() == before


def test_a_view_of_ours_with_another_meaning_is_refused(shop: Path) -> None:
    change(shop, "DROP VIEW v_stock", "CREATE VIEW v_stock AS SELECT 1 AS id")
    with pytest.raises(ShopError, match="v_stock"):
        Store(shop)


def test_a_trigger_in_a_shop_of_an_older_version_is_refused_before_it_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "old.shop"
    shutil.copyfile(FIXTURE, path)
    before = change(path, "CREATE TRIGGER spy AFTER INSERT ON settings BEGIN DELETE FROM reviews; END")
    with pytest.raises(ShopError, match="spy"):
        Store(path)
    assert path.read_bytes() == before


def test_a_plain_table_that_the_seller_keeps_there_is_no_harm(shop: Path) -> None:
    change(shop, "CREATE TABLE my_notes (note TEXT)", "INSERT INTO my_notes VALUES ('call the printer')")
    assert Store(shop).value("SELECT note FROM my_notes") == "call the printer"


def test_what_stands_in_a_shop_may_call_no_function_that_acts(shop: Path) -> None:
    store = Store(shop)
    with store.write() as db:
        assert db.execute("PRAGMA trusted_schema").fetchone()[0] == 0
    assert store.value("PRAGMA trusted_schema") == 0


@pytest.mark.parametrize(
    "query",
    [
        "SELECT zeroblob(900000000)",
        "SELECT hex(randomblob(400000000))",
        "SELECT replace(hex(zeroblob(8000000)), '00', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) SELECT zeroblob(4000000) FROM n",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 30000) "
        "SELECT group_concat(hex(randomblob(1000))) FROM n",
    ],
)
def test_a_query_holds_no_more_than_memory_should(shop: Path, query: str) -> None:
    with pytest.raises(ShopError, match="MB"):
        Store(shop).query(query, seconds=30)
