"""Whatever `import` opens, a verb that reads a file opens as well."""

from __future__ import annotations

import io
import json
from pathlib import Path

import polars as pl
import pytest

import sample_data
from engine.desks.files import read_table, read_texts
from engine.errors import InputFileError, UsageError

ROWS = (("id", "text"), ("a", "很好用，物流也快，推荐大家购买"), ("b", ""), ("c", "质量太差，用了两天就坏了"))


@pytest.mark.parametrize(("encoding", "delimiter"), [("gb18030", ","), ("utf-8-sig", ";"), ("utf-16", "\t")])
def test_texts_keep_their_order_number_and_name(tmp_path: Path, encoding: str, delimiter: str) -> None:
    file = tmp_path / "t.csv"
    file.write_text("".join(delimiter.join(row) + "\n" for row in ROWS), encoding=encoding)
    ids, texts = read_texts(str(file), "text")
    assert (ids, texts) == ([1, 2, 3], [row[1] for row in ROWS[1:]])
    assert read_texts(str(file), "text", "id")[0] == ["a", "b", "c"]


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("id,text\n1,fine\n", encoding="utf-8")
    with pytest.raises(UsageError, match="comment"):
        read_table(file, columns=("comment",))
    with pytest.raises(InputFileError, match="no such file"):
        read_texts(str(tmp_path / "missing.jsonl"), "text")


def test_the_samples_own_chinese_reviews() -> None:
    path = sample_data.FOLDER / "files" / "taobao_pingjia.csv"
    with pytest.raises(UnicodeDecodeError):
        path.read_text(encoding="utf-8")
    ids, texts = read_texts(str(path), "评价内容", "订单编号")
    assert len(texts) == sample_data.truth("reviews")["rows"]["taobao_reviews"]
    assert len(set(ids)) == len(ids) and all(str(one).isdigit() for one in ids)
    decoded = path.read_bytes().decode("gb18030")
    assert all(text in decoded for text in texts) and all(texts)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("semicolon.csv", "nr;text\n7;gut, aber teuer\n8;\n9;kaputt\n".encode("cp1252")),
        ("tab.txt", "nr\ttext\n7\tgut, aber teuer\n8\t\n9\tkaputt\n".encode("utf-16")),
        ("title.csv", b'Export of March\n\nnr,text\n7,"gut, aber teuer"\n8,\n9,kaputt\n'),
        (
            "lines.jsonl",
            b'{"nr": "7", "text": "gut, aber teuer"}\n{"nr": "8", "text": null}\n\n{"nr": "9", "text": "kaputt"}\n',
        ),
    ],
)
def test_separators_encodings_titles_and_json_lines(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert read_texts(str(tmp_path / name), "text", "nr") == (["7", "8", "9"], ["gut, aber teuer", "", "kaputt"])
    assert read_texts(str(tmp_path / name), "text")[0] == [1, 2, 3]


def test_workbook_and_parquet(tmp_path: Path) -> None:
    frame = pl.DataFrame({"nr": [7, 8, 9], "text": ["gut", None, "kaputt"]})
    frame.write_excel(tmp_path / "a.xlsx")
    frame.write_parquet(tmp_path / "a.parquet")
    for name in ("a.xlsx", "a.parquet"):
        ids, texts = read_texts(str(tmp_path / name), "text", "nr")
        assert [int(one) for one in ids] == [7, 8, 9] and texts == ["gut", "", "kaputt"], name


def test_a_text_is_not_touched(tmp_path: Path) -> None:
    texts = ["  two  spaces\nand a line", "a\u2028b\u0085c", '"quoted", with commas', "=1+1", "ｆｕｌｌ　ｗｉｄｔｈ"]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"text": one}) + "\n" for one in texts), encoding="utf-8")
    assert read_texts(str(path), "text")[1] == texts
    pl.DataFrame({"text": texts, "nr": range(5)}).write_csv(tmp_path / "a.csv")
    assert read_texts(str(tmp_path / "a.csv"), "text")[1] == texts


def test_standard_input_is_json_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    class Input:
        buffer = io.BytesIO(b'{"id": 3, "text": "fine"}\n{"id": "x", "text": ""}\n')

    monkeypatch.setattr("sys.stdin", Input)
    ids, texts = read_texts("-", "text", "id")
    assert [str(one) for one in ids] == ["3", "x"] and texts == ["fine", ""]
