"""What Amazon customers sent back, why, and what they wrote on the form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sample_data.compose import Deck
from sample_data.orders import LAST_DAY, Line, Order
from sample_data.planted import BY_ID, BY_PRODUCT
from sample_data.texts import EN

HOODIE = BY_ID["hoodie-runs-small"].product
EVERYDAY_REASONS = (
    "UNWANTED_ITEM",
    "UNWANTED_ITEM",
    "NOT_AS_DESCRIBED",
    "ORDERED_WRONG_ITEM",
    "DAMAGED_BY_CARRIER",
    "DEFECTIVE",
    "MISSING_PARTS",
)


@dataclass(frozen=True)
class Return:
    """One returned order line."""

    order: Order
    line: Line
    at: datetime
    reason: str
    comment: str


def _reason(rng: Random, order: Order, key: str) -> str:
    """Why this line comes back, or nothing."""
    draw = rng.randrange(1000)
    if key == HOODIE:
        return "APPAREL_TOO_SMALL" if draw < 190 else "APPAREL_TOO_LARGE" if draw < 205 else ""
    planted, bad = BY_PRODUCT.get(key), 0
    if planted and planted.defective:
        changed = planted.since and order.at.date() >= planted.since
        bad = planted.defective.after if changed else planted.defective.before
    if draw < bad:
        return "DEFECTIVE"
    return rng.choice(EVERYDAY_REASONS) if draw >= 955 else ""


def amazon_returns(seed: int, orders: list[Order]) -> list[Return]:
    """The returns of the Amazon orders, oldest first."""
    rng, deck = Random(f"{seed}:returns"), Deck(Random(f"{seed}:return-words"))
    found = []
    for order in orders:
        for line in order.lines:
            reason = "" if order.cancelled or order.pending else _reason(rng, order, line.product.key)
            at = order.at + timedelta(days=rng.randrange(9, 29), seconds=rng.randrange(30000))
            if not reason or at.date() > LAST_DAY:
                continue
            pool = EN.returns.get(f"{reason} {line.product.key}", EN.returns[reason])
            comment = deck.deal(pool) if deck.chance(78) else ""
            found.append(Return(order, line, at, reason, comment))
    return sorted(found, key=lambda one: (one.at, one.order.number))
