"""All keys of the screen that is open."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tui.commands import available, key_text
from tui.format import fit
from tui.screens.dialogs import Dialog

LAST = ("open", "copy", "back", "go", "shop", "job", "app", "move")


class HelpScreen(Dialog[None]):
    """A list of keys, taken from the commands that the screen underneath has now.

    Args:
        screen: the screen that was open when help was asked for.
    """

    DEFAULT_CSS = "HelpScreen VerticalScroll { max-height: 100%; }"

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        groups: dict[str, list[tuple[str, str]]] = {}
        for _, command in available(screen):
            entry = (key_text(command), command.label)
            if entry not in groups.setdefault(command.group, []):
                groups[command.group].append(entry)
        # What only this screen can do comes first, moving about last.
        self.groups = dict(sorted(groups.items(), key=lambda item: LAST.index(item[0]) if item[0] in LAST else -1))

    def compose(self) -> ComposeResult:
        """Keys by group."""
        parts: list[tuple[str, str] | str] = []
        for group, entries in self.groups.items():
            parts.append((f"{group}\n", "bold underline"))
            parts += [part for keys, label in entries for part in ((f"  {fit(keys, 16)}", "bold"), f" {label}\n")]
        with Vertical():
            yield Static(Content("Keys on this screen"), classes="title")
            with VerticalScroll():
                yield Static(Content.assemble(*parts), id="keys")
            yield Static(Content("Shift and drag selects text as in any terminal. Esc closes."), classes="hint")
