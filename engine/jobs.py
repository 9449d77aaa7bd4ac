"""Long work that can be watched, stopped and taken up again.

A job is a function that takes a `JobContext`; it reports `Progress` and asks `check()` between batches. The context
knows nothing of screens: the command line prints progress, the terminal app posts it as a message.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from engine.errors import Cancelled


@dataclass(frozen=True)
class Progress:
    """How far a job is.

    `done` and `total` count `unit`s; `rate` is units per second so far; `seconds_left` is None until
    known.
    """

    stage: str
    done: int
    total: int
    unit: str = "rows"
    rate: float = 0.0
    seconds_left: float | None = None

    @property
    def fraction(self) -> float:
        """Share done, between 0 and 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0


class CancelToken:
    """A flag that one thread sets and another asks; setting it twice is harmless."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask the job to stop at its next safe point."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether stopping was asked for."""
        return self._event.is_set()


@dataclass
class JobContext:
    """What a job is given: a place to report to and a flag to obey."""

    report: Callable[[Progress], None] = lambda progress: None
    cancel: CancelToken = field(default_factory=CancelToken)
    clock: Callable[[], float] = time.monotonic

    def check(self) -> None:
        """Raise `Cancelled` if the seller asked to stop."""
        if self.cancel.cancelled:
            raise Cancelled

    def stage(self, name: str, total: int, unit: str = "rows") -> Stage:
        """Begin a stage of `total` units and report it at zero."""
        stage = Stage(self, name, total, unit, self.clock())
        stage.advance(0)
        return stage


@dataclass
class Stage:
    """One stage of a job, counting towards a known total."""

    context: JobContext
    name: str
    total: int
    unit: str
    started: float
    done: int = 0

    def advance(self, count: int = 1) -> None:
        """Count `count` more units as finished and report; then obey the cancel flag."""
        self.done += count
        elapsed = self.context.clock() - self.started
        rate = self.done / elapsed if elapsed > 0 and self.done else 0.0
        left = (self.total - self.done) / rate if rate else None
        self.context.report(Progress(self.name, self.done, self.total, self.unit, rate, left))
        self.context.check()
