"""Sentiment of a text: negative, neutral or positive, read from the model's label tokens.

The default model reads with a small trained adapter that ships (`models/adapters/sentiment.*`, with its card); any other
model is asked by a prompt (`prompts/sentiment*.jinja`). `fitting.py` fits the reading to a shop's own stars.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.inference.task import Calibration, LabelTask, calibrated
from engine.jobs import JobContext
from engine.reviews.plainly import plainly
from engine.reviews.shipped import adapter_path, card_of
from engine.reviews.themes import language_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.inference.chat_template import ChatFormat
    from engine.inference.client import ModelClient

LABELS = ("negative", "neutral", "positive")
LANGUAGES = ("en", "zh")
"""The languages that reading was measured in."""
_ANSWERS: dict[str, tuple[str, ...]] = {label: (f" {label}",) for label in LABELS}
UNSURE = 0.5
"""Without a measured threshold, a best probability below this goes to a person."""

LEAST_IN_GROUP = 50
"""Fewer texts than this say nothing about how common a label is in a group."""

PRIOR_WEIGHT = 0.5
"""What the shares over all texts weigh beside a group's own."""


@dataclass(frozen=True)
class Reader:
    """A task with its thresholds: `calibrations[""]` for texts in general, others by the language they were fitted for."""

    task: LabelTask
    calibrations: dict[str, Calibration]

    def shares(self, scores: NDArray[np.float64], texts: Sequence[str]) -> NDArray[np.float64]:
        """Probabilities, shape (n, 3) in the order of `LABELS`, each text calibrated for its language."""
        import numpy as np

        result = calibrated(scores, list(LABELS), self.calibrations[""])
        for language, inside in groups_of(texts, self.calibrations).items():
            result[inside] = calibrated(np.asarray(scores)[inside], list(LABELS), self.calibrations[language])
        return result

    @property
    def abstain_below(self) -> float:
        """A best probability below this goes to a person."""
        return self.calibrations[""].abstain_below


def groups_of(texts: Sequence[str], languages: Iterable[str]) -> dict[str, list[int]]:
    """Positions of the texts of each language that has thresholds of its own, and of all others under ""."""
    groups: dict[str, list[int]] = {}
    for i, text in enumerate(texts):
        language = language_of(text)
        groups.setdefault(language if language in languages else "", []).append(i)
    return groups


def reader_for(client: ModelClient) -> Reader:
    """The reader that suits the client's model.

    With the shipped adapter when it was trained for this model; else asked in the model's own chat format, or by examples
    where it has none, and calibrated by what the model answers to texts without content.
    """
    shipped = _shipped()
    if shipped is not None and client.model.sha256 == shipped[1]:
        return shipped[0]
    from engine.inference.trial import content_free

    task = _asked_in_chat(client.model.chat) if client.model.chat is not None else _asked_by_examples()
    return Reader(task, {"": replace(content_free(client, task), abstain_below=UNSURE)})


def _asked_by_examples() -> LabelTask:
    prefix, _, suffix = _prompt("sentiment.v1").partition("{{ text }}")
    return LabelTask("sentiment", "examples.v1", prefix, suffix, _ANSWERS)


def _asked_in_chat(chat: ChatFormat) -> LabelTask:
    prefix, suffix = chat.around(_prompt("sentiment_chat.v1"))
    words: dict[str, tuple[str, ...]] = {label: (label, label.capitalize()) for label in LABELS}
    return LabelTask("sentiment", "chat.v1", prefix, suffix, words)


def _prompt(name: str) -> str:
    return (Path(__file__).with_name("prompts") / f"{name}.jinja").read_text(encoding="utf-8").rstrip("\n")


def _shipped() -> tuple[Reader, str] | None:
    """The shipped adapter's reader and the hash of the model it was trained for; None when it is not here."""
    card = card_of("sentiment")
    if card is None:
        return None
    prompt, calibration = card["prompt"], card["calibration"]
    task = LabelTask(
        "sentiment",
        str(card["version"]),
        prompt["prefix"],
        prompt["suffix"],
        {label: tuple(answers) for label, answers in prompt["labels"].items()},
        adapter=str(adapter_path("sentiment")),
        max_text_tokens=prompt.get("max_text_tokens", 200),
    )
    calibrations = {"": _calibration(calibration)}
    calibrations |= {name: _calibration(part) for name, part in calibration.items() if name in LANGUAGES}
    return Reader(task, calibrations), str(card["base"]["sha256"])


def _calibration(table: dict[str, Any]) -> Calibration:
    return Calibration(table["bias"], table["temperature"], table["abstain_below"], table["source"])


def adjusted_to_groups(shares: NDArray[np.float64], groups: NDArray[np.int64], rounds: int = 50) -> NDArray[np.float64]:
    """Probabilities that take into account how common each label is among texts of the same group.

    Used for clauses grouped by their review's stars: a plain statement of fact in a one-star review is more likely a
    complaint than in a five-star one. Each group's label shares are estimated by expectation-maximisation, relative to
    the shares over all texts (Saerens, Latinne & Decaestecker 2002, "Adjusting the outputs of a classifier to new a
    priori probabilities"), and drawn a third of the way to the latter (a Dirichlet prior that weighs half as much as the
    group's texts): left alone the estimate runs away, until every clause of a three-star review is neutral. On the
    301 clauses of OPOSUM's boots, which the model was not trained on, 77 % are right so, as many as without any
    adjustment, and 74 % without that prior.

    Args:
        shares: shape (n, labels), rows sum to 1.
        groups: shape (n,); texts of group -1 (no stars) are left as they are.

    Returns:
        Shape (n, labels), rows sum to 1.
    """
    import numpy as np

    result = shares.copy()
    if not len(shares):
        return result
    overall = np.maximum(shares.mean(axis=0), 1e-3)
    for group in np.unique(groups[groups >= 0]):
        inside = groups == group
        if inside.sum() < LEAST_IN_GROUP:
            continue
        prior = overall
        for _ in range(rounds):
            weighted = shares[inside] * (prior / overall)
            weighted /= weighted.sum(axis=1, keepdims=True)
            prior = np.maximum((weighted.mean(axis=0) + PRIOR_WEIGHT * overall) / (1 + PRIOR_WEIGHT), 1e-3)
        result[inside] = weighted
    return result


def method_of(task: LabelTask, model_name: str) -> str:
    """How a label was made, in a few words for the screen."""
    return f"{model_name}, {'adapter' if task.adapter else 'prompt'} {task.version}"


def label_texts(
    ids: Sequence[Any], texts: Sequence[str], *, context: JobContext, model: str | None = None
) -> list[dict[str, Any]]:
    """Label texts outside a shop, in input order, in the shape `label sentiment --json` prints.

    Empty texts get equal probabilities and abstain: there is nothing to read.
    """
    from engine.inference.client import ModelClient

    positions = [i for i, text in enumerate(texts) if text.strip()]
    records: list[dict[str, Any]] = [
        record(identity, dict.fromkeys(LABELS, 1 / 3), "empty text", abstain=True, label="neutral") for identity in ids
    ]
    if not positions:
        return records
    stage = context.stage("Reading", len(positions), "texts")
    with ModelClient(model) as client:
        reader = reader_for(client)
        chosen = [texts[i] for i in positions]
        scores = client.scores(
            [plainly(text) for text in chosen],
            reader.task,
            on_batch=lambda indices, _: stage.advance(len(indices)),
            context=context,
        )
        method = method_of(reader.task, client.model.name)
    for i, row in zip(positions, reader.shares(scores, chosen), strict=True):
        shares = {label: round(float(p), 4) for label, p in zip(LABELS, row, strict=True)}
        records[i] = record(ids[i], shares, method, abstain=max(shares.values()) < reader.abstain_below)
    return records


def record(
    identity: Any, shares: dict[str, float], method: str, *, abstain: bool, label: str | None = None
) -> dict[str, Any]:
    """One labelled text as JSON."""
    best = label or max(LABELS, key=lambda name: shares[name])
    return {
        "id": identity,
        "label": best,
        "probabilities": shares,
        "confidence": shares[best],
        "method": method,
        "abstain": abstain,
    }
