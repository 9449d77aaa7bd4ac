"""What a message wants: one of the seller's own intents, or none of them.

A logistic regression over three views of a text: the English sentence embedder (MiniLM), the multilingual one (e5, centred on
the labelled texts, since its vectors share a large common part), and TF-IDF over runs of two to four characters, which knows
order numbers, product names and typing mistakes. Fitted on the laptop in seconds, from five examples an intent on.

What lies outside all intents is told by how near a message is to the nearest labelled texts of the intent it was given
(mean cosine of the two nearest, averaged over the two embedders): the probability of a classifier says nothing there. The
threshold comes from the labelled texts themselves, each held against the others, so that no text from outside is needed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import InputFileError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

Vectors = Callable[[Sequence[str], bool], "NDArray[np.float32]"]
"""Texts, and whether by the multilingual embedder, to L2-normalised rows."""

LEAST_EXAMPLES = 2
"""Fewer labelled texts than this are no intent."""
OUTSIDE_SHARE = 0.12
"""The threshold lets this share of the labelled texts themselves count as outside, when each is held against the others."""
NEAREST = 2
_BLOCKS = (1.0, 1.0, 0.8)
"""Weights of the three views: MiniLM, e5, characters."""


@dataclass(frozen=True)
class Guess:
    """What one message wants.

    Attributes:
        label: the likeliest intent, also when `abstain` says that it may be none of them.
        confidence: its probability, times how inside it lies (0 to 1). runner_up: the next likely intent.
        abstain: too far from every labelled text of that intent.
        nearness: see the module; above `Intents.threshold` is inside.
    """

    label: str
    confidence: float
    runner_up: str | None
    abstain: bool
    nearness: float


class Intents:
    """A classifier of intents, fitted to labelled texts.

    Args:
        texts, labels: the seller's examples, of equal length.
        vectors: where embeddings come from.

    Raises:
        InputFileError: fewer than two intents with examples.
    """

    def __init__(self, texts: Sequence[str], labels: Sequence[str], vectors: Vectors) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression

        counts = Counter(labels)
        kept = [i for i, label in enumerate(labels) if counts[label] >= LEAST_EXAMPLES and texts[i].strip()]
        self.labels = sorted({labels[i] for i in kept})
        if len(self.labels) < 2:
            raise InputFileError(
                "intents need labelled texts of at least two kinds, two or more of each.",
                todo="Give a table whose first two columns are a text and its label.",
            )
        self._vectors = vectors
        own = [texts[i] for i in kept]
        self._target = np.array([self.labels.index(labels[i]) for i in kept])
        self._characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, lowercase=True)
        self._characters.fit(own)
        self._mean = np.zeros(0)
        english, many = self._embedded(own, fit=True)
        self._known = (english, many)
        features = self._features(own, english, many)
        self._model = LogisticRegression(C=12.0, max_iter=2000, class_weight="balanced")
        self._model.fit(features, self._target)
        self.threshold = self._fitted_threshold(english, many)

    def _embedded(self, texts: Sequence[str], *, fit: bool = False) -> tuple[Array, Array]:
        """Rows of both embedders, the multilingual ones centred and normalised again."""
        english = self._vectors(texts, False).astype(np.float64)
        many = self._vectors(texts, True).astype(np.float64)
        if fit:
            self._mean = many.mean(axis=0)
        many = many - self._mean
        many /= np.maximum(np.linalg.norm(many, axis=1, keepdims=True), 1e-9)
        return english, many

    def _features(self, texts: Sequence[str], english: Array, many: Array) -> Any:
        from scipy.sparse import csr_matrix, hstack

        characters = self._characters.transform(texts)
        blocks = (csr_matrix(english), csr_matrix(many), characters)
        return hstack([weight * block for weight, block in zip(_BLOCKS, blocks, strict=True)], format="csr")

    def _nearness(self, english: Array, many: Array, intents: NDArray[np.int64], *, own: bool = False) -> Array:
        """Per row the mean cosine to the nearest labelled texts of its intent; `own` leaves the row itself out."""
        found = np.zeros(len(intents))
        for known, rows in zip(self._known, (english, many), strict=True):
            cosine = rows @ known.T
            if own:
                np.fill_diagonal(cosine, -1.0)
            cosine = np.where(self._target[None, :] == intents[:, None], cosine, -1.0)
            top = np.sort(cosine, axis=1)[:, -NEAREST:]
            top = np.where(top <= -1.0, top.max(axis=1, keepdims=True), top)
            found += top.mean(axis=1) / 2
        return found

    def _fitted_threshold(self, english: Array, many: Array) -> float:
        """The nearness that `OUTSIDE_SHARE` of the labelled texts do not reach."""
        inside = self._nearness(english, many, self._target, own=True)
        return float(np.quantile(inside, OUTSIDE_SHARE))

    def guess(self, texts: Sequence[str]) -> list[Guess]:
        """The intent of each text, in order; an empty text is outside."""
        if not texts:
            return []
        english, many = self._embedded(texts)
        shares = self._model.predict_proba(self._features(texts, english, many))
        order = np.argsort(-shares, axis=1, kind="stable")
        best = order[:, 0]
        nearness = self._nearness(english, many, best)
        found = []
        for row, text in enumerate(texts):
            inside = float(1 / (1 + np.exp(-(nearness[row] - self.threshold) / 0.05)))
            found.append(
                Guess(
                    self.labels[best[row]],
                    float(shares[row, best[row]]) * inside,
                    self.labels[order[row, 1]],
                    bool(nearness[row] < self.threshold or not text.strip()),
                    float(nearness[row]),
                )
            )
        return found
