"""How the processes are started that do one thing apart: the model process, the chat template, writing a model anew."""

from __future__ import annotations

import os
from pathlib import Path


def child_environment() -> dict[str, str]:
    """The environment for our child processes: they find this package, stay offline and write no backtraces."""
    root = str(Path(__file__).resolve().parents[2])
    path = os.environ.get("PYTHONPATH")
    return {
        **os.environ,
        "PYTHONPATH": root + (os.pathsep + path if path else ""),
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        # Threads that wait for each other by spinning halve the speed as soon as another program wants a core.
        "GOMP_SPINCOUNT": os.environ.get("GOMP_SPINCOUNT", "2000"),
        # Otherwise an abort in ggml starts a debugger to print where it was.
        "GGML_NO_BACKTRACE": "1",
        # torch asks who the user is when it is imported, and without this the C library asks the name service's socket.
        "LOGNAME": os.environ.get("LOGNAME") or os.environ.get("USER") or "seller",
    }
