"""Cells into which a platform packs several items: `[1] Product Name: Cup; Quantity: 2; [2] Product Name: …`.

A profile names such a column with a field of kind `packed`; the names inside are those of its other fields.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.importing.headers import normal
from engine.importing.matching import Match

if TYPE_CHECKING:
    import polars as pl

_ITEM = re.compile(r"\s*\[\d+\]\s*")


@dataclass(frozen=True)
class Packed:
    """A packed column of a table, and the columns that its items fill.

    Attributes:
        position: the packed column.
        columns: field to the position of a column beyond the file's own.
        names: the name an item gives a value, as it is compared, to its field.
    """

    position: int
    columns: dict[str, tuple[int, ...]]
    names: dict[str, str]
    pattern: re.Pattern[str]

    def unpacked(self, raw: pl.DataFrame) -> tuple[pl.DataFrame, int]:
        """One row per item, other cells and `line` repeated, and how many cells could not be unpacked."""
        import polars as pl

        texts = raw[str(self.position)].to_list()
        items = [self._items(text) for text in texts]
        failed = sum(1 for text, found in zip(texts, items, strict=True) if text and text.strip() and not found)
        counts = [max(1, len(found)) for found in items]
        at = [row for row, count in enumerate(counts) for _ in range(count)]
        cells = [item for found in items for item in (found or [{}])]
        added = [
            pl.Series(str(positions[0]), [item.get(name) for item in cells], dtype=pl.String)
            for name, positions in self.columns.items()
        ]
        return raw[at].with_columns(added), failed

    def _items(self, text: str | None) -> list[dict[str, str]]:
        found = []
        for part in _ITEM.split(text or ""):
            # The text before the first name is nothing; then names and values alternate.
            pieces = self.pattern.split(part)
            item = {
                self.names[normal(name)]: value.strip().removesuffix(";").rstrip()
                for name, value in zip(pieces[1::2], pieces[2::2], strict=True)
            }
            if item:
                found.append(item)
        return found


def find(match: Match, width: int) -> Packed | None:
    """The packed column of a table with `width` columns, if its profile knows one and it is there."""
    fields = match.profile.fields
    name = next((n for n in fields if match.profile.kind(n) == "packed" and n in match.columns), None)
    if name is None:
        return None
    names = {normal(alias): field for field, rule in fields.items() if field != name for alias in rule.names}
    words = "|".join(re.escape(n) for f, rule in fields.items() if f != name for n in sorted(rule.names, reverse=True))
    pattern = re.compile(rf"(?:^|;)\s*({words})\s*[:：]", re.IGNORECASE)
    lacking = [field for field in dict.fromkeys(names.values()) if field not in match.columns]
    columns: dict[str, tuple[int, ...]] = {field: (width + number,) for number, field in enumerate(lacking)}
    return Packed(match.columns[name][0], columns, names, pattern)
