"""The runs of training that a shipped adapter is merged from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from engine.learning import card

if TYPE_CHECKING:
    import torch

    from engine.learning.base_model import TorchBase
    from engine.learning.train import TrainSettings

Kind = TypeVar("Kind")


def train_runs(
    name: str,
    model: Path,
    runs: Sequence[tuple[Sequence[Kind], TrainSettings]],
    train_one: Callable[[TorchBase, Sequence[Kind], TrainSettings, Path], dict[str, torch.Tensor]],
    out: Path,
    *,
    work: Path,
    device: str,
    rank: int,
    scale: float,
) -> dict[str, torch.Tensor]:
    """Train (or go on training) run by run, merge what comes of them and write it; torch is loaded here and not before.

    Args:
        name: of the adapter. model: the base model's file.
        runs: what each run sees and its settings. train_one: trains one run from its checkpoint on.
        out: the adapter file. work: folder for checkpoints. device: cpu or cuda.
        rank, scale: of the adapter that ships; alpha is rank times scale.

    Returns:
        The merged tensors, as `lora.state`.
    """
    import torch

    from engine.learning import lora
    from engine.learning.base_model import load_torch
    from engine.learning.export import write_gguf

    # Each part of a batch has a thread of its own.
    torch.set_num_threads(1)
    trained = []
    for number, (examples, settings) in enumerate(runs, 1):
        base = load_torch(model, torch.bfloat16, device)
        checkpoint = work / f"{name}.{number}.checkpoint"
        trained.append((train_one(base, examples, settings, checkpoint), settings.alpha / settings.rank))
    tensors = lora.merged(trained, rank, scale)
    write_gguf(out, tensors, alpha=rank * scale, architecture=base.architecture, name=name, licence=card.LICENCE)
    return tensors


def reported_each(steps_apart: int) -> Callable[[int, int, float, float], None]:
    """What `train.fit` takes as `on_step`: a line on stderr every so many steps, and at the end."""

    def on_step(step: int, steps: int, loss: float, seconds: float) -> None:
        if step % steps_apart == 0 or step == steps:
            click.echo(f"step {step}/{steps}  loss {loss:.3f}  {seconds:.0f} s", err=True)

    return on_step
