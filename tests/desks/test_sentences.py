"""Every kind of finding is said in both languages, with nothing left open and nothing in the other language."""

from __future__ import annotations

import re
from typing import Any

import pytest

from engine.desks.base import load
from engine.desks.registry import IMPORTS, REVIEWS
from engine.desks.sentences import sentence, short, unit
from engine.findings import Finding, wilson
from engine.importing.sentences import SENTENCES as NEWS
from engine.reviews.sentences import SENTENCES as SAID
from engine.say import Speaker

LAMP = {"product": "lamp", "name": "L1", "theme": "negative/battery", "theme_name": "T"}
SHARES = {"share": 0.3, "share_elsewhere": 0.05, "share_others": 0.1, "k_others": 2, "n_others": 20}
CHANGE = {"since": "2026-04-02", "share_before": 0.1, "share_after": 0.4, "k_before": 1, "n_before": 10}
SALES = {"units_a_month_before": 10.0, "units_a_month_after": 31.0}
FILE = {"platform": "p", "report": "r", "file": "may.csv"}
CASES: dict[tuple[str, str], list[tuple[dict[str, Any], dict[str, Any]]]] = {
    ("reviews", "pain_point"): [
        (LAMP, {**SHARES, "quote": "Q", "stars_lost": 0.62, "stars_lost_low": 0.2}),
        ({"product": None, "theme_name": "T"}, {"products": 3}),
        ({"product": None, "theme_name": "T"}, {"products": 1, "quote": "Q"}),
    ],
    ("reviews", "too_few"): [(LAMP, {})],
    ("reviews", "got_worse"): [(LAMP, CHANGE)],
    ("reviews", "got_better"): [(LAMP, CHANGE)],
    ("reviews", "driver"): [({**LAMP, "courier": "C"}, SHARES), ({**LAMP, "variant": "V"}, SHARES)],
    ("reviews", "praise"): [(LAMP, SHARES)],
    ("reviews", "praise_that_sells"): [(LAMP, {**SHARES, **CHANGE, **SALES})],
    ("reviews", "contradiction"): [({}, {"complain_with_many_stars": 3, "praise_with_few_stars": 4})],
    ("reviews", "copied_reviews"): [(LAMP, {"first_day": "2026-04-02", "last_day": "2026-04-05"})],
    ("reviews", "return_reason"): [({**LAMP, "reason": "7"}, SHARES)],
    ("imports", "new_rows"): [
        (FILE, {"table": table, "known": 2, "low_stars": 1, "names": ["A"], "first_day": "2026-04-02",
                "last_day": "2026-04-05"})
        for table in ("orders", "reviews", "products", "returns", "order_lines", "customers")
    ],
    ("imports", "first_sold"): [(FILE, {"names": ["A", "B", "C"]})],
    ("imports", "status"): [
        (FILE, {"table": table, "status": "refunded"}) for table in ("orders", "order_lines", "returns", "products")
    ],
    ("imports", "price"): [
        (FILE, {"up": 1, "down": 2, "largest": "A", "price_before": 2.0, "price_after": 3.0, "currency": ""})
    ],
    ("imports", "out_of_stock"): [(FILE, {"names": ["A"], "named": 1})],
    ("imports", "edited"): [(FILE, {"fewer_stars": 2})],
}  # fmt: skip


def finding(desk: str, kind: str, subject: dict[str, Any], numbers: dict[str, Any], k: int = 12) -> Finding:
    return Finding("key", desk, kind, subject, numbers, "m", n=40, k=k, interval=wilson(k, 40))


def test_no_kind_is_left_out() -> None:
    assert {kind for desk, kind in CASES if desk == "reviews"} == set(SAID)
    assert {kind for desk, kind in CASES if desk == "imports"} == set(NEWS) == set(load(IMPORTS.shorts or ""))
    assert load(REVIEWS.sentences or "") is SAID


@pytest.mark.parametrize(("desk", "kind"), CASES)
@pytest.mark.parametrize("k", [1, 12])
def test_it_is_said_in_both_languages(desk: str, kind: str, k: int) -> None:
    for subject, numbers in CASES[desk, kind]:
        one = finding(desk, kind, subject, numbers, k)
        for say in (sentence, short):
            english, chinese = say(one, Speaker("en")), say(one, Speaker("zh"))
            assert str(k) in english and str(k) in chinese
            assert not re.search(r"[{}]", english + chinese)
            assert not re.search("[\u4e00-\u9fff]", english)
            assert not re.search("[a-z]{3}", chinese.replace("may.csv", ""))


def test_what_another_version_found_is_named_with_its_counts() -> None:
    assert sentence(finding("reviews", "dreams", {}, {}), Speaker("en")) == "dreams: 12 of 40"
    assert sentence(finding("garden", "weeds", {}, {}), Speaker("zh")) == "weeds：40 中的 12"
    assert sentence(finding("reviews", "driver", {"name": "Lamp"}, {}), Speaker("en")) == "driver: 12 of 40"


def test_what_is_counted_has_a_name() -> None:
    assert unit(finding("reviews", "return_reason", {}, {"unit": "returns"}), Speaker("en")) == "returns"
    assert unit(finding("imports", "status", {}, {"unit": "known orders"}), Speaker("zh")) == "笔已有订单"
    assert unit(finding("garden", "weeds", {}, {}), Speaker("zh")) == "条评价"
