"""From Today to the stored row and back, on the real app."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.shop import Shop
from tests.tui.conftest import screen_text, settle
from tests.tui.shops import build
from tui.app import BackroomApp
from tui.screens.findings.evidence import EvidenceScreen
from tui.screens.findings.finding import FindingScreen
from tui.screens.findings.row import RowScreen
from tui.screens.findings.today import TodayScreen


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


async def test_marks_are_stored_and_shown_by_word_and_sign(shop: Shop) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("s", "j", "a")
        await settle(pilot)
        assert [finding.state for finding in shop.findings()][:2] == ["seen", "acted on"]
        assert "○ Hemlock" in screen_text(app) and "acted on · pain point" in screen_text(app)
        await pilot.press("u", "d")
        await settle(pilot)
        await pilot.press(*"sold out", "enter")
        await settle(pilot)
        dismissed = shop.finding(2)
        assert (dismissed.state, dismissed.state_reason) == ("dismissed", "sold out")
        assert "Today: 2 findings" in screen_text(app)
        await pilot.press("D")
        await settle(pilot)
        assert "✗ Brook Kettle" in screen_text(app)


async def test_a_dismissal_can_be_called_off(shop: Shop) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("d", "x", "escape")
        await settle(pilot)
        assert shop.finding(1).state == "new"


async def test_words_narrow_the_list_and_escape_brings_it_back(shop: Shop) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"stars", "enter")
        await settle(pilot)
        assert "[see rows]" in screen_text(app) and "Lantern" not in screen_text(app)
        await pilot.press("escape")
        await settle(pilot)
        assert "Lantern" in screen_text(app)


async def test_too_few_to_say_is_one_key_away(shop: Shop) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "too few to say" not in screen_text(app)
        await pilot.press("t")
        await settle(pilot)
        assert "too few to say" in screen_text(app)


async def test_copying_takes_the_row_the_query_or_the_passage(shop: Shop) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("y")
        assert app.clipboard.startswith("Hemlock Camp Lantern: 14 of 48") and app.clipboard.endswith("\t14\t48\tnew")
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("c")
        assert app.clipboard == "SELECT count(*) FROM v_reviews\nWHERE product = 'lantern'"
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("ctrl+c")
        assert app.clipboard.split("\t")[0] == "battery died after two weeks"
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("y")
        assert app.clipboard.startswith("file\treviews_judgeme.csv\nline\t2\n")


async def test_the_words_of_the_evidence_are_marked_by_code_points(shop: Shop) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        marked = [
            segment.text
            for strip in app.screen._compositor.render_strips(app.size)
            for segment in strip
            if segment.style and segment.style.underline and segment.text.strip() and not segment.style.dim
        ]
        assert "battery died after two weeks" in marked and "电池只用了两个星期就坏了" in marked and "Bright" in marked


async def test_a_finding_that_has_gone_is_an_error_message_not_a_crash(shop: Shop) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        with shop.store.write() as db:
            db.execute("DELETE FROM evidence")
            db.execute("DELETE FROM findings WHERE id = 1")
        await pilot.press("enter")
        await settle(pilot)
        text = screen_text(app)
        assert "There is no finding 1." in text and "lists them" in text
        await pilot.press("y")
        assert "There is no finding 1." in app.clipboard
        await pilot.press("escape")
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(app.screen, TodayScreen)


async def test_an_empty_shop_says_the_next_step(tmp_path: Path) -> None:
    app = BackroomApp(build(tmp_path / "new.shop", reviews=0, findings=False))
    async with app.run_test(size=(80, 24)) as pilot:
        for area in "1234":
            await pilot.press(area)
            await settle(pilot)
            assert "press i to import files" in screen_text(app) and "backroom demo" in screen_text(app).replace(
                "\n  ", " "
            )


async def test_unread_reviews_say_how_to_read_them(tmp_path: Path) -> None:
    app = BackroomApp(build(tmp_path / "new.shop", labelled=False, findings=False))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "60 reviews not read yet: press r to read the shop" in screen_text(app)


async def test_no_shop_opens_one_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    app = BackroomApp(None)
    async with app.run_test(size=(80, 24)) as pilot:
        for area in "2341":
            await pilot.press(area)
            await settle(pilot)
        assert "No shop is open" in screen_text(app)
        await pilot.press("O", *"corner.shop", "enter")
        await settle(pilot)
        assert (tmp_path / "corner.shop").exists() and "corner.shop" in screen_text(app)


async def test_a_read_only_shop_can_be_looked_at(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.store.read_only = True
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("s")
        await settle(pilot)
        assert "This shop is read-only." in screen_text(app)
        await pilot.press("escape", "r", "i")
        await settle(pilot)
        assert isinstance(app.screen, TodayScreen) and app.job is None


@pytest.mark.parametrize("size", [(80, 24), (120, 34), (200, 50), (40, 12)])
async def test_every_screen_survives_every_size(shop: Shop, size: tuple[int, int]) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        for keys in (
            ["1"],
            ["enter"],
            ["enter"],
            ["enter"],
            ["2"],
            ["enter"],
            ["3"],
            ["enter"],
            ["4"],
            ["enter"],
            ["i"],
            ["question_mark"],
        ):
            await pilot.press(*keys)
            await settle(pilot)
            await pilot.resize_terminal(*size)
            await settle(pilot)
            await pilot.resize_terminal(80, 24)
        assert app.return_code in (None, 0)


async def test_without_colour_everything_is_still_said(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        text = screen_text(app)
        assert "▌ ● Hemlock" in text and "new · pain point" in text
