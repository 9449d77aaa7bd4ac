"""The fact ledger of a product: every fact with its kind, its values and where it comes from.

A draft may state ledger facts and nothing else. Values keep the form in which they were given, so that what a draft says
can be held against its source letter by letter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.writing.bank import Bank, Kind, bank, normal_name

_HAN = re.compile(r"[\u3400-\u9fff]")
_EMPTY = frozenset(
    {"", "-", "--", "n/a", "na", "none", "null", "unknown", "other", "无", "暂无", "其他", "其它", "见详情"}
)


@dataclass(frozen=True)
class Fact:
    """One attribute of a product.

    Attributes:
        name: as the source calls it. kind: what it is. values: as given, in order, without repeats.
        source: where it stands, for example `column 材质` or `note`.
    """

    name: str
    kind: Kind
    values: tuple[str, ...]
    source: str

    @property
    def label(self) -> str:
        """The attribute's name as a reader sees it."""
        return normal_name(self.name) if not _HAN.search(self.name) else self.name.strip()


@dataclass(frozen=True)
class Ledger:
    """What may be said of a product.

    Attributes:
        id: the product. name: as the seller calls it, "" when unknown. noun: what kind of thing it is.
        reference: a short word for it ("裙子"). measure: the Chinese measure word. facts: in the bank's order.
        stated_by_noun: values that the noun itself states.
        reviews: texts of customers, never quoted; copy is held against them.
    """

    id: str
    name: str
    language: str
    noun: str
    reference: str
    measure: str
    facts: tuple[Fact, ...]
    stated_by_noun: frozenset[str]
    reviews: tuple[str, ...] = ()

    @property
    def values(self) -> list[tuple[Fact, str]]:
        """Every value with its fact."""
        return [(fact, value) for fact in self.facts for value in fact.values]


def language_of(name: str, attributes: Mapping[str, Any]) -> str:
    """`zh` when the facts are written in Chinese, else `en`."""
    text = (
        name + " ".join(map(str, attributes)) + " ".join(v for values in attributes.values() for v in _listed(values))
    )
    return "zh" if len(_HAN.findall(text)) * 3 >= len(re.findall(r"\w", text)) else "en"


def _listed(value: Any) -> list[str]:
    """A value or a list of values as cleaned texts; empty ones and repeats are left out."""
    items = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    found: list[str] = []
    for item in items:
        if isinstance(item, Mapping | list):
            # A structure is no value that copy could state.
            continue
        text = " ".join(str(item).split()) if item is not None else ""
        if text.lower() not in _EMPTY and text not in found:
            found.append(text)
    return found


def ledger(identity: str, name: str, attributes: Mapping[str, Any], reviews: Sequence[str] = ()) -> Ledger:
    """The ledger of a product from its attributes (`{name: value or list of values}`)."""
    language = language_of(name, attributes)
    words = bank(language)
    facts = []
    for key, value in attributes.items():
        values = _listed(value)
        if values:
            facts.append(Fact(key, words.kind_of(key), tuple(values), key))
    facts.sort(key=lambda fact: fact.kind.order)
    noun, reference, measure = (_chinese_noun if language == "zh" else _english_noun)(name.strip(), facts, words)
    # Short values are in many words by chance ("h" in "shirt"): the noun states a value only as one of its words.
    stated = {value for fact in facts for value in fact.values if _names(noun, value, language)}
    return Ledger(
        identity, name.strip(), language, noun, reference, measure, tuple(facts), frozenset(stated), tuple(reviews)
    )


def _names(noun: str, value: str, language: str) -> bool:
    if language == "zh" and _HAN.search(value):
        return value in noun
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", noun, re.IGNORECASE) is not None


_ZH_GARMENT = re.compile(
    r"(?:连衣裙|半身裙|[\u3400-\u9fff]{1,3}裙|[\u3400-\u9fff]{1,3}裤|衬衫|卫衣|外套|风衣|西装|毛衣|针织衫|开衫|马甲|大衣|"
    r"羽绒服|棉服|棉衣|夹克|背心|t恤|T恤|打底衫|雪纺衫|polo衫|polo|皮衣|旗袍|衫)$"
)


def _chinese_noun(name: str, facts: Sequence[Fact], words: Bank) -> tuple[str, str, str]:
    """Noun, short reference and measure word: from the values that name a thing, else from the name or the type."""
    type_value = next((f.values[0] for f in facts if f.kind.name == "type" and "样式" not in f.name), "")
    reference, measure = words.nouns.get(type_value, (type_value or "", ""))
    named = [v for f in facts if f.kind.name in ("type", "cut", "length") for v in f.values if v not in words.nouns]
    things = [v for v in named if _ZH_GARMENT.search(v)]
    lengths = [v for v in things if v.endswith(("裙", "裤")) and v not in ("连衣裤", "连体裤")]
    if len(name) <= 8 and _HAN.search(name):
        noun = name
    elif things:
        noun = next((v for v in things if v in ("连衣裙", "半身裙")), (lengths or things)[0])
    else:
        noun = reference or _tail(name) or "商品"
    noun = {"polo": "polo衫", "衫": "上衣"}.get(noun, noun)
    reference = reference or noun
    if not measure:
        ends = sorted(words.measure, key=len, reverse=True)
        measure = next((words.measure[e] for e in ends if noun.endswith(e)), "款")
    return noun, reference, measure


def _tail(name: str) -> str:
    """The last Chinese word of a long title, which names the thing more often than not."""
    import jieba

    han = [word for word in jieba.cut(name) if _HAN.search(word)]
    return str(han[-1]) if han else ""


def _english_noun(name: str, facts: Sequence[Fact], words: Bank) -> tuple[str, str, str]:
    """The noun in lower case where it is a common word: a type of one to four words, else a short name, else "item"."""
    typed = [v for f in facts if f.kind.name == "type" for v in f.values if len(v.split()) <= 4]
    short = name if name and len(name.split()) <= 4 else ""
    noun = short or (typed[0] if typed else "item")
    noun = " ".join(word.lower() if word.istitle() or word.islower() else word for word in noun.split())
    return noun, noun, ""
