"""Writes a model with an adapter's changes in its weights: `python -m engine.inference.merge MODEL ADAPTER TARGET`.

An adapter applied at run time costs two more products for every matrix of the model, which on a CPU is as much time as
the model itself. Merged (W + alpha/rank * B A; Hu et al. 2021, "LoRA", section 4.1) it costs nothing. The changed
matrices are written as Q8_0: rounding them to the four bits they came from would round most of the adapter away.

A program of its own, because it holds the weights for some seconds and the vocabulary is slow to parse.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from engine.privacy.offline import forbid_network

Q8_0_WEIGHTS, Q8_0_BYTES = 32, 34

if TYPE_CHECKING:
    import numpy as np
    from gguf import GGUFReader, ReaderTensor
    from numpy.typing import NDArray


def merge(model: Path, adapter: Path, target: Path) -> int:
    """Write `target`: the model's metadata and weights, with every matrix that the adapter names changed by it.

    Returns:
        How many matrices were changed.

    Raises:
        ValueError: the adapter is none, or names a matrix that the model does not have or that has another shape.
    """
    import numpy as np
    from gguf import GGMLQuantizationType, GGUFReader
    from gguf.quants import quantize

    base, pairs = GGUFReader(str(model)), _pairs(GGUFReader(str(adapter)))
    unknown = pairs.keys() - {tensor.name for tensor in base.tensors}
    if unknown:
        raise ValueError(f"the model has no {min(unknown)}")
    infos, offset = bytearray(), 0
    for tensor in base.tensors:
        kind, size = tensor.tensor_type, int(tensor.n_bytes)
        if tensor.name in pairs:
            kind = GGMLQuantizationType.Q8_0
            size = int(tensor.n_elements) // Q8_0_WEIGHTS * Q8_0_BYTES
        name, shape = tensor.name.encode(), [int(n) for n in tensor.shape]
        infos += struct.pack("<Q", len(name)) + name + struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
        infos += struct.pack("<IQ", int(kind), offset)
        offset += _padded(size, base.alignment)
    # The metadata stays byte for byte: everything in front of the first tensor's description.
    head = bytes(base.data[: base.tensors[0].field.offset]) + bytes(infos)
    with target.open("wb") as out:
        out.write(head.ljust(_padded(len(head), base.alignment), b"\0"))
        for tensor in base.tensors:
            data = tensor.data
            if tensor.name in pairs:
                data = quantize(_changed(tensor, *pairs[tensor.name]), GGMLQuantizationType.Q8_0)
            raw = np.asarray(data).tobytes()
            out.write(raw.ljust(_padded(len(raw), base.alignment), b"\0"))
    return len(pairs)


def _pairs(adapter: GGUFReader) -> dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """By the name of the model's matrix: A (rank, in), and B (out, rank) times the adapter's scale."""
    import numpy as np

    field = adapter.get_field("adapter.lora.alpha")
    if field is None:
        raise ValueError("the adapter says no lora.alpha")
    alpha = float(field.contents())
    found: dict[str, dict[str, NDArray[np.float32]]] = {}
    for tensor in adapter.tensors:
        name, _, part = tensor.name.rpartition(".lora_")
        shape = tuple(reversed([int(n) for n in tensor.shape]))
        found.setdefault(name, {})[part] = np.asarray(tensor.data, dtype=np.float32).reshape(shape)
    return {name: (pair["a"], pair["b"] * (alpha / len(pair["a"]))) for name, pair in found.items()}


def _changed(tensor: ReaderTensor, a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """The matrix with the adapter's change, float32, shape (out, in)."""
    import numpy as np
    from gguf.quants import dequantize

    weights = dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
    if weights.shape != (len(b), a.shape[1]):
        raise ValueError(f"{tensor.name} is {weights.shape} in the model and {(len(b), a.shape[1])} in the adapter")
    changed: NDArray[np.float32] = weights + b @ a
    return changed


def _padded(size: int, alignment: int) -> int:
    return -(-size // alignment) * alignment


def main(arguments: list[str]) -> int:
    """Returns the exit code: 0 when the target is written."""
    forbid_network()
    model, adapter, target = map(Path, arguments)
    try:
        merge(model, adapter, target)
    except (ValueError, KeyError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
