"""The base model of an adapter: the quantised GGUF weights that run later, in torch, and their tokeniser."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import ModelError

if TYPE_CHECKING:
    import torch
    from gguf import GGUFReader, ReaderTensor

ROWS_AT_ONCE = 16_384


@cache
def _silence() -> Any:
    """A callback that does nothing. llama.cpp keeps the pointer, so the object must outlive every call: it is cached."""
    import llama_cpp

    return llama_cpp.llama_log_callback(lambda *_: None)


def silence_llama_log() -> None:
    """Drop llama.cpp's log lines (they go to file descriptor 2 otherwise).

    Set anew before every load: another user of the library may have put a callback of its own there and be gone.
    """
    import llama_cpp

    llama_cpp.llama_log_set(_silence(), ctypes.c_void_p(0))


class GgufTokenizer:
    """llama.cpp's own tokeniser of a GGUF file, so that training and running see the same ids."""

    def __init__(self, path: Path) -> None:
        import llama_cpp

        silence_llama_log()
        params = llama_cpp.llama_model_default_params()
        params.vocab_only = True
        self._llama = llama_cpp
        self._model = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
        if not self._model:
            raise ModelError("This model file cannot be read.", file=str(path), todo="Fetch or assemble it again.")
        self._vocab = llama_cpp.llama_model_get_vocab(self._model)

    def encode(self, text: str, *, bos: bool = False) -> list[int]:
        """Token ids of `text`; control words such as <eos> inside it stay text."""
        data = text.encode("utf-8", "replace")
        buffer = (self._llama.llama_token * (len(data) + 8))()
        count = self._llama.llama_tokenize(self._vocab, data, len(data), buffer, len(buffer), bos, False)
        return list(buffer[:count])

    def piece(self, token: int) -> bytes:
        """The bytes that a token stands for."""
        buffer = ctypes.create_string_buffer(256)
        count = self._llama.llama_token_to_piece(self._vocab, token, buffer, 256, 0, False)
        return buffer.raw[: max(0, count)]

    def close(self) -> None:
        """Free the vocabulary."""
        if self._model:
            self._llama.llama_model_free(self._model)
            self._model = None


# GGUF tensor names -> parameter names of transformers' Gemma3TextModel (both layouts are published).
_GEMMA3_LAYER = {
    "attn_q.weight": "self_attn.q_proj.weight",
    "attn_k.weight": "self_attn.k_proj.weight",
    "attn_v.weight": "self_attn.v_proj.weight",
    "attn_output.weight": "self_attn.o_proj.weight",
    "attn_q_norm.weight": "self_attn.q_norm.weight",
    "attn_k_norm.weight": "self_attn.k_norm.weight",
    "attn_norm.weight": "input_layernorm.weight",
    "post_attention_norm.weight": "post_attention_layernorm.weight",
    "ffn_norm.weight": "pre_feedforward_layernorm.weight",
    "post_ffw_norm.weight": "post_feedforward_layernorm.weight",
    "ffn_gate.weight": "mlp.gate_proj.weight",
    "ffn_up.weight": "mlp.up_proj.weight",
    "ffn_down.weight": "mlp.down_proj.weight",
}
# Where a LoRA pair is attached, as GGUF names it; every linear layer of the transformer.
GGUF_NAME_OF_LINEAR = {
    hf.removesuffix(".weight"): gg.removesuffix(".weight")
    for gg, hf in _GEMMA3_LAYER.items()
    if hf.endswith("proj.weight")
}


def parameter_name(gguf_name: str) -> str | None:
    """Name in transformers' Gemma3TextModel of a GGUF tensor, or None if the model has no such tensor."""
    if gguf_name == "token_embd.weight":
        return "embed_tokens.weight"
    if gguf_name == "output_norm.weight":
        return "norm.weight"
    kind, _, rest = gguf_name.partition(".")
    layer, _, tail = rest.partition(".")
    return f"layers.{layer}.{_GEMMA3_LAYER[tail]}" if kind == "blk" and tail in _GEMMA3_LAYER else None


def linear_gguf_name(parameter_path: str) -> str:
    """GGUF name of a linear layer of the torch model: layers.3.mlp.up_proj -> blk.3.ffn_up."""
    _, layer, rest = parameter_path.split(".", 2)
    return f"blk.{layer}.{GGUF_NAME_OF_LINEAR[rest]}"


@dataclass
class TorchBase:
    """Dequantised base weights in torch, without the output projection.

    Attributes:
        model: transformers' Gemma3TextModel, frozen: ids (batch, length) -> hidden states (batch, length, width).
        architecture: value of general.architecture.
    """

    model: torch.nn.Module
    architecture: str

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.model.parameters()).device

    def label_rows(self, label_ids: list[int]) -> torch.Tensor:
        """Rows of the (tied) output matrix for these tokens, (labels, width): all that label reading needs of it."""
        weight: torch.Tensor = self.model.get_parameter("embed_tokens.weight")
        return weight[label_ids].detach().float()


def _field(reader: GGUFReader, name: str) -> Any:
    field = reader.get_field(name)
    if field is None:
        raise ModelError(
            f"The model file says nothing about {name}.", todo="Use a complete GGUF file of a Gemma 3 model."
        )
    return field.contents()


def load_torch(path: Path, dtype: torch.dtype, device: str = "cpu") -> TorchBase:
    """Load a Gemma 3 GGUF of any quantisation into torch, every weight as it is after dequantisation.

    Args:
        path: the GGUF file.
        dtype: storage type of the matrices; the norms' gains stay float32.
        device: as torch names it: cpu, cuda.

    Raises:
        ModelError: another architecture than Gemma 3, or an incomplete file.
    """
    import torch
    from gguf import GGUFReader
    from transformers import Gemma3TextConfig
    from transformers.models.gemma3.modeling_gemma3 import Gemma3TextModel

    reader = GGUFReader(str(path))
    architecture = str(_field(reader, "general.architecture"))
    if architecture != "gemma3":
        raise ModelError(
            f"Adapters can be trained for Gemma 3 models only so far, and this file holds {architecture}.",
            file=str(path),
        )
    layers = int(_field(reader, "gemma3.block_count"))
    vocabulary = next(int(t.shape[-1]) for t in reader.tensors if t.name == "token_embd.weight")
    config = Gemma3TextConfig(
        vocab_size=vocabulary,
        hidden_size=int(_field(reader, "gemma3.embedding_length")),
        intermediate_size=int(_field(reader, "gemma3.feed_forward_length")),
        num_hidden_layers=layers,
        num_attention_heads=int(_field(reader, "gemma3.attention.head_count")),
        num_key_value_heads=int(_field(reader, "gemma3.attention.head_count_kv")),
        head_dim=int(_field(reader, "gemma3.attention.key_length")),
        query_pre_attn_scalar=int(_field(reader, "gemma3.attention.key_length")),
        rms_norm_eps=float(_field(reader, "gemma3.attention.layer_norm_rms_epsilon")),
        sliding_window=int(_field(reader, "gemma3.attention.sliding_window")),
        max_position_embeddings=int(_field(reader, "gemma3.context_length")),
    )
    config._attn_implementation = "sdpa"
    with torch.device("meta"):
        model = Gemma3TextModel(config)
    state: dict[str, torch.Tensor] = {}
    for tensor in reader.tensors:
        name = parameter_name(tensor.name)
        if name is None:
            continue
        values = _dequantised(tensor, torch.float32 if tensor.data.ndim == 1 else dtype)
        # GGUF stores the gain of Gemma's RMSNorm as 1 + w, torch as w.
        state[name] = values - 1.0 if name.endswith("norm.weight") else values
    missing = [name for name, _ in model.named_parameters() if name not in state]
    if missing:
        raise ModelError(f"The model file lacks {len(missing)} tensors, {missing[0]} among them.", file=str(path))
    model.load_state_dict(state, strict=False, assign=True)
    model = _materialise_buffers(model, Gemma3TextModel, config)
    return TorchBase(model.eval().requires_grad_(False).to(device), architecture)


def _dequantised(tensor: ReaderTensor, dtype: torch.dtype) -> torch.Tensor:
    """One tensor in torch's order of dimensions, by blocks of rows: the embedding alone would fill 0.7 GB as float32."""
    import torch
    from gguf.quants import dequantize

    shape = tuple(int(n) for n in reversed(tensor.shape))
    out = torch.empty(shape, dtype=dtype)
    for start in range(0, shape[0], ROWS_AT_ONCE):
        block = dequantize(tensor.data[start : start + ROWS_AT_ONCE], tensor.tensor_type)
        out[start : start + ROWS_AT_ONCE] = torch.from_numpy(np.array(block, dtype=np.float32))
    return out


def _materialise_buffers(model: torch.nn.Module, model_class: Any, config: Any) -> torch.nn.Module:
    """Replace buffers left on the meta device (rotary frequencies, embedding scale) by those of a layerless twin."""
    import copy

    import torch

    small = copy.deepcopy(config)
    small.vocab_size = 8
    twin = dict(model_class(small).named_buffers())
    for name, buffer in list(model.named_buffers()):
        if buffer.is_meta:
            owner, _, leaf = name.rpartition(".")
            parent = model.get_submodule(owner) if owner else model
            parent.register_buffer(leaf, twin[name].clone().to(torch.float32), persistent=False)
    return model
