"""What every screen of an area has: the areas above, the job and the keys below, and one level back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from engine.shop import Shop
from tui.commands import Command, bindings
from tui.widgets.bars import AreaBar, JobBar
from tui.widgets.key_bar import KeyBar
from tui.widgets.virtual import VirtualList

if TYPE_CHECKING:
    from tui.room import Room
    from tui.screens.exporting import Export


class AreaScreen(Screen[None]):
    """A screen in one of the areas. Subclasses give `body`, `load`, `copyable` and `exported`.

    Args:
        area: the area it was opened from, where that is not always the same.
    """

    AREA: ClassVar[str] = "today"
    COMMAND_TABLE: ClassVar[tuple[Command, ...]] = (
        Command(
            "back.level",
            "escape",
            "back",
            "back one level",
            footer="back",
            palette=False,
        ),
        Command("copy.selection", "y,ctrl+c", "copy", "copy what is selected"),
        Command("copy.export", "ctrl+e", "export", "export what is listed here to a file"),
    )
    BINDINGS = bindings(COMMAND_TABLE)

    def __init__(self, area: str | None = None) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]
        self.area = area or self.AREA
        self._shown_version = -1

    @property
    def room(self) -> Room:
        """The app, as far as a screen knows it."""
        return cast("Room", self.app)

    @property
    def shop(self) -> Shop:
        """The open shop; only asked for where `room.shop` is known to be there."""
        shop = self.room.shop
        assert shop is not None
        return shop

    # -- for subclasses --------------------------------------------------------------------------------------------

    def body(self) -> Iterable[Widget]:
        """The widgets between the bars."""
        return ()

    def load(self) -> None:
        """Read what the screen shows from the shop; called first and whenever the shop has changed."""

    def copyable(self) -> str:
        """What the copy key takes; "" for nothing."""
        return ""

    def exported(self) -> Export | None:
        """What the export key writes; None where there is nothing to export."""
        return None

    def leave(self) -> bool:
        """Handle Escape within the screen (close a filter); True when that was all."""
        return False

    def has_way_back(self) -> bool:
        """Whether Escape does something here."""
        return len(self.app.screen_stack) > 1 or isinstance(self.focused, Input)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape is offered where it does something."""
        if action == "back":
            return self.has_way_back()
        if action == "export":
            return self.is_mounted and self.room.shop is not None and self.exported() is not None
        return super().check_action(action, parameters)

    # -- shared ----------------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Bars around the body."""
        yield AreaBar(self.area, self.room.shop_name)
        yield from self.body()
        yield JobBar()
        yield KeyBar()

    def on_mount(self) -> None:
        """First read."""
        self.reload()

    def on_screen_resume(self) -> None:
        """Catch up with what happened while another screen was shown."""
        self.query_one(JobBar).show_job(self.room.job)
        self.query_one(AreaBar).rename(self.room.shop_name)
        if self._shown_version != self.room.data_version:
            self.reload()

    def reload(self) -> None:
        """Read again, with errors shown instead of raised."""
        self._shown_version = self.room.data_version
        with self.room.errors_shown():
            self.load()

    def background(self, read: Callable[[], object], deliver: Callable[..., None]) -> None:
        """Run a quick query beside the screen; `deliver` gets its result unless the screen has gone."""
        self.room.reader.submit(read, lambda result: deliver(result) if self.is_attached else None)

    def on_paste(self, event: events.Paste) -> None:
        """Files dropped on the window are pasted as text; they open the import screen wherever one is."""
        from tui.paths import any_exists, pasted_paths

        if any_exists(pasted_paths(event.text)):
            self.room.import_files(event.text)

    def action_back(self) -> None:
        """One level back; a job goes on."""
        if not self.leave() and len(self.app.screen_stack) > 1:
            self.app.pop_screen()

    def action_export(self) -> None:
        """Ask for a file and write what is listed to it."""
        from tui.screens.exporting import ask

        export = self.exported()
        if export is not None:
            ask(self.room, export)

    def action_copy(self) -> None:
        """Copy the text selected with the mouse, or else the current row."""
        text = self.get_selected_text() or self.copyable()
        if text:
            self.room.copy(text)


class FilteredScreen(AreaScreen):
    """An area's list with a field that narrows it down; Escape closes and empties the field."""

    COMMAND_TABLE: ClassVar[tuple[Command, ...]] = (
        Command("filter.words", "slash", "filter", "filter by words", footer="filter"),
    )
    BINDINGS = bindings(COMMAND_TABLE)

    @property
    def field(self) -> Input:
        """The field."""
        return self.query_one("#filter", Input)

    @property
    def table(self) -> VirtualList[Any]:
        """The list."""
        return self.query_one(VirtualList)

    def on_mount(self) -> None:
        """The list has the keys."""
        self.table.focus()

    def has_way_back(self) -> bool:
        """Escape also closes the field."""
        return super().has_way_back() or (self.is_mounted and self.field.has_class("-open"))

    def leave(self) -> bool:
        """Close the field first."""
        if not self.field.has_class("-open"):
            return False
        self.field.value = ""
        self.field.remove_class("-open")
        self.table.focus()
        return True

    def action_filter(self) -> None:
        """Open the field."""
        self.field.add_class("-open")
        self.field.focus()

    @on(Input.Submitted, "#filter")
    def filter_done(self) -> None:
        """Enter goes on to the list."""
        self.table.focus()
