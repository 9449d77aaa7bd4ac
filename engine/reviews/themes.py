"""Grouping clauses into themes: near an anchor's examples, or near each other, then by what both taught.

Each clause is a vector (L2-normalised and centred on its language's mean, because sentence embeddings share a large
common part: Mu & Viswanath 2018, "All-but-the-Top"). It joins the anchor whose examples it is nearest to when it is near
enough; the rest is grouped by average linkage. A linear classifier fitted to these groups and the examples then takes in
the clauses that it is sure of (self-training, Yarowsky 1995), which is how a theme learns a shop's own words. What is
still alone stays unassigned and is counted as such. A theme is named in the customers' words: the phrase that is common
inside it and rare outside. Nothing here is random.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ANCHOR_SIMILARITY = 0.40
"""A clause joins an anchor from this centred cosine on."""

LINK_SIMILARITY = 0.40
"""Average-linkage groups are cut where their mean similarity falls below this."""

SURE = 0.40
"""A clause joins a theme that the classifier gives at least this probability, among all themes."""

INVERSE_PENALTY = 30.0
"""Inverse L2 penalty of the classifier (scikit-learn's C)."""

LEAST_CLAUSES = 4
"""A group that no anchor explains needs this many clauses to be called a theme."""

MOST_LINKED = 3000
"""Average linkage needs a square matrix: at most this many unassigned clauses are linked, the rest join the nearest."""

ANCHOR_LANGUAGES = ("en", "zh")

_HAN = re.compile(r"[\u4e00-\u9fff]")
_LATIN_WORD = re.compile(r"[a-zà-ÿ]+(?:['’][a-z]+)?")


@dataclass(frozen=True)
class Anchor:
    """A complaint or praise that is common to all shops, with its labels and example sentences by language.

    A `general` anchor takes in what says only that somebody is unhappy or happy; it makes no theme.
    """

    key: str
    polarity: str
    label: dict[str, str]
    examples: dict[str, tuple[str, ...]]
    general: bool = False


@dataclass(frozen=True)
class Theme:
    """A group of clauses: indices into the clauses given, with the similarity of each to the group's centre."""

    key: str
    name: str
    polarity: str
    language: str
    words: tuple[str, ...]
    members: tuple[int, ...]
    similarities: tuple[float, ...]


def anchors(polarity: str) -> list[Anchor]:
    """The anchors of one polarity, in the order of the file."""
    return [
        Anchor(
            key,
            polarity,
            entry["label"],
            {language: tuple(entry[language]) for language in ANCHOR_LANGUAGES if language in entry},
            entry.get("general", False),
        )
        for key, entry in _file()[polarity].items()
    ]


@cache
def _file() -> dict[str, dict[str, Any]]:
    return tomllib.loads((Path(__file__).with_name("anchors.toml")).read_text(encoding="utf-8"))


def said_in(language: str, key: str, name: str) -> str:
    """An anchored theme's name in another language; any other name as it is: customers and the seller chose it."""
    if (language == "zh") == bool(_HAN.search(name)):
        return name
    labels = _labels().get(key, {})
    return labels.get(language, name) if name in labels.values() else name


@cache
def _labels() -> dict[str, dict[str, str]]:
    return {f"{polarity}/{one.key}": one.label for polarity in ("negative", "positive") for one in anchors(polarity)}


def language_of(text: str, stated: str | None = None) -> str:
    """`zh` for a text with Han characters, else the language stated for its review, else `en`."""
    return "zh" if _HAN.search(text) else (stated if stated and stated != "zh" else "en")


def examples_for(anchor_list: Sequence[Anchor], language: str) -> tuple[list[str], list[int]]:
    """The anchors' examples in a language, English where there are none, with the position of each one's anchor."""
    spoken = language if language in ANCHOR_LANGUAGES else "en"
    pairs = [(text, i) for i, anchor in enumerate(anchor_list) for text in anchor.examples.get(spoken, ())]
    return [text for text, _ in pairs], [i for _, i in pairs]


def group(
    texts: Sequence[str],
    vectors: NDArray[np.float32],
    language: str,
    anchor_list: Sequence[Anchor],
    example_vectors: NDArray[np.float32],
) -> list[Theme]:
    """Group clauses of one polarity and one language.

    Args:
        texts: n clauses.
        vectors: shape (n, d), L2-normalised.
        language: theirs.
        anchor_list: the anchors of their polarity.
        example_vectors: one row for each of `examples_for(anchor_list, language)`, made by the same embedder.

    Returns:
        Themes, largest first; a clause is in at most one, and in none when it says nothing in particular.
    """
    import numpy as np

    if not len(texts):
        return []
    owners = np.array(examples_for(anchor_list, language)[1])
    centred, examples = _centred(vectors, example_vectors, steadied=language in ANCHOR_LANGUAGES)
    similarity = centred @ examples.T
    by_anchor = np.stack([similarity[:, owners == i].max(axis=1) for i in range(len(anchor_list))], axis=1)
    # Groups are numbered: the anchors first, then what was linked.
    number = np.where(by_anchor.max(axis=1) >= ANCHOR_SIMILARITY, by_anchor.argmax(axis=1), -1)
    for linked in _linked(centred, np.flatnonzero(number == -1)):
        number[linked] = number.max(initial=len(anchor_list) - 1) + 1
    number = _extended(centred, number, examples, owners)
    return merged(_named(texts, language, anchor_list, number, by_anchor, centred))


def _centred(
    vectors: NDArray[np.float32], example_vectors: NDArray[np.float32], *, steadied: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Both about their means, of unit length; `steadied` by the examples, which hold the mean of a shop with few clauses."""
    import numpy as np

    if steadied:
        centre = np.vstack([vectors, example_vectors]).mean(axis=0)
        return _unit(vectors - centre), _unit(example_vectors - centre)
    return _unit(vectors - vectors.mean(axis=0)), _unit(example_vectors - example_vectors.mean(axis=0))


def _named(
    texts: Sequence[str],
    language: str,
    anchor_list: Sequence[Anchor],
    number: NDArray[Any],
    by_anchor: NDArray[np.float32],
    centred: NDArray[np.float32],
) -> list[Theme]:
    """The groups (`number` of each clause, -1 for none) as themes: named by their anchor, or by what they say and others do not."""
    import numpy as np

    vocabulary = [phrases(text) for text in texts]
    everywhere = Counter(phrase for clause in vocabulary for phrase in clause)
    found: list[Theme] = []
    for i in np.unique(number[number >= 0]):
        members = np.flatnonzero(number == i)
        if i < len(anchor_list) and anchor_list[i].general:
            continue
        words = telling_phrases([vocabulary[m] for m in members], everywhere, len(texts))
        if i < len(anchor_list):
            anchor = anchor_list[i]
            key, name = f"{anchor.polarity}/{anchor.key}", anchor.label.get(language, anchor.label["en"])
            likeness = np.maximum(
                by_anchor[members, i], centred[members] @ _unit(centred[members].mean(axis=0)[None])[0]
            )
        elif words:
            key = f"{anchor_list[0].polarity}/{language}-{words[0].replace(' ', '-')}"
            name = words[0]
            likeness = centred[members] @ _unit(centred[members].mean(axis=0)[None])[0]
        else:
            continue
        found.append(
            Theme(
                key,
                name,
                anchor_list[0].polarity,
                language,
                words,
                tuple(int(m) for m in members),
                tuple(round(float(value), 4) for value in likeness),
            )
        )
    return found


def _extended(
    centred: NDArray[np.float32], number: NDArray[np.int64], examples: NDArray[np.float32], owners: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Group numbers after the classifier took in the unassigned clauses it is sure of."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    known = number >= 0
    if known.all() or not known.any():
        return number
    features = np.vstack([centred[known], examples])
    classifier = LogisticRegression(C=INVERSE_PENALTY, max_iter=1000, class_weight="balanced")
    classifier.fit(features, np.concatenate([number[known], owners]))
    shares = classifier.predict_proba(centred[~known])
    extended = number.copy()
    extended[~known] = np.where(shares.max(axis=1) >= SURE, classifier.classes_[shares.argmax(axis=1)], -1)
    return extended


def merged(found: Sequence[Theme]) -> list[Theme]:
    """Themes that share a key become one (a complaint in two languages is one complaint), largest first."""
    by_key: dict[str, Theme] = {}
    for theme in sorted(found, key=lambda theme: (-len(theme.members), theme.key, theme.language)):
        known = by_key.get(theme.key)
        by_key[theme.key] = (
            theme
            if known is None
            else replace(
                known,
                words=tuple(dict.fromkeys(known.words + theme.words)),
                members=known.members + theme.members,
                similarities=known.similarities + theme.similarities,
            )
        )
    return sorted(by_key.values(), key=lambda theme: (-len(theme.members), theme.key))


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    import numpy as np

    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    result: NDArray[np.float32] = vectors / np.maximum(length, 1e-9)
    return result


def _linked(centred: NDArray[np.float32], loose: NDArray[np.int64]) -> list[list[int]]:
    """Average-linkage groups of at least `LEAST_CLAUSES` among the unassigned clauses, as positions."""
    import numpy as np
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(loose) < LEAST_CLAUSES:
        return []
    core = loose[:MOST_LINKED]
    labels = fcluster(linkage(centred[core], "average", metric="cosine"), 1 - LINK_SIMILARITY, "distance")
    groups = [[int(i) for i in core[labels == label]] for label in np.unique(labels)]
    groups = [members for members in groups if len(members) >= LEAST_CLAUSES]
    if groups:
        centres = _unit(np.stack([centred[members].mean(axis=0) for members in groups]))
        for i in loose[MOST_LINKED:]:
            similarity = centres @ centred[i]
            if similarity.max() >= LINK_SIMILARITY:
                groups[int(similarity.argmax())].append(int(i))
    return groups


# -- names in the customers' words -------------------------------------------------------------------------------------

_STOP_HAN = frozenset("的了是我就也都很在有和不没这那个吧啊呢吗还但买说给到一去又被把让用着过与及而") | {"没有"}


def phrases(text: str) -> set[str]:
    """Candidate phrases of a clause: one to three Latin words, or one or two Chinese words (jieba's segmentation)."""
    found: set[str] = set()
    if _HAN.search(text):
        words = [word for word in _segmented(text) if _HAN.search(word)]
        found |= {word for word in words if len(word) >= 2 and word not in _STOP_HAN}
        for first, second in pairwise(words):
            if first not in _STOP_HAN and second not in _STOP_HAN and first + second in text:
                found.add(first + second)
        return found
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    words = _LATIN_WORD.findall(text.lower())
    for size in (1, 2, 3):
        for i in range(len(words) - size + 1):
            piece = words[i : i + size]
            if piece[0] in ENGLISH_STOP_WORDS or piece[-1] in ENGLISH_STOP_WORDS or (size == 1 and len(piece[0]) < 4):
                continue
            found.add(" ".join(piece))
    return found


def _segmented(text: str) -> list[str]:
    import logging

    import jieba

    jieba.setLogLevel(logging.WARNING)
    return list(jieba.cut(text))


def telling_phrases(inside: Sequence[set[str]], everywhere: Counter[str], total: int, most: int = 5) -> tuple[str, ...]:
    """The phrases that tell a group apart, best first.

    A phrase scores its share inside times the log of how much more common it is inside than overall (a class-based
    TF-IDF, Grootendorst 2022), longer phrases a little more; it must occur in two clauses.
    """
    import math

    size = len(inside)
    counts = Counter(phrase for clause in inside for phrase in clause)
    scored = []
    for phrase, count in counts.items():
        if count < 2:
            continue
        lift = (count / size) / (everywhere[phrase] / total)
        length = len(phrase.split()) if " " in phrase or not _HAN.search(phrase) else 1 + (len(phrase) > 2)
        if lift > 1.2:
            scored.append((count / size * math.log(lift) * (1 + 0.35 * (length - 1)), phrase))
    chosen: list[str] = []
    for _, phrase in sorted(scored, key=lambda pair: (-pair[0], pair[1])):
        if not any(phrase in other or other in phrase for other in chosen):
            chosen.append(phrase)
        if len(chosen) == most:
            break
    return tuple(chosen)
