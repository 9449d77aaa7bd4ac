"""Messages from background threads to the screens; handlers change state, threads never do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.message import Message

from engine.jobs import Progress


class Loaded(Message):
    """A background read is done: `deliver(result)` is to be called on the app's own thread."""

    bubble = False

    def __init__(self, deliver: Callable[[Any], None], result: Any) -> None:
        super().__init__()
        self.deliver = deliver
        self.result = result


class LoadFailed(Message):
    """A background read raised."""

    bubble = False

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class JobProgressed(Message):
    """A job is further; a newer message replaces an older one that was not handled yet."""

    bubble = False

    def __init__(self, job: int, progress: Progress) -> None:
        super().__init__()
        self.job = job
        self.progress = progress

    def can_replace(self, message: Message) -> bool:
        """Let the queue drop progress that is already out of date."""
        return isinstance(message, JobProgressed) and message.job == self.job


class JobEnded(Message):
    """A job returned `result`, or raised `error` (`Cancelled` when the seller stopped it)."""

    bubble = False

    def __init__(self, job: int, result: Any, error: BaseException | None) -> None:
        super().__init__()
        self.job = job
        self.result = result
        self.error = error
