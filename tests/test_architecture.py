"""The house rules: who may import whom, and what the first moments may load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.shop import Shop

ROOT = Path(__file__).resolve().parents[1]
HEAVY = (
    "torch",
    "transformers",
    "llama_cpp",
    "sklearn",
    "polars",
    "numpy",
    "scipy",
    "textual",
    "sentence_transformers",
)


def test_import_contracts() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("module", ["engine.cli", "engine.shop", "engine.findings", "engine.jobs"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_reading_commands_load_nothing_heavy(tmp_path: Path) -> None:
    Shop(tmp_path / "a.shop", create=True).close()
    code = f"""
import sys
from engine.cli import main
for arguments in (["findings", {str(tmp_path / "a.shop")!r}, "--json"], ["sql", {str(tmp_path / "a.shop")!r}, "select 1"]):
    assert main(arguments) == 0
print("loaded:", *[name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded:"
