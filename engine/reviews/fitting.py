"""Fitting the reading to a shop's own labels: its stars (1-2 negative, 3 neutral, 4-5 positive) and the seller's corrections.

Two ways, the simpler first: thresholds (a bias for each label and one temperature), and a head over the model's scores
and the text's vector (`engine.learning.head`). Each is used only where it reads better than the one before on reviews
that were held out of its fit, language by language, and what is stored for a review that took part in a fit is always
the answer of a fit without it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.inference.task import Calibration, calibrated
from engine.reviews.sentiment import LABELS, LANGUAGES, Reader, groups_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAST_LABELLED = 150
"""Fewer labelled reviews than this fit no thresholds of a shop's own."""
LEAST_IN_CLASS = 10

_WAYS = {
    "shipped": "",
    "thresholds": ", thresholds fitted to this shop's stars",
    "head": ", with a head fitted to this shop's stars",
}


@dataclass(frozen=True)
class ThresholdsFit:
    """Thresholds and how they read reviews held out of their fit.

    Attributes:
        calibration: the shop's own when it lowered the held-out log loss, else the one given.
        own: whether it is the shop's own.
        held_out: probabilities for the reviews it was fitted to, shape (n, 3), each from a fit without that review.
    """

    calibration: Calibration
    own: bool
    held_out: NDArray[np.float64]


@dataclass(frozen=True)
class Group:
    """How the reviews of one language are read, and how well.

    Attributes:
        language: "en", "zh", or "" for all others.
        way: "shipped", "thresholds" or "head".
        labelled: reviews with stars or a correction.
        agreement: the share of these whose held-out label is the shop's own; None when there are too few to say.
    """

    language: str
    way: str
    labelled: int
    agreement: float | None


@dataclass(frozen=True)
class Settled:
    """Probabilities of all reviews, shape (n, 3), how each was read (for the screen), and the groups they fall into."""

    shares: NDArray[np.float64]
    methods: list[str]
    groups: list[Group]


def gold_of(stars: float | None, correction: str | None) -> int:
    """The shop's own label of a review as a column of `LABELS`; -1 without one. A correction outranks the stars."""
    if correction is not None:
        return LABELS.index(correction)
    if stars is None:
        return -1
    return 0 if stars <= 2 else 1 if stars < 4 else 2


def settle(
    texts: Sequence[str],
    scores: NDArray[np.float64],
    gold: NDArray[np.int64],
    reader: Reader,
    method: str,
    vectors: Callable[[Sequence[str], str], NDArray[np.float32]],
) -> Settled:
    """Read all reviews in the way that suits this shop best.

    Args:
        texts: of n reviews.
        scores: raw label scores, shape (n, 3).
        gold: the shop's own labels as `gold_of` gives them, shape (n,).
        reader: the reader with its shipped thresholds.
        method: how the reader reads, for the screen.
        vectors: of some texts of one language ("" for a mix), length 1; asked only where a head may be fitted.
    """
    import numpy as np

    from engine.learning.head import LEAST_LABELLED as LEAST_FOR_A_HEAD
    from engine.learning.head import fit_head

    shares = reader.shares(scores, texts)
    methods = [method] * len(texts)
    groups = []
    for language, members in groups_of(texts, LANGUAGES).items():
        inside = np.array(members)
        known = inside[(gold[inside] >= 0) & np.array([bool(texts[i].strip()) for i in members])]
        others = np.setdiff1d(inside, known)
        given = reader.calibrations.get(language, reader.calibrations[""])
        fit = fit_thresholds(scores[known], gold[known], given)
        if fit is None:
            groups.append(Group(language, "shipped", len(known), None))
            continue
        way, held_out = ("thresholds" if fit.own else "shipped"), fit.held_out
        shares[others] = calibrated(scores[others], list(LABELS), fit.calibration)
        if len(known) >= LEAST_FOR_A_HEAD:
            chosen = vectors([texts[i] for i in members], language)
            place = {int(i): at for at, i in enumerate(members)}
            of_known = chosen[[place[int(i)] for i in known]]
            head = fit_head(scores[known], of_known, gold[known], held_out)
            if head is not None and head.better:
                way, held_out = "head", head.held_out
                of_others = chosen[[place[int(i)] for i in others]]
                shares[others] = head.head.probabilities(scores[others], of_others) if len(others) else shares[others]
        shares[known] = held_out
        agreement = float((held_out.argmax(axis=1) == gold[known]).mean())
        for i in members:
            methods[i] = f"{method}{_WAYS[way]} ({agreement:.0%} agree on {len(known):,} held-out reviews)"
        groups.append(Group(language, way, len(known), agreement))
    return Settled(shares, methods, groups)


def fit_thresholds(scores: NDArray[np.float64], gold: NDArray[np.int64], given: Calibration) -> ThresholdsFit | None:
    """Fit bias and temperature to labels (Platt 1999; Guo et al. 2017), two-fold cross-fitted.

    Args:
        scores: raw label scores, shape (n, 3), columns as `LABELS`.
        gold: shape (n,), columns of `LABELS`.
        given: the calibration to beat.

    Returns:
        None when too few reviews are labelled, or a class has fewer than ten.
    """
    import numpy as np

    if len(gold) < LEAST_LABELLED or np.bincount(gold, minlength=3).min() < LEAST_IN_CLASS:
        return None
    base = calibrated(scores, list(LABELS), given)
    folds = np.arange(len(gold)) % 2
    held_out = np.empty_like(base)
    for fold in (0, 1):
        fitted = _fit(scores[folds != fold], gold[folds != fold], given)
        held_out[folds == fold] = calibrated(scores[folds == fold], list(LABELS), fitted)
    rows = np.arange(len(gold))

    def mean_log(shares: NDArray[np.float64]) -> float:
        return float(np.log(np.maximum(shares[rows, gold], 1e-12)).mean())

    own = mean_log(held_out) > mean_log(base) + 0.005
    calibration = replace(_fit(scores, gold, given), source="this shop's stars") if own else given
    return ThresholdsFit(calibration, own, held_out if own else base)


def _fit(scores: NDArray[np.float64], gold: NDArray[np.int64], given: Calibration) -> Calibration:
    """Bias and temperature of least log loss, held near `given` by a weak prior so that few stars move it little."""
    import numpy as np
    from scipy.optimize import minimize

    start = np.array([given.bias.get(label, 0.0) for label in LABELS] + [np.log(given.temperature)])
    rows = np.arange(len(gold))

    def loss(x: NDArray[np.float64]) -> float:
        shifted = (scores + x[:3]) / np.exp(x[3])
        shifted = shifted - shifted.max(axis=1, keepdims=True)
        log = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return float(-log[rows, gold].sum() + 2.0 * ((x - start) ** 2).sum())

    best = minimize(loss, start, method="L-BFGS-B").x
    bias = {label: round(float(b - best[:3].mean()), 4) for label, b in zip(LABELS, best[:3], strict=True)}
    return Calibration(bias, round(float(np.exp(best[3])), 4), given.abstain_below, "fitted to stars")
