"""What is planted in the reviews, as `planted.toml` says it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Plant:
    """How many reviews of a product speak of its topic: of `reviews_before` before the day `before`, then `after`."""

    after: int
    reviews_before: int = 0
    before: int = 0
    praise: bool = False


@dataclass(frozen=True)
class Defective:
    """Lines sent back as defective, per mille of those sold before the day of the change and from it on."""

    before: int
    after: int


@dataclass(frozen=True)
class Planted:
    """One planted truth; the fields are explained at the top of `planted.toml`."""

    id: str
    kind: str
    says: str
    topic: str
    words: list[str]
    numbers: list[str]
    product: str | None = None
    language: str | None = None
    since: date | None = None
    kinds: list[str] = field(default_factory=list)
    plant: Plant | None = None
    defective: Defective | None = None
    expect: str = "finding"
    more: Mapping[str, Any] = field(default_factory=dict)


def _planted(entry: dict[str, Any]) -> Planted:
    known = {key: entry[key] for key in Planted.__dataclass_fields__ if key in entry}
    known["more"] = {key: value for key, value in entry.items() if key not in known}
    if "plant" in known:
        known["plant"] = Plant(**known["plant"])
    if "defective" in known:
        known["defective"] = Defective(**known["defective"])
    return Planted(**known)


PLANTED: tuple[Planted, ...] = tuple(
    _planted(entry) for entry in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["truth"]
)
BY_ID = {one.id: one for one in PLANTED}
BY_PRODUCT = {one.product: one for one in PLANTED if one.product}
