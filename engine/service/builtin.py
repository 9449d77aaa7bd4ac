"""The built-in intents: what shops are asked, in English and Chinese, for a seller who has labelled nothing yet."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class BuiltIn:
    """One intent: its name, whether it always goes to a person, and its examples."""

    name: str
    person: bool
    examples: tuple[str, ...]


@cache
def built_in() -> tuple[BuiltIn, ...]:
    """All of them, in the file's order."""
    data = tomllib.loads((Path(__file__).parent / "intents.toml").read_text("utf-8"))
    return tuple(BuiltIn(name, bool(one.get("person", False)), (*one["en"], *one["zh"])) for name, one in data.items())


def examples() -> tuple[list[str], list[str]]:
    """Texts and labels of all built-in examples."""
    pairs = [(text, one.name) for one in built_in() for text in one.examples]
    return [text for text, _ in pairs], [label for _, label in pairs]
