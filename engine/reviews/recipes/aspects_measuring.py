"""How the aspects adapter is measured: its terms, their polarity and what is judged without being named; its thresholds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.inference.client import ModelClient
from engine.inference.tagging import Tagged, TagTask
from engine.inference.task import one_line
from engine.learning.examples import fraction
from engine.reviews.aspects import Thresholds, read_sentence, unnamed_share
from engine.reviews.recipes.aspects_sources import AspectExample, named_in
from engine.reviews.themes import language_of

Span = tuple[int, int, str | None]


@dataclass(frozen=True)
class Gold:
    """Texts with the places and polarities of their terms; some texts have none."""

    name: str
    texts: list[str]
    spans: list[list[Span]]

    def half(self, tune: bool) -> Gold:
        """One half for thresholds, the other for scores, by nothing but the text."""
        chosen = [i for i, text in enumerate(self.texts) if (fraction(text, "half") < 0.5) is tune]
        return Gold(self.name, [self.texts[i] for i in chosen], [self.spans[i] for i in chosen])

    def first(self, most: int) -> Gold:
        """At most so many texts, drawn by nothing but the text."""
        order = sorted(range(len(self.texts)), key=lambda i: fraction(self.texts[i], "draw"))[:most]
        return Gold(self.name, [self.texts[i] for i in order], [self.spans[i] for i in order])


def json_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text("utf-8-sig").split("\n") if line.strip()]


def read_gold(path: Path) -> Gold:
    """A JSON Lines file of {"text", "aspects": [{"term", "start", "polarity"}]}."""
    rows = json_lines(path)
    # The model reads a text as one line: only texts that are one already keep their offsets.
    rows = [row for row in rows if one_line(row["text"]) == row["text"]]
    spans = [[(a["start"], a["start"] + len(a["term"]), a["polarity"]) for a in row["aspects"]] for row in rows]
    return Gold(path.stem, [row["text"] for row in rows], spans)


def held_out_gold(examples: Sequence[AspectExample]) -> list[Gold]:
    """Held-out examples of the sources whose terms were marked by hand."""
    found = []
    for source in ("mams", "huliu", "marked", "written"):
        own = [e for e in examples if e.source == source]
        spans: list[list[Span]] = [[(t.start, t.end, t.polarity) for t in e.terms] for e in own]
        found.append(Gold(f"{source} held out", [e.text for e in own], spans))
    return found


def score(gold: Sequence[Sequence[Span]], found: Sequence[Sequence[Span]]) -> dict[str, float]:
    """Exact and overlapping F1 of terms, accuracy of polarity where they overlap, false alarms on texts without terms.

    Each gold term is matched with the predicted term that shares most characters with it, each predicted one once.
    """
    exact = overlap = right = 0
    for wanted, got in zip(gold, found, strict=True):
        exact += len({span[:2] for span in wanted} & {span[:2] for span in got})
        left = list(dict.fromkeys(got))
        for span in wanted:
            shared = [(min(span[1], g[1]) - max(span[0], g[0]), -i) for i, g in enumerate(left)]
            best = max((s for s in shared if s[0] > 0), default=None)
            if best is not None:
                overlap += 1
                right += left.pop(-best[1])[2] == span[2]
    terms, guesses = sum(map(len, gold)), sum(map(len, found))
    free = [bool(got) for wanted, got in zip(gold, found, strict=True) if not wanted]
    scores = {
        "texts": float(len(gold)),
        "terms": float(terms),
        "found": float(guesses),
        "exact_f1": 2 * exact / max(1, terms + guesses),
        "overlap_f1": 2 * overlap / max(1, terms + guesses),
        "polarity_accuracy": right / max(1, overlap),
    }
    if free:
        scores |= {"without_terms": float(len(free)), "false_alarms": sum(free) / len(free)}
    return {name: int(value) if value.is_integer() and value > 1 else round(value, 4) for name, value in scores.items()}


def spans_of(texts: Sequence[str], tagged: Sequence[Tagged], thresholds: Thresholds) -> list[list[Span]]:
    """The named aspects of texts that are sentences already."""
    return [
        [
            (a.start, a.end, a.polarity)
            for a in read_sentence(text, tags, thresholds)
            if a.start is not None and a.end is not None
        ]
        for text, tags in zip(texts, tagged, strict=True)
    ]


def by_name(texts: Sequence[str]) -> list[list[Span]]:
    """What a list of names alone finds, everything called positive: the least that a reader must beat."""
    return [[(start, end, "positive") for start, end, _ in named_in(text)] for text in texts]


OPINION_SHIFT = -1.0
"""Most words of the training texts could be opinions for all that their sources say, so the model is too ready to call
them so."""

MOST_FALSE_ALARMS = 0.23
"""Share of texts without terms in which one is seen; the thresholds keep to this while they are fitted."""


def fit_thresholds(sets: Sequence[tuple[Gold, Sequence[Tagged]]], source: str) -> Thresholds:
    """The thresholds that give the best mean of exact and overlapping F1 over the sets, each weighing as its terms.

    English is fitted first, its shift together with `surest`, since only English sets hold texts without terms: if more
    than `MOST_FALSE_ALARMS` of them get a term, that costs twice the excess. Other languages keep that `surest`.
    Hu and Liu's sentences count for false alarms only: their annotators left many terms unmarked, so that to find one of
    these would be held against a reader.
    `neutral` is then what gives the best accuracy of polarity over all terms, MAMS left aside: its sentences were chosen for
    terms of different polarity, so that far more of its terms are neutral than elsewhere.
    """
    found = Thresholds({}, OPINION_SHIFT, 0.5, source=source)
    for language in ("en", "zh"):
        own = [(gold, tagged) for gold, tagged in sets if gold.texts and language_of(gold.texts[0]) == language]
        if not own:
            continue

        def worth(thresholds: Thresholds, own: Sequence[tuple[Gold, Sequence[Tagged]]] = own) -> float:
            scored = [score(gold.spans, spans_of(gold.texts, tagged, thresholds)) for gold, tagged in own]
            free = [s for s in scored if "false_alarms" in s]
            alarms = sum(s["false_alarms"] * s["without_terms"] for s in free)
            excess = alarms / max(1.0, sum(s["without_terms"] for s in free)) - MOST_FALSE_ALARMS
            marked = [s for s, (gold, _) in zip(scored, own, strict=True) if not gold.name.startswith("huliu")]
            weighed = marked or scored
            f1 = np.average([s["exact_f1"] + s["overlap_f1"] for s in weighed], weights=[s["terms"] for s in weighed])
            return float(f1) - 2 * max(0.0, excess)

        gates = [float(gate) for gate in np.arange(0.4, 0.81, 0.05)] if language == "en" else [found.surest]
        tried = [
            replace(found, term={**found.term, language: float(shift)}, surest=gate)
            for shift in np.arange(-1, 1.51, 0.25)
            for gate in gates
        ]
        found = max(tried, key=worth)
        if language == "en":
            # The share of false alarms hangs on this one, so it is fitted finer.
            finer = [replace(found, surest=round(found.surest + step / 100, 2)) for step in range(-4, 5)]
            found = max(finer, key=worth)
    found = replace(found, term={**found.term, "": found.term.get("en", 0.0)})

    def rightness(neutral: float) -> float:
        shifted = replace(found, neutral=neutral)
        judged = [one for one in sets if not one[0].name.startswith("mams")]
        scored = [score(gold.spans, spans_of(gold.texts, tagged, shifted)) for gold, tagged in judged]
        hits = [s["overlap_f1"] * (s["terms"] + s["found"]) / 2 for s in scored]
        return float(np.dot([s["polarity_accuracy"] for s in scored], hits)) / max(1.0, sum(hits))

    return replace(found, neutral=max((float(n) for n in np.arange(-3, 1.01, 0.25)), key=rightness))


def fit_implicit(examples: Sequence[AspectExample], tagged: Sequence[Tagged], thresholds: Thresholds) -> float:
    """The least probability at which calling something an unnamed aspect is right most often (F1)."""
    anything = replace(thresholds, implicit=0.0)
    rows = []
    for example, tags in zip(examples, tagged, strict=True):
        aspects = [a for a in read_sentence(example.text, tags, anything) if a.start is None]
        if aspects and example.implicit is not None:
            rows.append((unnamed_share(tags), bool(example.implicit)))

    def worth(least: float) -> float:
        hit = sum(sure >= least and is_one for sure, is_one in rows)
        return 2 * hit / max(1, sum(is_one for _, is_one in rows) + sum(sure >= least for sure, _ in rows))

    return max((round(float(least), 2) for least in np.arange(0.2, 0.91, 0.05)), key=worth) if rows else 0.5


def implicit_scores(
    examples: Sequence[AspectExample], tagged: Sequence[Tagged], thresholds: Thresholds
) -> dict[str, float]:
    """How well unnamed aspects and their categories are found in held-out examples that name nothing."""
    hit = right = wanted = guessed = 0
    for example, tags in zip(examples, tagged, strict=True):
        if example.implicit is None or example.terms:
            continue
        found = [a for a in read_sentence(example.text, tags, thresholds) if a.start is None]
        wanted += bool(example.implicit)
        guessed += bool(found)
        hit += bool(found and example.implicit)
        right += bool(found and found[0].category == example.implicit)
    return {
        "texts_with_one": wanted,
        "precision": round(hit / max(1, guessed), 4),
        "recall": round(hit / max(1, wanted), 4),
        "category_accuracy": round(right / max(1, hit), 4),
    }


def measured(
    client: ModelClient, task: TagTask, golds: Sequence[Gold], most: int
) -> tuple[Thresholds, dict[str, dict[str, Any]]]:
    """Thresholds from one half of each set and, by set, the scores on the other half, also those of a list of names.

    Args:
        client, task: who reads. golds: the sets. most: texts read of each half.
    """
    halves = {tune: [gold.half(tune).first(most) for gold in golds] for tune in (True, False)}
    tuning = [(gold, client.tag(gold.texts, task)) for gold in halves[True]]
    note = f"fitted on half of the texts of {', '.join(gold.name for gold in golds)}, at most {most} of each"
    thresholds = fit_thresholds(tuning, note)
    scored = {}
    for gold in halves[False]:
        found = spans_of(gold.texts, client.tag(gold.texts, task), thresholds)
        scored[gold.name] = {**score(gold.spans, found), "list_of_names": score(gold.spans, by_name(gold.texts))}
    return thresholds, scored
