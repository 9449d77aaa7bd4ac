"""Opening what a finding rests on: stored rows with their file and line, and the words that carry it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import ShopError, UsageError
from engine.store.database import Store
from engine.store.tables import IMPORTED, telling

_AT_ONCE = 500
"""Rows asked for in one query; SQLite takes so many parameters in any build."""


@dataclass(frozen=True)
class EvidenceRow:
    """One piece of evidence, opened: `quote` is exactly `text[start:end]`, or the whole text when no span is meant."""

    finding: int
    table_name: str
    row_id: int
    file: str
    sheet: str | None
    line: int
    text: str
    start: int | None
    end: int | None
    quote: str
    role: str
    day: str | None
    stars: float | None
    product_name: str | None

    def as_json(self) -> dict[str, Any]:
        """The shape `evidence --json` prints."""
        return {
            "finding": self.finding,
            "table": self.table_name,
            "row_id": self.row_id,
            "file": self.file,
            "sheet": self.sheet,
            "line": self.line,
            "start": self.start,
            "end": self.end,
            "quote": self.quote,
            "role": self.role,
            "day": self.day,
            "stars": self.stars,
            "product_name": self.product_name,
        }


@dataclass(frozen=True)
class StoredRow:
    """A row as it is stored, with where it came from; `columns` are name and value pairs, empty ones left out."""

    table_name: str
    row_id: int
    file: str
    sheet: str | None
    line: int
    columns: tuple[tuple[str, Any], ...]


def evidence(store: Store, finding: int) -> list[EvidenceRow]:
    """The rows a finding rests on, in reading order, with the words that carry it; rows that are gone are left out.

    A finding that tells of an import (`import_id` among its numbers) opens its rows at their place in that import's file,
    with what the import changed in them.
    """
    items = store.rows(
        'SELECT table_name, row_id, column_name, start, "end", role FROM evidence WHERE finding_id = ? ORDER BY position',
        [finding],
    )
    told = store.value("SELECT json_extract(numbers, '$.import_id') FROM findings WHERE id = ?", [finding])
    wanted: defaultdict[str, dict[int, None]] = defaultdict(dict)
    for item in items:
        wanted[item["table_name"]][item["row_id"]] = None
    stored = {table: _rows(store, table, list(ids), told) for table, ids in wanted.items()}
    changed = {table: {} if told is None else _changes(store, table, told) for table in wanted}
    opened = []
    for item in items:
        table, row = item["table_name"], stored[item["table_name"]].get(item["row_id"])
        if row is None:
            continue
        text = str(row.get(item["column_name"] or "text") or "")
        if told is not None:
            text = _in_words(table, row, changed[table].get(row["id"], ""))
        opened.append(_opened(finding, item, row, text))
    return opened


def _opened(finding: int, item: dict[str, Any], row: dict[str, Any], text: str) -> EvidenceRow:
    start, end, seen = item["start"], item["end"], row["seen_line"]
    return EvidenceRow(
        finding=finding,
        table_name=item["table_name"],
        row_id=row["id"],
        file=row["file"],
        sheet=row["sheet"] if seen is None else None,
        line=row["line"] if seen is None else seen,
        text=text,
        start=start,
        end=end,
        quote=text if start is None else text[start:end],
        role=item["role"],
        day=row.get("day"),
        stars=row.get("stars"),
        product_name=row["key_name"] or row.get("product_name"),
    )


def _rows(store: Store, table: str, ids: Sequence[int], told: int | None) -> dict[int, dict[str, Any]]:
    """Stored rows by id, with their file, the name of their product, and where import `told` saw them again."""
    found: dict[int, dict[str, Any]] = {}
    for first in range(0, len(ids), _AT_ONCE):
        some = ids[first : first + _AT_ONCE]
        rows = store.rows(
            "SELECT t.*, coalesce(n.file, i.file) AS file, p.name AS key_name, s.line AS seen_line "
            f"FROM {known_table(table)} t JOIN imports i ON i.id = t.import_id "
            "LEFT JOIN product_keys p ON p.product = t.product "
            "LEFT JOIN row_seen s ON s.table_name = ? AND s.row_id = t.id AND s.import_id = ? "
            f"LEFT JOIN imports n ON n.id = s.import_id WHERE t.id IN ({', '.join('?' * len(some))})",
            [table, told, *some],
        )
        found |= {row["id"]: row for row in rows}
    return found


def _changes(store: Store, table: str, import_id: int) -> dict[int, str]:
    """What an import changed in each row of a table, in words."""
    rows: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in store.rows(
        "SELECT row_id, before, after FROM row_changes WHERE import_id = ? AND table_name = ? ORDER BY id",
        [import_id, table],
    ):
        rows[row["row_id"]].append(row)
    return {row_id: changes_of(changes) for row_id, changes in rows.items()}


def _in_words(table: str, stored: dict[str, Any], changes: str) -> str:
    """A stored row in a line, and what an import changed in it."""
    text = str(stored.get("text") or "")
    cells = [text] if text else [f"{stored[name]:g}" if isinstance(stored[name], float) else str(stored[name])
                                 for name in telling(table) if stored.get(name) not in (None, "")]  # fmt: skip
    return " · ".join([*cells, *([changes] if changes else [])])


def changes_of(changes: Sequence[dict[str, Any]]) -> str:
    """Remembered changes of one row in words: `status: paid → refunded, refunded: – → 18`."""
    was: dict[str, Any] = {}
    now: dict[str, Any] = {}
    for row in changes:
        was = {**json.loads(row["before"]), **was}
        now |= json.loads(row["after"])
    return ", ".join(
        f"{name.replace('_', ' ')}: {_cell(was.get(name))} → {_cell(value)}"
        for name, value in now.items()
        if name not in ("extra", "status_original") and was.get(name) != value
    )


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:,.10g}" if isinstance(value, float) else str(value)


def stored_row(store: Store, table_name: str, row_id: int) -> StoredRow:
    """One stored row with its file and line.

    Raises:
        UsageError: there is no such row.
        ShopError: there is no such table.
    """
    rows = store.rows(
        f"SELECT i.file AS _file, t.* FROM {known_table(table_name)} t JOIN imports i ON i.id = t.import_id WHERE t.id = ?",
        [row_id],
    )
    if not rows:
        raise UsageError(f"there is no row {row_id} in {table_name}.")
    stored = rows[0]
    file = stored.pop("_file")
    extra = json.loads(stored.pop("extra", None) or "{}")
    columns = [(name, value) for name, value in stored.items() if value not in (None, "")]
    columns += [(str(name), value) for name, value in extra.items()]
    return StoredRow(table_name, row_id, file, stored["sheet"], stored["line"], tuple(columns))


def known_table(name: str) -> str:
    """`name`, when it is an imported table: only such a name may stand in SQL.

    Raises:
        ShopError: it is none.
    """
    if name not in IMPORTED:
        raise ShopError(f"there is no table {name}.")
    return name
