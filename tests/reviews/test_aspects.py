"""Aspects from tags: every piece is a piece of the text, words stay whole, and what is not named has no place."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.inference.client import ModelClient
from engine.inference.scripted import ScriptedBackend, thread_peer
from engine.inference.tagging import Tagged, TagTask
from engine.inference.task import one_line
from engine.jobs import JobContext
from engine.reviews.aspects import (
    CATEGORIES,
    POLARITIES,
    SPANS,
    Aspect,
    Reader,
    Thresholds,
    places,
    read_sentence,
    read_texts,
    sentences,
)

LABELS = [*SPANS, *POLARITIES, *CATEGORIES]
TASK = TagTask("aspects", "t", "Review:\n", "\n", "\n", {name: f" {name}" for name in LABELS})

# What the scripted model knows: token -> the labels that it gives it. "\0" is the row of the whole sentence.
KNOWN = {
    "battery": ("begin", "negative", "battery"),
    "life": ("inside", "negative", "battery"),
    "screen": ("begin", "positive", "screen"),
    "awful": ("opinion",),
    "bright": ("opinion",),
    "电": ("begin", "negative", "battery"),
    "池": ("inside", "negative", "battery"),
    "差": ("opinion",),
}


def _score(token: str, label: str) -> float:
    known = KNOWN.get(token.strip().lower())
    if known is None:
        return 6.0 if label == "outside" else 0.0
    return 6.0 if label in known else 0.0


def _read(texts: list[str], thresholds: Thresholds | None = None, score=_score) -> list[list[Aspect]]:
    reader = Reader(TASK, thresholds or Thresholds(), "")
    with ModelClient(launch=thread_peer(lambda: ScriptedBackend(score))) as client:
        return read_texts(client, reader, texts, context=JobContext())


def test_terms_opinions_polarity_and_category_are_read_with_their_places() -> None:
    text = "I like it.  The screen is bright,\nbut the Battery  life is awful!"
    (found,) = _read([text])
    records = [aspect.record(text) for aspect in found]
    assert [(r["term"], r["polarity"], r["category"], r["opinion"]) for r in records] == [
        ("screen", "positive", "screen", "bright"),
        ("Battery  life", "negative", "battery", "awful"),
    ]
    for r in records:
        assert text[r["start"] : r["end"]] == r["term"]
        assert text[r["opinion_start"] : r["opinion_end"]] == r["opinion"]
        assert 0.5 < r["confidence"] <= 1


def test_chinese_terms_end_where_the_characters_end() -> None:
    text = "东西不错。就是电池太差"
    (found,) = _read([text])
    assert [aspect.record(text)["term"] for aspect in found] == ["电池"]
    assert found[0].record(text)["opinion"] == "差"


def test_texts_without_words_have_no_aspects() -> None:
    assert _read(["", "   ", "!!!", "\x00\x07"]) == [[], [], [], []]


def test_a_shift_of_terms_finds_fewer_and_can_differ_by_language() -> None:
    strict = Thresholds({"": 0.0, "en": -20.0})
    english, chinese = _read(["the screen is bright", "电池差"], strict)
    assert english == [] and len(chinese) == 1


def test_a_doubtful_term_counts_only_beside_a_sure_one() -> None:
    line, doubtful = "the lid and the battery", {"lid": 1.5, "battery": 6.0}

    def score(token: str, label: str) -> float:
        if token.strip() in doubtful:
            return doubtful[token.strip()] if label == "begin" else 1.2 if label == "outside" else 0.0
        return 6.0 if label == "outside" else 0.0

    gate = Thresholds(surest=0.7)
    both, alone = _read([line, "the lid"], gate, score)
    assert [line[a.start : a.end] for a in both] == ["lid", "battery"] and alone == []
    assert len(_read(["the lid"], score=score)[0]) == 1


def test_a_mention_without_judgement_can_be_asked_for_more_or_less_readily() -> None:
    def score(token: str, label: str) -> float:
        known = {"begin": 6.0, "neutral": 1.0, "positive": 1.5} if token.strip() == "lid" else {"outside": 6.0}
        return known.get(label, 0.0)

    polarities = [_read(["lid"], Thresholds(neutral=n), score)[0][0].polarity for n in (0.0, 1.0, -1.0)]
    assert polarities == ["positive", "neutral", "positive"]


def test_what_is_judged_without_a_name_has_a_category_and_no_place() -> None:
    def score(token: str, label: str) -> float:
        if token == "way too expensive":
            return 6.0 if label in ("price", "negative") else 0.0
        return 6.0 if label == "outside" else 0.0

    (found,) = _read(["way too expensive"], score=score)
    (aspect,) = found
    assert aspect.record("way too expensive") == {
        "term": None,
        "start": None,
        "end": None,
        "polarity": "negative",
        "category": "price",
        "opinion": None,
        "opinion_start": None,
        "opinion_end": None,
        "confidence": pytest.approx(0.95, abs=0.05),
    }
    assert _read(["way too expensive"], Thresholds(implicit=1.0), score) == [[]]


def test_a_word_of_several_tokens_is_a_term_as_a_whole() -> None:
    line = "the touchpad jumps"
    tagged = Tagged(np.array([3, 9, 12, 18]), np.zeros((5, len(LABELS)), dtype=np.float32))
    tagged.scores[:, LABELS.index("outside")] = 3
    tagged.scores[1, LABELS.index("begin")] = 9  # " touch", without "pad"
    (aspect,) = read_sentence(line, tagged, Thresholds())
    assert line[aspect.start : aspect.end] == "touchpad"


def test_terms_that_touch_are_one() -> None:
    (found,) = _read(["电电池, the screen battery"])
    assert [(a.start, a.end) for a in found] == [(0, 3), (9, 23)]


@given(st.text(alphabet=st.sampled_from("ab 电池的,。.\n\t\u3000\u2028!é👍"), max_size=60))
def test_sentences_are_in_order_and_hold_every_letter(text: str) -> None:
    found = sentences(text)
    assert all(start < end for start, end in found)
    assert all(a[1] <= b[0] for a, b in pairwise(found))
    inside = "".join(text[start:end] for start, end in found)
    assert re.sub(r"\W", "", inside) == re.sub(r"\W", "", text)


@given(st.text(max_size=60))
def test_every_character_of_the_line_has_its_place_in_the_text(text: str) -> None:
    line, back = one_line(text), places(text)
    assert len(back) == len(line) + 1 and sorted(back) == back
    for character, place in zip(line, back, strict=False):
        assert text[place] == character or (character == " " and not text[place].isalnum())


@given(
    st.text(alphabet=st.sampled_from("ab cde 电池好的, 的.-'\u3000\n!é👍"), min_size=1, max_size=50),
    st.integers(0, 10**6),
)
def test_whatever_the_model_says_every_piece_is_in_the_text(text: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for start, end in sentences(text):
        line = one_line(text[start:end])
        ends = np.array(sorted(set(rng.integers(1, len(line) + 1, size=8).tolist()) | {len(line)}))
        scores = rng.normal(0, 4, (len(ends) + 1, len(LABELS))).astype(np.float32)
        found = read_sentence(line, Tagged(ends, scores), Thresholds())
        taken: list[tuple[int, int]] = []
        for aspect in found:
            assert aspect.polarity in POLARITIES and aspect.category in CATEGORIES
            assert 0 <= aspect.confidence <= 1
            if aspect.opinion is not None:
                assert line[slice(*aspect.opinion)].strip()
            if aspect.start is None or aspect.end is None:
                continue
            term = line[aspect.start : aspect.end]
            assert term and term == term.strip() and any(map(str.isalnum, term))
            assert not any(a < aspect.end and aspect.start < b for a, b in taken)
            taken.append((aspect.start, aspect.end))
