"""The keys that matter most now, on the last line: at most eight, and only what fits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from tui.commands import Command, available, key_text

MOST_KEYS = 8
PRINTABLE = frozenset(
    ("slash", "question_mark", "colon", "space", "plus", "minus", "equals_sign", "less_than_sign", "greater_than_sign")
) | {"left_square_bracket", "right_square_bracket"}
ALWAYS = ("app.quit", "app.help", "job.stop")
"""Never left out; shown last."""


def chosen(commands: list[Command], width: int, *, typing: bool = False) -> list[Command]:
    """Commands for the key bar: the way out and help always, then as many others as fit, in their order.

    Args:
        commands: everything that can be done now, nearest first.
        width: cells of the bar.
        typing: whether a text field has the keys; what only letters do is left out then.
    """
    shown = [replace(command, keys=keys) for command in commands if command.footer and (keys := _keys(command, typing))]
    last = [command for command in shown if command.id in ALWAYS]
    first = [command for command in shown if command.id not in ALWAYS]
    room = width - sum(_cells(command) for command in last)
    kept: list[Command] = []
    for command in first[: MOST_KEYS - len(last)]:
        room -= _cells(command)
        if room < 0:
            break
        kept.append(command)
    return kept + last


def _keys(command: Command, typing: bool) -> str:
    keys = command.keys.split(",")
    return ",".join(key for key in keys if not typing or (key not in PRINTABLE and len(key) > 1))


def _display(command: Command) -> str:
    key = command.keys.split(",")[0]
    if key.startswith("ctrl+"):
        return "^" + key.removeprefix("ctrl+")
    return key_text(command).split(" ")[0]


def _cells(command: Command) -> int:
    return cell_len(_display(command)) + cell_len(command.footer) + 2


class KeyBar(Widget):
    """One line of keys, each clickable; drawn again only when the keys change."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-bar--key"}
    DEFAULT_CSS = """
    KeyBar { height: 1; background: $panel; color: $foreground; & > .key-bar--key { color: $accent; text-style: bold; } }
    """

    def __init__(self) -> None:
        super().__init__()
        self.commands: list[Command] = []

    def on_mount(self) -> None:
        """Follow the screen's keys."""
        self.screen.bindings_updated_signal.subscribe(self, self._update)

    def on_resize(self) -> None:
        """Another width, other keys."""
        self._update(self.screen)

    def _update(self, screen: Screen[Any]) -> None:
        if screen is not self.screen or not self.is_attached:
            return
        typing = isinstance(screen.focused, Input)
        commands = chosen([command for _, command in available(screen)], self.size.width, typing=typing)
        if commands != self.commands:
            self.commands = commands
            self.refresh()

    def render(self) -> Text:
        """The keys in one line."""
        style = self.get_component_rich_style("key-bar--key", partial=True)
        line = Text(no_wrap=True)
        for command in self.commands:
            line.append(_display(command), style).append(f" {command.footer} ")
        return line

    def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked."""
        end = 0
        for command in self.commands:
            end += _cells(command)
            if event.x < end:
                self.app.simulate_key(command.keys.split(",")[0])
                return
