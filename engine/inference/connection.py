"""One life of the model process as the program sees it: started, written to, listened to, ended."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Protocol

from engine.inference import protocol
from engine.inference.child import child_environment
from engine.inference.protocol import Channel, Event, Setup, Work

LOG_BYTES = 1 << 20
"""A log that has grown beyond this is begun anew with the next model process."""


class Peer(Protocol):
    """The other end: a process, or in tests a thread."""

    incoming: BinaryIO
    outgoing: BinaryIO
    pid: int | None

    def kill(self) -> None:
        """End it at once."""
        ...

    def wait(self, seconds: float) -> bool:
        """Whether it ended within `seconds`."""
        ...


class Process:
    """The model process."""

    def __init__(self, log_path: Path) -> None:
        if log_path.exists() and log_path.stat().st_size > LOG_BYTES:
            log_path.unlink()
        with log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "engine.inference.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=child_environment(),
            )
        assert self._process.stdin is not None and self._process.stdout is not None
        self.incoming: BinaryIO = self._process.stdout  # type: ignore[assignment]
        self.outgoing: BinaryIO = self._process.stdin  # type: ignore[assignment]
        self.pid: int | None = self._process.pid

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def wait(self, seconds: float) -> bool:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


class Died(Exception):
    """The other end is gone."""


class Connection:
    """One life of the model process: requests out, events sorted into one mailbox a request."""

    def __init__(self, peer: Peer, setup: Setup, note: Callable[[str], None]) -> None:
        self.peer = peer
        self.alive = True
        self.model_fits = False
        self._note = note
        self._channel: Channel[Event] = Channel(peer.incoming, peer.outgoing, Event)
        self._boxes: dict[int, queue.SimpleQueue[Event | None]] = {}
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._read, name="model events", daemon=True)
        self._send(setup)
        self._thread.start()

    def submit(self, work: Work) -> queue.SimpleQueue[Event | None]:
        """Send a request; its events arrive in the returned mailbox, None when the process dies."""
        box: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        with self._lock:
            if not self.alive:
                raise Died
            self._boxes[work.id] = box
        self._send(work)
        return box

    def forget(self, identity: int) -> None:
        """Stop a request that nobody waits for any more."""
        with self._lock:
            self._boxes.pop(identity, None)
        with suppress(Died):
            self.cancel(identity)

    def done(self, identity: int) -> None:
        """A request is over."""
        with self._lock:
            self._boxes.pop(identity, None)

    def cancel(self, identity: int) -> None:
        """Ask for a request to stop."""
        self._send(protocol.Cancel(identity))

    def kill(self) -> None:
        """End a process that does not listen."""
        self.alive = False
        self.peer.kill()

    def close(self) -> None:
        """Let the process end, or end it."""
        self._channel.close()
        if not self.peer.wait(2.0):
            self.peer.kill()
        self._thread.join(2.0)
        with suppress(OSError):
            self.peer.incoming.close()

    def _send(self, message: protocol.Request) -> None:
        try:
            self._channel.send(message)
        except (OSError, ValueError) as error:
            # The reading thread will notice as well, but maybe not before the next request.
            self.alive = False
            raise Died from error

    def _read(self) -> None:
        while (event := self._channel.receive()) is not None:
            if isinstance(event, protocol.Note):
                self._note(event.text)
                continue
            with self._lock:
                box = self._boxes.get(event.id)
            if box is not None:
                box.put(event)
        with self._lock:
            self.alive = False
            boxes = list(self._boxes.values())
        for box in boxes:
            box.put(None)
