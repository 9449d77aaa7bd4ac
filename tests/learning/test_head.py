"""A head is used where the vectors know something, refused where they do not, and never judged on what it learned."""

from __future__ import annotations

import numpy as np

from engine.learning.head import LEAST_LABELLED, fit_head


def _shop(n: int, telling: float, seed: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Scores that know half of the labels, and vectors whose first coordinates know them by `telling`."""
    rng = np.random.default_rng(seed)
    gold = rng.choice(3, n, p=[0.3, 0.2, 0.5])
    scores = rng.normal(0, 1, (n, 3)) + np.eye(3)[gold]
    vectors = rng.normal(0, 1, (n, 64))
    vectors[:, :3] += telling * np.eye(3)[gold]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    given = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return scores, vectors.astype(np.float32), gold, given


def test_vectors_that_know_the_shop_are_used() -> None:
    scores, vectors, gold, given = _shop(800, telling=6.0)
    fit = fit_head(scores, vectors, gold, given)
    assert fit is not None and fit.better
    assert fit.macro_f1 > fit.given_macro_f1 + 0.1
    fresh = _shop(800, telling=6.0, seed=6)
    read = fit.head.probabilities(fresh[0], fresh[1])
    assert np.allclose(read.sum(axis=1), 1)
    # What it promised on held-out texts it keeps on texts of tomorrow.
    assert abs((read.argmax(axis=1) == fresh[2]).mean() - fit.accuracy) < 0.06


def test_labels_of_pure_chance_make_no_head() -> None:
    scores, vectors, gold, _ = _shop(800, telling=6.0)
    shuffled = np.random.default_rng(1).permutation(gold)
    shares = np.tile(np.bincount(shuffled) / len(shuffled), (len(shuffled), 1))
    fit = fit_head(scores, vectors, shuffled, shares)
    assert fit is not None and not fit.better
    assert fit.accuracy < 0.55


def test_few_labels_or_a_rare_class_fit_nothing() -> None:
    scores, vectors, gold, given = _shop(LEAST_LABELLED - 1, telling=6.0)
    assert fit_head(scores, vectors, gold, given) is None
    scores, vectors, gold, given = _shop(800, telling=6.0)
    assert fit_head(scores, vectors, np.where(gold == 1, 0, gold), given) is None
