"""The order list: quantities that open as sums, and what-ifs by key."""

from __future__ import annotations

from pathlib import Path

from engine.shop import Shop
from tests.stock.conftest import planned_shop
from tests.tui.conftest import screen_text, settle
from tui.app import BackroomApp
from tui.screens.stock.listing import StockScreen

__all__ = ["planned_shop"]


async def test_the_most_urgent_item_stands_first_and_its_quantity_is_a_sum(planned_shop: Path) -> None:
    app = BackroomApp(Shop(planned_shop))
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("5")
        await settle(pilot)
        screen = app.screen
        assert isinstance(screen, StockScreen)
        first = screen.table.row
        assert first is not None and first.order.sku == "OST-CRL-02"
        said = screen_text(app)
        assert "on hand" in said and "incoming" in said and f"{first.order.quantity:g}" in said


async def test_keys_change_what_is_assumed_and_zero_takes_it_back(planned_shop: Path) -> None:
    app = BackroomApp(Shop(planned_shop))
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("5")
        await settle(pilot)
        screen = app.screen
        assert isinstance(screen, StockScreen)
        before = {line.order.sku: line.order.quantity for line in screen._lines}
        await pilot.press("right_square_bracket", "right_square_bracket", "plus")
        await settle(pilot)
        assert "lead times +14 days, demand +10%" in screen_text(app)
        after = {line.order.sku: line.order.quantity for line in screen._lines}
        assert sum(after.values()) > sum(before.values())
        await pilot.press("equals_sign")
        await settle(pilot)
        assert {line.order.sku: line.order.quantity for line in screen._lines} == before


async def test_a_shop_without_shelves_says_what_to_do(tmp_path: Path) -> None:
    app = BackroomApp(Shop(tmp_path / "new.shop", create=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("5")
        await settle(pilot)
        assert "Nothing is forecast yet" in screen_text(app)
