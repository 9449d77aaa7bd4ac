"""The words that questions use: measures, dimensions and what a shop cannot know, as data."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Measure:
    """Something that can be counted, added up or listed.

    Attributes:
        view: what it is computed over. sql: the expression; None where rows are listed (`listing`).
        where: a condition that belongs to it. value: what a threshold is compared with.
        by: the dimension it has of its own. money: its figures are amounts, per currency.
        weight: the heavier of two that match is meant. others: what might be meant instead.
    """

    name: str
    label: str
    label_zh: str
    view: str
    sql: str | None
    listing: str | None
    where: str | None
    value: str | None
    by: str | None
    money: bool
    weight: int
    patterns: tuple[re.Pattern[str], ...]
    others: tuple[str, ...]


@dataclass(frozen=True)
class Dimension:
    """Something that figures can be split by; `asks` are questions for its best member, `patterns` ask for all of them."""

    name: str
    column: str
    views: tuple[str, ...]
    asks: tuple[re.Pattern[str], ...]
    patterns: tuple[re.Pattern[str], ...]


@dataclass(frozen=True)
class Unknown:
    """Something that no file of a shop says, and the file that would."""

    name: str
    patterns: tuple[re.Pattern[str], ...]
    file: str
    file_zh: str


@dataclass(frozen=True)
class Lexicon:
    """All of it."""

    measures: dict[str, Measure]
    dimensions: tuple[Dimension, ...]
    unknown: tuple[Unknown, ...]


def _compiled(patterns: list[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in patterns)


@cache
def lexicon() -> Lexicon:
    """The lexicon that ships."""
    data = tomllib.loads((Path(__file__).parent / "lexicon.toml").read_text("utf-8"))
    measures = {
        one["name"]: Measure(
            one["name"],
            one["label"],
            one["label_zh"],
            one["view"],
            one.get("sql"),
            one.get("list"),
            one.get("where"),
            one.get("value"),
            one.get("by"),
            bool(one.get("money", False)),
            int(one["weight"]),
            _compiled(one["patterns"]),
            tuple(one.get("or", ())),
        )
        for one in data["measure"]
    }
    dimensions = tuple(
        Dimension(one["name"], one["column"], tuple(one["views"]), _compiled(one["asks"]), _compiled(one["patterns"]))
        for one in data["dimension"]
    )
    unknown = tuple(
        Unknown(one["name"], _compiled(one["patterns"]), one["file"], one["file_zh"]) for one in data["unknown"]
    )
    return Lexicon(measures, dimensions, unknown)
