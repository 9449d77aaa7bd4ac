"""Storing findings: under their keys, so that what the seller said of one survives the next analysis."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlite_utils import Database

from engine.findings import Finding
from engine.store.stale import kept_answer

_STORE = """
    INSERT INTO findings (key, desk, kind, subject, numbers, n, k, low, high, confidence, rank, method,
                          query, first_seen, last_seen, scope, p, impact_low, impact_mean, impact_high,
                          impact_unit, answer, current)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
    ON CONFLICT (key) DO UPDATE SET kind = excluded.kind, subject = excluded.subject,
        numbers = excluded.numbers, n = excluded.n, k = excluded.k,
        low = excluded.low, high = excluded.high, confidence = excluded.confidence, rank = excluded.rank,
        method = excluded.method, query = excluded.query, last_seen = excluded.last_seen,
        scope = excluded.scope, p = excluded.p, q = NULL, impact_low = excluded.impact_low,
        impact_mean = excluded.impact_mean, impact_high = excluded.impact_high,
        impact_unit = excluded.impact_unit, answer = excluded.answer, stale = 0, current = 1
    RETURNING id"""


def _values(db: Database, finding: Finding, desk: str, moment: str, scope: str) -> list[object]:
    interval, impact = finding.interval, finding.impact
    return [
        finding.key,
        desk,
        finding.kind,
        json.dumps(finding.subject, ensure_ascii=False),
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
        scope,
        finding.p,
        None if impact is None else impact.low,
        None if impact is None else impact.mean,
        None if impact is None else impact.high,
        None if impact is None else impact.unit,
        kept_answer(db, finding.query),
    ]


def replace_findings(
    db: Database, desk: str, found: Sequence[Finding], moment: str, *, scope: str = "", quiet: Sequence[float] = ()
) -> None:
    """Make `found` the current findings of one scope of a desk; earlier ones not found again stay, marked not current.

    What is shown first is not settled here: see `engine.desks.ranking.settle`.

    Args:
        db: a write transaction.
        moment: ISO text, when they were found.
        scope: the part of the desk's findings that these replace.
        quiet: raw p-values of what was tested and is no finding.
    """
    db.execute("UPDATE findings SET current = 0 WHERE desk = ? AND scope = ?", [desk, scope])
    db.execute("DELETE FROM quiet_tests WHERE desk = ? AND scope = ?", [desk, scope])
    db.conn.executemany("INSERT INTO quiet_tests VALUES (?, ?, ?)", [(desk, scope, p) for p in quiet])
    for finding in found:
        row = db.execute(_STORE, _values(db, finding, desk, moment, scope)).fetchone()
        db.execute("DELETE FROM evidence WHERE finding_id = ?", [row[0]])
        db.conn.executemany(
            'INSERT INTO evidence (finding_id, table_name, row_id, column_name, start, "end", role, position) '
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (row[0], e.table_name, e.row_id, e.column_name, e.start, e.end, e.role, position)
                for position, e in enumerate(finding.evidence)
            ],
        )
