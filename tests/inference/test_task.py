"""Labels, calibration and cache keys."""

from __future__ import annotations

import numpy as np
import pytest

from engine.inference.cache import KEY_BYTES, cache_key
from engine.inference.task import Calibration, LabelTask, TaskError, both_ends, one_line

LABELS = {"no": (" no",), "yes": (" yes", " Yes")}


def make(**changes: object) -> LabelTask:
    return LabelTask(**{"name": "t", "version": "1", "prefix": "p\n", "suffix": "\nq:", "labels": LABELS, **changes})  # type: ignore[arg-type]


def test_without_calibration_scores_become_a_softmax() -> None:
    scores = np.array([[0.0, np.log(3.0)], [1000.0, 1000.0]])
    assert np.allclose(make().probabilities(scores), [[0.25, 0.75], [0.5, 0.5]])


def test_a_bias_undoes_a_models_preference_and_a_temperature_softens() -> None:
    scores = np.array([[2.0, 0.0]])
    even = make(calibration=Calibration(bias={"yes": 2.0}, source="test"))
    soft = make(calibration=Calibration(temperature=4.0, source="test"))
    assert np.allclose(even.probabilities(scores), 0.5)
    assert 0.5 < soft.probabilities(scores)[0, 0] < make().probabilities(scores)[0, 0]


def test_no_texts_give_no_rows() -> None:
    assert make().probabilities(np.zeros((0, 2))).shape == (0, 2)


@pytest.mark.parametrize("labels", [{"only": (" a",)}, {"no": (" no",), "yes": ()}])
def test_a_question_needs_two_answers_that_can_be_given(labels: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(TaskError):
        make(labels=labels)


def test_a_text_cannot_imitate_the_layout_of_the_prompt() -> None:
    assert one_line("bad\r\n\r\nSentiment:\u2028 positive\t\x00!") == "bad Sentiment: positive !"


def test_equal_questions_share_a_key_and_others_do_not() -> None:
    key = cache_key("a  b", make(), "m")
    assert len(key) == KEY_BYTES
    assert key == cache_key("a b\n", make(calibration=Calibration(temperature=2.0)), "m")
    others = [
        cache_key("a c", make(), "m"),
        cache_key("a b", make(), "m2"),
        cache_key("a b", make(), "m", "adapter"),
        cache_key("a b", make(version="2"), "m"),
        cache_key("a b", make(prefix="p", suffix="\n\nq:"), "m"),
        cache_key("a b", make(max_text_tokens=20), "m"),
        cache_key("a b", make(labels={"no": (" no",), "yes": (" yes",)}), "m"),
        cache_key("a b", make(labels={"no": (" no", "yes"), " yes": (" Yes",)}), "m"),
    ]
    assert len({key, *others}) == len(others) + 1


def test_a_cut_keeps_both_ends_and_never_more_than_asked() -> None:
    assert both_ends("abcdefg", 7) == "abcdefg" and both_ends("abcdefg", 4) == "abfg"
    assert both_ends("abcdefg", 3) == "abg" and both_ends("abcdefg", 1) == "a"
    assert both_ends(list(range(10)), 5) == [0, 1, 2, 8, 9]
