"""What the finders of personal data hand to each other, and the words they know (`words.toml`)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Span:
    """text[start:end] is personal data of a kind; `masked`: somebody has hidden it, wholly or in part, already."""

    start: int
    end: int
    type: str
    masked: bool = False


@cache
def _tables() -> dict[str, dict[str, Any]]:
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


def words(table: str, name: str) -> list[str]:
    """A list of words, or of patterns; in a list that is written as one text, `_` stands for a blank."""
    found = _tables()[table][name]
    return [word.replace("_", " ") for word in found.split()] if isinstance(found, str) else list(found)


def any_of(table: str, name: str) -> str:
    """A pattern that matches any of them, the longest first."""
    return "|".join(sorted(words(table, name), key=len, reverse=True))


def characters(table: str, name: str) -> str:
    """A list of single characters, as it stands in a character class."""
    return "".join(words(table, name))
