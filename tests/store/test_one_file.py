"""One file is the shop: nothing is left beside it, and what lies beside it from elsewhere is never applied."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine.desks.opening import open_store
from engine.errors import ShopError
from engine.shop import Shop
from engine.store import connecting, sides
from engine.store.backup import back_up
from engine.store.database import Store
from tests.conftest import ROOT, Run

FIXTURE = Path(__file__).parent / "fixtures" / "shop-0.1.0.shop"


def put(store: Store, name: str, value: str = "1") -> None:
    with store.write() as db:
        db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", [name, value])


def names(path: Path) -> set[str]:
    """The settings in the shop file as it lies there."""
    with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as connection:
        return {row[0] for row in connection.execute("SELECT name FROM settings")}


def alone(path: Path) -> bool:
    """Whether nothing but the shop itself lies in its folder."""
    return [entry.name for entry in path.parent.iterdir()] == [path.name]


def killed(path: Path, *, setting: str = "kept") -> None:
    """A process that wrote a setting and was killed with its side files beside the shop."""
    code = (
        "import sys, os, signal; from pathlib import Path; from engine.store.database import Store\n"
        "store = Store(Path(sys.argv[1]), create=True)\n"
        "with store.write() as db:\n"
        f"    db.execute(\"INSERT OR REPLACE INTO settings VALUES ('{setting}', '1')\")\n"
        # Whoever reads keeps the log beside the file.
        "    store.value('SELECT count(*) FROM settings')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False, cwd=ROOT)
    assert done.returncode == -signal.SIGKILL


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop" / "a.shop"
    path.parent.mkdir()
    return path


def test_after_closing_everything_is_in_the_one_file(shop: Path) -> None:
    store = Store(shop, create=True)
    put(store, "mine")
    assert store.value("SELECT count(*) FROM settings") == 1 and sides.has_any(shop)
    store.close()
    assert alone(shop) and names(shop) == {"mine"}
    put(store, "again")
    assert store.settle()
    assert alone(shop) and names(shop) == {"mine", "again"}


def test_a_store_that_nobody_closed_rests_when_it_is_gone(shop: Path) -> None:
    store = Store(shop, create=True)
    put(store, "mine")
    store.value("SELECT 1")
    del store
    gc.collect()
    assert alone(shop) and names(shop) == {"mine"}


def test_a_process_that_ends_leaves_one_file(shop: Path) -> None:
    code = (
        "import sys, threading; from pathlib import Path; from engine.store.database import Store\n"
        "store = Store(Path(sys.argv[1]), create=True)\n"
        "with store.write() as db: db.execute(\"INSERT INTO settings VALUES ('mine', '1')\")\n"
        "thread = threading.Thread(target=lambda: store.rows('SELECT * FROM settings')); thread.start(); thread.join()\n"
        "store.rows('SELECT 1'); sys.exit(3)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(shop)], check=False, cwd=ROOT).returncode == 3
    assert alone(shop) and names(shop) == {"mine"}


def test_reading_leaves_nothing_and_writes_nothing(shop: Path) -> None:
    put(Store(shop, create=True), "mine")
    gc.collect()
    before = shop.read_bytes()
    store = Store(shop)
    assert store.rows("SELECT name FROM settings") == [{"name": "mine"}]
    assert alone(shop)
    store.close()
    assert shop.read_bytes() == before


def test_settling_waits_for_no_reader_and_disturbs_none(shop: Path) -> None:
    store = Store(shop, create=True)
    put(store, "mine")
    inside, leave, seen = threading.Event(), threading.Event(), []

    def read() -> None:
        connection = store.reader()

        def wait(number: int) -> int:
            inside.set()
            leave.wait(10)
            return number

        connection.create_function("wait", 1, wait)
        seen.extend(store.rows("SELECT wait(1) AS n"))

    thread = threading.Thread(target=read)
    thread.start()
    assert inside.wait(10)
    assert not store.settle()
    leave.set()
    thread.join()
    assert seen == [{"n": 1}]
    assert store.settle() and alone(shop)


def test_what_a_crash_left_is_put_in_order_at_the_next_opening(shop: Path) -> None:
    killed(shop)
    assert sides.has_any(shop)
    store = Store(shop)
    assert alone(shop) and names(shop) == {"kept"} and store.notes == []


def test_a_side_file_of_another_copy_is_put_aside_and_never_applied(shop: Path, tmp_path: Path) -> None:
    """The shop is replaced by another one while unsaved changes of the old one lie beside it."""
    other = tmp_path / "other.shop"
    put(Store(other, create=True), "newer")
    gc.collect()
    killed(shop, setting="older")
    shutil.copyfile(other, shop)
    store = Store(shop)
    assert store.rows("SELECT name FROM settings") == [{"name": "newer"}]
    assert store.value("PRAGMA integrity_check") == "ok"
    (kept,) = [entry for entry in shop.parent.iterdir() if "aside" in entry.name]
    assert kept.name in store.notes[0] and kept.stat().st_size > 0
    put(store, "more")
    store.close()
    assert names(shop) == {"newer", "more"}


def test_an_earlier_copy_of_the_same_shop_is_not_mixed_with_later_changes(shop: Path, tmp_path: Path) -> None:
    earlier = tmp_path / "earlier.shop"
    put(Store(shop, create=True), "first")
    gc.collect()
    shutil.copyfile(shop, earlier)
    put(Store(shop), "second")
    gc.collect()
    killed(shop, setting="third")
    shutil.copyfile(earlier, shop)
    assert {row["name"] for row in Store(shop).rows("SELECT name FROM settings")} == {"first"}


def test_a_copy_of_the_state_that_the_log_continues_is_brought_up_to_date(shop: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.shop"
    put(Store(shop, create=True), "first")
    gc.collect()
    shutil.copyfile(shop, copy)
    killed(shop, setting="second")
    shutil.copyfile(copy, shop)
    assert {row["name"] for row in Store(shop).rows("SELECT name FROM settings")} == {"first", "second"}


@pytest.mark.parametrize("same", [True, False], ids=["its own", "another shop's"])
def test_a_log_that_an_older_backroom_left(shop: Path, tmp_path: Path, same: bool) -> None:
    """Shops of 0.1.0 leave no marks: such a log is tried on a copy of the shop."""
    shutil.copyfile(FIXTURE, shop)
    writer = sqlite3.connect(shop)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("INSERT INTO settings VALUES ('from the log', '1')")
    writer.execute("UPDATE reviews SET title = 'changed'")
    writer.commit()
    for ending in (sides.WAL, sides.SHM):
        shutil.copyfile(sides.beside(shop, ending), tmp_path / ending)
    before = shop.read_bytes()
    writer.close()
    if same:
        shop.write_bytes(before)
    else:
        shop.unlink()
        put(Store(shop, create=True), "another")
        gc.collect()
    for ending in (sides.WAL, sides.SHM):
        shutil.copyfile(tmp_path / ending, sides.beside(shop, ending))
    store = Store(shop)
    assert {row["name"] for row in store.rows("SELECT name FROM settings")} == {"from the log" if same else "another"}
    assert store.value("PRAGMA integrity_check") == "ok"
    assert bool(store.notes) != same


def test_the_log_of_a_shop_that_is_being_written_is_never_put_aside(shop: Path) -> None:
    store = Store(shop, create=True)
    put(store, "first")
    with store.write() as db:
        db.execute("INSERT INTO settings VALUES ('open', '1')")
        db.execute("PRAGMA cache_size=-10")
        db.conn.executemany("INSERT INTO settings VALUES (?, ?)", [(f"n{i}", "x" * 900) for i in range(400)])
        other = Store(shop)
        assert other.notes == [] and other.rows("SELECT name FROM settings") == [{"name": "first"}]
    assert other.value("SELECT count(*) FROM settings") == 402


# -- where others reach the folder -----------------------------------------------------------------------------------


@pytest.fixture
def synced(tmp_path: Path) -> Path:
    path = tmp_path / "Dropbox" / "shops" / "a.shop"
    path.parent.mkdir(parents=True)
    return path


def test_a_synced_folder_is_told_apart(synced: Path, shop: Path) -> None:
    assert connecting.shared_place(synced) == "Dropbox"
    assert connecting.shared_place(shop) is None


def test_a_shop_in_a_synced_folder_is_one_whole_file_after_every_step_and_this_is_said_once(synced: Path) -> None:
    store = Store(synced, create=True)
    put(store, "first")
    assert alone(synced) and names(synced) == {"first", "shared_place"}
    put(store, "second")
    assert len(store.notes) == 1 and "Dropbox" in store.notes[0]
    again = Store(synced)
    put(again, "third")
    assert again.notes == [] and alone(synced)


@pytest.mark.parametrize("same", [True, False], ids=["its own", "another shop's"])
def test_a_journal_is_rolled_back_into_the_shop_it_is_of_and_no_other(synced: Path, tmp_path: Path, same: bool) -> None:
    store = Store(synced, create=True)
    put(store, "first")
    with store.write() as db:
        db.execute("PRAGMA cache_spill=ON")
        db.execute("PRAGMA cache_size=-10")
        db.conn.executemany("INSERT INTO settings VALUES (?, ?)", [(f"n{i}", "x" * 900) for i in range(400)])
        cut_short, journal = synced.read_bytes(), sides.beside(synced, sides.JOURNAL).read_bytes()
    store.close()
    synced.unlink()
    if same:
        synced.write_bytes(cut_short)
    else:
        put(Store(synced, create=True), "another")
        gc.collect()
    sides.beside(synced, sides.JOURNAL).write_bytes(journal)
    opened = Store(synced)
    found = {row["name"] for row in opened.rows("SELECT name FROM settings")} - {"shared_place"}
    assert found == ({"first"} if same else {"another"})
    assert opened.value("PRAGMA integrity_check") == "ok" and bool(opened.notes) != same


def test_a_journal_that_a_killed_writer_left_is_rolled_back_by_whoever_reads_next(synced: Path) -> None:
    store = Store(synced, create=True)
    put(store, "first")
    with store.write() as db:
        db.execute("PRAGMA cache_spill=ON")
        db.execute("PRAGMA cache_size=-10")
        db.conn.executemany("INSERT INTO settings VALUES (?, ?)", [(f"n{i}", "x" * 900) for i in range(400)])
        cut_short, journal = synced.read_bytes(), sides.beside(synced, sides.JOURNAL).read_bytes()
    assert store.settle()
    synced.write_bytes(cut_short)
    sides.beside(synced, sides.JOURNAL).write_bytes(journal)
    assert store.value("SELECT count(*) FROM settings WHERE name LIKE 'n%'") == 0
    assert store.settle() and alone(synced)


# -- who writes ------------------------------------------------------------------------------------------------------


def test_a_second_writer_waits_says_for_whom_and_goes_on(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    holder, waiter, said = Store(shop, create=True), Store(shop), []
    told = threading.Event()

    def announce(text: str) -> None:
        said.append(text)
        told.set()

    monkeypatch.setattr(Store, "announce", staticmethod(announce))
    thread = threading.Thread(target=put, args=(waiter, "second"))
    with holder.write() as db:
        db.execute("INSERT INTO settings VALUES ('first', '1')")
        thread.start()
        assert told.wait(20)
    thread.join()
    assert holder.value("SELECT count(*) FROM settings") == 2
    assert len(said) == 1 and f"process {os.getpid()}" in said[0]


def test_a_second_writer_gives_up_and_names_the_first(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.store.database.WAIT_SECONDS", 0.1)
    monkeypatch.setattr(sys, "argv", ["backroom", "import"])
    holder, waiter = Store(shop, create=True), Store(shop)
    with holder.write(), pytest.raises(ShopError, match=rf"`backroom import` \(process {os.getpid()}"):
        put(waiter, "second")
    put(waiter, "second")


# -- rights ----------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_a_new_shop_and_its_side_files_are_for_their_owner_alone(shop: Path) -> None:
    store = Store(shop, create=True)
    put(store, "mine")
    for path in shop.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_what_was_deleted_is_no_longer_in_the_file(shop: Path) -> None:
    store = Store(shop, create=True)
    put(store, "note", "telephone 0151 2345678")
    store.close()
    assert b"0151 2345678" in shop.read_bytes()
    with store.write() as db:
        db.execute("DELETE FROM settings")
    store.close()
    assert b"0151 2345678" not in shop.read_bytes()


def test_every_verb_leaves_one_file(tmp_path: Path, backroom: Run) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    path, file = folder / "w.shop", tmp_path / "small.csv"
    lines = [
        "product_handle,rating,author,email,body,created_at,photo_url,verified_purchase",
        "cup,5,A,a@example.org,holds tea,2026-07-01,,TRUE",
        "cup,2,B,b@example.org,it chipped,2026-07-02,,TRUE",
    ]
    file.write_text("\n".join(lines) + "\n")
    to = tmp_path / "reviews.csv"
    for arguments in (
        ("import", path, file),
        ("sql", path, "SELECT count(*) FROM reviews"),
        ("imports", path),
        ("findings", path),
        ("export", path, "reviews", "--to", to),
        ("sql", path, "DELETE FROM reviews"),
        ("undo", path, "1"),
    ):
        backroom(*arguments)
        assert alone(path), arguments
    assert backroom("sql", path, "SELECT state FROM imports", "--csv").stdout.split() == ["state", "undone"]


# -- where nothing can be written ------------------------------------------------------------------------------------


@pytest.mark.parametrize("made_by", ["this version", "0.1.0", "a process that was killed"])
def test_a_shop_in_a_read_only_folder_can_be_asked_everything(
    shop: Path, made_by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if made_by == "0.1.0":
        shutil.copyfile(FIXTURE, shop)
    elif made_by == "this version":
        put(open_store(shop, create=True), "kept")
        gc.collect()
    else:
        killed(shop)
    before = {entry.name: entry.read_bytes() for entry in shop.parent.iterdir()}
    closed = (shop, shop.parent)
    monkeypatch.setattr(os, "access", lambda path, mode, **options: mode != os.W_OK or Path(path) not in closed)
    for entry in (*shop.parent.iterdir(), shop.parent):
        entry.chmod(0o555)
    try:
        opened = Shop(shop)
        assert opened.read_only
        assert opened.findings() == [] or made_by == "0.1.0"
        assert opened.sql("SELECT name FROM settings WHERE name = 'kept'")[1] == (
            [] if made_by == "0.1.0" else [("kept",)]
        )
        assert opened.store.value("SELECT count(*) FROM messages") == 0
        with pytest.raises(ShopError, match="read-only"):
            put(opened.store, "more")
        back_up(opened.store, shop.parent.parent / "copy.shop")
        opened.close()
        if made_by == "this version":
            assert {entry.name: entry.read_bytes() for entry in shop.parent.iterdir()} == before
    finally:
        shop.parent.chmod(0o755)
