"""Who reviews what, with how many stars and about which topic: 900 reviews of orders that exist, with planted truths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from sample_data import compose
from sample_data.catalogue import HANDLES, PRODUCTS, PRODUCTS_ZH, Product, ProductZh
from sample_data.compose import Deck
from sample_data.orders import (
    BAD_COURIER,
    BAD_COURIER_ZH,
    FIRST_NAMES,
    LAST_DAY,
    LAST_NAMES,
    TOWNS,
    Customer,
    Line,
    Order,
    reviewable,
)
from sample_data.planted import BY_ID, BY_PRODUCT, PLANTED
from sample_data.texts import EN, ZH, Pool, Texts

HEADLAMP = "ostrel-ridgebeam-headlamp"
KETTLE = "marrowby-stovetop-kettle"
TARP = "vindlow-trail-tarp-3x3"
FAN = "ostrel-breeze-desk-fan"
PILLOW = "zh-neck-pillow"
STAND = "zh-phone-stand"
SMELLY_VARIANT = 0

# The shop collected reviews with Loox until this day and with Judge.me from then on.
JUDGEME_FROM = date(2025, 10, 15)

DUPLICATE_DAYS = (date(2026, 6, 18), date(2026, 6, 19))


STRAP_SINCE = BY_ID["headlamp-strap"].since or LAST_DAY

# The products with a topic of their own, and the topics that are praise.
PLANTS = {key: one for key, one in BY_PRODUCT.items() if one.plant}
PRAISES = frozenset(one.topic for one in PLANTED if one.plant and one.plant.praise)
PLANTED_COMPLAINTS = frozenset(
    topic for texts in (EN, ZH) for topic, one in texts.topics.items() if one.planted and topic not in PRAISES
)
FOLLOW_UP_ONLY = 4
SMELL_REVIEWS, SMELL_COMPLAINTS, SMELL_ELSEWHERE = 22, 12, 1
DUPLICATES = 12
# Everyday complaints per mille of the reviews without a planted one: too few anywhere to be a finding.
EVERYDAY = (("slow", 32), ("price", 26), ("colour", 20), ("service", 11), ("waste", 9))
EVERYDAY_ZH = (("slow", 32), ("price", 26), ("colour", 20), ("service", 12))


@dataclass
class Review:
    """One review; `order` is the one it can be joined to, `mentions` its topics, `id` its file and line once written."""

    product: Product | ProductZh
    at: datetime
    customer: Customer
    order: Order | None
    line: Line | None
    stars: int = 5
    title: str = ""
    body: str = ""
    follow_up: str = ""
    mentions: list[str] = field(default_factory=list)
    late: bool = False
    kind: str = "plain"
    email: str = ""
    id: str = ""

    @property
    def chinese(self) -> bool:
        """Whether it was written in the Chinese shop."""
        return isinstance(self.product, ProductZh)

    @property
    def sentiment(self) -> str:
        """What the words say: negative, neutral, positive, or mixed where praise and a planted complaint meet."""
        if self.kind == "furious":
            return "negative"
        if self.kind == "delighted":
            return "positive"
        if self.late or (self.stars >= 4 and any(topic in PLANTED_COMPLAINTS for topic in self.mentions)):
            return "mixed"
        return "negative" if self.stars <= 2 else "neutral" if self.stars == 3 else "positive"


def spread(rng: Random, count: int, total: int) -> list[int]:
    """`count` positions of `total`, one in each of `count` equal stretches."""
    return [
        rng.randrange(i * total // count, max((i + 1) * total // count, i * total // count + 1)) for i in range(count)
    ]


def _candidates(rng: Random, orders: Sequence[Order], key: str) -> list[Review]:
    """A possible review of every order that holds the product, one per buyer, in order of time."""
    found, buyers = [], set()
    for order in orders:
        for line in order.lines:
            if line.product.key == key and (order.platform == "taobao" or order.customer.email not in buyers):
                buyers.add(order.customer.email)
                at = order.at + timedelta(days=rng.randrange(4, 22), seconds=rng.randrange(40000))
                if at.date() <= LAST_DAY:
                    found.append(Review(line.product, at, order.customer, order, line, email=order.customer.email))
    return sorted(found, key=lambda review: (review.at, review.order.number if review.order else ""))


def _take(rng: Random, found: list[Review], count: int) -> list[Review]:
    """`count` of the candidates, spread over the time they cover."""
    if len(found) < count:
        raise ValueError(f"{found[0].product.key if found else 'a product'}: {len(found)} orders, {count} reviews")
    return [found[position] for position in spread(rng, count, len(found))]


def _choose(rng: Random, orders: Sequence[Order], product: Product | ProductZh) -> list[Review]:
    """The reviews of one product, with their planted topics."""
    found = _candidates(rng, orders, product.key)
    if product.key == PILLOW:
        smelly = [one for one in found if one.line and one.line.variant == SMELLY_VARIANT]
        others = [one for one in found if one.line and one.line.variant != SMELLY_VARIANT]
        smelly = _take(rng, smelly, SMELL_REVIEWS)
        others = _take(rng, others, product.reviews - SMELL_REVIEWS)
        for position in spread(rng, SMELL_COMPLAINTS, len(smelly)):
            smelly[position].mentions.append("smell")
        for position in spread(rng, SMELL_ELSEWHERE, len(others)):
            others[position].mentions.append("smell")
        return sorted(smelly + others, key=lambda one: one.at)
    planted = PLANTS.get(product.key)
    if planted is None or planted.plant is None:
        return _take(rng, found, product.reviews - (DUPLICATES if product.key == FAN else 0))
    plant, since = planted.plant, planted.since
    early = [one for one in found if since and one.at.date() < since]
    late = [one for one in found if not since or one.at.date() >= since]
    early = _take(rng, early, plant.reviews_before) if early else []
    late = _take(rng, late, product.reviews - plant.reviews_before)
    for part, count in ((early, plant.before), (late, plant.after)):
        for position in spread(rng, count, len(part)) if count else ():
            part[position].mentions.append(planted.topic)
    return early + late


def _damage(rng: Random, reviews: list[Review], courier: str, often: int, seldom: int) -> None:
    """Plant parcel damage: in `often` per mille of the bad courier's reviews and `seldom` of the others'.

    No product gets more than a few, so that the courier and not a product is what they have in common.
    """
    free = [one for one in reviews if not one.mentions and one.product.key not in (KETTLE, TARP, STAND)]
    per_product: dict[str, int] = {}
    for bad, share in ((True, often), (False, seldom)):
        group = [one for one in free if one.order is not None and (one.order.courier == courier) == bad]
        everyone = [one for one in reviews if one.order is not None and (one.order.courier == courier) == bad]
        left = len(everyone) * share // 1000
        rng.shuffle(group)
        for one in group:
            key = one.product.key
            if left and per_product.get(key, 0) < max(2, one.product.reviews // 11):
                one.mentions.append("parcel_damage")
                per_product[key] = per_product.get(key, 0) + 1
                left -= 1


def _everyday(rng: Random, reviews: list[Review], rates: tuple[tuple[str, int], ...]) -> None:
    """Sprinkle low-rate complaints, at most one in ten reviews of any product on the same topic."""
    counts: dict[tuple[str, str], int] = {}
    for one in reviews:
        draw = rng.randrange(1000)
        for topic, rate in rates:
            if 0 <= draw < rate and not one.mentions and one.product.key != KETTLE:
                key = (one.product.key, topic)
                counts[key] = counts.get(key, 0) + 1
                if counts[key] <= max(1, one.product.reviews // 12):
                    one.mentions.append(topic)
                break
            draw -= rate


def _stars(rng: Random, one: Review) -> int:
    planted = any(topic in EN.topics or topic in ZH.topics for topic in one.mentions)
    everyday = any(topic in dict(EVERYDAY) for topic in one.mentions)
    if one.product.key == KETTLE:
        return one.stars
    if one.late:
        return rng.choice((4, 5, 5))
    if any(topic in PRAISES for topic in one.mentions):
        return rng.choice((5, 5, 5, 4))
    if everyday:
        return rng.choice((2, 3, 3, 4, 4, 4, 4, 5))
    if planted:
        return rng.choice((1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4))
    if one.product.key in (TARP, STAND):
        return rng.choice((2, 3, 3, 3, 3, 3, 4, 4, 4, 5))
    draw = rng.randrange(1000)
    return 5 if draw < 700 else 4 if draw < 937 else 3 if draw < 975 else 2 if draw < 989 else 1


def _contradictions(rng: Random, reviews: list[Review], texts: dict[str, Pool], counts: dict[str, int]) -> None:
    """Give some plain reviews of plain products a text that says the opposite of their stars."""
    plain = [
        one
        for one in reviews
        if not one.mentions and one.product.key not in {*PLANTS, KETTLE, TARP, FAN, PILLOW, STAND}
    ]
    chosen = rng.sample(plain, sum(counts.values()))
    for kind, stars in (("furious", 5), ("delighted", 1)):
        for body in rng.sample(texts[kind], counts[kind]):
            one = chosen.pop()
            one.kind, one.stars, one.body = kind, stars, body


def _kettle(reviews: list[Review]) -> None:
    """Four reviews, one of them dramatic: too few to say anything."""
    product = HANDLES[KETTLE]
    for number, one in enumerate(reviews):
        one.stars = 1 if number == 2 else (5, 4, 1, 5)[number]
        if number == 2:
            one.mentions, one.kind, one.body = ["handle_came_off"], "written", product.gripes[0]


def _duplicates(rng: Random, deck: Deck) -> list[Review]:
    """A dozen nearly equal raptures within two days, by people who bought nothing."""
    reviews = []
    for number in range(DUPLICATES):
        words = {name: deck.deal(options) for name, options in EN.duplicate["slots"].items()}
        name = f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"
        email = f"{name.split(maxsplit=1)[0].lower()}{rng.randrange(100, 999)}.{number}@example.com"
        day = DUPLICATE_DAYS[number % 2]
        at = datetime(day.year, day.month, day.day, 9 + number, rng.randrange(60), rng.randrange(60))
        review = Review(HANDLES[FAN], at, Customer(name, email, "", rng.choice(TOWNS), ""), None, None, email=email)
        review.body, review.title, review.kind = EN.duplicate["template"].format(**words), "Amazing!", "duplicate"
        reviews.append(review)
    return sorted(reviews, key=lambda one: one.at)


def _write_english(rng: Random, deck: Deck, reviews: list[Review]) -> None:
    told: set[str] = {one.body for one in reviews if one.body}
    for one in reviews:
        assert isinstance(one.product, Product)
        if one.kind == "plain":
            strap_changed = one.product.key != HEADLAMP or one.at.date() >= STRAP_SINCE
            decoy = (
                one.product.key in EN.decoys
                and not one.mentions
                and strap_changed
                and one.stars >= 3
                and deck.chance(18)
            )
            while not one.body or one.body.lower() in told:
                one.body = compose.english(deck, one.product, one.stars, one.at.date(), one.mentions, decoy)
            told.add(one.body.lower())
        if not one.title and one.kind in ("plain", "written"):
            one.title = compose.title(deck, one.stars)
        if one.kind != "duplicate" and rng.randrange(100) < 5:
            one.email = ""


def _write_chinese(rng: Random, deck: Deck, reviews: list[Review]) -> None:
    told: set[str] = {one.body for one in reviews if one.body}
    for one in reviews:
        assert isinstance(one.product, ProductZh)
        if one.kind != "plain":
            continue
        if not one.mentions and one.stars == 5 and one.product.key != STAND and rng.randrange(100) < 14:
            one.kind, one.body = "default", ZH.talk["defaults"][rng.randrange(4) == 0]
            continue
        decoy = one.product.key in ZH.decoys and not one.mentions and one.stars >= 4 and deck.chance(20)
        topics = [] if one.late else one.mentions
        while not one.body or one.body in told:
            one.body = compose.chinese(deck, one.product, one.stars, one.at.date(), topics, decoy)
        told.add(one.body)
        if one.late:
            direct, indirect = ZH.topics[one.mentions[0]].pools
            one.follow_up = "".join(
                compose.fill(deck, deck.deal(pool), ZH.slots, one.at.date()) for pool in (direct, indirect)
            )
        elif one.stars >= 3 and rng.randrange(100) < 13:
            one.follow_up = compose.follow_up(deck, one.stars, one.at.date())


@dataclass(frozen=True)
class _Plan:
    """What is planted over all products of a language, beside what `planted.toml` says.

    `damaged` are per mille of the bad courier's reviews and of the others', `opposite` how many texts contradict their stars.
    """

    courier: str
    damaged: tuple[int, int]
    opposite: dict[str, int]
    everyday: tuple[tuple[str, int], ...]

    def carry_out(self, rng: Random, reviews: list[Review], texts: Texts) -> None:
        """Give the reviews their topics and stars."""
        _damage(rng, reviews, self.courier, *self.damaged)
        _contradictions(rng, reviews, texts.talk, self.opposite)
        _everyday(rng, [one for one in reviews if one.kind == "plain"], self.everyday)
        for one in reviews:
            if one.kind == "plain":
                one.stars = _stars(rng, one)


_PLAN_EN = _Plan(BAD_COURIER, (290, 18), {"furious": 4, "delighted": 3}, EVERYDAY)
_PLAN_ZH = _Plan(BAD_COURIER_ZH, (280, 15), {"furious": 2, "delighted": 1}, EVERYDAY_ZH)


def english_reviews(seed: int, orders: list[Order]) -> list[Review]:
    """The reviews of the Shopify shop, oldest first."""
    rng, deck = Random(f"{seed}:reviews"), Deck(Random(f"{seed}:words"))
    usable = reviewable(orders)
    chosen = {product.key: _choose(rng, usable, product) for product in PRODUCTS}
    _kettle(chosen[KETTLE])
    reviews = [one for product in PRODUCTS for one in chosen[product.key]]
    _PLAN_EN.carry_out(rng, reviews, EN)
    reviews += _duplicates(rng, deck)
    _write_english(rng, deck, reviews)
    return sorted(reviews, key=lambda one: (one.at, one.customer.email))


def chinese_reviews(seed: int, orders: list[Order]) -> list[Review]:
    """The reviews of the Chinese shop, oldest first."""
    rng, deck = Random(f"{seed}:reviews-zh"), Deck(Random(f"{seed}:words-zh"))
    usable = reviewable(orders)
    reviews = [one for product in PRODUCTS_ZH for one in _choose(rng, usable, product)]
    faded = [one for one in reviews if "fading" in one.mentions]
    for position in spread(rng, FOLLOW_UP_ONLY, len(faded)):
        faded[position].late = True
    _PLAN_ZH.carry_out(rng, reviews, ZH)
    _write_chinese(rng, deck, reviews)
    return sorted(reviews, key=lambda one: (one.at, one.order.number if one.order else ""))
