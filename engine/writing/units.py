"""What "30 characters" means: the units in which sales channels count text.

Code points after NFC, double width (East Asian Width, Unicode TR 11: wide and full-width characters count two), bytes in
UTF-8, and bytes in GBK, which cannot hold every character.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable


def code_points(text: str) -> int:
    """Code points of the text in NFC; a family emoji of five joined characters counts five."""
    return len(unicodedata.normalize("NFC", text))


def double_width(text: str) -> int:
    """Columns: 2 for wide and full-width characters, 1 for others; ambiguous ones count 1."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in unicodedata.normalize("NFC", text))


def ambiguous(text: str) -> int:
    """How many characters a channel may count one or two (East Asian Width "A")."""
    return sum(unicodedata.east_asian_width(c) == "A" for c in text)


def utf8_bytes(text: str) -> int:
    """Bytes in UTF-8; a lone surrogate, which has none, counts as the three of its replacement."""
    return len(unicodedata.normalize("NFC", text).encode("utf-8", "replace"))


def gbk_bytes(text: str) -> int:
    """Bytes in GBK; a character that GBK does not know counts two (and is reported by `unencodable`)."""
    return sum(2 if _outside_gbk(c) else len(c.encode("gbk")) for c in unicodedata.normalize("NFC", text))


def unencodable(text: str) -> list[int]:
    """Places of the characters that GBK cannot hold: emoji, the euro sign's modern code, half-width kana."""
    return [i for i, c in enumerate(text) if _outside_gbk(c)]


def _outside_gbk(character: str) -> bool:
    try:
        character.encode("gbk")
    except UnicodeEncodeError:
        return True
    return False


UNITS: dict[str, Callable[[str], int]] = {
    "cp": code_points,
    "dw": double_width,
    "utf8": utf8_bytes,
    "gbk": gbk_bytes,
}
"""Unit names of the rule packs and how they count."""


def measure(text: str, unit: str) -> int:
    """The size of a text in a unit of `UNITS`."""
    return UNITS[unit](text)
