"""Praise: what customers like about a product more than about others, and whether sales rose when they began to say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.findings import Finding, wilson
from engine.reviews import facts
from engine.reviews.board import Board, ThemeOnBoard, impact
from engine.reviews.evidence import best_quote, numbers, spans
from engine.reviews.pain_points import FALSE_DISCOVERIES, FLOOR_MENTIONS, FLOOR_REVIEWS
from engine.reviews.trends import dated_change
from engine.statistics import excess_p

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

METHOD = "clauses read by the model, grouped by meaning; Fisher's exact test, FDR 5 % (v1)"
SALES_METHOD = (
    METHOD + "; day of change by permutation test; the product's share of all units by month before and after it, "
    "Mann-Whitney test; goes with, not proved cause"
)
LEAST_MONTHS = 3
"""Months of sales needed on either side of a change."""


def find(board: Board) -> list[Finding]:
    """Praise per product; the kind `praise_that_sells` where it became common and sales rose with it."""

    tried: list[tuple[str, ThemeOnBoard, NDArray[np.bool_], float]] = []
    for theme in board.of("positive"):
        for product in board.products:
            inside = board.product == product
            k, n = int(theme.hits[inside].sum()), int(inside.sum())
            if n >= FLOOR_REVIEWS and k >= FLOOR_MENTIONS:
                rest = int(theme.hits.sum()) - k
                tried.append((product, theme, inside, excess_p(k, n, rest, len(board) - n)))
    shares = _monthly_shares(board)
    found = []
    for product, theme, inside, p in tried:
        sales = _sales_rise(board, theme, inside, shares.get(product, []))
        found.append(_finding(board, product, theme, inside, p, sales))
    return found


def _monthly_shares(board: Board) -> dict[str, list[tuple[str, float, float]]]:
    """Per product: (month, units, share of all the shop's units of that month), in order of month."""
    units = facts.units_by_month(board.store)
    if not len(units):
        return {}
    totals: dict[str, float] = {}
    by_product: dict[str, dict[str, float]] = {}
    for product, month, count in units.iter_rows():
        totals[month] = totals.get(month, 0.0) + (count or 0.0)
        by_product.setdefault(product, {})[month] = count or 0.0
    months = sorted(totals)
    return {
        product: [
            (month, own.get(month, 0.0), own.get(month, 0.0) / totals[month]) for month in months if totals[month]
        ]
        for product, own in by_product.items()
    }


def _sales_rise(
    board: Board, theme: ThemeOnBoard, inside: NDArray[np.bool_], shares: list[tuple[str, float, float]]
) -> dict[str, object] | None:
    """The day praise became common and units a month before and after, when both rose beyond chance; else None."""
    from scipy.stats import mannwhitneyu

    changed = dated_change(board, inside, theme.hits, only_rises=True)
    if changed is None or changed[0].p >= FALSE_DISCOVERIES:
        return None
    change, day = changed
    before = [entry for entry in shares if entry[0] < day[:7]]
    after = [entry for entry in shares if entry[0] > day[:7]]
    if len(before) < LEAST_MONTHS or len(after) < LEAST_MONTHS:
        return None
    p = float(mannwhitneyu([s for *_, s in after], [s for *_, s in before], alternative="greater").pvalue)
    if p >= FALSE_DISCOVERIES:
        return None
    return numbers(
        since=day,
        p_praise=change.p,
        p_sales=p,
        units_a_month_before=sum(u for _, u, _ in before) / len(before),
        units_a_month_after=sum(u for _, u, _ in after) / len(after),
        share_before=change.k_before / change.n_before,
        share_after=change.k_after / change.n_after,
    )


def _finding(
    board: Board,
    product: str,
    theme: ThemeOnBoard,
    inside: NDArray[np.bool_],
    p: float,
    sales: dict[str, object] | None,
) -> Finding:
    k, n = int(theme.hits[inside].sum()), int(inside.sum())
    rest_k, rest_n = int(theme.hits.sum()) - k, len(board) - n
    elsewhere = rest_k / rest_n if rest_n else 0.0
    quotes = theme.quotes_in({int(i) for i in board.ids[inside]})
    interval = wilson(k, n)
    return Finding(
        key=f"reviews/praise/{product}/{theme.key}",
        desk="reviews",
        kind="praise_that_sells" if sales else "praise",
        subject={"product": product, "name": board.names[product], "theme": theme.key, "theme_name": theme.name},
        numbers=numbers(
            share=k / n,
            share_elsewhere=elsewhere,
            quote=best_quote(quotes),
            words=list(theme.words),
            months=board.months(inside, theme.hits),
        )
        | (sales or {}),
        method=SALES_METHOD if sales else METHOD,
        n=n,
        k=k,
        interval=interval,
        # That praise and sales both rose was tested: both have to have risen (intersection-union test).
        p=max(float(str(sales["p_praise"])), float(str(sales["p_sales"]))) if sales else p,
        impact=impact((interval.low, k / n, interval.high), n * board.per_30_days()) if sales else None,
        query=facts.count_query(theme.key, board.last, product=product),
        evidence=spans(quotes),
    )
