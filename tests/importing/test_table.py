"""One reader for every file: what `import` opens, `read_table` gives as a frame of the file's own columns."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from engine.errors import InputFileError, UsageError
from engine.importing.table import LINE, read_table

Drop = Callable[..., Path]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_in_every_encoding_and_delimiter(drop: Drop, encoding: str, delimiter: str) -> None:
    rows = [("编号", "评价"), ("1", "杯盖漏水，客服没人理"), ("2", "很好")]
    path = drop("\n".join(delimiter.join(row) for row in rows), "评价.csv", encoding)
    frame = read_table(path, columns=("评价",))
    assert frame.to_dicts() == [
        {"编号": "1", "评价": "杯盖漏水，客服没人理", LINE: 2},
        {"编号": "2", "评价": "很好", LINE: 3},
    ]


def test_workbook_parquet_json_and_archive(tmp_path: Path) -> None:
    import zipfile

    frame = pl.DataFrame({"id": [7, 8], "text": ["fine", "leaks"]})
    frame.write_excel(tmp_path / "a.xlsx")
    frame.write_parquet(tmp_path / "a.parquet")
    frame.write_ndjson(tmp_path / "a.jsonl")
    (tmp_path / "b.json").write_text('{"count": 2, "reviews": [{"id": 7, "text": "fine"}, {"id": 8, "text": "leaks"}]}')
    frame.write_csv(tmp_path / "a.csv")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(tmp_path / "a.csv", "in/a.csv")
    for name in ("a.xlsx", "a.parquet", "a.jsonl", "b.json", "a.zip"):
        read = read_table(tmp_path / name, columns=("text", "id"))
        assert read["text"].to_list() == ["fine", "leaks"], name
        assert read["id"].cast(pl.Int64).to_list() == [7, 8], name
        assert read[LINE].to_list() == ([2, 3] if name in ("a.xlsx", "a.zip") else [1, 2]), name
    # JSON and Parquet state numbers; they stay such.
    assert read_table(tmp_path / "a.jsonl")["id"].dtype == pl.Int64
    assert read_table(tmp_path / "a.csv")["id"].dtype == pl.String


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    text = '{"id": "a", "text": "one\\u2028line"}\n\n{"id": "b", "text": null}\n'
    monkeypatch.setattr("engine.importing.table._standard_input", lambda: io.BytesIO(text.encode()))
    assert read_table("-", columns=("text",)).to_dicts() == [
        {"id": "a", "text": "one\u2028line", LINE: 1},
        {"id": "b", "text": None, LINE: 3},
    ]
    monkeypatch.setattr("engine.importing.table._standard_input", lambda: io.BytesIO(b'{"a": 1}\nnot json\n'))
    with pytest.raises(InputFileError, match="no JSON object") as caught:
        read_table("-")
    assert caught.value.line == 2


def test_the_header_is_found_by_the_columns_asked_for(drop: Drop) -> None:
    path = drop(
        "Report of March\n\nSeries;Period;Quantity\nA;2026-03-01;1.250,5\nA;2026-03-08;\n;;\nB;2026-03-01;3,5\n"
    )
    frame = read_table(path, columns=("series", "quantity"), kinds={"quantity": "number", "period": "day"})
    assert frame.columns == ["series", "Period", "quantity", LINE]
    assert frame["quantity"].to_list() == [1250.5, None, 3.5]
    assert frame[LINE].to_list() == [4, 5, 7]


def test_a_cell_that_is_no_value_is_named_with_its_line(drop: Drop) -> None:
    path = drop("sku,quantity\nA,4\nB,many\n")
    with pytest.raises(InputFileError, match="many") as caught:
        read_table(path, kinds={"quantity": "number"})
    assert caught.value.line == 3


def test_a_column_or_sheet_that_is_not_there(tmp_path: Path, drop: Drop) -> None:
    import xlsxwriter

    with pytest.raises(UsageError, match="no column 'text'; it has: title, body"):
        read_table(drop("title,body\na,b\n"), columns=("text",))
    with xlsxwriter.Workbook(tmp_path / "two.xlsx") as book:
        for name, cell in (("Notes", "about"), ("Texts", "text")):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, [cell, "more"])
            sheet.write_row(1, 0, ["first", "1"])
    assert read_table(tmp_path / "two.xlsx", columns=("text",))["text"].to_list() == ["first"]
    assert "about" in read_table(tmp_path / "two.xlsx", sheet="Notes").columns
    with pytest.raises(UsageError, match="no sheet 'Other'"):
        read_table(tmp_path / "two.xlsx", sheet="Other")


def test_one_column_keeps_its_empty_rows(drop: Drop) -> None:
    assert read_table(drop("text\none\n\nthree\n"), columns=("text",))["text"].to_list() == ["one", None, "three"]


def test_a_table_of_texts_keeps_its_first_row_as_header_when_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "examples.csv"
    path.write_text("sentence,label\nwhere is it,A\nreturn order,B\nreturn reason,B\n", encoding="utf-8")
    frame = read_table(path, headed=True)
    assert frame.columns[:2] == ["sentence", "label"]
    assert frame["label"].to_list() == ["A", "B", "B"]
