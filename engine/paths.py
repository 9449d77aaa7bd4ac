"""Where Backroom keeps things on this machine: data (models), state (logs, settings).

`BACKROOM_HOME` moves all of it into one folder, which is what tests and portable installs use.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

APP_NAME = "backroom"


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
