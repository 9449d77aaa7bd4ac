"""`label intents`: what every message of a file wants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.errors import UsageError
from engine.jobs import JobContext


def label_intents(
    ids: Sequence[Any],
    texts: Sequence[str],
    *,
    context: JobContext,
    model: str | None = None,
    labels: str | None = None,
) -> list[dict[str, Any]]:
    """One record per text, in order: `{"id", "label", "confidence", "runner_up", "abstain", "person"}`.

    Args:
        labels: a table whose first two columns are text and label: the seller's own intents instead of the built-in ones.

    Raises:
        InputFileError, UsageError: the table cannot be read, or holds no two intents with examples.
        ModelError: an embedder does not load.
    """
    from engine.inference.client import ModelClient
    from engine.service.builtin import built_in, examples
    from engine.service.intents import Intents

    known, named = examples() if labels is None else _labelled(labels)
    person = {one.name for one in built_in() if one.person}
    stage = context.stage("Reading", len(texts), "texts")
    with ModelClient(model) as client:

        def vectors(some: Sequence[str], multilingual: bool) -> Any:
            return client.embed(some, multilingual=multilingual, context=context)

        guesses = Intents(known, named, vectors).guess([text or "" for text in texts])
    stage.advance(len(texts))
    return [
        {
            "id": identity,
            "label": guess.label,
            "confidence": round(guess.confidence, 4),
            "runner_up": guess.runner_up,
            "abstain": guess.abstain,
            "person": labels is None and guess.label in person,
        }
        for identity, guess in zip(ids, guesses, strict=True)
    ]


def _labelled(source: str) -> tuple[list[str], list[str]]:
    from engine.desks.files import read_table

    frame = read_table(source, headed=True)
    names = [name for name in frame.columns if name != "physical line"]
    if len(names) < 2:
        raise UsageError(f"{source}: a table of examples has two columns, the text and its label.")
    rows = [(text, label) for text, label in frame.select(names[:2]).iter_rows() if text and label]
    return [str(text) for text, _ in rows], [str(label) for _, label in rows]
