"""Every command, declared once: from here come its key, its footer text, its palette entry and its line in the help.

A screen or widget lists its commands in `COMMAND_TABLE` and makes its `BINDINGS` from them with `bindings`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual.actions import parse
from textual.binding import Binding, BindingType

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.screen import Screen


@dataclass(frozen=True)
class Command:
    """One thing that can be done.

    Attributes:
        id: stable name under which a key can be rebound, `group.name`.
        keys: comma-separated keys, the first one is shown.
        action: Textual action to run on the node that lists the command.
        label: what it does, in a few words.
        footer: short text for the footer; not shown there when empty.
        palette: whether it makes sense to choose it from the palette (moving the cursor does not).
        priority: works even while a text field or a dialog has the keys.
    """

    id: str
    keys: str
    action: str
    label: str
    footer: str = ""
    palette: bool = True
    priority: bool = False

    @property
    def group(self) -> str:
        """The part of the id before the dot."""
        return self.id.partition(".")[0]

    def binding(self) -> Binding:
        """The Textual binding."""
        return Binding(
            self.keys,
            self.action,
            self.footer or self.label,
            show=bool(self.footer),
            priority=self.priority,
            id=self.id,
            tooltip=self.label,
        )


def bindings(commands: Iterable[Command]) -> list[BindingType]:
    """`BINDINGS` for a table of commands."""
    return [command.binding() for command in commands]


_KEY_WORDS = {
    "question_mark": "?",
    "slash": "/",
    "colon": ":",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "equals_sign": "=",
    "plus": "+",
    "minus": "-",
    "escape": "Esc",
    "enter": "Enter",
    "space": "Space",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "home": "Home",
    "end": "End",
    "tab": "Tab",
    "delete": "Del",
}


def key_text(command: Command) -> str:
    """All keys of a command as people write them."""
    return " ".join(_KEY_WORDS.get(key.strip(), key.strip()) for key in command.keys.split(","))


def listing(node: DOMNode) -> list[tuple[DOMNode, Command]]:
    """The commands that `node` itself declares, base classes included once."""
    found: list[tuple[DOMNode, Command]] = []
    seen: set[str] = set()
    for owner in type(node).__mro__:
        for command in owner.__dict__.get("COMMAND_TABLE", ()):
            if command.id not in seen:
                seen.add(command.id)
                found.append((node, command))
    return found


def available(screen: Screen[Any]) -> list[tuple[DOMNode, Command]]:
    """Commands of the focused widget, its ancestors, the screen and the app, that can be run now."""
    nodes: list[DOMNode] = []
    if screen.focused is not None:
        nodes += [node for node in screen.focused.ancestors_with_self if node not in (screen, screen.app)]
    nodes += [screen, screen.app]
    return [(node, command) for owner in nodes for node, command in listing(owner) if _possible(node, command)]


def _possible(node: DOMNode, command: Command) -> bool:
    _, name, parameters = parse(command.action)
    return node.check_action(name, parameters) is True
