"""The card of a shipped adapter: what it is, what it was made of, how good it is, and how it is used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.inference.catalogue import default_model
from engine.inference.files import file_hash
from engine.inference.models import ModelFile
from engine.inference.task import Calibration, LabelTask
from engine.learning.sources import Source

LICENCE = "Gemma Terms of Use (derived from gemma-3-270m); data licences as listed"


def write(path: Path, card: Mapping[str, Any]) -> None:
    """Write a card as TOML, plain values before tables, keys in the order given."""
    path.write_text("\n".join(_table(card, ())).strip() + "\n", encoding="utf-8")


def _table(values: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    """Lines of one TOML table and of the tables inside it; None is left out, as TOML has no such value."""
    plain = {k: v for k, v in values.items() if not _is_table(v) and v is not None}
    lines = [f"{_key(key)} = {_value(value)}" for key, value in plain.items()]
    for key, value in values.items():
        inner = (*path, key)
        name = ".".join(map(_key, inner))
        if isinstance(value, Mapping):
            lines += ["", f"[{name}]", *_table(value, inner)]
        elif _is_table(value):
            for row in value:
                lines += ["", f"[[{name}]]", *_table(row, inner)]
    return lines


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and bool(value) and isinstance(value[0], Mapping))


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if bare else json.dumps(name, ensure_ascii=False)


def _value(value: Any) -> str:
    # Strings, numbers, booleans and arrays of them are written alike in JSON and TOML.
    return json.dumps(value, ensure_ascii=False)


def heading(name: str, version: str, adapter: Path, model: ModelFile) -> dict[str, Any]:
    """The first part of a card: which file it is about, and for which model."""
    return {
        "name": name,
        "task": name,
        "version": version,
        "file": adapter.name,
        "sha256": file_hash(adapter),
        "bytes": adapter.stat().st_size,
        "licence": LICENCE,
        "base": {
            "model": model.name,
            "quantisation": model.facts.quantisation,
            "sha256": model.sha256,
            "made_from_sha256": default_model().sha256,
        },
    }


def data_section(sources: Mapping[str, Source], counts: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    """The sources with how many of their examples went to each use."""
    return [{**asdict(source), **{use: counts[use][key] for use in counts}} for key, source in sources.items()]


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
