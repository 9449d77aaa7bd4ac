"""Trends: a complaint that became more or less common from a certain day, on one product or in the whole shop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.findings import Finding, wilson
from engine.reviews.board import Board, ThemeOnBoard, impact
from engine.reviews.evidence import best_quote, numbers, spans
from engine.reviews.facts import count_query
from engine.reviews.pain_points import FALSE_DISCOVERIES, FLOOR_MENTIONS
from engine.statistics import ChangePoint, adjusted, change_point, difference

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

METHOD = "largest likelihood ratio over all days, permutation test of the maximum, FDR 5 % (v1)"


def dated_change(
    board: Board, inside: NDArray[np.bool_], hits: NDArray[np.bool_], *, only_rises: bool = False
) -> tuple[ChangePoint, str] | None:
    """The change of a theme's share among the dated reviews in `inside`, and the day from which it holds."""
    import numpy as np

    rows = np.flatnonzero(inside & np.array([bool(day) for day in board.day]))
    if hits[rows].sum() < FLOOR_MENTIONS:
        return None
    days = board.day[rows]
    first_of_day = np.array([i == 0 or days[i] != days[i - 1] for i in range(len(rows))], dtype=np.bool_)
    change = change_point(hits[rows], first_of_day, only_rises=only_rises)
    return None if change is None else (change, str(days[change.position]))


def find(board: Board) -> list[Finding]:
    """Complaints that got worse or better, each with the day of the change."""
    import numpy as np

    everyone = np.ones(len(board), dtype=np.bool_)
    tried: list[tuple[str | None, ThemeOnBoard, NDArray[np.bool_], ChangePoint, str]] = []
    for theme in board.of("negative"):
        for product in [None, *board.products]:
            inside = everyone if product is None else board.product == product
            dated = dated_change(board, inside, theme.hits)
            if dated is not None:
                tried.append((product, theme, inside, *dated))
    found = []
    changed_products: set[str] = set()
    pairs = list(zip(tried, adjusted([change.p for *_, change, _ in tried]), strict=True))
    # Products first: a change of the whole shop that one product explains is that product's.
    for (product, theme, inside, change, day), q in sorted(pairs, key=lambda pair: pair[0][0] is None):
        if q >= FALSE_DISCOVERIES or (product is None and theme.key in changed_products):
            board.quiet.append(change.p)
            continue
        if product is not None:
            changed_products.add(theme.key)
        found.append(_finding(board, product, theme, inside, change, day))
    return found


def _finding(
    board: Board,
    product: str | None,
    theme: ThemeOnBoard,
    inside: NDArray[np.bool_],
    change: ChangePoint,
    day: str,
) -> Finding:
    kind = "got_worse" if change.rose else "got_better"
    quotes = theme.quotes_in({int(i) for i in board.ids[inside]})
    before, after = (change.k_before, change.n_before), (change.k_after, change.n_after)
    # Reviews of the time since: what got worse adds complaints to them, what got better takes some away.
    apart = difference(*after, *before) if change.rose else difference(*before, *after)
    return Finding(
        key=f"reviews/{kind}/{product or 'shop'}/{theme.key}",
        desk="reviews",
        kind=kind,
        subject={
            "product": product,
            "name": None if product is None else board.names[product],
            "theme": theme.key,
            "theme_name": theme.name,
            "since": day,
        },
        numbers=numbers(
            since=day,
            share_before=change.k_before / change.n_before,
            share_after=change.k_after / change.n_after,
            k_before=change.k_before,
            n_before=change.n_before,
            quote=best_quote(quotes),
            words=list(theme.words),
            months=board.months(inside, theme.hits),
        ),
        method=METHOD,
        n=change.n_after,
        k=change.k_after,
        interval=wilson(change.k_after, change.n_after),
        p=change.p,
        impact=impact(apart, change.n_after * board.per_30_days(day)),
        query=count_query(theme.key, board.last, product=product) + f" AND r.day >= '{day}'",
        evidence=spans(quotes),
    )
