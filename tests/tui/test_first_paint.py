"""The first screen is painted without any heavy library, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HEAVY = ("torch", "transformers", "llama_cpp", "sklearn", "polars", "scipy", "sentence_transformers", "jieba")
LATER = (
    "tui.screens.reviews.listing",
    "tui.screens.imports.importing",
    "tui.screens.imports.listing",
    "tui.screens.help",
    "tui.screens.findings.finding",
)

PROGRAM = """
import sys
from pathlib import Path
from tests.tui.shops import build
shop = build(Path(sys.argv[1]) / "paint.shop")
from tui.app import BackroomApp

async def pilot(pilot):
    await pilot.pause()
    print("MODULES", *sorted(sys.modules))
    pilot.app.exit()

BackroomApp(shop).run(headless=True, auto_pilot=pilot, size=(80, 24))
"""


def test_first_paint_loads_nothing_heavy_and_no_screen_that_is_not_shown(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    loaded = set(next(line for line in done.stdout.splitlines() if "MODULES" in line).split())
    assert "tui.screens.findings.today" in loaded
    assert not loaded & {*HEAVY, *LATER}
