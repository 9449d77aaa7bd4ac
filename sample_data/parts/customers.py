"""Who the customers are, and what is planted in what they buy: mostly existing orders given to other people.

Only Shopify's orders name people who can be known again. Orders that somebody reviewed, and cancelled ones, stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sample_data.catalogue import HANDLES, subject
from sample_data.orders import LAST_DAY, Customer, Line, Order, cents
from sample_data.sample import Sample

BUNDLE = ("marrowby-pour-over-set", "marrowby-stoneware-mug-set")
BUNDLED = 42
SEQUENCE = ("vindlow-switchback-trekking-poles", "pellin-merino-hiking-socks-3-pack")
SEQUENCE_DAYS = (28, 55)
GATEWAY = "marrowby-waxed-lunch-bag"
GATEWAY_COMES_BACK = 75
"""Of a hundred who begin with it."""
LAST = "ostrel-braided-charging-cable-3-pack"
SLIPPING, SLIPPING_SINCE = 20, date(2026, 5, 20)
NEW_REGULARS, NEW_REGULAR_DAYS = 14, (52, 30, 9)
WINDOW = timedelta(days=90)


class Shelf:
    """Orders that may be given to somebody else, each once."""

    def __init__(self, sample: Sample) -> None:
        reviewed = {id(review.order) for review in sample.english if review.order is not None}
        self.orders = [
            order for order in sample.shopify if id(order) not in reviewed and not order.cancelled and not order.pending
        ]
        self._taken: set[int] = set()
        buyers = {order.customer.email for order in sample.shopify}
        self.idle = [person for person in sample.people if person.email not in buyers]

    def near(self, day: date, *, within: int, holding: str | None = None, without: Iterable[str] = ()) -> Order | None:
        """The free order nearest to a day, with a product or without some."""
        fits = [
            order
            for order in self.orders
            if id(order) not in self._taken
            and abs((order.at.date() - day).days) <= within
            and (holding is None or holds(order, holding))
            and not any(holds(order, key) for key in without)
        ]
        return min(fits, key=lambda order: (abs((order.at.date() - day).days), order.at), default=None)

    def give(self, order: Order | None, person: Customer) -> bool:
        """Give an order to a person; False when there is none to give."""
        if order is None:
            return False
        order.customer = person
        self.take(order)
        return True

    def take(self, order: Order) -> None:
        """Leave an order where it is for good."""
        self._taken.add(id(order))

    def free(self, order: Order) -> bool:
        """Whether an order may be given away."""
        return id(order) not in self._taken and any(order is one for one in self.orders)


def holds(order: Order, key: str) -> bool:
    """Whether an order has a line of a product."""
    return any(line.product.key == key for line in order.lines)


def _by_person(sample: Sample) -> dict[str, list[Order]]:
    found: dict[str, list[Order]] = {}
    for order in sample.shopify:
        found.setdefault(order.customer.email, []).append(order)
    return found


def plant(sample: Sample) -> None:
    """Regulars who slip away and new ones, a bundle, a sequence, a product that brings back and one that drives away."""
    shelf = Shelf(sample)
    _regulars(sample, shelf)
    _bundle(sample, shelf)
    _sequence(sample, shelf)
    _gateway(sample, shelf)
    _last(sample, shelf)


def _regulars(sample: Sample, shelf: Shelf) -> None:
    rng = sample.rng("customers regulars")
    away = (*BUNDLE, *SEQUENCE, GATEWAY, LAST)
    for _ in range(SLIPPING):
        person, day = shelf.idle.pop(), date(2025, 6, 1) + timedelta(days=rng.randrange(120))
        while day < SLIPPING_SINCE:
            shelf.give(shelf.near(day, within=6, without=away), person)
            day += timedelta(days=rng.randrange(26, 38))
    for _ in range(NEW_REGULARS):
        person = shelf.idle.pop()
        for back in NEW_REGULAR_DAYS:
            shelf.give(shelf.near(LAST_DAY - timedelta(days=back), within=8, without=away), person)


def _bundle(sample: Sample, shelf: Shelf) -> None:
    rng, (first, second) = sample.rng("customers bundle"), BUNDLE
    added = HANDLES[second]
    pool = [order for order in shelf.orders if holds(order, first) and not holds(order, second)]
    for order in rng.sample(pool, min(BUNDLED, len(pool))):
        order.lines.append(Line(added, rng.randrange(len(added.values)), 1, cents(added.price)))


def _sequence(sample: Sample, shelf: Shelf) -> None:
    rng, (first, second) = sample.rng("customers sequence"), SEQUENCE
    for order in [one for one in shelf.orders if holds(one, first) and shelf.free(one)]:
        day = order.at.date() + timedelta(days=rng.randrange(*SEQUENCE_DAYS))
        later = shelf.near(day, within=12, holding=second, without=(first, GATEWAY, LAST))
        if later is not None and later.at > order.at and shelf.give(later, order.customer):
            shelf.take(order)


def _first_with(sample: Sample, key: str) -> list[tuple[Order, list[Order]]]:
    """First orders with a product, each with the buyer's later orders."""
    return [(orders[0], orders[1:]) for orders in _by_person(sample).values() if holds(orders[0], key)]


def _gateway(sample: Sample, shelf: Shelf) -> None:
    rng = sample.rng("customers gateway")
    for order, later in _first_with(sample, GATEWAY):
        soon = any(one.at - order.at <= WINDOW for one in later)
        if not soon and rng.randrange(100) < GATEWAY_COMES_BACK:
            day = order.at.date() + timedelta(days=rng.randrange(18, 75))
            found = shelf.near(day, within=10, without=(*BUNDLE, *SEQUENCE, GATEWAY, LAST))
            if found is not None and found.at > order.at:
                shelf.give(found, order.customer)


def _last(sample: Sample, shelf: Shelf) -> None:
    firsts = {id(orders[0]) for orders in _by_person(sample).values()}
    for order in [one for one in shelf.orders if holds(one, LAST) and id(one) not in firsts and shelf.free(one)]:
        if shelf.idle:
            shelf.give(order, shelf.idle.pop())
    for order, later in _first_with(sample, LAST):
        for one in later:
            if one.at - order.at <= WINDOW and shelf.free(one) and shelf.idle:
                shelf.give(one, shelf.idle.pop())


def write(sample: Sample) -> dict[str, bytes]:
    """No file of its own: customers are in the orders."""
    return {}


def truth(sample: Sample) -> dict[str, Any]:
    """What is planted, counted from the orders."""
    people = {email: [order for order in orders if not order.cancelled] for email, orders in _by_person(sample).items()}
    people = {email: orders for email, orders in people.items() if orders}
    orders = [order for some in people.values() for order in some]
    bundled = [order for order in orders if all(holds(order, key) for key in BUNDLE)]
    return {
        "truths": [
            {
                "id": "bundle-pour-over-mugs",
                "kind": "pair",
                "says": "The pour-over set and the mugs are bought together.",
                "products": [subject(HANDLES[key]) for key in BUNDLE],
                "numbers": {"k": len(bundled), "n": len(orders)},
                "expect": "finding",
                "evidence": [order.number for order in bundled],
            },
            {
                "id": "sequence-poles-socks",
                "kind": "sequence",
                "says": "After trekking poles people come back for hiking socks.",
                "products": [subject(HANDLES[key]) for key in SEQUENCE],
                "numbers": {"k": _sequences(people)},
                "expect": "finding",
            },
            _first_truth(people, GATEWAY, "gateway-lunch-bag", "gateway", "Who begins with the lunch bag comes back."),
            _first_truth(people, LAST, "last-cable", "drives_away", "Who begins with the cables stays away."),
            {
                "id": "regulars-slip-away",
                "kind": "slipping",
                "says": f"{SLIPPING} regulars have not ordered since spring.",
                "numbers": {"k": SLIPPING},
                "expect": "finding",
            },
            {
                "id": "new-regulars",
                "kind": "new_regulars",
                "says": f"{NEW_REGULARS} people became regulars in the last two months.",
                "numbers": {"k": NEW_REGULARS},
                "expect": "finding",
            },
        ],
        "rows": {"customers": len(people), "orders": len(orders)},
    }


def _sequences(people: dict[str, list[Order]]) -> int:
    first, second = SEQUENCE
    count = 0
    for orders in people.values():
        days = [[one.at.date() for one in orders if holds(one, key)] for key in (first, second)]
        count += bool(days[0] and days[1] and min(days[0]) < min(days[1]))
    return count


def _first_truth(people: dict[str, list[Order]], key: str, name: str, kind: str, says: str) -> dict[str, Any]:
    old = [some for some in people.values() if (LAST_DAY - some[0].at.date()).days >= WINDOW.days]
    began = [some for some in old if holds(some[0], key)]
    others = [some for some in old if not holds(some[0], key)]

    def back(groups: list[list[Order]]) -> int:
        return sum(any(0 < (one.at.date() - some[0].at.date()).days <= WINDOW.days for one in some) for some in groups)

    return {
        "id": name,
        "kind": kind,
        "says": says,
        "product": subject(HANDLES[key]),
        "numbers": {"k": back(began), "n": len(began), "others": {"k": back(others), "n": len(others)}},
        "expect": "finding",
    }
