"""Names of people: after titles and words that introduce them, by a list of given and family names, and Chinese ones."""

from __future__ import annotations

import importlib.util
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from engine.privacy.spans import Span, any_of, characters, words

_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*")
_TITLES, _PARTICLES = frozenset(words("names", "titles")), frozenset(words("names", "particles"))
_NO_NAMES = frozenset(words("names", "not_names"))
_CERTAIN = re.compile(rf"\b(?:{any_of('names', 'certain')})\s+$", re.IGNORECASE)
_LIKELY = re.compile(rf"\b(?:{any_of('names', 'likely')})\s+$", re.IGNORECASE)
_ACTS = re.compile(rf"['’]?s?\s+(?:{any_of('names', 'acts')})\b")

_HAN = r"[\u4e00-\u9fff]"
_SURNAMES = characters("chinese", "surnames")
_SURNAME = rf"(?:{any_of('chinese', 'double_surnames')}|[{_SURNAMES}])"
_GIVEN = rf"(?:(?![{characters('chinese', 'not_given')}]){_HAN})"
_CHINESE_CALLED = re.compile(rf"(?P<name>{_SURNAME}{_GIVEN}{{0,2}}?)(?={any_of('chinese', 'called')})")
_CHINESE_SAID = re.compile(
    rf"(?:{any_of('chinese', 'introduced')})(?:是|叫|为)?[:：\s]*"
    rf"(?P<name>{_SURNAME}{_GIVEN}{{1,2}})(?=$|[^\u4e00-\u9fff]|的|收|电话|手机|地址|在|说|买|下单)"
)
_CHINESE_BEFORE_PHONE = re.compile(
    rf"(?<!{_HAN})(?P<name>{_SURNAME}{_GIVEN}{{1,2}})[\s,，:：]*"
    r"(?=(?:\+?86)?[- ]?1[3-9]\d|[\s,，:：](?:电话|手机)[:：]?\s*\d)"
)
_CHINESE_MASKED = re.compile(rf"(?<!{_HAN}){_SURNAME}(?:\*{{1,3}}|[＊某]{{1,2}}|[xX]{{2,3}}){_HAN}?(?!{_HAN})")
_MASKED = re.compile(r"(?<![\w*])[A-Z]\*{2,}[a-z]?(?: [A-Z]\*{2,}[a-z]?)*(?![\w*])")


def fold(word: str) -> str:
    """A name as the list has it: small letters without accents."""
    plain = word.lower().translate(str.maketrans("łøđðþıß", "lodðþis"))
    return "".join(char for char in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(char))


@cache
def _listed() -> tuple[frozenset[str], frozenset[str]]:
    """Names that are nothing else in English, and names that are words as well (`names.txt`; the second part)."""
    sure, _, both = Path(__file__).with_name("names.txt").read_text(encoding="utf-8").partition("\n\n")
    return frozenset(sure.split("\n")), frozenset(both.split("\n"))


def _is_chinese_word(name: str) -> bool:
    """Whether what looks like a name is a word of the language (谢谢, 时候, 司机)."""
    return name in words("chinese", "not_alone")[0] or name in _chinese_words()


@cache
def _chinese_words() -> frozenset[str]:
    """Words of two and three characters in jieba's dictionary that begin like a surname and are no names there."""
    spec = importlib.util.find_spec("jieba")
    folder = next(iter(spec.submodule_search_locations or []), None) if spec is not None else None
    if folder is None:
        return frozenset()
    known = set(words("chinese", "not_names"))
    with (Path(folder) / "dict.txt").open(encoding="utf-8") as lines:
        for line in lines:
            word, _, rest = line.partition(" ")
            if len(word) in (2, 3) and word[0] in _SURNAMES and not rest.split()[-1].startswith("nr"):
                known.add(word)
    return frozenset(known)


def find(text: str, known: Sequence[Span]) -> list[Span]:
    """Names of people in a text; `known` is what was found before, which is no name."""
    taken = [False] * len(text)
    for span in known:
        for place in range(span.start, span.end):
            taken[place] = True
    found = [Span(start, end, "PERSON") for start, end in _latin(text, taken)]
    for pattern in (_CHINESE_CALLED, _CHINESE_SAID, _CHINESE_BEFORE_PHONE):
        matches = [match for match in pattern.finditer(text) if not _is_chinese_word(match["name"])]
        found += [Span(*match.span("name"), "PERSON") for match in matches]
    for pattern in (_CHINESE_MASKED, _MASKED):
        found += [Span(*match.span(), "PERSON", masked=True) for match in pattern.finditer(text)]
    return found


def _latin(text: str, taken: list[bool]) -> Iterator[tuple[int, int]]:
    found = [match for match in _WORD.finditer(text) if not taken[match.start()]]
    at = 0
    while at < len(found):
        run = _run(text, found, at)
        if not run:
            at += 1
            continue
        if _is_name(text, run):
            end = run[-1].end()
            yield run[0].start(), end - 2 if text[end - 2 : end] in ("'s", "’s") else end
        at += len(run)


def _run(text: str, found: list[re.Match[str]], at: int) -> list[re.Match[str]]:
    """The words from one on that could be one name: capitalised, initials, or small ones that the list knows."""
    run: list[re.Match[str]] = []
    while at < len(found) and len(run) < 5:
        word = found[at]
        if run:
            gap = text[run[-1].end() : word.start()]
            if gap not in (" ", ". ", ".") and not (gap == "-" and word.group()[0].isupper()):
                break
            if gap == ". " and len(run[-1].group()) > 1 and run[-1].group().lower() not in _TITLES:
                break
        low = fold(word.group())
        if low in _NO_NAMES:
            break
        capital = word.group()[0].isupper() or (ord(word.group()[0]) > 0x250 and not word.group()[0].islower())
        if (
            capital
            or (low in _listed()[0] and len(low) > 3)
            or (run and low in _PARTICLES and at + 1 < len(found) and found[at + 1].group()[0].isupper())
        ):
            run.append(word)
        else:
            break
        at += 1
    return run


def _is_name(text: str, run: list[re.Match[str]]) -> bool:
    sure, both = _listed()
    lows = [fold(word.group()) for word in run]
    if lows[0] in _TITLES:
        return len(run) > 1
    start, end = run[0].start(), run[-1].end()
    before = text[max(0, start - 40) : start]
    listed = [low in sure or all(part in sure for part in low.split("-")) for low in lows]
    maybe = [low in both for low in lows]
    capital = all(word.group()[0].isupper() for word in run if fold(word.group()) not in _PARTICLES)
    accented = any(not char.isascii() for word in run for char in word.group())
    titled = bool(re.search(r"\b(?:mr|mrs|ms|miss|dr|prof)\.?\s+$", before, re.IGNORECASE))
    if titled or _CERTAIN.search(before):
        return capital or any(listed)
    if len(run) == 1 and run[0].group().isupper():
        return False
    if any(listed) and (capital or sum(listed) >= 2):
        return True
    introduced, acts = bool(_LIKELY.search(before)), bool(_ACTS.match(text, end))
    initial = any(len(word.group()) == 1 for word in run[1:-1])
    if initial and capital and len(run) == 3:
        return True
    if capital and (introduced or acts) and (any(maybe) or accented or len(run) == 2):
        return True
    if capital and accented and len(run) in (2, 3):
        return True
    alone = text[text.rfind("\n", 0, start) + 1 : start].strip(" >?") == "" and text[end : end + 1] in ("", "\n")
    return capital and alone and "\n" in text and len(run) in (2, 3)
