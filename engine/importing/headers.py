"""Column names made comparable: case, width, dashes, spaces and a stated currency are set aside."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_CODES = (
    "USD EUR GBP CNY JPY INR AUD CAD NZD SGD HKD TWD KRW THB IDR PHP MYR VND BRL MXN ARS CLP COP PEN UYU "
    "ZAR BDT PKR LKR NPR AED SAR QAR KWD BHD OMR EGP ILS TRY PLN CZK HUF RON BGN DKK SEK NOK ISK CHF RUB "
    "UAH KZT NGN KES GHS MAD "
)
CURRENCIES = frozenset(_CODES.split())
_CURRENCY = re.compile(r"\(([A-Z]{3})\)|[\s_]([A-Z]{3})$")
_YUAN = re.compile(r"[（(]\s*元\s*[）)]")
_SIGNS = {
    "₹": "INR", "€": "EUR", "£": "GBP", "฿": "THB", "₩": "KRW", "₱": "PHP", "₫": "VND", "₺": "TRY", "₽": "RUB", "₴": "UAH",
    "Rp": "IDR", "RM": "MYR", "R$": "BRL", "zł": "PLN", "Rs": "INR",
}  # fmt: skip
_SIGN = re.compile(r"[(（]\s*(" + "|".join(re.escape(sign) for sign in _SIGNS) + r")\.?\s*[)）]")
# What one row or one number is counted in, in brackets after a name.
_UNIT = re.compile(r"[(（]\s*(?:元|円|원|件|個|个|單|单|品)\s*[)）]\s*$")
# Vowel signs and tone marks of Thai and Devanagari are parts of words.
_NOT_WORD = re.compile(r"(?:[^\w\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0900-\u097f]|_)+")
# Marks over Latin, Greek and Cyrillic letters, which files lose; those of Japanese and Thai make other letters.
_MARKS = re.compile(r"[\u0300-\u036f]")
_BARRED = str.maketrans({"đ": "d", "ł": "l", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d"})


@lru_cache(maxsize=20_000)
def normal(name: str) -> str:
    """`name` as it is compared: NFKC, lower case, no accents, everything but letters and digits as one space."""
    if "Ã" in name or "â€" in name:
        # UTF-8 that a program once read as Windows-1252.
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp1252").decode("utf-8")
    plain = unicodedata.normalize("NFKC", _UNIT.sub("", name)).casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFD", plain))).translate(_BARRED)
    return _NOT_WORD.sub(" ", plain).strip()


@lru_cache(maxsize=20_000)
def stated_currency(name: str) -> tuple[str, str | None]:
    """A column name without the currency it states, and that currency: `Spend (PEN)` → (`Spend`, `PEN`)."""
    if _YUAN.search(name):
        return _YUAN.sub("", name), "CNY"
    if sign := _SIGN.search(name):
        return (name[: sign.start()] + name[sign.end() :]).strip(), _SIGNS[sign.group(1)]
    for match in _CURRENCY.finditer(name):
        code = match.group(1) or match.group(2)
        if code in CURRENCIES:
            return (name[: match.start()] + " " + name[match.end() :]).strip(), code
    return name, None


def unique_names(cells: Sequence[str]) -> list[str]:
    """Header cells as distinct, non-empty column names, in order; a repeated name gets ` (2)`."""
    seen: dict[str, int] = {}
    names = []
    for index, cell in enumerate(cells, 1):
        name = cell.strip().strip("\ufeff").strip() or f"column {index}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names
