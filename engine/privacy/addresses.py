"""Postal addresses: streets with numbers, flats and boxes, codes of places, blocks of short lines, and Chinese addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from engine.privacy.spans import Span, any_of, words

_CAPITAL = r"(?:[^\W\d_a-zß-öø-ÿ][\w'’.-]*)"
_SMALL_WORDS = [
    "of",
    "the",
    "de",
    "la",
    "le",
    "du",
    "des",
    "del",
    "della",
    "do",
    "da",
    "dos",
    "das",
    "di",
    "van",
    "von",
    "der",
    "den",
    "am",
    "im",
    "na",
    "and",
    "corner",
    "near",
]
_PART = rf"(?:{_CAPITAL}|\d+(?:st|nd|rd|th)|of|the|de|la|du|des|der|den|van|von|am|im)"
_WORDS, _ENDINGS = any_of("streets", "words"), any_of("streets", "endings")
_NUMBER = r"\d{1,6}[A-Za-z]?(?:[-/]\d+)?"
_STREET = re.compile(
    rf"(?<!\w){_NUMBER},? (?!{any_of('streets', 'units')})(?:[NSEW]\.? )?{_PART}(?: {_PART}){{0,4}}? (?i:{_WORDS})\b\.?"
)
_STREET_AFTER = re.compile(
    rf"(?<![\w-])(?:{_CAPITAL}[ -]){{1,3}}(?i:{_WORDS})\.? \d{{1,5}}[A-Za-z]?(?!\w)"
    rf"|(?<![\w-])(?:{_CAPITAL}[ -]){{0,3}}\w+(?:{_ENDINGS}) \d{{1,5}}[A-Za-z]?(?!\w)"
)
_STREET_BEFORE = re.compile(
    rf"(?<!\w)(?i:{any_of('streets', 'beginnings')})(?: (?:{_CAPITAL}|[dl]['’]\w+|de|la|le|les|du|des|del|della|do|da|dos"
    r"|das|di|e|y|et)){1,6},? (?:n[°ºo]\.? ?)?\d{1,5}[A-Za-z]?(?!\w)"
)
_FLAT = re.compile(
    rf"(?<!\w)(?:{any_of('streets', 'flats')})\.? ?#?\d+[A-Za-z]?(?:,? (?:box|no\.?) ?\d+)?(?!\w)", re.IGNORECASE
)
_MILITARY = re.compile(r"(?<!\w)(?:[AFD]PO)\s+(?:A[AEP])\s+\d{5}(?:-\d{4})?(?!\w)", re.IGNORECASE)
_POSTCODE = re.compile(
    r"(?<![\w-])(?:[A-Z]{2} \d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}|[ABCEGHJ-NPRSTVXY]\d[A-Z] \d[A-Z]\d)(?!\w)"
)
_SAID = re.compile(rf"(?:{any_of('streets', 'said')})\s*[:：]?\s*", re.IGNORECASE)
_AT_MOST = 110

_HAN = r"[\u4e00-\u9fff]"
_COUNT = "[\\d一二三四五六七八九十百]{1,6}"
_LEVELS = (
    "省|自治区|特别行政区|市|自治州|地区|区|县|旗|街道|镇|乡|村|社区|开发区|大道|大街|路|街|巷|弄|胡同"
    "|小区|花园|公寓|大厦|广场|苑|家园|新村|宿舍|大学|中心"
)
_COUNTED = rf"(?:{_COUNT}|[A-Za-z])(?:号楼|号院|号|栋|幢|座|单元|层|楼|室|房|户|弄|#)"
_CHINESE = re.compile(rf"(?:{_HAN}{{1,8}}?(?:{_LEVELS})|{_COUNTED}){{1,12}}(?:[\dA-Za-z-]{{1,8}}(?:室|房|户|号)?)?")
_CHINESE_LEVEL = re.compile(_LEVELS)
_PROSE = re.compile(r"^.{0,8}?[了到在是住寄从往址给于：:]")
_CHINESE_NUMBER = re.compile(rf"{_COUNT}(?:号楼|号|栋|幢|座|单元|层|楼|室|房|户|弄|#)")
_CHINESE_SAID = re.compile(r"(?:地址|住在|住址|寄到|寄往|发到|送到|收货地)[是为:：]?\s*")


def find(text: str, known: Sequence[Span]) -> list[Span]:
    """Addresses in a text.

    Args:
        text: any text. known: what was found before; lines of a block that hold a phone belong to the block.
    """
    found = [*_patterns(text), *_after_words(text), *_around_flats(text), *_blocks(text, known), *_chinese(text)]
    return [Span(start, end, "ADDRESS") for start, end in found if end > start]


def _patterns(text: str) -> Iterator[tuple[int, int]]:
    for pattern in (_STREET, _STREET_AFTER, _STREET_BEFORE, _FLAT, _MILITARY, _POSTCODE):
        for match in pattern.finditer(text):
            yield match.span()


_LEFT = re.compile(rf"(?:(?:{_CAPITAL}|\d{{1,6}}[A-Za-z]?|of|the|de|la|du|des|del|da|do|van|von|am|na),? ){{1,8}}$")
_PLACE = rf"(?:{_CAPITAL}|\d{{4,6}}(?:-\d{{3,4}})?|[a-z]{{2,3}}(?=\s+\d)|\([A-Z][a-z]+\)|de|la|do|na|nad)"
_RIGHT = re.compile(rf"(?:,?\s{{1,3}},? ?{_PLACE}(?!\w)){{1,8}}")


def _around_flats(text: str) -> Iterator[tuple[int, int]]:
    """A flat, suite or box with the street before it and the place after it."""
    for match in _FLAT.finditer(text):
        start, end = match.span()
        left = _LEFT.search(text, max(0, start - 80), start)
        if left is None or not any(char.isdigit() for char in left.group()):
            continue
        right = _RIGHT.match(text, end)
        yield left.start(), right.end() if right else end


_ABBREVIATED = "".join(rf"(?<!\b{word})" for word in words("streets", "abbreviations"))
_END = re.compile(rf"\.?\n|[?!;。？！；]|{_ABBREVIATED}\.(?:\s|$)|\s(?:{any_of('streets', 'ends')})\b", re.IGNORECASE)


def _after_words(text: str) -> Iterator[tuple[int, int]]:
    """What follows "my address is" and the like up to the end of the clause, if it holds a number and a name."""
    for match in _SAID.finditer(text):
        start = match.end()
        end = _clause_end(text, start)
        piece = text[start:end]
        if not any(char.isdigit() for char in piece) or sum(char.isalpha() for char in piece) < 3:
            continue
        if len(piece.split()) > 18 or _TIME.match(piece):
            continue
        if not _like_an_address(piece, "address" in match.group().lower()):
            continue
        yield start, start + len(piece.rstrip())


def _like_an_address(piece: str, said: bool) -> bool:
    """Whether words are mostly names and numbers; where "address" was said before them, a number is enough."""
    if said or any(pattern.search(piece) for pattern in (_STREET, _STREET_AFTER, _STREET_BEFORE, _FLAT, _MILITARY)):
        return True
    letters = [word for word in _LETTERS.findall(piece) if word.lower() not in _SMALL_WORDS]
    capital = sum(word[0].isupper() for word in letters)
    return len(letters) >= 1 and capital >= 0.6 * len(letters) and not _MEASURE.search(piece)


_LETTERS = re.compile(r"[^\W\d_]{2,}")
_MEASURE = re.compile(r"\d ?(?:GB|MB|TB|KB|MP|fps|K|USD|EUR|Rs|W|V|mAh|Hz)\b|\d\.\d|\$|€|£")


def _clause_end(text: str, start: int) -> int:
    """Where an address that begins here can end at most; it goes on over short lines as envelopes have them."""
    end = start
    while end < min(len(text), start + _AT_MOST):
        cut = _END.search(text, end, start + _AT_MOST)
        if cut is None:
            return min(len(text), start + _AT_MOST)
        after = text[cut.end() :].split("\n", maxsplit=1)[0] if "\n" in cut.group() else ""
        if not after.strip() or len(after) > 40 or not _ENVELOPE.match(after):
            return cut.start()
        end = cut.end()
    return end


_ENVELOPE = re.compile(r"\s*(?:, ?\w|[^\W_a-zß-öø-ÿ])")


_TIME = re.compile(
    r"\s*\d{1,2}(?::\d{2}|\s?[ap]\.?m)|\s*\d+\s?(?:%|percent|degrees|dollars|usd|stars?|years?|days?|hours?|minutes?|times?)\b"
    r"|\s*\$?\d+(?:\.\d+)?\s*$",
    re.IGNORECASE,
)

_LINE_MARK = re.compile(r"[>?\s|*·-]*")


def _blocks(text: str, known: Sequence[Span]) -> Iterator[tuple[int, int]]:
    """Lines of an address block: three or more short lines in a row, one of which has a house number or a code."""
    lines: list[tuple[int, int]] = []
    at = 0
    for raw in text.split("\n"):
        mark = _LINE_MARK.match(raw)
        begin = at + (mark.end() if mark else 0)
        end = at + len(raw.rstrip())
        at += len(raw) + 1
        if begin >= end:
            continue
        content = text[begin:end]
        if len(content) > 60 or len(content.split()) > 9 or (content[-1] in ".!?" and len(content.split()) > 4):
            yield from _block(text, lines, known)
            lines = []
            continue
        lines.append((begin, end))
    yield from _block(text, lines, known)


_HOUSE = re.compile(r"(?<!\w)\d{1,6}[A-Za-z]?(?!\w)")


def _block(text: str, lines: list[tuple[int, int]], known: Sequence[Span]) -> Iterator[tuple[int, int]]:
    if len(lines) < 3:
        return

    def free(begin: int, end: int) -> bool:
        return not any(span.start < end and begin < span.end for span in known)

    def has_house(begin: int, end: int) -> bool:
        content = text[begin:end]
        return bool(_HOUSE.search(content)) and sum(map(str.isalpha, content)) >= 2 and ":" not in content

    housed = [i for i, (begin, end) in enumerate(lines) if free(begin, end) and has_house(begin, end)]
    if not housed:
        return
    first, last = housed[0], housed[-1]
    # Places and codes stand under the street, up to the first line that is something else.
    while last + 1 < len(lines):
        begin, end = lines[last + 1]
        content = text[begin:end]
        if (
            not free(begin, end)
            or ":" in content
            or not (content[0].isupper() or content[0].isdigit())
            or len(content.split()) > 4
        ):
            break
        last += 1
    for begin, end in lines[first : last + 1]:
        if free(begin, end):
            label = text.find(":", begin, end)
            yield (label + 1 if label >= 0 else begin), end


def _chinese(text: str) -> Iterator[tuple[int, int]]:
    for match in _CHINESE.finditer(text):
        start, end = match.span()
        said = bool(_CHINESE_SAID.search(text, max(0, start - 8), min(end, start + 8)))
        while (prose := _PROSE.match(text[start : min(end, start + 9)])) is not None:
            start += prose.end()
        found = text[start:end]
        levels, numbers = len(_CHINESE_LEVEL.findall(found)), len(_CHINESE_NUMBER.findall(found))
        if levels >= 3 or (numbers and levels >= 2) or (numbers and levels and (said or numbers >= 2)):
            yield start, end
