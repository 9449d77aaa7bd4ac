"""Drivers: a complaint that comes with a courier, or with one variant of a product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.findings import Finding, wilson
from engine.reviews.board import Board, ThemeOnBoard, impact
from engine.reviews.evidence import best_quote, numbers, spans
from engine.reviews.facts import count_query
from engine.reviews.pain_points import FALSE_DISCOVERIES, FLOOR_MENTIONS, FLOOR_REVIEWS
from engine.statistics import adjusted, difference, excess_p, stratified_excess_p

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

METHOD = (
    "share with one value against the others within the same products, Mantel-Haenszel test (Fisher's exact test for one "
    "product), FDR 5 %; goes with, not proved cause (v1)"
)


def find(board: Board) -> list[Finding]:
    """Complaints tied to a courier (whole shop) or to a variant (within its product)."""
    import numpy as np

    tried: list[tuple[str, str, str | None, ThemeOnBoard, NDArray[np.bool_], NDArray[np.bool_], float]] = []
    scopes: list[tuple[str, str | None]] = [("courier", None), *(("variant", product) for product in board.products)]
    for column, product in scopes:
        values = np.array(board.column(column), dtype=object)
        known = np.array([value not in (None, "") for value in values], dtype=np.bool_)
        scope = known if product is None else known & (board.product == product)
        for value in sorted({str(v) for v in values[scope]}):
            here = scope & (values == value)
            there = scope & ~here
            if here.sum() < FLOOR_REVIEWS or not there.any():
                continue
            for theme in board.of("negative"):
                if theme.hits[here].sum() >= FLOOR_MENTIONS:
                    p = _p_within_products(board, theme, here, there)
                    tried.append((column, value, product, theme, here, there, p))
    found = []
    for (column, value, product, theme, here, there, p), q in zip(tried, adjusted([p for *_, p in tried]), strict=True):
        if q < FALSE_DISCOVERIES:
            found.append(_finding(board, column, value, product, theme, here, there, p))
        else:
            board.quiet.append(p)
    return found


def _p_within_products(board: Board, theme: ThemeOnBoard, here: NDArray[np.bool_], there: NDArray[np.bool_]) -> float:
    """How surely the complaint is more common here than there among reviews of the same product."""
    strata = []
    for product in board.products:
        own_here, own_there = here & (board.product == product), there & (board.product == product)
        if own_here.any() and own_there.any():
            strata.append(
                (
                    int(theme.hits[own_here].sum()),
                    int(own_here.sum()),
                    int(theme.hits[own_there].sum()),
                    int(own_there.sum()),
                )
            )
    if len(strata) == 1:
        return excess_p(*strata[0])
    return stratified_excess_p(strata)


def _finding(
    board: Board,
    column: str,
    value: str,
    product: str | None,
    theme: ThemeOnBoard,
    here: NDArray[np.bool_],
    there: NDArray[np.bool_],
    p: float,
) -> Finding:
    k, n = int(theme.hits[here].sum()), int(here.sum())
    k_there, n_there = int(theme.hits[there].sum()), int(there.sum())
    quotes = theme.quotes_in({int(i) for i in board.ids[here]})
    return Finding(
        key=f"reviews/driver/{column}/{value}/{product or 'shop'}/{theme.key}",
        desk="reviews",
        kind="driver",
        subject={
            "product": product,
            "name": None if product is None else board.names[product],
            "theme": theme.key,
            "theme_name": theme.name,
            column: value,
        },
        numbers=numbers(
            share=k / n,
            share_others=k_there / n_there,
            k_others=k_there,
            n_others=n_there,
            quote=best_quote(quotes),
            words=list(theme.words),
            months=board.months(here, theme.hits),
        ),
        method=METHOD,
        n=n,
        k=k,
        interval=wilson(k, n),
        p=p,
        impact=impact(difference(k, n, k_there, n_there), n * board.per_30_days()),
        query=count_query(theme.key, board.last, product=product, **{column: value}),
        evidence=spans(quotes),
    )
