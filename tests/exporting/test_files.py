"""Files that are written whole or not at all, and say in every format what the shop holds."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import fastexcel
import pytest

from engine.errors import Cancelled, ShopError, UsageError
from engine.exporting import files
from engine.importing import profiles
from engine.importing.desk import import_file
from engine.importing.report import ImportSettings
from engine.jobs import JobContext, Progress
from engine.shop import Shop
from engine.store.sheets import Sheet, of_query


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_csv_neutralises_text_and_keeps_numbers_and_ids(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    done = shop.export(
        of_query(shop.store, "SELECT '=1+1' AS \"=bad\", -3.5 AS n, 20.0 AS w, '00123' AS id, '+49 1' AS p, NULL AS e"),
        file,
    )
    assert (done.files, done.rows) == ((file,), 1)
    assert rows_of(file) == [["'=bad", "n", "w", "id", "p", "e"], ["'=1+1", "-3.5", "20", "00123", "'+49 1", ""]]


def test_xlsx_holds_text_as_text_and_numbers_as_numbers(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "out.xlsx"
    shop.export(
        of_query(
            shop.store,
            "SELECT '=1+1' AS a, -3.5 AS n, '00123' AS id, '123456789012345678' AS long, 1234567890123456789 AS i",
        ),
        file,
    )
    frame = fastexcel.read_excel(file).load_sheet(0).to_polars()
    assert frame.rows() == [("'=1+1", -3.5, "00123", "123456789012345678", "1234567890123456789")]
    assert [str(kind) for kind in frame.dtypes] == ["String", "Float64", "String", "String", "String"]


def test_json_markdown_and_html_say_the_same(shop: Shop, tmp_path: Path) -> None:
    sql = "SELECT 'a|b\n<i>' AS t, -2 AS n"
    for suffix in ("json", "md", "html"):
        shop.export(of_query(shop.store, sql), tmp_path / f"out.{suffix}")
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8")) == [{"t": "a|b\n<i>", "n": -2}]
    assert "| a\\|b<br>&lt;i&gt; | -2 |" in (tmp_path / "out.md").read_text(encoding="utf-8")
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert "a|b\n&lt;i&gt;</td>" in page and "default-src 'none'" in page


def test_an_existing_file_is_replaced_only_when_said(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    file.write_text("mine")
    with pytest.raises(UsageError, match="such a file already"):
        shop.export("orders", file)
    assert file.read_text() == "mine"
    shop.export("orders", file, force=True)
    assert len(rows_of(file)) == 3


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "json", "md", "html"])
def test_a_stopped_export_leaves_the_old_file_and_no_half_one(shop: Shop, tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"out.{suffix}"
    file.write_text("mine")
    before = sorted(tmp_path.glob("*out*"))
    context = JobContext()

    def stop(progress: Progress) -> None:
        if progress.done:
            context.cancel.cancel()

    context.report = stop
    with pytest.raises(Cancelled):
        shop.export("orders", file, force=True, context=context)
    assert file.read_text() == "mine" and sorted(tmp_path.glob("*out*")) + sorted(tmp_path.glob(".*")) == before


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "json", "md", "html"])
def test_a_folder_that_is_not_there_is_said(shop: Shop, tmp_path: Path, suffix: str) -> None:
    with pytest.raises(UsageError, match=r"there is no folder .*nowhere"):
        shop.export("orders", tmp_path / "nowhere" / f"out.{suffix}")


FULL = """
import resource, sys
from pathlib import Path
from engine.errors import BackroomError
from engine.shop import Shop
shop, out = Shop(sys.argv[1]), Path(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
try:
    shop.export("order_lines", out)
except BackroomError as error:
    print(error.message())
print("left:", *out.parent.iterdir())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of a file's size there")
@pytest.mark.parametrize("suffix", ["csv", "xlsx", "json", "md", "html"])
def test_a_disk_without_room_is_said_and_nothing_is_left(shop: Shop, tmp_path: Path, suffix: str) -> None:
    (tmp_path / "out").mkdir()
    shop.close()
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(shop.path), str(tmp_path / "out" / f"lines.{suffix}")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    said, left = done.stdout.splitlines()
    assert "this file cannot be written: " in said and "disk has room" in said and left == "left:"


def test_what_no_workbook_can_hold_is_said_and_nothing_is_cut(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"row 1 has more than 32,767 characters in t"):
        shop.export(of_query(shop.store, "SELECT printf('%.40000c', 'x') AS t"), tmp_path / "out.xlsx")
    tall = Sheet("tall", ("a",), lambda: iter(()), files.ROWS_OF_A_SHEET + 1)
    with pytest.raises(UsageError, match="holds 1,048,575 rows"):
        files.write(tall, tmp_path / "tall.xlsx", JobContext(), force=False)
    assert not list(tmp_path.glob("*.xlsx"))


def test_wrong_names_say_what_is_right(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nothing called revews.*reviews.*v_reviews"):
        shop.export("revews", tmp_path / "out.csv")
    with pytest.raises(UsageError, match=r"\.csv, \.xlsx, \.json, \.md, \.html"):
        shop.export("reviews", tmp_path / "out.docx")
    with pytest.raises(ShopError, match="may only read"):
        shop.export(of_query(shop.store, "DELETE FROM reviews"), tmp_path / "out.csv")
    with pytest.raises(UsageError, match="no finding 99"):
        shop.export("evidence", tmp_path / "out.csv", finding=99)
    assert not list(tmp_path.glob("out.*"))


def test_views_and_tables_that_no_file_brought_are_exported_as_they_are(shop: Shop, tmp_path: Path) -> None:
    shop.export("v_reviews", tmp_path / "v.csv")
    assert rows_of(tmp_path / "v.csv")[0][:3] == ["id", "file", "sheet"]
    shop.export("imports", tmp_path / "i.json")
    assert [row["file"] for row in json.loads((tmp_path / "i.json").read_text())] == ["orders.csv", "reviews.csv"]


def test_rejects_of_all_imports_are_one_sheet_with_their_reasons(shop: Shop, tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    broken = tmp_path / "broken.csv"
    broken.write_text(orders.read_text().replace(",1,Red Sock,10.00", ",=cmd|x,Red Sock,10.00"))
    (report,) = import_file(shop.store, broken)
    assert report.rows_rejected == 1
    shop.export("rejects", tmp_path / "rejects.csv")
    head, row = rows_of(tmp_path / "rejects.csv")
    found = dict(zip(head, row, strict=True))
    assert found["backroom file"].endswith("broken.csv") and found["backroom line"] == "3"
    assert found["Lineitem quantity"] == "'=cmd|x" and "Lineitem quantity" in found["backroom reason"]


def test_accepted_mappings_become_profiles_one_file_each(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no mapping was accepted"):
        shop.export("profiles", tmp_path / "mine.toml")
    for name, header in (("a.csv", "when,what they wrote,grade"), ("b.csv", "day,their words,points")):
        (tmp_path / name).write_text(header + "\n2026-03-01,The strap tore after two days of use,1\n")
        import_file(shop.store, tmp_path / name, ImportSettings(accept=True))
    with pytest.raises(UsageError, match=r"ends in \.toml"):
        shop.export("profiles", tmp_path / "mine.csv")
    done = shop.export("profiles", tmp_path / "mine.toml")
    assert [file.name for file in done.files] == ["mine.toml", "mine-2.toml"] and done.rows == 2
    learned = [profiles.load(file.read_text(encoding="utf-8"), file.stem) for file in done.files]
    assert sorted(profile.fields["text"].names[0] for profile in learned) == ["their words", "what they wrote"]
