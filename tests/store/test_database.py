"""The shop file: transactions, readers, refusals that a seller understands."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from engine.errors import ShopError, UsageError
from engine.shop import Shop
from engine.store.database import SCHEMA, Store
from engine.store.migrations import migrations


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "a.shop", create=True)


def test_the_schema_version_counts_the_migrations(store: Store) -> None:
    assert store.value("PRAGMA user_version") == SCHEMA == len(migrations._migrations)


def test_a_half_migrated_shop_is_completed(tmp_path: Path) -> None:
    path = tmp_path / "half.shop"
    db = Database(path)
    migrations.apply(db, stop_before="m004_analysis")
    db.conn.close()
    assert Store(path).rows("SELECT * FROM findings") == []


def put(store: Store, name: str, value: str = "1") -> None:
    with store.write() as db:
        db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", [name, value])


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    put(store, "before")
    with pytest.raises(ValueError), store.write() as db:
        db.execute("INSERT INTO settings VALUES ('half', '1')")
        raise ValueError
    assert store.rows("SELECT name FROM settings") == [{"name": "before"}]


def test_readers_see_the_old_state_until_commit_and_never_wait(store: Store) -> None:
    put(store, "before")
    with store.write() as db:
        db.execute("INSERT INTO settings VALUES ('during', '1')")
        seen: list[int] = []
        thread = threading.Thread(target=lambda: seen.append(store.value("SELECT count(*) FROM settings")))
        thread.start()
        thread.join(10)
        assert seen == [1]
    assert store.value("SELECT count(*) FROM settings") == 2


def test_queries_cannot_write(store: Store) -> None:
    for statement in (
        "DELETE FROM settings",
        "CREATE TABLE x(a)",
        f"ATTACH '{store.path}.other' AS o",
        "PRAGMA user_version=9",
    ):
        with pytest.raises(ShopError, match=r"only read|not change"):
            store.query(statement)
    assert not Path(f"{store.path}.other").exists()
    with pytest.raises(ShopError, match="not right"):
        store.query("selekt 1")


def test_a_query_without_end_is_stopped(store: Store) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(ShopError, match="longer than"):
        store.query(endless, seconds=0.2)


def test_query_says_when_there_was_more(store: Store) -> None:
    columns, rows, more = store.query("SELECT value FROM json_each('[1,2,3]')", limit=2)
    assert (columns, rows, more) == (["value"], [(1,), (2,)], True)


@pytest.mark.parametrize("content", [b"hello, this is a text file\n", b"PK\x03\x04" + b"\0" * 40])
def test_a_file_that_is_no_shop_is_refused_and_untouched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "no.shop"
    path.write_bytes(content)
    with pytest.raises(ShopError, match="not a shop"):
        Store(path)
    assert path.read_bytes() == content


def test_another_programs_database_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "other.shop"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (a)")
    with pytest.raises(ShopError, match="not a shop"):
        Store(path)
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]


def test_a_shop_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "new.shop"
    Store(path, create=True)
    with sqlite3.connect(path) as newer:
        newer.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    with pytest.raises(ShopError, match="newer"):
        Store(path)


def test_missing_shop_folder_and_name(tmp_path: Path) -> None:
    with pytest.raises(ShopError, match="no such shop"):
        Store(tmp_path / "missing.shop")
    with pytest.raises(ShopError, match="folder"):
        Store(tmp_path)
    with pytest.raises(ShopError, match="cannot be opened"):
        Store(tmp_path / "no" / "such" / "folder.shop", create=True)
    with pytest.raises(UsageError, match=r"\.shop"):
        Shop(tmp_path / "a.db", create=True)


def test_a_full_disk_keeps_what_was_there(store: Store) -> None:
    put(store, "before")
    pages = store.value("PRAGMA page_count")
    with pytest.raises(ShopError, match="disk is full"), store.write() as db:
        db.execute(f"PRAGMA max_page_count = {pages}")
        for i in range(1000):
            db.execute("INSERT INTO settings VALUES (?, ?)", [f"n{i}", "x" * 4000])
    assert store.rows("SELECT name FROM settings") == [{"name": "before"}]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user of this machine may enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def test_a_read_only_shop_can_be_read_and_says_why_not_more(open_folder: Path) -> None:
    path = open_folder / "locked" / "a.shop"
    path.parent.mkdir()
    put(Store(path, create=True), "before")
    # Root may write anywhere, so the test runs as nobody where it is root.
    code = (
        "import os, sys; from pathlib import Path; from engine.store.database import Store; from engine.errors import ShopError\n"
        # What is imported after that may be closed to nobody.
        "import engine.store.migrations, engine.store.asking\n"
        "path = Path(sys.argv[1])\n"
        "if os.getuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        "store = Store(path)\n"
        "print(store.read_only, store.value('SELECT name FROM settings'), store.query('SELECT name FROM settings')[1])\n"
        "try:\n"
        "    with store.write(): pass\n"
        "except ShopError as error: print(error.message())\n"
    )
    for entry in (path.parent, path):
        os.chmod(entry, 0o555)
    result = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert "True before [('before',)]" in result.stdout, result.stderr
    assert "read-only" in result.stdout


def test_a_killed_writer_loses_only_its_own_transaction(store: Store) -> None:
    code = (
        "import sys, os, signal; from pathlib import Path; from engine.store.database import Store\n"
        "store = Store(Path(sys.argv[1]))\n"
        "with store.write() as db: db.execute(\"INSERT INTO settings VALUES ('kept', '1')\")\n"
        "with store.write() as db:\n"
        "    db.execute(\"INSERT INTO settings VALUES ('lost', '1')\")\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(store.path)], check=False, cwd=Path(__file__).parents[2])
    assert store.rows("SELECT name FROM settings") == [{"name": "kept"}]
    put(store, "next")
