"""Pain points: what customers complain about, per product and for the whole shop, each k of n with its interval.

A theme is notable on a product when its share there is larger than in the rest of the shop beyond chance (Fisher's exact
test, false discovery rate 5 % over all product and theme pairs that reach the floor). Everything below the floor is
kept, and says "too few to say".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.findings import Finding, wilson
from engine.reviews.board import Board, ThemeOnBoard
from engine.reviews.evidence import best_quote, numbers, spans
from engine.reviews.facts import count_query
from engine.statistics import adjusted, excess_p, mean_difference_interval

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


def percent(share: float) -> str:
    """A share as a whole percentage, without a false zero."""
    return f"{share:.0%}" if share == 0 or share >= 0.005 else "under 1%"


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
    for (product, theme, inside, _), q in zip(tested, adjusted([p for *_, p in tested]), strict=True):
        found.append(_of_product(board, theme, product, inside, q))
    return found


def _of_product(board: Board, theme: ThemeOnBoard, product: str, inside: NDArray[np.bool_], q: float) -> Finding:
    k, n = int(theme.hits[inside].sum()), int(inside.sum())
    rest_k, rest_n = int(theme.hits.sum()) - k, len(board) - n
    elsewhere = rest_k / rest_n if rest_n else 0.0
    interval = wilson(k, n)
    notable = q < FALSE_DISCOVERIES or rest_n == 0
    lost = stars_lost(board, inside, theme.hits)
    quotes = theme.quotes_in({int(i) for i in board.ids[inside]})
    quote = best_quote(quotes)
    cost = f" It costs about {lost['stars_lost']:.1f} stars." if lost.get("stars_lost_low", 0) > 0 else ""
    return Finding(
        key=f"reviews/pain_point/{product}/{theme.key}",
        desk="reviews",
        kind="pain_point",
        subject={"product": product, "name": board.names[product], "theme": theme.key, "theme_name": theme.name},
        sentence=f"{board.names[product]}: {k} of {n} reviews complain about {theme.name} (“{quote}”), "
        f"{percent(interval.low)} to {percent(interval.high)}, against {percent(elsewhere)} elsewhere.{cost}",
        numbers=numbers(
            share=k / n,
            share_elsewhere=elsewhere,
            q=q,
            words=list(theme.words),
            months=board.months(inside, theme.hits),
            **lost,
        ),
        method=METHOD,
        n=n,
        k=k,
        interval=interval,
        confidence=1 - q,
        rank=max(0.0, k - n * elsewhere) if notable else 0.0,
        query=count_query(theme.key, product=product),
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
    sentence = (
        f"Whole shop: {k} of {n} reviews complain about {theme.name} (“{best_quote(theme.quotes)}”), "
        f"{percent(interval.low)} to {percent(interval.high)}, over {sum(1 for c in by_product.values() if c)} products."
        if enough
        else f"Whole shop: {k} of {n} reviews mention {theme.name}: too few to say."
    )
    return Finding(
        key=f"reviews/pain_point/shop/{theme.key}",
        desk="reviews",
        kind="pain_point" if enough else "too_few",
        subject={"product": None, "theme": theme.key, "theme_name": theme.name},
        sentence=sentence,
        numbers=numbers(share=k / n, words=list(theme.words), months=board.months(everyone, theme.hits), **lost),
        method=METHOD,
        n=n,
        k=k,
        interval=interval,
        rank=k * 0.5 if common else 0.0,
        query=count_query(theme.key),
        evidence=spans(theme.quotes),
    )


def _too_few(board: Board, theme: ThemeOnBoard, product: str, inside: NDArray[np.bool_]) -> Finding:
    k, n = int(theme.hits[inside].sum()), int(inside.sum())
    name = board.names[product]
    return Finding(
        key=f"reviews/pain_point/{product}/{theme.key}",
        desk="reviews",
        kind="too_few",
        subject={"product": product, "name": name, "theme": theme.key, "theme_name": theme.name},
        sentence=f"{name}: {k} of {n} reviews mention {theme.name}: too few to say.",
        numbers=numbers(share=k / n, words=list(theme.words)),
        method=METHOD,
        n=n,
        k=k,
        interval=wilson(k, n),
        query=count_query(theme.key, product=product),
        evidence=spans(theme.quotes_in({int(i) for i in board.ids[inside]})),
    )
