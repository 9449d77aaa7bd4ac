"""Values as words, bars and clipped cells; everything a seller's file holds passes through here before it is drawn.

Widths are terminal cells, not characters: a Chinese character takes two (Unicode UAX #11, by way of `rich.cells`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len, set_cell_size

from engine.cells import as_text, one_line, safe
from engine.findings import Finding

SENTIMENT_MARKS = {"negative": "−", "neutral": "=", "positive": "+"}
STATE_MARKS = {"new": "●", "seen": "○", "acted on": "✓", "dismissed": "✗"}
_BLOCKS = "▁▂▃▄▅▆▇█"
UNITS = {"return_reason": "returns"}
"""What a kind of finding counts where its numbers do not say and it is not reviews."""
CHANCES = {"q": "chance of a false alarm"}
"""Numbers whose short name says nothing to a seller: q is a p-value corrected for having looked at many themes."""
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def clip(text: str, width: int) -> str:
    """`text` cut to at most `width` cells; "…" shows that something is missing."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…"


def clip_middle(text: str, width: int) -> str:
    """`text` cut to at most `width` cells in its middle; both ends stay, the end a little longer."""
    if cell_len(text) <= width:
        return text
    if width < 5:
        return clip(text, width)
    head = set_cell_size(text, (width - 1) // 2).rstrip()
    room, start = width - 1 - cell_len(head), len(text)
    while start > 0 and cell_len(text[start - 1 :]) <= room:
        start -= 1
    return f"{head}…{text[start:]}"


def fit(text: str, width: int, *, right: bool = False) -> str:
    """`text` in exactly `width` cells: clipped, or padded on the right (on the left when `right`)."""
    clipped = clip(text, width)
    padding = " " * (width - cell_len(clipped))
    return padding + clipped if right else clipped + padding


def breaks(text: str, width: int, lines: int) -> list[tuple[int, int]]:
    """Where to break one line of text: at most `lines` ranges of code points, each at most `width` cells but the last.

    Breaks at a space when one is in the second half of a line, anywhere otherwise, as Han text wants it. The last range
    runs to the end of the text and is for the caller to clip.
    """
    found: list[tuple[int, int]] = []
    start = 0
    while start < len(text) and len(found) < lines - 1 and cell_len(text[start:]) > width:
        end, cells = start, 0
        while end < len(text) and (cells := cells + cell_len(text[end])) <= width:
            end += 1
        end = max(end, start + 1)
        space = text.rfind(" ", start, end + 1)
        stop = space if space > start + (end - start) // 2 else end
        found.append((start, stop))
        start = stop
        while start < len(text) and text[start] == " ":
            start += 1
    if start < len(text):
        found.append((start, len(text)))
    return found


def wrap(text: str, width: int, lines: int) -> list[str]:
    """`text` broken into at most `lines` lines of `width` cells, the last one clipped."""
    return [clip(text[start:end], width) for start, end in breaks(text, width, lines)]


def percent(share: float) -> str:
    """A share as whole percent, with "under 1 %" and "over 99 %" where rounding would claim too much."""
    if 0 < share < 0.005:
        return "under 1 %"
    if 0.995 <= share < 1:
        return "over 99 %"
    return f"{share * 100:.0f} %"


def count(value: float) -> str:
    """A number with thousands separated."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 review`, `1,204 reviews`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def stars(value: float | None) -> str:
    """Stars as five signs, "" when there are none; anything outside 0 to 5 as a number."""
    if value is None:
        return ""
    if not 0 <= value <= 5:
        return as_text(value)
    full = int(value + 0.5)
    return "★" * full + "☆" * (5 - full)


def bar(share: float, width: int) -> str:
    """A horizontal bar of `width` cells with eighths of a cell."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    full, part = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[part] if part else "")).ljust(width)


@dataclass(frozen=True)
class Month:
    """One month of a trend: k of n."""

    month: str
    k: int
    n: int

    @property
    def share(self) -> float | None:
        """k/n, or None in a month without rows."""
        return self.k / self.n if self.n else None


def months(finding: Finding) -> list[Month]:
    """The month-by-month trend that a finding's numbers carry under `months`, oldest first; empty when it has none."""
    return [
        Month(str(item["month"]), int(item["k"]), int(item["n"]))
        for item in finding.numbers.get("months") or ()
        if isinstance(item, Mapping) and {"month", "k", "n"} <= item.keys()
    ]


def sparkline(trend: Sequence[Month], width: int) -> str:
    """The last `width` months as one cell each; "·" is a month without rows."""
    shown = trend[-width:]
    top = max((month.share or 0.0 for month in shown), default=0.0)
    return "".join(
        "·" if month.share is None else _BLOCKS[min(7, round(month.share / top * 7))] if top else _BLOCKS[0]
        for month in shown
    )


def unit_of(finding: Finding) -> str:
    """What a finding counts."""
    return str(finding.numbers.get("unit") or UNITS.get(finding.kind, "reviews"))


def evidence_word(finding: Finding) -> str:
    """What one piece of its evidence is: words of a customer, or a row of a file."""
    return "row" if finding.desk == "imports" else "passage"


def k_of_n(finding: Finding) -> str:
    """`12 of 48 reviews`, or `48 reviews` when nothing is counted within them."""
    if finding.n is None:
        return ""
    unit = unit_of(finding)
    return f"{count(finding.n)} {unit}" if finding.k is None else f"{count(finding.k)} of {count(finding.n)} {unit}"


def between(finding: Finding) -> str:
    """The 95 % interval in plain words, "" when there is none; shares as percent."""
    if finding.interval is None:
        return ""
    low, high = finding.interval.low, finding.interval.high
    if low >= 0 and high <= 1:
        return f"between {percent(low)} and {percent(high)}"
    return f"between {low:,.2f} and {high:,.2f}"


def between_short(finding: Finding) -> str:
    """The interval in a few cells, `11–23 %`, for lists; in words where it is no share."""
    if finding.interval is None:
        return ""
    low, high = finding.interval.low, finding.interval.high
    return f"{low * 100:.0f}–{high * 100:.0f} %" if low >= 0 and high <= 1 else between(finding)


def about(finding: Finding) -> str:
    """What a finding is about, by name; keys are left out where there is a name."""
    hidden = {key for key, name in (("product", "name"), ("theme", "theme_name")) if finding.subject.get(name)}
    return ", ".join(
        one_line(value)
        for key, value in finding.subject.items()
        if key not in hidden and isinstance(value, str) and value
    )


def words(name: str) -> str:
    """An identifier as words: `pain_point` is `pain point`."""
    return name.replace("_", " ").replace("-", " ")


def place(file: str, sheet: str | None, line: int) -> str:
    """Where a row came from."""
    return one_line(file) + (f", sheet {one_line(sheet)}" if sheet else "") + f", line {line:,}"


LIMITS = ("_low", "_high")
_SAID = {"k", "n", "unit", "months", "share", "quote", "table", "import_id", "names", "named", "first_day", "last_day"}
"""Numbers that the sentence says, or that another line shows."""


def other_numbers(finding: Finding) -> list[tuple[str, str]]:
    """A finding's plain numbers beyond k, n and the months, as name and value; one with an interval in a line of its own."""
    shown = []
    for name, value in finding.numbers.items():
        if name.removesuffix("_low").removesuffix("_high") + "_high" in finding.numbers and name.endswith(LIMITS):
            continue
        if name in _SAID or value is None or isinstance(value, Mapping):
            continue
        if isinstance(value, (list, tuple)):
            if not all(isinstance(item, str) for item in value):
                continue
            text = ", ".join(one_line(item) for item in value)
        elif isinstance(value, bool):
            text = "yes" if value else "no"
        elif isinstance(value, (int, float)) and name in CHANCES:
            text = percent(max(value, 1e-9))  # rounded to nothing is still not impossible
        elif isinstance(value, (int, float)) and name.startswith("share"):
            text = percent(value)
        elif isinstance(value, int):
            text = count(value)
        elif isinstance(value, float):
            text = f"{value:,.4g}"
            low, high = (finding.numbers.get(name + limit) for limit in LIMITS)
            if isinstance(low, float) and isinstance(high, float):
                text = f"{value:.2f}, between {low:.2f} and {high:.2f}"
        else:
            text = one_line(value)
        shown.append((CHANCES.get(name) or words(name), text))
    return shown


def duration(seconds: float) -> str:
    """`8 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min" + (f" {rest} s" if rest else "")
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h" + (f" {minutes} min" if minutes else "")


def tsv(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as tab-separated lines for the clipboard; tabs and line breaks inside a cell become spaces."""
    return "\n".join("\t".join(one_line(cell) for cell in row) for row in rows)


def excerpt(text: str, start: int | None, end: int | None, cells: int) -> tuple[str, int, int]:
    """`text` on one line, begun so that its span falls within `cells` cells, and the span's offsets in it.

    Offsets are code points; without a span both are 0. The end is for the caller to clip.
    """
    line = safe(text).replace("\n", " ")
    if start is None or end is None:
        return line, 0, 0
    room = max(8, (cells - cell_len(line[start:end])) // 2)
    begin = start
    while begin > 0 and cell_len(line[begin - 1 : start]) <= room:
        begin -= 1
    lead = "…" if begin else ""
    return lead + line[begin:], len(lead) + start - begin, len(lead) + end - begin
