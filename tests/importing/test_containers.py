"""Every container and encoding an export comes in, and files that cannot be read."""

# Rows of a file are as long as they are.
# ruff: noqa: E501

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from engine.errors import InputFileError
from engine.importing.desk import import_file, recognise
from engine.importing.report import ImportSettings
from engine.store.database import Store
from tests.importing.conftest import JUDGEME_HEADER, SHOPIFY, Load, judgeme

REVIEW = judgeme(
    ("Fine", "Works.\nEvery day, really. “Great” 😀", 5, "2026-03-01 10:00:00 UTC", "a@example.com", "lamp")
)
AMAZON = "item-name\titem-description\tlisting-id\tseller-sku\tprice\tquantity\topen-date\tasin1\tproduct-id\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_unicode_encodings_with_and_without_a_mark(load: Load, store: Store, encoding: str) -> None:
    report = load(REVIEW, encoding=encoding)
    assert report.profile == "judgeme_reviews" and report.rows_loaded == 1
    assert store.value("SELECT body FROM reviews") == "Works.\nEvery day, really. “Great” 😀"


@pytest.mark.parametrize(
    ("encoding", "found", "title"),
    [
        ("cp1252", "cp1252", "Crème brûlée für zwei – 12 €"),
        ("shift_jis", "cp932", "折りたたみ傘 コンパクト ライト"),
        ("gb18030", "gb18030", "折叠雨伞便携遮阳晴雨两用"),
        ("big5", "big5", "摺疊雨傘輕便遮陽晴雨兩用的好東西"),
        ("cp949", "cp949", "접이식 우산 휴대용 가벼운"),
        ("cp1251", "cp1251", "Складной зонт для города"),
    ],
)
def test_legacy_encodings_are_decided_from_the_bytes(
    load: Load, store: Store, encoding: str, found: str, title: str
) -> None:
    report = load(
        f"{AMAZON}{title}\tx\t1\tS-1\t10.00\t3\t2026-03-01 10:00:00 PST\tB000000001\tB000000001\n", "l.txt", encoding
    )
    assert report.encoding == found
    assert store.value("SELECT title FROM products") == title


def test_an_encoding_can_be_chosen_and_the_runner_up_is_shown(drop: Callable[..., Path]) -> None:
    path = drop(f"{AMAZON}折叠雨伞\tx\t1\tS-1\t10\t3\t2026-03-01\tB000000001\tB000000001\n", "l.txt", "gb18030")
    (found,) = recognise(path)
    assert found.encoding == "gb18030" and found.encoding_runner_up is not None
    (chosen,) = recognise(path, ImportSettings(encoding="big5"))
    assert chosen.encoding == "big5"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(load: Load, delimiter: str) -> None:
    text = "product_handle,rating,author,email,body,created_at,photo_url,verified_purchase\nlamp,5,Ann,a@example.com,Good one,2026-03-01,,true\n"
    report = load(text.replace(",", delimiter))
    assert (report.profile, report.delimiter, report.rows_loaded) == ("loox_reviews", delimiter, 1)


def test_windows_line_ends_old_mac_line_ends_and_trailing_commas(load: Load, store: Store) -> None:
    assert load(SHOPIFY.replace("\n", "\r\n"), "a.csv").totals["lines"] == 3
    assert load(SHOPIFY.replace("\n", "\r").replace("#1", "#7").replace("#2", "#8"), "b.csv").totals["lines"] == 3
    assert load(SHOPIFY.replace("\n", ",,\n").replace("#1", "#3").replace("#2", "#4"), "c.csv").rows_rejected == 0
    assert store.value("SELECT count(*) FROM orders") == 6


def test_lines_are_physical_with_cells_of_many_lines(load: Load, store: Store) -> None:
    load(
        judgeme(
            ("One", "first\n\nthird line", 5, "2026-03-01", "a@example.com", "lamp"),
            ("Two", 'says ""yes""\nand more', 4, "2026-03-02", "b@example.com", "lamp"),
            ("Three", "short", 3, "2026-03-03", "c@example.com", "lamp"),
        )
    )
    assert [row["line"] for row in store.rows("SELECT line FROM reviews ORDER BY id")] == [2, 5, 7]


def test_a_stray_inch_mark_does_not_swallow_the_file(load: Load, store: Store) -> None:
    text = "product_handle,rating,author,email,body,created_at,photo_url,verified_purchase\n" + "".join(
        f'lamp,5,A{i},a{i}@example.com,My 5" lamp number {i} is good,2026-03-01,,true\n' for i in range(5)
    )
    report = load(text)
    assert report.rows_loaded == 5
    assert [row["line"] for row in store.rows("SELECT line FROM reviews ORDER BY id")] == [2, 3, 4, 5, 6]


def test_quotes_are_ordinary_characters_in_amazon_flat_files(load: Load, store: Store) -> None:
    rows = "".join(f'"Big" lamp {i}\tx\t1\tS-{i}\t10\t3\t2026-03-01\tB00000000{i}\t\n' for i in range(3))
    assert load(AMAZON + rows, "l.txt").rows_loaded == 3
    assert store.value("SELECT title FROM products WHERE product_id = 'B000000001'") == '"Big" lamp 1'


def test_multi_line_comments_in_a_returns_file(load: Load, store: Store) -> None:
    header = "return-date\torder-id\tsku\tasin\tfnsku\tproduct-name\tquantity\tfulfillment-center-id\tdetailed-disposition\treason\tstatus\tlicense-plate-number\tcustomer-comments"
    row = '2026-05-01T10:00:00+00:00\t111-1\tS1\tB000000001\tX1\tLamp\t1\tF1\tDEFECTIVE\tDEFECTIVE\tdone\tL1\t"broke 😀\nafter a day"'
    report = load(f"{header}\n{row}\n{row.replace('111-1', '111-2')}\n", "returns.txt")
    assert report.profile == "amazon_fba_returns" and report.rows_loaded == 2
    assert store.rows("SELECT comment, line FROM returns")[1] == {"comment": "broke 😀\nafter a day", "line": 4}


def workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[object]]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    sheet.write(r, c, cell)
    return path


def test_workbooks_with_several_sheets_and_a_preamble(store: Store, tmp_path: Path) -> None:
    header = [
        "商品", "订单号", "订单状态", "商品总价(元)", "邮费(元)", "店铺优惠折扣(元)", "平台优惠折扣(元)", "用户实付金额(元)",
        "商家实收金额(元)", "商品数量(件)", "商品id", "商品规格",
    ]  # fmt: skip
    row = ["雨伞", "260914-1", "已收货", 30, 0, 2, 1, 27, 28, 1, "00777", "红"]
    path = workbook(
        tmp_path / "订单明细.xlsx",
        {"一": [["订单明细"], header, row], "二": [header, [*row[:1], "260915-2", *row[2:]]]},
    )
    reports = import_file(store, path)
    assert [(r.profile, r.sheet, r.rows_loaded) for r in reports] == [("pdd_orders", "一", 1), ("pdd_orders", "二", 1)]
    assert reports[0].lines_skipped == [{"line": 1, "reason": "before the header"}]
    rows = store.rows("SELECT product_id, line, sheet FROM order_lines ORDER BY id")
    assert rows[0] == {"product_id": "00777", "line": 3, "sheet": "一"}


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/_rels/workbook.xml.rels"])
def test_a_workbook_whose_xml_names_an_unknown_encoding_is_read(store: Store, tmp_path: Path, part: str) -> None:
    bodies = [
        ("Nice", "Nice lamp", 5, "2026-01-02", "a@b.co", "lamp"),
        ("Dim", "Dim lamp", 2, "2026-01-03", "c@d.co", "lamp"),
    ]
    rows: list[list[object]] = [list(line.split(",")) for line in judgeme(*bodies).splitlines()]
    whole = workbook(tmp_path / "whole.xlsx", {"一": rows})
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(tmp_path / "odd.xlsx", "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, data.replace(b'encoding="UTF-8"', b'encoding="U-8"') if name == part else data)
    assert import_file(store, tmp_path / "odd.xlsx", ImportSettings(accept=True))[0].rows_loaded == 2


def test_json_lines_arrays_and_parquet(load: Load, store: Store, tmp_path: Path) -> None:
    lines = '{"review": "Lovely lamp, would buy again", "stars": 5, "meta": {"author": "Ann"}}\n\nnot json\n{"review": "Broke after a week of use", "stars": 1}\n'
    report = load(lines, "r.jsonl", accept=True)
    assert (report.rows_loaded, report.rows_rejected) == (2, 1)
    assert store.rows("SELECT line FROM reviews ORDER BY id")[1] == {"line": 4}
    array = '[{"review": "An array of reviews is fine too", "stars": 4}]'
    assert load(array, "r.json", accept=True).rows_loaded == 1
    frame = pl.DataFrame({"review": ["Parquet reviews can be read as well"], "stars": [5.0]})
    frame.write_parquet(tmp_path / "r.parquet")
    assert import_file(store, tmp_path / "r.parquet", ImportSettings(accept=True))[0].rows_loaded == 1


def test_a_web_page_in_another_encoding_than_the_seller_says_is_refused(
    store: Store, drop: Callable[..., Path]
) -> None:
    page = "\ufeffDay\tÃampaign\n".encode("utf-16-le") + b"<table><tr><td>1</td></tr></table>"
    with pytest.raises(InputFileError) as error:
        import_file(store, drop(page, "page.csv"), ImportSettings(encoding="utf-8"))
    assert "page.csv" in error.value.message()


WEB_HEADER = "".join(f"<th>{name}</th>" for name in JUDGEME_HEADER.split(","))
WEB_ROW = (
    "<td>Ok</td><td>fine lamp</td><td>4</td><td>2026-03-01</td>"
    + "<td></td>" * 2
    + "<td>Ann</td><td>a@example.com</td><td>1</td><td>lamp</td>"
)


@pytest.mark.parametrize(
    "row",
    [
        WEB_ROW.replace("Ann", "<table></table>Ann"),
        WEB_ROW.replace("Ann", "<table><tr><td>A</table>Ann"),
        WEB_ROW.replace("</td>", ""),
    ],
    ids=["an empty table inside a cell", "a table inside a cell", "cells without an end"],
)
def test_a_web_page_with_odd_cells_keeps_every_one(load: Load, store: Store, row: str) -> None:
    report = load(f"<html><table><tr>{WEB_HEADER}<tr>{row}", "reviews.xls", accept=True)
    assert report.profile == "judgeme_reviews" and report.rows_loaded == 1
    assert store.rows("SELECT author, product_id FROM reviews") == [{"author": "Ann", "product_id": "lamp"}]


def test_a_web_page_named_xls_is_read_as_a_table(load: Load) -> None:
    cells, row = WEB_HEADER, WEB_ROW
    report = load(f"<html><table><tr>{cells}</tr><tr>{row}</tr></table></html>", "reviews.xls")
    assert report.profile == "judgeme_reviews" and report.rows_loaded == 1
    assert any("web page" in note for note in report.notes)


def test_archives(load: Load, store: Store, drop: Callable[..., Path]) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("reports/orders.csv", SHOPIFY)
        archive.writestr("reports/reviews.csv", REVIEW)
        archive.writestr("__MACOSX/._orders.csv", b"\x00\x01")
    reports = import_file(store, drop(packed.getvalue(), "week.zip"))
    assert [r.profile for r in reports] == ["shopify_orders", "judgeme_reviews"]
    assert store.value("SELECT file FROM imports ORDER BY id") == "week.zip/reports/orders.csv"
    assert load(gzip.compress(REVIEW.replace("Fine", "Good").encode()), "r.csv.gz").rows_loaded == 1


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"", None, "empty"),
        (b"\xef\xbb\xbf \n\n", None, "empty"),
        (SHOPIFY.encode()[:40] + b"\x00" * 40 + SHOPIFY.encode()[40:], 1, "NUL"),
        (REVIEW.replace("Fine", "Gut für mich").encode() + "größ".encode()[:-1], 4, "cut off"),
        (b"%PDF-1.7 ...", None, "PDF"),
        (b"PK\x03\x04 broken", None, "damaged"),
        (b"PAR1 broken", None, "Parquet"),
        (b"<html><body>Please sign in</body></html>", None, "web page"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 512 + "EncryptedPackage".encode("utf-16-le"), None, "password"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, None, "cannot be read"),
    ],
)
def test_bad_files_are_refused_with_file_and_line(
    store: Store, drop: Callable[..., Path], content: bytes, line: int | None, words: str
) -> None:
    with pytest.raises(InputFileError) as error:
        import_file(store, drop(content, "bad.csv"), ImportSettings(accept=True))
    assert error.value.file is not None and "bad.csv" in error.value.file
    assert error.value.line == line
    assert words in error.value.what
    assert store.value("SELECT count(*) FROM imports") == 0


def test_folders_missing_files_and_a_header_alone(store: Store, drop: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="folder"):
        import_file(store, tmp_path)
    with pytest.raises(InputFileError, match="no such file"):
        import_file(store, tmp_path / "nothing.csv")
    (report,) = import_file(store, drop(JUDGEME_HEADER + "\n"))
    assert (report.profile, report.rows_read, report.rows_rejected) == ("judgeme_reviews", 0, 0)


def test_an_endless_line_is_refused_without_reading_it_into_memory(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "endless.csv"
    with path.open("wb") as file:
        file.write(b"a,b\n")
        for _ in range(20):
            file.write(b"x" * (1 << 20))
    with pytest.raises(InputFileError, match="longer than") as error:
        import_file(store, path)
    assert error.value.line == 2


def test_rows_with_too_many_cells_are_rejected_whole(load: Load, tmp_path: Path) -> None:
    text = "product_handle,rating,author,email,body,created_at,photo_url,verified_purchase\nlamp,5,Ann,a@example.com,Good, but loud,2026-03-01,,true\nlamp,4,Bob,b@example.com,Fine lamp,2026-03-01,,true\n"
    report = load(text)
    assert (report.rows_loaded, report.rows_rejected, report.rows_read) == (1, 1, 2)
    rejects = Path(report.rejects_file or "").read_text(encoding="utf-8-sig").splitlines()
    assert "but loud" in rejects[1] and "9 cells" in rejects[1]


@pytest.mark.parametrize(
    ("damage", "marked"),
    [(b"\xff", False), (b"\x80\x81", False), (b"\x00", False), (b"\xe4\xbd", False), (b"\xfe", True)],
)
def test_a_broken_byte_costs_one_character(
    store: Store, drop: Callable[..., Path], damage: bytes, marked: bool
) -> None:
    rows = ["Order ID,Date,Product,Quantity,Amount"] + [
        f"{n},2026-03-{13 + n},瓷杯 Größe {n},1,5.00" for n in range(1, 6)
    ]
    data = "\n".join(rows).encode().replace("瓷杯 Größe 3".encode(), "瓷".encode() + damage + " Größe 3".encode())
    path = drop((b"\xef\xbb\xbf" if marked else b"") + data)
    report = import_file(store, path, ImportSettings(accept=True))[0]
    assert (report.rows_loaded, report.encoding) == (5, "utf-8")
    assert any("line 4" in note and "replaced" in note for note in report.notes)
    names = [row["product_name"] for row in store.rows("SELECT product_name FROM order_lines ORDER BY line")]
    assert names[2].startswith("瓷�") and names[2].endswith(" Größe 3") and names[3] == "瓷杯 Größe 4"


def test_brackets_in_a_name_are_no_pattern(store: Store, tmp_path: Path) -> None:
    for name, review in (
        ("reviews[1].parquet", "The handle broke off after a week"),
        ("reviews1.parquet", "Lovely lamp, warm light"),
    ):
        pl.DataFrame({"review": [review], "stars": [3]}).write_parquet(tmp_path / name)
    import_file(store, tmp_path / "reviews[1].parquet", ImportSettings(accept=True))
    assert [row["text"] for row in store.rows("SELECT text FROM reviews")] == ["The handle broke off after a week"]


def test_a_table_that_is_nothing_but_columns_is_refused_at_once(store: Store, drop: Callable[..., Path]) -> None:
    with pytest.raises(InputFileError, match="different columns"):
        import_file(store, drop(",".join(f"c{n}" for n in range(100_000)) + "\n" + "1," * 99_999 + "1\n"))
    lines = "\n".join(f'{{"k{n}": 1}}' for n in range(20_000))
    with pytest.raises(InputFileError, match="different columns"):
        import_file(store, drop(lines, "keys.jsonl"))


def test_json_nested_too_deep_is_a_line_that_is_no_object(store: Store, drop: Callable[..., Path]) -> None:
    deep = '{"a":' * 100_000 + "1" + "}" * 100_000
    report = import_file(
        store,
        drop('{"review": "Broke after a week, sadly", "stars": 1}\n' + deep + "\n", "deep.jsonl"),
        ImportSettings(accept=True),
    )[0]
    assert (report.rows_loaded, report.rows_rejected) == (1, 1)
