"""The word list (`words.toml`): how columns of unknown files are called, by what they mean, in many languages."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from engine.importing import concepts
from engine.importing.headers import normal, stated_currency

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True)
class Meaning:
    """The names of a meaning: whole ones with their rank, and the combinations of concepts that say it."""

    exact: dict[str, int]
    of: tuple[tuple[str, ...], ...]


@cache
def words() -> dict[str, dict[str, Meaning]]:
    """Family to meaning to its names."""
    data = tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))
    return {
        family: {
            meaning: Meaning(
                {normal(word): rank for rank, word in reversed(list(enumerate(lists["exact"])))},
                tuple(tuple(combination.split()) for combination in lists["of"]),
            )
            for meaning, lists in meanings.items()
        }
        for family, meanings in data.items()
    }


@cache
def meaning_words() -> frozenset[str]:
    """Every whole column name of the word list, as it is compared."""
    return frozenset(word for family in words().values() for lists in family.values() for word in lists.exact)


@lru_cache(maxsize=50_000)
def header_score(name: str, family: str, meaning: str) -> tuple[float, str]:
    """How well a column name says a meaning, between 0 and 1, and why."""
    lists = words()[family][meaning]
    for form in (normal(name), normal(_CAMEL.sub(" ", stated_currency(name)[0]))):
        if form in lists.exact:
            return 0.95 - 0.002 * min(lists.exact[form], 25), f"the name “{name.strip()}”"
    score = concepts.says(name, lists.of)
    return (score, f"the words in “{name.strip()}”") if score > 0 else (0.0, "")
