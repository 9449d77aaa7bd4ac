"""From Today to the stored row and back, on the real app."""

from __future__ import annotations

from engine.shop import Shop
from tests.tui.conftest import screen_text, settle
from tui.app import BackroomApp
from tui.screens.evidence import EvidenceScreen
from tui.screens.finding import FindingScreen
from tui.screens.row import RowScreen
from tui.screens.today import TodayScreen


async def test_enter_goes_down_to_the_stored_row_and_escape_back(shop: Shop) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        text = screen_text(app)
        assert "Today: 3 findings" in text and "14 of 48 reviews" in text
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, FindingScreen)
        assert "between 18 % and 43 % (95 % interval)" in screen_text(app)
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, EvidenceScreen)
        text = screen_text(app)
        assert "reviews_judgeme.csv, line 2" in text and "speaks against it" in text
        assert "[bold]Not[/bold] what I ordered" in text
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, RowScreen)
        text = screen_text(app)
        assert "reviews_judgeme.csv, line 2" in text and "A. Person" in text
        for screen in (EvidenceScreen, FindingScreen, TodayScreen):
            await pilot.press("escape")
            await settle(pilot)
            assert type(app.screen) is screen
