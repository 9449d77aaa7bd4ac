"""Cutting a review into clauses: the smallest pieces that carry one opinion each, with their place in the text.

A rule, and called one: sentence ends and line breaks always cut; within a sentence, words of contrast cut ("great sound
but the battery…", "质量不错，就是有点掉色"), and Chinese commas cut, because a Chinese review runs on with commas where
English begins a new sentence. Pieces too short to carry an opinion join their neighbour.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SENTENCE_END = re.compile(r"[。！？!?；;…\n]+|\.+(?=\s|$)|[~～]+(?=\s|$)")
_CONTRAST = re.compile(
    r",?\s+(?:but|however|though|although|except|yet|unfortunately|otherwise)\b(?=\s|,)|\s+[-–—]+\s+", re.IGNORECASE
)
_CHINESE_COMMA = re.compile(r"[，、,]|(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_WORD = re.compile(r"[\u4e00-\u9fff]|[^\W\d_]+")

MIN_WORDS_LATIN = 3
MIN_WORDS_HAN = 4


@dataclass(frozen=True)
class Clause:
    """`text[start:end]`, stripped; offsets are code points."""

    start: int
    end: int
    text: str


def _is_chinese(text: str) -> bool:
    return len(_HAN.findall(text)) * 3 >= len(text.replace(" ", "")) > 0


def _long_enough(piece: str) -> bool:
    words = _WORD.findall(piece)
    return len(words) >= (MIN_WORDS_HAN if _HAN.search(piece) else MIN_WORDS_LATIN)


def _cuts(text: str) -> list[int]:
    """Offsets after which a new clause may begin, ascending."""
    cuts = {match.end() for match in _SENTENCE_END.finditer(text)}
    cuts |= {match.start() for match in _CONTRAST.finditer(text)}
    if _is_chinese(text):
        cuts |= {match.end() for match in _CHINESE_COMMA.finditer(text)}
    return sorted(cut for cut in cuts if 0 < cut < len(text))


def split_clauses(text: str) -> list[Clause]:
    """The clauses of `text`, in order, without overlap; every letter of the text is in exactly one of them.

    A text without letters has no clauses.
    """
    pieces: list[tuple[int, int]] = []
    begin = 0
    hard = {match.end() for match in _SENTENCE_END.finditer(text)}
    for cut in [*_cuts(text), len(text)]:
        if cut > begin:
            pieces.append((begin, cut))
            begin = cut
    joined: list[tuple[int, int]] = []
    for start, end in pieces:
        # A fragment joins what went before it in its sentence; the first of a sentence waits for what follows.
        previous_short = bool(joined) and not _long_enough(text[slice(*joined[-1])])
        fragment = not _long_enough(text[start:end])
        if joined and joined[-1][1] not in hard and (fragment or previous_short):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    found = []
    for start, end in joined:
        raw = text[start:end]
        stripped = raw.strip(" \t\r\n，,、。；;-–—")
        if _WORD.search(stripped):
            offset = start + raw.index(stripped)
            found.append(Clause(offset, offset + len(stripped), stripped))
    return found
