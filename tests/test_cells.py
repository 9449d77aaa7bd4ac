"""The mark against formulas: set where a spreadsheet would run a cell, and taken off again without guessing."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.cells import json_line, neutral, one_line, restored, safe


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+49 170",
        "-cmd|' /C calc'!A0",
        "@SUM(A1)",
        "\tx",
        "\n=1",
        "\r\n=1",
        "+491701",
        "-007",
        "＝1+1",
        "＋1",
        "－1",
        "＠x",
    ],
)
def test_what_a_spreadsheet_would_run_or_shorten_is_marked(cell: str) -> None:
    assert neutral(cell).startswith("'" + cell[:1])


@pytest.mark.parametrize(
    ("cell", "marked"),
    [("a;=cmd", "a;'=cmd"), ("a\n＝x", "a\n'＝x"), ("x|@y,-z", "x|'@y,'-z"), ("a\t+1", "a\t'+1"), ("5;6", "5;6")],
)
def test_text_that_another_delimiter_would_make_a_cell_of_is_marked_there(cell: str, marked: str) -> None:
    assert neutral(cell) == marked


@pytest.mark.parametrize(
    "text",
    ["\x1b]0;owned\x07", "\x9b2J", "\x9d52;c;aGk=\x9c", "a\u202egpj.exe", "x\ry", "\u2066z\u2069", "\x00", "\ufeffa"],
)
def test_nothing_that_disturbs_a_terminal_leaves_raw(text: str) -> None:
    raw = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
    assert raw.search(text)
    for out in (safe(text), one_line(text), neutral(text), json_line({"text": text, text: 1})):
        assert not raw.search(out)
    assert json.loads(json_line({"text": text}))["text"] == text and len(safe(text)) == len(text)


@pytest.mark.parametrize("cell", [-3, -3.5, 0, None, "-3.50", "-12", "00123", "1-2", "", "it's", "'quoted'", " =1"])
def test_numbers_and_harmless_text_stay(cell: Any) -> None:
    assert neutral(cell) is cell


@given(
    st.text(alphabet=st.sampled_from("'=+-@\t\r\n;,|1.a\\u{}9b\x9b\x1b＝"))
    | st.text(st.characters(exclude_categories=["Cs"]))
)
@example("'=1")
@example("''-5")
@example("\\\x1b")
@example("\\u{1b}\x1b")
def test_the_mark_comes_off_exactly(text: str) -> None:
    assert restored(neutral(text)) == text
