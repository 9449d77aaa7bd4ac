"""The virtual list and table: pages, keys, widths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from rich.cells import cell_len
from textual.app import App, ComposeResult

from tui.commands import Command
from tui.format import fit
from tui.widgets.key_bar import chosen
from tui.widgets.virtual import Column, Fixed, Pages, VirtualList, VirtualTable


class Counting:
    """A source of numbers that remembers what was asked, and delivers when told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []
        self.held: list[tuple[Callable[[], bool], Callable[[], None]]] = []
        self.hold = False

    def request(
        self, offset: int, limit: int, wanted: Callable[[], bool], deliver: Callable[[Sequence[int] | None], None]
    ) -> None:
        self.asked.append((offset, limit))

        def answer() -> None:
            deliver(range(offset, offset + limit) if wanted() else None)

        if self.hold:
            self.held.append((wanted, answer))
        else:
            answer()


def test_only_pages_in_view_are_asked_for_and_few_are_kept() -> None:
    source = Counting()
    pages: Pages[int] = Pages(source, 1_000_000, lambda: None, page_rows=100, pages_kept=3)
    pages.look(0, 30)
    assert source.asked == [(0, 100)] and pages.get(30) == 30
    pages.look(90, 120)
    assert source.asked[1:] == [(100, 100)]
    for first in (500_000, 600_000, 700_000):
        pages.look(first, first + 10)
    assert pages.get(700_005) == 700_005 and pages.get(5) is None
    pages.look(0, 30)
    assert source.asked[-1] == (0, 100)


def test_a_page_nobody_looks_at_any_more_is_not_read() -> None:
    source = Counting()
    source.hold = True
    pages: Pages[int] = Pages(source, 10_000, lambda: None)
    pages.look(0, 20)
    pages.look(0, 25)
    assert len(source.asked) == 1  # not asked twice while under way
    pages.look(5_000, 5_020)
    assert [wanted() for wanted, _ in source.held] == [False, True]
    for _, answer in source.held:
        answer()
    assert pages.get(5) is None and pages.get(5_010) == 5_010
    source.hold = False
    pages.look(0, 20)
    assert pages.get(5) == 5


def test_a_replaced_row_is_shown() -> None:
    pages: Pages[str] = Pages(Fixed(["a", "b"]), 2, lambda: None)
    pages.look(0, 1)
    pages.put(1, "c")
    assert pages.get(1) == "c" and pages.get(2) is None


COLUMNS: tuple[Column[int], ...] = (
    Column("number", 8, str, right=True),
    Column("words", 10, lambda row: f"第{row}条评论 [b]x[/b]", grow=True),
)


class TableApp(App[None]):
    """A table alone."""

    def __init__(self, columns: Sequence[Column[int]] = COLUMNS) -> None:
        super().__init__()
        self.columns = columns
        self.opened: list[int] = []

    def compose(self) -> ComposeResult:
        yield VirtualTable[int](self.columns, empty="nothing\nat all")

    def on_virtual_list_opened(self, event: VirtualList.Opened[int]) -> None:
        self.opened.append(event.row)

    @property
    def table(self) -> VirtualTable[int]:
        return self.query_one(VirtualTable)

    def lines(self) -> list[str]:
        table = self.table
        return ["".join(segment.text for segment in table.render_line(y)) for y in range(table.size.height)]


async def test_a_long_table_reads_what_it_shows() -> None:
    app, source = TableApp(), Counting()
    async with app.run_test(size=(40, 12)) as pilot:
        app.table.show(source, 200_000)
        await pilot.pause()
        assert sum(limit for _, limit in source.asked) <= 200
        await pilot.press("G")
        await pilot.pause()
        assert app.table.row == 199_999 and "199999" in app.lines()[-1]
        assert sum(limit for _, limit in source.asked) <= 400
        await pilot.press("g", "pagedown", "j", "k", "enter")
        await pilot.pause()
        assert app.opened == [10]


async def test_every_line_fills_the_width_with_wide_characters() -> None:
    app = TableApp()
    async with app.run_test(size=(31, 8)) as pilot:
        app.table.show_rows(range(50))
        await pilot.pause()
        assert {cell_len(line) for line in app.lines()} == {31}
        assert app.lines()[0].split() == ["number", "words"]
        assert app.lines()[1].startswith("▌") and not app.lines()[2].startswith("▌")
        await pilot.resize_terminal(60, 8)
        await pilot.pause()
        assert {cell_len(line) for line in app.lines()} == {60} and "[b]x[/b]" in app.lines()[1]


async def test_no_rows_say_so() -> None:
    app = TableApp()
    async with app.run_test(size=(31, 8)) as pilot:
        await pilot.press("down", "G", "enter", "pageup")
        assert app.lines()[1].strip() == "nothing" and app.opened == []
        app.table.show_rows(range(3))
        app.table.show_rows(())
        await pilot.pause()
        assert app.lines()[2].strip() == "at all" and app.table.row is None


def _always(text: str, row: object) -> str:
    return text


async def test_a_wide_table_scrolls_sideways() -> None:
    names = [f"c{number}" for number in range(5)]
    app = TableApp([Column(name, 20, partial(_always, fit(name, 20))) for name in names])
    async with app.run_test(size=(40, 8)) as pilot:
        app.table.show_rows(range(3))
        await pilot.pause()
        assert "c4" not in app.lines()[1]
        await pilot.press(*["right"] * 10)
        await pilot.pause()
        assert "c4" in app.lines()[1] and "4" in app.lines()[0]


async def test_the_mouse_selects_and_opens() -> None:
    app = TableApp()
    async with app.run_test(size=(40, 8)) as pilot:
        app.table.show_rows(range(50))
        await pilot.pause()
        await pilot.click(VirtualTable, offset=(5, 3))
        assert app.table.row == 2 and app.opened == []
        await pilot.double_click(VirtualTable, offset=(5, 3))
        assert app.opened == [2]
        await pilot.click(VirtualTable, offset=(5, 0))
        assert app.table.row == 2


def test_the_key_bar_keeps_help_and_the_way_out() -> None:
    commands = [Command(f"x.{number}", "a", "x", "x", footer="something") for number in range(12)]
    commands += [
        Command("app.help", "question_mark,f1", "help", "help", footer="help"),
        Command("app.quit", "ctrl+q", "q", "q", footer="quit"),
    ]
    for width in (20, 40, 80, 200):
        shown = chosen(commands, width)
        assert [command.id for command in shown[-2:]] == ["app.help", "app.quit"] and len(shown) <= 8
        assert width < 40 or sum(len(command.footer) + 3 for command in shown) <= width
    typing = chosen(commands, 200, typing=True)
    assert [(command.id, command.keys) for command in typing] == [("app.help", "f1"), ("app.quit", "ctrl+q")]
