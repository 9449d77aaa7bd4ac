"""What is handed to one `llama_decode`, filled from numpy arrays."""

from __future__ import annotations

import ctypes
from typing import Any

import llama_cpp as L
import numpy as np
from numpy.typing import NDArray


class Batch:
    """A llama_batch over our own numpy arrays, filled without a Python loop over tokens."""

    def __init__(self, size: int, sequences: int) -> None:
        self.size = size
        self._token = np.zeros(size, dtype=np.int32)
        self._pos = np.zeros(size, dtype=np.int32)
        self._count = np.ones(size, dtype=np.int32)
        self._output = np.zeros(size, dtype=np.int8)
        # A token's sequences are a list of one number, so its pointer points into one table of all numbers.
        self._numbers = np.arange(sequences + 1, dtype=np.int32)
        self._pointers = np.zeros(size, dtype=np.uintp)
        self.struct = L.llama_batch(
            n_tokens=0,
            token=pointer(self._token, ctypes.c_int32),
            embd=None,
            pos=pointer(self._pos, ctypes.c_int32),
            n_seq_id=pointer(self._count, ctypes.c_int32),
            seq_id=pointer(self._pointers, ctypes.POINTER(ctypes.c_int32)),
            logits=pointer(self._output, ctypes.c_int8),
        )

    def fill(
        self,
        *,
        tokens: NDArray[np.int32],
        positions: NDArray[Any],
        sequences: NDArray[Any],
        outputs: NDArray[Any],
    ) -> None:
        """Put in `tokens` (n,) with their positions and sequences; logits are wanted at the indices `outputs`."""
        count = len(tokens)
        self._token[:count] = tokens
        self._pos[:count] = positions
        self._pointers[:count] = self._numbers.ctypes.data + 4 * np.asarray(sequences, dtype=np.uintp)
        self._output[:count] = 0
        self._output[outputs] = 1
        self.struct.n_tokens = count


def pointer(array: NDArray[Any], kind: Any) -> Any:
    """The address of a numpy array as a ctypes pointer to `kind`; the array must outlive it."""
    return array.ctypes.data_as(ctypes.POINTER(kind))
