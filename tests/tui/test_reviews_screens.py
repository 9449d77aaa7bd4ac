"""Reviews: paging, filters, corrections."""

from __future__ import annotations

from pathlib import Path

from engine.reviews import queries
from engine.reviews.queries import ReviewFilter
from engine.shop import Shop
from tests.tui.conftest import screen_text, settle
from tests.tui.shops import build
from tui.app import BackroomApp
from tui.screens.findings.row import RowScreen
from tui.screens.reviews.listing import ReviewsScreen
from tui.screens.reviews.review import ReviewScreen


def reviews(app: BackroomApp) -> ReviewsScreen:
    assert isinstance(app.screen, ReviewsScreen)
    return app.screen


async def test_the_list_pages_through_the_shop(tmp_path: Path) -> None:
    shop = build(tmp_path / "long.shop", reviews=450)
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        await settle(pilot)
        assert "450 reviews" in screen_text(app)
        await pilot.press("G")
        await settle(pilot)
        last = reviews(app).table.row
        assert last is not None and last.id == queries.reviews(shop.store, offset=449, limit=1)[0].id
        assert screen_text(app).splitlines()[-2].strip() != "…"


async def test_filters_combine_and_clear(shop: Shop) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        await settle(pilot)
        await pilot.press("s")
        await settle(pilot)
        assert "30 of 60 reviews" in screen_text(app) and "negative" in screen_text(app).splitlines()[1]
        await pilot.press("slash", *"电池", "enter")
        await settle(pilot)
        assert "10 of 60 reviews" in screen_text(app)
        await pilot.press("m")
        await settle(pilot)
        await pilot.press(*"2026-02", "enter")
        await settle(pilot)
        assert reviews(app).which == ReviewFilter(sentiment="negative", words="电池", month="2026-02")
        assert "10 of 60 reviews" in screen_text(app)
        await pilot.press("f")
        await settle(pilot)
        await pilot.press(*"kettle", "enter")
        await settle(pilot)
        assert "No review is like this" in screen_text(app)
        await pilot.press("escape")
        await settle(pilot)
        await pilot.press("escape")
        await settle(pilot)
        assert reviews(app).which == ReviewFilter() and "60 reviews" in screen_text(app)


async def test_unsure_labels_can_be_found(shop: Shop) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2", "s", "s", "s", "s")
        await settle(pilot)
        assert "10 of 60 reviews" in screen_text(app) and "? neutral 52%" in screen_text(app)


async def test_one_key_corrects_and_one_takes_it_back(shop: Shop) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        await settle(pilot)
        first, second = queries.reviews(shop.store, limit=2)
        await pilot.press("p", "o")
        await settle(pilot)
        assert (queries.review(shop.store, first.id).sentiment, queries.review(shop.store, second.id).sentiment) == (
            "positive",
            "neutral",
        )
        assert queries.review(shop.store, first.id).sentiment_source == "seller"
        assert "✎ positive" in screen_text(app) and "✎ neutral" in screen_text(app)
        await pilot.press("u", "u", "u")
        await settle(pilot)
        assert queries.review(shop.store, first.id) == first and queries.review(shop.store, second.id) == second


async def test_a_review_opens_with_probabilities_and_runner_up(shop: Shop) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, ReviewScreen)
        text = screen_text(app)
        for words in (
            "[bold]Not[/bold] what I ordered [link=x] & <b>late</b>",
            "negative, says the model",
            "81 %",
            "runner-up: neutral with 9 %",
        ):
            assert words in text
        assert "reviews_judgeme.csv, line 55" in text
        await pilot.press("p")
        await settle(pilot)
        assert "positive, says you" in screen_text(app)
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, RowScreen) and "A. Person" in screen_text(app)
        await pilot.press("escape", "escape")
        await settle(pilot)
        assert "✎ positive" in screen_text(app)


async def test_a_wide_terminal_shows_the_review_beside_the_list(shop: Shop) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("2")
        await settle(pilot)
        assert "runner-up: neutral with 9 %" in screen_text(app)
        await pilot.press("G")
        await settle(pilot)
        assert "reviews_judgeme.csv, line 2 " in screen_text(app) + " "
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert "runner-up" not in screen_text(app)


async def test_products_lead_to_their_findings_and_reviews(shop: Shop) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        await settle(pilot)
        text = screen_text(app)
        assert "3 products" in text and "云朵羊毛围巾 Cloud Scarf" in text and "67%" in text
        await pilot.press("enter")
        await settle(pilot)
        assert "Findings about Hemlock Camp Lantern: 1 finding" in screen_text(app)
        await pilot.press("escape", "down", "v")
        await settle(pilot)
        assert reviews(app).which.product == "kettle" and "20 of 60 reviews" in screen_text(app)


async def test_imports_show_totals_beside_the_file(shop: Shop) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("4")
        await settle(pilot)
        assert "reviews_judgeme.csv" in screen_text(app) and "1 import" in screen_text(app)
        await pilot.press("enter")
        await settle(pilot)
        text = screen_text(app)
        assert "✗ differs" in text and "line 7: stars are not a number" in text and "2026-01-01 to 2026-06-28" in text
