"""The Finding: the one noun that every analysis returns and every view shows.

A Finding is a sentence filled from numbers, the numbers with their interval, the evidence that opens it, and a stable key
under which the next analysis finds it again.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Any

STATES = ("new", "seen", "dismissed", "acted on")


@dataclass(frozen=True)
class Interval:
    """A two-sided 95 % interval `[low, high]`."""

    low: float
    high: float


@dataclass(frozen=True)
class Evidence:
    """One stored row that a Finding rests on.

    `start` and `end` are code-point offsets into the row's `column_name`; both None when the whole row is meant.
    `role` is "for" or "against" (a counter-example).
    """

    table_name: str
    row_id: int
    column_name: str | None = None
    start: int | None = None
    end: int | None = None
    role: str = "for"


@dataclass(frozen=True)
class Finding:
    """What an analysis found out.

    Attributes:
        key: stable across runs: what it is about, never when it was found.
        subject: what it is about, for example `{"product": "lantern", "name": "…", "theme": "…"}`.
        sentence: one sentence for a seller, filled from `numbers` by code.
        k, n: the count behind it: k of n.
        confidence: between 0 and 1; for a test, one minus its (corrected) p-value.
        rank: sorts the Today screen; higher first, zero or less is not shown there.
        query: the SQL that reproduces k and n.
    """

    key: str
    desk: str
    kind: str
    subject: dict[str, Any]
    sentence: str
    numbers: dict[str, Any]
    method: str
    n: int | None = None
    k: int | None = None
    interval: Interval | None = None
    confidence: float | None = None
    rank: float = 0.0
    query: str | None = None
    evidence: tuple[Evidence, ...] = field(default=(), repr=False)
    id: int | None = None
    state: str = "new"
    state_reason: str | None = None
    evidence_count: int = 0

    def as_json(self) -> dict[str, Any]:
        """The shape `findings --json` prints."""
        return {
            "id": self.id,
            "key": self.key,
            "desk": self.desk,
            "kind": self.kind,
            "subject": self.subject,
            "sentence": self.sentence,
            "numbers": self.numbers,
            "n": self.n,
            "k": self.k,
            "interval": None if self.interval is None else [self.interval.low, self.interval.high],
            "confidence": self.confidence,
            "state": self.state,
            "method": self.method,
            "evidence_count": self.evidence_count,
            "rank": self.rank,
            "query": self.query,
        }

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Finding:
        """A stored row of `findings` (with `evidence_count`) as a Finding."""
        return cls(
            key=row["key"],
            desk=row["desk"],
            kind=row["kind"],
            subject=json.loads(row["subject"]),
            sentence=row["sentence"],
            numbers=json.loads(row["numbers"]),
            method=row["method"],
            n=row["n"],
            k=row["k"],
            interval=None if row["low"] is None else Interval(row["low"], row["high"]),
            confidence=row["confidence"],
            rank=row["rank"],
            query=row["query"],
            id=row["id"],
            state=row["state"],
            state_reason=row["state_reason"],
            evidence_count=row["evidence_count"],
        )


@dataclass(frozen=True)
class AnalysisReport:
    """What `analyze` did: counts of rows labelled now, findings stored, and warnings a seller should read."""

    labelled: int
    findings: int
    seconds: float
    warnings: tuple[str, ...]


def wilson(k: int, n: int, z: float = 1.959963984540054) -> Interval:
    """The Wilson score interval of a share k/n (Wilson 1927; Brown, Cai & DasGupta 2001), 95 % by default.

    `n` = 0 gives the whole range: nothing is known.
    """
    if n == 0:
        return Interval(0.0, 1.0)
    p = k / n
    centre = p + z * z / (2 * n)
    spread = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low, high = (centre - spread) / scale, (centre + spread) / scale
    # At the ends the formula gives exactly 0 and 1; floating point does not.
    return Interval(0.0 if k == 0 else max(0.0, low), 1.0 if k == n else min(1.0, high))
