"""The model process: `python -m engine.inference.worker`, spawned and supervised by `client.ModelClient`.

Requests come in on what was standard input, events go out on what was standard output; both are moved aside before any
model library loads, because those write to the standard streams as they please. One thread reads messages, so that a
cancel is heard during a long computation; one thread works, always on the most urgent request, one batch at a time.
When the input ends, the parent is gone and so is this process.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from engine.errors import BackroomError, ModelError
from engine.inference import embedding, gpu, protocol
from engine.inference.backend import Aborted, Backend, BackendBroken, Sampling, Scored
from engine.inference.facts import describe
from engine.inference.protocol import (
    Cancel,
    Channel,
    Describe,
    Embed,
    Failed,
    Generate,
    Label,
    Prove,
    Request,
    Setup,
    Tag,
    Work,
)
from engine.inference.tagging import TagTask
from engine.inference.task import LabelTask, TaskError
from engine.offline import forbid_network
from engine.offline.attempts import attempt_all

if TYPE_CHECKING:
    from engine.inference.llama import LlamaBackend

FAULT = 70


@dataclass(frozen=True)
class Outcomes:
    """What came of each way out of this process."""

    by_name: dict[str, tuple[str, str]]


@dataclass
class _Job:
    """A request under way."""

    work: Work
    order: int
    steps: Iterator[object]


class Worker:
    """The loop between a channel and a backend.

    Args:
        channel: where requests come from and events go.
        make_backend: called with the first message.
        on_end: called in the reading thread when the other side is gone.
    """

    def __init__(
        self, channel: Channel[Request], make_backend: Callable[[Setup], Backend], on_end: Callable[[], None]
    ) -> None:
        self._channel = channel
        self._make_backend = make_backend
        self._on_end = on_end
        self._wake = threading.Condition()
        self._arrived: list[Work] = []
        self._cancelled: set[int] = set()
        self._current: int | None = None
        self._ended = False

    @property
    def waiting(self) -> int:
        """Requests that have arrived and were not looked at yet."""
        return len(self._arrived)

    def run(self) -> None:
        """Work until the other side is gone."""
        setup = self._channel.receive()
        if not isinstance(setup, Setup):
            return
        backend = self._make_backend(setup)
        backend.abort_when(self._must_stop)
        threading.Thread(target=self._read, name="requests", daemon=True).start()
        jobs: list[_Job] = []
        orders = itertools.count()
        idle = True
        while True:
            with self._wake:
                while not (jobs or self._arrived or self._ended):
                    if not self._wake.wait(None if idle else setup.idle_seconds):
                        idle = True
                        backend.unload()
                idle = False
                if self._ended:
                    return
                jobs += [_Job(work, next(orders), _steps(backend, work)) for work in self._arrived]
                self._arrived.clear()
            job = min(jobs, key=lambda job: (job.work.priority, job.order))
            if self._step(job):
                jobs.remove(job)

    def _read(self) -> None:
        while (message := self._channel.receive()) is not None:
            with self._wake:
                if isinstance(message, Cancel):
                    self._cancelled.add(message.id)
                elif not isinstance(message, Setup):
                    self._arrived.append(message)
                self._wake.notify()
        with self._wake:
            self._ended = True
            self._wake.notify()
        self._on_end()

    def _must_stop(self) -> bool:
        return self._ended or self._current in self._cancelled

    def _step(self, job: _Job) -> bool:
        """Do one batch of a job and send what came of it; returns whether the job is over."""
        identity = job.work.id
        self._current = identity
        try:
            if self._must_stop():
                raise Aborted
            result = _finite(next(job.steps))
        except StopIteration:
            self._channel.send(protocol.Finished(identity))
        except Aborted:
            self._channel.send(protocol.Stopped(identity))
        except BackroomError as error:
            self._channel.send(Failed(identity, error.what, error.file, error.todo, error.exit_code))
        except BackendBroken:
            # The parent sees the process end, starts another and asks again.
            raise
        except Exception as error:
            traceback.print_exc()
            self._channel.send(Failed(identity, f"{type(error).__name__}: {error}", None, None, FAULT))
        else:
            self._send(identity, result)
            return False
        finally:
            self._current = None
        with self._wake:
            self._cancelled.discard(identity)
        return True

    def _send(self, identity: int, result: object) -> None:
        if isinstance(result, Scored):
            rows = result.rows
            self._channel.send(protocol.Rows(identity, result.indices, rows.shape[1], rows.dtype.str, rows.tobytes()))
        elif isinstance(result, str):
            self._channel.send(protocol.Piece(identity, result))
        elif isinstance(result, dict):
            self._channel.send(protocol.Facts(identity, result))
        elif isinstance(result, Outcomes):
            self._channel.send(protocol.Proved(identity, result.by_name))


def _finite(result: object) -> object:
    """A step's result; a model whose file is broken somewhere inside still answers, but not with numbers.

    Raises:
        ModelError: a score is not finite.
    """
    import numpy as np

    if isinstance(result, Scored) and not np.isfinite(result.rows).all():
        raise ModelError(
            "The model gave answers that are no numbers, so its file is damaged; nothing of this batch was used.",
            todo="`backroom models check NAME` reads the file again; remove the model, then install or add it anew.",
        )
    return result


def _steps(backend: Backend, work: Work) -> Iterator[object]:
    match work:
        case Label():
            backend.use(work.model)
            yield from backend.label(work.texts, work.task)
        case Tag():
            backend.use(work.model)
            yield from backend.tag(work.texts, work.task)
        case Embed():
            yield from backend.embed(work.texts, work.multilingual)
        case Generate():
            backend.use(work.model)
            yield from backend.generate(work.prompt, _with_schema(work))
        case Describe():
            backend.use(work.model)
            yield backend.facts()
        case Prove():
            backend.use(work.model)
            yield Outcomes(attempt_all(work.witness))


def _with_schema(work: Generate) -> Sampling:
    """The request's sampling with its JSON schema, if any, compiled into a grammar; a bad schema is an error."""
    if work.schema is None:
        return work.sampling
    from dataclasses import replace

    from llama_cpp.llama_grammar import json_schema_to_gbnf

    try:
        grammar: str = json_schema_to_gbnf(work.schema)
    except Exception as error:
        raise TaskError(f"The schema does not compile into a grammar ({error}).") from error
    return replace(work.sampling, grammar=grammar)


class ModelBackend:
    """The real backend: llama.cpp and the embedders, each loaded when first asked for.

    Args:
        setup: how many threads.
        note: tells the seller something.
    """

    def __init__(self, setup: Setup, note: Callable[[str], None]) -> None:
        self._setup = setup
        self._note = note
        self._stop: Callable[[], bool] = lambda: False
        self._llama: LlamaBackend | None = None
        self._path = ""
        self._embedders: dict[str, embedding.Embedder] = {}

    def abort_when(self, stop: Callable[[], bool]) -> None:
        """See `Backend`."""
        self._stop = stop

    def label(self, texts: Sequence[str], task: LabelTask) -> Iterator[Scored | None]:
        """See `Backend`."""
        yield from self._loaded().label(texts, task)

    def tag(self, texts: Sequence[str], task: TagTask) -> Iterator[Scored | None]:
        """See `Backend`."""
        yield from self._loaded().tag(texts, task)

    def generate(self, prompt: str, sampling: Sampling) -> Iterator[str | None]:
        """See `Backend`."""
        yield from self._loaded().generate(prompt, sampling)

    def embed(self, texts: Sequence[str], multilingual: bool) -> Iterator[Scored | None]:
        """See `Backend`."""
        choice = embedding.choose(multilingual)
        if choice.name not in self._embedders:
            if choice.warning:
                self._note(choice.warning)
            # One at a time: beside a language model, two are more than a small laptop should give.
            self._embedders.clear()
            self._embedders[choice.name] = embedding.load(choice, self._setup.threads)
        for scored in embedding.batches(self._embedders[choice.name], texts):
            if self._stop():
                raise Aborted
            yield scored

    def facts(self) -> dict[str, str | int | float | bool]:
        """See `Backend`."""
        loaded, said = self._loaded().facts(), describe(self._path)
        kv = said.kv_bytes_per_token * int(loaded["context_tokens"])
        return {**loaded, "layers": said.layers, "quantisation": said.quantisation, "kv_cache_mb": kv >> 20}

    def use(self, model: str) -> None:
        """See `Backend`."""
        if model == self._path:
            return
        try:
            from engine.inference.llama import LlamaBackend
        except (ImportError, OSError, RuntimeError) as error:
            raise ModelError(
                f"llama-cpp-python does not load ({error}).", todo="Run `make setup` to build it."
            ) from error
        self._let_go()
        facts = describe(model)
        supported = gpu.supported()
        offload = gpu.plan(facts, gpu.devices(), supported=supported, trusted=self._setup.gpu)
        if supported:
            # Whoever had llama.cpp built for a card wants to know whether it is used.
            self._note(offload.sentence)
        self._llama = LlamaBackend(
            Path(model),
            threads=self._setup.threads,
            offload=offload,
            log=lambda line: print(line, end="", file=sys.stderr),
        )
        self._llama.abort_when(lambda: self._stop())
        self._path = model

    def unload(self) -> None:
        """See `Backend`."""
        self._let_go()
        self._embedders.clear()

    def _let_go(self) -> None:
        if self._llama is not None:
            self._llama.close()
            self._llama, self._path = None, ""

    def _loaded(self) -> LlamaBackend:
        if self._llama is None:
            raise ModelError("No model was chosen.", todo="Choose one with `backroom models`.")
        return self._llama


def _claim_streams() -> tuple[BinaryIO, BinaryIO]:
    """Take standard input and output for messages and give everybody else the log file (standard error)."""
    incoming = os.fdopen(os.dup(0), "rb", buffering=1 << 16)
    outgoing = os.fdopen(os.dup(1), "wb", buffering=1 << 16)
    silence = os.open(os.devnull, os.O_RDONLY)
    os.dup2(silence, 0)
    os.close(silence)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return incoming, outgoing


def capabilities() -> dict[str, object]:
    """What the installed llama.cpp can do, for `doctor`."""
    import llama_cpp

    supported = gpu.supported()
    reason = (
        "This llama.cpp was built with GPU support."
        if supported
        else "This llama.cpp was built for the CPU only; a GPU, if there is one, is not used."
    )
    return {
        "llama_cpp": llama_cpp.__version__,
        "gpu_offload": supported,
        "gpu_reason": reason,
        "gpus": [asdict(card) for card in gpu.devices()],
        "cpu_features": llama_cpp.llama_print_system_info().decode(errors="replace"),
    }


def main(arguments: list[str]) -> None:
    """Run as a process: answer requests until the input ends."""
    forbid_network()
    if arguments == ["--capabilities"]:
        print(json.dumps(capabilities()))
        return
    # Ctrl+C in a terminal reaches the whole process group; stopping is the parent's decision.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    incoming, outgoing = _claim_streams()
    channel: Channel[Request] = Channel(incoming, outgoing, Request)

    def note(text: str) -> None:
        channel.send(protocol.Note(text))

    # The end is final even in the middle of a native call, hence no orderly exit.
    worker = Worker(channel, lambda setup: ModelBackend(setup, note), on_end=lambda: os._exit(0))
    worker.run()


if __name__ == "__main__":
    main(sys.argv[1:])
