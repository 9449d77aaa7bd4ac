"""Calibration and scores: fitted numbers help on texts that the fit never saw."""

from __future__ import annotations

import numpy as np

from engine.inference.task import Calibration, calibrated
from engine.learning.calibrate import expected_calibration_error, fit, log_loss, with_abstention
from engine.learning.evaluate import bootstrap_gain, macro_f1, mcnemar, scores_of

LABELS = ["negative", "neutral", "positive"]


def _biased_reader(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores of a reader that is right often, too sure, and inclined to say positive."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 3, n)
    scores = rng.normal(0, 1, (n, 3)) + 1.5 * np.eye(3)[label]
    return scores * 3 + np.array([0.0, -2.0, 4.0]), label


def test_a_fit_lowers_log_loss_and_calibration_error_on_other_texts() -> None:
    scores, label = _biased_reader(800, 1)
    fitted = fit(scores, LABELS, np.eye(3)[label], np.ones((800, 3), dtype=bool))
    other, gold = _biased_reader(800, 2)
    everything = np.ones((800, 3), dtype=bool)
    raw, better = calibrated(other, LABELS, None), calibrated(other, LABELS, fitted)
    assert log_loss(better, np.eye(3)[gold], everything) < 0.8 * log_loss(raw, np.eye(3)[gold], everything)
    assert expected_calibration_error(better, gold) < 0.06 < expected_calibration_error(raw, gold)
    assert macro_f1(gold, better.argmax(1), 3) > macro_f1(gold, raw.argmax(1), 3)


def test_texts_with_two_classes_do_not_push_neutral_away() -> None:
    scores, label = _biased_reader(600, 3)
    polar = label != 1
    asked = np.ones((600, 3), dtype=bool)
    asked[polar, 1] = False
    both = fit(scores, LABELS, np.eye(3)[label], asked)
    neutral_only_by_asked = calibrated(scores[~polar], LABELS, both)[:, 1].mean()
    assert neutral_only_by_asked > 0.5


def test_the_threshold_leaves_a_tenth_to_people_and_the_rest_is_read_better() -> None:
    scores, label = _biased_reader(1000, 4)
    everything = np.ones((1000, 3), dtype=bool)
    fitted = fit(scores, LABELS, np.eye(3)[label], everything)
    probabilities = calibrated(scores, LABELS, fitted)
    ready = with_abstention(fitted, probabilities)
    found = scores_of(probabilities, label, everything, ready.abstain_below)
    assert 0.08 < found.abstained < 0.12
    assert found.accuracy_kept > found.accuracy + 0.02


def test_mcnemar_counts_only_texts_on_which_the_readers_differ() -> None:
    before = np.array([True] * 50 + [False] * 10)
    after = np.array([True] * 60)
    assert mcnemar(before, before) == 1.0
    assert abs(mcnemar(before, after) - 2 * 0.5**10) < 1e-12


def test_the_bootstrap_interval_of_no_gain_is_zero_and_of_a_gain_is_above_zero() -> None:
    rng = np.random.default_rng(0)
    label = rng.integers(0, 3, 300)
    poor = np.where(rng.random(300) < 0.5, label, (label + 1) % 3)
    assert bootstrap_gain(label, poor, poor, 3, rounds=100) == (0.0, 0.0)
    assert bootstrap_gain(label, poor, label, 3, rounds=200)[0] > 0.3


def test_scores_of_a_two_class_set_are_taken_from_the_sign() -> None:
    probabilities = np.array([[0.3, 0.5, 0.2], [0.1, 0.6, 0.3]])
    asked = np.array([[True, False, True]] * 2)
    found = scores_of(probabilities, np.array([0, 2]), asked, Calibration().abstain_below)
    assert found.accuracy == 1.0 and found.ece is None
