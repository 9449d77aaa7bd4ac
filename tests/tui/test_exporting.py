"""The export key: what is listed goes to a file, all of it, and an existing file is asked about."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from textual.widgets import Input

from engine.shop import Shop
from tests.tui.conftest import screen_text, settle
from tui.app import BackroomApp


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


async def export(pilot, app: BackroomApp, path: Path) -> None:
    await pilot.press("ctrl+e")
    await settle(pilot)
    await pilot.press("ctrl+a", "delete")
    assert isinstance(app.screen.focused, Input)
    app.screen.focused.value = str(path)
    await pilot.press("enter")
    await settle(pilot)
    while app.job is not None:
        await pilot.pause(0.005)
    await settle(pilot)


@pytest.mark.parametrize(
    ("keys", "rows", "first"),
    [
        ([], 3, "id"),
        (["enter"], 4, "finding"),
        (["enter", "enter"], 4, "finding"),
        (["2"], 60, "day"),
        (["2", "s"], 30, "day"),
        (["3"], 3, "product"),
        (["4"], 1, "id"),
    ],
    ids=["findings", "finding", "evidence", "reviews", "negative reviews", "products", "imports"],
)
async def test_all_that_is_listed_is_written(
    shop: Shop, tmp_path: Path, keys: list[str], rows: int, first: str
) -> None:
    app = BackroomApp(shop)
    file = tmp_path / "out.csv"
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        for key in keys:
            await pilot.press(key)
            await settle(pilot)
        await export(pilot, app, file)
        assert f"{rows} row" in screen_text(app)
    head, *body = rows_of(file)
    assert head[0] == first and len(body) == rows


async def test_a_file_that_is_there_is_replaced_only_after_a_question(shop: Shop, tmp_path: Path) -> None:
    app = BackroomApp(shop)
    file = tmp_path / "out.csv"
    file.write_text("mine")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await export(pilot, app, file)
        assert "out.csv is there already" in screen_text(app)
        await pilot.press("n")
        await settle(pilot)
        assert file.read_text() == "mine"
        await export(pilot, app, file)
        await pilot.press("y")
        while app.job is not None:
            await pilot.pause(0.005)
        await settle(pilot)
    assert len(rows_of(file)) == 4


async def test_a_wrong_ending_is_said(shop: Shop, tmp_path: Path) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await export(pilot, app, tmp_path / "out.docx")
        assert "no format to export to" in screen_text(app) and not (tmp_path / "out.docx").exists()


async def test_nothing_listed_nothing_to_export(shop: Shop) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"zzzz", "enter")
        await settle(pilot)
        assert app.screen.check_action("export", ()) is False
