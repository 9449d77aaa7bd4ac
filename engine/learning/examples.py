"""Labelled texts for training and measuring: one shape for every source, with soft labels and leak-proof splits."""

from __future__ import annotations

import hashlib
import random
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar


@dataclass(frozen=True)
class Example:
    """One labelled text.

    Args:
        text: what the model reads.
        target: probability of each label; sums to 1 over the asked labels.
        asked: which labels the source distinguishes. A source with two classes says nothing about the third, so the
            loss is taken over the asked labels only and the others are neither pushed up nor down.
        source: name of the data set, as in the card.
        group: what must not be split over train and held-out (a product, a review).
    """

    text: str
    target: tuple[float, ...]
    asked: tuple[bool, ...]
    source: str
    group: str

    @property
    def label(self) -> int:
        """Index of the most probable label."""
        return max(range(len(self.target)), key=self.target.__getitem__)


def fraction(key: str, salt: str = "") -> float:
    """A number in [0, 1) that depends on nothing but the key: stable splits without a random state."""
    return int.from_bytes(hashlib.sha256(f"{salt}\x00{key}".encode()).digest()[:8], "big") / 2**64


_NOT_WORD = re.compile(r"[\W_]+")


def skeleton(text: str) -> str:
    """A text without case, width, spaces, punctuation: equal for copies that differ in their typing only."""
    return _NOT_WORD.sub("", unicodedata.normalize("NFKC", text).casefold())


_CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
CJK_RUN, WORD_RUN = 8, 6


def shingles(text: str) -> set[str]:
    """All runs of 8 characters of a Chinese text, or of 6 words of another: long enough to be no common phrase.

    Empty for texts too short to hold two such runs.
    """
    units: Sequence[str] = skeleton(text)
    size = CJK_RUN
    if not _CJK.search(text):
        units = [word for word in map(skeleton, text.split()) if word]
        size = WORD_RUN
    if len(units) < 2 * size:
        return set()
    return {"".join(units[i : i + size]) for i in range(len(units) - size + 1)}


class Overlap:
    """Finds texts that repeat, wholly or for a good part, any text of a reference collection.

    Args:
        reference: texts that must not be repeated.
        share: from this share of common runs on (see `shingles`), a text counts as a repetition.
    """

    def __init__(self, reference: Iterable[str], share: float = 0.5) -> None:
        self._skeletons: set[str] = set()
        self._shingles: set[int] = set()
        self._share = share
        for text in reference:
            self._skeletons.add(skeleton(text))
            self._shingles.update(map(hash, shingles(text)))

    def __contains__(self, text: str) -> bool:
        if skeleton(text) in self._skeletons:
            return True
        own = shingles(text)
        return bool(own) and sum(hash(run) in self._shingles for run in own) >= self._share * len(own)


Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Split(Generic[Kind]):
    """Examples by use. No group (product, domain, text) is in two of them.

    Attributes:
        runs: for the adapter's weights, one list a run of training. calibration: for temperature, bias and threshold.
        test: for the scores of the card (and for thresholds, where `calibration` is empty).
    """

    runs: list[list[Kind]]
    calibration: list[Kind]
    test: list[Kind]

    @property
    def train(self) -> list[Kind]:
        """All that is trained on in any run, each example once."""
        return list(dict.fromkeys(example for run in self.runs for example in run))


Mix = dict[str, tuple[int | None, int]]
"""How many examples of each source are drawn for training (None: all), and how often they are repeated."""


def drawn(kept: Sequence[Kind], count: int | None, repeats: int, seed: str) -> list[Kind]:
    """As many of a source's examples as a `Mix` says, the same ones for the same seed."""
    chosen = kept if count is None or count >= len(kept) else random.Random(seed).sample(kept, count)
    return list(chosen) * repeats


def without_repeats(examples: Iterable[Example], forbidden: Overlap | None = None) -> list[Example]:
    """Drop exact repeats (by skeleton, first one kept) and whatever repeats a forbidden text."""
    seen: set[str] = set()
    kept = []
    for example in examples:
        bare = skeleton(example.text)
        if not bare or bare in seen or (forbidden is not None and example.text in forbidden):
            continue
        seen.add(bare)
        kept.append(example)
    return kept
