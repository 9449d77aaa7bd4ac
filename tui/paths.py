"""File names as they arrive in a terminal: typed, pasted, or dropped on the window.

Terminals send a dropped file as pasted text, and each in its own way: quoted, with backslashes before spaces, as
`file://` addresses, one a line or all on one line.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

SUFFIXES = frozenset(
    (".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xls", ".xlsm", ".ods", ".zip", ".json", ".jsonl", ".ndjson", ".parquet")
)
"""What is taken from a folder; a file that is named itself is taken whatever it is called."""

MOST_FILES = 1000


def pasted_paths(text: str, *, windows: bool = os.name == "nt") -> list[Path]:
    """The paths that pasted text holds, in order; they need not exist."""
    found: list[Path] = []
    for line in map(str.strip, text.replace("\0", "\n").splitlines()):
        if not line or line.startswith("#"):
            continue
        if not line.startswith("file:") and _exists(line):
            found.append(_path(line))
        else:
            found += [_path(word) for word in _words(line, windows=windows)]
    return list(dict.fromkeys(found))


def _words(line: str, *, windows: bool) -> list[str]:
    if windows:
        return [quoted or plain for quoted, plain in re.findall(r'"([^"]+)"|(\S+)', line)]
    try:
        words = shlex.split(line)
    except ValueError:  # an apostrophe in a name is no quotation mark
        return [line]
    # A bare path with spaces that is not there (any more) is still one path, and is named whole in the message.
    bare = not line.startswith("file:") and not any(sign in line for sign in "'\"\\")
    return [line] if bare and not any(word.startswith(("/", "~")) or _exists(word) for word in words[1:]) else words


def _path(word: str) -> Path:
    if word.startswith("file:"):
        parts = urlsplit(word)
        return Path(url2pathname(parts.path) if os.name == "nt" else unquote(parts.path))
    return Path(word).expanduser()


def _exists(word: str) -> bool:
    try:
        return Path(word).expanduser().exists()
    except (OSError, ValueError, RuntimeError):
        return False


def any_exists(paths: list[Path]) -> bool:
    """Whether text that was pasted anywhere means files."""
    return any(_exists(str(path)) for path in paths)


def expanded(paths: list[Path]) -> list[Path]:
    """Files, with folders replaced by the data files in them (hidden ones and Backroom's rejects left out), sorted."""
    files: list[Path] = []
    for path in paths:
        if not path.is_dir():
            files.append(path)
            continue
        inside = sorted(
            item
            for item in path.rglob("*")
            if item.suffix.lower() in SUFFIXES
            and item.is_file()
            and not any(part.startswith((".", "~$")) for part in item.relative_to(path).parts)
        )
        files += inside[:MOST_FILES]
    return list(dict.fromkeys(files))
