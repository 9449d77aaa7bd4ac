"""Reading fitted to a shop's own labels: used where it helps, honest about reviews that it learned from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.inference.task import Calibration, LabelTask
from engine.reviews.fitting import fit_thresholds, gold_of, settle
from engine.reviews.sentiment import LABELS, Reader

TASK = LabelTask("sentiment", "test", "", "", {label: (label,) for label in LABELS})
PLAIN = Calibration(abstain_below=0.5)
READER = Reader(TASK, {"": PLAIN})


def _labelled(n: int, bias: float = 0.0, seed: int = 3) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Texts, scores that shout "positive" by `bias` too much, and the labels behind them."""
    rng = np.random.default_rng(seed)
    gold = rng.choice(3, n, p=[0.4, 0.2, 0.4])
    scores = rng.normal(0, 0.7, (n, 3)) + 2 * np.eye(3)[gold]
    scores[:, 2] += bias
    return [f"review number {i}" for i in range(n)], scores, gold


def _no_vectors(texts: Sequence[str], language: str) -> np.ndarray:
    raise AssertionError("no head is fitted to so few reviews")


def _empty_vectors(texts: Sequence[str], language: str) -> np.ndarray:
    vectors = np.random.default_rng(len(texts)).normal(0, 1, (len(texts), 16))
    normed: NDArray[Any] = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return normed


@pytest.mark.parametrize(("stars", "column"), [(1, 0), (2, 0), (3, 1), (4, 2), (5, 2), (None, -1)])
def test_stars_are_labels_and_a_correction_outranks_them(stars: float | None, column: int) -> None:
    assert gold_of(stars, None) == column
    assert gold_of(stars, "neutral") == 1


def test_a_biased_reader_is_set_right_for_reviews_without_stars_too() -> None:
    texts, scores, gold = _labelled(280, bias=3.0)
    unrated = np.where(np.arange(280) % 4 == 0, -1, gold)
    settled = settle(texts, scores, unrated, READER, "m", _no_vectors)
    before = READER.shares(scores, texts).argmax(axis=1)
    hidden = unrated < 0
    assert (settled.shares[hidden].argmax(axis=1) == gold[hidden]).mean() > (
        before[hidden] == gold[hidden]
    ).mean() + 0.1
    [group] = settled.groups
    assert group.way == "thresholds" and group.labelled == 210
    assert "thresholds fitted to this shop's stars" in settled.methods[0]
    assert f"{group.agreement:.0%} agree on 210" in settled.methods[0]


def test_a_reader_that_suits_is_left_alone() -> None:
    texts, scores, gold = _labelled(280)
    # The temperature and bias that the scores above were drawn with: nothing is left to gain.
    drawn_with = Calibration({"negative": 0.0566, "neutral": -0.1132, "positive": 0.0566}, 0.7**2 / 2)
    fit = fit_thresholds(scores, gold, drawn_with)
    assert fit is not None and not fit.own
    settled = settle(texts, scores, np.full(280, -1), READER, "m", _no_vectors)
    assert np.array_equal(settled.shares, READER.shares(scores, texts))
    assert settled.methods == ["m"] * 280 and settled.groups[0].agreement is None


def test_vectors_that_know_nothing_make_no_head() -> None:
    texts, scores, gold = _labelled(600)
    settled = settle(texts, scores, gold, READER, "m", _empty_vectors)
    assert settled.groups[0].way != "head"


def test_a_review_never_sees_its_own_stars() -> None:
    """Scores and vectors of pure noise: whoever looked at the answers would agree with them."""
    rng = np.random.default_rng(11)
    gold = rng.choice(3, 600)
    scores = rng.normal(0, 1, (600, 3))
    settled = settle([f"text {i}" for i in range(600)], scores, gold, READER, "m", _empty_vectors)
    assert (settled.shares.argmax(axis=1) == gold).mean() < 0.42


def test_languages_are_fitted_apart() -> None:
    texts, scores, gold = _labelled(400, bias=3.0)
    chinese = ["评价" + text for text in texts]
    _, good, gold_zh = _labelled(400, seed=4)
    settled = settle(texts + chinese, np.vstack([scores, good]), np.append(gold, gold_zh), READER, "m", _empty_vectors)
    ways = {group.language: group.way for group in settled.groups}
    assert set(ways) == {"en", "zh"} and ways["en"] == "thresholds"
