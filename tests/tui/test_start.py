"""How the app begins: the last shop, a start page, a shop that is not there, files that wait for a shop."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.importing.queries import imports, overview
from engine.shop import Shop
from tests.importing.conftest import SHOPIFY
from tests.tui.conftest import screen_text, settle
from tests.tui.shops import build
from tui import app as app_module
from tui.app import BackroomApp, recent_shops, run
from tui.screens.findings.today import TodayScreen
from tui.screens.imports.importing import ImportScreen
from tui.screens.start import StartScreen


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[BackroomApp]:
    """The apps that `run` made, which are not shown on the test's terminal."""
    apps: list[BackroomApp] = []
    monkeypatch.setattr(app_module.BackroomApp, "run", lambda self: apps.append(self))
    return apps


def test_without_a_name_the_last_shop_is_opened_that_is_still_there(tmp_path: Path, begun: list[BackroomApp]) -> None:
    for name in ("a", "b", "c"):
        build(tmp_path / f"{name}.shop", reviews=0).close()
        run(tmp_path / f"{name}.shop")
    run(None)
    (tmp_path / "c.shop").unlink()
    run(None)
    opened = [app.shop.path.name if app.shop else None for app in begun[3:]]
    assert opened == ["c.shop", "b.shop"]
    assert [path.name for path in recent_shops().shops()] == ["b.shop", "a.shop"]


def test_a_sample_that_is_tried_is_not_the_last_shop(tmp_path: Path, begun: list[BackroomApp]) -> None:
    build(tmp_path / "sample.shop", reviews=0).close()
    run(tmp_path / "sample.shop", analyze=True)
    run(None)
    assert begun[-1].shop is None


async def test_the_start_page_opens_a_shop_that_was_open_before(tmp_path: Path) -> None:
    build(tmp_path / "mine.shop").close()
    recent_shops().add(tmp_path / "mine.shop")
    app = BackroomApp(None)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        text = screen_text(app)
        assert (
            "No shop is open." in text and "mine.shop" in text and "The sample shop" in text and "Drop export" in text
        )
        await pilot.press("escape", "enter")
        await settle(pilot)
        assert isinstance(app.screen, TodayScreen) and "Today: 3 findings" in screen_text(app)


async def test_a_name_that_is_nearly_right_is_offered_and_nothing_is_made(tmp_path: Path) -> None:
    build(tmp_path / "corner.shop", reviews=0).close()
    wrong = tmp_path / "cornre.shop"
    app = BackroomApp(None, missing=wrong)
    async with app.run_test(size=(120, 24)) as pilot:
        await settle(pilot)
        text = screen_text(app)
        assert (
            "There is no shop" in text
            and "cornre.shop" in text
            and "nearly that name" in text
            and "Begin a new shop" in text
        )
        assert not wrong.exists()
        await pilot.press("enter")
        await settle(pilot)
        assert app.shop is not None and app.shop.path.name == "corner.shop" and not wrong.exists()


async def test_a_missing_folder_is_said_and_not_made(tmp_path: Path) -> None:
    app = BackroomApp(None, missing=tmp_path / "nowhere" / "my.shop")
    async with app.run_test(size=(120, 24)) as pilot:
        await settle(pilot)
        text = screen_text(app)
        assert "There is no folder" in text and "Begin a new shop" not in text


async def test_files_wait_until_a_shop_is_chosen(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(SHOPIFY, encoding="utf-8")
    app = BackroomApp(None, missing=tmp_path / "new.shop", files=(tmp_path / "orders.csv").as_uri())
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "A file waits: which shop does it go into?" in screen_text(app)
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, ImportScreen) and app.shop is not None
        while any(candidate.looking for candidate in app.screen.candidates):
            await settle(pilot)
        assert "shopify orders" in screen_text(app) and imports(app.shop.store) == []


async def test_the_sample_is_built_from_the_start_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = build(tmp_path / "sample.shop")
    monkeypatch.setattr("engine.demo.build", lambda context, analyze: sample.path)
    app = BackroomApp(None)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("enter")
        while app.shop is None or app.job is not None:
            await pilot.pause(0.005)
        await settle(pilot)
        assert app.shop.path == sample.path and isinstance(app.screen, TodayScreen)
    assert recent_shops().shops() == []


async def test_another_shop_can_be_opened_while_one_is_open(shop: Shop, tmp_path: Path) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("s", "O", *str(tmp_path / "other.shop"), "enter")
        await settle(pilot)
        assert app.shop is not None and app.shop.path.name == "other.shop" and not app.decisions
        assert overview(app.shop.store).reviews == 0 and not isinstance(app.screen, StartScreen)
