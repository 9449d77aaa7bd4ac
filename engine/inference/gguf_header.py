"""Reads the head of a GGUF file: metadata and tensor list, nothing of the weights.

A file that a seller adds may be truncated or be something else altogether; llama.cpp would abort the process on some
of these. So the head is read here first, with every length checked against the file, and every tensor's extent too.
Format: GGUF versions 2 and 3, little-endian, as specified in the ggml project's docs/gguf.md.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ModelError

Value = int | float | bool | str | list["Value"] | None

LONGEST_KEPT_ARRAY = 64
"""Longer arrays (vocabularies) are stepped over and come back as None."""

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_MOST_ENTRIES = 1 << 20
_DEEPEST = 8
"""Arrays inside arrays; files in use have none."""

# Weights a block and bytes a block of every ggml tensor type.
_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292),
    16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82),
    23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2),
    34: (256, 54), 35: (256, 66), 39: (32, 17),
}  # fmt: skip

FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 25: "IQ4_NL", 30: "IQ4_XS",
    32: "BF16",
}  # fmt: skip


@dataclass(frozen=True)
class Header:
    """What a GGUF file says about itself. `tensor_bytes` is where its last tensor ends, from the start of the file."""

    metadata: dict[str, Value]
    tensors: int
    tensor_bytes: int

    def text(self, key: str) -> str | None:
        """A metadata entry that must be a string."""
        value = self.metadata.get(key)
        return value if isinstance(value, str) else None

    def number(self, key: str, default: int = 0) -> int:
        """A metadata entry that must be a whole number; of a per-layer array, its largest."""
        value = self.metadata.get(key)
        if isinstance(value, list):
            value = max((item for item in value if isinstance(item, int)), default=default)
        return value if isinstance(value, int) and not isinstance(value, bool) else default


class _Reader:
    """A cursor over the file that never reads past its end."""

    def __init__(self, data: mmap.mmap, name: str) -> None:
        self._data, self._name, self.at, self._size = data, name, 0, len(data)

    def take(self, kind: str) -> int | float | bool:
        size = struct.calcsize("<" + kind)
        self.need(size)
        value: int | float | bool = struct.unpack_from("<" + kind, self._data, self.at)[0]
        self.at += size
        return value

    def count(self, most: int | None = None) -> int:
        value = int(self.take("Q"))
        if value > (self._size if most is None else most):
            raise self.damaged(f"it announces {value} entries")
        return value

    def text(self) -> str:
        size = self.count()
        self.need(size)
        raw = self._data[self.at : self.at + size]
        self.at += size
        return raw.decode("utf-8", errors="replace")

    def value(self, kind: int, depth: int = 0) -> Value:
        if kind == _STRING:
            return self.text()
        if kind == _ARRAY:
            if depth > _DEEPEST:
                raise self.damaged("its description is nested without end")
            return self._array(depth)
        if kind not in _SCALARS:
            raise self.damaged(f"metadata type {kind} does not exist")
        return self.take(_SCALARS[kind])

    def _array(self, depth: int) -> Value:
        kind, length = int(self.take("I")), self.count()
        if length <= LONGEST_KEPT_ARRAY:
            return [self.value(kind, depth + 1) for _ in range(length)]
        if kind == _STRING:
            unpack, at, size = struct.Struct("<Q").unpack_from, self.at, self._size
            for _ in range(length):
                if at + 8 > size:
                    raise self.damaged("its vocabulary is cut off")
                at += 8 + unpack(self._data, at)[0]
            self.at = at
        elif kind in _SCALARS:
            self.at += length * struct.calcsize("<" + _SCALARS[kind])
        else:
            raise self.damaged(f"an array of type {kind} is too long")
        self.need(0)
        return None

    def need(self, size: int) -> None:
        if self.at + size > self._size:
            raise self.damaged("it ends in the middle of its own description")

    def damaged(self, why: str) -> ModelError:
        return ModelError(
            f"This GGUF file is damaged: {why}.", file=self._name, todo="Get the file again and add it once more."
        )


def read_header(path: Path) -> Header:
    """Read and check the head of a GGUF file.

    Raises:
        ModelError: the file is missing, is no GGUF, is of an unknown version, or is cut off, saying which.
    """
    name = str(path)
    if not path.is_file():
        raise ModelError("There is no model file here.", file=name, todo="Check the path, or choose another model.")
    try:
        with path.open("rb") as file:
            if file.read(4) != b"GGUF":
                raise ModelError("This is not a GGUF model file.", file=name, todo="Choose a file that ends in .gguf.")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _read(_Reader(data, name), len(data))
    except OSError as error:
        raise ModelError(f"The model file cannot be read ({error.strerror}).", file=name) from error


def _read(reader: _Reader, size: int) -> Header:
    reader.at = 4
    version = int(reader.take("I"))
    if version not in (2, 3):
        raise reader.damaged(f"GGUF version {version} is unknown")
    tensors = reader.count(_MOST_ENTRIES)
    entries = reader.count(_MOST_ENTRIES)
    metadata: dict[str, Value] = {}
    for _ in range(entries):
        key = reader.text()
        metadata[key] = reader.value(int(reader.take("I")))
    ends = [_tensor_end(reader) for _ in range(tensors)]
    header = Header(metadata, tensors, 0)
    alignment = header.number("general.alignment", 32)
    if alignment < 1:
        raise reader.damaged("its alignment is zero")
    start = -(-reader.at // alignment) * alignment
    last = start + max(ends, default=0)
    if last > size:
        raise reader.damaged(f"it should have {last:,} bytes and has {size:,}")
    return Header(metadata, tensors, last)


def _tensor_end(reader: _Reader) -> int:
    """Where one tensor ends, counted from the start of the data section."""
    name = reader.text()
    dimensions = int(reader.take("I"))
    if not 1 <= dimensions <= 4:
        raise reader.damaged(f"tensor {name} has {dimensions} dimensions")
    weights = 1
    for _ in range(dimensions):
        weights *= int(reader.take("Q"))
    kind, offset = int(reader.take("I")), int(reader.take("Q"))
    if kind not in _BLOCKS:
        raise reader.damaged(f"tensor {name} has the unknown type {kind}")
    per_block, block_bytes = _BLOCKS[kind]
    return offset + -(-weights // per_block) * block_bytes
