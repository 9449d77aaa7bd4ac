"""What can be exported, as sheets: names of columns, and rows that are read while they are written."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import UsageError
from engine.exporting.cells import restored
from engine.store.migrations import IMPORTED_TABLES

if TYPE_CHECKING:
    from engine.shop import ReviewFilter, Shop
    from engine.store.database import Store

OWN = ("backroom file", "backroom sheet", "backroom line")
"""Columns that say where an exported row comes from."""
WHATS = ("findings", "evidence", "rejects", "profiles", *IMPORTED_TABLES)
QUERY_SECONDS = 60.0
MOST_ROWS = 5_000_000


@dataclass(frozen=True)
class Sheet:
    """One table to write.

    Attributes:
        title: what it is, in a few words, for a reader.
        rows: as many cells as there are columns; text, numbers or None.
        count: how many rows there are.
        records: the same rows in their documented JSON shape, where there is one.
        notes: what the seller should know of it.
    """

    title: str
    columns: tuple[str, ...]
    rows: Callable[[], Iterable[tuple[Any, ...]]]
    count: int
    records: Callable[[], Iterable[dict[str, Any]]] | None = None
    notes: tuple[str, ...] = ()


def key_column(table: str) -> str:
    """The column by which the import desk knows an exported file again, and each of its rows."""
    return f"backroom key of {table}"


def of_query(store: Store, sql: str) -> Sheet:
    """A seller's own read-only query.

    Raises:
        ShopError: it is no query, is wrong, or runs longer than a minute.
    """
    columns, rows, more = store.query(sql, seconds=QUERY_SECONDS, limit=MOST_ROWS)
    notes = (f"Only the first {MOST_ROWS:,} rows are in the file.",) if more else ()
    return Sheet("query", tuple(columns), lambda: rows, len(rows), notes=notes)


def of_table(store: Store, name: str) -> Sheet:
    """A table or view: an imported table with where each row comes from, anything else as it is.

    Raises:
        UsageError: there is no such table or view.
    """
    if name in IMPORTED_TABLES:
        return _imported(store, name)
    known = {
        row["name"]
        for row in store.rows("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")
    }
    if name not in known:
        views = ", ".join(sorted(view for view in known if view.startswith("v_")))
        raise UsageError(f"there is nothing called {name} to export.", todo=f"Try {', '.join(WHATS)}, {views}.")
    quoted = '"' + name.replace('"', '""') + '"'
    return _selected(store, name, f"SELECT * FROM {quoted}", f"SELECT count(*) FROM {quoted}")


def _imported(store: Store, table: str) -> Sheet:
    columns = [column["name"] for column in store.rows(f"SELECT name FROM pragma_table_info('{table}')")]
    home = [name for name in columns if name not in ("id", "import_id", "sheet", "line", "row_key")]
    chosen = [f"t.{name}" for name in home]
    joined = ""
    if table == "reviews":
        chosen += ["l.label AS sentiment", "l.source AS sentiment_source"]
        joined = "LEFT JOIN v_labels l ON l.table_name = 'reviews' AND l.row_id = t.id AND l.task = 'sentiment'"
    chosen += [
        f'{sql} AS "{name}"'
        for sql, name in zip(("i.file", "t.sheet", "t.line", "t.row_key"), (*OWN, key_column(table)), strict=True)
    ]
    return _selected(
        store,
        table,
        f"SELECT {', '.join(chosen)} FROM {table} t JOIN imports i ON i.id = t.import_id {joined} ORDER BY t.id",
        f"SELECT count(*) FROM {table}",
    )


def _selected(store: Store, title: str, sql: str, counting: str) -> Sheet:
    head = store.reader().execute(f"SELECT * FROM ({sql}) LIMIT 0")
    columns = tuple(column[0] for column in head.description)
    return Sheet(
        title.replace("_", " "), columns, lambda: map(tuple, store.reader().execute(sql)), store.value(counting)
    )


def of_reviews(shop: Shop, which: ReviewFilter) -> Sheet:
    """The reviews that a filter keeps, newest first, as they are read on screen."""
    columns = ("day", "stars", "sentiment", "confidence", "product", "title", "text", "language", "file", "line")

    def rows() -> Iterator[tuple[Any, ...]]:
        for r in shop.reviews(which, limit=MOST_ROWS):
            yield (
                *(r.day, r.stars, r.sentiment, r.confidence, r.product_name or r.product, r.title, r.text, r.language),
                *(r.file, r.line),
            )

    return Sheet("reviews", columns, rows, shop.count_reviews(which))


def of_findings(shop: Shop, only: Collection[int] | None = None) -> Sheet:
    """Current findings, most important first; those of some ids with `only`."""
    found = [f for f in shop.findings(include_dismissed=only is not None) if only is None or f.id in only]
    columns = (
        *("id", "desk", "kind", "finding", "k", "n", "low", "high", "confidence", "state", "evidence", "about"),
        *("numbers", "method", "query", "key"),
    )

    def rows() -> Iterator[tuple[Any, ...]]:
        for f in found:
            low, high = (f.interval.low, f.interval.high) if f.interval else (None, None)
            about, numbers = (json.dumps(part, ensure_ascii=False) for part in (f.subject, f.numbers))
            yield (
                *(f.id, f.desk, f.kind, f.sentence, f.k, f.n, low, high, f.confidence, f.state, f.evidence_count),
                *(about, numbers, f.method, f.query, f.key),
            )

    return Sheet("findings", columns, rows, len(found), lambda: (f.as_json() for f in found))


def of_evidence(shop: Shop, finding: int | str | None) -> Sheet:
    """The rows behind one finding, or behind all current ones.

    Raises:
        UsageError: there is no such finding.
    """
    wanted = shop.findings() if finding is None else [shop.finding(finding)]
    rows = [(f, row) for f in wanted for row in shop.evidence(f.id or 0)]
    columns = (
        *("finding", "role", "quote", "text", "day", "stars", "product", "table", "start", "end"),
        *("file", "sheet", "line", "finding key"),
    )

    def cells() -> Iterator[tuple[Any, ...]]:
        for f, r in rows:
            yield (
                *(f.sentence, r.role, r.quote, r.text, r.day, r.stars, r.product_name, r.table_name, r.start, r.end),
                *(r.file, r.sheet, r.line, f.key),
            )

    title = "evidence" if finding is None else f"evidence: {wanted[0].sentence}"
    return Sheet(title, columns, cells, len(rows), lambda: (row.as_json() for _, row in rows))


def of_rejects(shop: Shop) -> Sheet:
    """Every row that was not loaded, of all imports that still stand, under the union of their columns."""
    columns: dict[str, None] = {"backroom file": None, "backroom reason": None, "backroom line": None}
    rows: list[dict[str, str]] = []
    lost = []
    paths = dict.fromkeys(
        (str(report["rejects_file"]), str(report["file"]))
        for report in reversed(shop.imports())
        if report.get("rejects_file") and report["state"] == "loaded"
    )
    for path, file in paths:
        try:
            with Path(path).open(encoding="utf-8-sig", newline="") as source:
                reader = csv.DictReader(source)
                columns |= dict.fromkeys(restored(name) for name in reader.fieldnames or ())
                rows += [
                    {"backroom file": file, **{restored(k): restored(v) for k, v in row.items() if k and v}}
                    for row in reader
                ]
        except OSError:
            lost.append(f"The rejects of {Path(file).name} are no longer where they were written: {path}.")
    names = tuple(columns)
    return Sheet(
        "rejects", names, lambda: (tuple(row.get(name) for name in names) for row in rows), len(rows), notes=tuple(lost)
    )
