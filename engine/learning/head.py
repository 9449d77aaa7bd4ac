"""A head: a small classifier over what the model and the embedder said of a text, fitted to a shop's own labels.

Multinomial logistic regression on the model's label scores beside the text's vector. The scores carry what the model
knows of any shop, the vector what is particular to this one ("runs small" costs a star here). It is fitted in seconds,
and judged on texts that were held out of the fit (Stone 1974, cross-validation) against what would be used without it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

Array = NDArray[np.float64]

LEAST_LABELLED = 300
"""Fewer labelled texts than this fit no head."""
LEAST_IN_CLASS = 20
FOLDS = 5
VECTOR_WEIGHT = 2.0
"""Vectors have length 1 where scores spread over several units; chosen on reviews of a development set."""


@dataclass(frozen=True)
class Head:
    """Weights, shape (labels, labels + dimensions), and bias, shape (labels,)."""

    weights: Array
    bias: Array

    def probabilities(self, scores: Array, vectors: NDArray[np.float32]) -> Array:
        """Shape (n, labels), rows sum to 1; `scores` as the model gave them, `vectors` of length 1."""
        shares: Array = softmax(_features(scores, vectors) @ self.weights.T + self.bias, axis=1)
        return shares


@dataclass(frozen=True)
class HeadFit:
    """A head and how it did on texts held out of its fit.

    Attributes:
        head: fitted to all labelled texts.
        held_out: shape (n, labels), each row from a head that never saw that text; what may be shown for these texts.
        better: whether it beats the given probabilities: held-out log loss lower by more than chance (one-sided, 5 %),
            and macro-F1 not lower.
        macro_f1: of the head, held out; `given_macro_f1` of what was given, on the same texts.
        accuracy: of the head, held out.
    """

    head: Head
    held_out: Array
    better: bool
    macro_f1: float
    given_macro_f1: float
    accuracy: float


def fit_head(
    scores: Array, vectors: NDArray[np.float32], gold: NDArray[np.int64], given: Array, *, seed: int = 20261124
) -> HeadFit | None:
    """Fit a head and judge it by five-fold cross-validation.

    Args:
        scores: raw label scores of the model, shape (n, labels).
        vectors: of the same texts, length 1, shape (n, dimensions).
        gold: the shop's own labels as column numbers, shape (n,).
        given: probabilities that would be used without a head, shape (n, labels), themselves held out of any fit.

    Returns:
        None when there are too few labels, or a class is too rare.
    """
    from sklearn.metrics import f1_score
    from sklearn.model_selection import StratifiedKFold

    counts = np.bincount(gold, minlength=scores.shape[1])
    if len(gold) < LEAST_LABELLED or counts.min() < LEAST_IN_CLASS:
        return None
    held_out = np.empty_like(given)
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(scores, gold):
        held_out[test] = _fit(scores[train], vectors[train], gold[train]).probabilities(scores[test], vectors[test])
    rows = np.arange(len(gold))
    gain = np.log(np.maximum(held_out[rows, gold], 1e-9)) - np.log(np.maximum(given[rows, gold], 1e-9))
    surely = gain.mean() > 1.645 * gain.std(ddof=1) / np.sqrt(len(gold))
    macro_f1 = float(f1_score(gold, held_out.argmax(axis=1), average="macro"))
    given_macro_f1 = float(f1_score(gold, given.argmax(axis=1), average="macro"))
    return HeadFit(
        head=_fit(scores, vectors, gold),
        held_out=held_out,
        better=bool(surely and macro_f1 >= given_macro_f1),
        macro_f1=macro_f1,
        given_macro_f1=given_macro_f1,
        accuracy=float((held_out.argmax(axis=1) == gold).mean()),
    )


def _fit(scores: Array, vectors: NDArray[np.float32], gold: NDArray[np.int64]) -> Head:
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=1.0, max_iter=1000).fit(_features(scores, vectors), gold)
    return Head(fitted.coef_, fitted.intercept_)


def _features(scores: Array, vectors: NDArray[np.float32]) -> Array:
    centred = scores - scores.mean(axis=1, keepdims=True)
    result: Array = np.hstack([centred, vectors.astype(np.float64) * VECTOR_WEIGHT])
    return result
