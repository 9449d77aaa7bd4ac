"""Scores of a label task on labelled texts, and whether a change is more than luck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.learning.calibrate import Array, expected_calibration_error
from engine.learning.examples import Example

Labels = NDArray[np.int64]


def targets(examples: Sequence[Example]) -> tuple[Array, NDArray[np.bool_], Labels, Array]:
    """Soft labels, asked labels, label indices, and weights that let every source count the same."""
    count: dict[str, int] = {}
    for example in examples:
        count[example.source] = count.get(example.source, 0) + 1
    return (
        np.array([e.target for e in examples]),
        np.array([e.asked for e in examples]),
        np.array([e.label for e in examples]),
        np.array([1.0 / count[e.source] for e in examples]),
    )


def guesses(probabilities: Array, asked: NDArray[np.bool_]) -> Labels:
    """The most probable of the asked labels of each text."""
    found: Labels = np.where(asked, probabilities, -1.0).argmax(axis=1)
    return found


def macro_f1(label: Labels, guess: Labels, labels: int) -> float:
    """Mean F1 over the labels that occur; 0 for one that is never hit."""
    scores = []
    for k in range(labels):
        if not (label == k).any():
            continue
        hit = int(((label == k) & (guess == k)).sum())
        scores.append(2 * hit / (int((label == k).sum()) + int((guess == k).sum())))
    return float(np.mean(scores)) if scores else 0.0


@dataclass(frozen=True)
class Scores:
    """What is reported of one reader on one set.

    Attributes:
        n: texts. accuracy, macro_f1: over the labels that the set distinguishes.
        ece: expected calibration error; None where the set does not distinguish all labels.
        abstained: share below the threshold. accuracy_kept: accuracy of the rest.
    """

    n: int
    accuracy: float
    macro_f1: float
    ece: float | None
    abstained: float
    accuracy_kept: float


def scores_of(probabilities: Array, label: Labels, asked: NDArray[np.bool_], abstain_below: float) -> Scores:
    """Score calibrated probabilities (texts, labels) against label indices; the guess is among the asked labels."""
    guess = guesses(probabilities, asked)
    right = guess == label
    kept = probabilities.max(axis=1) >= abstain_below
    return Scores(
        n=len(label),
        accuracy=round(float(right.mean()), 4),
        macro_f1=round(macro_f1(label, guess, probabilities.shape[1]), 4),
        ece=round(expected_calibration_error(probabilities, label), 4) if asked.all() else None,
        abstained=round(float(1.0 - kept.mean()), 4),
        accuracy_kept=round(float(right[kept].mean()), 4) if kept.any() else 0.0,
    )


def mcnemar(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> float:
    """Exact McNemar test: how probable so uneven a change is if both readers were equally good.

    Args:
        before, after: for each text whether it was read right.

    Returns:
        The two-sided p-value; 1.0 when nothing changed.
    """
    from scipy.stats import binomtest

    gained, lost = int((after & ~before).sum()), int((before & ~after).sum())
    return float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0


def bootstrap_gain(
    label: Labels, before: Labels, after: Labels, labels: int, *, rounds: int = 2000, seed: int = 11
) -> tuple[float, float]:
    """95 % percentile interval of the gain in macro-F1, resampling texts (paired)."""
    rng = np.random.default_rng(seed)
    gains = []
    for _ in range(rounds):
        draw = rng.integers(0, len(label), len(label))
        gains.append(macro_f1(label[draw], after[draw], labels) - macro_f1(label[draw], before[draw], labels))
    low, high = np.quantile(gains, [0.025, 0.975])
    return round(float(low), 4), round(float(high), 4)
