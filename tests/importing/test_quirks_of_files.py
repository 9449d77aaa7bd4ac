"""Quirks of the files themselves: workbooks, archives, web pages, JSON, Parquet. The list of all is in `test_quirks`."""

# Rows of a file are as long as they are.
# ruff: noqa: E501

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl
import pytest

from engine.errors import InputFileError
from engine.importing.desk import import_file
from engine.store.database import Store
from tests.importing.conftest import JUDGEME_HEADER, PDD, SHOPIFY, Load, judgeme, pdd
from tests.importing.workbooks import sheet, write_ods, write_xls


def test_csv_named_xls(load: Load) -> None:
    assert load(SHOPIFY, "orders.xls").rows_loaded == 3


def test_old_workbooks_and_open_documents(store: Store, tmp_path: Path) -> None:
    write_xls(tmp_path / "old.xls", {"订单": [PDD, pdd("260914-1")], "更多": [PDD, pdd("260915-2")]})
    write_ods(tmp_path / "open.ods", {"订单": [PDD, pdd("260916-3")]})
    reports = import_file(store, tmp_path / "old.xls") + import_file(store, tmp_path / "open.ods")
    assert [(r.profile, r.sheet, r.rows_loaded) for r in reports] == [
        ("pdd_orders", "订单", 1), ("pdd_orders", "更多", 1), ("pdd_orders", None, 1),
    ]  # fmt: skip
    rows = store.rows("SELECT order_id, product_id, quantity, amount, line FROM order_lines ORDER BY id")
    assert rows[2] == {"order_id": "260916-3", "product_id": "00777", "quantity": 1.0, "amount": 28.0, "line": 2}
    assert [row["order_id"] for row in rows] == ["260914-1", "260915-2", "260916-3"]


SYCM = [
    "统计日期",
    "商品ID",
    "商品名称",
    "商品访客数",
    "商品浏览量",
    "支付买家数",
    "支付件数",
    "支付金额",
    "支付转化率",
]


def test_a_header_of_merged_cells_over_two_rows(store: Store, tmp_path: Path) -> None:
    rows: list[list[object]] = [
        [None, "生意参谋 商品"], [], [], [None, None, None, None, *SYCM[3:]],
        [None, "2026-05-01", "7001", "雨伞", 100, 180, 6, 8, 240.0, "6.00%"],
        [None, "2026-05-02", "7001", "雨伞", 90, 150, 3, 3, 90.0, "3.33%"],
    ]  # fmt: skip
    headings = [(2, 1 + i, 3, 1 + i, SYCM[i]) for i in range(3)]
    path = sheet(tmp_path / "s.xlsx", rows, (*headings, (2, 4, 2, 5, "流量"), (2, 6, 2, 9, "交易")))
    (report,) = import_file(store, path)
    assert (report.profile, report.rows_loaded, report.rows_rejected) == ("tmall_sycm_products", 2, 0)
    rows_stored = store.rows("SELECT day, product_id, sessions, line FROM sessions ORDER BY line")
    assert [tuple(row.values()) for row in rows_stored] == [
        ("2026-05-01", "7001", 100.0, 5),
        ("2026-05-02", "7001", 90.0, 6),
    ]


def test_order_cells_merged_over_their_lines(store: Store, tmp_path: Path) -> None:
    header = ["订单号", "商品ID", "商品名称", "订购数量", "下单时间", "京东价", "订单金额", "应付金额", "订单状态"]
    lines: list[list[object]] = [
        [None, "1001", "保温杯", 2, None, 150, None, None, None], [None, "1002", "雨伞", 1, None, 200, None, None, None],
    ]  # fmt: skip
    merges = (
        (1, 0, 2, 0, "88001"),
        (1, 4, 2, 4, "2026-05-01 10:00:00"),
        (1, 6, 2, 6, 500),
        (1, 7, 2, 7, 500),
        (1, 8, 2, 8, "完成"),
    )
    (report,) = import_file(store, sheet(tmp_path / "o.xlsx", [header, *lines], merges))
    assert (report.profile, report.rows_loaded, report.totals["order_total"]) == ("jd_orders", 2, 500.0)
    assert [r["order_id"] for r in store.rows("SELECT order_id FROM order_lines")] == ["88001", "88001"]


def test_cells_over_several_rows_of_a_web_page_stand_in_each(load: Load, store: Store) -> None:
    header = "".join(
        f"<th>{name}</th>"
        for name in (
            "订单号",
            "商品ID",
            "商品名称",
            "订购数量",
            "下单时间",
            "京东价",
            "订单金额",
            "应付金额",
            "订单状态",
        )
    )
    one = "<td rowspan=2>88001</td><td>1001</td><td>保温杯</td><td>2</td><td rowspan='2'>2026-05-01 10:00:00</td><td>150</td><td rowspan=2>500</td><td rowspan=2>500</td><td rowspan=2>完成</td>"
    two = "<td>1002</td><td>雨伞</td><td>1</td><td>200</td>"
    report = load(f"<html><table><tr>{header}</tr><tr>{one}</tr><tr>{two}</tr></table></html>", "o.xls")
    assert (report.profile, report.rows_loaded, report.differences) == ("jd_orders", 2, [])
    assert store.rows("SELECT order_id, product_name, unit_price FROM order_lines ORDER BY line") == [
        {"order_id": "88001", "product_name": "保温杯", "unit_price": 150.0}, {"order_id": "88001", "product_name": "雨伞", "unit_price": 200.0},
    ]  # fmt: skip


def test_protected_workbooks_are_named_as_such(store: Store, tmp_path: Path) -> None:
    write_xls(tmp_path / "old.xls", {"a": [PDD]}, protected=True)
    with pytest.raises(InputFileError, match=r"old\.xls: this workbook is protected by a password"):
        import_file(store, tmp_path / "old.xls")


def packed_up(members: Mapping[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_archives_with_folders_other_files_and_chinese_names(store: Store, drop: Callable[..., Path]) -> None:
    content = packed_up(
        {
            "a/b/orders.csv": SHOPIFY,
            "__MACOSX/a/b/._orders.csv": b"\0\1",
            "a/.DS_Store": b"\0",
            "a/guide.pdf": b"%PDF",
            "xx.csv": judgeme(("A", "good", 5, "2026-03-01", "a@example.com", "l")),
        }
    )
    # A Chinese program writes names in its own encoding and says nothing of it.
    (report, reviews) = import_file(
        store, drop(content.replace(b"xx.csv", "评".encode("gb18030") + b".csv"), "week.zip")
    )
    assert (report.rows_loaded, reviews.rows_loaded) == (3, 1)
    assert [r["file"] for r in store.rows("SELECT file FROM imports")] == ["week.zip/a/b/orders.csv", "week.zip/评.csv"]
    assert any("a/guide.pdf" in note for note in report.notes)


def test_what_cannot_be_read_of_an_archive_is_said_and_the_rest_is_loaded(
    store: Store, drop: Callable[..., Path]
) -> None:
    inner = packed_up({"orders.csv": SHOPIFY})
    reports = import_file(
        store, drop(packed_up({"inner.zip": inner, "empty.csv": b"", "cut.xlsx": b"PK\x03\x04 cut"}), "w.zip")
    )
    assert [(r.rows_loaded, r.import_id is None) for r in reports] == [(3, False), (0, True), (0, True)]
    assert [r.reason for r in reports[1:]] == ["this file is empty.", "this archive or workbook is damaged."]
    assert reports[1].file.endswith("w.zip/empty.csv")
    deep = inner
    for _ in range(5):
        deep = packed_up({"again.zip": deep})
    with pytest.raises(InputFileError, match="too deep"):
        import_file(store, drop(deep, "deep.zip"))


def test_archives_that_unpack_to_far_too_much_are_refused(
    store: Store, drop: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.importing.reading import opening

    huge = packed_up({"a.csv": b"0" * (101 << 20)})
    with pytest.raises(InputFileError, match="too large to unpack"):
        import_file(store, drop(huge, "bomb.zip"))
    # Also when many small members, or a lie about their size, add up to it.
    monkeypatch.setattr(opening, "LARGEST_MEMBER", 3_000)
    with pytest.raises(InputFileError, match="too large to unpack"):
        import_file(store, drop(packed_up({f"{n}.csv": JUDGEME_HEADER + "x" * 1_000 for n in range(4)}), "many.zip"))
    with pytest.raises(InputFileError, match="too large to unpack"):
        import_file(store, drop(gzip.compress(b"0" * 4_000), "a.csv.gz"))


def test_nested_json_lines(load: Load, store: Store) -> None:
    text = '{"review": "Lovely lamp, would buy again", "stars": 5, "product": {"title": "Lamp", "id": 583870900000000001}, "tags": ["a", "b"]}\n'
    report = load(text, "r.jsonl", accept=True)
    assert [c["column"] for c in report.columns] == ["review", "stars", "product.title", "product.id", "tags"]
    assert "583870900000000001" in str(store.rows("SELECT * FROM reviews"))


def test_a_json_document_around_a_list(load: Load, store: Store) -> None:
    text = '{\n  "shop": "x",\n  "reviews": [\n    {"review": "Lovely lamp, would buy again", "stars": 5},\n    {"review": "Broke after a week of use", "stars": 1},\n    null\n  ]\n}\n'
    report = load(text, "r.json", accept=True)
    assert report.rows_loaded == 2 and any("no objects" in note for note in report.notes)
    assert [r["line"] for r in store.rows("SELECT line FROM reviews")] == [1, 2]
    assert load(text.replace("\n", "").replace("Lovely", "Fine"), "one line.json", accept=True).rows_loaded == 1


@pytest.mark.parametrize(
    "damage", [(40, bytes(200)), (1194, b"\xb7")], ids=["a page of zeros", "one byte on which polars panics"]
)
def test_a_damaged_parquet_file_is_refused(
    store: Store, tmp_path: Path, capfd: pytest.CaptureFixture[str], damage: tuple[int, bytes]
) -> None:
    path, (at, put) = tmp_path / "r.parquet", damage
    texts = [f"Parquet reviews can be read as well {i}" for i in range(500)]
    pl.DataFrame({"review": texts, "stars": [i % 5 for i in range(500)]}).write_parquet(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:at] + put + whole[at + len(put) :])
    with pytest.raises(InputFileError, match=r"r\.parquet: this Parquet file cannot be read"):
        import_file(store, path)
    assert capfd.readouterr().err == "", "a library's panic reached the terminal"
