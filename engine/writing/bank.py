"""The clause bank: how each kind of fact is said, as data in TOML, one file a language.

A clause states a value under the name of its kind and claims nothing beyond it. The bank was written for this program;
`{v}` is the value, `{n}` the product noun, `{k}` the attribute's own name.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "bank"


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind of fact.

    Attributes:
        names: attribute names of this kind, lower case. suffixes: endings of attribute names that mean it too.
        group: the sentence its clauses stand in. order: place among the facts.
        clauses: for any value. special: for values that need words of their own.
        modifier: how the value stands before the noun, "" when it cannot. modifiers: the same for special values.
        sentences: whole sentences (English only).
    """

    name: str
    group: str
    order: int
    names: frozenset[str]
    suffixes: tuple[str, ...]
    clauses: tuple[str, ...]
    sentences: tuple[str, ...]
    modifier: str
    special: dict[str, tuple[str, ...]] = field(default_factory=dict)
    modifiers: dict[str, str] = field(default_factory=dict)
    special_sentences: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def sentences_of(self, value: str) -> tuple[str, ...]:
        """The whole sentences that may state this value."""
        return self.special_sentences.get(value, self.sentences)

    def clauses_of(self, value: str) -> tuple[str, ...]:
        """The clauses that may state this value."""
        return self.special.get(value, self.clauses)

    def modifier_of(self, value: str) -> str:
        """The form in which the value stands before the noun, "" for none."""
        return self.modifiers.get(value, self.modifier if value not in self.special else "")


@dataclass(frozen=True)
class Bank:
    """All clauses of a language."""

    language: str
    kinds: tuple[Kind, ...]
    openers: tuple[str, ...]
    bare: tuple[str, ...]
    nouns: dict[str, tuple[str, str]]
    measure: dict[str, str]

    def kind_of(self, name: str) -> Kind:
        """The kind of an attribute by its name; `other` when none claims it."""
        bare = normal_name(name)
        for kind in self.kinds:
            if bare in kind.names:
                return kind
        for kind in self.kinds:
            if any(bare.endswith(suffix) for suffix in kind.suffixes):
                return kind
        return self.kinds[-1]


def normal_name(name: str) -> str:
    """An attribute's name for comparing: lower case, underscores as spaces, without a unit in brackets."""
    bare = re.sub(r"[（(][^）)]*[）)]\s*$", "", name).replace("_", " ")
    return " ".join(bare.lower().split())


@cache
def bank(language: str) -> Bank:
    """The bank of `en` or `zh`."""
    data = tomllib.loads((_FOLDER / f"{language}.toml").read_text("utf-8"))
    return Bank(
        language,
        tuple(_kind(one) for one in data["kind"]),
        tuple(data["openers"]["frames"]),
        tuple(data["openers"]["bare"]),
        {key: (name, measure) for key, (name, measure) in data.get("nouns", {}).items()},
        dict(data.get("measure", {})),
    )


def _kind(data: dict[str, Any]) -> Kind:
    special: dict[str, tuple[str, ...]] = {}
    modifiers: dict[str, str] = {}
    sentences: dict[str, tuple[str, ...]] = {}
    for one in data.get("value", []):
        for value in one["values"]:
            special[value] = tuple(one["clauses"])
            modifiers[value] = one.get("modifier", "")
            if "sentences" in one:
                sentences[value] = tuple(one["sentences"])
    return Kind(
        data["name"],
        data["group"],
        data["order"],
        frozenset(data["names"]),
        tuple(data.get("suffixes", ())),
        tuple(data.get("clauses", data.get("predicates", ()))),
        tuple(data.get("sentences", ())),
        data.get("modifier", ""),
        special,
        modifiers,
        sentences,
    )
