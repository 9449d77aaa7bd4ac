"""Importing: dropped files are looked at, agreed to and loaded by the real import desk."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from textual import events

from engine.shop import Shop
from tests.tui.conftest import screen_text, settle
from tests.tui.shops import build
from tui.app import BackroomApp
from tui.screens.importing import ImportScreen
from tui.screens.imports import ImportReportScreen

JUDGE_ME = (
    *(
        "title",
        "body",
        "rating",
        "review_date",
        "reviewer_name",
        "reviewer_email",
        "product_id",
        "product_handle",
        "reply",
    ),
    *("picture_urls", "ip_address", "location", "metaobject_handle", "source", "curated", "product_title"),
)


@pytest.fixture
def empty(tmp_path: Path) -> Shop:
    return build(tmp_path / "empty.shop", reviews=0, findings=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a known report, an unknown file in GB18030, and one that is empty."""
    folder = tmp_path / "my exports"
    folder.mkdir()
    with (folder / "judgeme.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, JUDGE_ME)
        writer.writeheader()
        for number in range(12):
            writer.writerow(
                {
                    "title": "Good", "body": f"Works well, number {number}. [b]really[/b]", "rating": str(1 + number % 5),
                    "review_date": f"2026-03-{number + 10} 10:00:00 UTC", "reviewer_name": "A. Person",
                    "reviewer_email": "a@example.com", "product_id": "1", "product_handle": "lantern", "source": "email",
                    "curated": "ok", "product_title": "Lantern",
                }
            )  # fmt: skip
    lines = ["评价时间,宝贝标题,评分,评价内容"]
    lines += [f"2026-04-{10 + day} 10:00:00,云朵围巾,{1 + day % 5},围巾很软，颜色和图片一样 {day}" for day in range(15)]
    (folder / "评价.csv").write_bytes("\n".join(lines).encode("gb18030"))
    (folder / "nothing.csv").touch()
    return folder


async def looked_at(pilot, app: BackroomApp) -> ImportScreen:
    await settle(pilot)
    screen = app.screen
    assert isinstance(screen, ImportScreen)
    while any(candidate.tables is None and candidate.error is None for candidate in screen.candidates):
        await settle(pilot)
    return screen


async def finished(pilot, app: BackroomApp) -> None:
    while app.job is not None:
        await pilot.pause(0.005)
    await settle(pilot)


async def test_a_dropped_folder_is_shown_before_anything_is_loaded(empty: Shop, folder: Path) -> None:
    app = BackroomApp(empty)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        app.screen.focused.post_message(events.Paste(f"'{folder}'\n"))
        screen = await looked_at(pilot, app)
        text = screen_text(app)
        assert "judgeme reviews" in text and "unknown: check the columns" in text and "cannot be read" in text
        assert empty.overview().reviews == 0 and empty.imports() == []
        assert [candidate.ready for candidate in screen.candidates] == [True, False, False]
        await pilot.press("g")
        await settle(pilot)
        text = screen_text(app)
        assert "judgeme.csv" in text and "review text" not in text.splitlines()[0]
        assert "rating" in text and "Works well, number 0. [b]really[/b]" in text
        await pilot.press("v")
        await settle(pilot)
        assert "2026-03-10T10:00:00" in screen_text(app).replace(" ", "")


async def test_only_what_was_agreed_to_is_loaded(empty: Shop, folder: Path) -> None:
    app = BackroomApp(empty)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        app.action_import_files(str(folder))
        screen = await looked_at(pilot, app)
        await pilot.press("L")
        await finished(pilot, app)
        assert empty.overview().reviews == 12 and len(empty.imports()) == 1
        assert "1 file loaded, 12 rows" in screen_text(app)
        await pilot.press("G", "space")
        await settle(pilot)
        assert "✓ will be loaded" in screen_text(app)
        await pilot.press("ctrl+j")
        await finished(pilot, app)
        assert empty.overview().reviews == 27
        assert [candidate.ready for candidate in screen.candidates] == [False, False, False]
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, ImportReportScreen) and "15" in screen_text(app)
        await pilot.press("escape", "escape", "4")
        await settle(pilot)
        assert "2 imports" in screen_text(app)


async def test_a_file_that_cannot_be_read_says_why(empty: Shop, folder: Path) -> None:
    app = BackroomApp(empty)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.action_import_files(f"{folder / 'nothing.csv'}\n{folder / 'missing.csv'}")
        await looked_at(pilot, app)
        assert "nothing.csv: this file is empty" in screen_text(app)
        await pilot.press("down", "enter")
        await settle(pilot)
        assert "did not work" in screen_text(app)
        await pilot.press("y")
        assert "missing.csv" in app.clipboard


async def test_the_meaning_of_a_column_is_changed_by_key(empty: Shop, folder: Path) -> None:
    app = BackroomApp(empty)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        app.action_import_files(str(folder / "评价.csv"))
        screen = await looked_at(pilot, app)

        def meanings() -> dict[str, str | None]:
            tables = screen.candidates[0].tables
            assert tables
            return {guess.column: guess.meaning for guess in tables[0].columns}

        assert meanings()["宝贝标题"] == "product_name"
        await pilot.press("enter", "down", "m")
        await settle(pilot)
        await pilot.press(*"variant", "enter")
        await looked_at(pilot, app)
        assert meanings()["宝贝标题"] == "variant" and meanings()["评价内容"] == "text"
        assert screen.columns.has_focus
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press(*"not used", "enter")
        await looked_at(pilot, app)
        assert meanings()["宝贝标题"] is None


async def test_the_encoding_is_changed_by_key(empty: Shop, folder: Path) -> None:
    app = BackroomApp(empty)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        app.action_import_files(str(folder / "评价.csv"))
        screen = await looked_at(pilot, app)
        assert "gb18030" in screen_text(app) and "云朵围巾" in screen_text(app)
        await pilot.press("e")
        await settle(pilot)
        await pilot.press(*"big5", "enter")
        await looked_at(pilot, app)
        assert screen.candidates[0].choices == {"encoding": "big5"}
        assert "云朵围巾" not in screen_text(app)
        await pilot.press("e")
        await settle(pilot)
        await pilot.press(*"decide", "enter")
        await looked_at(pilot, app)
        assert screen.candidates[0].choices == {} and "云朵围巾" in screen_text(app)


async def test_an_import_can_be_taken_back(empty: Shop, folder: Path) -> None:
    app = BackroomApp(empty)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.action_import_files(str(folder / "judgeme.csv"))
        await looked_at(pilot, app)
        await pilot.press("L")
        await finished(pilot, app)
        await pilot.press("escape", "4", "u")
        await settle(pilot)
        assert "Take back judgeme.csv?" in screen_text(app) and empty.overview().reviews == 12
        await pilot.press("y")
        await finished(pilot, app)
        assert empty.overview().reviews == 0 and "undone" in screen_text(app)


async def test_typed_paths_and_removal(empty: Shop, folder: Path) -> None:
    app = BackroomApp(empty)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("i")
        await settle(pilot)
        assert "Nothing is loaded" in screen_text(app)
        await pilot.press(*str(folder / "judgeme.csv"), "enter")
        screen = await looked_at(pilot, app)
        assert len(screen.candidates) == 1 and screen.files.has_focus
        await pilot.press("x")
        await settle(pilot)
        assert screen.candidates == []


async def test_text_that_names_no_file_is_left_alone(empty: Shop) -> None:
    app = BackroomApp(empty)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.screen.focused.post_message(events.Paste("just some words\nof a customer"))
        await settle(pilot)
        assert not isinstance(app.screen, ImportScreen)
