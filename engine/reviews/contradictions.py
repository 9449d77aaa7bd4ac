"""Contradictions: reviews whose words say the opposite of their stars."""

from __future__ import annotations

from engine.findings import Finding, wilson
from engine.reviews.board import Board, impact
from engine.reviews.evidence import numbers, whole

METHOD = "stars 1-2 with words read as positive, or 4-5 read as negative, each with at least 90 % probability (v1)"
SURE = 0.9
LEAST = 3


def find(board: Board) -> list[Finding]:
    """One finding for the shop: how many rated reviews contradict their stars; none when too few do."""
    rows = list(
        zip(
            board.column("id"),
            board.column("stars"),
            board.column("p_negative"),
            board.column("p_positive"),
            strict=True,
        )
    )
    rated = [row for row in rows if row[1] is not None and row[2] is not None]
    harsh = [row for row in rated if _number(row[1]) >= 4 and _number(row[2]) >= SURE]
    kind = [row for row in rated if _number(row[1]) <= 2 and _number(row[3]) >= SURE]
    both = sorted(
        [(max(_number(row[2]), _number(row[3])), row[0]) for row in harsh + kind],
        key=lambda pair: (-pair[0], str(pair[1])),
    )
    k, n = len(both), len(rated)
    if k < LEAST:
        return []
    interval = wilson(k, n)
    return [
        Finding(
            key="reviews/contradiction/shop",
            desk="reviews",
            kind="contradiction",
            subject={"product": None},
            numbers=numbers(complain_with_many_stars=len(harsh), praise_with_few_stars=len(kind), share=k / n),
            method=METHOD,
            n=n,
            k=k,
            interval=interval,
            impact=impact((interval.low, k / n, interval.high), n * board.per_30_days()),
            query="SELECT count(*) AS n, sum((stars >= 4 AND json_extract(probabilities, '$.negative') >= 0.9) OR "
            "(stars <= 2 AND json_extract(probabilities, '$.positive') >= 0.9)) AS k FROM v_reviews "
            f"WHERE stars IS NOT NULL AND probabilities IS NOT NULL AND id <= {board.last}",
            evidence=whole("reviews", [int(str(row)) for _, row in both], "text"),
        )
    ]


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
