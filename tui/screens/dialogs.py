"""Small dialogs: yes or no, a line of text, one of several, and what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from engine.cells import one_line, safe
from engine.errors import BackroomError
from tui.commands import Command, bindings

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer], Generic[Answer]):
    """A box over the screen; Escape closes it without an answer."""

    COMMAND_TABLE: ClassVar[tuple[Command, ...]] = (
        Command("dialog.close", "escape", "close", "close without an answer", palette=False),
    )
    BINDINGS = bindings(COMMAND_TABLE)
    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog > Vertical {
        width: 72; max-width: 96%; height: auto; max-height: 90%;
        background: $surface; border: round $primary; padding: 0 1;
    }
    Dialog .title { text-style: bold; width: 1fr; height: auto; }
    Dialog .hint { text-style: dim; width: 1fr; height: auto; }
    Dialog VerticalScroll { height: auto; max-height: 16; }
    Dialog Horizontal { height: auto; margin-top: 1; }
    Dialog Button { margin-right: 1; }
    Dialog OptionList { height: auto; max-height: 16; border: none; padding: 0; background: $surface; }
    Dialog Input { border: tall $primary; }
    """

    def action_close(self) -> None:
        """Close without an answer."""
        self.dismiss(None)


class Confirm(Dialog[bool]):
    """A question with two answers.

    Args:
        question: what is asked, and what each answer means.
        yes: what the first button does.
        no: what the second one does.
    """

    COMMAND_TABLE: ClassVar[tuple[Command, ...]] = (
        Command("dialog.yes", "y", "answer(True)", "yes", palette=False),
        Command("dialog.no", "n", "answer(False)", "no", palette=False),
    )
    BINDINGS = bindings(COMMAND_TABLE)

    def __init__(self, question: str, yes: str, no: str) -> None:
        super().__init__()
        self.question, self.yes, self.no = question, yes, no

    def compose(self) -> ComposeResult:
        """The question and its answers."""
        with Vertical():
            yield Static(Content(self.question), classes="title")
            with Horizontal():
                yield Button(Content(f"{self.yes} (y)"), id="yes", variant="primary", compact=True)
                yield Button(Content(f"{self.no} (n)"), id="no", compact=True)

    def action_answer(self, answer: bool) -> None:
        """Answer by key."""
        self.dismiss(answer)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer by button."""
        self.dismiss(event.button.id == "yes")


class Ask(Dialog[str]):
    """A line of text.

    Args:
        title: what is asked.
        value: what is there to begin with.
        placeholder: an example.
    """

    def __init__(self, title: str, *, value: str = "", placeholder: str = "") -> None:
        super().__init__()
        self.heading, self.value, self.placeholder = title, value, placeholder

    def compose(self) -> ComposeResult:
        """The question and a field."""
        with Vertical():
            yield Static(Content(self.heading), classes="title")
            yield Input(self.value, placeholder=self.placeholder)
            yield Static(Content("Enter accepts, Esc leaves it as it was."), classes="hint")

    @on(Input.Submitted)
    def accept(self, event: Input.Submitted) -> None:
        """Answer with the text."""
        self.dismiss(event.value)


class Choose(Dialog[int]):
    """One of several, found by typing part of it; answers with its position in `options`.

    Args:
        title: what is chosen.
        options: the texts, in order.
        current: position of what is chosen now.
    """

    def __init__(self, title: str, options: Sequence[str], current: int | None = None) -> None:
        super().__init__()
        self.heading = title
        self.options = [one_line(option) for option in options]
        self.current = current

    def compose(self) -> ComposeResult:
        """A field to narrow down and the list."""
        with Vertical():
            yield Static(Content(self.heading), classes="title")
            yield Input(placeholder="type to narrow down")
            yield OptionList(id="options")

    def on_mount(self) -> None:
        """Show everything."""
        self._fill("")
        if self.current is not None:
            self.query_one(OptionList).highlighted = self.current

    def _fill(self, words: str) -> None:
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(
            Option(Content(text), id=str(position))
            for position, text in enumerate(self.options)
            if words.casefold() in text.casefold()
        )
        options.highlighted = 0 if options.option_count else None

    @on(Input.Changed)
    def narrow(self, event: Input.Changed) -> None:
        """Keep the options that contain what was typed."""
        self._fill(event.value.strip())

    @on(Input.Submitted)
    def take_first(self) -> None:
        """Enter in the field takes the highlighted option."""
        options = self.query_one(OptionList)
        if options.highlighted is not None:
            options.action_select()

    def on_key(self, event: object) -> None:
        """Up and down move in the list while typing."""
        key = getattr(event, "key", "")
        if key in ("up", "down") and isinstance(self.focused, Input):
            options = self.query_one(OptionList)
            options.action_cursor_up() if key == "up" else options.action_cursor_down()

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        """Answer with the chosen one."""
        self.dismiss(int(event.option.id or 0))


class ErrorDialog(Dialog[None]):
    """What happened and what to do, ready to copy.

    Args:
        what: what happened.
        todo: what to do next.
        detail: technical detail, shown below.
    """

    COMMAND_TABLE: ClassVar[tuple[Command, ...]] = (
        Command("dialog.copy_error", "y,ctrl+c", "copy", "copy the message", palette=False),
        Command("dialog.dismiss_error", "enter", "close", "close", palette=False),
    )
    BINDINGS = bindings(COMMAND_TABLE)

    def __init__(self, what: str, todo: str = "", detail: str = "") -> None:
        super().__init__()
        self.what, self.todo, self.detail = safe(what), safe(todo), safe(detail)

    @classmethod
    def of(cls, error: BaseException, log: str = "") -> ErrorDialog:
        """The dialog for an error: a seller's message, or a fault of ours with the place of its log."""
        if isinstance(error, BackroomError):
            place = (
                "" if error.file is None else error.file + (f", line {error.line}" if error.line is not None else "")
            )
            what = error.what[:1].upper() + error.what[1:]
            return cls(f"{place}: {what}" if place else what, error.todo or "")
        return cls(
            "Something went wrong in Backroom itself. Your shop file is as it was before this step.",
            f"The details are in {log}." if log else "",
            f"{type(error).__name__}: {error}",
        )

    @property
    def message(self) -> str:
        """All of it as text."""
        return "\n".join(part for part in (self.what, self.todo, self.detail) if part)

    def compose(self) -> ComposeResult:
        """The message and a way out."""
        with Vertical():
            yield Static(Content("✗ This did not work"), classes="title")
            with VerticalScroll():
                yield Static(Content(self.message))
            yield Static(Content("y copies this message, Esc closes."), classes="hint")

    def action_copy(self) -> None:
        """Copy the message."""
        self.app.copy_to_clipboard(self.message)
        self.app.notify("Copied.", markup=False)
