"""Work beside the screen: one reader thread for quick queries, one daemon thread a job.

Neither uses asyncio's thread pool, because leaving the app would then wait for a query or a model call to come back
(the pool is joined when the event loop closes); daemon threads are left behind at once.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from textual.message import Message

from engine.jobs import JobContext, Progress
from tui.course import Course, Leg
from tui.messages import JobEnded, JobProgressed, Loaded, LoadFailed

Post = Callable[[Message], bool]


class Reader:
    """Runs short reads one after another, the newest first, so that what is on screen now never waits for what was.

    Args:
        post: where `Loaded` and `LoadFailed` go; must be safe to call from any thread.
    """

    def __init__(self, post: Post) -> None:
        self._post = post
        self._waiting: deque[tuple[Callable[[], Any], Callable[[Any], None]]] = deque()
        self._ready = threading.Condition()
        self._busy = False
        self._thread: threading.Thread | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is waiting or running."""
        with self._ready:
            return not self._waiting and not self._busy

    def submit(self, read: Callable[[], Any], deliver: Callable[[Any], None]) -> None:
        """Run `read()` on the reader's thread, then `deliver(result)` on the app's."""
        with self._ready:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="reader", daemon=True)
                self._thread.start()
            self._waiting.append((read, deliver))
            self._ready.notify()

    def _run(self) -> None:
        while True:
            with self._ready:
                self._busy = False
                while not self._waiting:
                    self._ready.wait()
                read, deliver = self._waiting.pop()
                self._busy = True
            try:
                message: Message = Loaded(deliver, read())
            except Exception as error:
                message = LoadFailed(error)
            self._post(message)


READING = "Reading the shop"
"""Title of the job that reads a shop: stage by stage it changes what the screens show."""

_numbers = itertools.count(1)


@dataclass
class Job:
    """A job under way.

    Attributes:
        title: what it does, for the job bar.
        work: what it does; runs on a thread of its own.
        done: called on the app's thread with the result when it ended well.
        failed: called with the error when it did not, before that is shown.
        plan: its stages with how long each is expected to take, where that is known beforehand.
        progress: the last report.
        course: how far the whole of it is.
    """

    title: str
    work: Callable[[JobContext], Any]
    done: Callable[[Any], None]
    failed: Callable[[BaseException], None] | None = None
    plan: Sequence[Leg] = ()
    number: int = field(default_factory=lambda: next(_numbers))
    context: JobContext = field(default_factory=JobContext)
    progress: Progress | None = None
    course: Course = field(init=False)

    def __post_init__(self) -> None:
        self.course = Course(self.plan)

    @property
    def stopping(self) -> bool:
        """Whether the seller asked it to stop."""
        return self.context.cancel.cancelled

    def start(self, post: Post) -> None:
        """Begin on a daemon thread that reports through `post`."""

        def report(progress: Progress) -> None:
            # Here and not where the message arrives: the queue drops reports that newer ones replace.
            self.course.report(progress)
            post(JobProgressed(self.number, progress))

        self.context.report = report
        threading.Thread(target=self._run, args=(post,), name=f"job-{self.number}", daemon=True).start()

    def _run(self, post: Post) -> None:
        try:
            result = self.work(self.context)
        except BaseException as error:
            post(JobEnded(self.number, None, error))
        else:
            post(JobEnded(self.number, result, None))


def void(_: object) -> None:
    """Drop a value where a callback must return nothing."""
