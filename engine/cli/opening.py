"""What a first argument means that is no verb: a shop to open, files to import, or a slip of the hand."""

from __future__ import annotations

import difflib
import os
from collections.abc import Collection, Sequence
from pathlib import Path

from engine.cells import one_line
from engine.errors import UsageError

OPEN, TAKE = "open", "take"


def instead(arguments: Sequence[str], verbs: Collection[str]) -> list[str]:
    """The arguments with the verb that they mean in front; unchanged where a verb or an option stands first.

    Raises:
        UsageError: the first one is no verb, no shop and no file; the message says what comes nearest.
    """
    first = arguments[0] if arguments else ""
    if not first or first.startswith("-") or first in verbs:
        return list(arguments)
    if first.endswith(".shop"):
        return [OPEN, *arguments]
    path = Path(first).expanduser()
    if path.exists():
        return [TAKE, *arguments]
    said, near = one_line(first), difflib.get_close_matches(first, list(verbs), 1)
    if near:
        raise UsageError(f"there is no verb {said}.", todo=f"Did you mean {near[0]}? `backroom --help` lists all.")
    beside = [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []
    close = difflib.get_close_matches(path.name, beside, 1)
    if close:
        raise UsageError(f"there is no file {said}.", todo=f"Did you mean {one_line(path.with_name(close[0]))}?")
    if os.sep in first or "." in first:
        raise UsageError(f"there is no file {said}.", todo="Name a shop (my.shop), export files, or a verb.")
    raise UsageError(f"there is no verb and no file {said}.", todo="`backroom --help` lists all verbs.")
