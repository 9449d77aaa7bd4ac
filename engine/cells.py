"""Stored text on its way out: to a terminal, a spreadsheet, a file; and back again.

What a seller's files hold was written by strangers. On a terminal, control characters set titles and clipboards and bidi
overrides reorder what is read; in a spreadsheet, a cell that begins like a formula is run (OWASP, "CSV Injection"). All
output passes one of these functions: `safe` and `one_line` for eyes, `json_line` for machines, `neutral` for CSV and XLSX,
which `restored` takes off again exactly, so that an exported file can be read back as it was.
"""

from __future__ import annotations

import json
import re
from typing import Any

# C0 and C1 controls (OSC and CSI in both forms begin with one), line separators, bidirectional embeddings, overrides and
# isolates, and the byte order mark inside a text.
_CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff"
_UNSAFE = re.compile(rf"[{_CONTROLS}\r]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_SPACES = re.compile(r"\s+")
# In a file a carriage return before a line feed is a line's end; alone it takes a terminal back over what it wrote.
_RAW = re.compile(rf"[{_CONTROLS}]|\r(?!\n)")
_JSON_UNSAFE = re.compile(rf"[{_CONTROLS}\r\ud800-\udfff]")

SIGNS = "=+\\-@\\t\\r\\n＝＋－＠"
"""What begins a formula, or is skipped by a spreadsheet on its way to one; inside a regular expression's brackets."""
_PLACE = r"(?:\A|(?<=[,;|\t\r\n]))"
# At the beginning, and after what another delimiter than the file's own would take for the end of a cell.
_HAZARD = re.compile(rf"{_PLACE}(?='*[{SIGNS}])")
_MARKED = re.compile(rf"{_PLACE}'(?='*[{SIGNS}])")
# As a spreadsheet would write it itself: no leading zeros to lose, no plus sign to drop.
_NEGATIVE = re.compile(r"-(?:0|[1-9][0-9]{0,14})(?:\.[0-9]+)?")
# Backslashes before what is, or looks like, a written control character: doubled, so that both can be told apart.
_TO_WRITE = re.compile(rf"(\\*)(?:([{_CONTROLS}]|\r(?!\n))|(u\{{[0-9a-f]{{1,6}}\}}))")
_WRITTEN = re.compile(r"(\\+)(u\{([0-9a-f]{1,6})\})")


def as_text(value: Any) -> str:
    """Any stored value as text that can be drawn: None is "", bytes are decoded, 3.0 is "3"."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float):
        return f"{value:.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:g}"
    return str(value)


def safe(value: Any) -> str:
    """Text of several lines with everything that could disturb a terminal replaced; code points keep their places."""
    return _SURROGATES.sub("\ufffd", _UNSAFE.sub("\ufffd", as_text(value).replace("\t", " ").replace("\r", " ")))


def one_line(value: Any) -> str:
    """Text as a single safe line, runs of white space shortened to one space."""
    return _SPACES.sub(" ", safe(value)).strip()


def json_line(record: Any) -> str:
    """A record as one line of JSON in which nothing can disturb a terminal: such characters are escaped, not lost."""
    return _JSON_UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(record, ensure_ascii=False))


def neutral(value: Any) -> Any:
    """`value` as a spreadsheet may open it and a terminal may print it; numbers, and text that is one, stay as they are.

    Where a formula could begin, at the beginning or after a delimiter, an apostrophe is put before any apostrophes that
    are there; a control character is written as `\\u{9b}`. `restored(neutral(text)) == text` for every text.
    """
    if not isinstance(value, str):
        return value
    if _RAW.search(value) or "\\u{" in value:
        value = _TO_WRITE.sub(_written, value)
    return value if _NEGATIVE.fullmatch(value) else _HAZARD.sub("'", value)


def restored(cell: str) -> str:
    """A cell of one of Backroom's own files without the marks that `neutral` set."""
    cell = _MARKED.sub("", cell)
    return _WRITTEN.sub(_read, cell) if "\\u{" in cell else cell


def _written(found: re.Match[str]) -> str:
    slashes, control, literal = found.groups()
    return 2 * slashes + (literal if control is None else f"\\u{{{ord(control):x}}}")


def _read(found: re.Match[str]) -> str:
    slashes, literal, code = found.groups()
    if len(slashes) % 2 == 0:
        return slashes[: len(slashes) // 2] + literal
    control = chr(min(int(code, 16), 0x10FFFF))
    return slashes[: len(slashes) // 2] + control if _RAW.match(control) else slashes + literal
