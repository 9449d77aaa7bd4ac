"""The span of days that a report states once for all its rows: above its header, or in its file's name."""

from __future__ import annotations

import re
from collections.abc import Iterable

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DAY = (
    r"(?:\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{8}"
    rf"|{_MONTH}\s+\d{{1,2}},?\s+\d{{4}}|\d{{1,2}}\.?\s+{_MONTH},?\s+\d{{4}}|\d{{1,2}}[./]\d{{1,2}}[./]\d{{4}})"
)
_SPAN = re.compile(rf"(?<!\d)({_DAY})\s*(?:to|until|bis|à|al|-|–|—|~|至|到|_|\.\.)\s*({_DAY})(?!\d)", re.IGNORECASE)


def stated(texts: Iterable[str]) -> tuple[str, str] | None:
    """The first span of days that one of these texts names, as ISO days; None when none does, or it could be read in two ways."""
    import polars as pl

    from engine.importing import dates

    for text in texts:
        found = _SPAN.search(text)
        if not found:
            continue
        ends = pl.Series([re.sub(r"[年月]", "-", end).rstrip("日") for end in found.groups()])
        read = {tuple(dates.read(ends, order).str.slice(0, 10).to_list()) for order in ("dmy", "mdy")}
        if len(read) == 1:
            first, last = read.pop()
            if first and last and first <= last:
                return str(first), str(last)
    return None
