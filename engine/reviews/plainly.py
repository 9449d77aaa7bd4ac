"""A rule before the model: figures of degree that turn a word around are said plainly, so that the model reads the word.

好看得不行 says "very pretty" in words that say "not all right"; "could not be happier" says "very happy". Such a figure has
a small grammar in either language: a word that judges, and around it a frame that only says how much. The frame is put as
a plain adverb (很好看; "is very happy"), which is true whatever the word is: 难看得不行 becomes 很难看. What is shown, quoted and
searched stays the text itself; only the model reads this.
"""

from __future__ import annotations

import importlib.util
import re
import tomllib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.desks.work import Work
    from engine.inference.task import LabelTask

    Keep = Callable[[dict[str, NDArray[np.float32]]], None]

_HAN = r"[\u4e00-\u9fff]"

with Path(__file__).with_name("figures.toml").open("rb") as _file:
    _FIGURES = tomllib.load(_file)


def _any_of(name: str) -> str:
    return "|".join(sorted(_FIGURES["chinese"][name].split(), key=len, reverse=True))


_WORD_BEFORE = rf"({_HAN}{{1,3}}?)"
_END = r"(?=[，。！!,.\s~～]|$)"
_OF_DEGREE = re.compile(
    rf"{_WORD_BEFORE}[得的](?:简直)?(?:有点|有些)?(?:{_any_of('complements')})(?!{_HAN}?(?:说|想|看))"
)
_UNTIL = re.compile(rf"{_WORD_BEFORE}到(?:{_any_of('until')})(?:了)?")
_DEAD = re.compile(rf"{_WORD_BEFORE}(?:{_any_of('dead')})(?:我|人|个人)?了(?!{_HAN}{{0,2}}(?:鱼|花|机|苗))")
_NO_MORE = re.compile(
    rf"(?:不能|不要)(?:再|太|更)({_HAN}{{1,3}}?)了{_END}|(?:没有|没)比(?:这|它|这个)(?:再|更)({_HAN}{{1,3}}?)的?了"
)
_SO = re.compile(rf"(?:不要太|别提多|甭提多|不知道有多|不知多)({_HAN}{{1,3}}?)(?:了)?{_END}")

_SLANG: dict[str, str] = _FIGURES["slang"]
_SLANG_PATTERN = re.compile("|".join(sorted(map(re.escape, _SLANG), key=len, reverse=True)))


@cache
def _judging() -> frozenset[str]:
    """Words that such a figure can be about: adjectives of jieba's dictionary, and those that reviews use so."""
    spec = importlib.util.find_spec("jieba")
    folder = next(iter(spec.submodule_search_locations or []), None) if spec is not None else None
    known = set(_FIGURES["chinese"]["judging"].split())
    if folder is not None:
        with (Path(folder) / "dict.txt").open(encoding="utf-8") as lines:
            for line in lines:
                word, _, rest = line.partition(" ")
                if len(word) <= 3 and rest.split()[-1] in ("a", "an", "ad"):
                    known.add(word)
    return frozenset(known - set(_FIGURES["chinese"]["common"].split()))


def _very(match: re.Match[str]) -> str:
    """The figure put plainly; left as it is where the word before it judges nothing."""
    before = next(group for group in match.groups() if group)
    for length in (3, 2, 1):
        word = before[-length:]
        if len(before) >= length and word in _judging():
            return f"{before[:-length]}非常{word}"
    return match.group()


_COMPARED: dict[str, str] = _FIGURES["comparatives"]
_NOT = r"(?:could ?n[o'’]?t|could not|cannot|can[’']t|can not)"
_EN_WORD = r"([a-z-]+)"
_PRAISED = (
    "good|great|perfect|ideal|comfortable|easy|cheap|worth|useful|clean|happy|satisf|impress|soft|reliable|accurate"
)
_ENGLISH: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), plain)
    for pattern, plain in (
        (rf"\bnever (?:been|felt) (?:so|more) {_EN_WORD}", r"been extremely \1"),
        (
            r"\bnever (regretted|hated|disliked|loved|liked|enjoyed) (?:a|an|any|this) ([\w ]{2,30}?) (?:more|so much)\b",
            r"really \1 this \2",
        ),
        (rf"\b{_NOT} (?:possibly )?be (?:any )?more {_EN_WORD}", r"am extremely \1"),
        (
            rf"\b{_NOT} (?:have )?(?:asked?|wished?|hoped?) for (?:anything )?(?:a )?(?:better|more)\b",
            "got the best possible",
        ),
        (
            rf"\b{_NOT} (?:\w+ )?(recommend|praise|thank|rave about|stress)( it| this| them| these| you| the \w+)? "
            r"(?:highly )?enough\b",
            r"highly \1\2",
        ),
        (rf"\b{_NOT} recommend( it| this| them)? less\b", r"do not recommend\1 at all"),
        (rf"\b(?:anything|everything) but {_EN_WORD}(?= |[.,!?;]|$)", r"not at all \1"),
        (rf"\b(?:far from|a long way from|nowhere near|not exactly|hardly|scarcely) (?=(?:{_PRAISED}))", "not "),
        (r"\b(?:nothing|not a thing|no reason) to (?:complain|moan|grumble)(?: about)?\b", "everything is good"),
        (r"\b(?:zero|no|not a single) (?:complaints?|regrets?)\b", "everything is good"),
        (r"\b(?:has|have|had|did)(?:n[’']t| not)? (?:never )?(?:missed|skipped) a beat\b", "works perfectly"),
        (
            r"\b(?:does ?n[’']?t|do ?n[’']?t|did ?n[’']?t|won[’']t|has ?n[’']?t|never) disappoint(?:s|ed)?\b",
            "is very good",
        ),
        (
            r"\bwould(?: have)? (?:give|given|rate|rated)( it| this)? (?:zero|0|negative|minus \w+|no) stars?"
            r"(?: if (?:i|we) could)?",
            r"give\1 the worst rating",
        ),
        (r"\b(?:what[’']?s not to (?:like|love)|you can[’']?t go wrong)\b\??", "it is very good"),
    )
)
_COMPARISON = re.compile(rf"\b{_NOT} (?:possibly )?be (?:any )?({'|'.join(_COMPARED)})\b", re.IGNORECASE)


def plainly(text: str) -> str:
    """The text as the model reads it: every figure of degree in it said plainly, everything else as it is."""
    if re.search(_HAN, text) or "yyds" in text.lower():
        text = _SLANG_PATTERN.sub(lambda match: _SLANG[match.group()], text)
        for pattern in (_OF_DEGREE, _UNTIL, _DEAD, _NO_MORE, _SO):
            text = pattern.sub(_very, text)
    if text.isascii() or re.search("[A-Za-z]{3}", text):
        text = _COMPARISON.sub(lambda match: f"am extremely {_COMPARED[match[1].lower()]}", text)
        for figure, plain in _ENGLISH:
            text = figure.sub(plain, text)
    return text


def scores_of(
    work: Work, texts: Iterable[str], task: LabelTask, *, stage: str, keep: Keep | None = None
) -> dict[str, NDArray[np.float32]]:
    """As `Work.scores`, by the texts as they are, of what they say plainly."""
    said = {text: plainly(text) for text in texts}
    originals: dict[str, list[str]] = {}
    for text, plain in said.items():
        originals.setdefault(plain, []).append(text)

    def kept(new: dict[str, NDArray[np.float32]]) -> None:
        if keep is not None:
            keep({text: row for plain, row in new.items() for text in originals[plain]})

    found = work.scores(originals, task, stage=stage, keep=kept if keep is not None else None)
    return {text: found[plain] for text, plain in said.items()}
