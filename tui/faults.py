"""Faults of ours, written to the log so that they can be handed on."""

from __future__ import annotations

import traceback
from datetime import datetime

from engine.paths import log_dir


def log_fault(error: BaseException) -> str:
    """Write a fault's traceback to the log; returns the log's path, or "" when it cannot be written."""
    try:
        path = log_dir() / "backroom.log"
        with path.open("a", encoding="utf-8") as log:
            log.write(
                f"{datetime.now().astimezone().isoformat(timespec='seconds')}\n{''.join(traceback.format_exception(error))}\n"
            )
    except OSError:
        return ""
    return str(path)
