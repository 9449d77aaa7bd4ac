"""Builds the adapter of a label task from a recipe.

Trains on the base model's own quantised weights, exports GGUF, checks that llama.cpp and torch agree, calibrates on
held-out texts, scores before and after on texts of groups never trained on, and writes the card. Stopped and started
again with the same recipe it goes on from its last checkpoint.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click
import numpy as np

from engine.inference.client import ModelClient
from engine.inference.task import Calibration, LabelTask, calibrated
from engine.learning import card, evaluate
from engine.learning.calibrate import Array, fit, with_abstention
from engine.learning.examples import Example, Overlap, Split, fraction
from engine.learning.runs import reported_each, train_runs
from engine.learning.sources import DataFolder, Source

if TYPE_CHECKING:
    import torch

    from engine.learning.base_model import TorchBase
    from engine.learning.train import TrainSettings

ADAPTERS = Path(__file__).resolve().parents[2] / "models" / "adapters"


class Reading(Protocol):
    """A task with its calibrations, by name; `""` is that of texts in general."""

    @property
    def task(self) -> LabelTask:
        """What is asked."""
        ...

    @property
    def calibrations(self) -> Mapping[str, Calibration]:
        """By name."""
        ...

    @property
    def abstain_below(self) -> float:
        """A best probability below this goes to a person."""
        ...

    def shares(self, scores: Array, texts: Sequence[str]) -> Array:
        """Probabilities (n, labels) of texts whose raw scores are given."""
        ...


@dataclass(frozen=True)
class Recipe:
    """Everything that makes one adapter of a label task.

    Attributes:
        task: prompt and labels. split: reads the data folder and keeps forbidden texts out.
        calibrate: the task with its calibrations, fitted on held-out examples.
        sources: for the card. settings: of each run of training. weaknesses: for the card, in plain words.
    """

    task: LabelTask
    split: Callable[[DataFolder, Overlap], Split[Example]]
    calibrate: Callable[[ModelClient, LabelTask, Sequence[Example]], Reading]
    sources: dict[str, Source]
    settings: tuple[TrainSettings, ...]
    weaknesses: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """Where and how an adapter is built.

    Attributes:
        data: folders with the source files. measure: JSON Lines files that are scored and kept out of training.
        forbid: JSON Lines files that are kept out of training only.
        out: folder for NAME.gguf and NAME.toml. work: folder for checkpoints.
        threads: CPU threads. device: where torch trains, cpu or cuda; all scores are read by llama.cpp.
        most: texts scored of each measured file.
    """

    data: tuple[Path, ...]
    measure: tuple[Path, ...] = ()
    forbid: tuple[Path, ...] = ()
    out: Path = ADAPTERS
    work: Path = Path("build")
    threads: int = 2
    device: str = "cpu"
    most: int = 900


@dataclass(frozen=True)
class Measured:
    """A set that is only scored, never trained on: texts, label indices, and which labels it distinguishes."""

    name: str
    texts: list[str]
    label: np.ndarray[Any, np.dtype[np.int64]]
    asked: tuple[bool, ...]


def read_measured(path: Path, names: Sequence[str], most: int) -> tuple[Measured, list[str]]:
    """Read a JSON Lines file with `text` and `label3` or `label2`; draw the same number of each label.

    Args:
        path: the file. names: label names of the task. most: texts to draw.

    Returns:
        The drawn set, and all texts of the file (to be kept out of training).
    """
    rows = [json.loads(line) for line in path.read_text("utf-8-sig").split("\n") if line.strip()]
    key = "label3" if "label3" in rows[0] else "label2"
    rows = [row for row in rows if str(row["text"]).strip()]
    present = [name for name in names if any(row[key] == name for row in rows)]
    drawn: list[dict[str, Any]] = []
    for name in present:
        own = sorted((row for row in rows if row[key] == name), key=lambda row: fraction(str(row["text"]), "measure"))
        drawn += own[: most // len(present)]
    label = np.array([names.index(str(row[key])) for row in drawn], dtype=np.int64)
    texts = [str(row["text"]) for row in drawn]
    return Measured(path.stem, texts, label, tuple(n in present for n in names)), [str(row["text"]) for row in rows]


def train_adapter(made: Recipe, runs: Sequence[Sequence[Example]], model: Path, place: Place, out: Path) -> None:
    """Train (or go on training) run by run and write what comes of merging them."""
    from engine.learning.base_model import GgufTokenizer
    from engine.learning.train import train

    tokenizer = GgufTokenizer(model)

    def one(
        base: TorchBase, examples: Sequence[Example], settings: TrainSettings, checkpoint: Path
    ) -> dict[str, torch.Tensor]:
        return train(
            base,
            tokenizer,
            made.task,
            examples,
            settings,
            checkpoint,
            workers=place.threads,
            on_step=reported_each(20),
        )

    first = made.settings[0]
    train_runs(
        made.task.name,
        model,
        list(zip(runs, made.settings, strict=True)),
        one,
        out,
        work=place.work,
        device=place.device,
        rank=first.rank,
        scale=first.alpha / first.rank,
    )
    tokenizer.close()


def agreement(
    task: LabelTask, model: Path, adapter: Path, settings: TrainSettings, texts: list[str], scores: Array
) -> dict[str, float]:
    """How far torch (float32, the exported tensors) and llama.cpp agree on label probabilities.

    Args:
        task, model, adapter, settings: as named. texts: a few texts. scores: what llama.cpp read for them.

    Returns:
        n, the largest and mean difference of a probability, and the share of equal labels.
    """
    import torch

    from engine.learning import lora
    from engine.learning.base_model import GgufTokenizer, load_torch
    from engine.learning.export import read_gguf
    from engine.learning.prompt import encode_all, label_ids
    from engine.learning.train import label_logits

    base = load_torch(model, torch.float32)
    tensors, _ = read_gguf(adapter)
    lora.attach(base.model, settings.rank, settings.alpha, settings.seed)
    lora.load_state(base.model, tensors)
    tokenizer = GgufTokenizer(model)
    ids = encode_all(task, tokenizer, texts)
    rows = base.label_rows(label_ids(task, tokenizer))
    with torch.no_grad():
        logits = np.concatenate([label_logits(base, rows, [one]).numpy() for one in ids]).astype(np.float64)
    tokenizer.close()
    ours, theirs = calibrated(logits, task.names, None), calibrated(scores, task.names, None)
    gap = np.abs(ours - theirs)
    return {
        "n": len(texts),
        "largest_difference": round(float(gap.max()), 4),
        "mean_difference": round(float(gap.mean()), 4),
        "same_label": round(float((ours.argmax(1) == theirs.argmax(1)).mean()), 4),
    }


def compare(measured: Measured, before: Array, after: Array, readers: tuple[Reading, Reading]) -> dict[str, Any]:
    """Scores before and after on one set, with McNemar's test and a bootstrap interval of the gain in macro-F1."""
    asked = np.tile(np.array(measured.asked), (len(measured.texts), 1))
    out: dict[str, Any] = {}
    found = []
    for name, raw, reader in (("before", before, readers[0]), ("after", after, readers[1])):
        probabilities = reader.shares(raw, measured.texts)
        out[name] = asdict(evaluate.scores_of(probabilities, measured.label, asked, reader.abstain_below))
        found.append(evaluate.guesses(probabilities, asked))
    right = [guess == measured.label for guess in found]
    out["mcnemar_p"] = float(f"{evaluate.mcnemar(right[0], right[1]):.3g}")
    out["macro_f1_gain_95"] = evaluate.bootstrap_gain(measured.label, found[0], found[1], len(measured.asked))
    return out


def calibration_of(task: LabelTask, own: Sequence[Example], scores: Array) -> Calibration:
    """The calibration fitted on these examples, whose raw scores are (examples, labels)."""
    target, asked, _, weight = evaluate.targets(own)
    note = f"fitted on {len(own)} held-out texts of the training sources, each source counting the same"
    found = fit(scores, task.names, target, asked, weight, note)
    full = asked.all(axis=1)
    return with_abstention(found, calibrated(scores[full], task.names, found))


def test_sets(examples: Sequence[Example]) -> list[Measured]:
    """Held-out examples by source, those with two classes apart from those with three."""
    groups: dict[str, list[Example]] = {}
    for example in examples:
        sign = "" if all(example.asked) else " (sign)"
        groups.setdefault(example.source + sign, []).append(example)
    return [
        Measured(name, [e.text for e in group], np.array([e.label for e in group], dtype=np.int64), group[0].asked)
        for name, group in sorted(groups.items())
        if len(group) >= 30
    ]


def build(made: Recipe, place: Place) -> Path:
    """Build one adapter with its card; returns the card's path."""
    task = made.task
    read = [read_measured(path, task.names, place.most) for path in place.measure]
    others = [text for path in place.forbid for text in read_measured(path, task.names, place.most)[1]]
    forbidden = Overlap([*(text for _, texts in read for text in texts), *others])
    split = made.split(DataFolder(place.data), forbidden)
    adapter = place.out / f"{task.name}.gguf"
    with ModelClient() as client:
        train_adapter(made, split.runs, client.model.path, place, adapter)
        bare = made.calibrate(client, task, split.calibration)
        trained = made.calibrate(client, replace(task, adapter=str(adapter)), split.calibration)
        sets = {"held_out": test_sets(split.test), "other_data": [measured for measured, _ in read]}
        scored = {group: _compared(client, own, (bare, trained)) for group, own in sets.items()}
        sample = [e.text for e in split.test][:: max(1, len(split.test) // 48)][:48]
        scores = client.scores(sample, trained.task)
        agreed = agreement(task, client.model.path, adapter, made.settings[0], sample, scores)
        heading = card.heading(task.name, task.version, adapter, client.model)
    counts = {use: Counter(e.source for e in getattr(split, use)) for use in ("train", "calibration", "test")}
    path = adapter.with_suffix(".toml")
    card.write(
        path,
        {
            **heading,
            "prompt": card.prompt_section(task),
            "calibration": {
                **card.calibration_section(trained.calibrations[""]),
                **{name: card.calibration_section(one) for name, one in trained.calibrations.items() if name},
            },
            "data": card.data_section(made.sources, counts),
            "settings": [asdict(settings) for settings in made.settings],
            "scores": scored,
            "llama_cpp_against_torch": agreed,
            "weaknesses": list(made.weaknesses),
        },
    )
    return path


def _compared(client: ModelClient, sets: Sequence[Measured], readers: tuple[Reading, Reading]) -> dict[str, Any]:
    """By set, what the two readers make of it; each is told on stderr as soon as it is known."""
    scored = {}
    for one in sets:
        before, after = (client.scores(one.texts, reader.task) for reader in readers)
        scored[one.name] = compare(one, before, after, readers)
        click.echo(f"{one.name}: {json.dumps(scored[one.name])}", err=True)
    return scored
