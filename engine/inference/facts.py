"""What a model file says about itself, what it would take to run it, and whether this machine has that now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import ModelError
from engine.inference.backend import CONTEXT_TOKENS
from engine.inference.gguf_header import FILE_TYPES, Header, read_header
from engine.inference.machine import available_memory, total_memory

OVERHEAD_BYTES = 260 << 20
"""The model process besides file and KV cache: interpreter, llama.cpp's work buffers, repacked weights (measured)."""

_ENCODERS = ("bert", "nomic-bert", "jina-bert-v2", "modern-bert", "t5encoder", "t5")


@dataclass(frozen=True)
class ModelFacts:
    """What a GGUF file says about itself. `kv_bytes_per_token` is the KV cache's growth with each token."""

    name: str
    architecture: str
    quantisation: str
    size: int
    context: int
    layers: int
    kv_bytes_per_token: int
    template: str | None
    add_bos: bool
    licence: str | None

    def memory_needed(self, context_tokens: int = CONTEXT_TOKENS) -> int:
        """Bytes the model process will take: the file, its KV cache, and everything else."""
        return self.size + self.kv_bytes_per_token * min(context_tokens, self.context) + OVERHEAD_BYTES


def fits(facts: ModelFacts) -> dict[str, Any]:
    """Whether a model fits this machine's memory, with its KV cache, before anything is loaded.

    Returns:
        `memory_mb` it needs, `kv_cache_mb` of that, `memory_free_mb`, `fits`, and a sentence `verdict`.
    """
    context = min(CONTEXT_TOKENS, facts.context)
    needed, free, total = facts.memory_needed(), available_memory(), total_memory()
    if needed <= free:
        verdict = "fits"
    elif needed <= total:
        verdict = "would fit if other programs were closed"
    else:
        verdict = "does not fit this machine"
    return {
        "memory_mb": needed >> 20,
        "kv_cache_mb": facts.kv_bytes_per_token * context >> 20,
        "context_tokens": context,
        "memory_free_mb": free >> 20,
        "fits": needed <= free,
        "verdict": verdict,
    }


def describe(path: str | Path) -> ModelFacts:
    """Read what a GGUF file says about itself and refuse what cannot be used; takes well under a second.

    Raises:
        ModelError: missing, damaged, an adapter, an encoder, or an architecture that cannot share a prefix.
    """
    path = Path(path)
    header = read_header(path)
    architecture = header.text("general.architecture")
    if architecture is None:
        raise ModelError("This GGUF file does not say what it is.", file=str(path), todo="Choose another model.")
    if header.text("general.type") == "adapter":
        raise ModelError("This is an adapter, not a model.", file=str(path), todo="Choose the model it belongs to.")
    if architecture in _ENCODERS:
        raise ModelError(
            f"This model ({architecture}) only makes vectors and cannot answer questions.",
            file=str(path),
            todo="Choose a text-generating model.",
        )
    if any(key.startswith((f"{architecture}.ssm.", f"{architecture}.wkv.")) for key in header.metadata):
        raise ModelError(
            f"This model ({architecture}) is recurrent and cannot share one instruction among many texts.",
            file=str(path),
            todo="Choose a transformer model, such as gemma-3-270m.",
        )
    return _facts(path, header, architecture)


def _facts(path: Path, header: Header, architecture: str) -> ModelFacts:
    def number(key: str, default: int = 0) -> int:
        return header.number(f"{architecture}.{key}", default)

    layers, heads = number("block_count"), number("attention.head_count", 1)
    head = number("embedding_length") // max(1, heads)
    width = number("attention.key_length", head) + number("attention.value_length", head)
    file_type = header.number("general.file_type", -1)
    return ModelFacts(
        name=header.text("general.name") or path.stem,
        architecture=architecture,
        quantisation=FILE_TYPES.get(file_type, "unknown"),
        size=path.stat().st_size,
        context=number("context_length"),
        layers=layers,
        # Keys and values as 16-bit floats in every layer.
        kv_bytes_per_token=layers * number("attention.head_count_kv", heads) * width * 2,
        template=header.text("tokenizer.chat_template"),
        add_bos=header.metadata.get("tokenizer.ggml.add_bos_token") is True,
        licence=header.text("general.license"),
    )
