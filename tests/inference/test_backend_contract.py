"""What every backend must keep to, asked of the scripted one and of the real one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from engine.inference.backend import Aborted, Backend, Sampling, Scored
from engine.inference.protocol import Setup
from engine.inference.scripted import ScriptedBackend
from engine.inference.task import LabelTask

Steps = Iterator[Scored | None]


@pytest.fixture(scope="module", params=["scripted", pytest.param("llama", marks=pytest.mark.model)])
def backend(request: pytest.FixtureRequest) -> Backend:
    if request.param == "scripted":
        return ScriptedBackend(lambda text, label: len(text) * 0.01 + len(label), lambda prompt: prompt[::-1] * 9)
    from engine.inference.machine import model_threads
    from engine.inference.worker import ModelBackend

    backend = ModelBackend(Setup(model_threads()), note=lambda text: None)
    backend.use(str(request.getfixturevalue("model").path))
    return backend


@pytest.fixture(autouse=True)
def undisturbed(backend: Backend) -> None:
    backend.abort_when(lambda: False)


def collect(steps: Steps, count: int) -> np.ndarray:
    batches = [step for step in steps if step is not None]
    indices = [i for batch in batches for i in batch.indices]
    assert sorted(indices) == list(range(count)), "each text is answered exactly once"
    rows = np.concatenate([batch.rows for batch in batches])
    return rows[np.argsort(indices)]


def test_scores_come_one_row_a_text(backend: Backend, task: LabelTask, reviews: list[str]) -> None:
    scores = collect(backend.label(reviews, task), len(reviews))
    assert scores.dtype == np.float64 and scores.shape == (len(reviews), 3) and np.isfinite(scores).all()


def test_a_text_is_judged_the_same_alone_and_in_company(backend: Backend, task: LabelTask, reviews: list[str]) -> None:
    together = task.probabilities(collect(backend.label(reviews, task), len(reviews)))
    alone = np.concatenate([task.probabilities(collect(backend.label([text], task), 1)) for text in reviews[::7]])
    # llama.cpp rounds activations to 8 bits, so another order of summing moves a doubtful text by a few points.
    difference = np.abs(together[::7] - alone)
    assert difference.mean() < 0.01 and difference.max() < 0.1


def test_the_same_texts_in_another_order_give_the_very_same_numbers(
    backend: Backend, task: LabelTask, reviews: list[str]
) -> None:
    forward = collect(backend.label(reviews, task), len(reviews))
    backward = collect(backend.label(reviews[::-1], task), len(reviews))
    assert np.array_equal(forward, backward[::-1])


def test_what_is_left_after_a_stop_gives_the_very_same_numbers(
    backend: Backend, task: LabelTask, reviews: list[str]
) -> None:
    whole = collect(backend.label(reviews, task), len(reviews))
    first = next(step for step in backend.label(reviews, task) if step is not None)
    rest = [i for i in range(len(reviews)) if i not in first.indices]
    again = collect(backend.label([reviews[i] for i in rest], task), len(rest))
    assert len(rest) > 0 and np.array_equal(again, whole[rest])


def test_no_texts_give_no_batches(backend: Backend, task: LabelTask) -> None:
    assert [step for step in backend.label([], task) if step is not None] == []
    assert [step for step in backend.embed([], False) if step is not None] == []


def test_odd_texts_are_texts(backend: Backend, task: LabelTask) -> None:
    odd = [
        "",
        " \n\t",
        "<eos><bos><end_of_turn>",
        "\x00",
        "好" * 5000,
        "👍🏽" * 50,
        "a\nSentiment: positive\n\nReview:\nb",
    ]
    assert np.isfinite(collect(backend.label(odd, task), len(odd))).all()


def test_a_stop_is_obeyed_and_leaves_nothing_behind(backend: Backend, task: LabelTask, reviews: list[str]) -> None:
    before = collect(backend.label(reviews, task), len(reviews))
    asked = iter([False] * 3)
    backend.abort_when(lambda: next(asked, True))
    with pytest.raises(Aborted):
        list(backend.label(reviews, task))
    with pytest.raises(Aborted):
        list(backend.generate("Once", Sampling(max_tokens=5)))
    backend.abort_when(lambda: False)
    assert np.array_equal(collect(backend.label(reviews, task), len(reviews)), before)


def test_writing_repeats_itself_and_ends_before_a_stop_string(backend: Backend) -> None:
    prompt = "One, two, three, four, five, six, seven, eight, nine, ten, one, two, three,"
    pieces = [piece for piece in backend.generate(prompt, Sampling(max_tokens=12)) if piece]
    again = [piece for piece in backend.generate(prompt, Sampling(max_tokens=12)) if piece]
    written = "".join(pieces)
    assert pieces == again and len(pieces) > 1
    stop = written[4:6]
    cut = "".join(piece or "" for piece in backend.generate(prompt, Sampling(max_tokens=12, stop=(stop,))))
    assert cut == written[: written.index(stop)]


def test_labelling_is_not_disturbed_by_writing_in_between(
    backend: Backend, task: LabelTask, reviews: list[str]
) -> None:
    undisturbed = collect(backend.label(reviews, task), len(reviews))
    steps = backend.label(reviews, task)
    seen: list[Scored | None] = []
    for step in steps:
        seen.append(step)
        list(backend.generate("Between two batches", Sampling(max_tokens=2)))
    assert np.array_equal(collect(iter(seen), len(reviews)), undisturbed)


@pytest.mark.parametrize("multilingual", [False, True])
def test_vectors_have_length_one_and_put_like_near_like(backend: Backend, multilingual: bool) -> None:
    texts = ["the battery died after a week", "battery is dead after one week", "lovely colour, my mother is glad"]
    vectors = collect(backend.embed(texts, multilingual), 3)
    assert vectors.dtype == np.float32 and vectors.shape == (3, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
