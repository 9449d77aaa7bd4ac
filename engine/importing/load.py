"""Rows into the shop: new ones added, changed ones changed with the change remembered, known ones left alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine.importing import language
from engine.importing.link import Linker, forget_mentions
from engine.importing.profiles import table_columns
from engine.store.search import spaced
from engine.store.sql import literal

if TYPE_CHECKING:
    import polars as pl
    from sqlite_utils import Database

_KEYS_AT_ONCE = 20_000
_LINKING = {"product_id", "sku", "product_name", "title"}


@dataclass
class Loaded:
    """How many rows of one table were added, changed and left alone.

    `read_updated` and `read_same` count rows of the file: one may give several rows of a table, or several one.
    """

    added: int = 0
    updated: int = 0
    same: int = 0
    read_updated: int = 0
    read_same: int = 0


class Loader:
    """Writes one import's rows inside its transaction.

    Args:
        db: the transaction's connection.
        linker: gives rows their product.
        import_id: the import.
        platform: stored with every row.
        sheet: the workbook's sheet, if any.
        namespace: what every `row_key` of this import begins with.

    Attributes:
        relink: a stored row's identifiers changed, so that the whole shop has to be linked anew.
    """

    def __init__(
        self, db: Database, linker: Linker, import_id: int, platform: str, sheet: str | None, namespace: str
    ) -> None:
        self.db, self.linker, self.import_id, self.platform, self.sheet = db, linker, import_id, platform, sheet
        self._namespace = namespace
        self._fresh: dict[str, bool] = {}
        self._written: dict[str, pl.Series] = {}
        self.relink = False

    def add(self, table: str, rows: pl.DataFrame, *, grouped: bool = False) -> Loaded:
        """Add or update `rows` (home columns, `line`, `row_key`, perhaps `extra`).

        `grouped` rows each stand for a group, which a later batch may bring again.
        """
        if rows.is_empty():
            return Loaded()
        columns = [name for name in (*table_columns(table), "extra") if name in rows.columns]
        if not self._is_fresh(table):
            return self._merge(table, columns, rows)
        again = self._again(table, rows) if grouped else None
        if again is None:
            self._insert(table, columns, rows)
            return Loaded(added=rows.height)
        self._insert(table, columns, rows.filter(~again))
        merged = self._merge(table, columns, rows.filter(again))
        return replace(merged, added=rows.height - merged.updated - merged.same)

    def _again(self, table: str, rows: pl.DataFrame) -> pl.Series | None:
        """Which groups an earlier batch of this import wrote already; None when none."""
        import polars as pl

        hashes = rows["row_key"].hash()
        before = self._written.get(table)
        self._written[table] = hashes if before is None else pl.concat([before, hashes])
        if before is None:
            return None
        again = hashes.is_in(before.implode())
        return again if again.any() else None

    def _is_fresh(self, table: str) -> bool:
        """Whether no row of an earlier import can have one of these keys."""
        if table not in self._fresh:
            found = self.db.execute(
                f"SELECT 1 FROM {table} WHERE row_key >= ? AND row_key < ? AND import_id != ? LIMIT 1",
                [self._namespace + "|", self._namespace + "}", self.import_id],
            ).fetchone()
            self._fresh[table] = found is None
        return self._fresh[table]

    def _insert(self, table: str, columns: list[str], rows: pl.DataFrame) -> None:
        import polars as pl

        if rows.is_empty():
            return
        if table == "reviews":
            rows = rows.with_columns(pl.Series("language", language.of_texts(rows["text"].to_list()), dtype=pl.String))
            columns = [*columns, "language"] if "language" not in columns else columns
        rows = self.linker.assign(table, self.platform, rows)
        columns = [
            name for name in (*columns, "product") if name in rows.columns and rows[name].null_count() < rows.height
        ]
        names = ["import_id", "sheet", "platform", "line", "row_key", *columns]
        # What all rows share stands in the statement, so that only cells cross into Python.
        marks = f"{self.import_id}, {literal(self.sheet)}, {literal(self.platform)}" + ", ?" * (len(columns) + 2)
        data = rows.select("line", "row_key", *columns)
        before = self._last_id(table)
        self.db.conn.executemany(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", data.iter_rows(buffer_size=4096)
        )
        if table == "reviews":
            self._index_reviews("id > ?", [before])

    def _last_id(self, table: str) -> int:
        return int(self.db.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0])

    def _index_reviews(self, where: str, values: Sequence[Any]) -> None:
        texts = self.db.execute(f"SELECT id, text FROM reviews WHERE {where}", list(values)).fetchall()
        self.db.conn.executemany(
            "INSERT INTO reviews_search (rowid, text) VALUES (?, ?)", ((row_id, spaced(text)) for row_id, text in texts)
        )

    def _merge(self, table: str, columns: list[str], rows: pl.DataFrame) -> Loaded:
        known: dict[str, tuple[Any, ...]] = {}
        others = [name for name in (*table_columns(table), "extra") if name not in columns]
        stored_columns = ", ".join(_stored(table, name) for name in (*columns, *others))
        for part in rows["row_key"].to_frame().iter_slices(_KEYS_AT_ONCE):
            found = self.db.execute(
                f"SELECT row_key, id, {stored_columns} FROM {table} WHERE row_key IN (SELECT value FROM json_each(?))",
                [json.dumps(part.to_series().to_list(), ensure_ascii=False)],
            )
            known |= {row[0]: row[1:] for row in found}
        here = rows["row_key"].is_in(list(known))
        new = rows.filter(~here)
        if new.height:
            self._insert(table, columns, new)
        result = Loaded(added=new.height)
        seen = []
        weights = rows["rows"].to_list() if "rows" in rows.columns else [1] * rows.height
        weight_of = dict(zip(rows["line"], weights, strict=True))
        updated: set[int] = set()
        for line, key, *values in rows.filter(here).select("line", "row_key", *columns).iter_rows():
            row_id, *stored = known[key]
            silent = _silent([*columns, *others], stored, values)
            seen.append((self.import_id, table, row_id, line, self.sheet, silent))
            # A cell that this file leaves empty says nothing about what another file told.
            changes = {
                name: (old, value)
                for name, old, value in zip(columns, stored, values, strict=False)
                if value is not None and value != old and not _close(old, value)
            }
            if "extra" in changes:
                changes["extra"] = (changes["extra"][0], _joined(*changes["extra"]))
                if changes["extra"][0] == changes["extra"][1]:
                    del changes["extra"]
            if not changes:
                result.same += 1
                continue
            result.updated += 1
            updated.add(line)
            if changes.keys() & _LINKING and not self.relink:
                self.relink = True
                forget_mentions(self.db)
            self._update(table, row_id, changes)
        self.db.conn.executemany(
            "INSERT OR IGNORE INTO row_seen (import_id, table_name, row_id, line, sheet, silent) VALUES (?, ?, ?, ?, ?, ?)",
            seen,
        )
        same = set(rows["line"].filter(here)) - updated - set(new["line"])
        result.read_updated = sum(weight_of[line] for line in updated)
        result.read_same = sum(weight_of[line] for line in same)
        return result

    def _update(self, table: str, row_id: int, changes: dict[str, tuple[Any, Any]]) -> None:
        if table == "reviews" and "text" in changes:
            text = changes["text"][1]
            stored = self.db.execute("SELECT language FROM reviews WHERE id = ?", [row_id]).fetchone()[0]
            changes["language"] = (stored, language.of_text(text) or stored)
        for column in {"order_id", "courier"} & changes.keys() if table == "reviews" else ():
            self.db.execute(f"UPDATE review_links SET {column} = NULL WHERE review_row = ?", [row_id])
        self.db.execute(
            "INSERT INTO row_changes (import_id, table_name, row_id, before, after) VALUES (?, ?, ?, ?, ?)",
            [self.import_id, table, row_id, _side(changes, 0), _side(changes, 1)],
        )
        set_columns(self.db, table, row_id, {name: new for name, (_, new) in changes.items()})


def _silent(names: list[str], stored: Sequence[Any], values: Sequence[Any]) -> str | None:
    """The columns that have a value but that this row leaves unsaid, as JSON; `values` are those of the first names."""
    silent: list[str] = []
    for number, (name, old) in enumerate(zip(names, stored, strict=True)):
        new = values[number] if number < len(values) else None
        if old is None:
            continue
        if name == "extra":
            said = json.loads(new) if new else {}
            silent += ["extra/" + key for key in json.loads(old) if key not in said]
        elif new is None:
            silent.append(name)
    return json.dumps(sorted(silent), ensure_ascii=False) if silent else None


def _stored(table: str, column: str) -> str:
    """A stored column as files told it: what linking gave a review is not told by any."""
    if table == "reviews" and column in ("order_id", "courier"):
        linked = f"(SELECT l.{column} FROM review_links l WHERE l.review_row = reviews.id)"
        return f"CASE WHEN {column} IS {linked} THEN NULL ELSE {column} END"
    return column


def set_columns(db: Database, table: str, row_id: int, values: dict[str, Any]) -> None:
    """Change a stored row; the search index follows a review's text."""
    assignments = ", ".join(f"{name} = ?" for name in values)
    db.execute(f"UPDATE {table} SET {assignments} WHERE id = ?", [*values.values(), row_id])
    if table == "reviews" and "text" in values:
        db.execute("DELETE FROM reviews_search WHERE rowid = ?", [row_id])
        db.execute("INSERT INTO reviews_search (rowid, text) VALUES (?, ?)", [row_id, spaced(str(values["text"]))])


def _side(changes: dict[str, tuple[Any, Any]], index: int) -> str:
    return json.dumps({name: pair[index] for name, pair in changes.items()}, ensure_ascii=False)


def _close(old: Any, new: Any) -> bool:
    return isinstance(old, float) and isinstance(new, float) and abs(old - new) < 1e-9


def _joined(old: str | None, new: str) -> str:
    """Two JSON objects of extra cells as one; the newer cell wins."""
    if not old:
        return new
    return json.dumps({**json.loads(old), **json.loads(new)}, ensure_ascii=False)
