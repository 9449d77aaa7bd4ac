"""Planted truths for each analysis, and controls that must stay silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.desks.ranking import ranked
from engine.desks.sentences import sentence
from engine.findings import Finding
from engine.reviews import contradictions, copied, drivers, pain_points, praise, return_reasons, trends
from engine.say import Speaker
from tests.reviews.boards import ReadShop, Said, days

ENGLISH = Speaker("en")


def shown(found: list[Finding]) -> list[Finding]:
    """What of these alone would be shown first."""
    return [finding for finding in ranked(found) if finding.rank > 0]


LEAK = "negative/leak"
PRICE = "negative/price"


@pytest.fixture
def shop(tmp_path: Path) -> ReadShop:
    """A quiet shop: three products, forty reviews each, one complaint about the price in ten."""
    shop = ReadShop(tmp_path)
    for product in ("mug", "lamp", "rug"):
        shop.said += [Said(product, day, themes=(PRICE,) if i % 11 == 0 else ()) for i, day in enumerate(days(40))]
    return shop


def test_a_quiet_shop_raises_nothing_but_what_all_complain_about(shop: ReadShop) -> None:
    board = shop.board()
    for analysis in (trends, drivers, praise, contradictions, copied, return_reasons):
        assert [finding.key for finding in shown(analysis.find(board))] == []
    common = shown(pain_points.find(board))
    assert [(finding.subject["product"], finding.k, finding.n) for finding in common] == [(None, 12, 120)]


def test_a_product_that_leaks(shop: ReadShop) -> None:
    for i, said in enumerate(shop.said):
        if said.product == "mug" and i % 3 == 0:
            said.themes += (LEAK,)
            said.stars = 2
    leaking = [f for f in shown(pain_points.find(shop.board())) if f.subject["theme"] == LEAK]
    assert [(f.subject["product"], f.k, f.n) for f in leaking] == [("mug", 14, 40)]
    finding = leaking[0]
    # 14 of 40 against none of 80 elsewhere, in forty weeks.
    assert finding.impact is not None and 0 < finding.impact.low < 14 * 30 / 274 < (finding.impact.high or 0)
    assert finding.interval is not None and finding.interval.low < 14 / 40 < finding.interval.high
    assert finding.numbers["stars_lost"] == pytest.approx(4 - (14 * 2 + 26 * 4) / 40)
    assert {evidence.row_id for evidence in finding.evidence} == {i + 1 for i in range(40) if i % 3 == 0}
    assert "14 of 40" in sentence(finding, ENGLISH) and "Mug" in sentence(finding, ENGLISH)


def test_few_reviews_say_too_few(shop: ReadShop) -> None:
    shop.said += [Said("kettle", stars=1, themes=(LEAK,)), Said("kettle"), Said("kettle"), Said("kettle")]
    kettle = [f for f in pain_points.find(shop.board()) if f.subject["product"] == "kettle"]
    assert [(f.kind, f.impact, f.k, f.n) for f in kettle] == [("too_few", None, 1, 4)]
    assert "too few to say" in sentence(kettle[0], ENGLISH)


def test_worse_since_and_better_since(shop: ReadShop) -> None:
    for i, said in enumerate(shop.said):
        place = i % 40
        if said.product == "mug" and place >= 25 and place % 2:
            said.themes += (LEAK,)
        if said.product == "lamp" and place < 15 and place % 2:
            said.themes += ("negative/smell",)
    found = {(f.kind, f.subject["product"], f.subject["theme"]): f for f in trends.find(shop.board())}
    assert set(found) == {("got_worse", "mug", LEAK), ("got_better", "lamp", "negative/smell")}
    worse = found["got_worse", "mug", LEAK]
    assert days(40)[24] <= worse.numbers["since"] <= days(40)[26]
    assert worse.numbers["k_before"] == 0


def test_a_courier_is_blamed_within_products_only(shop: ReadShop) -> None:
    for i, said in enumerate(shop.said):
        said.courier = "Fast" if i % 2 else "Slow"
        if said.courier == "Fast" and i % 4 == 1:
            said.themes += ("negative/damaged",)
    # A product that leaks and goes with one courier only says nothing about that courier.
    shop.said += [Said("flask", day, themes=(LEAK,) if i % 2 else (), courier="Slow") for i, day in enumerate(days(40))]
    found = drivers.find(shop.board())
    assert [(f.subject["courier"], f.subject["theme"]) for f in found] == [("Fast", "negative/damaged")]
    assert (found[0].k, found[0].n) == (30, 60)


def test_a_variant_that_smells(shop: ReadShop) -> None:
    for i, said in enumerate(shop.said):
        if said.product == "rug":
            said.variant = "grey" if i % 2 else "white"
            if said.variant == "grey" and i % 4 == 1:
                said.themes += ("negative/smell",)
    found = drivers.find(shop.board())
    assert [(f.subject["product"], f.subject["variant"], f.k, f.n) for f in found] == [("rug", "grey", 10, 20)]


def test_praise_that_sells(shop: ReadShop) -> None:
    for i, said in enumerate(shop.said):
        if said.product == "lamp" and i % 40 >= 20 and i % 3:
            said.themes += ("positive/bright",)
    months = [f"2025-{month:02d}" for month in range(1, 11)]
    for month in months:
        shop.sold += [("mug", month, 20), ("rug", month, 20), ("lamp", month, 10 if month < "2025-06" else 30)]
    selling = [f for f in praise.find(shop.board()) if f.kind == "praise_that_sells"]
    assert [(f.subject["product"], f.subject["theme"]) for f in selling] == [("lamp", "positive/bright")]
    assert selling[0].numbers["units_a_month_before"] == 10 and selling[0].numbers["units_a_month_after"] == 30


def test_praise_without_more_sales_is_only_praise(shop: ReadShop) -> None:
    for i, said in enumerate(shop.said):
        if said.product == "lamp" and i % 40 >= 20:
            said.themes += ("positive/bright",)
    for month in (f"2025-{month:02d}" for month in range(1, 11)):
        shop.sold += [("mug", month, 20), ("lamp", month, 10)]
    assert {f.kind for f in praise.find(shop.board())} == {"praise"}


def test_words_against_stars(shop: ReadShop) -> None:
    for i in (3, 50, 90):
        shop.said[i].stars, shop.said[i].negative, shop.said[i].positive = 5, 0.97, 0.01
    shop.said[60].stars, shop.said[60].positive = 1, 0.98
    found = contradictions.find(shop.board())
    assert [(f.k, f.n) for f in found] == [(4, 120)]
    assert {evidence.row_id for evidence in found[0].evidence} == {4, 51, 91, 61}


def test_copies(shop: ReadShop) -> None:
    text = "This lamp is the very best lamp that I have ever owned and everyone in my family wants one, number {}"
    shop.said += [Said("lamp", f"2026-05-0{i % 2 + 1}", text=text.format(i)) for i in range(6)]
    shop.said += [Said("mug", f"20{20 + i}-05-01", text=text.format(i)) for i in range(6)]
    found = copied.find(shop.board())
    assert [(f.subject["product"], f.k) for f in found] == [("lamp", 6)]


def test_return_reasons(shop: ReadShop) -> None:
    shop.returned += [("mug", "DEFECTIVE")] * 8 + [("mug", "NO_LONGER_NEEDED")] * 2
    shop.returned += (
        [("lamp", "NO_LONGER_NEEDED")] * 15 + [("rug", "DEFECTIVE")] * 2 + [("rug", "NO_LONGER_NEEDED")] * 10
    )
    found = return_reasons.find(shop.board())
    assert [(f.subject["product"], f.subject["reason"], f.k, f.n) for f in found if f.subject["product"] == "mug"] == [
        ("mug", "DEFECTIVE", 8, 10)
    ]
