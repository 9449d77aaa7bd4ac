"""Copied reviews: many nearly equal texts about one product within a few days."""

from __future__ import annotations

import re
from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING

from engine.findings import Finding, Impact, wilson
from engine.reviews.board import Board
from engine.reviews.evidence import numbers, whole

if TYPE_CHECKING:
    import polars as pl

METHOD = "texts that share at least half of their 4-character pieces (Jaccard; Broder 1997), within 7 days (v1)"
ALIKE = 0.5
DAYS = 7
LEAST = 4
SHORTEST = 24
"""Texts with fewer characters are alike by chance ("Great, thanks")."""


def find(board: Board) -> list[Finding]:
    """Groups of at least four nearly equal reviews of one product within a week."""
    found: list[Finding] = []
    if not len(board):
        return found
    for product in board.products:
        inside = board.reviews.filter(board.reviews["product"] == product)
        found += [_finding(board, product, inside, group) for group in _groups(inside)]
    return found


def _groups(reviews: pl.DataFrame) -> list[list[int]]:
    """Row ids of each group of near-copies, in order of day."""
    rows = [
        (int(row), _pieces(text), date.fromisoformat(day[:10]).toordinal())
        for row, text, day in reviews.select("id", "text", "day").iter_rows()
        if day and len(text) >= SHORTEST
    ]
    parent = {row: row for row, *_ in rows}

    def root(row: int) -> int:
        while parent[row] != row:
            row = parent[row]
        return row

    for (a, pieces_a, day_a), (b, pieces_b, day_b) in combinations(rows, 2):
        if abs(day_a - day_b) <= DAYS and len(pieces_a & pieces_b) >= ALIKE * len(pieces_a | pieces_b):
            parent[root(b)] = root(a)
    groups: dict[int, list[int]] = {}
    for row, *_ in rows:
        groups.setdefault(root(row), []).append(row)
    return [group for group in groups.values() if len(group) >= LEAST]


def _pieces(text: str) -> set[str]:
    plain = re.sub(r"\W+", " ", text.lower())
    return {plain[i : i + 4] for i in range(len(plain) - 3)}


def _finding(board: Board, product: str, inside: pl.DataFrame, group: list[int]) -> Finding:
    days = sorted(inside.filter(inside["id"].is_in(group))["day"].to_list())
    k, n = len(group), len(inside)
    count = round(k * board.per_30_days(), 4)
    return Finding(
        key=f"reviews/copied/{product}/{days[0][:10]}",
        desk="reviews",
        kind="copied_reviews",
        subject={"product": product, "name": board.names[product], "since": days[0][:10]},
        numbers=numbers(first_day=days[0][:10], last_day=days[-1][:10], share=k / n),
        method=METHOD,
        n=n,
        k=k,
        interval=wilson(k, n),
        # Counted, not estimated: nobody was sampled.
        impact=Impact(count, mean=count, high=count),
        evidence=whole("reviews", group, "text"),
    )
