"""Holding a text against the rules of a channel and against the facts of its product."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine.say import N_, Speaker
from engine.writing.ledger import Ledger
from engine.writing.rules import Field, Rule, rules_for
from engine.writing.units import ambiguous, measure, unencodable


@dataclass(frozen=True)
class Violation:
    """A rule that a text breaks, at `text[start:end]`; `severity` is block or warn."""

    rule: str
    severity: str
    start: int
    end: int
    message: str
    source: str

    def record(self) -> dict[str, object]:
        """As `write --json` and `check --json` print it."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "start": self.start,
            "end": self.end,
            "message": self.message,
            "source": self.source,
        }


UNIT_NAMES = {
    "cp": N_("characters"),
    "dw": N_("characters, Chinese ones counting two"),
    "utf8": N_("bytes (UTF-8)"),
    "gbk": N_("bytes (GBK)"),
}
_SMALL_WORDS = frozenset(
    {
        "a",
        "an",
        "the",
        "and",
        "or",
        "nor",
        "but",
        "of",
        "for",
        "with",
        "in",
        "on",
        "at",
        "to",
        "by",
        "from",
        "as",
        "per",
    }
)
CERTIFICATE_NAMES = (
    "certificate",
    "certification",
    "certified grade",
    "证书",
    "检测报告",
    "认证",
    "执行标准",
    "批准文号",
)


def check(
    text: str, field: Field, *, product: Ledger | None = None, category: str | None = None, language: str = "en"
) -> list[Violation]:
    """Everything that is wrong with a text in a field, in order of its place.

    Args:
        product: its facts: brand names keep their capitals, certificates allow what needs one, reviews are not quoted.
        category: for limits that differ by category. language: of the messages.
    """
    found = [*_limits(text, field, category, speaker(language))]
    certified = product is not None and any(
        any(name in fact.label.lower() for name in CERTIFICATE_NAMES) for fact in product.facts
    )
    for rule in rules_for(field):
        if rule.certificate and certified:
            continue
        message = rule.message_zh if language == "zh" else rule.message
        if rule.strength == "unverified":
            message += speaker(language)._(" (unverified)")
        for start, end in _places(rule, text, product):
            found.append(Violation(rule.id, rule.severity, start, end, message, f"{rule.source}; {rule.seen_on}"))
    if product is not None:
        found += _quotes(text, product, speaker(language))
    return sorted(found, key=lambda v: (v.start, v.end, v.rule))


@cache
def speaker(language: str) -> Speaker:
    """Speaks out of this desk's catalogue."""
    return Speaker(language, "writing", Path(__file__).parent)


def _limits(text: str, field: Field, category: str | None, say: Speaker) -> Iterator[Violation]:
    limit, unit = field.limit_for(category), say._(UNIT_NAMES[field.unit])
    mark = say._(" (unverified)") if field.strength == "unverified" else ""
    at = 0
    for part in text.split("\n") if field.parts > 1 else [text]:
        size = measure(part, field.unit)
        end = at + len(part)
        if size > limit:
            said = say._("{size} of at most {limit} {unit}").format(size=size, limit=limit, unit=unit)
            yield _broken(field, "limit", "block", (at, end), said + mark)
        elif field.unit == "dw" and size + ambiguous(part) > limit:
            said = say._("fits only if characters of ambiguous width count one")
            yield _broken(field, "ambiguous", "warn", (at, end), said + mark)
        elif any(ord(c) > 0xFFFF for c in part) and size + 2 > limit and field.unit == "cp":
            said = say._("near the limit, and some forms count an emoji twice")
            yield _broken(field, "emoji", "warn", (at, end), said + mark)
        if field.minimum and part.strip() and size < field.minimum:
            said = say._("{size} of at least {limit} {unit}").format(size=size, limit=field.minimum, unit=unit)
            yield _broken(field, "minimum", "warn", (at, end), said + mark)
        at = end + 1
    if field.total is not None and measure(text, field.unit) > field.total:
        said = say._("all parts together exceed {limit} {unit}").format(limit=field.total, unit=unit)
        yield _broken(field, "total", "block", (0, len(text)), said + mark)
    if field.unit == "gbk":
        for place in unencodable(text):
            said = say._("this character does not exist in GBK")
            yield _broken(field, "character", "block", (place, place + 1), said)


def _broken(field: Field, what: str, severity: str, place: tuple[int, int], message: str) -> Violation:
    return Violation(f"{field.full_name}.{what}", severity, *place, message, f"{field.source}; {field.seen_on}")


def _places(rule: Rule, text: str, product: Ledger | None) -> list[tuple[int, int]]:
    if rule.check is not None:
        found = list(_CHECKS[rule.check](text, rule))
    elif rule.pattern is not None:
        allowed = [match.span() for pattern in rule.exempt for match in pattern.finditer(text)]
        found = [
            match.span()
            for match in rule.pattern.finditer(text)
            if not any(a <= match.start() and match.end() <= b for a, b in allowed)
        ]
    else:
        found = []
    if rule.not_in and product is not None:
        own = [v for fact in product.facts if fact.kind.name in rule.not_in for v in fact.values]
        spans = [m.span() for value in own for m in re.finditer(re.escape(value), text)]
        found = [(a, b) for a, b in found if not any(s <= a and b <= e for s, e in spans)]
    return found


def _capitals(text: str, rule: Rule) -> Iterator[tuple[int, int]]:
    """The whole text when all of its words of three letters and more, at least three of them, are in capitals."""
    words = re.findall(r"[A-Za-z]{3,}", text)
    if len(words) >= 3 and all(word.isupper() for word in words):
        yield 0, len(text)


def _repeats(text: str, rule: Rule) -> Iterator[tuple[int, int]]:
    """Words beyond the number of times that they may stand."""
    seen: Counter[str] = Counter()
    for match in re.finditer(r"[^\W\d_]+(?:'[a-z]+)?", text):
        word = match.group().lower()
        seen[word] += word not in _SMALL_WORDS
        if seen[word] > rule.most:
            yield match.span()


_CHECKS: dict[str, Callable[[str, Rule], Iterator[tuple[int, int]]]] = {"capitals": _capitals, "repeats": _repeats}

QUOTE_WORDS, QUOTE_CHARACTERS = 8, 14
"""A run of so many words, or of so many Chinese characters, out of a review counts as quoting it."""


def _quotes(text: str, product: Ledger, say: Speaker) -> Iterator[Violation]:
    """Stretches of customers' reviews in the text."""
    spans = [match.span() for match in re.finditer(r"\w+", text)]
    words = [text[a:b].lower() for a, b in spans]
    for review in product.reviews:
        bare = re.findall(r"\w+", review.lower())
        runs = {tuple(bare[i : i + QUOTE_WORDS]) for i in range(len(bare) - QUOTE_WORDS + 1)}
        place = next((i for i in range(len(words)) if tuple(words[i : i + QUOTE_WORDS]) in runs), None)
        start, end = (
            (spans[place][0], spans[place + QUOTE_WORDS - 1][1]) if place is not None else _chinese_quote(text, review)
        )
        if end > start:
            said = say._("words of a customer's review stand here")
            yield Violation("guard.quote", "block", start, end, said, "FTC 16 CFR 465; Amazon 200390640; 2026-11")


def _chinese_quote(text: str, review: str) -> tuple[int, int]:
    if not re.search(r"[\u3400-\u9fff]", review):
        return 0, 0
    size = QUOTE_CHARACTERS
    for i in range(len(text) - size + 1):
        if text[i : i + size] in review:
            return i, i + size
    return 0, 0


def status_of(violations: Sequence[Violation], missing: bool) -> str:
    """`refused` when something blocks, `needs_review` when something warns or facts were left out, else `ok`."""
    if any(v.severity == "block" for v in violations):
        return "refused"
    return "needs_review" if violations or missing else "ok"
