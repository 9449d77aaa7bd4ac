"""Grouping clauses into themes: near an anchor's examples, or near each other.

Each clause is a vector (L2-normalised, per language centred on that language's mean, because sentence embeddings share
a large common part: Mu & Viswanath 2018, "All-but-the-Top"). It joins the anchor whose examples it is nearest to when
it is near enough; the rest is grouped by average linkage (deterministic, no seed), and what groups with nothing stays
unassigned and is counted as such. A theme is named in the customers' words: the phrase that is common inside it and
rare outside.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ANCHOR_SIMILARITY = 0.40
"""A clause joins an anchor from this centred cosine on; chosen on development data, see the tests' planted shop."""

LINK_SIMILARITY = 0.45
"""Average-linkage groups are cut where their mean similarity falls below this."""

LEAST_CLAUSES = 4
"""A group that no anchor explains needs this many clauses to be called a theme."""

MOST_LINKED = 3000
"""Average linkage needs a square matrix: at most this many unassigned clauses are linked, the rest join the nearest."""

_HAN = re.compile(r"[\u4e00-\u9fff]")
_LATIN_WORD = re.compile(r"[a-zà-ÿ]+(?:['’][a-z]+)?")


@dataclass(frozen=True)
class Anchor:
    """A complaint or praise that is common to all shops, with its labels and example sentences by language."""

    key: str
    polarity: str
    label: dict[str, str]
    examples: tuple[tuple[str, str], ...]


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
    table = tomllib.loads((Path(__file__).with_name("anchors.toml")).read_text(encoding="utf-8"))[polarity]
    return [
        Anchor(
            key,
            polarity,
            entry["label"],
            tuple((language, text) for language in ("en", "zh") for text in entry.get(language, [])),
        )
        for key, entry in table.items()
    ]


def language_of(text: str) -> str:
    """`zh` for a text with Han characters, else `en` (any Latin text: the anchors' other language)."""
    return "zh" if _HAN.search(text) else "en"


def group(
    texts: Sequence[str],
    vectors: NDArray[np.float32],
    polarity: str,
    anchor_list: Sequence[Anchor],
    anchor_vectors: NDArray[np.float32],
) -> list[Theme]:
    """Group clauses of one polarity.

    Args:
        texts: n clauses.
        vectors: shape (n, d), L2-normalised.
        polarity: "negative" or "positive".
        anchor_list: the anchors whose examples, in order, are embedded in `anchor_vectors`.
        anchor_vectors: shape (number of all examples, d).

    Returns:
        Themes, largest first; a clause is in at most one.
    """
    import numpy as np

    if not len(texts):
        return []
    example_anchor = np.array([i for i, anchor in enumerate(anchor_list) for _ in anchor.examples])
    example_language = [language for anchor in anchor_list for language, _ in anchor.examples]
    languages = [language_of(text) for text in texts]
    centred = np.empty_like(vectors)
    nearest = np.full(len(texts), -1)
    closeness = np.zeros(len(texts))
    for language in sorted(set(languages)):
        mine = np.array([found == language for found in languages])
        examples = np.array([found == language for found in example_language])
        # The examples steady the mean of a shop with few clauses.
        centre = np.vstack([vectors[mine], anchor_vectors[examples]]).mean(axis=0)
        centred[mine] = _unit(vectors[mine] - centre)
        if not examples.any():
            continue
        similarity = centred[mine] @ _unit(anchor_vectors[examples] - centre).T
        owners = example_anchor[examples]
        by_anchor = np.stack(
            [
                similarity[:, owners == i].max(axis=1) if (owners == i).any() else np.full(len(similarity), -1.0)
                for i in range(len(anchor_list))
            ],
            axis=1,
        )
        best = by_anchor.argmax(axis=1)
        score = by_anchor.max(axis=1)
        nearest[mine] = np.where(score >= ANCHOR_SIMILARITY, best, -1)
        closeness[mine] = score
    found: list[Theme] = []
    vocabulary = [phrases(text) for text in texts]
    rest = Counter(phrase for clause in vocabulary for phrase in clause)
    for i, anchor in enumerate(anchor_list):
        members = np.flatnonzero(nearest == i)
        if len(members):
            main = Counter(languages[m] for m in members).most_common(1)[0][0]
            words = telling_phrases([vocabulary[m] for m in members], rest, len(texts))
            found.append(
                Theme(
                    f"{polarity}/{anchor.key}",
                    anchor.label.get(main, anchor.label["en"]),
                    polarity,
                    main,
                    words,
                    tuple(int(m) for m in members),
                    tuple(round(float(closeness[m]), 4) for m in members),
                )
            )
    loose = np.flatnonzero(nearest == -1)
    for linked, similarities in _linked(centred, loose, languages):
        words = telling_phrases([vocabulary[m] for m in linked], rest, len(texts))
        if not words:
            continue
        digest = blake2b(words[0].encode(), digest_size=4).hexdigest()
        found.append(
            Theme(
                f"{polarity}/{words[0].replace(' ', '-')}-{digest}",
                words[0],
                polarity,
                languages[linked[0]],
                words,
                tuple(linked),
                tuple(similarities),
            )
        )
    return _merged(sorted(found, key=lambda theme: (-len(theme.members), theme.key)))


def _merged(found: list[Theme]) -> list[Theme]:
    """Two groups that go by the same name are one theme."""
    by_key: dict[str, Theme] = {}
    for theme in found:
        known = by_key.get(theme.key)
        by_key[theme.key] = (
            theme
            if known is None
            else Theme(
                known.key,
                known.name,
                known.polarity,
                known.language,
                known.words,
                known.members + theme.members,
                known.similarities + theme.similarities,
            )
        )
    return list(by_key.values())


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    import numpy as np

    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    result: NDArray[np.float32] = vectors / np.maximum(length, 1e-9)
    return result


def _linked(
    centred: NDArray[np.float32], loose: NDArray[np.int64], languages: Sequence[str]
) -> list[tuple[list[int], list[float]]]:
    """Average-linkage groups among the unassigned clauses, language by language."""
    import numpy as np
    from scipy.cluster.hierarchy import fcluster, linkage

    groups: list[tuple[list[int], list[float]]] = []
    for language in sorted(set(languages)):
        mine = np.array([i for i in loose if languages[i] == language], dtype=np.int64)
        if len(mine) < LEAST_CLAUSES:
            continue
        core = mine[:MOST_LINKED]
        labels = fcluster(linkage(centred[core], "average", metric="cosine"), 1 - LINK_SIMILARITY, "distance")
        centres: list[NDArray[np.float32]] = []
        members: list[list[int]] = []
        for label in sorted(set(labels)):
            inside = core[labels == label]
            if len(inside) >= LEAST_CLAUSES:
                centres.append(centred[inside].mean(axis=0))
                members.append([int(i) for i in inside])
        if not centres:
            continue
        matrix = _unit(np.stack(centres))
        for i in mine[MOST_LINKED:]:
            similarity = matrix @ centred[i]
            if similarity.max() >= LINK_SIMILARITY:
                members[int(similarity.argmax())].append(int(i))
        for centre, group_members in zip(matrix, members, strict=True):
            groups.append((group_members, [round(float(centre @ centred[i]), 4) for i in group_members]))
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
