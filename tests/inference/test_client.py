"""The client against the scripted backend: order, batches, stops, priorities, and a peer that dies."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from engine.errors import Cancelled, ModelError
from engine.inference.client import REPEATS, ModelClient
from engine.inference.protocol import Channel, Event, Setup
from engine.inference.scripted import ScriptedBackend, ThreadPeer, thread_peer
from engine.inference.tagging import TagTask
from engine.inference.task import Calibration, LabelTask, TaskError
from engine.jobs import JobContext

TASK = LabelTask("length", "1", "p\n", "\nq:", {"short": (" s",), "long": (" l",)})
TEXTS = [f"text-{'x' * (i % 5)}-{i}" for i in range(30)]


def by_length(text: str, label: str) -> float:
    return len(text) if label == "long" else 8.0


def scripted(**script: object) -> ModelClient:
    return ModelClient(launch=thread_peer(lambda: ScriptedBackend(by_length, **script)))  # type: ignore[arg-type]


def test_results_come_in_the_order_of_the_texts() -> None:
    with scripted() as client:
        scores = client.scores(TEXTS, TASK)
    assert np.array_equal(scores, [[8.0, len(text)] for text in TEXTS])


def test_each_batch_is_handed_over_as_it_finishes_with_calibrated_probabilities() -> None:
    task = LabelTask("length", "1", "p\n", "\nq:", TASK.labels, calibration=Calibration(bias={"short": 1.0}))
    kept = np.zeros((len(TEXTS), 2))
    calls: list[int] = []

    def keep(indices: Sequence[int], probabilities: np.ndarray) -> None:
        kept[list(indices)] = probabilities
        calls.append(len(indices))

    with scripted(batch=4) as client:
        returned = client.label(TEXTS, task, on_batch=keep)
    assert np.array_equal(kept, returned) and sum(calls) == 30 and len(calls) == 8
    assert np.allclose(returned.sum(axis=1), 1)
    assert np.allclose(returned[0, 0], 1 / (1 + np.exp(len(TEXTS[0]) - 9)))


def test_equal_texts_are_computed_once_and_answered_each() -> None:
    seen: list[str] = []
    with scripted(before_batch=seen.extend) as client:
        scores = client.scores(["a", "bb", "a", "a"], TASK)
    assert sorted(seen) == ["a", "bb"] and np.array_equal(scores[:, 1], [1, 2, 1, 1])


def test_half_characters_of_broken_exports_are_no_obstacle() -> None:
    with scripted() as client:
        assert np.array_equal(client.scores(["ok\ud83d", "好"], TASK)[:, 1], [3, 1])


def test_a_process_that_died_between_requests_is_replaced() -> None:
    peers: list[ThreadPeer] = []

    def launch() -> ThreadPeer:
        peers.append(ThreadPeer(ScriptedBackend(by_length)))
        return peers[-1]

    with ModelClient(launch=launch) as client:
        for life in (1, 2, 3):
            assert np.array_equal(client.scores(["abc"], TASK), [[8, 3]])
            assert len(peers) == life
            peers[-1].kill()
            peers[-1].wait(5)


def test_nothing_is_started_for_no_texts() -> None:
    def launch() -> ThreadPeer:
        raise AssertionError("started")

    client = ModelClient(launch=launch)
    assert client.scores([], TASK).shape == (0, 2)
    assert client.embed([], multilingual=True).shape == (0, 384)


def test_vectors_are_unit_rows() -> None:
    with scripted() as client:
        vectors = client.embed(["good lamp", "good lamps", "水壶"], multilingual=True)
    assert vectors.dtype == np.float32 and np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def test_a_stop_keeps_what_was_finished() -> None:
    context = JobContext()
    kept: list[int] = []

    def keep(indices: Sequence[int], rows: np.ndarray) -> None:
        kept.extend(indices)
        context.cancel.cancel()

    with scripted(batch=4) as client:
        with pytest.raises(Cancelled):
            client.scores(TEXTS, TASK, on_batch=keep, context=context)
        assert len(kept) >= 4 and len(set(kept)) == len(kept)
        assert len(client.scores(TEXTS, TASK)) == 30, "the process serves on"


def test_a_stopped_context_starts_nothing() -> None:
    context = JobContext()
    context.cancel.cancel()
    with scripted() as client, pytest.raises(Cancelled):
        client.label(TEXTS, TASK, context=context)


def test_cancel_from_another_thread_ends_a_request_that_computes() -> None:
    computing, free = threading.Event(), threading.Event()

    def block(texts: list[str]) -> None:
        computing.set()
        free.wait(10)

    with scripted(before_batch=block) as client:

        def stop() -> None:
            computing.wait(10)
            client.cancel()
            free.set()

        stopper = threading.Thread(target=stop)
        stopper.start()
        with pytest.raises(Cancelled):
            client.scores(TEXTS, TASK)
        stopper.join()


def test_a_deaf_process_is_replaced() -> None:
    lives: list[int] = []
    never = threading.Event()
    context = JobContext()

    def deaf(texts: list[str]) -> None:
        context.cancel.cancel()
        never.wait(10)

    def make() -> ScriptedBackend:
        lives.append(1)
        return ScriptedBackend(by_length, before_batch=deaf if len(lives) == 1 else lambda texts: None)

    with ModelClient(launch=thread_peer(make)) as client:
        with pytest.raises(Cancelled):
            client.scores(TEXTS, TASK, context=context)
        assert np.array_equal(client.scores(["abc"], TASK), [[8, 3]])
    never.set()
    assert len(lives) == 2


def test_an_error_while_keeping_a_batch_ends_the_request_and_not_the_client() -> None:
    def full(indices: Sequence[int], rows: np.ndarray) -> None:
        raise OSError("disk full")

    with scripted(batch=2) as client:
        with pytest.raises(OSError, match="disk full"):
            client.scores(TEXTS, TASK, on_batch=full)
        assert len(client.scores(TEXTS, TASK)) == 30


def test_somebody_who_waits_goes_before_background_work() -> None:
    order: list[str] = []
    peers: list[ThreadPeer] = []
    started = threading.Event()

    def note(texts: list[str]) -> None:
        order.append("urgent" if texts == ["urgent"] else "background")
        started.set()
        # The first batch takes until the urgent request has arrived.
        while len(order) == 1 and peers[0].worker.waiting == 0:
            threading.Event().wait(0.001)

    def launch() -> ThreadPeer:
        peers.append(ThreadPeer(ScriptedBackend(by_length, batch=2, before_batch=note)))
        return peers[-1]

    with ModelClient(launch=launch) as client:
        background = threading.Thread(target=lambda: client.scores(TEXTS, TASK))
        background.start()
        assert started.wait(10)
        client.scores(["urgent"], TASK, interactive=True)
        background.join()
    assert order == ["background", "urgent", *["background"] * 14]


def test_a_model_that_nobody_asks_is_unloaded_and_answers_again() -> None:
    backend = ScriptedBackend(by_length)
    with ModelClient(launch=thread_peer(lambda: backend), idle_minutes=0.0005) as client:
        assert not backend.unloaded.is_set(), "nothing was loaded, so there is nothing to unload"
        client.scores(["abc"], TASK)
        assert backend.unloaded.wait(10)
        assert np.array_equal(client.scores(["abc"], TASK), [[8, 3]])


def dying(deaths: int) -> tuple[Callable[[], ThreadPeer], list[list[str]]]:
    """Launches peers of which the first `deaths` die at their second batch."""
    batches: list[list[str]] = []
    peers: list[ThreadPeer] = []

    def launch() -> ThreadPeer:
        life, count = len(peers), iter(range(100))

        def before(texts: list[str]) -> None:
            if next(count) == 1 and life < deaths:
                peers[life].kill()
            else:
                batches.append(texts)

        peers.append(ThreadPeer(ScriptedBackend(by_length, before_batch=before)))
        return peers[-1]

    return launch, batches


def test_after_a_death_only_the_unfinished_part_is_repeated() -> None:
    launch, batches = dying(deaths=2)
    with ModelClient(launch=launch) as client:
        scores = client.scores(TEXTS, TASK)
    assert np.array_equal(scores[:, 1], [len(text) for text in TEXTS])
    computed = [text for batch in batches for text in batch]
    assert sorted(computed) == sorted(TEXTS), "no text was computed twice"


def test_a_process_that_always_dies_is_given_up_with_the_log_named() -> None:
    lives: list[ThreadPeer] = []

    def launch() -> ThreadPeer:
        lives.append(ThreadPeer(ScriptedBackend(by_length, before_batch=lambda texts: lives[-1].kill())))
        return lives[-1]

    with ModelClient(launch=launch) as client, pytest.raises(ModelError, match=r"model-process\.log") as caught:
        client.scores(TEXTS, TASK)
    assert caught.value.exit_code == 4 and len(lives) == REPEATS + 1


def test_the_last_try_does_without_the_graphics_card() -> None:
    lives: list[ThreadPeer] = []

    def launch() -> ThreadPeer:
        def before(texts: list[str]) -> None:
            setup = lives[-1].setup
            if setup is not None and setup.gpu:
                lives[-1].kill()

        lives.append(ThreadPeer(ScriptedBackend(by_length, before_batch=before)))
        return lives[-1]

    with ModelClient(launch=launch) as client:
        assert np.array_equal(client.scores(["abc"], TASK), [[8, 3]])
        assert len(lives) == REPEATS + 1
        lives[-1].kill()
        lives[-1].wait(5)
        assert np.array_equal(client.scores(["abc"], TASK), [[8, 3]])
        assert len(lives) == REPEATS + 2, "a card that broke off is not tried again"


def test_writing_too_does_without_the_graphics_card_after_two_deaths() -> None:
    peers: list[ThreadPeer] = []

    def reply(prompt: str) -> str:
        setup = peers[-1].setup
        if setup is not None and setup.gpu:
            peers[-1].kill()
        return "Hello."

    def launch() -> ThreadPeer:
        peers.append(ThreadPeer(ScriptedBackend(reply=reply)))
        return peers[-1]

    with ModelClient(launch=launch) as client:
        for _ in range(REPEATS):
            with pytest.raises(ModelError):
                list(client.generate("x"))
        assert "".join(client.generate("x")) == "Hello."


def test_one_death_under_two_requests_is_one_death() -> None:
    peers: list[ThreadPeer] = []

    def reply(prompt: str) -> str:
        peers[-1].kill()
        return "never seen"

    def launch() -> ThreadPeer:
        peers.append(ThreadPeer(ScriptedBackend(by_length, batch=4, reply=reply)))
        return peers[-1]

    deaths: list[ModelError] = []

    def write(indices: Sequence[int], rows: np.ndarray) -> None:
        if not deaths:
            with pytest.raises(ModelError) as caught:
                list(client.generate("x"))
            deaths.append(caught.value)

    texts = [f"{text} {number}" for number in range(200) for text in TEXTS]
    with ModelClient(launch=launch) as client:
        client.scores(texts, TASK, on_batch=write)
    assert len(peers) == 2 and peers[1].setup is not None and peers[1].setup.gpu


def test_writing_streams_and_may_be_left_early() -> None:
    with scripted(reply=lambda prompt: "A quiet room with a door.") as client:
        assert "".join(client.generate("x", stop=[" with"])) == "A quiet room"
        pieces = client.generate("x")
        assert next(pieces) == "A"
        pieces.close()  # type: ignore[attr-defined]
        assert "".join(client.generate("x", max_tokens=7)) == "A quiet"


def test_a_death_while_writing_is_an_error_and_not_a_repetition() -> None:
    peers: list[ThreadPeer] = []

    def reply(prompt: str) -> str:
        peers[-1].kill()
        return "never seen"

    def launch() -> ThreadPeer:
        peers.append(ThreadPeer(ScriptedBackend(reply=reply)))
        return peers[-1]

    with ModelClient(launch=launch) as client, pytest.raises(ModelError, match="while it was writing"):
        list(client.generate("x"))


def test_a_failure_inside_arrives_as_an_error_with_its_exit_code() -> None:
    def fail(text: str, label: str) -> float:
        raise TaskError("Two labels begin alike.")

    def fault(text: str, label: str) -> float:
        raise ZeroDivisionError("oops")

    with (
        ModelClient(launch=thread_peer(lambda: ScriptedBackend(fail))) as client,
        pytest.raises(ModelError, match="begin alike") as caught,
    ):
        client.scores(TEXTS, TASK)
    assert caught.value.exit_code == 4
    with (
        ModelClient(launch=thread_peer(lambda: ScriptedBackend(fault))) as client,
        pytest.raises(ModelError, match="oops") as caught,
    ):
        client.scores(TEXTS, TASK)
    assert caught.value.exit_code == 70


class Scrambling(ThreadPeer):
    """A model process whose pipe lies: `change` gets each frame of scores and returns the bytes that are sent instead."""

    def __init__(self, change: Callable[[bytes], bytes]) -> None:
        super().__init__(ScriptedBackend(by_length))
        write = self._event_writer.write

        class Writer:
            def write(self, frame: bytes) -> int:
                return write(change(frame) if b"Rows" in frame else frame)

            def __getattr__(self, name: str) -> object:
                return getattr(peer._event_writer, name)

        peer = self
        self._channel._outgoing = Writer()  # type: ignore[assignment]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame[:4] + b"\xc1" * (len(frame) - 4),
        lambda frame: frame.replace(b"Rows", b"Cows"),
        lambda frame: b"\xff\xff\xff\x7f" + frame[4:],
        lambda frame: frame.replace(b"<f8", b"<f2"),
        lambda frame: frame.replace(b"<f8", b"|O8"),
        lambda frame: frame.replace(b"indices\x91\x00", b"indices\x91\x07"),
    ],
    ids=["no message", "unknown message", "endless frame", "other numbers", "objects", "texts nobody sent"],
)
def test_a_frame_that_cannot_be_read_ends_the_request_with_an_error(change: Callable[[bytes], bytes]) -> None:
    with ModelClient(launch=lambda: Scrambling(change)) as client, pytest.raises(ModelError, match="again and again"):
        client.scores(["abc"], TASK)


@pytest.mark.timeout(20)
def test_a_request_that_cannot_be_read_ends_the_model_process() -> None:
    peer = ThreadPeer(ScriptedBackend(by_length))
    peer.outgoing.write(b"\x05\x00\x00\x00junk!")
    peer.outgoing.flush()
    assert peer.wait(10)
    peer = ThreadPeer(ScriptedBackend(by_length))
    Channel(peer.incoming, peer.outgoing, Event).send(Setup(1))
    peer.outgoing.write(b"\x05\x00\x00\x00junk!")
    peer.outgoing.flush()
    assert peer.wait(10)


@pytest.mark.parametrize("odd", [float("nan"), float("inf")])
def test_answers_that_are_no_numbers_stop_the_run(odd: float) -> None:
    kept: list[int] = []
    with ModelClient(
        launch=thread_peer(lambda: ScriptedBackend(lambda text, label: odd if text == "e" else 1.0))
    ) as client:
        with pytest.raises(ModelError, match="no numbers") as caught:
            client.scores(["a", "b", "c", "d", "e"], TASK, on_batch=lambda indices, rows: kept.extend(indices))
        assert caught.value.exit_code == 4 and sorted(kept) == [0, 1, 2, 3]
        with pytest.raises(ModelError, match="no numbers"):
            client.tag(["e"], TagTask("t", "1", "p\n", "\n", "\n", {"x": " x", "y": " y"}))
