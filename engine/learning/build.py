"""Builds a shipped adapter from its data files: `python -m engine.learning.build NAME --data DIR [--data DIR]`.

Trains on the base model's own quantised weights, exports GGUF, checks that llama.cpp and torch agree, calibrates on
held-out texts, scores before and after on texts of products never trained on, and writes the card. Stopped and started
again with the same arguments it goes on from its last checkpoint.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from engine.errors import BackroomError, InputFileError
from engine.inference.catalogue import default_model
from engine.inference.client import ModelClient
from engine.inference.files import file_hash
from engine.inference.task import Calibration, LabelTask, calibrated
from engine.learning import aspects, aspects_data, card, evaluate, sentiment_data
from engine.learning.calibrate import Array, fit, with_abstention
from engine.learning.examples import Example, Overlap, fraction
from engine.learning.sentiment_data import DataFolder, Source, Split
from engine.reviews import sentiment
from engine.reviews.sentiment import Reader

if TYPE_CHECKING:
    from engine.learning.train import TrainSettings

ADAPTERS = Path(__file__).resolve().parents[2] / "models" / "adapters"


@dataclass(frozen=True)
class Recipe:
    """Everything that makes one adapter.

    Attributes:
        task: prompt and labels. split: reads the data folder and keeps forbidden texts out.
        sources: for the card. settings: of each run of training. weaknesses: for the card, in plain words.
    """

    task: LabelTask
    split: Callable[[DataFolder, Overlap], Split]
    sources: dict[str, Source]
    settings: tuple[TrainSettings, ...]
    weaknesses: tuple[str, ...]


def recipe(name: str) -> Recipe:
    """The recipe of a shipped adapter.

    Raises:
        InputFileError: there is no such adapter.
    """
    from engine.learning.train import TrainSettings

    if name != "sentiment":
        raise InputFileError(f"There is no recipe for an adapter called {name}.", todo="Known: sentiment, aspects.")
    return Recipe(
        task=sentiment_data.TASK,
        split=sentiment_data.build_split,
        sources=sentiment_data.SOURCES,
        settings=(
            TrainSettings(rank=16, alpha=32.0, lr=5e-4, tokens_per_step=2048, epochs=2, max_text_tokens=128),
            TrainSettings(rank=16, alpha=32.0, lr=5e-4, tokens_per_step=2048, epochs=2, max_text_tokens=128),
            TrainSettings(rank=16, alpha=32.0, lr=4e-4, tokens_per_step=1024, epochs=2, max_text_tokens=128),
        ),
        weaknesses=(
            "Irony and reviews that only imply their verdict are often read by their surface.",
            "Of reviews longer than 200 tokens the middle is not read.",
            "Neutral means factual, lukewarm or mixed. Whole reviews with stars and nearly all Chinese neutral texts were "
            "written for this project; how three stars are given in a real shop differs from shop to shop, which is why "
            "reading is fitted to a shop's own stars where it has some.",
            "Other languages than English and Chinese were not trained and not measured.",
        ),
    )


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


def train_adapter(
    made: Recipe, runs: Sequence[Sequence[Example]], model: Path, work: Path, threads: int, device: str, out: Path
) -> None:
    """Train (or go on training) run by run and write what comes of merging them; torch is loaded here and not before."""
    import torch

    from engine.learning import lora
    from engine.learning.base_model import GgufTokenizer, load_torch
    from engine.learning.export import write_gguf
    from engine.learning.train import train

    # Each part of a batch has a thread of its own.
    torch.set_num_threads(1)
    tokenizer = GgufTokenizer(model)

    def on_step(step: int, steps: int, loss: float, seconds: float) -> None:
        if step % 20 == 0 or step == steps:
            click.echo(f"step {step}/{steps}  loss {loss:.3f}  {seconds:.0f} s", err=True)

    trained, rank, scale = [], made.settings[0].rank, made.settings[0].alpha / made.settings[0].rank
    for number, (examples, settings) in enumerate(zip(runs, made.settings, strict=True), 1):
        base = load_torch(model, torch.bfloat16, device)
        checkpoint = work / f"{made.task.name}.{number}.checkpoint"
        tensors = train(base, tokenizer, made.task, examples, settings, checkpoint, workers=threads, on_step=on_step)
        trained.append((tensors, settings.alpha / settings.rank))
    write_gguf(
        out,
        lora.merged(trained, rank, scale),
        alpha=rank * scale,
        architecture=base.architecture,
        name=made.task.name,
        licence=card.LICENCE,
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

    from engine.inference.task import calibrated
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


def compare(measured: Measured, before: Array, after: Array, readers: tuple[Reader, Reader]) -> dict[str, Any]:
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


CALIBRATED_ON = {"": frozenset({"vader", "oposum", "mams", "reviews_en", "written"})}
"""By language the sources that its calibration is fitted on, all where none are named. English has enough opinions of
three classes to leave aside sources of two classes, whose texts say nothing of neutral, and questions."""


def calibrated_reader(client: ModelClient, task: LabelTask, examples: Sequence[Example]) -> Reader:
    """The task with temperature, bias and threshold fitted on held-out examples of the training sources.

    Chinese has a calibration of its own; the one for all other texts is fitted on the English sources.
    """
    calibrations = {}
    for language, chosen in sentiment.groups_of([e.text for e in examples], ["zh"]).items():
        known = CALIBRATED_ON.get(language)
        own = [examples[i] for i in chosen if known is None or examples[i].source in known]
        calibrations[language] = calibration_of(task, own, client.scores([e.text for e in own], task))
    return Reader(task, calibrations)


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


def build(
    name: str,
    data: Sequence[Path],
    measure: Sequence[Path],
    forbid: Sequence[Path],
    out: Path,
    work: Path,
    threads: int,
    device: str,
    most: int,
) -> Path:
    """Build one adapter with its card.

    Args:
        name: of the adapter. data: folders with the source files. measure: JSON Lines files that are scored and
            kept out of training. forbid: JSON Lines files that are kept out of training only.
        out: folder for NAME.gguf and NAME.toml. work: folder for checkpoints.
        threads: CPU threads. device: where torch trains, cpu or cuda; all scores are read by llama.cpp.
        most: texts scored of each measured file.

    Returns:
        Path of the card.
    """
    if name == aspects_data.TASK.name:
        return aspects.build(data, measure, forbid, out, work, threads, device, most)
    made = recipe(name)
    task = made.task
    read = [read_measured(path, task.names, most) for path in measure]
    others = [text for path in forbid for text in read_measured(path, task.names, most)[1]]
    forbidden = Overlap([*(text for _, texts in read for text in texts), *others])
    split = made.split(DataFolder(data), forbidden)
    adapter = out / f"{name}.gguf"
    with ModelClient() as client:
        model = client.model
        train_adapter(made, split.runs, model.path, work, threads, device, adapter)
        bare = calibrated_reader(client, task, split.calibration)
        trained = calibrated_reader(client, replace(task, adapter=str(adapter)), split.calibration)
        scored: dict[str, dict[str, Any]] = {}
        for group, sets in (("held_out", test_sets(split.test)), ("other_data", [m for m, _ in read])):
            scored[group] = {}
            for one in sets:
                scores = [client.scores(one.texts, which.task) for which in (bare, trained)]
                scored[group][one.name] = compare(one, scores[0], scores[1], (bare, trained))
                click.echo(f"{one.name}: {json.dumps(scored[group][one.name])}", err=True)
        sample = [e.text for e in split.test][:: max(1, len(split.test) // 48)][:48]
        agreed = agreement(task, model.path, adapter, made.settings[0], sample, client.scores(sample, trained.task))
    counts = {use: Counter(e.source for e in getattr(split, use)) for use in ("train", "calibration", "test")}
    base = default_model()
    path = out / f"{name}.toml"
    card.write(
        path,
        {
            "name": name,
            "task": task.name,
            "version": task.version,
            "file": adapter.name,
            "sha256": file_hash(adapter),
            "bytes": adapter.stat().st_size,
            "licence": card.LICENCE,
            "base": {
                "model": model.name,
                "quantisation": model.facts.quantisation,
                "sha256": model.sha256,
                "made_from_sha256": base.sha256,
            },
            "prompt": card.prompt_section(task),
            "calibration": {
                **card.calibration_section(trained.calibrations[""]),
                "zh": card.calibration_section(trained.calibrations["zh"]),
            },
            "data": [
                {**asdict(source), **{use: counts[use][key] for use in counts}} for key, source in made.sources.items()
            ],
            "settings": [asdict(settings) for settings in made.settings],
            "scores": scored,
            "llama_cpp_against_torch": agreed,
            "weaknesses": list(made.weaknesses),
        },
    )
    return path


@click.command()
@click.argument("name")
@click.option(
    "--data",
    multiple=True,
    required=True,
    type=click.Path(exists=True, path_type=Path),
    help="Folder with source files; may be given several times.",
)
@click.option(
    "--measure",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="JSON Lines file that is scored and kept out of training.",
)
@click.option(
    "--forbid",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="JSON Lines file that is kept out of training and not scored.",
)
@click.option("--out", default=ADAPTERS, type=click.Path(path_type=Path), help="Folder for the adapter and its card.")
@click.option("--work", default=Path("build"), type=click.Path(path_type=Path), help="Folder for checkpoints.")
@click.option("--threads", default=2, show_default=True, help="CPU threads for training.")
@click.option("--device", default="cpu", show_default=True, help="Where torch trains: cpu or cuda.")
@click.option("--most", default=900, show_default=True, help="Texts scored of each measured file.")
def main(
    name: str,
    data: tuple[Path, ...],
    measure: tuple[Path, ...],
    forbid: tuple[Path, ...],
    out: Path,
    work: Path,
    threads: int,
    device: str,
    most: int,
) -> None:
    """Build the adapter NAME from its data files."""
    try:
        click.echo(build(name, data, measure, forbid, out, work, threads, device, most))
    except BackroomError as error:
        click.echo(error.message(), err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
