"""Fitting the calibration of a label task: one temperature, a bias per label, and the threshold of abstention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.inference.task import Calibration, calibrated

Array = NDArray[np.float64]


def log_loss(probabilities: Array, target: Array, asked: NDArray[np.bool_], weight: Array | None = None) -> float:
    """Mean cross-entropy against soft labels, over the asked labels only (probabilities renormalised over them).

    Args:
        probabilities, target, asked: (texts, labels). weight: one per text; None: all equal.
    """
    masked = np.where(asked, np.clip(probabilities, 1e-12, 1.0), 0.0)
    masked = masked / masked.sum(axis=1, keepdims=True)
    each = -np.where(asked, target * np.log(np.where(asked, masked, 1.0)), 0.0).sum(axis=1)
    return float(np.average(each, weights=weight))


def fit(
    scores: Array,
    labels: Sequence[str],
    target: Array,
    asked: NDArray[np.bool_],
    weight: Array | None = None,
    source: str = "fitted",
) -> Calibration:
    """Temperature and biases of the least log-loss (Guo et al. 2017, with one temperature for all labels).

    Args:
        scores: raw label scores (texts, labels). labels: their names. target: soft labels, same shape.
        asked: which labels each text's source distinguishes. weight: of each text. source: where the numbers come from.
    """
    from scipy.optimize import minimize

    def unpack(x: Array) -> Calibration:
        bias = np.append(x[1:], -x[1:].sum())
        return Calibration(
            bias={name: round(float(b), 4) for name, b in zip(labels, bias, strict=True)},
            temperature=round(float(np.exp(x[0])), 4),
            source=source,
        )

    def objective(x: Array) -> float:
        bias = np.append(x[1:], -x[1:].sum())
        plain = calibrated((scores + bias) / np.exp(x[0]), list(labels), None)
        # A whisper of a prior keeps the bias finite when a label hardly occurs.
        return log_loss(plain, target, asked, weight) + 1e-4 * float((x**2).sum())

    return unpack(minimize(objective, np.zeros(len(labels)), method="L-BFGS-B").x)


def with_abstention(calibration: Calibration, probabilities: Array, share: float = 0.10) -> Calibration:
    """The same calibration with the threshold under which `share` of these texts fall."""
    threshold = round(float(np.quantile(probabilities.max(axis=1), share)), 4)
    return replace(calibration, abstain_below=threshold)


def expected_calibration_error(probabilities: Array, label: NDArray[np.int64], bins: int = 15) -> float:
    """Distance of confidence and accuracy over equal-width bins of the highest probability, weighted by their size."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == label
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(confidence[place == b].sum() - right[place == b].sum()) for b in range(bins)]
    return float(sum(gaps) / max(1, len(label)))
