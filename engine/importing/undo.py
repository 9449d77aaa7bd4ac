"""Taking an import back: its rows go, and rows that others brought as well are as if it had never been.

A stored row remembers which import brought it first (`import_id`), which brought it again (`row_seen`, with the columns that
it left unsaid), and what each of those changed (`row_changes`). From these, what every import said of the row is known
again; without one of them, the others are put together anew, in their order.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.importing.load import set_columns
from engine.importing.profiles import table_columns
from engine.store.search import merge_search

if TYPE_CHECKING:
    from sqlite_utils import Database

_AT_ONCE = 5_000
_EXTRA = "extra/"

# A row's cells by column; the extra ones by `extra/` and their name.
Cells = dict[str, Any]


@dataclass
class _Said:
    """What one import says of a row: where it stands in its file, its cells, and what it changed (`before`, `after`)."""

    import_id: int
    line: int
    sheet: str | None
    silent: set[str] = field(default_factory=set)
    changes: list[tuple[int, Cells, Cells]] = field(default_factory=list)
    cells: Cells = field(default_factory=dict)


def undo_rows(db: Database, import_id: int, tables: Sequence[str]) -> tuple[int, int]:
    """Take an import's rows and changes back.

    Returns:
        Rows removed, and rows of other imports that are as they were without it.
    """
    removed = restored = 0
    for table in tables:
        changed = _ids(
            db,
            f"SELECT DISTINCT c.row_id FROM row_changes c JOIN {table} t ON t.id = c.row_id "
            "WHERE c.table_name = ?1 AND c.import_id = ?2 AND t.import_id != ?2",
            table,
            import_id,
        )
        inherited = _ids(
            db,
            f"SELECT DISTINCT s.row_id FROM row_seen s JOIN {table} t ON t.id = s.row_id "
            "WHERE s.table_name = ?1 AND t.import_id = ?2 AND s.import_id != ?2",
            table,
            import_id,
        )
        restored += len(changed)
        rows = sorted({*changed, *inherited})
        for at in range(0, len(rows), _AT_ONCE):
            _rebuild(db, table, rows[at : at + _AT_ONCE], import_id)
        mine = f"SELECT id FROM {table} WHERE import_id = ?"
        if table == "reviews":
            db.execute(f"DELETE FROM reviews_search WHERE rowid IN ({mine})", [import_id])
        db.execute(f"DELETE FROM evidence WHERE table_name = ? AND row_id IN ({mine})", [table, import_id])
        removed += db.execute(f"DELETE FROM {table} WHERE import_id = ?", [import_id]).rowcount
    db.execute("DELETE FROM row_seen WHERE import_id = ?", [import_id])
    db.execute("DELETE FROM row_changes WHERE import_id = ?", [import_id])
    _forget_cells(db, import_id)
    return removed, restored


def _forget_cells(db: Database, import_id: int) -> None:
    """Take out what an import's report shows of the file's cells, and what search still holds of its texts."""
    report = json.loads(db.execute("SELECT report_json FROM imports WHERE id = ?", [import_id]).fetchone()[0])
    for column in report.get("columns") or []:
        column.pop("samples", None)
    db.execute("UPDATE imports SET report_json = ? WHERE id = ?", [json.dumps(report, ensure_ascii=False), import_id])
    merge_search(db)


def _ids(db: Database, sql: str, table: str, import_id: int) -> list[int]:
    return [row[0] for row in db.execute(sql, [table, import_id])]


def _rebuild(db: Database, table: str, rows: list[int], without: int) -> None:
    """Put rows together anew from what all imports but one said of them; at least one other did."""
    columns = [*table_columns(table), "extra"]
    wanted = json.dumps(rows)
    said: dict[int, list[_Said]] = defaultdict(list)
    stored: dict[int, Cells] = {}
    for row_id, owner, line, sheet, *values in db.execute(
        f"SELECT id, import_id, line, sheet, {', '.join(columns)} FROM {table} "
        "WHERE id IN (SELECT value FROM json_each(?))",
        [wanted],
    ):
        said[row_id].append(_Said(owner, line, sheet))
        stored[row_id] = _apart(dict(zip(columns, values, strict=True)))
    for row_id, seen_by, line, sheet, silent in db.execute(
        "SELECT row_id, import_id, line, sheet, silent FROM row_seen WHERE table_name = ? "
        "AND row_id IN (SELECT value FROM json_each(?)) ORDER BY row_id, import_id",
        [table, wanted],
    ):
        if seen_by != said[row_id][0].import_id:
            said[row_id].append(_Said(seen_by, line, sheet, set(json.loads(silent or "[]"))))
    for change, row_id, changed_by, before, after in db.execute(
        "SELECT id, row_id, import_id, before, after FROM row_changes WHERE table_name = ? "
        "AND row_id IN (SELECT value FROM json_each(?)) ORDER BY id",
        [table, wanted],
    ):
        for one in said[row_id]:
            if one.import_id == changed_by:
                one.changes.append((change, _apart(json.loads(before)), _apart(json.loads(after))))
    for row_id, imports in said.items():
        _tell_apart(imports, stored[row_id])
        rest = [one for one in imports if one.import_id != without]
        if rest:
            _put_together(db, table, row_id, stored[row_id], rest)


def _tell_apart(imports: list[_Said], now: Cells) -> None:
    """Find what each import said, going back from the row as it is now."""
    cells = dict(now)
    for number, one in reversed(list(enumerate(imports))):
        changed = {n for _, before, after in one.changes for n in after if before.get(n) != after[n]}
        one.cells = {
            name: value
            for name, value in cells.items()
            if value is not None and (not number or name not in one.silent or name in changed)
        }
        if number:
            for _, before, after in reversed(one.changes):
                for name in {*before, *after}:
                    cells[name] = before.get(name)


def _put_together(db: Database, table: str, row_id: int, stored: Cells, rest: list[_Said]) -> None:
    owner, *others = rest
    cells = dict(owner.cells)
    for one in others:
        silent = sorted(name for name in cells if name not in one.cells)
        if set(silent) != one.silent:
            db.execute(
                "UPDATE row_seen SET silent = ? WHERE table_name = ? AND row_id = ? AND import_id = ?",
                [json.dumps(silent, ensure_ascii=False) if silent else None, table, row_id, one.import_id],
            )
        after = {name: value for name, value in one.cells.items() if cells.get(name) != value}
        before = {name: cells.get(name) for name in after}
        cells |= after
        _rewrite(db, table, row_id, one, before, after)
    names = {*stored, *cells}
    if any(stored.get(name) != cells.get(name) for name in names):
        old, new = _together(stored, names), _together(cells, names)
        set_columns(db, table, row_id, {name: new[name] for name in new if new[name] != old[name]})
    current = db.execute(f"SELECT import_id FROM {table} WHERE id = ?", [row_id]).fetchone()[0]
    if current != owner.import_id:
        db.execute(
            f"UPDATE {table} SET import_id = ?, line = ?, sheet = ? WHERE id = ?",
            [owner.import_id, owner.line, owner.sheet, row_id],
        )
        db.execute(
            "DELETE FROM row_changes WHERE table_name = ? AND row_id = ? AND import_id IN (?, ?)",
            [table, row_id, owner.import_id, current],
        )
        db.execute(
            "DELETE FROM row_seen WHERE table_name = ? AND row_id = ? AND import_id = ?",
            [table, row_id, owner.import_id],
        )


def _rewrite(db: Database, table: str, row_id: int, one: _Said, before: Cells, after: Cells) -> None:
    """Let the history say what an import changed now; untouched where it says so already."""
    was: Cells = {}
    became: Cells = {}
    for _, earlier, later in one.changes:
        was = {**earlier, **was}
        became |= later
    same = {name for name in became if was.get(name) == became.get(name)}
    told = {name: value for name, value in became.items() if name not in same}
    if told == after and all(was.get(name) == before[name] for name in after):
        return
    names = {*before, *after}
    values = [json.dumps(_together(side, names), ensure_ascii=False) for side in (before, after)]
    kept = [change for change, _, _ in one.changes][:1] if after else []
    if kept:
        db.execute("UPDATE row_changes SET before = ?, after = ? WHERE id = ?", [*values, *kept])
    elif after:
        db.execute(
            "INSERT INTO row_changes (import_id, table_name, row_id, before, after) VALUES (?, ?, ?, ?, ?)",
            [one.import_id, table, row_id, *values],
        )
    gone = [(change,) for change, _, _ in one.changes if change not in kept]
    db.conn.executemany("DELETE FROM row_changes WHERE id = ?", gone)


def _apart(cells: Cells) -> Cells:
    """Cells with every extra one under its own name."""
    return dict(_each(cells))


def _each(cells: Cells) -> Iterator[tuple[str, Any]]:
    for name, value in cells.items():
        if name != "extra":
            yield name, value
        elif value:
            yield from ((_EXTRA + key, cell) for key, cell in json.loads(value).items())


def _together(cells: Cells, names: set[str]) -> Cells:
    """The stored columns among `names`, the extra cells as one JSON object again."""
    found = {name: cells.get(name) for name in sorted(names) if not name.startswith(_EXTRA)}
    if any(name.startswith(_EXTRA) for name in names):
        extra = {
            name.removeprefix(_EXTRA): value
            for name, value in cells.items()
            if name.startswith(_EXTRA) and value is not None
        }
        found["extra"] = json.dumps(extra, ensure_ascii=False) if extra else None
    return found
