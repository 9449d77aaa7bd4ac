"""What all tests share: a home of their own, the sample shop read once, and the command line as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / "build" / "test-home"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session", autouse=True)
def home() -> Iterator[Path]:
    """Keep models and logs of the tests out of the user's folders, but keep them between runs."""
    patch = pytest.MonkeyPatch()
    HOME.mkdir(parents=True, exist_ok=True)
    patch.setenv("BACKROOM_HOME", str(HOME))
    patch.delenv("BACKROOM_SHOP", raising=False)
    patch.setenv("LANGUAGE", "en")
    yield HOME
    patch.undo()


@pytest.fixture(scope="session")
def backroom() -> Run:
    """Run the command line in a process of its own: `backroom("sql", shop, "select 1")`."""

    def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "engine.cli", *(str(argument) for argument in arguments)]
        return subprocess.run(  # type: ignore[call-overload, no-any-return]
            command, capture_output=True, text=True, check=False, cwd=ROOT, env=dict(os.environ), **options
        )

    return run
