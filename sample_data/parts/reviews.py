"""What customers wrote, as Judge.me, Loox and a Taobao tool save it, and what is planted in their words.

The writers set `Review.id` to `file:line`, where `line` is the physical line (from 1) on which the record begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from random import Random
from typing import Any

from sample_data.catalogue import PRODUCTS, ProductZh, subject
from sample_data.orders import LAST_DAY, Order
from sample_data.planted import PLANTED, Planted
from sample_data.reviews import DUPLICATE_DAYS, EVERYDAY, JUDGEME_FROM, Review
from sample_data.sample import Sample
from sample_data.tables import Table, columns

JUDGEME = columns(
    "title,body,rating,review_date,source,curated,reviewer_name,reviewer_email,product_id,product_handle,reply,"
    "reply_date,picture_urls,ip_address,location,metaobject_handle"
)
LOOX = columns("product_handle,rating,author,email,body,created_at,photo_url,verified_purchase")
TAOBAO_REVIEWS = columns("评价时间,宝贝标题,规格,评分,评价内容,追评,订单编号,物流公司")

SALES_SINCE = "2026-03"
REPLIES = (
    "So sorry about this! Please write to us and we will make it right.",
    "Thank you for telling us. A replacement is on its way.",
    "We hear you, and we are looking into it with our workshop.",
    "This is not how it should be. We have sent you a message.",
    "Thanks for the honest words, we have passed them on.",
)


def judgeme(rng: Random, name: str, reviews: Iterable[Review]) -> bytes:
    """The Judge.me export, newest first."""
    table = Table(JUDGEME)
    numbers = {product.key: str(8555000000000 + index * 1117) for index, product in enumerate(PRODUCTS)}
    for one in sorted(reviews, key=lambda review: review.at, reverse=True):
        replied = one.stars <= 2 and rng.randrange(100) < 35 and one.at.date() < LAST_DAY - timedelta(days=4)
        answered = one.at + timedelta(days=rng.randrange(1, 4))
        line = table.add(
            {
                "title": one.title,
                "body": one.body,
                "rating": str(one.stars),
                "review_date": f"{one.at:%Y-%m-%d %H:%M:%S} UTC",
                "source": "email" if one.order else "web",
                "curated": "ok",
                "reviewer_name": one.customer.name,
                "reviewer_email": one.email,
                "product_id": numbers[one.product.key],
                "product_handle": one.product.key,
                "reply": rng.choice(REPLIES) if replied else "",
                "reply_date": f"{answered:%Y-%m-%d %H:%M:%S} UTC" if replied else "",
            }
        )
        one.id = f"{name}:{line}"
    return table.bytes()


def loox(name: str, reviews: Iterable[Review]) -> bytes:
    """The Loox export, oldest first; the app keeps no titles."""
    table = Table(LOOX)
    for one in reviews:
        first, _, last = one.customer.name.partition(" ")
        line = table.add(
            {
                "product_handle": one.product.key,
                "rating": str(one.stars),
                "author": f"{first} {last[:1]}.",
                "email": one.email,
                "body": one.body,
                "created_at": f"{one.at:%Y-%m-%dT%H:%M:%S}Z",
                "verified_purchase": "true" if one.order else "false",
            }
        )
        one.id = f"{name}:{line}"
    return table.bytes()


def taobao_reviews(name: str, reviews: Iterable[Review]) -> bytes:
    """A list of 评价 such as a seller's tool saves it, in GB18030: no platform report, so its columns must be guessed."""
    table = Table(TAOBAO_REVIEWS, newline="\r\n")
    for one in reviews:
        assert isinstance(one.product, ProductZh) and one.order is not None and one.line is not None
        line = table.add(
            {
                "评价时间": f"{one.at:%Y-%m-%d %H:%M:%S}",
                "宝贝标题": one.product.title,
                "规格": one.product.values[one.line.variant],
                "评分": str(one.stars),
                "评价内容": one.body,
                "追评": one.follow_up,
                "订单编号": one.order.number,
                "物流公司": one.order.courier,
            }
        )
        one.id = f"{name}:{line}"
    return table.bytes("gb18030")


def write(sample: Sample) -> dict[str, bytes]:
    """The three files of reviews."""
    new = [one for one in sample.english if one.at.date() >= JUDGEME_FROM]
    old = [one for one in sample.english if one.at.date() < JUDGEME_FROM]
    return {
        "judgeme_reviews.csv": judgeme(sample.rng("replies"), "judgeme_reviews.csv", new),
        "loox_reviews.csv": loox("loox_reviews.csv", old),
        "taobao_pingjia.csv": taobao_reviews("taobao_pingjia.csv", sample.mandarin),
    }


def share(reviews: Iterable[Review], topic: str) -> dict[str, int]:
    """`k` of `n` reviews that speak of a topic."""
    found = list(reviews)
    return {"k": sum(topic in one.mentions for one in found), "n": len(found)}


class Telling:
    """One planted truth, counted: `pool` are the reviews it is looked for in, `carriers` those that carry it."""

    def __init__(self, planted: Planted, sample: Sample) -> None:
        self.planted, self.sample = planted, sample
        self.pool = [
            one
            for one in sample.reviews
            if planted.product in (None, one.product.key) and planted.language in (None, "zh" if one.chinese else "en")
        ]
        self.carriers = [one for one in self.pool if self._carries(one)]

    def _carries(self, one: Review) -> bool:
        if self.planted.kinds:
            return one.kind in self.planted.kinds
        return not self.planted.topic or self.planted.topic in one.mentions

    def entry(self) -> dict[str, Any]:
        """The truth as `truth/reviews.json` tells it."""
        planted = self.planted
        product = {"product": subject(self.pool[0].product)} if planted.product else {}
        numbers: dict[str, Any] = {}
        for name in planted.numbers:
            numbers |= COUNTS[name](self)
        return {
            "id": planted.id,
            "kind": planted.kind,
            **product,
            "language": "zh" if self.carriers[0].chinese else "en",
            "says": planted.says,
            "topic": planted.topic,
            "words": planted.words,
            "numbers": numbers,
            "expect": planted.expect,
            "reviews": [one.id for one in self.carriers],
            **planted.more,
        }

    def share(self) -> dict[str, Any]:
        """`k` of `n`; a truth without a topic is that nothing is to be found."""
        return {"k": len(self.carriers) if self.planted.topic else 0, "n": len(self.pool)}

    def change(self) -> dict[str, Any]:
        """`k` of `n` before the day of the change and from it on."""
        since, topic = self.planted.since, self.planted.topic
        assert since is not None, f"{self.planted.id} has no day"
        return {
            "since": since.isoformat(),
            "before": share((one for one in self.pool if one.at.date() < since), topic),
            "after": share((one for one in self.pool if one.at.date() >= since), topic),
        }

    def too_small(self) -> dict[str, Any]:
        """How many of the product's returns say that it is too small."""
        returned = [one.reason for one in self.sample.returns if one.line.product.key == self.planted.product]
        reason = "APPAREL_TOO_SMALL"
        return {"returns": {"reason": reason, "n": len(returned), "k": returned.count(reason)}}

    def by_courier(self) -> dict[str, Any]:
        """`k` of `n` among the reviews whose parcel went with the courier, among the other joined ones, and among all."""
        topic, courier = self.planted.topic, self.planted.more["courier"]
        joined = [one for one in self.pool if one.order is not None and (one.chinese or one.email)]
        by = [one for one in joined if one.order and one.order.courier == courier]
        rest = [one for one in joined if one.order and one.order.courier != courier]
        return {
            "courier": courier,
            "with": share(by, topic),
            "others": share(rest, topic),
            "all": share(self.pool, topic),
            "products": sorted({one.product.key for one in by if topic in one.mentions}),
        }

    def by_variant(self) -> dict[str, Any]:
        """`k` of `n` among the reviews of the variant and among the others."""
        topic, variant = self.planted.topic, self.planted.more["variant"]
        theirs = [one.line is not None and one.product.values[one.line.variant] == variant for one in self.pool]
        return {
            "variant": variant,
            "with": share((one for one, is_theirs in zip(self.pool, theirs, strict=True) if is_theirs), topic),
            "others": share((one for one, is_theirs in zip(self.pool, theirs, strict=True) if not is_theirs), topic),
        }

    def sales(self) -> dict[str, Any]:
        """Units sold per month, and their mean before sales rose and since."""
        units = units_by_month(self.sample.orders, str(self.planted.product))
        before = [count for month, count in units.items() if month < SALES_SINCE]
        after = [count for month, count in units.items() if month >= SALES_SINCE]
        return {
            "units_by_month": units,
            "sales_since": SALES_SINCE,
            "units_per_month_before": round(sum(before) / len(before), 1),
            "units_per_month_after": round(sum(after) / len(after), 1),
        }

    def follow_up_only(self) -> dict[str, Any]:
        """How many say it in the 追评 alone."""
        return {"k_in_follow_up_only": sum(one.late for one in self.pool)}

    def stars(self) -> dict[str, Any]:
        """The stars of each review that carries it."""
        return {"stars": {one.id: one.stars for one in self.carriers}}

    def days(self) -> dict[str, Any]:
        """The first and the last day of the batch."""
        return {"from": DUPLICATE_DAYS[0].isoformat(), "to": DUPLICATE_DAYS[1].isoformat()}


COUNTS: dict[str, Callable[[Telling], dict[str, Any]]] = {
    "share": Telling.share,
    "change": Telling.change,
    "too_small": Telling.too_small,
    "by_courier": Telling.by_courier,
    "by_variant": Telling.by_variant,
    "sales": Telling.sales,
    "follow_up_only": Telling.follow_up_only,
    "stars": Telling.stars,
    "days": Telling.days,
}


def units_by_month(orders: Iterable[Order], key: str) -> dict[str, int]:
    """Units of a product sold per month (`2026-03`), without cancelled orders."""
    units: dict[str, int] = {}
    for order in orders:
        for line in order.lines:
            if line.product.key == key and not order.cancelled:
                month = f"{order.at:%Y-%m}"
                units[month] = units.get(month, 0) + line.quantity
    return dict(sorted(units.items()))


def truth(sample: Sample) -> dict[str, Any]:
    """The planted truths, the everyday complaints, and what each review says.

    `k` of `n` count reviews (default texts of the platform are in `n`); reviews are `file:line`. Everyday complaints are spread
    evenly, and told so that nobody takes them for planted.
    """
    everyone = sample.reviews
    return {
        "rows": {
            "reviews": len(everyone),
            "judgeme_reviews": sum(one.at.date() >= JUDGEME_FROM for one in sample.english),
            "loox_reviews": sum(one.at.date() < JUDGEME_FROM for one in sample.english),
            "taobao_reviews": len(sample.mandarin),
        },
        "truths": [Telling(planted, sample).entry() for planted in PLANTED],
        "background": [{"topic": topic, **share(everyone, topic)} for topic, _ in EVERYDAY],
        "reviews": {one.id: _said(one) for one in everyone},
    }


def _said(one: Review) -> dict[str, Any]:
    """Product, stars, what the words say, and topics; for measuring, never for the app."""
    sentiment = "none" if one.kind == "default" else one.sentiment
    told = {"product": one.product.key, "stars": one.stars, "sentiment": sentiment}
    return told | ({"mentions": one.mentions} if one.mentions else {})
