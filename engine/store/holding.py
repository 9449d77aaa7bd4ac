"""Who writes to a shop now: kept for each shop in this user's state folder, so that others can say whom they wait for."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

from engine.paths import state_dir


@dataclass(frozen=True)
class Holder:
    """A process that writes to a shop: what it does (`import`, or "the app"), and since when (local time, `14:05`)."""

    process: int
    verb: str
    since: str

    def __str__(self) -> str:
        what = "the app" if self.verb == "open" else f"`backroom {self.verb}`"
        return f"{what} (process {self.process}, since {self.since})"


def _place(path: Path) -> Path:
    folder = state_dir() / "writing"
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder / (blake2b(str(path.resolve()).encode(), digest_size=12).hexdigest() + ".json")


def verb() -> str:
    """What this process was started to do: the verb of the command line, "open" for the app."""
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    return word if word.isalpha() and word.isascii() else "open"


@contextlib.contextmanager
def announced(path: Path) -> Iterator[None]:
    """Say that this process writes to a shop, as long as it does; where it cannot be said, nothing is lost by it."""
    place = None
    with contextlib.suppress(OSError):
        place = _place(path)
        place.write_text(
            json.dumps({"process": os.getpid(), "verb": verb(), "since": f"{datetime.now().astimezone():%H:%M}"})
        )
    try:
        yield
    finally:
        if place is not None:
            with contextlib.suppress(OSError):
                place.unlink()


def holder(path: Path) -> Holder | None:
    """Who says that it writes to a shop; None when nobody of this user on this computer does."""
    import psutil

    try:
        said = Holder(**json.loads(_place(path).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return said if psutil.pid_exists(said.process) else None
