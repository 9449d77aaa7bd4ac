"""Rule packs: every rule finds what it is for and leaves alone what it is not."""

from __future__ import annotations

import pytest

from engine.errors import UsageError
from engine.writing.checks import check
from engine.writing.ledger import ledger
from engine.writing.rules import field_named, packs
from engine.writing.units import UNITS

BOTH_WAYS: dict[str, tuple[str, list[str], list[str]]] = {
    "guard.refusal": (
        "shopify.description",
        ["I'm sorry, I can't help with that.", "作为AI，我无法编写"],
        ["A sorry-free mug."],
    ),
    "guard.placeholder": (
        "ebay.title",
        ["[Brand] lamp", "【品牌】台灯", "{product} lamp"],
        ["Lamp [2 pack]", "Size XXXL"],
    ),
    "guard.prompt": (
        "shopify.description",
        ["Here is your description: a lamp", "以下是为您写的标题"],
        ["Here is a lamp."],
    ),
    "guard.link": ("shopify.description", ["see https://a.example", "visit www.shop.example"], ["USB 3.0, 1.5 m"]),
    "guard.contact": (
        "taobao.description",
        ["加V:abcde123", "电话13812345678", "mail me@shop.example"],
        ["容量 1381234 ml"],
    ),
    "guard.invisible": ("shopify.description", ["lamp\u200b", "lamp\u202egnp"], ["lamp"]),
    "claim.health": ("shopify.description", ["It cures joint pain", "可降血糖"], ["It is kind to your desk"]),
    "claim.eco": ("shopify.description", ["An eco-friendly mug", "抗菌面料"], ["An economical mug"]),
    "claim.review": ("amazon.description", ["Our customers love it", "好评返现"], ["Customers choose the color"]),
    "cn.absolute.zui": (
        "taobao.description",
        ["本品最好", "最先进的工艺", "最受欢迎", "最便宜"],
        [
            "最佳食用期 12 个月",
            "最佳食用时间",
            "我们的目标是做到最好",
            "最大承重100kg",
            "最高可调至 120 厘米",
            "最后一步",
        ],
    ),
    "cn.absolute.first": (
        "taobao.description",
        ["全国销量第一", "NO.1 品牌", "独家配方", "首选好物"],
        ["第一次使用", "2025年全国销量第一，数据来源：某研究院", "唯一编号", "顾客第一"],
    ),
    "cn.absolute.level": (
        "taobao.description",
        ["顶级面料", "国家级品质", "绝对安全", "永久不变形"],
        ["永久磁铁", "绝对湿度"],
    ),
    "cn.time": ("taobao.description", ["随时涨价"], ["随时联系"]),
    "cn.time.dates": ("taobao.description", ["限时优惠"], ["限时优惠：11月1日至11月3日"]),
    "taobao.title.characters": ("taobao.title", ["连衣裙<新款>"], ["连衣裙 新款"]),
    "amazon.title.characters": ("amazon.title", ["Great lamp!"], ["Lamp, black"]),
    "amazon.bullets.characters": ("amazon.bullets", ["Bright light \U0001f600", "Lasts long…"], ["Bright light: 8 W"]),
    "amazon.bullets.placeholder": ("amazon.bullets", ["Material: N/A"], ["Material: nylon"]),
    "amazon.bullets.eco": ("amazon.bullets", ["Made from bamboo fibre"], ["Bamboo pattern print"]),
    "amazon.promotion": ("amazon.title", ["Lamp free shipping"], ["Lamp with free arm"]),
    "amazon.title.capitals": ("amazon.title", ["BLACK DESK LAMP"], ["Black USB LED Lamp", "Persian carpet"]),
    "amazon.title.repeats": ("amazon.title", ["Lamp lamp Lamp"], ["The lamp of the house of the sun", "Lamp and lamp"]),
    "google.headline.exclamation": ("google.headline", ["New lamp!"], ["New lamp"]),
    "google.promotion": ("google.title", ["Lamp 20% off"], ["Lamp 20 W"]),
    "google.capitals": ("google.title", ["BLACK DESK LAMP"], ["Black lamp"]),
    "meta.personal_attributes": ("meta.primary", ["Are you overweight?"], ["Are you looking for a lamp?"]),
}


def _rules(text: str, channel: str) -> set[str]:
    return {violation.rule for violation in check(text, field_named(channel))}


def test_every_rule_has_examples_both_ways() -> None:
    assert {rule.id for pack in packs().values() for rule in pack.rules} == set(BOTH_WAYS)


@pytest.mark.parametrize("rule", sorted(BOTH_WAYS))
def test_a_rule_finds_what_it_is_for_and_nothing_else(rule: str) -> None:
    channel, wrong, right = BOTH_WAYS[rule]
    assert [text for text in wrong if rule not in _rules(text, channel)] == []
    assert [text for text in right if rule in _rules(text, channel)] == []


def test_every_field_and_rule_says_where_it_comes_from() -> None:
    for pack in packs().values():
        for field in pack.fields:
            assert field.unit in UNITS
            assert field.source and field.seen_on and field.strength in ("P", "S", "K", "unverified")
        for rule in pack.rules:
            assert rule.source and rule.message and rule.message_zh and rule.severity in ("block", "warn")


@pytest.mark.parametrize(
    ("channel", "fits", "over"),
    [
        ("amazon.title", "a b" * 25, "a b" * 25 + "c"),
        ("amazon.search_terms", "é" * 124 + "a", "é" * 125),
        ("taobao.title", "裙" * 30, "裙" * 30 + "a"),
        ("google.headline", "裙" * 15, "裙" * 15 + "a"),
        ("ebay.title", "\U0001f600" * 80, "\U0001f600" * 81),
    ],
)
def test_a_limit_is_counted_in_the_channels_unit(channel: str, fits: str, over: str) -> None:
    field = field_named(channel)
    limit = f"{field.full_name}.limit"
    assert limit not in _rules(fits, channel)
    assert limit in _rules(over, channel)


def test_a_category_may_have_another_limit() -> None:
    field = field_named("amazon.title")
    title = "abc" * 30
    assert [v.rule for v in check(title, field)] == ["amazon.title.limit"]
    assert check(title, field, category="books") == []


def test_a_brand_keeps_its_capitals_and_a_certificate_allows_what_needs_one() -> None:
    field = field_named("amazon.title")
    own = ledger("1", "Lamp", {"Brand": "LUX MAX PRO", "Certificate": "ISO 22196"})
    assert check("LUX MAX PRO", field, product=own) == []
    assert [v.rule for v in check("LUX MAX PRO LAMP", field, product=own)] == ["amazon.title.capitals"]
    assert "amazon.title.characters" not in {
        v.rule for v in check("Yahoo! lamp", field, product=ledger("1", "Lamp", {"Brand": "Yahoo!"}))
    }
    assert {v.rule for v in check("antibacterial cover", field, product=own)}.isdisjoint(
        {"claim.eco", "amazon.bullets.eco"}
    )


def test_a_review_is_not_quoted() -> None:
    said = "I have owned this lamp for three years now and it never once flickered"
    own = ledger("1", "Lamp", {"Material": "steel"}, [said])
    field = field_named("shopify.description")
    text = "Owned this lamp for three years now and it never flickered, they say"
    assert "guard.quote" in {v.rule for v in check(f"Lamp. {said}.", field, product=own)}
    assert "guard.quote" in {v.rule for v in check(text, field, product=own)}
    assert check("A steel lamp for three rooms.", field, product=own) == []


def test_an_unverified_limit_says_so() -> None:
    [violation] = check("字" * 30, field_named("xiaohongshu.title"), language="zh")
    assert "未核实" in violation.message


def test_an_unknown_channel_is_answered_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="no channel amason"):
        field_named("amason.title")
    with pytest.raises(UsageError, match="no field tagline"):
        field_named("amazon.tagline")


@pytest.mark.parametrize("name", ["review", "testimonial", "评价"])
def test_reviews_are_never_written(name: str) -> None:
    with pytest.raises(UsageError, match="never writes reviews"):
        field_named(name)
