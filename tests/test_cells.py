"""The mark against formulas: set where a spreadsheet would run a cell, and taken off again without guessing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.cells import neutral, restored


@pytest.mark.parametrize(
    "cell", ["=1+1", "+49 170", "-cmd|' /C calc'!A0", "@SUM(A1)", "\tx", "\r=1", "+491701", "-007"]
)
def test_what_a_spreadsheet_would_run_or_shorten_is_marked(cell: str) -> None:
    assert neutral(cell) == "'" + cell


@pytest.mark.parametrize("cell", [-3, -3.5, 0, None, "-3.50", "-12", "00123", "1-2", "", "it's", "'quoted'", " =1"])
def test_numbers_and_harmless_text_stay(cell: Any) -> None:
    assert neutral(cell) is cell


@given(st.text(alphabet=st.sampled_from("'=+-@\t\r1.a")) | st.text())
@example("'=1")
@example("''-5")
def test_the_mark_comes_off_exactly(text: str) -> None:
    assert restored(neutral(text)) == text
