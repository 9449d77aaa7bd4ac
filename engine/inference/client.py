"""The program's side of the model process: ask it to label, embed and write; it is started, watched and replaced here.

    with ModelClient() as client:
        probabilities = client.label(texts, task, on_batch=commit)

Nothing is started until the first request. A client may be used from several threads: an interactive request goes
before a background one at the next batch.
"""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import Cancelled, ModelError
from engine.inference import protocol
from engine.inference.backend import Sampling
from engine.inference.connection import Connection, Died, Peer, Process
from engine.inference.embedding import DIMENSIONS, EmbedderChoice, choose
from engine.inference.files import file_hash
from engine.inference.machine import model_threads
from engine.inference.models import ModelFile, check_memory, resolve
from engine.inference.protocol import BACKGROUND, INTERACTIVE, Event, Setup, Work
from engine.inference.tagging import Tagged, TagTask, unpacked
from engine.inference.task import LabelTask
from engine.offline.attempts import Witness
from engine.paths import log_dir

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.jobs import JobContext

REPEATS = 2
"""How often a request is repeated after the process died without finishing a single batch in between."""

POLL_SECONDS = 0.05
CANCEL_SECONDS = 0.8
"""How long a cancelled request may take to stop before the process is killed."""

OnBatch = Callable[[Sequence[int], "NDArray[np.float64]"], None]
OnVectors = Callable[[Sequence[int], "NDArray[np.float32]"], None]


class ModelClient:
    """The model process as an object. Use as a context manager, or call `close`.

    Args:
        model: a catalogue name, a path to a GGUF file, or None for the default.
        log: told about work that takes seconds and about what the seller should know.
        idle_minutes: after so long without a request the model's memory is given back; the next request loads it again.
        launch: starts the other end; only tests give one.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        log: Callable[[str], None] | None = None,
        idle_minutes: float = 5.0,
        launch: Callable[[], Peer] | None = None,
    ) -> None:
        self._wanted = model
        self._log = log or (lambda line: None)
        self._launch = launch
        self._idle_seconds = idle_minutes * 60
        self._deaths = 0
        self._gpu = True
        self._log_path = log_dir() / "model-process.log"
        self._model: ModelFile | None = None
        self._connection: Connection | None = None
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._running: dict[int, threading.Event] = {}
        self.warnings: list[str] = []

    def __enter__(self) -> ModelClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- what it is

    @property
    def model(self) -> ModelFile:
        """The model file in use; found, and on first use put together, when first asked for. Raises ModelError."""
        if self._model is None:
            self._model = resolve(self._wanted, log=self._log)
        return self._model

    @property
    def model_sha(self) -> str:
        """SHA-256 of the model file: part of every cache key."""
        return self.model.sha256

    @property
    def pid(self) -> int | None:
        """Process id of the model process, None when none runs."""
        connection = self._connection
        return connection.peer.pid if connection is not None and connection.alive else None

    def embedder(self, *, multilingual: bool) -> EmbedderChoice:
        """Which embedder `embed` would use, and its key for caches."""
        return choose(multilingual)

    def facts(self) -> dict[str, str | int | float | bool]:
        """Load the model and return what it is and how it was set up.

        Raises:
            ModelError: missing, damaged, or too big for the memory that is free.
        """
        try:
            events = list(self._events(lambda identity, model: protocol.Describe(identity, INTERACTIVE, model), None))
        except Died as error:
            raise self._lost("The model process ended while it was loading the model.") from error
        return next(event.facts for event in events if isinstance(event, protocol.Facts))

    def prove(self, witness: Witness) -> dict[str, tuple[str, str]]:
        """Load the model, then let the model process try every way out of itself; see `offline.attempts`.

        Raises:
            ModelError: as `facts`.
        """
        try:
            made = self._events(lambda identity, model: protocol.Prove(identity, INTERACTIVE, model, witness), None)
            return next(event.outcomes for event in list(made) if isinstance(event, protocol.Proved))
        except Died as error:
            raise self._lost("The model process ended while it was trying to get out.") from error

    # -- what it does

    def label(
        self,
        texts: Sequence[str],
        task: LabelTask,
        *,
        on_batch: OnBatch | None = None,
        context: JobContext | None = None,
        interactive: bool = False,
    ) -> NDArray[np.float64]:
        """Calibrated label probabilities, (n, n_labels), columns in the order of `task.names`.

        Args:
            texts: any texts; equal ones are computed once. Longest first, so batches finish in another order.
            task: prompt, labels and calibration.
            on_batch: called in this thread with positions in `texts` and their probabilities, as each batch finishes.
            context: its cancel flag is obeyed.
            interactive: somebody waits; go before background work.

        Raises:
            Cancelled: stopped; what `on_batch` got stands.
            ModelError: the model is missing, does not fit, or died again and again.
            TaskError: the task does not suit the model.
        """

        def batch(indices: Sequence[int], scores: NDArray[np.float64]) -> None:
            if on_batch is not None:
                on_batch(indices, task.probabilities(scores))

        return task.probabilities(self.scores(texts, task, on_batch=batch, context=context, interactive=interactive))

    def scores(
        self,
        texts: Sequence[str],
        task: LabelTask,
        *,
        on_batch: OnBatch | None = None,
        context: JobContext | None = None,
        interactive: bool = False,
    ) -> NDArray[np.float64]:
        """Raw label scores, as `label` but before calibration: what is worth caching, since calibration may change."""
        result = np.zeros((len(texts), len(task.labels)), dtype=np.float64)

        def make(identity: int, model: str, part: list[str]) -> Work:
            return protocol.Label(identity, INTERACTIVE if interactive else BACKGROUND, model, part, task)

        def store(indices: list[int], rows: NDArray[np.float64]) -> None:
            result[indices] = rows
            if on_batch is not None:
                on_batch(indices, rows)

        self._in_batches(texts, make, store, context)
        return result

    def tag(
        self,
        texts: Sequence[str],
        task: TagTask,
        *,
        on_text: Callable[[Sequence[int]], None] | None = None,
        context: JobContext | None = None,
        interactive: bool = False,
    ) -> list[Tagged]:
        """Labels at every token of every text, in the order of `texts`.

        Args:
            texts: any texts; equal ones are computed once.
            task: prompt and labels.
            on_text: called with the positions in `texts` that are finished.
            context: its cancel flag is obeyed.
            interactive: somebody waits; go before background work.

        Raises:
            Cancelled, ModelError, TaskError: as `label`.
        """
        result: dict[int, Tagged] = {}

        def make(identity: int, model: str, part: list[str]) -> Work:
            return protocol.Tag(identity, INTERACTIVE if interactive else BACKGROUND, model, part, task)

        def store(indices: list[int], rows: NDArray[np.float32]) -> None:
            result.update({index: unpacked(row, len(task.labels)) for index, row in zip(indices, rows, strict=True)})
            if on_text is not None:
                on_text(indices)

        self._in_batches(texts, make, store, context)
        return [result[index] for index in range(len(texts))]

    def embed(
        self,
        texts: Sequence[str],
        *,
        multilingual: bool,
        on_batch: OnVectors | None = None,
        context: JobContext | None = None,
        interactive: bool = False,
    ) -> NDArray[np.float32]:
        """L2-normalised vectors, float32 (n, 384).

        Args:
            texts: any texts; equal ones are computed once.
            multilingual: whether other languages than English occur. Where no multilingual embedder is installed, the
                English one answers and `warnings` says so.
            on_batch: called with positions and vectors as each batch finishes.
            context: its cancel flag is obeyed.
            interactive: somebody waits; go before background work.

        Raises:
            Cancelled, ModelError: as `label`.
        """
        result = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)

        def make(identity: int, model: str, part: list[str]) -> Work:
            return protocol.Embed(identity, INTERACTIVE if interactive else BACKGROUND, part, multilingual)

        def store(indices: list[int], rows: NDArray[np.float32]) -> None:
            result[indices] = rows
            if on_batch is not None:
                on_batch(indices, rows)

        self._in_batches(texts, make, store, context, with_model=False)
        return result

    def generate(
        self,
        prompt: str,
        *,
        grammar: str | None = None,
        schema: str | None = None,
        max_tokens: int = 256,
        temperature: float = 0.0,
        seed: int = 0,
        stop: Sequence[str] = (),
        adapter: str | None = None,
        context: JobContext | None = None,
        interactive: bool = True,
    ) -> Iterator[str]:
        """Write on from `prompt`, yielding pieces of text as they come. Closing the iterator stops the model.

        Args:
            prompt: the whole prompt, chat template included; BOS is added where the model wants it.
            grammar: GBNF; or `schema`: a JSON schema as text, compiled strictly.
            max_tokens: at most so many tokens; an answer that is cut off is not marked.
            temperature: 0 takes the likeliest token; above, sampling is seeded with `seed`.
            stop: strings that end the answer and are not part of it.
            adapter: path of a GGUF LoRA adapter.
            context: its cancel flag is obeyed.
            interactive: somebody waits; go before background work.

        Raises:
            Cancelled, ModelError, TaskError: as `label`. Text is not repeated after the process died.
        """
        sampling = Sampling(max_tokens, temperature, 0.95, seed, tuple(stop), grammar, adapter)

        def make(identity: int, model: str) -> Work:
            priority = INTERACTIVE if interactive else BACKGROUND
            return protocol.Generate(identity, priority, model, _encodable(prompt), sampling, schema)

        try:
            with closing(self._events(make, context)) as events:
                for event in events:
                    if isinstance(event, protocol.Piece) and event.text:
                        yield event.text
        except Died as error:
            raise self._lost("The model process ended while it was writing.") from error

    def cancel(self) -> None:
        """Stop every request under way, from any thread; each raises `Cancelled` where it was called."""
        for event in list(self._running.values()):
            event.set()

    def close(self) -> None:
        """End the model process. The next request would start another."""
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    # -- how

    def _in_batches(
        self,
        texts: Sequence[str],
        make: Callable[[int, str, list[str]], Work],
        store: Callable[[list[int], NDArray[Any]], None],
        context: JobContext | None,
        *,
        with_model: bool = True,
    ) -> None:
        """Run a request over texts to its end, repeating what is unfinished when the process dies."""
        positions: dict[str, list[int]] = {}
        for index, text in enumerate(texts):
            positions.setdefault(text, []).append(index)
        failures = 0
        while positions:
            part = list(positions)

            def request(identity: int, model: str, part: list[str] = part) -> Work:
                return make(identity, model, [_encodable(text) for text in part])

            try:
                # Closed at once also when `store` raises: a batch that cannot be kept ends the request.
                with closing(self._events(request, context, with_model=with_model)) as events:
                    for event in events:
                        if isinstance(event, protocol.Rows):
                            places, rows = _taken(event, part, positions)
                            failures = 0
                            store(list(itertools.chain.from_iterable(places)), rows)
            except Died as error:
                failures += 1
                if failures > REPEATS:
                    raise self._lost() from error
                self._log("The model process ended unexpectedly; it is started again.")

    def _events(
        self, make: Callable[[int, str], Work], context: JobContext | None, *, with_model: bool = True
    ) -> Generator[Event]:
        """Submit one request and yield its events until it is finished.

        Raises:
            Cancelled, ModelError, Died.
        """
        if context is not None:
            context.check()
        connection = self._connect()
        model = self._model_path(connection) if with_model else ""
        identity = next(self._ids)
        cancel = self._running[identity] = threading.Event()
        over = False
        try:
            box = connection.submit(make(identity, model))
            while True:
                if cancel.is_set() or (context is not None and context.cancel.cancelled):
                    over = True
                    yield from self._stop(connection, identity, box)
                    raise Cancelled
                try:
                    event = box.get(timeout=POLL_SECONDS)
                except queue.Empty:
                    continue
                if event is None:
                    raise Died
                if isinstance(event, protocol.Failed):
                    over = True
                    raise _error(event, self._log_path)
                if isinstance(event, protocol.Finished | protocol.Stopped):
                    over = True
                    return
                self._deaths = 0
                yield event
        finally:
            del self._running[identity]
            if over:
                connection.done(identity)
            else:
                connection.forget(identity)

    def _stop(self, connection: Connection, identity: int, box: queue.SimpleQueue[Event | None]) -> Iterator[Event]:
        """Cancel a request; yields the batches that were finished before it heard. Kills the process if it is deaf."""
        try:
            connection.cancel(identity)
            while True:
                event = box.get(timeout=CANCEL_SECONDS)
                if event is None or isinstance(event, protocol.Finished | protocol.Stopped | protocol.Failed):
                    return
                yield event
        except Died:
            return
        except queue.Empty:
            self._log("The model process did not stop when told to; it is ended.")
            connection.kill()

    def _connect(self) -> Connection:
        """The running process, or a new one."""
        with self._lock:
            if self._connection is not None and self._connection.alive:
                return self._connection
            if self._connection is not None:
                self._connection.close()
                self._connection = None
                # After deaths in a row a graphics card is done without: its driver, or the code for it, may be what breaks.
                self._deaths += 1
                self._gpu = self._gpu and self._deaths < REPEATS
            peer = self._launch() if self._launch is not None else Process(self._log_path)
            try:
                self._connection = Connection(peer, Setup(model_threads(), self._idle_seconds, self._gpu), self._note)
            except Died as error:
                raise self._lost() from error
            return self._connection

    def _model_path(self, connection: Connection) -> str:
        """The model file; one that does not fit is refused before the process would load it."""
        if self._launch is not None:
            return ""
        if not connection.model_fits:
            check_memory(self.model)
            connection.model_fits = True
        return str(self.model.path)

    def _note(self, text: str) -> None:
        self.warnings.append(text)
        self._log(text)

    def _lost(self, what: str = "The model process ended unexpectedly, again and again.") -> ModelError:
        return ModelError(
            what,
            file=str(self._log_path),
            todo="Its log may say why; what was finished is kept.",
        )


def _encodable(text: str) -> str:
    """The text without half characters (lone surrogates): broken exports hold them, and no wire format carries them."""
    return text.encode(errors="replace").decode()


def _taken(
    event: protocol.Rows, part: Sequence[str], positions: dict[str, list[int]]
) -> tuple[list[list[int]], NDArray[Any]]:
    """The places of a batch's texts, taken out of `positions`, and a row for each place.

    Raises:
        Died: the batch is not what was asked for; its sender cannot be trusted with the rest.
    """
    try:
        rows = event.array()
        places = [positions[part[index]] for index in event.indices]
    except (ValueError, TypeError, IndexError, KeyError) as error:
        raise Died from error
    for index in event.indices:
        positions.pop(part[index], None)
    return places, np.repeat(rows, [len(place) for place in places], axis=0)


def _error(failed: protocol.Failed, log_path: Path) -> ModelError:
    """The worker's failure as an exception of this process."""
    error = ModelError(failed.what, file=failed.file or str(log_path), todo=failed.todo)
    error.exit_code = failed.exit_code
    return error


def adapter_sha(task: LabelTask) -> str:
    """SHA-256 of the task's adapter file, or an empty string without one: part of every cache key."""
    return file_hash(Path(task.adapter)) if task.adapter else ""
