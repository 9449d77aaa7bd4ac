"""What this machine has to offer a model: cores and memory that this process may really use."""

from __future__ import annotations

import os
from pathlib import Path

MEMORY_LIMIT = "BACKROOM_MEMORY_LIMIT_MB"
"""Environment variable that pretends that only so many MB are free."""

_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_CGROUP_USED = Path("/sys/fs/cgroup/memory.current")


def usable_cores() -> int:
    """Physical cores inside this process's affinity mask (all of them where the system has no such mask)."""
    import psutil

    logical = os.cpu_count() or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else logical
    physical = psutil.cpu_count(logical=False) or logical
    return max(1, min(allowed, physical))


def model_threads() -> int:
    """Threads for the model: all usable cores, but one is left to the screen where there are more than two."""
    cores = usable_cores()
    return cores - 1 if cores > 2 else cores


def total_memory() -> int:
    """Bytes of memory in this machine, or in the container that the process runs in."""
    import psutil

    total = int(psutil.virtual_memory().total)
    limit = _cgroup(_CGROUP_LIMIT)
    return total if limit is None else min(total, limit)


def process_memory(pid: int | None = None) -> int:
    """Bytes of memory that a process holds now; this one by default."""
    import psutil

    return int(psutil.Process(pid).memory_info().rss)


def available_memory() -> int:
    """Bytes that a new process could use now without swapping."""
    import psutil

    if override := os.environ.get(MEMORY_LIMIT):
        return int(override) << 20
    available = int(psutil.virtual_memory().available)
    limit, used = _cgroup(_CGROUP_LIMIT), _cgroup(_CGROUP_USED)
    return available if limit is None or used is None else min(available, max(0, limit - used))


def _cgroup(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
