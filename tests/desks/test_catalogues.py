"""Every message of every desk is translated, its places are the same, and what is compiled is what is written."""

from __future__ import annotations

import re

import pytest

from engine.say import LANGUAGES, Speaker
from tests.catalogues import Spoken, compiled, spoken, stored

ALL = [(one, language) for one in spoken() for language in LANGUAGES[1:]]
IDS = [f"{one.domain}-{language}" for one, language in ALL]


def places(message: str) -> set[str]:
    """The named places of a message."""
    return set(re.findall(r"\{(\w+)\}", message))


@pytest.mark.parametrize(("one", "language"), ALL, ids=IDS)
def test_every_message_is_translated_and_no_other_stands_there(one: Spoken, language: str) -> None:
    catalog = stored(one.path(language), language)
    said = {message.id: message.string for message in catalog if message.id}
    assert set(said) == set(one.messages), "run `python -m tests.catalogues`"
    untranslated = [key for key, string in said.items() if not string or not all(string)]
    assert untranslated == []


@pytest.mark.parametrize(("one", "language"), ALL, ids=IDS)
def test_a_translation_has_the_places_of_its_message(one: Spoken, language: str) -> None:
    for message in stored(one.path(language), language):
        if not message.id:
            continue
        forms = [str(form) for form in (message.string if isinstance(message.string, tuple) else (message.string,))]
        wanted = places(str(message.id[-1] if isinstance(message.id, tuple) else message.id))
        assert [places(form) for form in forms] == [wanted] * len(forms), message.id


@pytest.mark.parametrize(("one", "language"), ALL, ids=IDS)
def test_what_is_compiled_is_what_is_written(one: Spoken, language: str) -> None:
    path = one.path(language)
    assert path.with_suffix(".mo").read_bytes() == compiled(stored(path, language)), "run `python -m tests.catalogues`"


def test_numbers_days_and_money_are_written_as_the_language_does() -> None:
    en, zh = Speaker("en"), Speaker("zh")
    assert (en.number(12345.678), en.number(2, 1), en.number(0.5, 0)) == ("12,345.68", "2.0", "0")
    assert (en.percent(0.123), en.percent(0.001), zh.percent(0.001)) == ("12%", "under 1%", "不到 1%")
    assert (en.money(1234.5, "EUR"), zh.money(12, "CNY"), en.money(3, None)) == ("€1,234.50", "¥12.00", "3.00")
    assert (en.day("2026-03-06T10:00:00"), zh.day("2026-03-06")) == ("Mar 6, 2026", "2026年3月6日")
    assert (en.day("2026-03"), zh.day("2026-03"), en.day("soon")) == ("Mar 2026", "2026年3月", "soon")
    assert en.period("2026-03-01", "2026-03-02") == "Mar 1, 2026 to Mar 2, 2026"
    assert en.named(["A", "B", "C"], 7) == "A, B, C and 4 more"
    assert zh.named(["甲", "乙"]) == "甲、乙"
