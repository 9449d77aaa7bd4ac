"""Cells into which a platform packs several items of an order, unpacked into one row per item.

Known are numbered lists of named values (`[1] Product Name: Cup; Quantity: 2; [2] …`), named values between bars
(`id:11|name:Cup|quantity:2;id:12|…`), JSON, and names with a count (`2× Cup, 1× Plate`, `杯(1件);盘(2件)`, `Cup x2`). A
profile names such a column with a field of kind `packed`; the names inside are those of its other fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.importing import chats
from engine.importing.headers import normal
from engine.importing.matching import Match

if TYPE_CHECKING:
    import polars as pl

PARTS = "parts"
"""The column that says how many items the cell of a row holds; 0 where it holds none that could be told apart."""
KINDS = ("packed", "chat")
"""Kinds of fields whose cells hold several items: goods of an order, messages of a conversation."""
NAME = "product_name"
# What items call their values, beside the names that a profile gives its fields; of several the first one counts.
_CALLED: dict[str, tuple[str, ...]] = {
    "product_name": ("name", "title", "product name", "product", "item", "item name", "商品名称", "商品", "标题"),
    "quantity": ("quantity", "qty", "count", "number", "amount of units", "数量", "件数"),
    "sku": ("sku", "item sku", "variant sku", "商家编码", "货号"),
    "product_id": ("product id", "productid", "item id", "商品id"),
    "variant": ("variant", "variation", "variant title", "options", "规格"),
    "line_id": ("id", "line id", "line item id"),
    "unit_price": ("price", "unit price", "item price", "单价"),
    "amount": ("total", "line total", "amount", "row total", "subtotal", "小计", "金额"),
    "tax": ("tax", "total tax"),
}
_NUMBERED = re.compile(r"\s*\[\d+\]\s*")
_TIMES = r"[×xX✕✖*]"
_COUNT_FIRST = re.compile(rf"(\d+)\s*{_TIMES}\s+?(\S.*)|(\d+)\s*[×✕✖]\s*(\S.*)", re.DOTALL)
_BEFORE_COUNT = re.compile(rf"\s*[,;，；、|\n+]\s*(?=\d+\s*{_TIMES}\s*\S)")
_UNITS = r"(?:件|个|份|盒|袋|套|瓶|包|本|双|条|只|pcs?\.?|pieces?|units?|st(?:ück|k)?\.?)"
_COUNT_LAST = re.compile(
    rf"\s*(?P<name>\S.*?)\s*(?:{_TIMES}\s*(?P<times>\d+)\s*{_UNITS}?"
    rf"|[(（\[]\s*(?:{_TIMES}|数量[:：]?|qty\.?:?)?\s*(?P<bracket>\d+)\s*{_UNITS}?\s*[)）\]])\s*(?:[,;，；、|\n+]|$)",
    re.DOTALL | re.IGNORECASE,
)
_NAMED = re.compile(r"\s*([A-Za-z_][\w ]{0,30}|[\u4e00-\u9fff]{1,8})\s*[:：=](.*)", re.DOTALL)


@dataclass(frozen=True)
class Packed:
    """A packed column of a table, and the columns that its items fill.

    Attributes:
        field, position: the packed column.
        columns: field to the position of a column beyond the file's own.
        names: the name an item gives a value, as it is compared, to its field and its place among that field's names.
        pattern: finds the profile's own names in a numbered list.
        chat: the cells are chat logs, and their items messages.
    """

    field: str
    position: int
    columns: dict[str, tuple[int, ...]]
    names: dict[str, tuple[str, int]]
    pattern: re.Pattern[str]
    chat: bool = False

    def unpacked(self, raw: pl.DataFrame) -> tuple[pl.DataFrame, int]:
        """One row per item, other cells and `line` repeated, and how many cells could not be unpacked.

        A cell that cannot be unpacked holds 0 `PARTS`: it names nothing that was sold.
        """
        import polars as pl

        texts = raw[str(self.position)].to_list()
        items = [self.items(text) for text in texts]
        filled = [bool(text and text.strip()) for text in texts]
        failed = sum(full and not found for full, found in zip(filled, items, strict=True))
        counts = [max(1, len(found)) for found in items]
        at = [row for row, count in enumerate(counts) for _ in range(count)]
        cells = [item for found in items for item in (found or [{}])]
        added = [
            pl.Series(str(positions[0]), [item.get(name) for item in cells], dtype=pl.String)
            for name, positions in self.columns.items()
        ]
        said = [len(found) for found in items]
        parts = pl.Series(PARTS, [said[row] for row in at], dtype=pl.Int64)
        return raw[at].with_columns(*added, parts), failed

    def items(self, text: str | None) -> list[dict[str, str]]:
        """The items of a cell, field to text; none when it is empty or packed in no known way."""
        if not text or not text.strip():
            return []
        if self.chat:
            return [
                {"sent_at": m.sent_at, "author": m.author or "", "text": m.text, "note": "note" if m.of_program else ""}
                for m in chats.parse(text)
            ]
        text = text.strip()
        found = self._of_json(text) if text[0] in "[{" and text[-1] in "]}" else []
        found = found or self._numbered(text) or self._barred(text)
        if found:
            return found
        return [{NAME: name, "quantity": count} for name, count in counted(text)]

    def _fields(self, pairs: Sequence[tuple[str, Any]]) -> dict[str, str]:
        item: dict[str, tuple[int, str]] = {}
        for key, value in pairs:
            known = self.names.get(normal(key))
            said = "" if value is None or isinstance(value, dict | list) else str(value).strip()
            if known and said and (known[0] not in item or known[1] < item[known[0]][0]):
                item[known[0]] = known[1], said
        return {name: said for name, (_, said) in item.items()}

    def _of_json(self, text: str) -> list[dict[str, str]]:
        import msgspec

        try:
            document = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            return []
        rows = document if isinstance(document, list) else [document]
        items = [self._fields(list(row.items())) for row in rows if isinstance(row, dict)]
        return items if len(items) == len(rows) and all(items) else []

    def _numbered(self, text: str) -> list[dict[str, str]]:
        found = []
        for part in _NUMBERED.split(text):
            # The text before the first name is nothing; then names and values alternate.
            pieces = self.pattern.split(part)
            pairs = [
                (name, value.strip().removesuffix(";").rstrip())
                for name, value in zip(pieces[1::2], pieces[2::2], strict=True)
            ]
            if item := self._fields(pairs):
                found.append(item)
        return found if _NUMBERED.match(text) or (found and ";" in text) else []

    def _barred(self, text: str) -> list[dict[str, str]]:
        if "|" not in text:
            return []
        items = []
        for part in re.split(r"\s*(?:;|\|\||\n)\s*(?=[\w\u4e00-\u9fff ]{1,30}[:：=])", text):
            pairs = [(m[1], m[2]) for piece in part.split("|") if (m := _NAMED.fullmatch(piece))]
            items.append(self._fields(pairs))
        return items if all(NAME in item or "sku" in item for item in items) else []


def counted(text: str) -> list[tuple[str, str]]:
    """Names and counts of a list such as `2× Cup, 1× Plate` or `杯(1件);盘(2件)`; none when any of it is otherwise."""
    parts = _BEFORE_COUNT.split(text)
    firsts = [_COUNT_FIRST.fullmatch(part.strip().rstrip(",;，；、|")) for part in parts]
    if all(firsts):
        return [((m[2] or m[4]).strip(), m[1] or m[3]) for m in firsts if m]
    found, end = [], 0
    for match in _COUNT_LAST.finditer(text):
        if match.start() != end:
            return []
        found.append((match["name"].strip(), match["times"] or match["bracket"]))
        end = match.end()
    return found if found and not text[end:].strip(" ,;，；、|\n") else []


def looks_packed(cells: Sequence[str], family: str = "order") -> bool:
    """Whether most cells of a column are lists of items with their counts, some of them of several; or chat logs."""
    filled = [cell for cell in cells if cell.strip()]
    if family == "message":
        return bool(filled) and sum(chats.is_log(cell) for cell in filled) >= 0.8 * len(filled)
    if family != "order":
        return False
    lists = [_BARE.items(cell) for cell in filled]
    return any(len(found) > 1 for found in lists) and sum(bool(found) for found in lists) >= 0.8 * len(filled)


def _names(fields: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, int]]:
    """What items call their values: the names of a profile's fields, then the usual ones."""
    names: dict[str, tuple[str, int]] = {}
    for field, aliases in fields.items():
        for rank, alias in enumerate(aliases):
            names.setdefault(normal(alias), (field, rank))
    for field, aliases in _CALLED.items():
        if field in fields:
            for rank, alias in enumerate(aliases):
                names.setdefault(normal(alias), (field, rank))
    return names


_NEVER = re.compile(r"(?!)()")
_BARE = Packed("", 0, {}, _names(dict.fromkeys(_CALLED, ())), _NEVER)


def find(match: Match, width: int) -> Packed | None:
    """The packed column of a table with `width` columns, if its profile knows one and it is there."""
    fields = match.profile.fields
    name = next((n for n in fields if match.profile.kind(n) in KINDS and n in match.columns), None)
    if name is None:
        return None
    inside = {field: rule.names for field, rule in fields.items() if field != name and field not in match.columns}
    own = {field: rule.names for field, rule in fields.items() if field != name}
    words = "|".join(re.escape(n) for aliases in own.values() for n in sorted(aliases, reverse=True))
    pattern = re.compile(rf"(?:^|;)\s*({words})\s*[:：]", re.IGNORECASE)
    columns: dict[str, tuple[int, ...]] = {field: (width + number,) for number, field in enumerate(inside)}
    return Packed(name, match.columns[name][0], columns, _names(inside), pattern, match.profile.kind(name) == "chat")
