"""Whatever `import` opens, a verb that reads a file opens as well."""

from __future__ import annotations

from pathlib import Path

import pytest

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
