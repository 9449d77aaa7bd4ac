"""How the aspects adapter is measured: scores by hand-made cases, thresholds that keep false alarms down."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.inference.tagging import Tagged
from engine.reviews.aspects import CATEGORIES, POLARITIES, SPANS, Thresholds
from engine.reviews.recipes.aspects_measuring import (
    MOST_FALSE_ALARMS,
    Gold,
    by_name,
    fit_implicit,
    fit_thresholds,
    implicit_scores,
    read_gold,
    score,
    spans_of,
)
from engine.reviews.recipes.aspects_sources import parse_written

LABELS = [*SPANS, *POLARITIES, *CATEGORIES]


def _tagged(text: str, strength: dict[str, float], whole: dict[str, float] | None = None) -> Tagged:
    """A token a word; the words in `strength` lead "outside" by so much as terms."""
    words = text.split(" ")
    ends = np.cumsum([len(word) + (i > 0) for i, word in enumerate(words)])
    scores = np.zeros((len(words) + 1, len(LABELS)), dtype=np.float32)
    for i, word in enumerate(words):
        scores[i, LABELS.index("begin" if word in strength else "outside")] = 5 + strength.get(word, 0.0)
        scores[i, LABELS.index("outside")] = 5
        scores[i, LABELS.index("positive")] = 4
    for label, value in (whole or {}).items():
        scores[-1, LABELS.index(label)] = value
    return Tagged(ends, scores)


def test_scores_count_exact_and_overlapping_terms_and_polarity() -> None:
    gold = [[(0, 4, "positive"), (8, 12, "negative")], [], []]
    found = [[(0, 4, "negative"), (6, 10, "negative")], [(1, 3, "neutral")], []]
    assert score(gold, found) == {
        "texts": 3,
        "terms": 2,
        "found": 3,
        "exact_f1": pytest.approx(0.4),
        "overlap_f1": pytest.approx(0.8),
        "polarity_accuracy": 0.5,
        "without_terms": 2,
        "false_alarms": 0.5,
    }


SPAN_LISTS = st.lists(
    st.tuples(st.integers(0, 8), st.integers(1, 4), st.sampled_from(POLARITIES)).map(
        lambda s: (s[0], s[0] + s[1], s[2])
    ),
    max_size=4,
    unique_by=lambda s: s[0],
)


@given(st.lists(st.tuples(SPAN_LISTS, SPAN_LISTS), min_size=1, max_size=4))
def test_scores_stay_in_range_and_the_gold_itself_is_perfect(pairs) -> None:
    gold, found = [list(g) for g, _ in pairs], [list(f) for _, f in pairs]
    got = score(gold, found)
    assert 0 <= got["exact_f1"] <= 1 and 0 <= got["overlap_f1"] <= 1 and 0 <= got["polarity_accuracy"] <= 1
    if any(gold):
        perfect = score(gold, gold)
        assert perfect["exact_f1"] == perfect["overlap_f1"] == 1
        assert perfect.get("false_alarms", 0) == 0


def test_halves_share_no_text_and_lose_none() -> None:
    texts = [f"text {i}" for i in range(60)]
    gold = Gold("g", texts, [[] for _ in texts])
    tune, test = gold.half(True), gold.half(False)
    assert sorted(tune.texts + test.texts) == sorted(texts) and 15 < len(tune.texts) < 45
    assert tune.first(5).texts == tune.first(9).texts[:5]


def test_gold_texts_that_the_model_would_read_otherwise_are_left_out(tmp_path: Path) -> None:
    rows = [
        {"text": "good screen", "aspects": [{"term": "screen", "start": 5, "polarity": "positive"}]},
        {"text": "two  spaces", "aspects": []},
    ]
    (tmp_path / "g.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    gold = read_gold(tmp_path / "g.jsonl")
    assert gold.texts == ["good screen"] and gold.spans == [[(5, 11, "positive")]]


def test_thresholds_drop_weak_terms_where_texts_have_none() -> None:
    texts = [f"a screen {i}" for i in range(20)] + [f"just words {i}" for i in range(20)]
    screen: list[tuple[int, int, str | None]] = [(2, 8, "positive")]
    spans = [screen] * 20 + [[]] * 20
    tagged = [_tagged(t, {"screen": 2.0, "words": 0.8}) for t in texts]
    gold = Gold("g", texts, spans)
    before = score(spans, spans_of(texts, tagged, Thresholds()))
    after = score(spans, spans_of(texts, tagged, fit_thresholds([(gold, tagged)], "here")))
    assert before["false_alarms"] == 1.0
    assert after["false_alarms"] <= MOST_FALSE_ALARMS and after["exact_f1"] == 1.0


def test_unnamed_aspects_are_told_from_plain_sentences() -> None:
    examples = [
        parse_written("way too much => price-"),
        parse_written("so so => quality-"),
        parse_written("I have two"),
    ]
    tagged = [
        _tagged("way too much", {}, {"price": 5.0}),
        _tagged("so so", {}, {"quality": 4.0}),
        _tagged("I have two", {}, {"outside": 3.0}),
    ]
    least = fit_implicit(examples, tagged, Thresholds())
    assert implicit_scores(examples, tagged, Thresholds(implicit=least)) == {
        "texts_with_one": 2,
        "precision": 1.0,
        "recall": 1.0,
        "category_accuracy": 1.0,
    }


def test_the_list_of_names_finds_what_it_lists() -> None:
    text = "The battery life is short"
    assert [text[a:b] for a, b, _ in by_name([text])[0]] == ["battery life"]
