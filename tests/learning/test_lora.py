"""LoRA layers: they start as nothing, their gradients are right, and only they are trained."""

from __future__ import annotations

import pytest
import torch

from engine.learning import lora
from engine.learning.base_model import GgufTokenizer, TorchBase
from engine.learning.prompt import encode_all, label_ids
from engine.learning.train import label_logits, label_loss


def _logits(base: TorchBase, tokenizer: GgufTokenizer, task, texts: list[str]) -> torch.Tensor:
    return label_logits(base, base.label_rows(label_ids(task, tokenizer)), encode_all(task, tokenizer, texts))


def test_an_untrained_adapter_changes_nothing(base, tokenizer, task) -> None:
    before = _logits(base, tokenizer, task, ["good battery"])
    lora.attach(base.model, rank=4, alpha=8, seed=1)
    assert len(list(lora.pairs(base.model))) == 3 * 7
    assert torch.equal(_logits(base, tokenizer, task, ["good battery"]), before)


def test_gradients_of_the_pairs_agree_with_finite_differences(base, tokenizer, task) -> None:
    base.model.double()
    lora.attach(base.model, rank=2, alpha=4, seed=1)
    torch.manual_seed(2)
    for _, layer in lora.pairs(base.model):
        layer.double()
        with torch.no_grad():
            layer.lora_b.normal_(0, 0.05)
    rows = base.label_rows(label_ids(task, tokenizer)).double()
    ids = encode_all(task, tokenizer, ["bad thing", "good"])
    target = torch.tensor([[1.0, 0, 0], [0, 0.2, 0.8]], dtype=torch.float64)
    asked = torch.ones(2, 3, dtype=torch.bool)

    def loss() -> torch.Tensor:
        width = max(map(len, ids))
        padded = torch.tensor([one + [0] * (width - len(one)) for one in ids])
        hidden = base.model(input_ids=padded, use_cache=False).last_hidden_state
        last = hidden[torch.arange(2), torch.tensor([len(one) - 1 for one in ids])]
        return label_loss(last @ rows.T, target, asked)

    loss().backward()
    for _, layer in list(lora.pairs(base.model))[::5]:
        for parameter in (layer.lora_a, layer.lora_b):
            # Along the gradient the slope is the gradient's length, and stands above the noise of the norms,
            # which the model computes in single precision whatever its weights are.
            length = parameter.grad.norm()
            direction = parameter.grad / length
            step = 1e-2
            with torch.no_grad():
                parameter.add_(step * direction)
                up = loss()
                parameter.sub_(2 * step * direction)
                down = loss()
                parameter.add_(step * direction)
            assert torch.allclose((up - down) / (2 * step), length, rtol=2e-2, atol=2e-5)


def test_padding_does_not_reach_the_position_that_is_read(base, tokenizer, task) -> None:
    together = _logits(base, tokenizer, task, ["ok", "bad battery thing good fine bad"])
    alone = _logits(base, tokenizer, task, ["ok"])
    assert torch.allclose(together[:1], alone, atol=1e-4)


def test_labels_that_a_source_does_not_know_get_no_gradient() -> None:
    logits = torch.zeros(1, 3, requires_grad=True)
    label_loss(logits, torch.tensor([[0.0, 0.0, 1.0]]), torch.tensor([[True, False, True]])).backward()
    assert logits.grad is not None
    assert logits.grad[0, 1] == 0 and logits.grad[0, 2] < 0 < logits.grad[0, 0]


def test_merging_is_the_mean_of_the_changes_and_keeps_most_of_it_in_a_lower_rank() -> None:
    generator = torch.Generator().manual_seed(3)

    def adapter(rank: int) -> dict[str, torch.Tensor]:
        down, up = torch.randn(rank, 24, generator=generator), torch.randn(40, rank, generator=generator)
        return {"blk.0.ffn_up.weight.lora_a": down, "blk.0.ffn_up.weight.lora_b": up}

    def change(tensors: dict[str, torch.Tensor], scale: float) -> torch.Tensor:
        return scale * tensors["blk.0.ffn_up.weight.lora_b"] @ tensors["blk.0.ffn_up.weight.lora_a"]

    one, other = adapter(4), adapter(8)
    mean = (change(one, 2.0) + change(other, 0.5)) / 2
    whole = lora.merged([(one, 2.0), (other, 0.5)], 12, 2.0)
    assert whole["blk.0.ffn_up.weight.lora_a"].shape == (12, 24)
    assert torch.allclose(change(whole, 2.0), mean, atol=1e-4)
    values = torch.linalg.svdvals(mean)
    cut = change(lora.merged([(one, 2.0), (other, 0.5)], 5, 2.0), 2.0)
    assert float((cut - mean).norm()) == pytest.approx(float(values[5:].norm()), rel=1e-3)
