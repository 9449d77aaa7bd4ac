"""A trained adapter as a GGUF file: it comes back as it was, and llama.cpp computes with it what torch does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from engine.inference.llama import LlamaBackend
from engine.learning import lora
from engine.learning.base_model import load_torch
from engine.learning.export import read_gguf, write_gguf
from engine.learning.prompt import encode_all, label_ids
from engine.learning.train import label_logits

TEXTS = ["good battery", "bad", "fine thing ok: good", "the battery is bad bad bad"]


def _adapter(tiny_path: Path, path: Path):
    base = load_torch(tiny_path, torch.float32)
    lora.attach(base.model, rank=4, alpha=8, seed=3)
    torch.manual_seed(0)
    with torch.no_grad():
        for _, layer in lora.pairs(base.model):
            layer.lora_b.normal_(0, 0.3)
    write_gguf(path, lora.state(base.model), alpha=8, architecture="gemma3", name="mood", licence="none")
    return base


def _llama(tiny_path: Path, task) -> np.ndarray:
    backend = LlamaBackend(tiny_path, threads=1, context_tokens=256, batch_tokens=256, sequences=4)
    scores = np.zeros((len(TEXTS), 3))
    for step in backend.label(TEXTS, task):
        if step is not None:
            scores[step.indices] = step.rows
    backend.close()
    return scores


def test_an_adapter_file_holds_the_tensors_in_half_precision(tiny_path: Path, tmp_path: Path) -> None:
    base = _adapter(tiny_path, tmp_path / "a.gguf")
    tensors, alpha = read_gguf(tmp_path / "a.gguf")
    assert alpha == 8
    for name, tensor in lora.state(base.model).items():
        assert torch.equal(tensors[name], tensor.half().float())


def test_llama_cpp_and_torch_agree_with_and_without_the_adapter(tiny_path, tokenizer, task, tmp_path: Path) -> None:
    plain = load_torch(tiny_path, torch.float32)
    adapted = _adapter(tiny_path, tmp_path / "a.gguf")
    rows = plain.label_rows(label_ids(task, tokenizer))
    ids = encode_all(task, tokenizer, TEXTS)
    with torch.no_grad():
        ours = [label_logits(model, rows, ids).numpy() for model in (plain, adapted)]
    theirs = [_llama(tiny_path, task), _llama(tiny_path, replace(task, adapter=str(tmp_path / "a.gguf")))]
    assert np.abs(ours[0] - ours[1]).max() > 0.5  # the adapter does something
    for torch_side, llama_side in zip(ours, theirs, strict=True):
        assert np.abs(torch_side - llama_side).max() < 0.06
