"""Adapters as llama.cpp multiplies them fast: their rank filled up with zeros to what its kernels want.

Applied at run time, a LoRA adapter of rank 8 made reading a third slower, nearly all of it in the products with the
second matrix: rows of eight numbers are too short for the vector kernels, which take sixteen at a time, and fall back to
one dot product after another. Zeros change no result; with alpha enlarged by the same factor the scale alpha/rank stays.
Merging the adapter into the weights instead was no faster in eight bits and moved two labels in a hundred; rounded to
the four bits the weights came from, it lost half of them.
"""

from __future__ import annotations

from pathlib import Path

from engine.errors import ModelError
from engine.inference.files import file_hash, is_sealed, seal, seal_path, write_whole
from engine.paths import models_dir

MULTIPLE = 16
"""Numbers that a 512-bit unit multiplies at a time in half precision's kernels."""

KEPT = 8
"""Filled-up adapters that are kept on disk; each takes some megabytes and a second to make."""


def fast_adapter(adapter: Path) -> Path:
    """The adapter with its rank filled up to a multiple of `MULTIPLE`, written once and kept in the models folder.

    An adapter that needs no filling, or is not in half or single precision, is returned as it is; so is one for which
    the disk has no room.

    Raises:
        ModelError: the file is no adapter.
    """
    target = models_dir() / "adapters" / f"{file_hash(adapter)}.r{MULTIPLE}.gguf"
    if is_sealed(target):
        return target
    target.parent.mkdir(exist_ok=True, mode=0o700)
    try:
        write_whole(target, lambda temporary: _write(adapter, temporary))
        seal(target)
    except _AsItIs:
        return adapter
    except (ValueError, KeyError, IndexError) as error:
        raise ModelError(
            f"This adapter cannot be read ({error}).", file=str(adapter), todo="Get the file again."
        ) from error
    except ModelError:
        return adapter
    _drop_oldest(target.parent)
    return target


def _drop_oldest(folder: Path) -> None:
    """Training tries adapter after adapter: only the newest are kept."""
    files = sorted(folder.glob(f"*.r{MULTIPLE}.gguf"), key=lambda path: path.stat().st_mtime)
    for path in files[:-KEPT]:
        path.unlink(missing_ok=True)
        seal_path(path).unlink(missing_ok=True)


class _AsItIs(Exception):
    """Nothing is to be filled up."""


def _write(adapter: Path, target: Path) -> None:
    import numpy as np
    from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter

    reader = GGUFReader(str(adapter))
    architecture = reader.get_field("general.architecture")
    alpha = reader.get_field("adapter.lora.alpha")
    ranks = {len(tensor.data) for tensor in reader.tensors if tensor.name.endswith(".lora_a")}
    floats = (GGMLQuantizationType.F16, GGMLQuantizationType.F32)
    if architecture is None or alpha is None or len(ranks) != 1:
        raise _AsItIs
    if any(tensor.tensor_type not in floats or len(tensor.data.shape) != 2 for tensor in reader.tensors):
        raise _AsItIs
    rank = ranks.pop()
    wide = -(-rank // MULTIPLE) * MULTIPLE
    if wide == rank:
        raise _AsItIs
    writer = GGUFWriter(str(target), str(architecture.contents()))
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in ("general.architecture", "adapter.lora.alpha"):
            continue
        kind = field.types[0]
        inner = field.types[-1] if kind == GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), kind, inner)
    writer.add_float32("adapter.lora.alpha", float(alpha.contents()) * wide / rank)
    for tensor in reader.tensors:
        missing = (0, wide - rank)
        data = np.asarray(tensor.data)
        writer.add_tensor(
            tensor.name, np.pad(data, (missing, (0, 0)) if tensor.name.endswith("_a") else ((0, 0), missing))
        )
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
