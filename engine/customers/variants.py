"""Which items are variants of one thing, so that "pink bag with white bag" is not told as a discovery."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CODE = re.compile(r"^(\d{4,})[A-Za-z]{1,3}$")
_JOINED = re.compile(r"^(.{3,})[-_/. ]([^-_/. ]{1,12})$")
_WORD = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)?")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LIKE = 0.6
_SHARED_BY_MANY = 60
_COLOURS_AND_SIZES = """
    black white red blue green yellow pink purple orange brown grey gray silver gold ivory cream beige navy turquoise
    lilac mint teal olive khaki coral burgundy rose aqua charcoal natural multicolour multicolor assorted clear
    light dark pale small medium large mini big xs s m l xl xxl xxxl one size single double king queen
    left right set pack pcs pc of x the and a in with cm mm ml g kg oz inch"""
COLOURS_AND_SIZES = frozenset(_COLOURS_AND_SIZES.split())
_CHINESE = re.compile(
    "[黑白红蓝绿黄粉紫橙棕灰银金米青褐藏深浅奶卡其驼杏]+色?|[大中小特加]+[码号]|均码|[xX]*[sSmMlL][码号]?|"
    r"\d+(?:cm|mm|ml|g|kg|寸|斤|克|件|个|只|双|支)?"
)


def families(items: Sequence[str], names: Sequence[str] | None = None) -> NDArray[np.int64]:
    """(items,) a number that variants of one thing share.

    By their codes (`84997B` and `84997D`; `LAMP-RED` and `LAMP-BLUE` where a part before the last mark is shared), and,
    where names are given, by names that differ in colours, sizes and numbers only, or have most of their words in common.
    """
    groups = _Groups(len(items))
    stems: dict[str, int] = {}
    shared = Counter(match[1] for item in items if (match := _JOINED.match(item)))
    for i, item in enumerate(items):
        joined = _JOINED.match(item)
        code = _CODE.match(item)
        if code:
            groups.join(stems.setdefault(code[1], i), i)
        elif item.isdigit() and item in stems:
            groups.join(stems[item], i)
        elif joined and 2 <= shared[joined[1]] <= _SHARED_BY_MANY:
            groups.join(stems.setdefault(joined[1], i), i)
    if names is not None:
        _join_by_name(groups, names)
    return groups.numbers()


def essence(name: str) -> frozenset[str]:
    """The words of a name that are neither colour nor size nor number; single characters of Chinese names."""
    if _HAN.search(name):
        return frozenset(_HAN.findall(_CHINESE.sub(" ", name)))
    words = (word.lower() for word in _WORD.findall(name))
    return frozenset(word for word in words if word not in COLOURS_AND_SIZES and not word[0].isdigit())


def _join_by_name(groups: _Groups, names: Sequence[str]) -> None:
    """Join names that share most of their telling words; only names that share a rarer word are compared."""
    words = [essence(name or "") for name in names]
    frequency = Counter(word for some in words for word in some)
    holders: dict[str, list[int]] = {}
    for i, some in enumerate(words):
        for word in some:
            holders.setdefault(word, []).append(i)
    for i, some in enumerate(words):
        if not some:
            continue
        rivals = {j for word in some if frequency[word] <= _SHARED_BY_MANY for j in holders[word] if j > i}
        for j in rivals:
            common = len(some & words[j])
            if (common >= 2 and common / len(some | words[j]) > _LIKE) or some == words[j]:
                groups.join(i, j)


class _Groups:
    """Disjoint sets (union by the smaller number, paths halved)."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def root(self, i: int) -> int:
        while self._parent[i] != i:
            self._parent[i] = self._parent[self._parent[i]]
            i = self._parent[i]
        return i

    def join(self, i: int, j: int) -> None:
        one, other = sorted((self.root(i), self.root(j)))
        self._parent[other] = one

    def numbers(self) -> NDArray[np.int64]:
        return np.array([self.root(i) for i in range(len(self._parent))], np.int64)
