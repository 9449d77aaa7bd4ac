"""Cards: written as TOML that reads back the same, and the shipped ones are complete and true."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import pytest

import models
from engine.learning import card
from engine.reviews.recipes.sentiment import SOURCES, TASK

ADAPTERS = Path(models.__file__).parent / "adapters"
CARDS = sorted(ADAPTERS.glob("*.toml"))


def test_a_card_reads_back_as_it_was_written(tmp_path: Path) -> None:
    values = {
        "name": "x",
        "quote": 'a "b"\n\\ 中文',
        "missing": None,
        "prompt": {"labels": {"bad": [" bad"]}, "most": 200},
        "scores": {"held out": {"two (sign)": {"p": 1e-07, "ok": True, "gain": [0.1, 0.25]}}},
        "data": [{"name": "a", "train": 3}, {"name": "b", "train": 0}],
    }
    card.write(tmp_path / "x.toml", values)
    assert tomllib.loads((tmp_path / "x.toml").read_text("utf-8")) == {
        k: v for k, v in values.items() if k != "missing"
    }


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_a_shipped_adapter_is_the_one_its_card_describes(path: Path) -> None:
    found = tomllib.loads(path.read_text("utf-8"))
    content = (path.parent / found["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == found["sha256"]
    assert len(content) == found["bytes"] < 8_000_000
    assert all(source["licence"] and source["origin"] for source in found["data"])
    assert found["weaknesses"] and found["base"]["sha256"]


def test_the_sentiment_card_carries_the_prompt_that_was_trained() -> None:
    found = tomllib.loads((ADAPTERS / "sentiment.toml").read_text("utf-8"))
    assert found["prompt"] == card.prompt_section(TASK)
    assert set(found["calibration"]["bias"]) == set(TASK.names)
    assert {source["name"] for source in found["data"]} == set(SOURCES)
    assert 0 < found["calibration"]["abstain_below"] < 1
