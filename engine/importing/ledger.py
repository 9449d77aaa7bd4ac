"""The list of imports in the shop: what was imported, from where, and what it came to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from engine.importing.report import ImportReport

if TYPE_CHECKING:
    from sqlite_utils import Database


@dataclass(frozen=True)
class Source:
    """What identifies the content of a table: the file's name for messages, its path, and a hash of its bytes (and of the
    table's place in it, where it holds several)."""

    file: str
    path: Path
    content: str


def earlier(db: Database, source: Source, profile: str | None) -> int | None:
    """The import that loaded the same content under the same profile, if it was not taken back."""
    found = db.execute(
        "SELECT max(id) FROM imports WHERE content_hash = ? AND state = 'loaded' AND profile IS ?",
        [source.content, profile],
    ).fetchone()[0]
    return None if found is None else int(found)


def begin(db: Database, source: Source, report: ImportReport) -> int:
    """Enter an import whose rows will be loaded now; the report gets its number."""
    columns = {
        "file": source.file,
        "path": str(source.path.resolve()),
        "content_hash": source.content,
        "bytes": source.path.stat().st_size,
        "profile": report.profile,
        "platform": report.platform,
        "report": report.report,
        "encoding": report.encoding,
        "delimiter": report.delimiter,
        "language": report.language,
        "imported_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    marks = ", ".join("?" * len(columns))
    cursor = db.execute(f"INSERT INTO imports ({', '.join(columns)}) VALUES ({marks})", list(columns.values()))
    report.import_id = int(cursor.lastrowid or 0)
    return report.import_id


def finish(db: Database, report: ImportReport) -> None:
    """Enter what an import came to."""
    columns = {
        "currency": report.currency,
        "rows_read": report.rows_read,
        "rows_loaded": report.rows_loaded,
        "rows_rejected": report.rows_rejected,
        "rows_duplicate": report.rows_duplicate,
        "rows_updated": report.rows_updated,
        "period_from": report.period["from"],
        "period_to": report.period["to"],
        "seconds": report.seconds,
        "report_json": json.dumps(report.as_json(), ensure_ascii=False),
    }
    setting = ", ".join(f"{name} = ?" for name in columns)
    db.execute(f"UPDATE imports SET {setting} WHERE id = ?", [*columns.values(), report.import_id])
