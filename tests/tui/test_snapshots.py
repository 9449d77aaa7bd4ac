"""Pictures of every screen at two sizes; stored anew with BACKROOM_UPDATE_SNAPSHOTS=1."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.widgets import Input

from engine.jobs import Progress
from engine.shop import Shop
from tests.importing.conftest import SHOPIFY_HEADER
from tests.tui.conftest import settle
from tests.tui.shops import build
from tui.app import BackroomApp
from tui.background import Job
from tui.course import Course, Leg
from tui.screens.dialogs import ErrorDialog

ORDER = (
    "#{n},a@example.com,paid,2026-03-01 10:00:00 +0200,fulfilled,EUR,{total},5.00,0.00,{total},,0.00,Post,"
    "2026-03-01 09:59:00 +0200,{quantity},羊毛围巾 Scarf,20.00,BS-1,Ann,Graz,,,0.00,web,0.00"
)
SCREENS: dict[str, list[str]] = {
    "today": [],
    "finding": ["enter"],
    "evidence": ["enter", "enter"],
    "row": ["enter", "enter", "down", "enter"],
    "reviews": ["2"],
    "reviews_filtered": ["2", "s", "slash", "电", "池"],
    "review": ["2", "G", "enter"],
    "products": ["3"],
    "imports": ["4"],
    "import_report": ["4", "enter"],
    "import": ["i"],
    "help": ["question_mark"],
    "dismiss": ["d"],
}


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SCREENS)
async def test_screen(
    shop: Shop, snapshot: Callable[[BackroomApp, str], None], name: str, size: tuple[int, int]
) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        for key in SCREENS[name]:
            await pilot.press(key)
            await settle(pilot)
            if isinstance(app.focused, Input):
                app.focused.cursor_blink = False
        await settle(pilot)
        snapshot(app, f"{name}_{size[0]}x{size[1]}")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("keys", [[], ["v"], ["G"]], ids=["rows", "totals", "asked"])
async def test_import_files(
    tmp_path: Path, snapshot: Callable[[BackroomApp, str], None], keys: list[str], size: tuple[int, int]
) -> None:
    """Orders in Chinese and English with a row that is rejected, and a file that nobody knows."""
    folder = tmp_path / "in"
    folder.mkdir()
    lines = [
        ORDER.format(n=n, quantity=q, total=t)
        for n, q, t in ((1, "2", "40.00"), (2, "two", "25.00"), (3, "1", "99.00"))
    ]
    (folder / "2026年三月订单.csv").write_text("\n".join([SHOPIFY_HEADER, *lines]) + "\n", encoding="utf-8")
    words = "when,what they wrote,grade\n2026-03-01,The strap tore after two days of use,1\n2026-03-02,很好用的包,5\n"
    (folder / "answers.csv").write_text(words, encoding="utf-8")
    app = BackroomApp(build(tmp_path / "my.shop", reviews=0, findings=False))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        app.import_files(str(folder))
        await settle(pilot)
        for key in keys:
            await pilot.press(key)
        await settle(pilot)
        name = {"v": "totals", "G": "asked"}.get("".join(keys), "files")
        snapshot(app, f"import_{name}_{size[0]}x{size[1]}")


async def test_job_bar(shop: Shop, snapshot: Callable[[BackroomApp, str], None]) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.job = Job("Reading the shop", lambda context: None, lambda result: None)
        app.job.progress = Progress("Reading reviews", 320, 900, "reviews", 41.5, 14.0)
        app.job.course = Course(
            [Leg("Reading reviews", 10), Leg("Weighing", 20)], clock=iter((0.0, 4.0, *[8.0] * 9)).__next__
        )
        app.job.course.report(app.job.progress)
        app._show_job()
        await settle(pilot)
        snapshot(app, "job_80x24")


async def test_empty_shop(tmp_path: Path, snapshot: Callable[[BackroomApp, str], None]) -> None:
    app = BackroomApp(build(tmp_path / "my.shop", reviews=0, findings=False))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        snapshot(app, "empty_80x24")


async def test_error(shop: Shop, snapshot: Callable[[BackroomApp, str], None]) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.push_screen(
            ErrorDialog(
                "orders.csv, line 7: the date is not a date: [31/31/2026].", "Change the order of dates with d."
            )
        )
        await settle(pilot)
        snapshot(app, "error_80x24")


async def test_light_theme(shop: Shop, snapshot: Callable[[BackroomApp, str], None]) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        app.theme = "textual-light"
        await settle(pilot)
        snapshot(app, "light_80x24")
