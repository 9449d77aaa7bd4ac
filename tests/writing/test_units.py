"""Units: what a channel counts."""

from __future__ import annotations

import pytest

from engine.writing.units import ambiguous, measure, unencodable

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


@pytest.mark.parametrize(
    ("text", "unit", "size"),
    [
        ("cafe\u0301", "cp", 4),
        (FAMILY, "cp", 5),
        ("连衣裙 A", "dw", 8),
        ("Ａ", "dw", 2),
        ("é×€连", "utf8", 2 + 2 + 3 + 3),
        ("\U0001f600", "utf8", 4),
        ("连衣裙 A", "gbk", 8),
        ("，", "gbk", 2),
        ("", "dw", 0),
    ],
)
def test_a_text_is_as_long_as_its_channel_counts_it(text: str, unit: str, size: int) -> None:
    assert measure(text, unit) == size


def test_characters_that_gbk_lacks_are_named_and_counted_not_a_crash() -> None:
    text = "裙\U0001f600ｱ"
    assert unencodable(text) == [1, 2]
    assert measure(text, "gbk") == 6


def test_ambiguous_width_is_told() -> None:
    assert ambiguous("“好”…") == 3


def test_a_lone_surrogate_is_counted() -> None:
    assert measure("a\ud83d", "utf8") >= 2
    assert measure("a\ud83d", "gbk") == 3
