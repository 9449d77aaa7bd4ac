"""What a screen needs of the app it is in: the shop, the job under way, and a way to say something."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from textual.screen import Screen

from engine.findings import Finding
from engine.shop import Shop
from tui.background import Job, Reader
from tui.decisions import Decision, Decisions


class Room(Protocol):
    """The app, as screens know it.

    Attributes:
        language: of what is said.
        shop: the open shop, if one is.
        job: the job under way, if one is.
        reader: quick queries beside the screen.
        data_version: another number whenever the shop's content has changed.
        decisions: what the seller decided in this session.
    """

    language: str
    shop: Shop | None
    job: Job | None
    reader: Reader
    data_version: int
    decisions: Decisions

    @property
    def shop_name(self) -> str:
        """The shop's file name, in a few words."""
        ...

    def sentence(self, finding: Finding) -> str:
        """A finding's sentence in the language of the app."""
        ...

    def short(self, finding: Finding) -> str:
        """A finding in a few words, in the language of the app."""
        ...

    def data_changed(self) -> None:
        """The shop's content is other than before."""
        ...

    def decided(self, decision: Decision) -> None:
        """The seller decided something that can be taken back."""
        ...

    def errors_shown(self) -> AbstractContextManager[None]:
        """Show an error as a dialog instead of ending the app."""
        ...

    def show_error(self, error: BaseException) -> None:
        """What happened and what to do."""
        ...

    def copy(self, text: str) -> None:
        """Copy to the clipboard and say so."""
        ...

    def say(self, text: str, *, title: str = "", warning: bool = False, seconds: float | None = None) -> None:
        """A short message in the corner."""
        ...

    def ask(self, dialog: Screen[Any], answered: Callable[[Any], None] | None = None) -> None:
        """Show a dialog; `answered` gets its answer, None when it was closed without one."""
        ...

    def start_job(self, job: Job) -> None:
        """Start a job unless one is running."""
        ...

    def import_files(self, text: str = "") -> None:
        """Open the import screen, perhaps with files that were dropped."""
        ...

    def open_shop(self, path: Path, *, create: bool = False, analyze: bool = False, remember: bool = True) -> None:
        """Open a shop; `analyze` begins to read it, `remember` offers it again the next time."""
        ...

    def ask_for_shop(self) -> None:
        """Ask for a shop's path; a new name begins a new one."""
        ...

    def reviews_of(self, product: str, name: str) -> None:
        """Show a product's reviews in their area."""
        ...
