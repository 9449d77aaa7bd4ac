"""A Finding as text: in a list, in a preview, and in full."""

from __future__ import annotations

from rich.text import Text
from textual.content import Content

from engine.cells import one_line, safe
from engine.findings import Finding
from tui.format import (
    STATE_MARKS,
    about,
    bar,
    between,
    between_short,
    clip,
    counted,
    evidence_word,
    k_of_n,
    months,
    other_numbers,
    percent,
    sparkline,
    unit_of,
    words,
    wrap,
)
from tui.widgets.virtual import Styles

FINDING_LINES = 3
STALE = "out of date"


def draw_finding(finding: Finding, said: str, width: int, styles: Styles) -> list[Text]:
    """Three lines of a list: its sentence `said` on two, the facts on the third."""
    mark = STATE_MARKS.get(finding.state, "?")
    sentence = wrap(one_line(said), width - 2, 2) or [""]
    strong = styles("strong") if finding.state == "new" else styles("")
    lines = [Text(f"{mark} ").append(sentence[0], strong)]
    lines.append(Text("  ").append(sentence[1] if len(sentence) > 1 else "", strong))
    parts = [
        f"{finding.state}, {STALE}" if finding.stale else finding.state,
        words(finding.kind),
        k_of_n(finding),
        between_short(finding),
    ]
    facts = " · ".join(one_line(part) for part in parts if part)
    trend = sparkline(months(finding), 12)
    room = width - 2 - (len(trend) + 1 if trend else 0)
    line = Text("  ").append(clip(facts, room), styles("dim"))
    if trend:
        line.append(" " + trend)
    lines.append(line)
    return lines


def finding_content(finding: Finding, said: str, *, preview: bool = False) -> Content:
    """A Finding in full: its sentence `said`, numbers in words, months as bars, method and query.

    A preview is narrower and has no query.
    """
    muted, strong = "dim", "bold"
    parts: list[tuple[str, str] | str] = [(safe(said) + "\n\n", strong)]

    def line(name: str, value: str) -> None:
        parts.append((f"{name:<12}", muted))
        parts.append(value + "\n")

    line("what", f"{words(finding.kind)}, {words(finding.desk)} desk")
    if about(finding):
        line("about", about(finding))
    share_of = k_of_n(finding)
    if share_of:
        share = f" = {percent(finding.k / finding.n)}" if finding.k is not None and finding.n else ""
        line("counted", share_of + share)
    if finding.interval is not None:
        line("sure of", f"{between(finding)} (95 % interval)")
    if finding.confidence is not None:
        line("confidence", percent(finding.confidence))
    state = f"{STATE_MARKS.get(finding.state, '?')} {finding.state}"
    line("state", state + (f": {one_line(finding.state_reason)}" if finding.state_reason else ""))
    if finding.stale:
        line("", f"{STALE}: files came in or were taken back since; r reads again")
    line(
        "evidence",
        f"{counted(finding.evidence_count, evidence_word(finding))}, Enter opens" if finding.evidence_count else "none",
    )
    for name, value in other_numbers(finding):
        parts.append((f"{clip(name, 30)}: ", muted))
        parts.append(value + "\n")
    trend = months(finding)
    if trend:
        parts.append((f"\nMonth by month, of all {unit_of(finding)}\n", strong))
        top = max((month.share or 0.0 for month in trend), default=0.0) or 1.0
        for month in trend:
            parts.append((f"{month.month}  ", muted))
            if month.share is None:
                parts.append((f"no {unit_of(finding)}\n", muted))
            else:
                parts.append(
                    f"{bar(month.share / top, 12 if preview else 24)} {percent(month.share):>6}  {month.k} of {month.n}\n"
                )
    parts.append(("\nHow it was found\n", strong))
    parts.append(safe(finding.method) + "\n")
    if finding.query and not preview:
        parts.append(("\nThe query behind the numbers (c copies it)\n", strong))
        parts.append(safe(finding.query) + "\n")
    return Content.assemble(*parts)
