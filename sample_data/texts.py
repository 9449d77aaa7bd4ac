"""What the invented customers say, as `texts_en.toml` and `texts_zh.toml` hold it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Pool = tuple[str, ...]


def lines(block: str) -> Pool:
    """The non-empty lines of a text block."""
    return tuple(line for line in block.splitlines() if line)


def read(name: str) -> dict[str, Any]:
    """A data file beside this module."""
    return tomllib.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Topic:
    """Sentences about one thing: with the obvious word, in other words, and decoys that customers of one product say."""

    obvious: Pool
    otherwise: Pool = ()
    decoys: Pool = ()
    decoys_of: str = ""

    @property
    def planted(self) -> bool:
        """Whether it is a topic that is planted somewhere; everyday topics are only said with the obvious word."""
        return bool(self.otherwise)

    @property
    def pools(self) -> tuple[Pool, ...]:
        """The pools in which it is spoken of."""
        return (self.obvious, self.otherwise) if self.planted else (self.obvious,)


def _topic(entry: dict[str, str]) -> Topic:
    pools = {name: lines(block) for name, block in entry.items() if name != "decoys_of"}
    return Topic(pools["obvious"], pools.get("otherwise", ()), pools.get("decoys", ()), entry.get("decoys_of", ""))


class Texts:
    """One language's sentences: `slots` fill braces, `topics` are what reviews are about, `talk` is around them."""

    def __init__(self, name: str) -> None:
        data = read(name)
        self.slots: dict[str, Pool] = {slot: tuple(words) for slot, words in data["slots"].items()}
        self.talk: dict[str, Pool] = {key: lines(block) for key, block in data["talk"].items()}
        self.topics: dict[str, Topic] = {key: _topic(topic) for key, topic in data["topics"].items()}
        self.decoys: dict[str, Pool] = {one.decoys_of: one.decoys for one in self.topics.values() if one.decoys}
        self.returns: dict[str, Pool] = {key: lines(block) for key, block in data.get("returns", {}).items()}
        self.duplicate: dict[str, Any] = data.get("duplicate", {})


EN = Texts("texts_en.toml")
ZH = Texts("texts_zh.toml")
