"""Training: it learns, it leaves the base alone, and it goes on after a stop as if nothing had happened."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch

from engine.learning.base_model import load_torch
from engine.learning.examples import Example
from engine.learning.train import TrainSettings, packed_batches, train

SETTINGS = TrainSettings(rank=4, alpha=8, lr=2e-2, tokens_per_step=120, epochs=3, max_text_tokens=40)


def _examples() -> list[Example]:
    targets = {"bad": (1.0, 0.0, 0.0), "fine": (0.0, 1.0, 0.0), "good": (0.0, 0.0, 1.0)}
    return [
        Example(f"{word} {thing}", target, (True, True, True), "s", thing)
        for word, target in targets.items()
        for thing in ("battery", "thing", "ok thing", "thing battery", "battery ok")
    ]


def test_training_lowers_the_loss_and_leaves_the_base_weights_alone(base, tokenizer, task, tmp_path: Path) -> None:
    before = {name: p.clone() for name, p in base.model.named_parameters()}
    losses: list[float] = []
    train(
        base,
        tokenizer,
        task,
        _examples() * 3,
        SETTINGS,
        tmp_path / "c",
        on_step=lambda s, n, loss, t: losses.append(loss),
    )
    assert losses[-1] < 0.7 * losses[0]
    after = dict(base.model.named_parameters())
    assert all(torch.equal(after[_inside(name, after)], value) for name, value in before.items())


def _inside(name: str, names: dict[str, torch.nn.Parameter]) -> str:
    """A wrapped layer's weight has moved one level down."""
    return name if name in names else name.replace("proj.weight", "proj.base.weight")


def test_a_stopped_training_resumes_to_the_same_weights(tiny_path, tokenizer, task, tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def stop_at_five(step: int, steps: int, loss: float, seconds: float) -> None:
        if step == 5:
            raise Stop

    def run(checkpoint: Path, on_step=None):
        fresh = load_torch(tiny_path, torch.float32)
        return train(fresh, tokenizer, task, _examples(), SETTINGS, checkpoint, checkpoint_every=2, on_step=on_step)

    whole = run(tmp_path / "whole")
    with pytest.raises(Stop):
        run(tmp_path / "broken", stop_at_five)
    resumed = run(tmp_path / "broken")
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_batches_hold_every_text_once_and_keep_to_the_budget() -> None:
    lengths = [random.Random(4).randint(5, 90) for _ in range(200)]
    batches = packed_batches(lengths, 256, random.Random(0))
    assert sorted(i for batch in batches for i in batch) == list(range(200))
    assert all(max(lengths[i] for i in batch) * len(batch) <= 256 for batch in batches)
