"""A pane of text that scrolls with the same keys as a list."""

from __future__ import annotations

from typing import ClassVar

from textual.containers import VerticalScroll

from tui.commands import Command, bindings


class ReadingPane(VerticalScroll):
    """Long text; arrows, j and k, page keys and g and G scroll it."""

    COMMAND_TABLE: ClassVar[tuple[Command, ...]] = (
        Command("move.text_down", "down,j", "scroll_down", "scroll down", palette=False),
        Command("move.text_up", "up,k", "scroll_up", "scroll up", palette=False),
        Command("move.text_page_down", "pagedown,ctrl+d,space", "page_down", "one page down", palette=False),
        Command("move.text_page_up", "pageup,ctrl+u", "page_up", "one page up", palette=False),
        Command("move.text_top", "home,g", "scroll_home", "to the top", palette=False),
        Command("move.text_bottom", "end,G", "scroll_end", "to the end", palette=False),
        Command("back.text", "h", "screen.back", "back one level", palette=False),
    )
    BINDINGS = bindings(COMMAND_TABLE)
