"""Clauses become themes: near an anchor, near each other, and alone when they are near nothing; no model is asked."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.reviews import themes

SIZE = 64


def meaning(number: int, seed: int, spread: float = 0.25) -> NDArray[np.float32]:
    """A unit vector near the direction of one meaning."""
    noise = np.random.default_rng(seed).normal(size=SIZE) * spread / np.sqrt(SIZE)
    vector = np.eye(SIZE)[number] + noise
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


@pytest.fixture
def examples() -> NDArray[np.float32]:
    """Each anchor's examples say one thing, another for each anchor."""
    owners = themes.examples_for(themes.anchors("negative"), "en")[1]
    return np.stack([meaning(owner, 1000 + i) for i, owner in enumerate(owners)])


def grouped(texts: list[str], vectors: list[NDArray[np.float32]], examples: NDArray[np.float32]) -> list[themes.Theme]:
    return themes.group(texts, np.stack(vectors), "en", themes.anchors("negative"), examples)


def test_clauses_join_the_anchor_that_they_are_nearest_to(examples: NDArray[np.float32]) -> None:
    keys = [anchor.key for anchor in themes.anchors("negative")]
    battery, charging = keys.index("battery"), keys.index("charging")
    texts = ["the battery dies", "battery is flat", "will not charge", "it went flat", "no charge at all"]
    vectors = [meaning(owner, i) for i, owner in enumerate([battery, battery, charging, battery, charging])]
    found = {theme.key: theme.members for theme in grouped(texts, vectors, examples)}
    assert found == {"negative/battery": (0, 1, 3), "negative/charging": (2, 4)}


def test_what_is_said_in_one_shop_only_is_found_and_named_in_its_customers_words(
    examples: NDArray[np.float32],
) -> None:
    own, battery = SIZE - 1, [anchor.key for anchor in themes.anchors("negative")].index("battery")
    ways = ("so loud", "too shrill", "all night", "once more", "at noon", "when it rains", "by day", "indoors")
    texts = [f"the whistle {way}" for way in ways] + [f"flat again, day {i}" for i in range(12)]
    vectors = [meaning(own if i < 8 else battery, i) for i in range(20)]
    found = {theme.members: theme for theme in grouped(texts, vectors, examples)}
    whistle = found[tuple(range(8))]
    assert "whistle" in whistle.key and "whistle" in whistle.name and len(found) == 2


def test_what_is_near_nothing_or_says_nothing_in_particular_is_in_no_theme(examples: NDArray[np.float32]) -> None:
    general = next(i for i, anchor in enumerate(themes.anchors("negative")) if anchor.general)
    alone = np.random.default_rng(5).normal(size=SIZE)
    vectors = [meaning(general, 1), np.asarray(alone / np.linalg.norm(alone), dtype=np.float32)]
    assert grouped(["very disappointed", "the moon was out"], vectors, examples) == []
    assert themes.group([], np.zeros((0, SIZE), np.float32), "en", themes.anchors("negative"), examples) == []


def test_what_is_complained_about_everywhere_is_named_in_the_readers_language() -> None:
    assert themes.said_in("zh", "negative/battery", "battery") == "电池续航"
    assert themes.said_in("en", "negative/battery", "电池续航") == "battery"
    # A shop's own words, and a name that the seller gave, stay.
    assert themes.said_in("zh", "negative/battery", "dead cells") == "dead cells"
    assert themes.said_in("zh", "negative/en-whistle", "whistle") == "whistle"


def test_one_theme_in_two_languages_is_one_theme() -> None:
    english = themes.Theme("negative/battery", "battery", "negative", "en", ("battery",), (0, 1), (0.9, 0.8))
    chinese = themes.Theme("negative/battery", "电池续航", "negative", "zh", ("电池",), (2,), (0.7,))
    (both,) = themes.merged([english, chinese])
    assert both.key == "negative/battery" and sorted(both.members) == [0, 1, 2]
