"""Fixtures for the model process: the default model, put together once for all tests in the ignored build folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.inference.client import ModelClient
from engine.inference.models import ModelFile, resolve
from engine.inference.task import LabelTask


@pytest.fixture(scope="session")
def model(home: Path) -> ModelFile:
    """The default model, prepared."""
    return resolve()


@pytest.fixture(scope="session")
def client(home: Path) -> Iterator[ModelClient]:
    """A model process shared by the tests that do not harm it."""
    with ModelClient() as client:
        yield client


@pytest.fixture(scope="session")
def task() -> LabelTask:
    """Is a review glad or sad? Five examples in two languages, for a base model."""
    examples = [
        ("Love it, works perfectly and arrived early.", "positive"),
        ("质量太差，用了两天就坏了。", "negative"),
        ("It is okay, nothing special for the price.", "neutral"),
        ("Broke after a week and the seller never answered.", "negative"),
        ("很好用，物流也快，推荐购买。", "positive"),
    ]
    shown = "".join(f"Review:\n{text}\nSentiment: {label}\n\n" for text, label in examples)
    return LabelTask(
        name="test-sentiment",
        version="1",
        prefix=f"Reviews by customers and whether they are positive, neutral or negative.\n\n{shown}Review:\n",
        suffix="\nSentiment:",
        labels={name: (f" {name}", f" {name.capitalize()}") for name in ("negative", "neutral", "positive")},
    )


@pytest.fixture(scope="session")
def reviews() -> list[str]:
    """Sixty texts of many lengths in two languages, no two alike."""
    openings = ["The lamp", "This kettle", "My second pair of these shoes", "这个水壶", "手机壳"]
    middles = [
        " works",
        " broke after two days and nobody answers",
        "很好，家里人都喜欢",
        "质量太差了",
        " is fine, I guess",
        "",
    ]
    return [f"{opening}{middle}{'!' * extra}" for opening in openings for middle in middles for extra in range(2)]
