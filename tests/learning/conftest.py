"""Shared fixtures: the tiny model, its torch form, and a label task for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from engine.inference.task import LabelTask
from engine.learning.base_model import GgufTokenizer, TorchBase, load_torch
from tests.learning.tiny import write_tiny_gemma

TASK = LabelTask(
    "mood", "1", "Thing:\n", "\nMood:", {"bad": (" bad",), "fine": (" fine",), "good": (" good",)}, max_text_tokens=60
)


@pytest.fixture(scope="session")
def tiny_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Gemma 3 GGUF file."""
    return write_tiny_gemma(tmp_path_factory.mktemp("tiny") / "tiny.gguf")


@pytest.fixture
def base(tiny_path: Path) -> TorchBase:
    """The tiny model in torch, fresh for every test."""
    return load_torch(tiny_path, torch.float32)


@pytest.fixture
def tokenizer(tiny_path: Path) -> Iterator[GgufTokenizer]:
    """llama.cpp's tokeniser of the tiny model."""
    made = GgufTokenizer(tiny_path)
    yield made
    made.close()


@pytest.fixture
def task() -> LabelTask:
    """Three labels whose answers are single tokens of the tiny model."""
    return TASK
