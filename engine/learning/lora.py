"""Low-rank adapters (LoRA, Hu et al. 2021) on the linear layers of a frozen base model."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import nn

from engine.learning.base_model import linear_gguf_name


class LoraLinear(nn.Module):  # type: ignore[misc]  # torch is not followed by mypy here
    """A frozen linear layer plus a trainable low-rank term: y = W x + alpha / rank * B A x.

    `lora_a` (rank, in) starts random, `lora_b` (out, rank) zero, so that an untrained adapter changes nothing.
    The pair is kept in float32 and cast to the type of the activations for the product.
    """

    def __init__(self, base: nn.Linear, rank: int, alpha: float, dropout: float, generator: torch.Generator) -> None:
        super().__init__()
        self.base = base
        self.scale = alpha / rank
        self.dropout = nn.Dropout(dropout)
        bound = 1.0 / math.sqrt(base.in_features)
        # Drawn on the CPU, so that one seed is the same start on every device.
        start = torch.empty(rank, base.in_features).uniform_(-bound, bound, generator=generator)
        self.lora_a = nn.Parameter(start.to(base.weight.device))
        self.lora_b = nn.Parameter(torch.zeros(base.out_features, rank, device=base.weight.device))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(..., in) -> (..., out)."""
        low = nn.functional.linear(self.dropout(x), self.lora_a.to(x.dtype)) * self.scale
        y: torch.Tensor = self.base(x) + nn.functional.linear(low, self.lora_b.to(x.dtype))
        return y


def attach(model: nn.Module, rank: int, alpha: float, seed: int, dropout: float = 0.0) -> None:
    """Replace every linear layer of the model by a `LoraLinear` around it, in place."""
    generator = torch.Generator().manual_seed(seed)
    for path, layer in [(path, layer) for path, layer in model.named_modules() if isinstance(layer, nn.Linear)]:
        owner, _, leaf = path.rpartition(".")
        setattr(model.get_submodule(owner), leaf, LoraLinear(layer, rank, alpha, dropout, generator))


def pairs(model: nn.Module) -> Iterator[tuple[str, LoraLinear]]:
    """Every adapted layer with its GGUF name (blk.0.attn_q ...), in model order."""
    for path, layer in model.named_modules():
        if isinstance(layer, LoraLinear):
            yield linear_gguf_name(path), layer


def trainable(model: nn.Module) -> list[nn.Parameter]:
    """The adapter's parameters, in model order."""
    return [parameter for _, layer in pairs(model) for parameter in (layer.lora_a, layer.lora_b)]


def state(model: nn.Module) -> dict[str, torch.Tensor]:
    """Copies on the CPU of the adapter's tensors under the names that a GGUF adapter uses: blk.0.attn_q.weight.lora_a ..."""
    tensors: dict[str, torch.Tensor] = {}
    for name, layer in pairs(model):
        tensors[f"{name}.weight.lora_a"] = layer.lora_a.detach().cpu().clone()
        tensors[f"{name}.weight.lora_b"] = layer.lora_b.detach().cpu().clone()
    return tensors


def load_state(model: nn.Module, tensors: dict[str, torch.Tensor]) -> None:
    """Put tensors as `state` returns them into an adapted model.

    Raises:
        KeyError: a tensor of the model is missing.
    """
    with torch.no_grad():
        for name, layer in pairs(model):
            layer.lora_a.copy_(tensors[f"{name}.weight.lora_a"])
            layer.lora_b.copy_(tensors[f"{name}.weight.lora_b"])


def merged(
    adapters: Sequence[tuple[Mapping[str, torch.Tensor], float]], rank: int, scale: float
) -> dict[str, torch.Tensor]:
    """One adapter whose change of every weight is the mean of the adapters' changes, cut to `rank`.

    The mean of weights trained on differing mixes reads unseen kinds of text better than each of them and costs no more
    to run (model soups, Wortsman et al. 2022). Its rank is the sum of the ranks; the best approximation of a lower one is
    the truncated singular value decomposition (Eckart & Young 1936), taken here of the factors only.

    Args:
        adapters: tensors as `state` returns them, each with its scale (alpha / rank).
        rank: of the result.
        scale: alpha / rank of the result.

    Returns:
        Tensors as `state` returns them.
    """
    names = [key.removesuffix(".lora_a") for key in adapters[0][0] if key.endswith(".lora_a")]
    tensors: dict[str, torch.Tensor] = {}
    for name in names:
        downs = [own[f"{name}.lora_a"].double() for own, _ in adapters]
        ups = [own[f"{name}.lora_b"].double() * (of / len(adapters)) for own, of in adapters]
        left, left_r = torch.linalg.qr(torch.cat(ups, dim=1))
        right, right_r = torch.linalg.qr(torch.cat(downs).T)
        u, values, v = torch.linalg.svd(left_r @ right_r.T)
        root = (values[:rank] / scale).sqrt()
        tensors[f"{name}.lora_a"] = (root[:, None] * (v[:rank] @ right.T)).float()
        tensors[f"{name}.lora_b"] = ((left @ u[:, :rank]) * root).float()
    return tensors
