"""Pain points: what customers complain about, per product and for the whole shop, each k of n with its interval.

Whether a theme's share on a product is larger than in the rest of the shop beyond chance is tested by Fisher's exact test.
Everything below the floor is kept, and says "too few to say".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.findings import Finding, wilson
from engine.reviews.board import Board, ThemeOnBoard, impact
from engine.reviews.evidence import best_quote, numbers, spans
from engine.reviews.facts import count_query
from engine.statistics import difference, excess_p, mean_difference_interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

METHOD = "clauses read by the model, grouped by meaning; Wilson 95 % interval; Fisher's exact test, FDR 5 % (v1)"
FLOOR_REVIEWS = 8
"""Fewer reviews of a product than this say nothing about a share."""
FLOOR_MENTIONS = 4
"""Fewer mentions than this are no theme of a product."""
SHOP_SHARE = 0.05
"""A theme of the whole shop is shown first when at least this share of reviews complains about it, surely."""
FALSE_DISCOVERIES = 0.05


def stars_lost(board: Board, inside: NDArray[np.bool_], hits: NDArray[np.bool_]) -> dict[str, float]:
    """What a theme costs in stars: mean of all minus mean without it, as a loss, with its interval; {} where stars lack."""
    import numpy as np

    rated = inside & ~np.isnan(board.stars)
    without = ~hits[rated]
    if rated.sum() < FLOOR_REVIEWS or not 0 < without.sum() < rated.sum():
        return {}
    impact, low, high = mean_difference_interval(board.stars[rated], without)
    return {"stars_lost": -impact, "stars_lost_low": -high, "stars_lost_high": -low}


def find(board: Board) -> list[Finding]:
    """All pain points of the shop."""
    import numpy as np

    found: list[Finding] = []
    tested: list[tuple[str, ThemeOnBoard, NDArray[np.bool_], float]] = []
    everyone = np.ones(len(board), dtype=np.bool_)
    for theme in board.of("negative"):
        found.append(_shop_wide(board, theme, everyone))
        for product in board.products:
            inside = board.product == product
            k, n = int(theme.hits[inside].sum()), int(inside.sum())
            if k == 0:
                continue
            if n < FLOOR_REVIEWS or k < FLOOR_MENTIONS:
                found.append(_too_few(board, theme, product, inside))
                continue
            rest = int(theme.hits.sum()) - k
            tested.append((product, theme, inside, excess_p(k, n, rest, len(board) - n)))
    for product, theme, inside, p in tested:
        found.append(_of_product(board, theme, product, inside, p))
    return found


def _of_product(board: Board, theme: ThemeOnBoard, product: str, inside: NDArray[np.bool_], p: float) -> Finding:
    k, n = int(theme.hits[inside].sum()), int(inside.sum())
    rest_k, rest_n = int(theme.hits.sum()) - k, len(board) - n
    elsewhere = rest_k / rest_n if rest_n else 0.0
    lost = stars_lost(board, inside, theme.hits)
    quotes = theme.quotes_in({int(i) for i in board.ids[inside]})
    return Finding(
        key=f"reviews/pain_point/{product}/{theme.key}",
        desk="reviews",
        kind="pain_point",
        subject={"product": product, "name": board.names[product], "theme": theme.key, "theme_name": theme.name},
        numbers=numbers(
            share=k / n,
            share_elsewhere=elsewhere,
            quote=best_quote(quotes),
            words=list(theme.words),
            months=board.months(inside, theme.hits),
            **lost,
        ),
        method=METHOD,
        n=n,
        k=k,
        interval=wilson(k, n),
        # The only product of a shop has nothing to be compared with: nothing was tested then.
        p=p if rest_n else None,
        impact=impact(difference(k, n, rest_k, rest_n), n * board.per_30_days()),
        query=count_query(theme.key, board.last, product=product),
        evidence=spans(quotes),
    )


def _shop_wide(board: Board, theme: ThemeOnBoard, everyone: NDArray[np.bool_]) -> Finding:
    k, n = int(theme.hits.sum()), len(board)
    interval = wilson(k, n)
    by_product = {product: int(theme.hits[board.product == product].sum()) for product in board.products}
    most = max(by_product.values(), default=0)
    # When one product carries half of it, it is that product's finding, not the shop's.
    common = interval.low >= SHOP_SHARE and k >= FLOOR_MENTIONS and most * 2 <= k
    lost = stars_lost(board, everyone, theme.hits)
    enough = n >= FLOOR_REVIEWS and k >= FLOOR_MENTIONS
    return Finding(
        key=f"reviews/pain_point/shop/{theme.key}",
        desk="reviews",
        kind="pain_point" if enough else "too_few",
        subject={"product": None, "theme": theme.key, "theme_name": theme.name},
        numbers=numbers(
            share=k / n,
            quote=best_quote(theme.quotes),
            products=sum(1 for count in by_product.values() if count),
            words=list(theme.words),
            months=board.months(everyone, theme.hits),
            **lost,
        ),
        method=METHOD,
        n=n,
        k=k,
        interval=interval,
        impact=impact((interval.low, k / n, interval.high), n * board.per_30_days()) if common else None,
        query=count_query(theme.key, board.last),
        evidence=spans(theme.quotes),
    )


def _too_few(board: Board, theme: ThemeOnBoard, product: str, inside: NDArray[np.bool_]) -> Finding:
    k, n = int(theme.hits[inside].sum()), int(inside.sum())
    return Finding(
        key=f"reviews/pain_point/{product}/{theme.key}",
        desk="reviews",
        kind="too_few",
        subject={"product": product, "name": board.names[product], "theme": theme.key, "theme_name": theme.name},
        numbers=numbers(share=k / n, words=list(theme.words)),
        method=METHOD,
        n=n,
        k=k,
        interval=wilson(k, n),
        query=count_query(theme.key, board.last, product=product),
        evidence=spans(theme.quotes_in({int(i) for i in board.ids[inside]})),
    )
