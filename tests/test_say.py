"""Counts and shares are written as Babel writes them, without loading its locale data for a first screen."""

from __future__ import annotations

import pytest
from babel.numbers import format_decimal, format_percent
from hypothesis import given
from hypothesis import strategies as st

from engine.say import LANGUAGES, Speaker

LOCALES = {"en": "en_US", "zh": "zh_Hans_CN"}


def test_every_language_is_compared() -> None:
    assert set(LOCALES) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
@given(count=st.integers(-(10**12), 10**12), share=st.just(0.0) | st.floats(0.005, 12))
def test_counts_and_shares_are_what_babel_writes(language: str, count: int, share: float) -> None:
    speaker = Speaker(language)
    assert speaker.number(count) == format_decimal(count, "#,##0.##", locale=LOCALES[language])
    assert speaker.percent(share) == format_percent(share, "#,##0%", locale=LOCALES[language])
