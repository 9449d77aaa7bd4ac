"""Personal data in a text: names, phones, e-mails, addresses and identity numbers, English and Chinese, found by rule.

These are rules, not a model: patterns with check digits, words that stand before what is personal, a list of given and
family names, and the layout of address blocks. They are meant for what leaves the shop (reports, exports, screenshots),
where a name too many is better than a name too few; how many are found is measured per kind (`tests/privacy`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.privacy import addresses, identifiers, names
from engine.privacy.spans import Span

if TYPE_CHECKING:
    from engine.jobs import JobContext

ORDER = ("EMAIL", "CARD", "IBAN", "ID", "IP", "URL", "PHONE", "ADDRESS", "PERSON")
"""Where two finds overlap, the kind that stands first here keeps the whole, and the other what is left of it."""

_PIECE = 8_000
"""Characters that are read together."""

PLACEHOLDERS = {
    "EMAIL": "[e-mail]",
    "CARD": "[card number]",
    "IBAN": "[account number]",
    "ID": "[identity number]",
    "IP": "[network address]",
    "URL": "[web address]",
    "PHONE": "[phone number]",
    "ADDRESS": "[address]",
    "PERSON": "[name]",
}


def find(text: str) -> list[Span]:
    """All personal data in a text, in order, without overlaps; offsets in code points.

    What somebody has masked already (138****1234, 张**, {{NAME}}) is found too and marked as such. A long text is read in
    pieces, cut between words where there are any, so that its length does not matter more than once.
    """
    spans, start = [], 0
    while start < len(text):
        end = _piece_end(text, start)
        spans += [Span(one.start + start, one.end + start, one.type, one.masked) for one in _find(text[start:end])]
        start = end
    return spans


def _piece_end(text: str, start: int) -> int:
    end = start + _PIECE
    if end >= len(text):
        return len(text)
    cut = max(text.rfind(mark, start + _PIECE // 2, end) for mark in ("\n\n", "\n", " ", "。", "，"))
    return cut + 1 if cut > start else end


def _find(text: str) -> list[Span]:
    found = [*identifiers.find(text)]
    found += addresses.find(text, found)
    found += names.find(text, found)
    return _apart(text, found)


def label_texts(
    ids: Sequence[Any], texts: Sequence[str], *, context: JobContext, model: str | None = None
) -> list[dict[str, Any]]:
    """Personal data in texts outside a shop, in input order, in the shape `label pii --json` prints; no model is asked."""
    stage = context.stage("Reading", len(texts), "texts")
    records = []
    for identity, text in zip(ids, texts, strict=True):
        context.check()
        spans = [
            {"start": span.start, "end": span.end, "type": span.type, **({"masked": True} if span.masked else {})}
            for span in find(text)
        ]
        records.append({"id": identity, "spans": spans})
        stage.advance(1)
    return records


def redact(text: str) -> str:
    """The text with a placeholder for each find; what was a placeholder already stays as it is."""
    parts, at = [], 0
    for span in find(text):
        shown = text[span.start : span.end]
        whole = span.masked and not any(char.isdigit() for char in shown)
        parts += [text[at : span.start], shown if whole else PLACEHOLDERS[span.type]]
        at = span.end
    return "".join([*parts, text[at:]])


@dataclass(frozen=True)
class Counts:
    """How many finds of each kind there were in some texts."""

    texts: int
    by_type: dict[str, int]


def count(texts: Iterable[str]) -> Counts:
    """Count the finds in texts, for the sentence under a redacted report."""
    number, by_type = 0, dict.fromkeys(ORDER, 0)
    for text in texts:
        number += 1
        for span in find(text):
            by_type[span.type] += 1
    return Counts(number, {kind: many for kind, many in by_type.items() if many})


def _apart(text: str, found: Iterable[Span]) -> list[Span]:
    """Spans without overlaps; what is left of one that is cut keeps no blanks and signs at its ends."""
    owner: dict[int, Span] = {}
    for span in sorted(found, key=lambda span: (ORDER.index(span.type), span.start, -span.end)):
        for place in range(span.start, span.end):
            owner.setdefault(place, span)
    pieces: list[Span] = []
    for place in sorted(owner):
        span = owner[place]
        last = pieces[-1] if pieces else None
        if last is not None and last.end == place and owner[place - 1] is span:
            pieces[-1] = Span(last.start, place + 1, span.type, span.masked)
        else:
            pieces.append(Span(place, place + 1, span.type, span.masked))
    return [piece for piece in (_trimmed(text, piece) for piece in pieces) if piece.start < piece.end]


def _trimmed(text: str, span: Span) -> Span:
    start, end = span.start, span.end
    while start < end and not span.masked and not text[start].isalnum() and text[start] not in "+(（":
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end, span.type, span.masked)
