"""Numbers and addresses that have a form: e-mails, phones, cards, accounts, identity numbers, network addresses.

A form with check digits is believed by itself; one without (a phone among order numbers) needs separators, a country's own
shape, or a word before it that says what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from engine.privacy.spans import Span, any_of

_LOCAL = r"\w.!#$%&'*+/=?^`{|}~-"
_EMAIL = re.compile(
    rf"(?<![{_LOCAL}])[{_LOCAL}]{{1,64}}[@＠][\w-]{{1,63}}(?:[.．][\w-]{{1,63}}){{0,5}}[.．][^\W\d_]{{2,24}}",
    re.ASCII,
)
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"'，。）)]+", re.IGNORECASE | re.ASCII)
_IP = re.compile(
    r"(?<![\w.:])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w.])"
    r"|(?<![\w:])(?:[0-9a-f]{1,4}:){2,7}(?::?[0-9a-f]{1,4}){1,6}(?![\w:])",
    re.IGNORECASE | re.ASCII,
)
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)", re.ASCII)
_DIGITS = re.compile(r"(?<![\w.])\d(?:[ -]?\d){11,18}(?![\w])", re.ASCII)
_CHINESE_ID = re.compile(
    r"(?<![\dA-Za-z])\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![\dA-Za-z])",
    re.ASCII,
)

_SAID = re.compile(
    rf"(?:{any_of('numbers', 'identity')})(?:号码|号)?(?: ?(?:number|no\.?|nr\.?|#))?\s*(?:is|was|为|是)?\s*[:：#]?\s*"
    r"(?P<number>[A-Za-z]{0,3}\d[\dA-Za-z-]{4,19})",
    re.IGNORECASE | re.ASCII,
)
_ACCOUNT = re.compile(
    rf"(?:{any_of('numbers', 'accounts')})(?:号码|号|id)?\s*(?:is|是|为)?\s*[:：]?\s*(?P<number>[A-Za-z0-9][\w.-]{{4,29}})",
    re.IGNORECASE | re.ASCII,
)
_CARD_SAID = re.compile(
    rf"(?:{any_of('numbers', 'cards')})[^\d\n]{{0,30}}(?P<number>\d(?:[ -]?\d){{11,18}})(?!\d)",
    re.IGNORECASE | re.ASCII,
)

_MOBILE_CN = re.compile(r"(?<![\d.])(?:(?:\+|00)?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)", re.ASCII)
_LANDLINE_CN = re.compile(
    r"(?<![\d.])[（(]?0(?:10|2\d|[3-9]\d{2})[）)]?[- ]?[2-8]\d{6,7}(?:[-转]\d{1,6})?(?!\d)", re.ASCII
)
_SERVICE_CN = re.compile(r"(?<!\d)[48]00[- ]?\d{3}[- ]?\d{4}(?!\d)", re.ASCII)
_INTERNATIONAL = re.compile(
    r"(?<![\w.])(?:\+|00)\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,5}(?:[ .-]?\d{1,5}){1,5}(?:x\d{1,6})?(?!\w)",
    re.ASCII,
)
_AREA = re.compile(r"(?<![\w.])\(\d{2,5}\) ?\d{2,4}(?:[ .-]?\d{2,5}){1,3}(?:x\d{1,6})?(?!\w)", re.ASCII)
_GROUPS = re.compile(r"(?<![\w.,/:-])\d{2,5}(?:[ .-]\d{2,5}){1,5}(?:x\d{1,6})?(?![\w/]|[.,]\d)", re.ASCII)
_NORTH_AMERICAN = re.compile(
    r"(?<![\w.])(?:1[ .-]?)?[2-9]\d{2}[ .-]?[2-9]\d{2}[ .-]?\d{4}(?:x\d{1,6})?(?!\w)", re.ASCII
)
_PHONE_SAID = re.compile(
    rf"(?:{any_of('numbers', 'phones')})[^\d\n+(]{{0,20}}\n?\s*(?P<number>\+?[\d(][\d ().-]{{5,18}}\d)",
    re.IGNORECASE | re.ASCII,
)
_NO_PHONE = re.compile(rf"(?:{any_of('numbers', 'no_phones')})[^\d\n]{{0,12}}$", re.IGNORECASE | re.ASCII)
_MONTH, _DAY, _YEAR = "(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12]\d|3[01])", r"(?:19|20)\d{2}"
_DATE = re.compile(rf"{_YEAR}[ .-]{_MONTH}[ .-]{_DAY}\b|{_DAY}[ .-]{_MONTH}[ .-]{_YEAR}\b", re.ASCII)
_RANGE = re.compile(rf"{_YEAR} ?- ?{_YEAR}|\d+0 ?- ?\d+0", re.ASCII)
_UNIT = re.compile(rf"\s?(?:{any_of('numbers', 'units')})(?![a-z])", re.IGNORECASE | re.ASCII)

_MASKED_PHONE = re.compile(r"(?<![\w*])\+?\d{2,4}[*xX•●]{3,8}\d{2,4}(?![\w*])", re.ASCII)
_MASKED_EMAIL = re.compile(r"(?<![\w.*-])[\w.-]{0,40}\*{1,20}[\w.*-]{0,40}@[\w*-]+(?:\.[\w*-]+)+", re.ASCII)
_MASKED_CARD = re.compile(r"(?<![\w*])(?:[*xX•●]{4}[ -]?){2,3}\d{4}(?!\w)", re.ASCII)
_PLACEHOLDER = re.compile(
    rf"(?:\{{\{{|\[|<|【|\()\s*(?P<what>{any_of('numbers', 'placeholders')})\s*(?:\}}\}}|\]|>|】|\))",
    re.IGNORECASE | re.ASCII,
)


def find(text: str) -> Iterator[Span]:
    """All of these in a text; they may overlap."""
    yield from _masked(text)
    for match in _EMAIL.finditer(text):
        yield Span(*match.span(), "EMAIL")
    for match in _URL.finditer(text):
        yield Span(match.start(), match.start() + len(match.group().rstrip(".,;:!?")), "URL")
    for match in _IP.finditer(text):
        yield Span(*match.span(), "IP")
    for match in _IBAN.finditer(text):
        if _iban_is_sound(match.group()):
            yield Span(*match.span(), "IBAN")
    for match in _DIGITS.finditer(text):
        if luhn(match.group()) and not _NO_PHONE.search(text, 0, match.start()):
            yield Span(*match.span(), "CARD")
    for match in _CHINESE_ID.finditer(text):
        if chinese_id_is_sound(match.group()):
            yield Span(*match.span(), "ID")
    for pattern, kind in ((_SAID, "ID"), (_ACCOUNT, "ID"), (_CARD_SAID, "CARD")):
        for match in pattern.finditer(text):
            yield Span(*match.span("number"), kind)
    yield from _phones(text)


def _masked(text: str) -> Iterator[Span]:
    for pattern, kind in ((_MASKED_PHONE, "PHONE"), (_MASKED_EMAIL, "EMAIL"), (_MASKED_CARD, "CARD")):
        for match in pattern.finditer(text):
            yield Span(*match.span(), kind, masked=True)
    kinds = {"p": "PHONE", "e": "EMAIL", "a": "ADDRESS", "s": "ADDRESS", "i": "ID", "c": "CARD"}
    chinese = {"电话": "PHONE", "手机": "PHONE", "手机号": "PHONE", "邮箱": "EMAIL", "地址": "ADDRESS", "身份证": "ID"}
    for match in _PLACEHOLDER.finditer(text):
        what = match["what"].lower()
        named = "name" in what or what in ("person", "姓名", "redacted", "removed")
        kind = "PERSON" if named else chinese.get(what) or kinds.get(what[0], "PERSON")
        yield Span(*match.span(), kind, masked=True)


def _phones(text: str) -> Iterator[Span]:
    for pattern in (_MOBILE_CN, _LANDLINE_CN, _SERVICE_CN, _INTERNATIONAL, _AREA, _NORTH_AMERICAN):
        for match in pattern.finditer(text):
            if _may_be_phone(text, match.start(), match.end()):
                yield Span(*match.span(), "PHONE")
    for match in _GROUPS.finditer(text):
        digits = sum(char.isdigit() for char in match.group())
        if 7 <= digits <= 13 and _may_be_phone(text, match.start(), match.end()):
            yield Span(*match.span(), "PHONE")
    for match in _PHONE_SAID.finditer(text):
        if 6 <= sum(char.isdigit() for char in match["number"]) <= 15 and not _DATE.fullmatch(match["number"]):
            yield Span(*match.span("number"), "PHONE")


def _may_be_phone(text: str, start: int, end: int) -> bool:
    found = text[start:end]
    return not (
        _DATE.match(found)
        or _RANGE.fullmatch(found)
        or _NO_PHONE.search(text, max(0, start - 30), start)
        or _UNIT.match(text, end)
        or len({char for char in found if char.isdigit()}) == 1
    )


def luhn(number: str) -> bool:
    """Whether the last digit of a card number is right (ISO/IEC 7812-1); blanks and dashes do not count."""
    digits = [int(char) for char in number if char.isdigit()]
    if not 12 <= len(digits) <= 19 or digits[0] == 0 or len(set(digits)) == 1:
        return False
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[::-2]) + sum(doubled)) % 10 == 0


def _iban_is_sound(number: str) -> bool:
    """Whether the check digits of an account number are right (ISO 13616)."""
    bare = number.replace(" ", "")
    if not 15 <= len(bare) <= 34:
        return False
    return int("".join(str(int(char, 36)) for char in bare[4:] + bare[:4])) % 97 == 1


_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def chinese_id_is_sound(number: str) -> bool:
    """Whether a Chinese identity number holds a day that exists and its own check character (GB 11643)."""
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, number[:17], strict=True))
    return "10X98765432"[total % 11] == number[17].upper()
