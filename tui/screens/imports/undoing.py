"""Taking an import back: asked first, because its rows leave the shop."""

from __future__ import annotations

from collections.abc import Callable

from engine.jobs import JobContext
from tui.background import Job
from tui.format import counted
from tui.room import Room


def ask_to_undo(room: Room, import_id: int, file: str, undone: Callable[[], None] | None = None) -> None:
    """Ask, then take an import back; `undone` is called when that is done."""
    from tui.screens.dialogs import Confirm

    shop = room.shop
    if shop is None:
        return

    def work(context: JobContext) -> dict[str, int]:
        from engine.importing.desk import undo

        return undo(shop.store, import_id)

    def done(result: dict[str, int]) -> None:
        removed, restored = result["rows_removed"], result["rows_restored"]
        text = f"{counted(removed, 'row')} of {file} left the shop"
        room.say(
            text + (f", {counted(restored, 'row')} are as they were before." if restored else "."), title="Taken back"
        )
        if undone is not None:
            undone()

    def answered(yes: bool | None) -> None:
        if yes:
            room.start_job(Job("Taking an import back", work, done))

    room.ask(Confirm(f"Take back {file}? Its rows leave the shop; the file stays.", "Take back", "Keep"), answered)
