"""The start page, while no shop is open: shops that were opened before, the sample, a new one; files may be dropped."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from engine.cells import one_line
from engine.jobs import JobContext
from tui.background import Job
from tui.commands import Command, bindings
from tui.format import clip, clip_middle
from tui.screens.base import AreaScreen
from tui.widgets.virtual import Styles, VirtualList

SAMPLE = "sample"
NEW = "new"


@dataclass(frozen=True)
class Offer:
    """One way to begin: an existing shop, a new one at a path, the sample, or a new one whose name is asked."""

    title: str
    detail: str
    path: Path | None = None
    what: str = "shop"


def offers(recent: Sequence[Path], missing: Path | None) -> list[Offer]:
    """What can be opened; a path that was named and is not there comes first, with shops of nearly that name."""
    found = []
    if missing is not None:
        beside = [path.name for path in missing.parent.glob("*.shop")] if missing.parent.is_dir() else []
        near = [missing.with_name(name) for name in difflib.get_close_matches(missing.name, beside, 3)]
        found += [Offer(path.name, f"nearly that name, {_where(path)}", path) for path in near]
        if missing.parent.is_dir():
            found.append(
                Offer(f"Begin a new shop: {missing.name}", f"in {missing.absolute().parent}", missing, "begin")
            )
    known = {offer.path for offer in found}
    found += [Offer(path.name, _where(path), path) for path in recent if path not in known]
    found.append(
        Offer("The sample shop", "an invented shop with reviews in two languages; it is yours to try", None, SAMPLE)
    )
    found.append(Offer("A new shop…", "a file that ends in .shop; it holds everything", None, NEW))
    return found


def _short(path: Path) -> str:
    return clip_middle(one_line(path), 56)


def _where(path: Path) -> str:
    try:
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC).astimezone().date().isoformat()
    except OSError:
        return str(path.absolute().parent)
    return f"changed {changed}, in {path.absolute().parent}"


def draw_offer(offer: Offer, width: int, styles: Styles) -> list[Text]:
    """Its name and, below, where it is."""
    return [
        Text(clip(one_line(offer.title), width), styles("strong")),
        Text(clip_middle(one_line(offer.detail), width), styles("dim")),
    ]


class StartScreen(AreaScreen):
    """Ways to begin.

    Args:
        recent: shops that were opened before.
        missing: a shop that was named and is not there.
        files: how many files wait for a shop.
    """

    AREA = "today"
    COMMAND_TABLE: ClassVar[tuple[Command, ...]] = ()
    BINDINGS = bindings(COMMAND_TABLE)

    def __init__(self, recent: Sequence[Path], missing: Path | None = None, files: int = 0) -> None:
        super().__init__()
        self.add_class("-start")
        self._offers = offers(recent, missing)
        self._missing, self._files = missing, files

    def body(self) -> Iterable[Widget]:
        """What this is, the ways to begin, and what else can be done."""
        yield Static(id="heading")
        yield VirtualList[Offer](draw_offer, row_height=2, id="offers")
        yield Static(
            Content.styled("Drop export files on this window to begin with them. O opens a shop by its path.", "dim"),
            id="advice",
        )

    def on_mount(self) -> None:
        """The list has the keys."""
        table = self.query_one("#offers", VirtualList)
        table.show_rows(self._offers)
        table.focus()

    def has_way_back(self) -> bool:
        """There is nothing behind it."""
        return False

    def leave(self) -> bool:
        """There is nothing behind it."""
        return True

    def load(self) -> None:
        """Say what is asked."""
        missing = self._missing
        if missing is not None and not missing.parent.is_dir():
            said = f"There is no folder {_short(missing.absolute().parent)}"
        elif missing is not None:
            said = f"There is no shop {_short(missing)}"
        else:
            said = "No shop is open."
        asked = "Which one shall it be?"
        if self._files:
            asked = f"{self._files} files wait: which shop do they go into?" if self._files > 1 else (
                "A file waits: which shop does it go into?"
            )  # fmt: skip
        self.query_one("#heading", Static).update(Content.assemble((one_line(said), "bold"), f"\n{asked}"))

    def expect(self, files: int) -> None:
        """Files wait for a shop."""
        self._files = files
        self.load()

    @on(VirtualList.Opened, "#offers")
    def open(self, event: VirtualList.Opened[Offer]) -> None:
        """Open what was chosen."""
        offer = event.row
        if offer.what == SAMPLE:
            self._build_sample()
        elif offer.what == NEW or offer.path is None:
            self.room.ask_for_shop()
        else:
            self.room.open_shop(offer.path, create=offer.what == "begin")

    def _build_sample(self) -> None:
        def work(context: JobContext) -> Path:
            from engine.demo import build

            return build(context, analyze=False)

        self.room.start_job(
            Job("Building the sample shop", work, lambda path: self.room.open_shop(path, analyze=True, remember=False))
        )
