"""What Backroom exports it reads back as it was, whatever the cells hold."""

from __future__ import annotations

import csv
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.desks.opening import open_store
from engine.importing.desk import import_file, recognise, undo
from engine.importing.queries import overview
from engine.importing.report import ImportSettings
from engine.shop import Shop
from engine.store.tables import IMPORTED

HOSTILE = (
    "=1+1",
    "+49 170 1234567",
    "-cmd|x",
    "@x",
    "'=1",
    "''@",
    "\tx",
    "\rx",
    "-3.50",
    "00123",
    "a\r\nb",
    " x ",
    "x,y;z|\t",
)
# Neither NUL nor a half of a surrogate pair can be in a text of SQLite's; a workbook cannot hold U+FFFE and U+FFFF.
TEXT = st.sampled_from(HOSTILE) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufffe\uffff"), min_size=1, max_size=40
)
# An id that looks like a number a spreadsheet has rounded is refused on the way in, as it should be.
IDENTIFIER = st.from_regex(r"[=+@'-]{0,2}0{0,3}[A-Za-z0-9]{1,12}", fullmatch=True).filter(
    lambda value: "e" not in value.lower()
)
# A workbook keeps 16 digits of a number, as many as amounts and quantities of exports have.
AMOUNT = st.none() | st.decimals(-(10**9), 10**9, places=4).map(float) | st.integers(-(10**9), 10**9).map(float)
LINE = st.fixed_dictionaries(
    {
        "order_id": IDENTIFIER, "sku": st.none() | IDENTIFIER, "product_name": st.none() | TEXT,
        "variant": st.none() | TEXT, "quantity": AMOUNT, "amount": AMOUNT, "day": st.none() | st.dates().map(str),
        "status_original": st.none() | TEXT,
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty shop to copy: making one takes longer than a whole example."""
    path = tmp_path_factory.mktemp("blank") / "blank.shop"
    open_store(path, create=True).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA journal_mode=DELETE")
    return path


def insert(shop: Path, table: str, rows: Sequence[dict[str, Any]]) -> None:
    store = open_store(shop)
    with store.write() as db:
        db.execute(
            "INSERT INTO imports (id, file, path, content_hash, imported_at) VALUES (1, 'a.csv', '/a.csv', 'x', 'now')"
        )
        for number, row in enumerate(rows, 1):
            names = ", ".join(row)
            db.execute(
                f"INSERT INTO {table} (import_id, line, row_key, platform, {names}) "
                f"VALUES (1, {number}, 'etsy|{number}', 'etsy', {', '.join('?' * len(row))})",
                list(row.values()),
            )
    store.close()


def stored(shop: Path, table: str) -> list[dict[str, Any]]:
    """Every row but for what an import gives it anew."""
    store = open_store(shop)
    rows = store.rows(f"SELECT * FROM {table} ORDER BY row_key")
    store.close()
    return [{k: v for k, v in row.items() if k not in ("id", "import_id", "line", "sheet", "product")} for row in rows]


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "json"])
@given(rows=st.lists(LINE, min_size=1, max_size=6))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_hostile_cells_come_back_as_they_were(blank: Path, suffix: str, rows: list[dict[str, Any]]) -> None:
    with TemporaryDirectory() as folder:
        first, second = (Path(shutil.copy(blank, Path(folder) / name)) for name in ("a.shop", "b.shop"))
        file = Path(folder) / f"order_lines.{suffix}"
        insert(first, "order_lines", rows)
        Shop(first).export("order_lines", file)
        (report,) = import_file(Shop(second).store, file)
        assert (report.rows_loaded, report.rows_rejected) == (len(rows), 0)
        assert stored(second, "order_lines") == stored(first, "order_lines")


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "json"])
@pytest.mark.parametrize("table", ["reviews", "orders", "order_lines"])
def test_a_table_is_the_same_in_another_shop_and_nothing_new_in_its_own(
    shop: Shop, tmp_path: Path, suffix: str, table: str
) -> None:
    file = tmp_path / f"out.{suffix}"
    shop.export(table, file)
    other = Shop(tmp_path / "other.shop", create=True)
    (there,) = import_file(other.store, file)
    assert there.rows_loaded == there.rows_read > 0
    assert stored(other.path, table) == stored(shop.path, table)
    before = stored(shop.path, table)
    (here,) = import_file(shop.store, file)
    assert (here.rows_loaded, here.rows_updated, here.rows_duplicate) == (0, 0, there.rows_read)
    assert stored(shop.path, table) == before
    (again,) = import_file(shop.store, file)
    assert again.already_imported == here.import_id


def edited(path: Path, change: dict[tuple[int, str], str]) -> None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for (row, column), value in change.items():
        rows[row][column] = value
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)


def test_an_edited_cell_is_a_change_that_can_be_taken_back(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    shop.export("orders", file)
    before = stored(shop.path, "orders")
    edited(file, {(0, "city"): "Wien"})
    (report,) = import_file(shop.store, file)
    assert (report.delimiter, report.rows_updated, report.rows_duplicate) == (";", 1, 1)
    assert shop.sql("SELECT city FROM orders WHERE order_id = '#1'")[1] == [("Wien",)]
    undo(shop.store, report.import_id or 0)
    assert stored(shop.path, "orders") == before


def test_what_a_spreadsheet_damaged_is_rejected_with_its_line(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "lines.csv"
    shop.export("order_lines", file)
    edited(file, {(0, "sku"): "1.2E+17", (1, "amount"): "ten", (2, "day"): "01/03/2026"})
    (report,) = import_file(shop.store, file)
    assert (report.rows_rejected, report.rows_updated) == (3, 0)
    with Path(report.rejects_file or "").open(encoding="utf-8-sig", newline="") as rejects:
        reasons = [(row["backroom reason"], row["backroom line"]) for row in csv.DictReader(rejects)]
    assert [line for _, line in reasons] == ["2", "3", "4"]
    assert "rounded number" in reasons[0][0] and "not a number" in reasons[1][0] and "2026-03-15" in reasons[2][0]


def test_every_imported_table_can_be_told_from_its_columns(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "my.shop", create=True)
    for table in IMPORTED:
        file = tmp_path / f"{table}.csv"
        shop.export(table, file)
        (found,) = recognise(file, store=shop.store)
        assert (found.profile, found.report, found.rows_estimate) == (f"backroom_{table}", table, 0)


@pytest.mark.parametrize(
    ("text", "loaded", "rejected"),
    [
        ("backroom key of orders\netsy|1\n", 0, 1),
        ("order_id,backroom key of fees\nA-1,\nA-2,no bar\nA-3,etsy|3\nA-4,etsy|3\n", 1, 3),
        (
            "platform,order_id,sku,quantity,backroom key of order_lines\netsy,A-1,S,2,etsy|1,surplus\n,A-2,S,3,etsy|2\n",
            1,
            1,
        ),
        ("platform,order_id,backroom key of orders\n", 0, 0),
    ],
)
def test_what_is_left_of_an_exported_file_loads_or_says_why_not(
    tmp_path: Path, text: str, loaded: int, rejected: int
) -> None:
    file = tmp_path / "out.csv"
    file.write_text(text, encoding="utf-8")
    shop = Shop(tmp_path / "my.shop", create=True)
    (report,) = import_file(shop.store, file)
    assert (report.rows_loaded, report.rows_rejected) == (loaded, rejected)
    assert report.rows_read == loaded + rejected


def test_a_dry_run_of_an_exported_file_stores_nothing(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    shop.export("orders", file)
    other = Shop(tmp_path / "other.shop", create=True)
    (report,) = import_file(other.store, file, ImportSettings(dry_run=True))
    assert (report.rows_loaded, report.import_id) == (2, None) and overview(other.store).orders == 0
