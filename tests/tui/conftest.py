"""Fixtures: a shop with fixed content, waiting for the app, and pictures of the screen that must not drift."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import textual
from textual.pilot import Pilot

from engine.shop import Shop
from tests.tui.shops import build
from tui.app import BackroomApp

SNAPSHOTS = Path(__file__).parent / "snapshots"
BASELINE = "8.2.8"
UPDATE = os.environ.get("BACKROOM_UPDATE_SNAPSHOTS") == "1"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine's settings, and colours as everywhere."""
    monkeypatch.setenv("BACKROOM_HOME", str(tmp_path / "home"))
    for name in ("NO_COLOR", "BACKROOM_SHOP"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """The small shop, read and with findings."""
    return build(tmp_path / "my.shop")


async def settle(pilot: Pilot[None]) -> None:
    """Wait until background reads are shown, without sleeping for a guessed time."""
    app = pilot.app
    assert isinstance(app, BackroomApp)
    await pilot.pause()
    while not app.reader.idle:
        await pilot.pause(0.005)
    await pilot.pause()
    if not app.reader.idle:
        await settle(pilot)


def screen_text(app: BackroomApp) -> str:
    """What is on the screen, as lines of text."""
    height = app.size.height
    lines = []
    for y in range(height):
        strips = app.screen._compositor.render_strips(app.size)
        lines.append("".join(segment.text for segment in strips[y]).rstrip())
    return "\n".join(lines)


@pytest.fixture
def snapshot() -> Callable[[BackroomApp, str], None]:
    """Compare the screen with its stored SVG; `BACKROOM_UPDATE_SNAPSHOTS=1` stores it instead."""

    def compare(app: BackroomApp, name: str) -> None:
        svg = app.export_screenshot(title="Backroom", simplify=True)
        path = SNAPSHOTS / f"{name}.svg"
        if UPDATE:
            assert textual.__version__ == BASELINE, f"snapshots are drawn with Textual {BASELINE} only"
            SNAPSHOTS.mkdir(exist_ok=True)
            path.write_text(svg, encoding="utf-8")
            return
        assert path.exists(), (
            f"{path.name} is missing: look at the screen, then store it with BACKROOM_UPDATE_SNAPSHOTS=1"
        )
        stored = path.read_text(encoding="utf-8")
        if stored != svg:
            drift = "\n".join(difflib.unified_diff(_words(stored), _words(svg), "stored", "now", lineterm="", n=0))
            pytest.fail(f"{path.name} has drifted:\n{drift or 'only styles differ'}")

    return compare


def _words(svg: str) -> list[str]:
    return [re.sub("&#160;", " ", text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]
