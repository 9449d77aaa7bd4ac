"""llama.cpp: tasks in tokens, labels that mean something, grammars."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFWriter

from engine.errors import ModelError
from engine.inference.backend import Sampling
from engine.inference.llama import LlamaBackend
from engine.inference.models import ModelFile
from engine.inference.task import LabelTask, TaskError
from tests.inference.test_gguf_header import write

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def llama(model: ModelFile) -> Iterator[LlamaBackend]:
    backend = LlamaBackend(model.path, threads=2)
    yield backend
    backend.close()


def probabilities(llama: LlamaBackend, texts: list[str], task: LabelTask) -> np.ndarray:
    result = np.zeros((len(texts), len(task.names)))
    for step in llama.label(texts, task):
        if step is not None:
            result[step.indices] = task.probabilities(np.asarray(step.rows, dtype=np.float64))
    return result


def test_glad_and_sad_reviews_are_told_apart_in_two_languages(llama: LlamaBackend, task: LabelTask) -> None:
    pairs = [
        ("Wonderful, best purchase this year, thank you!", "Terrible, it stopped working and I want my money back."),
        ("非常满意，质量很好，下次还来买。", "太差了，一用就坏，客服也不理人。"),
    ]
    for glad, sad in pairs:
        scores = probabilities(llama, [glad, sad], task)
        assert scores[0, 2] > scores[1, 2] and scores[1, 0] > scores[0, 0]


def test_batched_scores_agree_with_one_plain_sequence(llama: LlamaBackend, task: LabelTask, reviews: list[str]) -> None:
    """The reference: BOS, prefix, text and suffix decoded as one sequence without any sharing."""
    batched = probabilities(llama, reviews, task)
    for index in (0, 17, 42):
        whole = replace(task, prefix="", suffix=task.suffix)
        tokens = llama.vocabulary.with_bos(
            llama.vocabulary.tokenize(task.prefix + reviews[index] + task.suffix, special=True)
        )
        llama._take("reference", None)
        llama._decode_sequence(tokens)
        logits = llama._logits(1)[0].astype(np.float64)
        answers = llama.vocabulary.prepare(task).answers
        scores = np.array([[np.log(np.exp(logits[ids]).sum()) for ids in answers]])
        assert np.abs(whole.probabilities(scores)[0] - batched[index]).max() < 0.1


def test_a_special_token_in_a_review_stays_text(llama: LlamaBackend) -> None:
    assert len(llama.vocabulary.tokenize("<eos>", special=True)) == 1
    assert len(llama.vocabulary.tokenize("<eos>", special=False)) > 1


def test_labels_that_begin_alike_are_refused(llama: LlamaBackend, task: LabelTask) -> None:
    with pytest.raises(TaskError, match="same token"):
        llama.vocabulary.prepare(replace(task, labels={"good": (" very good",), "bad": (" very bad",)}))


def test_a_prompt_that_melts_into_the_text_is_refused(llama: LlamaBackend, task: LabelTask) -> None:
    with pytest.raises(TaskError, match="tokenise apart"):
        llama.vocabulary.prepare(replace(task, prefix=task.prefix + "The customer says: "))


def test_a_prompt_longer_than_the_context_is_refused(llama: LlamaBackend, task: LabelTask) -> None:
    with pytest.raises(TaskError, match="context"):
        list(llama.label(["fine"], replace(task, prefix=task.prefix * 60)))
    with pytest.raises(TaskError, match="context"):
        list(llama.generate("word " * 5000, Sampling()))


def test_of_a_long_text_both_ends_are_read(llama: LlamaBackend, task: LabelTask) -> None:
    words = ("Terrible, broken, I want my money back.", "Wonderful, best purchase this year!")
    middle, other = "it came in a box and " * 120, "it was sent by post and " * 120
    scores = probabilities(llama, [f"{a} {middle} {b}" for a in words for b in words], task)
    assert scores[0, 0] > scores[3, 0] and scores[0, 2] < scores[3, 2]
    assert np.abs(scores[0] - scores[1]).max() > 0.01 and np.abs(scores[0] - scores[2]).max() > 0.01
    far = probabilities(llama, ["word " * 200_000, "word " * 201_000], task)
    assert np.array_equal(far[0], far[1])
    assert not np.array_equal(scores[:1], probabilities(llama, [f"{words[0]} {other} {words[0]}"], task))


def test_a_grammar_bounds_what_is_written(llama: LlamaBackend) -> None:
    grammar = 'root ::= "{\\"stars\\": " [1-5] ", \\"refund\\": " ("true" | "false") "}"'
    text = "".join(piece or "" for piece in llama.generate("Broken!\n", Sampling(max_tokens=40, grammar=grammar)))
    answer = json.loads(text)
    assert answer["stars"] in range(1, 6) and isinstance(answer["refund"], bool)


def test_a_grammar_that_does_not_compile_is_said_so(llama: LlamaBackend) -> None:
    with pytest.raises(TaskError, match="grammar"):
        list(llama.generate("x", Sampling(grammar="root ::= (")))


def test_sampling_repeats_with_its_seed_and_differs_with_another(llama: LlamaBackend) -> None:
    def write_with(seed: int) -> str:
        sampling = Sampling(max_tokens=8, temperature=1.2, seed=seed)
        return "".join(piece or "" for piece in llama.generate("A story:", sampling))

    assert write_with(1) == write_with(1)
    assert len({write_with(seed) for seed in (1, 2, 3)}) > 1


def test_characters_of_several_tokens_arrive_whole(llama: LlamaBackend) -> None:
    grammar = 'root ::= "🦩好"'
    pieces = [piece for piece in llama.generate("x", Sampling(max_tokens=20, grammar=grammar)) if piece]
    assert "".join(pieces) == "🦩好"


def test_what_llama_cannot_load_is_a_message(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot load"):
        LlamaBackend(write(tmp_path / "odd.gguf", "llama"), threads=1)


def write_adapter(path: Path, strength: float) -> Path:
    """A rank-2 LoRA on one layer's queries; at strength 0 it must change nothing."""
    chance = np.random.default_rng(3)
    writer = GGUFWriter(path, "gemma3")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 2.0)
    for layer in range(18):
        name = f"blk.{layer}.attn_q.weight"
        writer.add_tensor(f"{name}.lora_a", chance.normal(size=(2, 640)).astype(np.float32))
        writer.add_tensor(f"{name}.lora_b", (strength * chance.normal(size=(1024, 2))).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_an_adapter_is_applied_for_its_task_only(llama: LlamaBackend, task: LabelTask, tmp_path: Path) -> None:
    texts = ["Wonderful, thank you!", "太差了"]
    plain = probabilities(llama, texts, task)
    idle = replace(task, adapter=str(write_adapter(tmp_path / "idle.gguf", 0.0)))
    strong = replace(task, adapter=str(write_adapter(tmp_path / "strong.gguf", 0.05)))
    assert np.abs(probabilities(llama, texts, idle) - plain).max() < 0.02
    assert np.abs(probabilities(llama, texts, strong) - plain).max() > 0.02
    assert np.array_equal(probabilities(llama, texts, task), plain), "and gone again afterwards"


def test_an_adapter_of_something_else_is_refused(llama: LlamaBackend, task: LabelTask, tmp_path: Path) -> None:
    other = write(tmp_path / "adapter.gguf", "llama", "adapter")
    with pytest.raises(ModelError, match="adapter"):
        list(llama.label(["fine"], replace(task, adapter=str(other))))
    assert probabilities(llama, ["fine"], task).sum() == pytest.approx(1)
