"""Cells that no spreadsheet runs as a formula, and the way back.

A cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return gets an apostrophe in front (OWASP, "CSV
Injection"). A cell that begins with apostrophes before such a sign gets one more, so that the mark can be taken off again
without guessing: `restored(neutral(text)) == text` for every text.
"""

from __future__ import annotations

import re
from typing import Any

_HAZARD = re.compile(r"'*[=+\-@\t\r]")
_MARKED = re.compile(r"'+[=+\-@\t\r]")
# As a spreadsheet would write it itself: no leading zeros to lose, no plus sign to drop.
_NEGATIVE = re.compile(r"-(?:0|[1-9][0-9]{0,14})(?:\.[0-9]+)?")


def neutral(value: Any) -> Any:
    """`value` as a spreadsheet may open it; numbers, and text that is a plain negative number, stay as they are."""
    if isinstance(value, str) and _HAZARD.match(value) and not _NEGATIVE.fullmatch(value):
        return "'" + value
    return value


def restored(cell: str) -> str:
    """A cell of one of Backroom's own files without the mark that `neutral` set."""
    return cell[1:] if _MARKED.match(cell) else cell
