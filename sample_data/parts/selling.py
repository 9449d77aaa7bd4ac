"""Extra orders that the parts about stock and promotions plant: so many units of one SKU, evenly over days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random

from sample_data.catalogue import HANDLES
from sample_data.orders import COURIERS, Customer, Line, Order, cents, pick


def days(first: date, last: date) -> Iterator[date]:
    """Every day from `first` to `last`, both in it."""
    return (first + timedelta(days=i) for i in range((last - first).days + 1))


def orders_of(
    rng: Random,
    people: list[Customer],
    key: str,
    first: date,
    last: date,
    per_hundred_days: int,
    *,
    variant: int | None = None,
    off: int = 0,
) -> list[Order]:
    """Shopify orders of one unit each, about `per_hundred_days` in a hundred days.

    Args:
        variant: which of the product's variants; any where None.
        off: percent off the price.
    """
    product = HANDLES[key]
    price = cents(product.price) * (100 - off) // 100
    found, due = [], 0
    for day in days(first, last):
        # Even but for chance: what is due by now, give or take one in four.
        due += per_hundred_days * (75 + rng.randrange(51)) // 100
        while due >= 100:
            due -= 100
            at = datetime(day.year, day.month, day.day, rng.randrange(7, 23), rng.randrange(60), rng.randrange(60))
            chosen = rng.randrange(len(product.values)) if variant is None else variant
            found.append(
                Order("shopify", at, rng.choice(people), [Line(product, chosen, 1, price)], pick(rng, COURIERS))
            )
    return found
