"""Rule packs: what a sales channel allows, as dated data with a source for each rule.

A pack is one TOML file: fields with their limits and rules with patterns. `_common` holds for every channel, `_cn` for
those of mainland China. A seller's own packs are read after the shipped ones and replace those of the same name.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from engine.errors import UsageError

_REVIEWS = frozenset({"review", "reviews", "testimonial", "testimonials", "评价", "好评"})
_FOLDER = Path(__file__).parent / "rules"


@dataclass(frozen=True)
class Field:
    """One place for text of a channel.

    Attributes:
        shape: title, phrase, phrases, bullets, description, terms or tags: how a draft for it is built.
        limit, minimum: in `unit` (see `units.UNITS`); of each part where there are `parts`, `total` then holds for all.
        strength: P for the vendor's own page, S secondary, K general knowledge, unverified when no public page was found.
        exempt: other limits by product category.
    """

    channel: str
    name: str
    shape: str
    limit: int
    unit: str
    source: str
    strength: str
    seen_on: str
    region: str
    minimum: int = 0
    parts: int = 1
    least_parts: int = 1
    total: int | None = None
    conflict: str = ""
    exempt: Mapping[str, int] | None = None

    @property
    def full_name(self) -> str:
        """`amazon.title`."""
        return f"{self.channel}.{self.name}"

    def limit_for(self, category: str | None) -> int:
        """The limit for a product of a category ("media")."""
        return (self.exempt or {}).get((category or "").lower(), self.limit)


@dataclass(frozen=True)
class Rule:
    """One thing that a text must not do.

    Attributes:
        pattern: finds it; None when `check` names a test in code. exempt: matches that lie in one of these are allowed.
        severity: block or warn. not_in: kinds of fact inside whose values it is allowed (a brand's own capitals).
        certificate: allowed when a certificate is among the product's facts.
    """

    id: str
    pattern: re.Pattern[str] | None
    check: str | None
    severity: str
    message: str
    message_zh: str
    source: str
    strength: str
    seen_on: str
    fields: frozenset[str]
    not_channels: frozenset[str]
    not_in: frozenset[str]
    exempt: tuple[re.Pattern[str], ...]
    certificate: bool
    most: int


@dataclass(frozen=True)
class Pack:
    """A channel's fields and rules."""

    channel: str
    title: str
    region: str
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...]


def _rule(data: Mapping[str, Any], seen_on: str) -> Rule:
    return Rule(
        data["id"],
        re.compile(data["pattern"]) if "pattern" in data else None,
        data.get("check"),
        data["severity"],
        data["message"],
        data["message_zh"],
        data["source"],
        data["strength"],
        data.get("seen_on", seen_on),
        frozenset(data.get("fields", ())),
        frozenset(data.get("not_channels", ())),
        frozenset(data.get("not_in", ())),
        tuple(re.compile(one) for one in data.get("exempt", ())),
        bool(data.get("certificate", False)),
        int(data.get("most", 0)),
    )


def _pack(path: Path) -> Pack:
    data = tomllib.loads(path.read_text("utf-8"))
    shared = {"channel": data["channel"], "seen_on": data["seen_on"], "region": data["region"]}
    fields = []
    for one in data.get("field", []):
        own = {key: value for key, value in one.items() if key != "exempt_categories"}
        fields.append(Field(**shared, **own, exempt=one.get("exempt_categories")))
    rules = tuple(_rule(one, data["seen_on"]) for one in data.get("rule", []))
    return Pack(data["channel"], data["title"], data["region"], tuple(fields), rules)


@cache
def packs(own: Path | None = None) -> dict[str, Pack]:
    """All packs by channel.

    Args:
        own: a folder of the seller's packs.

    Raises:
        UsageError: a pack of the seller's cannot be read.
    """
    found = {}
    for path in [*sorted(_FOLDER.glob("*.toml")), *(sorted(own.glob("*.toml")) if own else ())]:
        try:
            pack = _pack(path)
        except (KeyError, TypeError, ValueError, re.error) as error:
            raise UsageError(
                f"the rule pack {path.name} cannot be read: {error}.", todo="Compare it with a shipped one."
            ) from error
        found[pack.channel] = pack
    return found


def field_named(name: str, own: Path | None = None) -> Field:
    """The field `channel.field`; a channel alone means its description, or its first field.

    Raises:
        UsageError: there is no such channel or field; the message lists those there are.
    """
    channel, _, wanted = name.lower().partition(".")
    if channel in _REVIEWS:
        raise UsageError(
            "Backroom never writes reviews or testimonials: whoever publishes one that no customer wrote breaks the law "
            "(FTC 16 CFR 465, 反不正当竞争法).",
            todo="Ask your customers for theirs.",
        )
    pack = packs(own).get(channel)
    if pack is None or not pack.fields:
        known = ", ".join(sorted(key for key, one in packs(own).items() if one.fields))
        raise UsageError(f"there is no channel {channel}.", todo=f"Channels: {known}.")
    names = [field.name for field in pack.fields]
    wanted = wanted or ("description" if "description" in names else names[0])
    for field in pack.fields:
        if field.name == wanted:
            return field
    raise UsageError(f"{pack.title} has no field {wanted}.", todo=f"Fields: {', '.join(names)}.")


def rules_for(field: Field, own: Path | None = None) -> list[Rule]:
    """The rules that hold for a field: those of every channel, of its region, of its channel."""
    known = packs(own)
    several = [known["_common"], *([known["_cn"]] if field.region == "cn" else []), known[field.channel]]
    return [
        rule
        for pack in several
        for rule in pack.rules
        if (not rule.fields or field.name in rule.fields) and field.channel not in rule.not_channels
    ]
