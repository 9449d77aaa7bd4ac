"""Drafts for a channel: planned to fit, shortened by whole clauses, every fact stated or listed as left out.

A draft never states what the ledger does not hold: its words come from the clause bank, its values from the ledger. It is
then held against the channel's rules; what a rule forbids (a value that is an absolute term, say) takes the clause out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.writing.checks import UNIT_NAMES, Violation, check, speaker, status_of
from engine.writing.compose import Claim, Composer, Wordings, unmarked
from engine.writing.ledger import Fact, Ledger
from engine.writing.rules import Field
from engine.writing.units import measure, unencodable

MOST_ALIKE = 0.7
"""Two variants of one product share at most this part of their runs of three characters (Jaccard)."""
_TRIES = 12
LeftOut = tuple[str, str]


@dataclass(frozen=True)
class Draft:
    """One text for one field of a channel.

    Attributes:
        claims: each value it states, with its place and its fact. left_out: (fact and value, reason).
        status: ok, needs_review or refused.
    """

    text: str
    field: Field
    claims: tuple[Claim, ...]
    left_out: tuple[LeftOut, ...]
    violations: tuple[Violation, ...]
    status: str

    @property
    def units_used(self) -> int:
        """The size of the text in the field's unit; of the longest part where it has parts."""
        parts = self.text.split("\n") if self.field.parts > 1 else [self.text]
        return max(measure(part, self.field.unit) for part in parts)

    def record(self) -> dict[str, Any]:
        """The draft as `write --json` prints it, without the product's id."""
        return {
            "channel": self.field.full_name,
            "text": self.text,
            "units_used": self.units_used,
            "limit": self.field.limit,
            "unit": self.field.unit,
            "claims": [{"text": c.text, "start": c.start, "end": c.end, "fact": c.fact} for c in self.claims],
            "violations": [v.record() for v in self.violations],
            "left_out": [{"fact": fact, "reason": reason} for fact, reason in self.left_out],
            "written_by": "bank",
            "status": self.status,
        }


def drafts(ledger: Ledger, field: Field, wordings: Wordings, count: int = 3) -> list[Draft]:
    """Up to `count` variants that differ, the first one the fullest; fewer where the facts do not give more.

    Args:
        wordings: of the whole run, so that over many products no wording is worn out.
    """
    if not ledger.facts and not ledger.name:
        return []
    before: Counter[str] = Counter()
    found: list[Draft] = []
    sayable, forbidden = _sayable(ledger, field)
    for variant in range(_TRIES):
        draft = _draft(ledger, sayable, forbidden, field, Composer(sayable, wordings, before, variant), variant)
        if all(likeness(draft.text, other.text) <= MOST_ALIKE for other in found):
            found.append(draft)
        if len(found) == count:
            break
    return sorted(found, key=lambda draft: len(draft.left_out))


def likeness(a: str, b: str) -> float:
    """Jaccard likeness of the runs of three characters of two texts; equal short texts are fully alike."""
    first, second = ({t[i : i + 3] for i in range(max(1, len(t) - 2))} for t in (a, b))
    return len(first & second) / max(1, len(first | second))


def _draft(
    ledger: Ledger, sayable: Ledger, forbidden: dict[str, str], field: Field, composer: Composer, variant: int
) -> Draft:
    """One variant; `sayable` is the ledger without what is `forbidden` in the field."""
    text, claims = unmarked(_SHAPES[field.shape](composer, field, variant), sayable)
    claims += _within_others(text, claims, sayable)
    stated = {(c.fact, c.text.lower()) for c in claims}
    left = [
        (f"{fact.name}: {value}", forbidden.get(value) or _no_room(ledger, field))
        for fact, value in ledger.values
        if (fact.name, value.lower()) not in stated
    ]
    language = ledger.language
    violations = check(text, field, product=ledger, language=language)
    return Draft(text, field, tuple(claims), tuple(left), tuple(violations), status_of(violations, bool(left)))


def _within_others(text: str, claims: Sequence[Claim], ledger: Ledger) -> list[Claim]:
    """Values that the product noun states besides the one that it is marked for ("裙" in "连衣裙")."""
    known = {(c.fact, c.text.lower()) for c in claims}
    found = []
    for fact, value in ledger.values:
        place = text.lower().find(value.lower())
        if value in ledger.stated_by_noun and (fact.name, value.lower()) not in known and place >= 0:
            found.append(Claim(text[place : place + len(value)], place, place + len(value), fact.name))
    return found


def _no_room(ledger: Ledger, field: Field) -> str:
    say = speaker(ledger.language)
    message = say._("no room within {limit} {unit}")
    return message.format(limit=field.limit, unit=say._(UNIT_NAMES[field.unit]))


def _sayable(ledger: Ledger, field: Field) -> tuple[Ledger, dict[str, str]]:
    """The ledger without the values that a rule of the field forbids, and why each was taken out."""
    forbidden: dict[str, str] = {}
    for _, value in ledger.values:
        bad = [
            v
            for v in check(value, replace(field, minimum=0), product=ledger, language=ledger.language)
            if v.severity == "block"
        ]
        bad = [v for v in bad if not v.rule.endswith((".limit", ".total", ".capitals"))]
        if bad or (field.unit == "gbk" and unencodable(value)):
            forbidden[value] = bad[0].message if bad else "GBK"
    if not forbidden:
        return ledger, forbidden
    kept = []
    for fact in ledger.facts:
        values = tuple(v for v in fact.values if v not in forbidden)
        if values:
            kept.append(replace(fact, values=values))
    return replace(ledger, facts=tuple(kept), stated_by_noun=ledger.stated_by_noun - forbidden.keys()), forbidden


_ANSWERS = frozenset({"yes", "no", "true", "false", "y", "n", "是", "否", "有", "无"})
"""Values that say nothing without the name of their attribute."""

# -- shapes: each gives a marked text that fits


def _fits(text: str, composer: Composer, limit: int, unit: str) -> bool:
    return measure(unmarked(text, composer.ledger)[0], unit) <= limit


def _description(composer: Composer, field: Field, variant: int) -> str:
    """Sentences in order, as many as fit; the opening always stands, and a sentence that does not fit gives way to a later,
    shorter one."""
    joint = "" if composer.ledger.language == "zh" else " "
    text = ""
    for said in composer.description():
        longer = f"{text}{joint}{said.marked}" if text else said.marked
        if _fits(longer, composer, field.limit, field.unit):
            text = longer
    return text or _title(composer, field, variant)


def _ordered(composer: Composer, variant: int) -> list[tuple[Fact, str]]:
    """Values for a title: brand first, then what the eye looks for, turned by the variant; nothing that the noun states."""
    ledger = composer.ledger
    pairs = [(f, v) for f, v in ledger.values if v not in ledger.stated_by_noun]
    brand = [p for p in pairs if p[0].kind.name == "brand"]
    loose = [p for p in pairs if p not in brand]
    short = [p for p in loose if len(p[1]) <= 40 and p[1].lower() not in _ANSWERS]
    turn = variant % len(short) if short else 0
    return [*brand, *short[turn:], *short[:turn]]


def _title(composer: Composer, field: Field, variant: int) -> str:
    """Brand, values, and the noun at the end (Chinese), or brand, noun, then values behind commas (English)."""
    ledger = composer.ledger
    noun = composer.noun(capital=ledger.language == "en")
    chosen: list[tuple[Fact, str]] = []

    def laid_out(pairs: Sequence[tuple[Fact, str]]) -> str:
        words = [(f.kind.name == "brand", composer.mark(f, v)) for f, v in pairs]
        return _laid_out(
            [w for own, w in words if own], noun, [w for own, w in words if not own], ledger.language, variant
        )

    seen = Counter(re.findall(r"[^\W_]+", ledger.noun.lower()))
    for fact, value in _ordered(composer, variant):
        words = Counter(re.findall(r"[^\W_]+", value.lower()))
        repeats = any(seen[word] + n > 2 for word, n in words.items())
        if not repeats and _fits(laid_out([*chosen, (fact, value)]), composer, field.limit, field.unit):
            chosen.append((fact, value))
            seen += words
    text = laid_out(chosen)
    return text if _fits(text, composer, field.limit, field.unit) else _cut_noun(composer, field)


def _laid_out(brand: Sequence[str], noun: str, values: Sequence[str], language: str, variant: int) -> str:
    """A title's parts in one of three orders, so that variants read differently."""
    layout = variant % 3
    if language == "zh":
        if layout == 1:
            return "".join([*brand, " " * bool(brand), *values, noun])
        return " ".join([*brand, noun, *values] if layout == 2 else [*brand, *values, noun])
    named = " ".join([*brand, noun])
    if layout == 1 and values:
        return f"{named} - {' | '.join(values)}"
    if layout == 2 and values:
        return f"{' '.join([*brand, *values[:1], noun])}{''.join(f', {v}' for v in values[1:])}"
    return ", ".join([named, *values])


def _cut_noun(composer: Composer, field: Field) -> str:
    """As many words of the noun as fit, from its end, where the name of the thing stands; never a part of a word."""
    noun = composer.ledger.noun
    words = list(noun) if composer.ledger.language == "zh" else noun.split()
    joint = "" if composer.ledger.language == "zh" else " "
    while words and measure(joint.join(words), field.unit) > field.limit:
        words = words[1:]
    return joint.join(words) or ("商品" if composer.ledger.language == "zh" else "item")


def _phrases(composer: Composer, field: Field, variant: int) -> str:
    """Values separated by commas."""
    joint = "，" if composer.ledger.language == "zh" else ", "
    text = ""
    for fact, value in _ordered(composer, variant):
        longer = joint.join(filter(None, [text, composer.mark(fact, value)]))
        if _fits(longer, composer, field.limit, field.unit):
            text = longer
    return text or _cut_noun(composer, field)


def _bullets(composer: Composer, field: Field, variant: int) -> str:
    """Lines `Name: value; name: value`, one for each group of facts, no end mark; at most as many as the channel shows."""
    ledger, zh = composer.ledger, composer.ledger.language == "zh"
    groups: dict[str, list[str]] = {}
    for fact in ledger.facts:
        shown = ("、" if zh else ", ").join(composer.mark(fact, v) for v in fact.values)
        label = fact.label if zh else fact.label[:1].upper() + fact.label[1:]
        groups.setdefault(fact.kind.group, []).append(f"{label}{'：' if zh else ': '}{shown}")
    names = list(groups)
    turn = variant % len(names) if names else 0
    items = [item for name in [*names[turn:], *names[:turn]] for item in groups[name]]
    lines: list[str] = []
    for number, size in enumerate(_even(len(items), field.parts)):
        begin = sum(_even(len(items), field.parts)[:number])
        line = ""
        for item in items[begin : begin + size]:
            longer = ("；" if zh else "; ").join(filter(None, [line, item]))
            if _fits(longer, composer, field.limit, field.unit):
                line = longer
        lines += [line] if line else []
    while lines and field.total is not None and not _fits("\n".join(lines), composer, field.total, field.unit):
        lines.pop()
    return "\n".join(lines) or composer.noun(capital=not zh)


def _even(count: int, most: int) -> list[int]:
    parts = max(1, min(count, most))
    return [count // parts + (i < count % parts) for i in range(parts)]


def _terms(composer: Composer, field: Field, variant: int) -> str:
    """Words for a search field: no repeats, no brand, small letters, spaces between."""
    ledger = composer.ledger
    brand = {w for f in ledger.facts if f.kind.name == "brand" for v in f.values for w in v.lower().split()}
    text, known = ledger.noun.lower(), set(ledger.noun.lower().split())
    for fact, value in _ordered(composer, variant):
        words = re.findall(r"[^\s,;、，]+", value.lower())
        if known.isdisjoint(words) and brand.isdisjoint(words):
            longer = f"{text} {composer.mark(fact, ' '.join(words))}"
            if _fits(longer, composer, field.limit, field.unit):
                text = longer
                known.update(words)
    return text


def _tags(composer: Composer, field: Field, variant: int) -> str:
    """Tags, one a line: values with the noun where that fits, no repeats."""
    ledger = composer.ledger
    joint = "" if ledger.language == "zh" else " "
    found: dict[str, str] = {}
    for fact, value in _ordered(composer, variant):
        for text in (f"{composer.mark(fact, value)}{joint}{ledger.noun}", composer.mark(fact, value)):
            plain = unmarked(text, ledger)[0].lower()
            if plain not in found and _fits(text, composer, field.limit, field.unit):
                found[plain] = text
                break
    return "\n".join(list(found.values())[: field.parts]) or _cut_noun(composer, field)


_SHAPES: dict[str, Callable[[Composer, Field, int], str]] = {
    "description": _description,
    "title": _title,
    "phrase": _title,
    "phrases": _phrases,
    "bullets": _bullets,
    "terms": _terms,
    "tags": _tags,
}
