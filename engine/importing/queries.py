"""What the import desk shows: what a shop holds, what was imported, which reports are known, what columns can mean."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.findings import Finding
from engine.say import Speaker
from engine.store.database import Store

if TYPE_CHECKING:
    from engine.importing.profiles import ProfileSummary


def news(store: Store) -> list[Finding]:
    """What the last files of each report brought, what is to be acted on first; what was dismissed is left out."""
    rows = store.rows(
        "SELECT f.*, (SELECT count(*) FROM evidence e WHERE e.finding_id = f.id) AS evidence_count FROM findings f "
        "WHERE current AND desk = 'imports' AND state != 'dismissed' ORDER BY stale, rank DESC, k DESC, key"
    )
    return [Finding.from_row(row) for row in rows]


@dataclass(frozen=True)
class Overview:
    """What a shop holds, in counts; days are ISO text or None when no row has one."""

    reviews: int
    orders: int
    order_lines: int
    products: int
    returns: int
    imports: int
    first_day: str | None
    last_day: str | None
    languages: tuple[tuple[str, int], ...]


def overview(store: Store) -> Overview:
    """Counts and period of everything that was imported."""
    count = store.value
    days = store.rows(
        "SELECT min(day) AS first, max(day) AS last FROM "
        "(SELECT day FROM reviews UNION ALL SELECT day FROM order_lines UNION ALL SELECT day FROM orders)"
    )[0]
    languages = store.rows(
        "SELECT language, count(*) AS n FROM reviews WHERE language IS NOT NULL GROUP BY 1 ORDER BY 2 DESC"
    )
    return Overview(
        reviews=count("SELECT count(*) FROM reviews"),
        orders=count("SELECT count(*) FROM orders"),
        order_lines=count("SELECT count(*) FROM order_lines"),
        products=count("SELECT count(*) FROM product_keys"),
        returns=count("SELECT count(*) FROM returns"),
        imports=count("SELECT count(*) FROM imports WHERE state = 'loaded'"),
        first_day=days["first"],
        last_day=days["last"],
        languages=tuple((row["language"], row["n"]) for row in languages),
    )


@dataclass(frozen=True)
class Table:
    """An imported table that holds rows; days are ISO text or None when no row has one."""

    name: str
    rows: int
    files: int
    first_day: str | None
    last_day: str | None


def tables(store: Store) -> list[Table]:
    """Every imported table that holds rows, the fullest first."""
    from engine.store.tables import IMPORTED, columns

    found = []
    for name in IMPORTED:
        days = ("min(day)", "max(day)") if "day" in columns(name) else ("NULL", "NULL")
        row = store.rows(
            f"SELECT count(*) AS n, count(DISTINCT import_id) AS files, {days[0]} AS first, {days[1]} AS last FROM {name}"
        )[0]
        if row["n"]:
            found.append(Table(name, row["n"], row["files"], row["first"], row["last"]))
    return sorted(found, key=lambda table: -table.rows)


def filled(store: Store, table: str) -> list[str]:
    """The columns of an imported table that any row fills, in order."""
    from engine.store.evidence import known_table
    from engine.store.tables import columns

    names = columns(known_table(table))
    row = store.rows(f"SELECT {', '.join(f'max({name} IS NOT NULL) AS {name}' for name in names)} FROM {table}")[0]
    return [name for name in names if row[name]]


def table_rows(store: Store, table: str, *, offset: int = 0, limit: int = 100) -> list[dict[str, Any]]:
    """A page of an imported table in the order in which rows came, each with its `file`."""
    from engine.store.evidence import known_table

    return store.rows(
        f"SELECT t.*, i.file AS file FROM {known_table(table)} t JOIN imports i ON i.id = t.import_id "
        "ORDER BY t.id LIMIT ? OFFSET ?",
        [limit, offset],
    )


def imports(store: Store) -> list[dict[str, Any]]:
    """Every import, newest first, in the shape `import --json` prints plus `state` and `imported_at`."""
    rows = store.rows("SELECT * FROM imports ORDER BY id DESC")
    return [
        {
            **json.loads(row["report_json"]),
            "import_id": row["id"],
            "state": row["state"],
            "imported_at": row["imported_at"],
        }
        for row in rows
    ]


def imported_before(store: Store, path: Path) -> int | None:
    """The import that loaded exactly this file's content and still stands, None when there is none.

    Only a file of a size that was imported before is read at all.
    """
    try:
        same_size = store.rows(
            "SELECT id, content_hash FROM imports WHERE state = 'loaded' AND bytes = ? ORDER BY id DESC",
            [path.stat().st_size],
        )
        if not same_size:
            return None
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError:
        return None
    # A file of several tables has an import for each, under its hash and the table's name.
    return next((int(row["id"]) for row in same_size if row["content_hash"].split("/")[0] == digest), None)


def profiles() -> list[ProfileSummary]:
    """Every report that a file can be read as, by platform."""
    from engine.importing.profiles import listed

    return listed()


def column_meanings(kind: str | None = None, speaker: Speaker | None = None) -> list[tuple[str, str]]:
    """What a column of an unknown file can mean: the stored column's name and its plain label.

    Args:
        kind: what the file seems to be, `order` or `orders` for example: its own meanings come first, those of other
            kinds follow with the kind before them.
        speaker: says the labels in the reader's language; English when None.
    """
    from engine.store.tables import FAMILIES, family, meanings

    say = speaker or Speaker()
    found = {meaning: say._(label) for meaning, label in meanings(family(kind) or "review").items()}
    for other in FAMILIES:
        found |= {
            meaning: f"{other}: {say._(label)}" for meaning, label in meanings(other).items() if meaning not in found
        }
    return list(found.items())
