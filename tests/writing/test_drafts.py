"""Drafts: true, within limits, complete or told what was left out, and different from each other."""

from __future__ import annotations

import re
from collections import Counter
from itertools import combinations
from typing import Any

import pytest

from engine.writing.compose import Wordings
from engine.writing.draft import MOST_ALIKE, drafts, likeness
from engine.writing.ledger import ledger
from engine.writing.rules import Field, field_named, packs

Facts = dict[str, Any]
CHINESE: list[Facts] = [
    {"类型": "裙", "版型": "显瘦", "材质": ["雪纺", "蕾丝"], "颜色": "米白色", "风格": "法式", "图案": ["碎花", "撞色"],
     "裙长": "连衣裙", "裙领型": "方领", "裙袖型": "泡泡袖"},
    {"类型": "上衣", "材质": "羊毛", "颜色": "驼色", "风格": "通勤", "衣样式": "大衣", "衣门襟": "双排扣", "衣长": "中长款"},
    {"类型": "裤", "版型": "宽松", "材质": "亚麻", "裤长": "九分裤", "裤腰型": "高腰", "裤口": "毛边", "裤款式": ["口袋", "抽绳"]},
    {"材质": "陶瓷", "容量": "350ml", "颜色": "雾蓝", "产地": "景德镇"},
]  # fmt: skip
ENGLISH: list[Facts] = [
    {"Item": "desk lamp", "Brand": "Nordlys", "Material": "aluminium", "Color": "matt black", "Power": "8 W", "Cable": "1.8 m"},
    {"Item": "ceramic mug", "Material": "stoneware", "Capacity": "350 ml", "Color": "sand", "Dishwasher safe": "yes"},
    {"Item": "yoga mat", "Material": "natural rubber", "Thickness": "4 mm", "Length": "183 cm", "Pattern": "Solid"},
    {"Type": "running socks", "Material": "80% cotton, 20% polyamide", "Pack size": "3 pairs", "Gender": "Unisex"},
]  # fmt: skip
EVERY_FIELD = [field for pack in packs().values() for field in pack.fields]
NUMBER = re.compile(r"\d+(?:[.,]\d+)?")


def _values(facts: Facts) -> list[str]:
    return [v for value in facts.values() for v in (value if isinstance(value, list) else [value])]


@pytest.mark.parametrize("facts", [*CHINESE, *ENGLISH])
def test_a_description_states_every_value_and_no_number_of_its_own(facts: Facts) -> None:
    for draft in drafts(ledger("p", "", facts), field_named("shopify.description"), Wordings()):
        assert draft.left_out == ()
        assert [v for v in _values(facts) if v.lower() not in draft.text.lower()] == []
        assert set(NUMBER.findall(draft.text)) <= set(NUMBER.findall(" ".join(_values(facts))))
        for claim in draft.claims:
            assert draft.text[claim.start : claim.end] == claim.text
            assert claim.text.lower() in [v.lower() for v in _values({claim.fact: facts[claim.fact]})]


@pytest.mark.parametrize("field", EVERY_FIELD, ids=lambda field: field.full_name)
def test_drafts_fit_their_channel_and_tell_what_they_leave_out(field: Field) -> None:
    odd: list[Facts] = [
        {"颜色": "白色\U0001f600", "材质": "Ａ级棉", "图案": "“花”…"},
        {"Color": "red\U0001f468\u200d\U0001f469\u200d\U0001f467", "Material": "x" * 300, "Item": "a" * 90},
    ]
    for number, facts in enumerate([*CHINESE, *ENGLISH, *odd]):
        for draft in drafts(ledger(str(number), "", facts), field, Wordings()):
            assert draft.text.strip()
            assert draft.units_used <= field.limit
            assert not any(v.rule.endswith((".limit", ".total")) for v in draft.violations)
            left = {fact for fact, _ in draft.left_out}
            assert all(reason for _, reason in draft.left_out)
            stated = {(c.fact, c.text.lower()) for c in draft.claims}
            for name, value in facts.items():
                for one in value if isinstance(value, list) else [value]:
                    assert (name, one.lower()) in stated or f"{name}: {one}" in left


def test_variants_of_one_product_differ() -> None:
    for number, facts in enumerate([*CHINESE[:3], *ENGLISH[:3]]):
        texts = [d.text for d in drafts(ledger(str(number), "", facts), field_named("shopify.description"), Wordings())]
        assert len(texts) == 3
        assert all(likeness(a, b) <= MOST_ALIKE for a, b in combinations(texts, 2))


def test_over_many_products_of_one_kind_no_opening_and_no_frame_is_worn_out() -> None:
    colours, styles = ["白色", "黑色", "米色", "蓝色", "红色"], ["简约", "复古", "通勤", "清新"]
    wordings, openings, frames = Wordings(), Counter[str](), Counter[str]()
    for number in range(200):
        facts = {
            "类型": "裙",
            "颜色": colours[number % 5],
            "风格": styles[number // 5 % 4],
            "版型": "宽松",
            "裙长": "连衣裙",
            "图案": "碎花",
        }
        draft = drafts(ledger(f"sku-{number}", "", facts), field_named("taobao.description"), wordings, 1)[0]
        bare = draft.text
        for value in sorted(_values(facts), key=len, reverse=True):
            bare = bare.replace(value, "*")
        opening = re.sub(r"[*]+(?:风格的|图案的)?[*]*", "*", re.split("[，：]", bare)[0])
        openings[opening] += 1
        frames.update({clause for clause in re.split("[，。：]", bare) if clause.strip("*")})
    assert max(openings.values()) <= 200 * 0.05, openings.most_common(3)
    assert max(frames.values()) <= 200 * 0.15


def test_what_a_rule_forbids_is_left_out_with_the_reason() -> None:
    facts = {"类型": "裙", "裙长": "连衣裙", "材质": "顶级真丝", "颜色": "白色"}
    draft = drafts(ledger("1", "", facts), field_named("taobao.description"), Wordings())[0]
    assert "顶级" not in draft.text
    assert [(fact, "广告法" in reason) for fact, reason in draft.left_out] == [("材质: 顶级真丝", True)]
    assert draft.status == "needs_review"


def test_colour_and_style_words_are_not_read_as_other_facts() -> None:
    facts = {"Item": "phone case", "Color": "Cotton Candy Pink", "Style": "Rose Gold"}
    draft = drafts(ledger("1", "", facts), field_named("shopify.description"), Wordings())[0]
    assert not re.search(r"made (?:of|from) (?:cotton|rose gold|gold)", draft.text.lower())


def test_the_same_facts_give_the_same_drafts() -> None:
    def once() -> list[str]:
        return [d.text for d in drafts(ledger("1", "", ENGLISH[0]), field_named("amazon.description"), Wordings())]

    assert once() == once()


def test_empty_facts_are_no_facts() -> None:
    facts = {"材质": "棉", "颜色": "无", "品牌": None, "图案": ["", "n/a"], "n": {"a": 1}, "m": [{"b": 2}]}
    assert [fact.name for fact in ledger("1", "", facts).facts] == ["材质"]
    assert drafts(ledger("1", "", {}), field_named("taobao.title"), Wordings()) == []
