"""Tags: every token of a text gets the labels' logits, the same alone or in a batch, and the same as torch computes."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.inference.client import ModelClient
from engine.inference.llama import LlamaBackend
from engine.inference.scripted import ScriptedBackend, thread_peer
from engine.inference.tagging import Tagged, TagTask, packed, token_ends, unpacked
from engine.inference.task import TaskError, one_line
from tests.learning.tiny import write_tiny_gemma

TASK = TagTask(
    "t", "1", "Thing:\n", "\nok:\n", "\n", {"bad": " bad", "good": " good", "fine": " fine"}, max_text_tokens=40
)
TEXTS = ["good battery", "bad", "", "fine thing ok: good", "电池 bad", "battery " * 30, "the thing is é ok"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Gemma 3 GGUF file."""
    return write_tiny_gemma(tmp_path_factory.mktemp("tiny") / "tiny.gguf")


def _read(backend: LlamaBackend, texts: list[str], task: TagTask = TASK) -> list[Tagged]:
    found: dict[int, Tagged] = {}
    for step in backend.tag(texts, task):
        if step is not None:
            found[step.indices[0]] = unpacked(np.asarray(step.rows, dtype=np.float32)[0], len(task.labels))
    return [found[i] for i in range(len(texts))]


def test_a_batch_reads_what_each_text_alone_reads(tiny: Path) -> None:
    backend = LlamaBackend(tiny, threads=1, context_tokens=256, batch_tokens=128, sequences=4)
    together = _read(backend, TEXTS)
    for text, one in zip(TEXTS, together, strict=True):
        (alone,) = _read(backend, [text])
        assert np.array_equal(one.ends, alone.ends)
        assert one.scores.shape == (len(one.ends) + 1, 3)
        assert np.abs(one.scores - alone.scores).max() < 0.05
    backend.close()


def test_the_ends_lead_through_the_whole_text_until_it_is_cut(tiny: Path) -> None:
    backend = LlamaBackend(tiny, threads=1, context_tokens=256, batch_tokens=128, sequences=4)
    for text, one in zip(TEXTS, _read(backend, TEXTS), strict=True):
        assert (np.diff(one.ends) >= 0).all()
        if 0 < len(one.ends) < TASK.max_text_tokens:
            assert one.ends[-1] == len(one_line(text))
    backend.close()


def test_what_follows_a_word_reaches_its_tag(tiny: Path) -> None:
    backend = LlamaBackend(tiny, threads=1, context_tokens=256, batch_tokens=128, sequences=4)
    first, second = _read(backend, ["good battery bad", "good battery fine"])
    assert np.abs(first.scores[0] - second.scores[0]).max() > 1e-3
    backend.close()


def test_labels_that_begin_alike_are_refused(tiny: Path) -> None:
    backend = LlamaBackend(tiny, threads=1, context_tokens=256, batch_tokens=128, sequences=4)
    task = TagTask("t", "1", "Thing:\n", "\n", "\n", {"a": " good", "b": " good"})
    with pytest.raises(TaskError, match="same token"):
        _read(backend, ["good"], task)
    backend.close()


def test_the_client_returns_every_text_in_order_and_repeats_for_equal_ones() -> None:
    def score(token: str, label: str) -> float:
        return float(label == token.strip())

    reported: list[int] = []
    with ModelClient(launch=thread_peer(lambda: ScriptedBackend(score))) as client:
        read = client.tag(["good bad", "", "good bad", "fine"], TASK, on_text=reported.extend)
    assert [one.ends.tolist() for one in read] == [[4, 8], [], [4, 8], [4]]
    assert read[0].scores.tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    assert sorted(reported) == [0, 1, 2, 3]


@given(st.text(min_size=1, max_size=12), st.data())
def test_token_ends_are_found_however_the_bytes_are_cut(text: str, data: st.DataObject) -> None:
    raw = text.encode(errors="replace")
    cuts = sorted(data.draw(st.sets(st.integers(0, len(raw)), max_size=6)) | {0, len(raw)})
    ends = token_ends([raw[a:b] for a, b in itertools.pairwise(cuts)])
    assert ends[-1] == len(text)
    for cut, end in zip(cuts[1:], ends, strict=True):
        whole = raw[:cut].decode(errors="ignore")
        assert len(whole) <= end <= len(whole) + 1


@given(st.integers(0, 5), st.integers(1, 4))
def test_a_row_travels_and_comes_back(tokens: int, labels: int) -> None:
    ends = np.arange(1, tokens + 1, dtype=np.int64)
    scores = np.random.default_rng(tokens).normal(size=(tokens + 1, labels)).astype(np.float32)
    back = unpacked(packed(ends, scores)[0], labels)
    assert np.array_equal(back.ends, ends) and np.array_equal(back.scores, scores)
