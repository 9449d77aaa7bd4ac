"""What can be exported, by name: findings, evidence, what the desks offer, and any table or view."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from engine.desks import registry
from engine.desks.base import load
from engine.desks.sentences import sentence
from engine.store.sheets import Documents, Sheet, of_table

if TYPE_CHECKING:
    from engine.findings import Finding
    from engine.say import Speaker
    from engine.store.database import Store
    from engine.store.evidence import EvidenceRow


def _offered() -> dict[str, Callable[[Store], Sheet | Documents]]:
    found: dict[str, Callable[[Store], Sheet | Documents]] = {}
    for one in registry.DESKS:
        found |= load(one.sheets) if one.sheets else {}
    return found


def named(store: Store, what: str) -> Sheet | Documents:
    """What a desk offers under this name, or the table or view that is called so.

    Raises:
        UsageError: there is nothing of that name; the message says what there is.
    """
    offered = _offered()
    return offered[what](store) if what in offered else of_table(store, what, ("findings", "evidence", *offered))


def of_findings(found: Sequence[Finding], speaker: Speaker) -> Sheet:
    """Findings in their order."""
    columns = (
        *("id", "desk", "kind", "finding", "k", "n", "low", "high", "confidence", "state", "evidence", "about"),
        *("numbers", "method", "query", "key"),
    )

    def rows() -> Iterator[tuple[Any, ...]]:
        for f in found:
            low, high = (f.interval.low, f.interval.high) if f.interval else (None, None)
            about, numbers = (json.dumps(part, ensure_ascii=False) for part in (f.subject, f.numbers))
            yield (
                *(
                    f.id,
                    f.desk,
                    f.kind,
                    sentence(f, speaker),
                    f.k,
                    f.n,
                    low,
                    high,
                    f.confidence,
                    f.state,
                    f.evidence_count,
                ),
                *(about, numbers, f.method, f.query, f.key),
            )

    def records() -> Iterator[dict[str, Any]]:
        for f in found:
            yield {**f.as_json(), "sentence": sentence(f, speaker)}

    return Sheet("findings", columns, rows, len(found), records)


def of_evidence(opened: Sequence[tuple[Finding, EvidenceRow]], speaker: Speaker) -> Sheet:
    """The rows behind findings, each beside what it speaks for."""
    columns = (
        *("finding", "role", "quote", "text", "day", "stars", "product", "table", "start", "end"),
        *("file", "sheet", "line", "finding key"),
    )

    about = {f.key: sentence(f, speaker) for f, _ in opened}

    def cells() -> Iterator[tuple[Any, ...]]:
        for f, r in opened:
            yield (
                *(about[f.key], r.role, r.quote, r.text, r.day, r.stars, r.product_name, r.table_name, r.start, r.end),
                *(r.file, r.sheet, r.line, f.key),
            )

    title = f"evidence: {next(iter(about.values()))}" if len(about) == 1 else "evidence"
    return Sheet(title, columns, cells, len(opened), lambda: (row.as_json() for _, row in opened))
