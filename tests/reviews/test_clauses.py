"""Clauses: one opinion each, exact places, nothing lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.reviews.clauses import split_clauses


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Really great sound but the battery dies by noon. Not worth it!",
            ["Really great sound", "but the battery dies by noon.", "Not worth it!"],
        ),
        ("Great sound but it dies by noon.", ["Great sound but it dies by noon."]),
        ("质量很好，就是有点掉色，客服态度不错。", ["质量很好", "就是有点掉色", "客服态度不错"]),
        ("Lasted 2.5 weeks, then it broke.", ["Lasted 2.5 weeks, then it broke."]),
        ("不错\n掉色", ["不错", "掉色"]),
        ("OK", ["OK"]),
        ("👍👍 !!!", []),
        ("", []),
    ],
)
def test_split(text: str, expected: list[str]) -> None:
    assert [clause.text for clause in split_clauses(text)] == expected


@given(st.text(alphabet="ab c.!?\n，。但是不错电池butho wever,—-", max_size=80))
def test_clauses_are_exact_pieces_in_order_and_keep_every_letter(text: str) -> None:
    clauses = split_clauses(text)
    end = 0
    for clause in clauses:
        assert clause.start >= end and text[clause.start : clause.end] == clause.text
        end = clause.end
    letters = "".join(c for c in text if c.isalpha())
    assert "".join(c for clause in clauses for c in clause.text if c.isalpha()) == letters
