"""Writing a trained adapter as a GGUF file that llama.cpp loads beside the base model, and reading it back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch


def write_gguf(
    path: Path, tensors: Mapping[str, torch.Tensor], *, alpha: float, architecture: str, name: str, licence: str
) -> Path:
    """Write adapter tensors in half precision.

    Args:
        path: the file to write, replaced as a whole.
        tensors: as `lora.state` returns them: blk.N.x.weight.lora_a (rank, in) and .lora_b (out, rank).
        alpha: the scale is alpha / rank; llama.cpp reads the rank from lora_a.
        architecture: general.architecture of the base model.
        name, licence: for the metadata.

    Returns:
        The path.
    """
    from gguf import GGUFWriter

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    writer = GGUFWriter(str(part), architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    writer.add_name(name)
    writer.add_license(licence)
    for key, tensor in tensors.items():
        writer.add_tensor(key, tensor.detach().to(torch.float16).contiguous().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return part.replace(path)


def read_gguf(path: Path) -> tuple[dict[str, torch.Tensor], float]:
    """Tensors (float32, shapes as `lora.state`) and alpha of an adapter file."""
    from gguf import GGUFReader

    reader = GGUFReader(str(path))
    field = reader.get_field("adapter.lora.alpha")
    if field is None:
        raise ValueError(f"{path} holds no LoRA adapter")
    tensors = {}
    for tensor in reader.tensors:
        shape = tuple(reversed([int(n) for n in tensor.shape]))
        tensors[tensor.name] = torch.from_numpy(np.array(tensor.data, dtype=np.float32).reshape(shape))
    return tensors, float(field.contents())
