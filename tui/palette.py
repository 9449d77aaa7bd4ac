"""The palette's entries; imported when the palette is first opened, because Textual's palette is slow to load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.command import DiscoveryHit, Hit, Hits, Provider

from tui.commands import available, key_text

if TYPE_CHECKING:
    from textual.dom import DOMNode


class Commands(Provider):
    """The palette: `group: action`, with its key, only what is possible now."""

    def _entries(self) -> list[tuple[str, str, Any]]:
        return [
            (f"{command.group}: {command.label}", key_text(command), _runner(node, command.action))
            for node, command in available(self.screen)
            if command.palette
        ]

    async def discover(self) -> Hits:
        """All entries, before anything is typed."""
        for text, keys, run in self._entries():
            yield DiscoveryHit(Text(f"{text}  [{keys}]"), run, text=text)

    async def search(self, query: str) -> Hits:
        """Entries that match what was typed."""
        matcher = self.matcher(query)
        for text, keys, run in self._entries():
            score = matcher.match(text)
            if score > 0:
                yield Hit(score, matcher.highlight(text).append(f"  [{keys}]"), run, text=text)


def _runner(node: DOMNode, action: str) -> Any:
    async def run() -> None:
        await node.app.run_action(action, node)

    return run
