"""The invented shop before any file is written: who bought, who sent back, who said what; the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from sample_data.orders import (
    AMAZON_LINES,
    DAYPACK_AMAZON,
    DAYPACK_SHOPIFY,
    SHOPIFY_LINES,
    TAOBAO_LINES,
    Customer,
    Order,
    chinese,
    customers,
    western,
)
from sample_data.returns import Return, amazon_returns
from sample_data.reviews import Review, chinese_reviews, english_reviews


@dataclass
class Sample:
    """What every part writes from; orders and reviews are oldest first."""

    seed: int
    people: list[Customer]
    shopify: list[Order]
    amazon: list[Order]
    taobao: list[Order]
    returns: list[Return]
    english: list[Review]
    mandarin: list[Review]

    @property
    def orders(self) -> list[Order]:
        """The orders of all platforms."""
        return [*self.shopify, *self.amazon, *self.taobao]

    @property
    def reviews(self) -> list[Review]:
        """The reviews of both languages."""
        return [*self.english, *self.mandarin]

    def rng(self, name: str) -> Random:
        """Chance of a part's own, so that no part's draws move another's: give the part's name, or more than that."""
        return Random(f"{self.seed}:{name}")

    def add(self, orders: Iterable[Order]) -> None:
        """Put more orders among those of their platforms.

        Shopify's orders are numbered anew in the order of time, since no other file of Shopify's quotes a number; orders of
        Amazon and Taobao bring their own, which no other order has.
        """
        lists = {"shopify": self.shopify, "amazon": self.amazon, "taobao": self.taobao}
        for order in orders:
            lists[order.platform].append(order)
        for found in lists.values():
            found.sort(key=lambda order: order.at)
        for index, order in enumerate(self.shopify):
            order.number = f"#{1001 + index}"


def draw(seed: int) -> Sample:
    """The shop of a seed; only whole numbers are drawn, so that every machine draws the same."""
    rng = Random(f"{seed}:orders")
    people = customers(rng, 1500)
    shopify = western(rng, "shopify", SHOPIFY_LINES, DAYPACK_SHOPIFY, people)
    amazon = western(rng, "amazon", AMAZON_LINES, DAYPACK_AMAZON, people)
    taobao = chinese(rng, TAOBAO_LINES)
    return Sample(
        seed=seed,
        people=people,
        shopify=shopify,
        amazon=amazon,
        taobao=taobao,
        returns=amazon_returns(seed, amazon),
        english=english_reviews(seed, shopify),
        mandarin=chinese_reviews(seed, taobao),
    )
