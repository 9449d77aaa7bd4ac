"""Importing: dropped files are looked at, agreed to and loaded by the real import desk."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input

from engine.importing.desk import import_file
from engine.importing.queries import imports, overview
from engine.shop import Shop
from tests.importing.conftest import SHOPIFY_HEADER
from tests.tui.conftest import screen_text, settle
from tests.tui.shops import build
from tui.app import BackroomApp
from tui.screens.imports.importing import ImportScreen
from tui.screens.imports.report import ImportReportScreen

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
        (app.screen.focused or app.screen).post_message(events.Paste(f"'{folder}'\n"))
        screen = await looked_at(pilot, app)
        text = screen_text(app)
        assert "judgeme reviews" in text and "not known; review?" in text and "cannot be read" in text
        assert "3 files: 1 to load, 12 rows · 1 needs you · 1 cannot be read" in text
        assert overview(empty.store).reviews == 0 and imports(empty.store) == []
        assert [candidate.ready for candidate in screen.candidates] == [True, False, False]
        await pilot.press("g")
        await settle(pilot)
        assert "2026-03-10T10:00:00" in screen_text(app) and "Works well, number 0" in screen_text(app)
        assert "12 of 12 rows" in screen_text(app)
        await pilot.press("v")
        await settle(pilot)
        assert "rows in the file  12" in screen_text(app) and "to load           12" in screen_text(app)
        await pilot.press("v")
        await settle(pilot)
        assert "rating" in screen_text(app) and "stars" in screen_text(app)
        assert overview(empty.store).reviews == 0 and imports(empty.store) == []


async def test_only_what_was_agreed_to_is_loaded(empty: Shop, folder: Path) -> None:
    app = BackroomApp(empty)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        app.import_files(str(folder))
        screen = await looked_at(pilot, app)
        await pilot.press("L")
        await finished(pilot, app)
        assert overview(empty.store).reviews == 12 and len(imports(empty.store)) == 1
        assert "1 file loaded, 12 rows" in screen_text(app)
        await pilot.press("G", "space")
        await settle(pilot)
        assert "✓ to load" in screen_text(app)
        await pilot.press("ctrl+j")
        await finished(pilot, app)
        assert overview(empty.store).reviews == 27
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
        app.import_files(f"{folder / 'nothing.csv'}\n{folder / 'missing.csv'}")
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
        app.import_files(str(folder / "评价.csv"))
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
        app.import_files(str(folder / "评价.csv"))
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
        app.import_files(str(folder / "judgeme.csv"))
        await looked_at(pilot, app)
        await pilot.press("L")
        await finished(pilot, app)
        await pilot.press("escape", "4", "u")
        await settle(pilot)
        assert "Take back judgeme.csv?" in screen_text(app) and overview(empty.store).reviews == 12
        await pilot.press("y")
        await finished(pilot, app)
        assert overview(empty.store).reviews == 0 and "undone" in screen_text(app)


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
        (app.screen.focused or app.screen).post_message(events.Paste("just some words\nof a customer"))
        await settle(pilot)
        assert not isinstance(app.screen, ImportScreen)


SHOPIFY_LINE = (
    "#{n},a@example.com,paid,2026-03-01 10:00:00 +0200,fulfilled,EUR,{total},5.00,0.00,{total},,0.00,Post,"
    "2026-03-01 09:59:00 +0200,{quantity},羊毛围巾 Scarf,20.00,BS-1,Ann,Graz,,,0.00,web,0.00\n"
)


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """Three orders: one is right, one has no quantity, the total of one is not what its line adds up to."""
    path = tmp_path / "订单 三月.csv"
    rows = ((1, "2", "40.00"), (2, "two", "25.00"), (3, "1", "99.00"))
    text = "".join(SHOPIFY_LINE.format(n=n, quantity=quantity, total=total) for n, quantity, total in rows)
    path.write_text(SHOPIFY_HEADER + "\n" + text, encoding="utf-8")
    return path


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_totals_stand_beside_the_files_own_before_anything_is_loaded(
    empty: Shop, orders: Path, size: tuple[int, int]
) -> None:
    app = BackroomApp(empty)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        app.import_files(str(orders))
        await looked_at(pilot, app)
        text = screen_text(app)
        assert "2 of 3 rows" in text and "1 row cannot be loaded" in text and "✓ to load, 1 bad" in text
        await pilot.press("v", "tab", "G")
        await settle(pilot)
        text = screen_text(app)
        assert "the file says 99, loaded 20" in text and "line 4: subtotal" in text
        assert imports(empty.store) == []
        await pilot.press("escape", "L")
        await finished(pilot, app)
        await settle(pilot)
        assert "✓ 1 rejected" in screen_text(app)
        await pilot.press("tab", "G", "g")
        await settle(pilot)
        assert "rejects file" in screen_text(app) and overview(empty.store).orders == 2


async def test_a_file_that_was_loaded_before_says_so_and_waits(empty: Shop, orders: Path) -> None:
    import_file(empty.store, orders)
    app = BackroomApp(empty)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        app.import_files(str(orders))
        screen = await looked_at(pilot, app)
        text = screen_text(app)
        assert "= loaded before" in text and "(import 1); loading it again adds nothing" in text
        assert not screen.candidates[0].ready and not screen.check_action("load", ())
        await pilot.press("space", "L")
        await finished(pilot, app)
        assert "= loaded before" in screen_text(app) and len(imports(empty.store)) == 1


async def test_a_doubtful_date_is_asked_and_d_answers(empty: Shop, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    rows = "".join(f"A{i},0{i % 9 + 1}/0{i * 5 % 9 + 1}/2026,Lamp,1,3.50\n" for i in range(12))
    path.write_text("order number,order date,product,quantity,price\n" + rows, encoding="utf-8")
    app = BackroomApp(empty)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.import_files(str(path))
        screen = await looked_at(pilot, app)
        assert "day first or month first?" in screen_text(app) and "? needs you" in screen_text(app)
        await pilot.press("d")
        await settle(pilot)
        await pilot.press(*"month, day", "enter")
        await looked_at(pilot, app)
        assert screen.candidates[0].choices == {"date_order": "mdy"}
        assert "month first?" not in screen_text(app)
        await pilot.press("space", "L")
        await finished(pilot, app)
        assert empty.sql("SELECT min(day), count(*) FROM order_lines")[1] == [("2026-01-01", 12)]


async def test_columns_of_a_stock_list_can_be_said(empty: Shop, tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_text("code,left over,where\nAB-1,5,Graz\nAB-2,0,Graz\nAB-3,7,Linz\n", encoding="utf-8")
    app = BackroomApp(empty)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        app.import_files(str(path))
        screen = await looked_at(pilot, app)
        await pilot.press("tab")
        for row, meaning in enumerate(("SKU", "in stock", "warehouse")):
            await pilot.press("home", *["down"] * row, "m")
            await settle(pilot)
            await pilot.press(*meaning, "enter")
            await looked_at(pilot, app)
            assert ("not enough to load" in screen_text(app)) == (row == 0)
            assert screen.columns.has_focus and screen.columns.cursor == row
        table = (screen.candidates[0].tables or [])[0]
        meanings = {guess.column: guess.meaning for guess in table.columns}
        assert meanings == {"code": "sku", "left over": "on_hand", "where": "location"}
        await pilot.press("escape", "L")
        await finished(pilot, app)
        assert empty.sql("SELECT sku, on_hand, location FROM stock ORDER BY sku")[1][0] == ("AB-1", 5.0, "Graz")


async def test_another_report_is_chosen_from_a_list(empty: Shop, folder: Path) -> None:
    app = BackroomApp(empty)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        app.import_files(str(folder / "judgeme.csv"))
        screen = await looked_at(pilot, app)
        assert screen.check_action("meaning", ()) is False
        await pilot.press("f")
        await settle(pilot)
        await pilot.press(*"amazon: amazon listings", "enter")
        await looked_at(pilot, app)
        assert screen.candidates[0].choices == {"profile": "amazon_listings"}
        assert "✗ error" in screen_text(app) and "Amazon listings" in screen_text(app)
        await pilot.press("f")
        await settle(pilot)
        await pilot.press("up", *"decide", "enter")
        await looked_at(pilot, app)
        assert screen.candidates[0].ready and screen.candidates[0].choices == {}


async def test_a_wrong_currency_is_not_taken(empty: Shop, orders: Path) -> None:
    app = BackroomApp(empty)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        app.import_files(str(orders))
        screen = await looked_at(pilot, app)
        for typed, choices in (("euros", {}), ("chf", {"currency": "CHF"})):
            await pilot.press("c")
            await settle(pilot)
            await pilot.press(*typed, "enter")
            await looked_at(pilot, app)
            assert screen.candidates[0].choices == choices


async def test_what_is_new_since_the_last_file_is_on_the_first_screen(empty: Shop, orders: Path) -> None:
    import_file(empty.store, orders)
    later = orders.with_name("april.csv")
    later.write_text(
        f"{SHOPIFY_HEADER}\n" + SHOPIFY_LINE.format(n=1, quantity=2, total="40.00").replace(",paid,", ",refunded,"),
        encoding="utf-8",
    )
    app = BackroomApp(empty)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        app.import_files(str(later))
        await looked_at(pilot, app)
        await pilot.press("L")
        await finished(pilot, app)
        assert "1 order became refunded" in " ".join(screen_text(app).replace("▌", " ").split())
        await pilot.press("escape", "1")
        await settle(pilot)
        text = screen_text(app)
        assert "Since the last files: 1 order became refunded" in text and "0 reviews" in text
        await pilot.press("enter", "enter")
        await settle(pilot)
        assert "april.csv, line 2" in screen_text(app) and "status: shipped → refunded" in screen_text(app)


async def test_letters_stay_letters_while_a_path_is_half_typed(empty: Shop, folder: Path) -> None:
    app = BackroomApp(empty)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("i")
        await settle(pilot)
        screen = app.screen
        assert isinstance(screen, ImportScreen)
        await pilot.press(*"/tmp/xL")
        screen.query_one("#path").post_message(events.Paste(str(folder / "judgeme.csv")))
        await looked_at(pilot, app)
        await pilot.press("x", "L")
        await settle(pilot)
        field = screen.query_one("#path", Input)
        assert field.has_focus and field.value == "/tmp/xLxL" and len(screen.candidates) == 1 and app.job is None
        await pilot.press("escape")
        assert field.has_focus and field.value == ""
        await pilot.press("escape")
        assert screen.files.has_focus


async def test_the_table_that_has_the_keys_is_marked_without_colour(empty: Shop, folder: Path) -> None:
    app = BackroomApp(empty)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        app.import_files(str(folder / "评价.csv"))
        await looked_at(pilot, app)
        text = screen_text(app)
        assert "▌ 评价.csv" in text and "▏ 评价时间" in text
        await pilot.press("tab")
        await settle(pilot)
        text = screen_text(app)
        assert "▏ 评价.csv" in text and "▌ 评价时间" in text


async def test_the_last_decision_of_any_kind_is_taken_back_first(empty: Shop, folder: Path) -> None:
    app = BackroomApp(empty)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        app.import_files(str(folder / "评价.csv"))
        screen = await looked_at(pilot, app)
        await pilot.press("e")
        await settle(pilot)
        await pilot.press(*"big5", "enter")
        await looked_at(pilot, app)
        await pilot.press("x")
        await settle(pilot)
        assert screen.candidates == []
        await pilot.press("u")
        await settle(pilot)
        assert "Undone: took 评价.csv off the list" in screen_text(app) and len(screen.candidates) == 1
        await pilot.press("u")
        await looked_at(pilot, app)
        assert screen.candidates[0].choices == {} and not app.decisions
