"""Column names taken apart into what their words mean, in many languages.

A name is read as pieces: whole words, words with an ending, the parts of a compound (Bestell|nummer, order|date), and in
scripts without spaces the longest known words from the left. What is left over makes a reading less sure.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from engine.importing.headers import normal, stated_currency

FILLER = "filler"
# Words of context: a name that also holds one of them still means nearly the same.
CONTEXT = frozenset({"order", "product", "sale", "type"})
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_RUN = re.compile(r"[a-zß-ʯͰ-ӿḀ-ỿ]+|[^\s\da-zß-ʯͰ-ӿḀ-ỿ]+")
_SPACED = re.compile(r"[a-zß-ʯͰ-ӿḀ-ỿ]+")
_LINKS = ("", "s", "es", "n", "en", "e")
_SHORTEST_STEM = 4
_LONGEST_ENDING = 3
_SHORTEST_PART = 3


LONGEST_NAME = 240
"""Characters of a column name that are read. A survey's question may be that long; a cell of a damaged file may be of any
length, and the time to take a word apart grows with the square of its length."""


@dataclass(frozen=True)
class Pieces:
    """A column name taken apart.

    Attributes:
        found: for each known piece the concepts it may stand for; words without a meaning of their own are left out.
        rest: the share of the name's letters that is unknown, from 0 to 1.
    """

    found: tuple[frozenset[str], ...]
    rest: float


@cache
def _lexicon() -> tuple[dict[str, frozenset[str]], dict[tuple[str, ...], frozenset[str]], int]:
    """Word to concepts, phrase to concepts, and the length of the longest word in a script without spaces."""
    data = tomllib.loads((Path(__file__).parent / "concepts.toml").read_text(encoding="utf-8"))
    words: dict[str, set[str]] = {}
    phrases: dict[tuple[str, ...], set[str]] = {}
    for concept, entry in data.items():
        for text in (*entry["words"].split(), *entry.get("phrases", ())):
            parts = tuple(normal(text).split())
            if len(parts) == 1:
                words.setdefault(parts[0], set()).add(concept)
            elif parts:
                phrases.setdefault(parts, set()).add(concept)
    longest = max((len(word) for word in words if not _SPACED.fullmatch(word)), default=1)
    return (
        {word: frozenset(meant) for word, meant in words.items()},
        {phrase: frozenset(meant) for phrase, meant in phrases.items()},
        longest,
    )


def read(name: str) -> Pieces:
    """The pieces of a column name; of one longer than `LONGEST_NAME`, those of its beginning."""
    return _read(name[:LONGEST_NAME])


@lru_cache(maxsize=20_000)
def _read(name: str) -> Pieces:
    words, phrases, _ = _lexicon()
    tokens = normal(_CAMEL.sub(" ", stated_currency(name)[0])).split()
    found: list[frozenset[str]] = []
    letters = unknown = 0
    at = 0
    while at < len(tokens):
        length = next((n for n in range(min(5, len(tokens) - at), 1, -1) if tuple(tokens[at : at + n]) in phrases), 0)
        if length:
            found.append(phrases[tuple(tokens[at : at + length])])
            letters += sum(len(token) for token in tokens[at : at + length])
            at += length
            continue
        for run in [tokens[at]] if tokens[at] in words else _RUN.findall(tokens[at]):
            pieces, left = _spaced(run) if _SPACED.fullmatch(run) else _unspaced(run)
            found += pieces
            letters += len(run)
            unknown += left
        at += 1
    known = tuple(concepts for concepts in found if FILLER not in concepts or len(concepts) > 1)
    return Pieces(known, unknown / letters if letters else 0.0)


def _spaced(word: str) -> tuple[list[frozenset[str]], int]:
    """The pieces of a word in a script with spaces, and how many of its letters stay unknown."""
    words, _, _ = _lexicon()
    if word in words:
        return [words[word]], 0
    compound = _compound(word)
    if compound is not None:
        return list(compound), 0
    for end in range(len(word) - 1, max(_SHORTEST_STEM, len(word) - _LONGEST_ENDING) - 1, -1):
        if word[:end] in words:
            return [words[word[:end]]], 0
    # Half of a compound says something as well: its head, at the end, before its beginning.
    for start in range(1, len(word) - _SHORTEST_STEM + 1):
        if word[start:] in words:
            return [words[word[start:]]], start
    for end in range(len(word) - 1, _SHORTEST_STEM, -1):
        if word[:end] in words:
            return [words[word[:end]]], len(word) - end
    return [], len(word)


@lru_cache(maxsize=20_000)
def _compound(word: str) -> tuple[frozenset[str], ...] | None:
    """A word as known words joined, with the letters that some languages put between them."""
    words, _, _ = _lexicon()
    for end in range(len(word) - 2, _SHORTEST_PART - 1, -1):
        first = words.get(word[:end])
        if first is None:
            continue
        for link in _LINKS:
            rest = word[end + len(link) :] if word[end:].startswith(link) else ""
            if len(rest) < 2:
                continue
            if rest in words:
                return first, words[rest]
            further = _compound(rest) if len(rest) >= 2 * _SHORTEST_PART else None
            if further is not None:
                return first, *further
    return None


def _unspaced(run: str) -> tuple[list[frozenset[str]], int]:
    """The pieces of a run of a script without spaces: the longest known word at each place."""
    words, _, longest = _lexicon()
    found = []
    unknown = at = 0
    while at < len(run):
        end = next((e for e in range(min(len(run), at + longest), at, -1) if run[at:e] in words), 0)
        if end:
            found.append(words[run[at:end]])
            at = end
        else:
            unknown += 1
            at += 1
    return found, unknown


def says(name: str, combinations: Sequence[tuple[str, ...]]) -> float:
    """How well a name says one of several combinations of concepts, between 0 and 0.9.

    Every concept of a combination must have a piece of its own; a piece of another concept speaks against it, and unknown
    letters make it less sure, the more so where one word alone carries the meaning.
    """
    pieces = read(name)
    best = 0.0
    for rank, wanted in enumerate(combinations):
        if len(wanted) > len(pieces.found) or not _covered(wanted, pieces.found):
            continue
        other = [concepts for concepts in pieces.found if not concepts & set(wanted)]
        context = sum(bool(concepts & CONTEXT) for concepts in other)
        score = 0.9 - 0.004 * min(rank, 10) - 0.45 * (len(other) - context) - 0.15 * context
        score -= pieces.rest * (0.5 if len(wanted) == 1 else 0.3)
        best = max(best, score)
    return best


def _covered(wanted: tuple[str, ...], found: tuple[frozenset[str], ...]) -> bool:
    if not wanted:
        return True
    return any(
        wanted[0] in concepts and _covered(wanted[1:], (*found[:i], *found[i + 1 :]))
        for i, concepts in enumerate(found)
    )
