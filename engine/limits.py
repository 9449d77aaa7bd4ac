"""What a process may take while it reads a file from outside: memory and computing time, set by the process itself.

Files are the one thing that strangers give us. What reads them does so in a process of its own, which asks the system to
be stopped before it takes more than any honest file of that size needs. Windows has no such limits for a process that
asks for itself; there the parent's clock is the only one.
"""

from __future__ import annotations

import os
import signal
import sys

LEAST_MEMORY = 640 << 20
"""Bytes of address space for a file of any size, the libraries' own included: an empty file already takes two thirds."""

MEMORY_PER_BYTE = 40
"""A workbook is packed about ten to one, and a cell takes more in memory than in its XML."""

MOST_MEMORY = 6 << 30


def memory_for(size: int) -> int:
    """Bytes of address space that reading a file of `size` bytes may take."""
    return min(LEAST_MEMORY + MEMORY_PER_BYTE * size, MOST_MEMORY)


def limit(*, seconds: float, memory: int | None = None) -> None:
    """Let the system end this process after so many seconds of computing, and refuse it more memory than that.

    Args:
        seconds: of processor time, of all threads together. memory: bytes of address space.
    """
    if sys.platform == "win32":
        return
    import resource

    whole = max(1, int(seconds))
    resource.setrlimit(resource.RLIMIT_CPU, (whole, whole + 1))
    # No core file of somebody's data is left when it is ended.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory is not None and sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def environment() -> dict[str, str]:
    """The environment for such a process: one thread, and no arenas of memory held ready for others."""
    return {**os.environ, "POLARS_MAX_THREADS": "1", "MALLOC_ARENA_MAX": "1", "OPENBLAS_NUM_THREADS": "1"}


def out_of_time(code: int) -> bool:
    """Whether a process with this return code was ended for computing too long."""
    return code == -getattr(signal, "SIGXCPU", 0) != 0


def out_of_memory(code: int, said: str) -> bool:
    """Whether a process with this return code and these last words was refused memory (compiled code then aborts)."""
    return code in (
        -getattr(signal, "SIGABRT", 6),
        -getattr(signal, "SIGSEGV", 11),
        -getattr(signal, "SIGKILL", 9),
    ) or any(
        word in said for word in ("MemoryError", "memory allocation of", "capacity overflow", "Cannot allocate memory")
    )
