"""Sentences out of the clause bank: which clause states which fact, worded so that texts differ.

Choosing is deterministic: the wording used least so far, with a penalty for wordings that begin alike in one text and for
those of the product's earlier variants; what remains equal is decided by a hash of product and variant.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from engine.writing.bank import bank
from engine.writing.ledger import Fact, Ledger

_OPEN, _BETWEEN, _CLOSE = "\ue000", "\ue001", "\ue002"
_COMMON = frozenset({"material", "colour", "pattern", "style", "flavour", "people", "use"})
"""Kinds whose values of one word are common nouns and adjectives, written small inside an English sentence."""
_MARK = re.compile(f"{_OPEN}(\\d+){_BETWEEN}([^{_CLOSE}]*){_CLOSE}")


@dataclass(frozen=True)
class Claim:
    """A stretch of a draft that states a fact: `text[start:end]` is the value as the ledger has it, but for its case."""

    text: str
    start: int
    end: int
    fact: str


@dataclass(frozen=True)
class Said:
    """A sentence with marks around its values, and the values (fact and value) that it states."""

    marked: str
    states: tuple[tuple[str, str], ...]
    order: int


@dataclass
class Wordings:
    """How often each wording was used, over all texts of a run and over the variants of one product."""

    everywhere: Counter[str] = field(default_factory=Counter)

    def choose(self, options: Sequence[str], key: str, here: Counter[str], before: Counter[str]) -> str:
        """The option used least; see the module.

        Args:
            options: wordings. key: decides among equals. here: beginnings in this text. before: wordings of earlier variants.
        """

        def cost(option: str) -> tuple[float, bytes]:
            alike = here[_beginning(option)]
            spread = self.everywhere[option]
            tie = hashlib.blake2b(f"{key}\x00{option}".encode(), digest_size=8).digest()
            return 4.0 * alike + 6.0 * before[option] + spread, tie

        chosen = min(options, key=cost)
        self.everywhere[chosen] += 1
        here[_beginning(chosen)] += 1
        before[chosen] += 1
        return chosen


def _beginning(option: str) -> str:
    words = option.replace("{v}", "").replace("{k}", "").split()
    return " ".join(words[:2]) if len(words) > 1 else option.replace("{v}", "").replace("{k}", "")[:2]


def unmarked(text: str, ledger: Ledger) -> tuple[str, list[Claim]]:
    """The text without marks, and the claims with their places."""
    found: list[Claim] = []
    parts: list[str] = []
    position = length = 0
    for mark in _MARK.finditer(text):
        parts += [text[position : mark.start()], mark.group(2)]
        start = length + mark.start() - position
        length = start + len(mark.group(2))
        found.append(Claim(mark.group(2), start, length, ledger.facts[int(mark.group(1))].name))
        position = mark.end()
    parts.append(text[position:])
    return "".join(parts), found


class Composer:
    """Puts the sentences of one text together.

    Args:
        ledger: what may be said. wordings: of the whole run. before: wordings of this product's earlier variants.
        variant: number of the variant, which also turns the angle (the fact that is named first).
    """

    def __init__(self, ledger: Ledger, wordings: Wordings, before: Counter[str], variant: int) -> None:
        self.ledger, self.words = ledger, bank(ledger.language)
        self._wordings, self._before, self._variant = wordings, before, variant
        self._here: Counter[str] = Counter()
        self._number = {fact: i for i, fact in enumerate(ledger.facts)}

    def _choose(self, options: Sequence[str], about: str) -> str:
        return self._wordings.choose(options, f"{self.ledger.id}/{self._variant}/{about}", self._here, self._before)

    def _value(self, fact: Fact, value: str) -> str:
        shown = value
        if self.ledger.language == "en" and fact.kind.name in _COMMON:
            shown = value.lower() if value.istitle() and value.isalpha() else value
        return self.mark(fact, shown)

    def mark(self, fact: Fact, shown: str) -> str:
        """A value of a fact with a mark around it, so that its place is known when the text is put together."""
        return f"{_OPEN}{self._number[fact]}{_BETWEEN}{shown}{_CLOSE}"

    def description(self) -> list[Said]:
        """All sentences of a description in order; the first one names the product."""
        left = [(fact, value) for fact, value in self.ledger.values if value not in self.ledger.stated_by_noun]
        head, used = self._head(left)
        left = [pair for pair in left if pair not in used]
        clauses = self._chinese(left) if self.ledger.language == "zh" else self._english(left)
        return self._opened(head, used, clauses)

    # -- the first sentence

    def _head(self, left: Sequence[tuple[Fact, str]]) -> tuple[str, list[tuple[Fact, str]]]:
        """The product noun with at most one value before it, and the value used."""
        noun = self.noun()
        usable = [(f, v) for f, v in left if f.kind.modifier_of(v) and len(v) <= (8 if self._zh else 24)]
        usable = [(f, v) for f, v in usable if not self._clashes(v) and (self._zh or self._stands_alone(f, v))]
        if not usable:
            return noun, []
        seed = int.from_bytes(hashlib.blake2b(self.ledger.id.encode(), digest_size=4).digest(), "big")
        fact, value = usable[(seed + self._variant) % len(usable)]
        form = fact.kind.modifier_of(value).replace("{v}", self._value(fact, value))
        return _tidy(form + ("" if self._zh else " ") + noun), [(fact, value)]

    @property
    def _zh(self) -> bool:
        return self.ledger.language == "zh"

    def noun(self, *, capital: bool = False) -> str:
        """The noun, with a mark where it states a value; words begin with capitals in an English title."""
        noun = self.ledger.noun
        if capital:
            noun = " ".join(word[:1].upper() + word[1:] for word in noun.split())
        for fact, value in self.ledger.values:
            if value in self.ledger.stated_by_noun:
                place = noun.lower().find(value.lower())
                end = place + len(value)
                return noun[:place] + self.mark(fact, noun[place:end]) + noun[end:]
        return noun

    def _clashes(self, value: str) -> bool:
        """Whether the value would repeat a part of the noun before it."""
        noun = self.ledger.noun.lower()
        if self._zh:
            return value[-1:] in noun or any(value[i : i + 2] in noun for i in range(len(value) - 1))
        return bool(set(value.lower().split()) & set(noun.split()))

    @staticmethod
    def _stands_alone(fact: Fact, value: str) -> bool:
        """Whether an English value can stand before the noun: the only one of its fact, and a word or two or a brand."""
        words = value.lower().split()
        short = fact.kind.name == "brand" or len(words) <= 2
        return short and len(fact.values) == 1 and words[0] not in ("the", "a", "an", "color", "colors", "assorted")

    def _opened(self, head: str, used: Sequence[tuple[Fact, str]], clauses: list[Said]) -> list[Said]:
        states = tuple((f.name, v) for f, v in used)
        states += tuple((f.name, v) for f, v in self.ledger.values if v in self.ledger.stated_by_noun)
        plural = not self._zh and _plural(self.ledger.noun)
        first = clauses[0] if clauses and not plural and self._fits_opener(clauses[0]) else None
        options = self.words.openers if first else self.words.bare
        if plural:
            options = ("This listing is for {p}.", "On offer: {p}.", "Here you will find {p}.", "The item: {p}.")
        frame = self._choose(options, "opener")
        text = frame.replace("{m}", self.ledger.measure).replace("{p}", head)
        if first:
            text = text.replace("{c}", first.marked.rstrip("。."))
            states += first.states
        opening = Said(_tidy(text if self._zh else _articles(text)), states, 0)
        rest = clauses[1:] if first else clauses
        return [opening, *(Said(self._ended(said.marked), said.states, said.order) for said in rest)]

    def _fits_opener(self, said: Said) -> bool:
        return self._zh or not said.marked.endswith(".")

    def _ended(self, text: str) -> str:
        """A group of clauses as a sentence."""
        if self._zh:
            return _tidy(text.rstrip("。") + "。")
        if text.endswith("."):
            return text
        return f"It {text}."

    # -- the other sentences

    def _grouped(self, left: Iterable[tuple[Fact, str]]) -> list[list[tuple[Fact, list[str]]]]:
        """Facts by the group of their kind, in the bank's order, turned by the variant; a fact with its values."""
        groups: dict[str, dict[Fact, list[str]]] = {}
        for fact, value in left:
            groups.setdefault(fact.kind.group, {}).setdefault(fact, []).append(value)
        order = list(groups)
        last = [name for name in order if name in ("measure", "type", "other", "use", "stated")]
        first = [name for name in order if name not in last]
        turn = self._variant % len(first) if first else 0
        return [list(groups[name].items()) for name in [*first[turn:], *first[:turn], *last]]

    def _chinese(self, left: Sequence[tuple[Fact, str]]) -> list[Said]:
        """Sentences of one to three clauses each; the category's short name stands once where the noun leaves it out."""
        clauses: list[tuple[str, tuple[tuple[str, str], ...], int]] = []
        missing = self._reference_fact(left)
        for group in self._grouped(pair for pair in left if pair != missing):
            for fact, values in group:
                for some in self._alike(fact, values):
                    clause = self._choose(fact.kind.clauses_of(some[0]), fact.name + some[0])
                    shown = _enumerated([self._value(fact, v) for v in some], "、", "和")
                    text = clause.replace("{v}", shown).replace("{k}", fact.label).replace("{m}", self.ledger.measure)
                    clauses.append((text, tuple((fact.name, v) for v in some), fact.kind.order))
        sentences = []
        sizes = _sizes(len(clauses), 2 + (self._variant + len(clauses)) % 2)
        at = 0
        for size in sizes:
            part = clauses[at : at + size]
            at += size
            states = tuple(pair for _, said, _ in part for pair in said)
            sentences.append(Said("，".join(text for text, *_ in part), states, min(order for *_, order in part)))
        if missing is not None:
            fact, value = missing
            named = self._value(fact, value) + self.ledger.reference.removeprefix(value)
            whole = self._choose(("整{m}{r}", "这{m}{r}", "{r}整体"), "reference")
            whole = whole.replace("{m}", self.ledger.measure).replace("{r}", named)
            if len(sentences) > 1:
                second = sentences[1]
                sentences[1] = Said(whole + second.marked, (*second.states, (fact.name, value)), second.order)
            else:
                label = f"类型：{self._value(fact, value)}"
                sentences.append(Said(label, ((fact.name, value),), 99))
        return sentences

    def _reference_fact(self, left: Sequence[tuple[Fact, str]]) -> tuple[Fact, str] | None:
        """The type that the noun does not name ("上衣" of an "外套")."""
        for fact, value in left:
            if value in self.words.nouns and self.words.nouns[value][0] == self.ledger.reference:
                return fact, value
        return None

    def _alike(self, fact: Fact, values: Sequence[str]) -> list[list[str]]:
        """Values that the same clauses may state, at most three together."""
        groups: dict[tuple[str, ...], list[str]] = {}
        for value in values:
            groups.setdefault(fact.kind.clauses_of(value), []).append(value)
        return [some[i : i + 3] for some in groups.values() for i in range(0, len(some), 3)]

    def _english(self, left: Sequence[tuple[Fact, str]]) -> list[Said]:
        """Predicates of a group in one sentence where they are two; whole sentences where there are more or one."""
        sentences: list[Said] = []
        plural = _plural(self.ledger.noun)
        for group in self._grouped(left):
            said = [(fact, values) for fact, values in group]
            while said:
                joins = len(said) > 1 and not plural and not self._long(said[:2])
                several = said[:2] if joins else said[:1]
                said = said[len(several) :]
                lead = not sentences
                if len(several) == 2 or (lead and not plural):
                    text = " and ".join(self._predicate(fact, values) for fact, values in several)
                else:
                    fact, values = several[0]
                    text = self._filled(self._choose(self._sentences(fact, values), fact.name), fact, values)
                states = tuple((fact.name, v) for fact, values in several for v in values)
                sentences.append(Said(text, states, several[0][0].kind.order))
        return sentences

    def _long(self, several: Sequence[tuple[Fact, list[str]]]) -> bool:
        return sum(len(v) for _, values in several for v in values) > 70

    def _predicate(self, fact: Fact, values: Sequence[str]) -> str:
        options = fact.kind.clauses_of(values[0]) if len(values) == 1 else fact.kind.clauses
        return self._filled(self._choose(options, fact.name), fact, values)

    def _sentences(self, fact: Fact, values: Sequence[str]) -> tuple[str, ...]:
        """Whole sentences for a fact; of several things nothing is said with "it" or "its"."""
        options = fact.kind.sentences_of(values[0]) if len(values) == 1 else fact.kind.sentences
        if _plural(self.ledger.noun):
            options = tuple(o for o in options if not re.match(r"It|You get it", o)) or ("{K}: {v}.",)
        return options

    def _filled(self, clause: str, fact: Fact, values: Sequence[str]) -> str:
        shown = _enumerated([self._value(fact, v) for v in values], ", ", " and ")
        text = clause.replace("{v}", shown).replace("{V}", _capital(shown)).replace("{k}", fact.label)
        text = text.replace("{K}", fact.label[:1].upper() + fact.label[1:])
        return _articles(text[:1].upper() + text[1:] if clause.endswith(".") else text)


def _capital(shown: str) -> str:
    """The first value with a capital letter, its mark left alone."""
    place = shown.find(_BETWEEN) + 1
    return shown[:place] + shown[place : place + 1].upper() + shown[place + 1 :]


def _enumerated(items: Sequence[str], comma: str, last: str) -> str:
    return items[0] if len(items) == 1 else comma.join(items[:-1]) + last + items[-1]


def _sizes(count: int, most: int) -> list[int]:
    """A count cut into sentences of at most `most` clauses, as even as can be, the longer ones first."""
    if not count:
        return []
    parts = -(-count // most)
    return [count // parts + (i < count % parts) for i in range(parts)]


_ENDS = (
    ("风", "风格"),
    ("图案", "图案"),
    ("款", "款"),
    ("版型", "版型"),
    ("材质", "材质"),
    ("面料", "面料"),
    ("设计", "设计"),
    ("季", "款"),
)
"""How a value may end, and the word of its frame that would then be said twice."""
_TIDY = (
    *((f"{end}{_CLOSE}{word}", f"{end}{_CLOSE}") for end, word in _ENDS),
    (f"色{_CLOSE}的配色", f"色{_CLOSE}配色"),
)


def _tidy(text: str) -> str:
    """Without doubled words where a value ends as its frame goes on ("欧美风风格")."""
    for doubled, single in _TIDY:
        text = text.replace(doubled, single)
    return text


def _plural(noun: str) -> bool:
    last = noun.rsplit(maxsplit=1)[-1].lower() if noun else ""
    return last.endswith("s") and not last.endswith(("ss", "us", "is", "ous"))


_ARTICLE = re.compile(rf"\b([Aa]) ((?:{_OPEN}\d+{_BETWEEN})?)([A-Za-z0-9]+)")
_LETTERS_WITH_VOWELS = frozenset("AEFHILMNORSX8")


def _articles(text: str) -> str:
    """`a` or `an` by the next word's first sound (letters of an abbreviation are spelt out)."""

    def fix(match: re.Match[str]) -> str:
        word = match.group(3)
        spelt = len(word) <= 4 and word.isupper() and not re.search("[AEIOU]", word[1:])
        if spelt or word[0].isdigit():
            vowel = word[0] in _LETTERS_WITH_VOWELS or word.startswith(("11", "18"))
        else:
            vowel = word[0].lower() in "aeiou" and not re.match(r"(?:uni|use|usb|eu|one)", word, re.IGNORECASE)
        return f"{match.group(1)}{'n' if vowel else ''} {match.group(2)}{word}"

    return _ARTICLE.sub(fix, text)
