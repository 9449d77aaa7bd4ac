"""Lists and tables that hold a page of rows, not all of them.

Textual's DataTable keeps every row as objects and measures every cell; these draw only the lines in view and ask for
the pages those lines need, so that 20 and 200,000 rows open equally fast.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, Protocol, TypeVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.commands import Command, bindings
from tui.format import clip_middle, fit, wrap

Row = TypeVar("Row")
Item = TypeVar("Item")
Given = TypeVar("Given", covariant=True)
Styles = Callable[[str], Style]
"""Gives the style of a name such as "bad" in the current theme."""

PAGE_ROWS = 100
PAGES_KEPT = 20
GUTTER = 2
"""Cells at the left of each row: the cursor's mark, so that it is seen without colour."""


class Source(Protocol[Given]):
    """Where rows come from. `deliver` is called on the app's thread, at once or later; None means "not needed after all"."""

    def request(
        self, offset: int, limit: int, wanted: Callable[[], bool], deliver: Callable[[Sequence[Given] | None], None]
    ) -> None:
        """Ask for `limit` rows from `offset`; `wanted()` turns false when nobody looks at them any more."""


class Fixed(Generic[Row]):
    """A source over rows that are already there."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows

    def request(
        self, offset: int, limit: int, wanted: Callable[[], bool], deliver: Callable[[Sequence[Row] | None], None]
    ) -> None:
        """Deliver at once."""
        deliver(self.rows[offset : offset + limit])


class Pages(Generic[Row]):
    """Pages of rows, the least recently used thrown away first.

    Args:
        source: where missing pages come from.
        count: rows in all.
        changed: called when a page has arrived.
    """

    def __init__(
        self,
        source: Source[Row],
        count: int,
        changed: Callable[[], None],
        *,
        page_rows: int = PAGE_ROWS,
        pages_kept: int = PAGES_KEPT,
    ) -> None:
        self.count = count
        self._source = source
        self._changed = changed
        self._page_rows = page_rows
        self._pages: LRUCache[int, list[Row]] = LRUCache(pages_kept)
        self._asked: set[int] = set()
        self._in_view: frozenset[int] = frozenset()

    def look(self, first: int, last: int) -> None:
        """Rows `first` to `last` are on screen now: ask for what is missing, stop wanting what is elsewhere."""
        if self.count == 0:
            return
        last = min(last, self.count - 1)
        self._in_view = frozenset(range(max(first, 0) // self._page_rows, last // self._page_rows + 1))
        for page in sorted(self._in_view):
            if page not in self._pages and page not in self._asked:
                self._ask(page)

    def _ask(self, page: int) -> None:
        self._asked.add(page)

        def deliver(rows: Sequence[Row] | None) -> None:
            self._asked.discard(page)
            if rows is not None:
                self._pages[page] = list(rows)
                self._changed()

        self._source.request(page * self._page_rows, self._page_rows, lambda: page in self._in_view, deliver)

    def get(self, index: int) -> Row | None:
        """Row `index` if its page is here."""
        rows = self._pages.get(index // self._page_rows)
        position = index % self._page_rows
        return rows[position] if rows is not None and position < len(rows) else None

    def put(self, index: int, row: Row) -> None:
        """Replace row `index` where it is held, after it was changed by the seller."""
        rows = self._pages.get(index // self._page_rows)
        position = index % self._page_rows
        if rows is not None and position < len(rows):
            rows[position] = row


class VirtualList(ScrollView, Generic[Row], can_focus=True):
    """Rows of a fixed height with a cursor.

    Args:
        draw: turns a row into its lines; gets the row, the width in cells and the styles by name.
        row_height: lines a row takes.
        empty: what to say when there are no rows.
    """

    COMMAND_TABLE: ClassVar[tuple[Command, ...]] = (
        Command("move.down", "down,j", "move(1)", "one row down", palette=False),
        Command("move.up", "up,k", "move(-1)", "one row up", palette=False),
        Command("move.page_down", "pagedown,ctrl+d", "page(1)", "one page down", palette=False),
        Command("move.page_up", "pageup,ctrl+u", "page(-1)", "one page up", palette=False),
        Command("move.first", "home,g", "edge(0)", "first row", palette=False),
        Command("move.last", "end,G", "edge(1)", "last row", palette=False),
        Command("move.right", "right", "sideways(8)", "scroll right", palette=False),
        Command("move.left", "left", "sideways(-8)", "scroll left", palette=False),
        Command("open.row", "enter,l", "open", "open", footer="open"),
        Command("back.list", "h", "screen.back", "back one level", palette=False),
    )
    BINDINGS = bindings(COMMAND_TABLE)
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "virtual--cursor",
        "virtual--header",
        "virtual--dim",
        "virtual--good",
        "virtual--bad",
        "virtual--mark",
        "virtual--strong",
    }
    DEFAULT_CSS = """
    VirtualList {
        height: 1fr; background: $surface; color: $foreground; overflow-x: hidden;
        scrollbar-size-vertical: 1; scrollbar-size-horizontal: 1;
        & > .virtual--cursor { background: $foreground 10%; }
        &:focus > .virtual--cursor { background: $primary 35%; text-style: bold; }
        & > .virtual--header { text-style: dim underline; }
        & > .virtual--dim { text-style: dim; }
        & > .virtual--good { color: $text-success; }
        & > .virtual--bad { color: $text-error; }
        & > .virtual--mark { color: $text-warning; text-style: bold underline; }
        & > .virtual--strong { text-style: bold; }
    }
    """
    cursor: reactive[int] = reactive(0, always_update=False)

    class Highlighted(Message, Generic[Item]):
        """The cursor is on another row, or the row under it has arrived."""

        def __init__(self, sender: VirtualList[Item], index: int, row: Item | None) -> None:
            super().__init__()
            self.sender, self.index, self.row = sender, index, row

        @property
        def control(self) -> VirtualList[Item]:
            """The list."""
            return self.sender

    class Opened(Message, Generic[Item]):
        """Enter or a double click on a row."""

        def __init__(self, sender: VirtualList[Item], index: int, row: Item) -> None:
            super().__init__()
            self.sender, self.index, self.row = sender, index, row

        @property
        def control(self) -> VirtualList[Item]:
            """The list."""
            return self.sender

    def __init__(
        self,
        draw: Callable[[Row, int, Styles], list[Text]],
        *,
        row_height: int = 1,
        empty: str = "Nothing here.",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._draw = draw
        self.row_height = row_height
        self.empty = empty
        self._pages: Pages[Row] = Pages(Fixed(()), 0, self._arrived)
        self._lines: LRUCache[tuple[int, bool, bool, int], list[Strip]] = LRUCache(512)

    header_lines = 0

    @property
    def row_count(self) -> int:
        """Rows in all."""
        return self._pages.count

    @property
    def row(self) -> Row | None:
        """The row under the cursor, None when there is none or it has not arrived."""
        return self._pages.get(self.cursor) if self.row_count else None

    def show(self, source: Source[Row], count: int, *, keep_cursor: bool = False) -> None:
        """Show `count` rows of `source`."""
        self._pages = Pages(source, count, self._arrived)
        self._resized()
        target = min(self.cursor, max(0, count - 1)) if keep_cursor else 0
        if not keep_cursor:
            self.scroll_to(y=0, animate=False, force=True, immediate=True)
        self.set_reactive(VirtualList.cursor, target)
        self._pages.look(target, target)
        self._look()
        self._announce()
        self.refresh()

    def show_rows(self, rows: Sequence[Row], *, keep_cursor: bool = False) -> None:
        """Show rows that are already there."""
        self.show(Fixed(rows), len(rows), keep_cursor=keep_cursor)

    def replace_row(self, index: int, row: Row) -> None:
        """Show `row` in place of row `index`."""
        self._pages.put(index, row)
        self._arrived()

    # -- state -----------------------------------------------------------------------------------------------------

    def content_width(self) -> int:
        """Cells a row's content takes; as wide as the view unless a table needs more."""
        return max(1, self._room() - GUTTER)

    def _room(self) -> int:
        # The scroll bar's cells are never used for text, so that rows do not jump when it appears.
        return self.content_region.width - self.styles.scrollbar_size_vertical

    def _resized(self) -> None:
        self._lines.clear()
        self.virtual_size = Size(self.content_width() + GUTTER, self.row_count * self.row_height + self.header_lines)

    def _arrived(self) -> None:
        self._lines.clear()
        self.refresh()
        if self.is_mounted and self.row is not None:
            self._announce()

    def _announce(self) -> None:
        self.post_message(self.Highlighted(self, self.cursor, self.row))

    def _look(self) -> None:
        height = self.scrollable_content_region.height or self.size.height
        first = self.scroll_offset.y // self.row_height
        self._pages.look(first, first + height // self.row_height + 1)

    def watch_cursor(self) -> None:
        """Keep the cursor's row in view."""
        self._reveal()
        self._announce()
        self.refresh()

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a row."""
        return max(0, min(cursor, self.row_count - 1))

    def _reveal(self) -> None:
        top = self.cursor * self.row_height
        height = max(self.row_height, self.scrollable_content_region.height - self.header_lines)
        offset = self.scroll_offset.y
        if top < offset:
            self.scroll_to(y=top, animate=False, force=True, immediate=True)
        elif top + self.row_height > offset + height:
            self.scroll_to(y=top + self.row_height - height, animate=False, force=True, immediate=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for the rows that came into view."""
        super().watch_scroll_y(old_value, new_value)
        self._look()

    def on_resize(self, event: events.Resize) -> None:
        """Fit rows to the new width; keep the cursor in view."""
        self._resized()
        self._look()
        self._reveal()

    def notify_style_update(self) -> None:
        """Forget lines drawn with the old theme."""
        super().notify_style_update()
        self._lines.clear()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Opening needs a row."""
        if action == "open":
            return self.row is not None
        return super().check_action(action, parameters)

    # -- keys and mouse --------------------------------------------------------------------------------------------

    def action_move(self, rows: int) -> None:
        """Move the cursor."""
        self.cursor += rows

    def action_page(self, direction: int) -> None:
        """Move the cursor by what fits in the view."""
        visible = (self.scrollable_content_region.height - self.header_lines) // self.row_height
        self.cursor += direction * max(1, visible - 1)

    def action_edge(self, last: int) -> None:
        """Go to the first or the last row."""
        self.cursor = self.row_count - 1 if last else 0

    def action_sideways(self, cells: int) -> None:
        """Scroll a table that is wider than the view."""
        self.scroll_to(x=self.scroll_offset.x + cells, animate=False)

    def action_open(self) -> None:
        """Open the row under the cursor."""
        row = self.row
        if row is not None:
            self.post_message(self.Opened(self, self.cursor, row))

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, a second one opens."""
        line = event.y - self.header_lines + self.scroll_offset.y
        index = line // self.row_height
        if event.y < self.header_lines or not 0 <= index < self.row_count:
            return
        self.cursor = index
        if event.chain > 1:
            self.action_open()

    # -- drawing ---------------------------------------------------------------------------------------------------

    def style(self, name: str) -> Style:
        """A style by its short name: cursor, header, dim, good, bad, mark, strong; "" is no style."""
        if not name:
            return Style.null()
        return self.get_component_rich_style(f"virtual--{name}", partial=True)

    def render_line(self, y: int) -> Strip:
        """Line `y` of the view."""
        base, width = self.rich_style, self.size.width
        if self.row_count == 0:
            lines = [part for block in self.empty.split("\n") for part in wrap(block, width - 4, 6) or [""]]
            text = lines[y - 1] if 0 < y <= len(lines) else ""
            return Strip([Segment(fit("  " + text, width), base)])
        line = y - self.header_lines + self.scroll_offset.y
        index, part = divmod(line, self.row_height)
        if index >= self.row_count:
            return Strip.blank(width, base)
        strip = self._row_lines(index)[part]
        return strip.crop_extend(self.scroll_offset.x, self.scroll_offset.x + width, base)

    def _row_lines(self, index: int) -> list[Strip]:
        current = index == self.cursor
        width = self.content_width()
        key = (index, current, self.has_focus, width)
        cached = self._lines.get(key)
        if cached is not None:
            return cached
        base = self.rich_style
        if current:
            base = base + self.get_component_rich_style("virtual--cursor")
        row = self._pages.get(index)
        texts = [Text("…")] if row is None else self._draw(row, width, self.style)
        strips = []
        for number in range(self.row_height):
            # Which of several lists has the keys is seen without colour, too.
            mark = ("▌ " if self.has_focus else "▏ ") if current else "  "
            segments = [Segment(mark, base)]
            if number < len(texts):
                segments += [
                    Segment(segment.text, base + segment.style if segment.style else base)
                    for segment in texts[number].render(self.app.console)
                    if segment.text
                ]
            strips.append(Strip(segments).adjust_cell_length(width + GUTTER, base))
        if row is not None:
            self._lines[key] = strips
        return strips


@dataclass(frozen=True)
class Column(Generic[Row]):
    """A column of a table.

    Attributes:
        width: cells, or the least number of cells when `grow` is true.
        value: the cell's text, already safe and on one line.
        style: name of the cell's style, "" for none.
        grow: takes what the other columns leave.
        middle: shortened in the middle, where both ends tell one row from another.
    """

    title: str
    width: int
    value: Callable[[Row], str]
    style: Callable[[Row], str] = lambda row: ""
    right: bool = False
    grow: bool = False
    middle: bool = False


class VirtualTable(VirtualList[Row]):
    """A virtual list with columns and a header that stays."""

    header_lines = 1
    DEFAULT_CSS = "VirtualTable { overflow-x: auto; }"

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        *,
        empty: str = "Nothing here.",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(self._draw_row, empty=empty, id=id, classes=classes)
        self.columns = tuple(columns)

    def show_columns(self, columns: Sequence[Column[Row]]) -> None:
        """Change the columns."""
        self.columns = tuple(columns)
        self._resized()
        self.refresh()

    def widths(self) -> list[int]:
        """Cells of each column in the current view."""
        fixed = sum(column.width for column in self.columns) + max(0, len(self.columns) - 1)
        growing = sum(column.grow for column in self.columns)
        spare = max(0, self._room() - GUTTER - fixed)
        return [column.width + (spare // growing if column.grow else 0) for column in self.columns]

    def content_width(self) -> int:
        """As wide as all columns together."""
        return max(super().content_width(), sum(self.widths()) + max(0, len(self.columns) - 1))

    def _draw_row(self, row: Row, width: int, styles: Styles) -> list[Text]:
        text = Text()
        for number, (column, cells) in enumerate(zip(self.columns, self.widths(), strict=True)):
            if number:
                text.append(" ")
            name = column.style(row)
            value = column.value(row)
            if column.middle:
                value = clip_middle(value, cells)
            text.append(fit(value, cells, right=column.right), styles(name) if name else None)
        return [text]

    def render_line(self, y: int) -> Strip:
        """Line `y` of the view; the first one is the header."""
        if y or self.row_count == 0:
            return super().render_line(y)
        base = self.rich_style
        style = base + self.style("header")
        titles = " ".join(
            fit(column.title, cells, right=column.right)
            for column, cells in zip(self.columns, self.widths(), strict=True)
        )
        strip = Strip([Segment("  ", base), Segment(titles, style)])
        return strip.crop_extend(self.scroll_offset.x, self.scroll_offset.x + self.size.width, base)
