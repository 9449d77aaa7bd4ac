"""A folder tree to choose a file or a folder from."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import DirectoryTree, Static

from engine.cells import safe
from tui.commands import Command, bindings
from tui.paths import SUFFIXES
from tui.screens.dialogs import Dialog

HINT = "Enter opens a folder or takes a file, a takes a folder whole, Backspace goes up."


class DataTree(DirectoryTree):
    """Folders and files that could be data."""

    def filter_paths(self, paths: Iterable[Path]) -> Iterable[Path]:
        """Leave hidden files and other kinds out."""
        return [
            path
            for path in paths
            if not path.name.startswith((".", "~$")) and (path.suffix.lower() in SUFFIXES or path.is_dir())
        ]


class BrowseScreen(Dialog[Path]):
    """Enter on a file takes it; `a` takes the folder under the cursor whole.

    Args:
        start: the folder to begin in.
    """

    COMMAND_TABLE: ClassVar[tuple[Command, ...]] = (
        Command("browse.take", "a", "take", "take this folder or file", palette=False),
        Command("browse.up", "backspace,h", "up", "one folder up", palette=False),
    )
    BINDINGS = bindings(COMMAND_TABLE)
    DEFAULT_CSS = "BrowseScreen DataTree { height: 16; background: $surface; }"

    def __init__(self, start: Path) -> None:
        super().__init__()
        self._start = start.absolute()

    def compose(self) -> ComposeResult:
        """The tree."""
        with Vertical():
            yield Static(Content(safe(self._start)), classes="title")
            yield DataTree(self._start)
            yield Static(
                Content(HINT),
                classes="hint",
            )

    def action_take(self) -> None:
        """Take what is under the cursor."""
        node = self.query_one(DataTree).cursor_node
        if node is not None and node.data is not None:
            self.dismiss(node.data.path)

    def action_up(self) -> None:
        """Show the folder above."""
        self._start = self._start.parent
        self.query_one(DataTree).path = self._start
        self.query_one(".title", Static).update(Content(safe(self._start)))

    @on(DirectoryTree.FileSelected)
    def take_file(self, event: DirectoryTree.FileSelected) -> None:
        """Take a file."""
        self.dismiss(event.path)
