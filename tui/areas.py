"""The areas of the app, declared once: from here come its modes, keys, palette entries, the bar, and which screen to load."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tui.commands import Command

if TYPE_CHECKING:
    from textual.screen import Screen


@dataclass(frozen=True)
class Area:
    """One area.

    Attributes:
        mode: stable name, which keys and screens refer to.
        key: the key that goes there.
        title: its name on the bar and in the palette.
        screen: its first screen as `module:class`, imported when the area is first opened.
    """

    mode: str
    key: str
    title: str
    screen: str

    def open(self) -> Screen[Any]:
        """A new first screen."""
        module, _, name = self.screen.partition(":")
        screen: Screen[Any] = getattr(import_module(module), name)()
        return screen

    @property
    def command(self) -> Command:
        """The command that goes there."""
        return Command(f"go.{self.mode}", self.key, f"area('{self.mode}')", self.title)


AREAS: tuple[Area, ...] = (
    Area("today", "1", "Today", "tui.screens.findings.today:TodayScreen"),
    Area("reviews", "2", "Reviews", "tui.screens.reviews.listing:ReviewsScreen"),
    Area("products", "3", "Products", "tui.screens.reviews.products:ProductsScreen"),
    Area("imports", "4", "Imports", "tui.screens.imports.listing:ImportsScreen"),
    Area("stock", "5", "Stock", "tui.screens.stock.listing:StockScreen"),
    Area("data", "0", "Data", "tui.screens.imports.data:DataScreen"),
)
