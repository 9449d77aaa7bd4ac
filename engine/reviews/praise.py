"""Praise: what customers like about a product more than about others, and whether sales rose when they began to say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.findings import Finding, wilson
from engine.reviews import facts
from engine.reviews.board import Board, ThemeOnBoard
from engine.reviews.evidence import best_quote, numbers, spans
from engine.reviews.pain_points import FALSE_DISCOVERIES, FLOOR_MENTIONS, FLOOR_REVIEWS, percent
from engine.reviews.trends import dated_change
from engine.statistics import adjusted, excess_p

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
    for (product, theme, inside, _), q in zip(tried, adjusted([p for *_, p in tried]), strict=True):
        sales = _sales_rise(board, theme, inside, shares.get(product, []))
        found.append(_finding(board, product, theme, inside, q, sales))
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
    q: float,
    sales: dict[str, object] | None,
) -> Finding:
    k, n = int(theme.hits[inside].sum()), int(inside.sum())
    rest_k, rest_n = int(theme.hits.sum()) - k, len(board) - n
    elsewhere = rest_k / rest_n if rest_n else 0.0
    name = board.names[product]
    quotes = theme.quotes_in({int(i) for i in board.ids[inside]})
    interval = wilson(k, n)
    sentence = f"{name}: {k} of {n} reviews praise {theme.name} (“{best_quote(quotes)}”), against {percent(elsewhere)} elsewhere."
    if sales:
        sentence += (
            f" Since {sales['since']} it is said more often, and sales went from {sales['units_a_month_before']:.0f} to "
            f"{sales['units_a_month_after']:.0f} units a month."
        )
    return Finding(
        key=f"reviews/praise/{product}/{theme.key}",
        desk="reviews",
        kind="praise_that_sells" if sales else "praise",
        subject={"product": product, "name": name, "theme": theme.key, "theme_name": theme.name},
        sentence=sentence,
        numbers=numbers(
            share=k / n,
            share_elsewhere=elsewhere,
            q=q,
            words=list(theme.words),
            months=board.months(inside, theme.hits),
        )
        | (sales or {}),
        method=SALES_METHOD if sales else METHOD,
        n=n,
        k=k,
        interval=interval,
        confidence=1 - q,
        rank=float(k) if sales else 0.0,
        query=facts.count_query(theme.key, product=product),
        evidence=spans(quotes),
    )
