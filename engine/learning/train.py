"""Training a LoRA adapter: the loop that every adapter shares, and the loss for label reading at the last position."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn

from engine.inference.task import LabelTask
from engine.learning import lora
from engine.learning.base_model import TorchBase
from engine.learning.examples import Example
from engine.learning.prompt import Tokenizer, encode_all, label_ids

OnStep = Callable[[int, int, float, float], None]


@dataclass(frozen=True)
class TrainSettings:
    """Everything that decides the result besides base weights and data.

    Args:
        rank: rank of the pairs. alpha: their scale is alpha / rank. dropout: on the input of the pairs.
        lr: peak learning rate (AdamW, linear warm-up over `warmup` of the steps, then cosine to a tenth).
        tokens_per_step: texts of like length are packed until this many tokens.
        epochs: passes over the data. max_text_tokens: texts are cut to this length in training.
        weight_decay: of AdamW, on the pairs. seed: of initialisation and order.
    """

    rank: int = 8
    alpha: float = 16.0
    dropout: float = 0.0
    lr: float = 3e-4
    tokens_per_step: int = 1024
    epochs: int = 1
    max_text_tokens: int = 120
    weight_decay: float = 0.01
    warmup: float = 0.05
    seed: int = 20261124


def hidden_states(base: TorchBase, batch: Sequence[Sequence[int]]) -> torch.Tensor:
    """Hidden states of token sequences, padded on the right: (batch, longest, width)."""
    width = max(len(ids) for ids in batch)
    padded = torch.zeros(len(batch), width, dtype=torch.long)
    for row, ids in enumerate(batch):
        padded[row, : len(ids)] = torch.tensor(ids)
    hidden: torch.Tensor = base.model(input_ids=padded.to(base.device), use_cache=False).last_hidden_state
    return hidden


def label_logits(base: TorchBase, rows: torch.Tensor, batch: Sequence[Sequence[int]]) -> torch.Tensor:
    """Logits of the label words after the last token of each sequence, (batch, labels), float32, on the CPU.

    Sequences are padded on the right: under causal attention the padding cannot reach the position that is read.
    """
    hidden = hidden_states(base, batch)
    last = hidden[torch.arange(len(batch)), torch.tensor([len(ids) - 1 for ids in batch])]
    return (last.float() @ rows.T).cpu()


def label_loss(logits: torch.Tensor, target: torch.Tensor, asked: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy over the asked labels. All arguments (batch, labels); `asked` is boolean."""
    log_p = torch.log_softmax(logits.masked_fill(~asked, -1e9), dim=-1)
    return -(target * log_p).sum(dim=-1).mean()


def packed_batches(lengths: Sequence[int], budget: int, rng: random.Random) -> list[list[int]]:
    """Indices grouped by like length, at most `budget` padded tokens each, in random order.

    Lengths are jittered before sorting, so that other texts meet in every epoch.
    """
    order = sorted(range(len(lengths)), key=lambda i: lengths[i] * rng.uniform(0.9, 1.1))
    batches: list[list[int]] = []
    current: list[int] = []
    longest = 0
    for i in order:
        if current and max(longest, lengths[i]) * (len(current) + 1) > budget:
            batches.append(current)
            current, longest = [], 0
        current.append(i)
        longest = max(longest, lengths[i])
    if current:
        batches.append(current)
    rng.shuffle(batches)
    return batches


def learning_rate(step: int, steps: int, settings: TrainSettings) -> float:
    """Linear warm-up, then cosine down to a tenth of the peak."""
    warm = max(1, round(steps * settings.warmup))
    if step < warm:
        return settings.lr * (step + 1) / warm
    return settings.lr * (0.55 + 0.45 * math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def train(
    base: TorchBase,
    tokenizer: Tokenizer,
    task: LabelTask,
    examples: Sequence[Example],
    settings: TrainSettings,
    checkpoint: Path,
    *,
    workers: int = 1,
    checkpoint_every: int = 100,
    on_step: OnStep | None = None,
    on_checkpoint: Callable[[int], None] | None = None,
) -> dict[str, torch.Tensor]:
    """Train an adapter for label reading, from the checkpoint on if there is one of the same settings and data.

    Args:
        base: frozen weights; gets the adapter attached unless it already has one.
        tokenizer, task, examples, settings: as named.
        checkpoint, workers, checkpoint_every, on_step, on_checkpoint: see `fit`.

    Returns:
        The adapter's tensors, as `lora.state`.
    """
    rows = base.label_rows(label_ids(task, tokenizer))
    ids = encode_all(task, tokenizer, [e.text for e in examples], settings.max_text_tokens)

    def loss_of(batch: Sequence[int]) -> torch.Tensor:
        target = torch.tensor([examples[i].target for i in batch])
        asked = torch.tensor([examples[i].asked for i in batch])
        return label_loss(label_logits(base, rows, [ids[i] for i in batch]), target, asked)

    return fit(
        base,
        [len(i) for i in ids],
        loss_of,
        settings,
        checkpoint,
        workers=workers,
        checkpoint_every=checkpoint_every,
        on_step=on_step,
        on_checkpoint=on_checkpoint,
    )


def fit(
    base: TorchBase,
    lengths: Sequence[int],
    loss_of: Callable[[Sequence[int]], torch.Tensor],
    settings: TrainSettings,
    checkpoint: Path,
    *,
    workers: int = 1,
    checkpoint_every: int = 100,
    on_step: OnStep | None = None,
    on_checkpoint: Callable[[int], None] | None = None,
) -> dict[str, torch.Tensor]:
    """Train an adapter by any loss over examples, from the checkpoint on if there is one of the same settings and data.

    Args:
        base: frozen weights; gets the adapter attached unless it already has one.
        lengths: tokens of each example.
        loss_of: mean loss over the examples at these indices.
        settings: as named.
        checkpoint: file for the state (adapter, optimiser, step); written every `checkpoint_every` steps.
        workers: a batch is cut into so many parts, one a thread of its own: on a busy machine that waits far less than
            several threads in every product. Torch's own threads should then be 1. A GPU takes every batch whole.
        on_step: called with (step, steps, smoothed loss, seconds since start).
        on_checkpoint: called with the step after each checkpoint, with the model in evaluation mode.

    Returns:
        The adapter's tensors, as `lora.state`.
    """
    workers = workers if base.device.type == "cpu" else 1
    torch.manual_seed(settings.seed)
    if next(lora.pairs(base.model), None) is None:
        lora.attach(base.model, settings.rank, settings.alpha, settings.seed, settings.dropout)
    parameters = lora.trainable(base.model)
    rng = random.Random(settings.seed)
    batches = [b for _ in range(settings.epochs) for b in packed_batches(lengths, settings.tokens_per_step, rng)]
    key = json.dumps([asdict(settings), len(lengths), sum(lengths)])
    optimiser = torch.optim.AdamW(parameters, lr=settings.lr, weight_decay=settings.weight_decay, betas=(0.9, 0.98))
    start = _resume(checkpoint, key, base.model, optimiser)
    began, smooth = time.monotonic(), math.nan
    mean_size = len(lengths) * settings.epochs / max(1, len(batches))
    pool = ThreadPoolExecutor(workers)
    for step in range(start, len(batches)):
        base.model.train()
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step, len(batches), settings)
        value = _step(batches[step], loss_of, parameters, optimiser, pool, workers, mean_size)
        smooth = value if math.isnan(smooth) else 0.95 * smooth + 0.05 * value
        if on_step is not None:
            on_step(step + 1, len(batches), smooth, time.monotonic() - began)
        if (step + 1) % checkpoint_every == 0 or step + 1 == len(batches):
            _save(checkpoint, key, base.model, optimiser, step + 1)
            base.model.eval()
            if on_checkpoint is not None:
                on_checkpoint(step + 1)
    pool.shutdown()
    base.model.eval()
    return lora.state(base.model)


def _step(
    batch: Sequence[int],
    loss_of: Callable[[Sequence[int]], torch.Tensor],
    parameters: Sequence[nn.Parameter],
    optimiser: torch.optim.Optimizer,
    pool: ThreadPoolExecutor,
    workers: int,
    mean_size: float,
) -> float:
    """One step of the optimiser over a batch that is cut into parts, one a thread; returns the batch's mean loss."""
    # Packs of short texts hold more of them: weigh by count, so that every text counts the same.
    parts = [batch[i::workers] for i in range(workers) if batch[i::workers]]
    done = list(pool.map(lambda part: _gradients(loss_of(part) * (len(part) / mean_size), parameters), parts))
    for parameter, *gradients in zip(parameters, *(gradients for _, gradients in done), strict=True):
        parameter.grad = torch.stack(gradients).sum(dim=0) if len(gradients) > 1 else gradients[0]
    nn.utils.clip_grad_norm_(parameters, 1.0)
    optimiser.step()
    return sum(loss for loss, _ in done) * mean_size / len(batch)


def _gradients(loss: torch.Tensor, parameters: Sequence[nn.Parameter]) -> tuple[float, tuple[torch.Tensor, ...]]:
    return loss.item(), torch.autograd.grad(loss, parameters)


def _save(path: Path, key: str, model: nn.Module, optimiser: torch.optim.Optimizer, step: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    torch.save({"key": key, "step": step, "adapter": lora.state(model), "optimiser": optimiser.state_dict()}, part)
    part.replace(path)


def _resume(path: Path, key: str, model: nn.Module, optimiser: torch.optim.Optimizer) -> int:
    """Step to go on from; 0 when there is no checkpoint of the same settings and data."""
    if not path.exists():
        return 0
    saved = torch.load(path, weights_only=True, map_location="cpu")
    if saved["key"] != key:
        return 0
    lora.load_state(model, saved["adapter"])
    optimiser.load_state_dict(saved["optimiser"])
    return int(saved["step"])
