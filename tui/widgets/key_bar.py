"""The keys that matter most now, on the last line: at most eight, and only what fits."""

from __future__ import annotations

from dataclasses import replace

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.widgets import Footer, Input
from textual.widgets._footer import FooterKey

from tui.commands import Command, available, key_text

MOST_KEYS = 8
PRINTABLE = frozenset(("slash", "question_mark", "colon", "space"))
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


class KeyBar(Footer):
    """Textual's footer over our own choice of keys; each is clickable."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)

    def compose(self) -> ComposeResult:
        """One key after another."""
        typing = isinstance(self.screen.focused, Input)
        commands = chosen([command for _, command in available(self.screen)], self.app.size.width, typing=typing)
        self.styles.grid_size_columns = len(commands)
        for command in commands:
            key = command.keys.split(",")[0]
            yield FooterKey(key, _display(command), command.footer, command.action, tooltip=command.label).data_bind(
                compact=Footer.compact
            )

    def on_resize(self, event: events.Resize) -> None:
        """Another width, other keys."""
        self.call_after_refresh(self.recompose)
