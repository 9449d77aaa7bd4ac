"""Writes a GGUF file anew in another quantisation: `python -m engine.inference.requantise SOURCE TARGET Q4_0`.

A program of its own, because llama.cpp may abort the process on a file it dislikes.
"""

from __future__ import annotations

import ctypes
import sys

from engine.inference.gguf_header import FILE_TYPES
from engine.inference.machine import usable_cores
from engine.offline import forbid_network


def main(arguments: list[str]) -> int:
    """Returns the exit code: 0 when the target is written."""
    source, target, name = arguments
    forbid_network()
    import llama_cpp

    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = {text: number for number, text in FILE_TYPES.items()}[name]
    params.nthread = usable_cores()
    params.allow_requantize = True
    return int(llama_cpp.llama_model_quantize(source.encode(), target.encode(), ctypes.byref(params)) != 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
