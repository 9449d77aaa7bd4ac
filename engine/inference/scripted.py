"""A backend that follows a script, for tests that need the way through the house and no model.

It obeys the same contract as the real one and speaks the same protocol: `thread_peer` runs the very loop of the model
process in a thread, over real pipes.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from engine.inference.backend import Aborted, Backend, Sampling, Scored, pack
from engine.inference.embedding import DIMENSIONS
from engine.inference.protocol import Channel, Request, Setup
from engine.inference.tagging import TagTask, packed
from engine.inference.task import LabelTask, one_line
from engine.inference.worker import Worker

if TYPE_CHECKING:
    from numpy.typing import NDArray


class ScriptedBackend:
    """Scores, writes and embeds by rule.

    Args:
        score: raw score of a text (as the model would see it) for a label; when tagging, of a token.
        reply: what is written for a prompt, character by character.
        batch: texts a batch.
        before_batch: called before each batch; may block, raise or end the peer.
    """

    def __init__(
        self,
        score: Callable[[str, str], float] = lambda text, label: 0.0,
        reply: Callable[[str], str] = lambda prompt: "",
        *,
        batch: int = 4,
        before_batch: Callable[[list[str]], None] = lambda texts: None,
    ) -> None:
        self._score, self._reply, self._batch, self._before = score, reply, batch, before_batch
        self._stop: Callable[[], bool] = lambda: False
        self.unloaded = threading.Event()

    def abort_when(self, stop: Callable[[], bool]) -> None:
        """See `Backend`."""
        self._stop = stop

    def use(self, model: str) -> None:
        """See `Backend`."""

    def unload(self) -> None:
        """See `Backend`."""
        self.unloaded.set()

    def facts(self) -> dict[str, str | int | float | bool]:
        """See `Backend`."""
        return {"model": "scripted"}

    def label(self, texts: Sequence[str], task: LabelTask) -> Iterator[Scored | None]:
        """See `Backend`."""
        for group, lines in self._groups(texts):
            rows = [[self._score(line, label) for label in task.names] for line in lines]
            yield Scored(group, np.array(rows, dtype=np.float64))

    def tag(self, texts: Sequence[str], task: TagTask) -> Iterator[Scored | None]:
        """See `Backend`. A token is a word, or a character of a text without spaces; the text is the last row's."""
        for group, lines in self._groups(texts):
            for index, line in zip(group, lines, strict=True):
                tokens = re.findall(r" ?[^\W_a-zA-Z]| ?\w+| ?[^\w ]", line)
                ends = np.cumsum([len(token) for token in tokens], dtype=np.int64)
                scores = [[self._score(token, label) for label in task.labels] for token in [*tokens, line]]
                yield Scored([index], packed(ends, np.array(scores, dtype=np.float32)))

    def embed(self, texts: Sequence[str], multilingual: bool) -> Iterator[Scored | None]:
        """Vectors of hashed character pairs: alike for texts that share many, and the same on every machine."""
        for group, lines in self._groups(texts):
            yield Scored(group, np.stack([_pairs(line) for line in lines]))

    def generate(self, prompt: str, sampling: Sampling) -> Iterator[str | None]:
        """See `Backend`."""
        text = self._reply(prompt)
        ends = [at for stop in sampling.stop if (at := text.find(stop)) >= 0]
        for char in text[: min([sampling.max_tokens, *ends])]:
            self._check()
            yield char

    def _groups(self, texts: Sequence[str]) -> Iterator[tuple[list[int], list[str]]]:
        lines = [one_line(text) for text in texts]
        for group in pack([1] * len(lines), lines, self._batch, self._batch):
            self._check()
            chosen = [lines[i] for i in group]
            self._before(chosen)
            self._check()
            yield group, chosen

    def _check(self) -> None:
        if self._stop():
            raise Aborted


def _pairs(text: str) -> NDArray[np.float32]:
    vector = np.zeros(DIMENSIONS, dtype=np.float32)
    for pair in zip(f" {text}", f"{text} ", strict=True):
        digest = hashlib.blake2b("".join(pair).encode(errors="replace"), digest_size=4).digest()
        vector[int.from_bytes(digest, "little") % DIMENSIONS] += 1
    result: NDArray[np.float32] = vector / np.linalg.norm(vector)
    return result


class ThreadPeer:
    """The loop of the model process in a thread, over pipes."""

    def __init__(self, backend: Backend) -> None:
        requests_out, requests_in = os.pipe()
        events_out, events_in = os.pipe()
        self.outgoing: BinaryIO = os.fdopen(requests_in, "wb")
        self.incoming: BinaryIO = os.fdopen(events_out, "rb")
        self.pid: int | None = None
        self._request_reader = os.fdopen(requests_out, "rb")
        self._event_writer = os.fdopen(events_in, "wb")
        self._ended = threading.Event()
        self._channel: Channel[Request] = Channel(self._request_reader, self._event_writer, Request)
        self.setup: Setup | None = None

        def make(setup: Setup) -> Backend:
            self.setup = setup
            return backend

        self.worker = Worker(self._channel, make, on_end=lambda: None)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            self.worker.run()
        except (OSError, ValueError):
            # Our end of the pipe was closed: the process was killed.
            return
        finally:
            self.kill()

    def kill(self) -> None:
        """Close its end, as the death of a process does."""
        if not self._ended.is_set():
            self._ended.set()
            self._event_writer.close()

    def wait(self, seconds: float) -> bool:
        """Whether it ended within `seconds`."""
        return self._ended.wait(seconds)


def thread_peer(make_backend: Callable[[], Backend]) -> Callable[[], ThreadPeer]:
    """What `ModelClient(launch=...)` takes: each call starts another life with a backend of its own."""
    return lambda: ThreadPeer(make_backend())
