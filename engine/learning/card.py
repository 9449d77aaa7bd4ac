"""The card of a shipped adapter: what it is, what it was made of, how good it is, and how it is used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.errors import ModelError
from engine.inference.task import Calibration, LabelTask


def write(path: Path, card: dict[str, Any]) -> None:
    """Write a card as readable JSON."""
    path.write_text(json.dumps(card, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> dict[str, Any]:
    """The card as written.

    Raises:
        ModelError: there is none, or it is damaged.
    """
    try:
        card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            "The card of this adapter cannot be read.", file=str(path), todo="Install Backroom again."
        ) from error
    return card


def prompt_section(task: LabelTask) -> dict[str, Any]:
    """The part of a card that says how the model is asked."""
    return {
        "prefix": task.prefix,
        "suffix": task.suffix,
        "labels": {name: list(strings) for name, strings in task.labels.items()},
        "max_text_tokens": task.max_text_tokens,
    }


def calibration_section(calibration: Calibration) -> dict[str, Any]:
    """The part of a card that turns scores into probabilities: softmax((score + bias) / temperature)."""
    return {
        "bias": calibration.bias,
        "temperature": calibration.temperature,
        "abstain_below": calibration.abstain_below,
        "source": calibration.source,
    }


def label_task(path: Path) -> LabelTask:
    """The ready task of a card: prompt, adapter file beside the card, calibration.

    Args:
        path: the card, for instance models/adapters/sentiment.json.

    Raises:
        ModelError: the card or the adapter file is missing or damaged.
    """
    card = read(path)
    adapter = path.parent / str(card["file"])
    if not adapter.is_file():
        raise ModelError("The adapter file is missing.", file=str(adapter), todo="Install Backroom again.")
    prompt = card["prompt"]
    return LabelTask(
        name=card["task"],
        version=card["version"],
        prefix=prompt["prefix"],
        suffix=prompt["suffix"],
        labels={name: tuple(strings) for name, strings in prompt["labels"].items()},
        adapter=str(adapter),
        calibration=Calibration(**card["calibration"]),
        max_text_tokens=prompt["max_text_tokens"],
    )
