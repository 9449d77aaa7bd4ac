"""What is planted, counted from what was generated: the entries of `truth.json`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

from sample_data import reviews as plan
from sample_data import texts_zh
from sample_data.catalogue import Product
from sample_data.orders import BAD_COURIER, BAD_COURIER_ZH, DAYPACK, FIRST_DAY, LAST_DAY, Order
from sample_data.returns import Return
from sample_data.reviews import Review

SALES_SINCE = "2026-03"


def subject(product: Product | texts_zh.ProductZh) -> dict[str, Any]:
    """Every name a product goes by in the files."""
    if isinstance(product, texts_zh.ProductZh):
        return {"key": product.key, "title": product.title, "english": product.english}
    names: dict[str, Any] = {
        "key": product.key,
        "handle": product.key,
        "title": product.title,
        "skus": list(product.skus),
    }
    return names | ({"asin": product.asin} if product.asin else {})


def share(reviews: Iterable[Review], topic: str) -> dict[str, int]:
    """`k` of `n` reviews that speak of a topic."""
    found = list(reviews)
    return {"k": sum(topic in one.mentions for one in found), "n": len(found)}


def units_by_month(orders: Iterable[Order], key: str) -> dict[str, int]:
    """Units of a product sold per month (`2026-03`), without cancelled orders."""
    units: dict[str, int] = {}
    for order in orders:
        for line in order.lines:
            if line.product.key == key and not order.cancelled:
                month = f"{order.at:%Y-%m}"
                units[month] = units.get(month, 0) + line.quantity
    return dict(sorted(units.items()))


def _ids(reviews: Iterable[Review]) -> list[str]:
    return [one.id for one in reviews]


def _split(reviews: Sequence[Review], topic: str, since: date) -> dict[str, Any]:
    return {
        "since": since.isoformat(),
        "before": share((one for one in reviews if one.at.date() < since), topic),
        "after": share((one for one in reviews if one.at.date() >= since), topic),
    }


def planted(
    english: list[Review], chinese: list[Review], shopify: list[Order], amazon: list[Order], returns: list[Return]
) -> list[dict[str, Any]]:
    """The planted truths. `k` of `n` count reviews (default texts of the platform are in `n`); reviews are `file:line`."""

    def of(key: str) -> list[Review]:
        return [one for one in (*english, *chinese) if one.product.key == key]

    def entry(
        name: str,
        kind: str,
        key: str | None,
        says: str,
        topic: str,
        words: Sequence[str],
        numbers: dict[str, Any],
        carriers: Sequence[Review],
        **more: Any,
    ) -> dict[str, Any]:
        language = "zh" if carriers and carriers[0].chinese else "en"
        product = {"product": subject(of(key)[0].product)} if key else {}
        return {
            "id": name,
            "kind": kind,
            **product,
            "language": language,
            "says": says,
            "topic": topic,
            "words": list(words),
            "numbers": numbers,
            "expect": "finding",
            "reviews": _ids(carriers),
            **more,
        }

    def about(key: str, topic: str, keep: Callable[[Review], bool] = lambda one: True) -> list[Review]:
        return [one for one in of(key) if topic in one.mentions and keep(one)]

    def courier(name: str, everyone: list[Review], bad: str, words: Sequence[str]) -> dict[str, Any]:
        joined = [one for one in everyone if one.order is not None and (one.chinese or one.email)]
        by = [one for one in joined if one.order and one.order.courier == bad]
        rest = [one for one in joined if one.order and one.order.courier != bad]
        return entry(
            name,
            "courier",
            None,
            f"Parcels sent with {bad} arrive damaged.",
            "parcel_damage",
            words,
            {
                "courier": bad,
                "with": share(by, "parcel_damage"),
                "others": share(rest, "parcel_damage"),
                "all": share(everyone, "parcel_damage"),
            },
            [one for one in everyone if "parcel_damage" in one.mentions],
            courier=bad,
            products=sorted({one.product.key for one in by if "parcel_damage" in one.mentions}),
        )

    small = [one for one in returns if one.line.product.key == plan.HOODIE]
    units = units_by_month([*shopify, *amazon], DAYPACK)
    before = [count for month, count in units.items() if month < SALES_SINCE]
    after = [count for month, count in units.items() if month >= SALES_SINCE]
    pillow = of(plan.PILLOW)
    smelly_name = texts_zh.PRODUCTS[1].values[plan.SMELLY_VARIANT]
    smelly = [one for one in pillow if one.line and one.line.variant == plan.SMELLY_VARIANT]
    opposite = [one for one in (*english, *chinese) if one.kind in ("furious", "delighted")]
    copies = [one for one in english if one.kind == "duplicate"]
    return [
        entry(
            "lantern-battery",
            "complaint_trend",
            plan.LANTERN,
            "The lantern's battery got worse from 2026-03-15 on.",
            "battery",
            ["battery", "charge", "recharge", "dies", "runtime", "drains", "hours"],
            {**share(of(plan.LANTERN), "battery"), **_split(of(plan.LANTERN), "battery", plan.BATTERY_SINCE)},
            about(plan.LANTERN, "battery"),
            direction="worse",
        ),
        entry(
            "hoodie-runs-small",
            "complaint",
            plan.HOODIE,
            "The hoodie runs small.",
            "size_small",
            ["small", "size", "tight", "short", "sleeves", "snug", "fit"],
            {
                **share(of(plan.HOODIE), "size_small"),
                "returns": {
                    "reason": "APPAREL_TOO_SMALL",
                    "n": len(small),
                    "k": sum(one.reason == "APPAREL_TOO_SMALL" for one in small),
                },
            },
            about(plan.HOODIE, "size_small"),
        ),
        courier(
            "courier-brindle",
            english,
            BAD_COURIER,
            ["box", "crushed", "parcel", "package", "carton", "torn", "broken", "courier"],
        ),
        courier("courier-fengquan", chinese, BAD_COURIER_ZH, ["快递", "箱", "破", "压扁", "摔", "碎", "变形", "包裹"]),
        entry(
            "daypack-stays-dry",
            "praise_sells",
            DAYPACK,
            "Since the new lining customers praise that the daypack keeps things dry, and it sells.",
            "stays_dry",
            ["dry", "rain", "waterproof", "water", "storm", "wet"],
            {
                **share(of(DAYPACK), "stays_dry"),
                **_split(of(DAYPACK), "stays_dry", plan.DRY_SINCE),
                "units_by_month": units,
                "sales_since": SALES_SINCE,
                "units_per_month_before": round(sum(before) / len(before), 1),
                "units_per_month_after": round(sum(after) / len(after), 1),
            },
            about(DAYPACK, "stays_dry"),
            direction="more",
        ),
        entry(
            "sweatshirt-fading",
            "complaint",
            plan.SWEATSHIRT,
            "卫衣掉色、起球。",
            "fading",
            ["掉色", "起球", "褪色", "毛球", "染", "起毛"],
            {
                **share(of(plan.SWEATSHIRT), "fading"),
                "k_in_follow_up_only": sum(one.late for one in of(plan.SWEATSHIRT)),
            },
            about(plan.SWEATSHIRT, "fading"),
        ),
        entry(
            "pillow-smell",
            "variant_complaint",
            plan.PILLOW,
            "竹炭灰的护颈枕有异味。",
            "smell",
            ["异味", "味道", "气味", "刺鼻", "臭", "味"],
            {
                **share(pillow, "smell"),
                "variant": smelly_name,
                "with": share(smelly, "smell"),
                "others": share((one for one in pillow if one not in smelly), "smell"),
            },
            about(plan.PILLOW, "smell"),
            variant=smelly_name,
        ),
        entry(
            "tumbler-leaks",
            "complaint",
            plan.TUMBLER,
            "The tumbler's lid leaks.",
            "lid_leak",
            ["leak", "lid", "drip", "spill", "seal", "coffee"],
            share(of(plan.TUMBLER), "lid_leak"),
            about(plan.TUMBLER, "lid_leak"),
        ),
        entry(
            "shelf-missing-parts",
            "complaint",
            plan.SHELF,
            "The shelf comes with parts missing and instructions nobody understands.",
            "missing_parts",
            ["missing", "screws", "instructions", "parts", "manual", "assembly"],
            share(of(plan.SHELF), "missing_parts"),
            about(plan.SHELF, "missing_parts"),
        ),
        entry(
            "headlamp-strap",
            "complaint_trend",
            plan.HEADLAMP,
            "The headlamp's strap slipped until 2025-12-01; the complaint is gone since.",
            "strap_slip",
            ["strap", "band", "slips", "loose", "elastic", "slides"],
            {**share(of(plan.HEADLAMP), "strap_slip"), **_split(of(plan.HEADLAMP), "strap_slip", plan.STRAP_UNTIL)},
            about(plan.HEADLAMP, "strap_slip"),
            direction="better",
        ),
        entry(
            "stars-contradict-text",
            "contradiction",
            None,
            "The stars of these reviews say the opposite of their words.",
            "contradiction",
            [],
            {"k": len(opposite), "n": len(english) + len(chinese)},
            opposite,
            stars={one.id: one.stars for one in opposite},
        ),
        {
            **entry(
                "kettle-too-few",
                "too_few",
                plan.KETTLE,
                "One dramatic complaint in four reviews: too few to say.",
                "handle_came_off",
                ["handle"],
                share(of(plan.KETTLE), "handle_came_off"),
                about(plan.KETTLE, "handle_came_off"),
            ),
            "expect": "no finding",
        },
        {
            **entry(
                "tarp-mixed",
                "mixed",
                plan.TARP,
                "The tarp is spoken of without any one problem.",
                "",
                [],
                {"k": 0, "n": len(of(plan.TARP))},
                of(plan.TARP),
            ),
            "expect": "no finding",
        },
        {
            **entry(
                "stand-mixed",
                "mixed",
                plan.STAND,
                "手机支架评价平平，没有集中的问题。",
                "",
                [],
                {"k": 0, "n": len(of(plan.STAND))},
                of(plan.STAND),
            ),
            "expect": "no finding",
        },
        {
            **entry(
                "fan-duplicates",
                "duplicates",
                plan.FAN,
                "A dozen nearly equal raptures about the fan within two days, by people who bought nothing.",
                "duplicate",
                [],
                {
                    "k": len(copies),
                    "n": len(of(plan.FAN)),
                    "from": plan.DUPLICATE_DAYS[0].isoformat(),
                    "to": plan.DUPLICATE_DAYS[1].isoformat(),
                },
                copies,
            ),
            "expect": "later",
        },
    ]


def background(english: list[Review], chinese: list[Review]) -> list[dict[str, Any]]:
    """Everyday complaints, spread evenly: how often, so that nobody takes them for planted."""
    everyone = [*english, *chinese]
    topics = [topic for topic, _ in plan.EVERYDAY]
    return [{"topic": topic, **share(everyone, topic)} for topic in topics]


def gold(reviews: Iterable[Review]) -> dict[str, dict[str, Any]]:
    """For every review: product, stars, what its words say, its topics; for measuring, never for the app."""
    return {
        one.id: {
            "product": one.product.key,
            "stars": one.stars,
            "sentiment": "none" if one.kind == "default" else one.sentiment,
        }
        | ({"mentions": one.mentions} if one.mentions else {})
        for one in reviews
    }


PERIOD = {"from": FIRST_DAY.isoformat(), "to": LAST_DAY.isoformat()}
