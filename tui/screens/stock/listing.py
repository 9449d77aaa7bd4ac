"""The order list: what to order by when, why so many, and what if lead times, demand or the service level were other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from engine.cells import one_line
from engine.shop import Sheet
from engine.stock.queries import PURCHASE_COLUMNS, Line, Planning, WhatIf, planning, purchase_rows
from tui.commands import Command, bindings
from tui.format import count, counted, tsv
from tui.screens.base import FilteredScreen
from tui.widgets.virtual import Column, VirtualList, VirtualTable

if TYPE_CHECKING:
    from tui.screens.exporting import Export

UNLIKELY = 0.5
"""Below this chance of lasting until an order arrives, a line is marked."""


def _money(line: Line) -> str:
    return "" if not line.order.at_risk else f"{line.order.at_risk:,.2f} {line.currency or ''}".strip()


COLUMNS: tuple[Column[Line], ...] = (
    Column("item", 20, lambda line: one_line(line.name), grow=True),
    Column("order", 7, lambda line: count(round(line.order.quantity)) if line.order.quantity else "", right=True),
    Column("by", 10, lambda line: line.order.last_day.isoformat() if line.order.last_day else ""),
    Column(
        "lasts", 6, lambda line: f"{line.order.lasts:.0%}", lambda line: "bad" if line.order.lasts < UNLIKELY else "",
        right=True,
    ),
    Column("in stock", 8, lambda line: count(round(line.order.on_hand)), right=True),
    Column("a day", 12, _money, right=True),
)  # fmt: skip


class StockScreen(FilteredScreen):
    """All items with a shelf, most money at risk first; the line below says how a quantity came about."""

    AREA = "stock"
    COMMAND_TABLE: ClassVar[tuple[Command, ...]] = (
        Command(
            "stock.slower", "right_square_bracket", "lead(7)", "what if orders took a week longer", footer="+7 days"
        ),
        Command(
            "stock.quicker", "left_square_bracket", "lead(-7)", "what if orders came a week sooner", footer="-7 days"
        ),
        Command("stock.more", "plus", "growth(10)", "what if a tenth more were sold", footer="+10 %"),
        Command("stock.less", "minus", "growth(-10)", "what if a tenth less were sold"),
        Command("stock.safer", "greater_than_sign", "level(1)", "what if it should run out less often"),
        Command("stock.leaner", "less_than_sign", "level(-1)", "what if it might run out more often"),
        Command("stock.as_is", "equals_sign", "as_is", "everything as the files say", footer="as it is"),
    )
    BINDINGS = bindings(COMMAND_TABLE)

    def __init__(self) -> None:
        super().__init__()
        self._planning = Planning((), {}, {}, {})
        self._lines: list[Line] = []
        self._listed: list[Line] = []
        self.what_if = WhatIf()
        self._longer = 0

    def body(self) -> Iterable[Widget]:
        """A heading, the filter, the list, and the sum of the current line."""
        yield Static(id="heading")
        yield Input(placeholder="part of a name; Esc clears", id="filter")
        yield VirtualTable[Line](COLUMNS, id="lines")
        yield Static(id="sum")

    @property
    def table(self) -> VirtualTable[Line]:
        """The order list."""
        return self.query_one("#lines", VirtualTable)

    def load(self) -> None:
        """Read what order lists are made from beside the screen."""
        shop = self.room.shop
        if shop is None:
            self._show(Planning((), {}, {}, {}))
            return
        self.background(lambda: planning(shop.store), self._show)

    def _show(self, found: Planning) -> None:
        self._planning = found
        if found.demands and not found.shelves:
            self.table.empty = (
                "No file says what is in stock: orders cannot be planned without it. Press i to import one."
            )
        elif not found.demands:
            self.table.empty = "Nothing is forecast yet: import orders, then press r."
        else:
            self.table.empty = "No item has this name. Esc clears the filter."
        self._again()

    def _again(self) -> None:
        found = self._planning
        if self._longer:
            slower = {
                item: replace(supply, lead_days=max(0.0, supply.lead_days + self._longer))
                for item, supply in found.supplies.items()
            }
            found = replace(found, supplies=slower)
        self._lines = found.lines(self.what_if)
        self._filter(keep_cursor=True)

    def _filter(self, *, keep_cursor: bool) -> None:
        words = self.field.value.casefold().split()
        self._listed = [
            line for line in self._lines if all(word in f"{line.name} {line.order.sku}".casefold() for word in words)
        ]
        self.table.show_rows(self._listed, keep_cursor=keep_cursor)
        due = sum(line.order.quantity > 0 for line in self._listed)
        self.query_one("#heading", Static).update(
            Content.assemble((f"{counted(due, 'item')} to order", "bold"), (f"  ·  {self._asked()}", "dim"))
        )
        self._explain()
        self.refresh_bindings()

    def _asked(self) -> str:
        """What was changed, in a few words."""
        changed = []
        if self._longer:
            changed.append(f"lead times {self._longer:+d} days")
        if self.what_if.growth != 1.0:
            changed.append(f"demand {self.what_if.growth - 1:+.0%}")
        if self.what_if.level is not None:
            changed.append(f"service level {self.what_if.level:.0%}")
        return "what if: " + ", ".join(changed) if changed else "most money at risk first"

    def _explain(self) -> None:
        line = self.table.row
        self.query_one("#sum", Static).update("" if line is None else explained(line))

    def copyable(self) -> str:
        """The line as a row of a purchase order."""
        line = self.table.row
        return "" if line is None else tsv(purchase_rows([line]))

    def exported(self) -> Export | None:
        """The lines listed here that order something, as purchase orders."""
        from tui.screens.exporting import Export

        shop, rows = self.shop, purchase_rows(self._listed)
        if not rows:
            return None
        sheet = Sheet("purchase orders", PURCHASE_COLUMNS, lambda: rows, len(rows))
        return Export(
            f"purchase orders of the {counted(len(rows), 'item')} listed here",
            "purchase-orders",
            lambda path, force, context: shop.export(sheet, path, force=force, context=context),
        )

    @on(Input.Changed, "#filter")
    def narrow(self) -> None:
        """Filter while typing."""
        self._filter(keep_cursor=False)

    @on(VirtualList.Highlighted, "#lines")
    def explain(self) -> None:
        """Say how the current line's quantity came about."""
        self._explain()

    def action_lead(self, days: int) -> None:
        """All lead times longer or shorter."""
        self._longer = max(-60, min(180, self._longer + days))
        self._again()

    def action_growth(self, percent: int) -> None:
        """Demand of all items up or down."""
        self.what_if = replace(self.what_if, growth=round(min(3.0, max(0.2, self.what_if.growth + percent / 100)), 2))
        self._again()

    def action_level(self, percent: int) -> None:
        """One service level for all items, higher or lower."""
        level = 0.9 if self.what_if.level is None else self.what_if.level + percent / 100
        self.what_if = replace(self.what_if, level=round(min(0.99, max(0.5, level)), 2))
        self._again()

    def action_as_is(self) -> None:
        """Everything as the files say."""
        self.what_if, self._longer = WhatIf(), 0
        self._again()


_WHY = {"pack": ", in packs of {pack:g}", "least": ", at least {least:g}", "budget": ", cut to the budget"}


def explained(line: Line) -> str:
    """A quantity as a sum, and what else there is to know of the item."""
    made = line.order
    why = _WHY.get(made.rounding, "").format(pack=made.supply.pack, least=made.supply.least)
    said = (
        f"{made.target:g} within {made.level:.0%} - {made.on_hand - made.reserved:g} on hand - {made.incoming:g} incoming"
        f" = {made.need:g}{why}: {made.quantity:g}"
    )
    more = [f"{line.demand}, {line.abc}{line.xyz}", f"lead time {made.supply.lead_days:g} days"]
    more[1] += " (assumed)" if made.supply.assumed else ""
    if line.skill is not None:
        more.append(
            "forecast no better than a guess" if line.skill <= 0 else f"forecast {line.skill:.0%} better than a guess"
        )
    if line.last_year is not None:
        more.append(f"{line.last_year:g} in these four weeks a year ago")
    if made.supply.supplier:
        more.append(made.supply.supplier)
    return said + "\n" + "  ·  ".join(more)
