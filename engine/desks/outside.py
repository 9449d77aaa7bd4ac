"""The two verbs that need a process outside of the offline guard: it is started before the guard stands.

`models pull` has one that fetches, and `privacy prove` one that watches for what gets out. Each does nothing until it is
told, and ends when its input ends; the program itself is behind the guard like every other.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from engine.desks.base import load

_NEEDED = {
    ("models", "pull"): "engine.inference.pull:connecting",
    ("privacy", "prove"): "engine.privacy.proof:summon",
}

_started: list[subprocess.Popen[str]] = []


def start(arguments: Sequence[str]) -> None:
    """Start what the verb of this command line will need."""
    words = [word for word in arguments if not word.startswith("-")]
    part = _NEEDED.get((words[0], words[1])) if len(words) > 1 else None
    if part is not None:
        _started.append(load(part)())


def started() -> subprocess.Popen[str]:
    """The process that `start` started."""
    return _started[0]


def end() -> None:
    """End it, whether it was used or not."""
    while _started:
        process = _started.pop()
        process.kill()
        process.wait()
