"""Storing findings: under their keys, so that what the seller said of one survives the next analysis."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlite_utils import Database

from engine.findings import Finding


def store_findings(db: Database, desk: str, found: Sequence[Finding], moment: str) -> None:
    """Make `found` the current findings of a desk; earlier ones that were not found again stay, marked not current.

    Args:
        db: a write transaction.
        moment: ISO text, when they were found.
    """
    db.execute("UPDATE findings SET current = 0 WHERE desk = ?", [desk])
    for finding in found:
        interval = finding.interval
        row = db.execute(
            """
            INSERT INTO findings (key, desk, kind, subject, sentence, numbers, n, k, low, high, confidence, rank, method,
                                  query, first_seen, last_seen, current)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
            ON CONFLICT (key) DO UPDATE SET kind = excluded.kind, subject = excluded.subject,
                sentence = excluded.sentence, numbers = excluded.numbers, n = excluded.n, k = excluded.k,
                low = excluded.low, high = excluded.high, confidence = excluded.confidence, rank = excluded.rank,
                method = excluded.method, query = excluded.query, last_seen = excluded.last_seen, current = 1
            RETURNING id
            """,
            [
                finding.key,
                desk,
                finding.kind,
                json.dumps(finding.subject, ensure_ascii=False),
                finding.sentence,
                json.dumps(finding.numbers, ensure_ascii=False),
                finding.n,
                finding.k,
                None if interval is None else interval.low,
                None if interval is None else interval.high,
                finding.confidence,
                finding.rank,
                finding.method,
                finding.query,
                moment,
                moment,
            ],
        ).fetchone()
        db.execute("DELETE FROM evidence WHERE finding_id = ?", [row[0]])
        db.conn.executemany(
            'INSERT INTO evidence (finding_id, table_name, row_id, column_name, start, "end", role, position) '
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (row[0], e.table_name, e.row_id, e.column_name, e.start, e.end, e.role, position)
                for position, e in enumerate(finding.evidence)
            ],
        )
