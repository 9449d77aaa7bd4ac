"""A copy made at any moment is whole, verified, private, and never half there."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from engine.desks.opening import open_store
from engine.errors import Cancelled, ShopError, UsageError
from engine.jobs import CancelToken, JobContext
from engine.shop import Shop
from engine.store import backup
from engine.store.backup import back_up
from engine.store.database import Store
from tests.conftest import Run

FIXTURE = Path(__file__).parent / "fixtures" / "shop-0.1.0.shop"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    path = tmp_path / "a.shop"
    shutil.copy(FIXTURE, path)
    store = open_store(path)
    store.close()
    return store


def test_a_copy_holds_everything_and_is_for_its_owner_alone(store: Store, tmp_path: Path) -> None:
    to = tmp_path / "copy.shop"
    made = back_up(store, to)
    assert made.path == to and made.size == to.stat().st_size
    copy = Shop(to)
    tables = [row["name"] for row in store.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    counts = {table: store.value(f'SELECT count(*) FROM "{table}"') for table in tables}
    assert {table: copy.store.value(f'SELECT count(*) FROM "{table}"') for table in tables} == counts
    assert made.rows == sum(counts.values())
    assert copy.store.value("PRAGMA integrity_check") == "ok"
    assert {entry.name for entry in tmp_path.iterdir()} == {"a.shop", "copy.shop"}
    if os.name != "nt":
        assert stat.S_IMODE(to.stat().st_mode) == 0o600


def test_a_copy_made_during_a_transaction_is_the_state_before_it(store: Store, tmp_path: Path) -> None:
    to = tmp_path / "copy.shop"
    with store.write() as db:
        db.execute("INSERT INTO settings VALUES ('open', '1')")
        thread = threading.Thread(target=back_up, args=(Store(store.path), to))
        thread.start()
        thread.join(60)
        assert to.exists()
    assert Store(to).rows("SELECT name FROM settings WHERE name = 'open'") == []


def test_what_is_there_is_kept_unless_it_may_be_replaced(store: Store, tmp_path: Path) -> None:
    to = tmp_path / "copy.shop"
    to.write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        back_up(store, to)
    assert to.read_text() == "mine"
    back_up(store, to, force=True)
    assert Store(to).value("SELECT count(*) FROM reviews") == 62
    with pytest.raises(UsageError, match="the shop itself"):
        back_up(store, store.path, force=True)
    with pytest.raises(UsageError, match="no such folder"):
        back_up(store, tmp_path / "no" / "copy.shop")


def test_a_stopped_copy_leaves_nothing(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "_PAGES_AT_ONCE", 10)
    token = CancelToken()
    context = JobContext(report=lambda progress: token.cancel() if progress.done else None, cancel=token)
    with pytest.raises(Cancelled):
        back_up(store, tmp_path / "copy.shop", context)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.shop"]


def test_a_copy_that_lost_a_row_is_refused(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = backup._rows

    def one_less(connection: sqlite3.Connection) -> dict[str, int]:
        rows = counted(connection)
        if connection.execute("PRAGMA database_list").fetchone()[2].endswith(".part"):
            rows["reviews"] -= 1
        return rows

    monkeypatch.setattr(backup, "_rows", one_less)
    with pytest.raises(ShopError, match="not whole"):
        back_up(store, tmp_path / "copy.shop")
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.shop"]


def test_the_verb(store: Store, tmp_path: Path, backroom: Run) -> None:
    to = tmp_path / "copy.shop"
    done = backroom("backup", store.path, to)
    assert done.returncode == 0 and "whole" in done.stderr
    assert backroom("backup", store.path, to).returncode == 2
    again = backroom("backup", store.path, to, "--force", "--json")
    assert again.returncode == 0 and '"rows": ' in again.stdout
    assert backroom("sql", to, "SELECT count(*) AS n FROM reviews", "--csv").stdout.split() == ["n", "62"]


def test_a_filled_table_of_any_desk_passes_the_check_of_a_copy(store: Store) -> None:
    """SQLite before 3.41 finds NULLs that are not there where the key of a table WITHOUT ROWID does not stand first."""
    tables = store.rows("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql LIKE '%WITHOUT ROWID%'")
    assert "ledger" in {row["name"] for row in tables}
    for row in tables:
        columns = [column["name"] for column in store.rows(f'PRAGMA table_info("{row["name"]}")')]
        with contextlib.closing(sqlite3.connect(":memory:")) as empty:
            empty.execute(row["sql"])
            empty.execute(f'INSERT INTO "{row["name"]}" VALUES ({", ".join("?" * len(columns))})', columns)
            assert empty.execute("PRAGMA integrity_check").fetchall() == [("ok",)], row["name"]


def test_a_key_that_stands_first_is_part_of_every_table_without_row_numbers(store: Store) -> None:
    for row in store.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%WITHOUT ROWID%'"):
        places = [column["pk"] > 0 for column in store.rows(f'PRAGMA table_info("{row["name"]}")')]
        assert places == sorted(places, reverse=True), row["name"]
