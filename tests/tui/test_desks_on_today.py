"""A desk without screens of its own: what it found is on Today, in the reader's language, and opens to file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.desks import registry
from engine.importing.desk import import_file
from engine.shop import Shop
from tests.desks.toy.desk import DESK
from tests.importing.conftest import SHOPIFY
from tests.tui.conftest import screen_text, settle
from tui.app import BackroomApp


@pytest.fixture
def orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop with two orders, in a house with one desk more."""
    monkeypatch.setattr(registry, "DESKS", (*registry.DESKS, DESK))
    shop = Shop(tmp_path / "a.shop", create=True)
    (tmp_path / "orders.csv").write_text(SHOPIFY, encoding="utf-8")
    import_file(shop.store, tmp_path / "orders.csv")
    return shop


@pytest.mark.parametrize(("language", "said"), [("en", "order lines are of one piece."), ("zh", "条只买了一件。")])
async def test_its_finding_is_read_shown_and_opened(orders: Shop, language: str, said: str) -> None:
    app = BackroomApp(orders, language=language)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        text = screen_text(app)
        assert "Press r to look for what stands out" in text and "Came in: " in text and "2 orders" in text
        await pilot.press("r")
        while app.job is not None:
            await pilot.pause(0.005)
        await settle(pilot)
        assert said in screen_text(app) and "Today: 1 finding" in screen_text(app)
        await pilot.press("enter")
        await settle(pilot)
        assert said in screen_text(app)
        await pilot.press("enter")
        await settle(pilot)
        assert "orders.csv, line" in screen_text(app)


async def test_what_is_out_of_date_is_said_and_not_counted(orders: Shop) -> None:
    orders.run()
    with orders.store.write() as db:
        db.execute("UPDATE findings SET stale = 1 WHERE key = 'toy/lonely'")
    app = BackroomApp(orders)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        text = " ".join(screen_text(app).split())
        assert "Today: 0 findings · 1 out of date, r reads again" in text and "new, out of date · lonely" in text
        await pilot.press("enter")
        await settle(pilot)
        assert "out of date: files came in or were taken back since" in screen_text(app)
