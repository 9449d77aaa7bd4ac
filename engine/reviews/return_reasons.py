"""Return reasons: a product that is sent back for one reason more than others are."""

from __future__ import annotations

from engine.findings import Finding, wilson
from engine.reviews import facts
from engine.reviews.board import Board, impact, span
from engine.reviews.evidence import numbers, whole
from engine.reviews.pain_points import FALSE_DISCOVERIES, FLOOR_MENTIONS
from engine.statistics import adjusted, difference, excess_p
from engine.store.sql import literal

METHOD = "returned rows with this reason against the other products' returns, Fisher's exact test, FDR 5 % (v1)"


LEAST_SHARE = 0.25
"""A reason that fewer of a product's returns give is not what it is sent back for."""


def find(board: Board) -> list[Finding]:
    """Products whose returns name a reason more often than the rest of the shop's returns do."""
    returns = facts.return_reasons(board.store)
    if not len(returns):
        return []
    tried = []
    for (product, reason), rows in sorted(returns.group_by("product", "reason"), key=lambda pair: str(pair[0])):
        of_product = returns.filter(returns["product"] == product)
        same = int((returns["reason"] == reason).sum()) - len(rows)
        k, n, rest = len(rows), len(of_product), len(returns) - len(of_product)
        if k >= FLOOR_MENTIONS and k >= LEAST_SHARE * n:
            tried.append((str(product), str(reason), rows, k, n, same, rest, excess_p(k, n, same, rest)))
    days = [str(day) for day in returns["day"] if day]
    per_30_days = 30 / span(min(days), max(days)) if days else 0.0
    last = int(max(returns["id"]))
    found = []
    for (product, reason, rows, k, n, same, rest, p), q in zip(tried, adjusted([t[-1] for t in tried]), strict=True):
        if q >= FALSE_DISCOVERIES:
            board.quiet.append(p)
            continue
        name = str(rows["product_name"][0] or product)
        found.append(
            Finding(
                key=f"reviews/return_reason/{product}/{reason}",
                desk="reviews",
                kind="return_reason",
                subject={"product": product, "name": name, "reason": reason},
                numbers=numbers(unit="returns", share=k / n, share_elsewhere=same / rest if rest else 0.0),
                method=METHOD,
                n=n,
                k=k,
                interval=wilson(k, n),
                p=p,
                impact=impact(difference(k, n, same, rest), n * per_30_days),
                query=f"SELECT sum(reason = {literal(reason)}) AS k, count(*) AS n FROM v_returns "
                f"WHERE reason IS NOT NULL AND id <= {last} AND product = {literal(product)}",
                evidence=whole("returns", [int(row) for row in rows["id"]], "comment"),
            )
        )
    return found
