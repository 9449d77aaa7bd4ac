"""The two verbs that need a process outside of the offline guard: it is started before the guard stands.

`models pull` has one that fetches, and `privacy prove` one that watches for what gets out. Each does nothing until it is
told, and ends when its input ends; the program itself is behind the guard like every other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

_started: dict[str, subprocess.Popen[str]] = {}

PULL, PROVE = "pull", "prove"


def start(arguments: Sequence[str]) -> None:
    """Start what the verb of this command line will need."""
    verb = [word for word in arguments if not word.startswith("-")][:2]
    if verb == ["models", "pull"]:
        from engine.inference.pull import connecting

        _started[PULL] = connecting()
    elif verb == ["privacy", "prove"]:
        from engine.privacy.proof import summon

        _started[PROVE] = summon()


def started(what: str) -> subprocess.Popen[str]:
    """The process that `start` started, once."""
    return _started.pop(what)


def end_all() -> None:
    """End what was started and not used."""
    for process in _started.values():
        process.kill()
    _started.clear()
