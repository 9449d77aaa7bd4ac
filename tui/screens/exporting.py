"""Exporting what a screen shows: where to, whether to replace, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import UsageError
from engine.jobs import JobContext
from tui.background import Job
from tui.format import counted
from tui.screens.dialogs import Ask, Confirm

if TYPE_CHECKING:
    from engine.shop import Exported
    from tui.room import Room


@dataclass(frozen=True)
class Export:
    """What can be exported here.

    Attributes:
        what: in words, for the question: `the 412 reviews of this filter`.
        name: the beginning of a file name.
        write: writes the file; gets its path, whether it may replace one, and the job's context.
    """

    what: str
    name: str
    write: Callable[[Path, bool, JobContext], Exported]


def ask(room: Room, export: Export) -> None:
    """Ask where to, then write as a job; a file that is there is replaced only after a second question."""

    def named(answer: str | None) -> None:
        if not answer or not answer.strip():
            return
        path = Path(answer.strip()).expanduser()
        path = path if path.suffix else path.with_suffix(".csv")
        if not path.exists():
            _start(room, export, path, force=False)
            return
        room.ask(
            Confirm(f"{path.name} is there already. Replace it?", "Replace", "Keep it"),
            lambda yes: _start(room, export, path, force=True) if yes else None,
        )

    stem = room.shop.path.stem if room.shop is not None else "backroom"
    title = f"Export {export.what} to which file? It may end in .csv, .xlsx, .json, .md or .html."
    room.ask(Ask(title, value=f"{stem} {export.name}.csv"), named)


def _start(room: Room, export: Export, path: Path, *, force: bool) -> None:
    def done(exported: Exported) -> None:
        room.say(f"{counted(exported.rows, 'row')} in {path.absolute()}", title="Exported", seconds=8)
        for note in exported.notes:
            room.say(note, warning=True)

    if room.job is not None:
        room.show_error(UsageError("something is running already.", todo="Wait for it, or stop it with ctrl+x."))
        return
    room.start_job(Job("Exporting", lambda context: export.write(path, force, context), done))
