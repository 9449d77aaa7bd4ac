"""The Finding: the one noun that every analysis returns and every view shows.

A Finding is what it is about, numbers with their interval, the evidence that opens it, and a stable key under which the
next analysis finds it again. It has no prose: its desk makes the sentence when it is shown (`engine.desks.sentences`).
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
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


CUSTOMERS = "customers"
NEWS = "news"


@dataclass(frozen=True)
class Impact:
    """What a finding is worth per 30 days: what ranks it.

    Attributes:
        low: the lower 95 % bound; at or below zero the finding is listed and not shown first.
        unit: `CUSTOMERS`, an ISO currency, or `NEWS`: counted and not weighed, `low` is its place among the news.
        mean, high: the estimate and the upper 95 % bound, where there are any.
    """

    low: float
    unit: str = CUSTOMERS
    mean: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Finding:
    """What an analysis found out.

    Attributes:
        key: stable across runs: what it is about, never when it was found.
        subject: what it is about, for example `{"product": "lantern", "name": "…", "theme": "…"}`.
        numbers: all that the sentence needs beyond `subject`, k and n; text only as a customer or a file wrote it.
        k, n: the count behind it: k of n.
        p: the raw p-value where something was tested.
        impact: what it is worth; None is listed, never shown first.
        q: p corrected for everything that all desks tested; settled when it is stored.
        confidence: between 0 and 1; one minus q where something was tested.
        rank: sorts the Today screen; higher first, zero or less is not shown there; settled when it is stored.
        stale: files came in or were taken back since; the numbers are those of before.
        query: the SQL that reproduces k and n.
    """

    key: str
    desk: str
    kind: str
    subject: dict[str, Any]
    numbers: dict[str, Any]
    method: str
    n: int | None = None
    k: int | None = None
    interval: Interval | None = None
    p: float | None = None
    impact: Impact | None = None
    q: float | None = None
    confidence: float | None = None
    rank: float = 0.0
    query: str | None = None
    evidence: tuple[Evidence, ...] = field(default=(), repr=False)
    id: int | None = None
    state: str = "new"
    state_reason: str | None = None
    stale: bool = False
    evidence_count: int = 0

    def as_json(self) -> dict[str, Any]:
        """The shape `findings --json` prints, without the sentence: that is made in the reader's language."""
        return {
            "id": self.id,
            "key": self.key,
            "desk": self.desk,
            "kind": self.kind,
            "subject": self.subject,
            "numbers": self.numbers,
            "n": self.n,
            "k": self.k,
            "interval": None if self.interval is None else [self.interval.low, self.interval.high],
            "confidence": self.confidence,
            "p": self.p,
            "q": self.q,
            "impact": None if self.impact is None else asdict(self.impact),
            "state": self.state,
            "method": self.method,
            "stale": self.stale,
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
            numbers=json.loads(row["numbers"]),
            method=row["method"],
            n=row["n"],
            k=row["k"],
            interval=None if row["low"] is None else Interval(row["low"], row["high"]),
            p=row["p"],
            impact=None
            if row["impact_low"] is None
            else Impact(row["impact_low"], row["impact_unit"], row["impact_mean"], row["impact_high"]),
            q=row["q"],
            confidence=row["confidence"],
            rank=row["rank"],
            query=row["query"],
            id=row["id"],
            state=row["state"],
            state_reason=row["state_reason"],
            stale=bool(row["stale"]),
            evidence_count=row["evidence_count"],
        )


@dataclass(frozen=True)
class DeskReport:
    """What became of one desk in an analysis.

    Attributes:
        state: "done", "waits" (for a file) or "failed" (its last findings stay).
        note: which file it waits for, or what went wrong.
        exit_code: what the command line ends with because of it; 0 unless it failed.
    """

    desk: str
    state: str
    findings: int = 0
    note: str | None = None
    exit_code: int = 0


@dataclass(frozen=True)
class AnalysisReport:
    """What `analyze` did: counts of texts read now, findings stored, warnings a seller should read, and each desk."""

    labelled: int
    findings: int
    seconds: float
    warnings: tuple[str, ...]
    desks: tuple[DeskReport, ...] = ()

    @property
    def exit_code(self) -> int:
        """What the command line ends with: that of the first desk that failed, else 0."""
        return next((one.exit_code for one in self.desks if one.exit_code), 0)


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
