"""How many of a model's layers go to a graphics card, chosen by the memory that is free there, and said in words.

The model process asks llama.cpp which cards its build can use; a build without GPU support says so instead of silently
using the processor.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.inference.backend import CONTEXT_TOKENS

if TYPE_CHECKING:
    from engine.inference.facts import ModelFacts

RESERVE_BYTES = 512 << 20
"""Left free on a card for llama.cpp's work buffers and for the screen that may hang on it."""

_GPU, _INTEGRATED = 1, 2
_NO_CARD = {"CPU", "BLAS", "RPC"}
"""Backends of llama.cpp that are no graphics card's."""


@dataclass(frozen=True)
class Device:
    """A graphics card that this build of llama.cpp can use; memory in bytes; `index` is its place in llama.cpp's list."""

    name: str
    free: int
    total: int
    index: int = 0


@dataclass(frozen=True)
class Offload:
    """How many layers go to which card (its `Device.index`; None: no card is touched), and the sentence for the screen."""

    layers: int
    sentence: str
    device: int | None = None


NO_OFFLOAD = Offload(0, "GPU: not asked for")


def _registry() -> Any:
    """llama.cpp's list of backends and devices."""
    from llama_cpp._ggml import libggml
    from llama_cpp.llama_cpp import _lib as libllama

    # A package holds a library under several names, as files of their own: asked for by the name without a version, ggml
    # is loaded a second time, with a list of its own. What libllama is linked to is found through it (not on Windows, where
    # the name is the same).
    if hasattr(libllama, "ggml_backend_dev_count"):
        libggml = libllama
    libggml.ggml_backend_reg_count.restype = ctypes.c_size_t
    libggml.ggml_backend_reg_get.argtypes = [ctypes.c_size_t]
    libggml.ggml_backend_reg_get.restype = ctypes.c_void_p
    libggml.ggml_backend_reg_name.argtypes = [ctypes.c_void_p]
    libggml.ggml_backend_reg_name.restype = ctypes.c_char_p
    libggml.ggml_backend_dev_count.restype = ctypes.c_size_t
    libggml.ggml_backend_dev_get.argtypes = [ctypes.c_size_t]
    libggml.ggml_backend_dev_get.restype = ctypes.c_void_p
    libggml.ggml_backend_dev_type.argtypes = [ctypes.c_void_p]
    libggml.ggml_backend_dev_description.argtypes = [ctypes.c_void_p]
    libggml.ggml_backend_dev_description.restype = ctypes.c_char_p
    size = ctypes.POINTER(ctypes.c_size_t)
    libggml.ggml_backend_dev_memory.argtypes = [ctypes.c_void_p, size, size]
    return libggml


def supported() -> bool:
    """Whether the installed llama.cpp was built for any graphics card, found or not. Only called in the model process."""
    ggml = _registry()
    names = {ggml.ggml_backend_reg_name(ggml.ggml_backend_reg_get(i)) for i in range(ggml.ggml_backend_reg_count())}
    return bool({name.decode(errors="replace") for name in names} - _NO_CARD)


def devices() -> list[Device]:
    """The graphics cards that the installed llama.cpp can use. Only called in the model process."""
    ggml = _registry()
    found = []
    for index in range(ggml.ggml_backend_dev_count()):
        device = ggml.ggml_backend_dev_get(index)
        if ggml.ggml_backend_dev_type(device) in (_GPU, _INTEGRATED):
            free, total = ctypes.c_size_t(), ctypes.c_size_t()
            ggml.ggml_backend_dev_memory(device, ctypes.byref(free), ctypes.byref(total))
            name = ggml.ggml_backend_dev_description(device).decode(errors="replace")
            found.append(Device(name, free.value, total.value, index))
    return found


def only(device: int | None) -> ctypes.Array[ctypes.c_void_p]:
    """The NULL-terminated list of that one card, or of none, as `llama_model_params.devices` takes it.

    Left to itself llama.cpp spreads a model over every card, and multiplies large batches on one even when no layer is
    offloaded.
    """
    cards = [] if device is None else [_registry().ggml_backend_dev_get(device)]
    return (ctypes.c_void_p * (len(cards) + 1))(*cards, None)


def plan(facts: ModelFacts, cards: Sequence[Device], *, supported: bool, trusted: bool = True) -> Offload:
    """How many layers of a model fit on the card with the most free memory.

    A layer is counted as its share of the file plus its KV cache for `CONTEXT_TOKENS`; the output layer counts as one.

    Args:
        facts: what the model's file says.
        cards: from `devices`.
        supported: whether this build of llama.cpp can use a graphics card at all.
        trusted: False after the model process broke off again and again with a card.
    """
    if not supported:
        return Offload(0, "GPU: not used, this build of llama.cpp has no GPU support")
    if not cards:
        return Offload(0, "GPU: not used, no graphics card was found")
    card = max(cards, key=lambda card: card.free)
    if not trusted:
        return Offload(0, f"GPU: not used, the model process broke off while it was ({card.name})")
    kv = facts.kv_bytes_per_token * min(CONTEXT_TOKENS, facts.context) // max(1, facts.layers)
    share = facts.size // (facts.layers + 1) + kv
    fitting = max(0, card.free - RESERVE_BYTES) // max(1, share)
    shown = min(fitting, facts.layers)
    where = f"{card.name}, {card.free >> 20:,} MB free"
    if not fitting:
        return Offload(0, f"GPU: not used, too little memory is free on it ({where})")
    return Offload(min(fitting, facts.layers + 1), f"GPU: {shown} of {facts.layers} layers ({where})", card.index)
