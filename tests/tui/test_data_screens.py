"""Data: what no desk's screen shows is still there, table by table and row by row."""

from __future__ import annotations

import csv
from pathlib import Path

from engine.importing.desk import import_file
from engine.importing.report import ImportSettings
from engine.shop import Shop
from tests.tui.conftest import screen_text, settle
from tests.tui.test_exporting import export
from tui.app import BackroomApp
from tui.screens.findings.row import RowScreen


async def test_a_mapped_file_that_no_screen_shows_opens_to_its_lines(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "my.shop", create=True)
    (tmp_path / "stock.csv").write_text("sku,in stock,warehouse\nAB-1,5,Graz\nAB-2,0,Linz\n", encoding="utf-8")
    mapping = {"sku": "sku", "in stock": "on_hand", "warehouse": "location"}
    import_file(shop.store, tmp_path / "stock.csv", ImportSettings(mapping=mapping, accept=True))
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("0")
        await settle(pilot)
        assert "1 table" in screen_text(app) and "▌ stock" in screen_text(app)
        await pilot.press("enter")
        await settle(pilot)
        text = screen_text(app)
        assert "stock: 2 rows" in text and "AB-1" in text and "Linz" in text and "condition" not in text
        await pilot.press("down", "enter")
        await settle(pilot)
        assert isinstance(app.screen, RowScreen) and "stock.csv, line 3" in screen_text(app)
        await pilot.press("escape")
        await settle(pilot)
        await export(pilot, app, tmp_path / "out.csv")
        await pilot.press("escape", "escape")
        await settle(pilot)
        assert "1 table" in screen_text(app)
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["sku"] for row in csv.DictReader(file)] == ["AB-1", "AB-2"]


async def test_a_table_of_many_rows_is_read_a_page_at_a_time(shop: Shop) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("0")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("G")
        await settle(pilot)
        assert "reviews: 60 rows" in screen_text(app) and "2026-06-" in screen_text(app)


async def test_without_a_shop_it_says_so() -> None:
    app = BackroomApp(None)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("0")
        await settle(pilot)
        assert "No shop is open" in screen_text(app)
