"""Where Backroom keeps things on this machine: data (models), state (logs, settings).

`BACKROOM_HOME` moves all of it into one folder, which is what tests and portable installs use.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

import platformdirs

APP_NAME = "backroom"
_TEMPORARY = re.compile(r"backroom-(\d+)-\w+")


def _folder(kind: str, default: str) -> Path:
    home = os.environ.get("BACKROOM_HOME")
    path = Path(home) / kind if home else Path(default)
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def data_dir() -> Path:
    """The user's data folder: assembled and prepared models, the demo shop."""
    return _folder("data", platformdirs.user_data_dir(APP_NAME))


def models_dir() -> Path:
    """The folder for model files, inside `data_dir`."""
    path = data_dir() / "models"
    path.mkdir(exist_ok=True, mode=0o700)
    return path


def state_dir() -> Path:
    """The user's state folder: settings learned by measuring this machine."""
    return _folder("state", platformdirs.user_state_dir(APP_NAME))


def log_dir() -> Path:
    """The folder for log files."""
    path = state_dir() / "log"
    path.mkdir(exist_ok=True, mode=0o700)
    return path


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder for the time of a step, named after this process; see `clear_abandoned`."""
    return tempfile.TemporaryDirectory(prefix=f"{APP_NAME}-{os.getpid()}-", ignore_cleanup_errors=True)


def clear_abandoned() -> None:
    """Remove what killed runs of this user left in the folder for temporary files: copies of a seller's files may be there."""
    try:
        found = [entry for entry in os.scandir(tempfile.gettempdir()) if _is_abandoned(entry)]
    except OSError:
        return
    for entry in found:
        shutil.rmtree(entry.path, ignore_errors=True)


def _is_abandoned(entry: os.DirEntry[str]) -> bool:
    named = _TEMPORARY.fullmatch(entry.name)
    if named is None or not entry.is_dir(follow_symlinks=False):
        return False
    if hasattr(os, "getuid") and entry.stat(follow_symlinks=False).st_uid != os.getuid():
        return False
    import psutil

    return not psutil.pid_exists(int(named[1]))
