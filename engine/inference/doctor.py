"""What this machine can run, for people: every model with what it needs, the graphics cards, the rates measured here."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.errors import ModelError
from engine.inference.catalogue import catalogue
from engine.inference.child import child_environment
from engine.inference.facts import describe, fits
from engine.inference.files import cards, prepared_path, read_card, read_state, write_state
from engine.inference.gpu import Device, plan
from engine.inference.machine import available_memory, model_threads, total_memory, usable_cores
from engine.inference.models import package_file
from engine.paths import models_dir


def list_models() -> list[dict[str, Any]]:
    """The catalogue and every model that was added, with where each is, what it needs, and whether it fits now."""
    rows: list[dict[str, Any]] = []
    free = available_memory()
    named: set[str] = set()
    for entry in catalogue():
        prepared = prepared_path(entry.name, str(entry.prepare))
        card = read_card(entry.name)
        named.add(entry.name)
        packaged = bool(entry.packages) and all(package_file(package, entry) for package in entry.packages)
        rows.append(
            {
                **asdict(entry),
                "installed": packaged or card is not None or (models_dir() / entry.file).is_file(),
                "prepared": str(prepared) if prepared.is_file() else None,
                "fits": entry.memory_mb << 20 <= free,
            }
        )
    return rows + [_own_model(card, free) for card in cards() if card["name"] not in named]


def _own_model(card: dict[str, Any], free: int) -> dict[str, Any]:
    path = models_dir() / str(card["file"])
    row: dict[str, Any] = {
        "name": card["name"],
        "file": str(path),
        "default": False,
        "installed": True,
        "licence": card["licence"],
        "source": card.get("source"),
    }
    try:
        facts = describe(path)
    except ModelError as error:
        return {**row, "fits": False, "problem": error.message()}
    needed = facts.memory_needed()
    # The licence that the card keeps stands above what the file says of itself.
    return {**asdict(facts), **row, "template": None, "memory_mb": needed >> 20, "fits": needed <= free}


def remember_rates(model_sha: str, rates: dict[str, Any]) -> None:
    """Keep what was measured on this machine, for `doctor`."""
    write_state("rates.json", {**read_state("rates.json"), model_sha: rates})


def doctor() -> dict[str, Any]:
    """What this machine can run: cores, memory, GPU offload and why not, which models fit, and rates measured here.

    A model that is here is judged by its own file, KV cache included; the memory of one that is not is an estimate.
    """
    native = _native_facts()
    cards = [Device(**card) for card in native.get("gpus", [])]
    return {
        "cores": usable_cores(),
        "model_threads": model_threads(),
        "memory_mb": total_memory() >> 20,
        "memory_free_mb": available_memory() >> 20,
        **native,
        "gpus": [{"name": card.name, "free_mb": card.free >> 20, "total_mb": card.total >> 20} for card in cards],
        "models": [_prospects(row, cards, bool(native["gpu_offload"])) for row in list_models()],
        "rates": list(read_state("rates.json").values()),
    }


def _prospects(row: dict[str, Any], cards: list[Device], supported: bool) -> dict[str, Any]:
    """Whether a model would run here, what of it would go to a graphics card, and how that is known."""
    known = {"name": row["name"], "installed": row["installed"]}
    path = _present(row)
    if path is None:
        needed, free = row.get("memory_mb", 0), available_memory() >> 20
        verdict = "would fit" if needed <= free else "does not fit in what is free now"
        return {**known, "memory_mb": needed, "fits": needed <= free, "verdict": f"{verdict} (estimated)"}
    try:
        facts = describe(path)
    except ModelError as error:
        return {**known, "fits": False, "verdict": error.message()}
    return {**known, **fits(facts), "gpu": plan(facts, cards, supported=supported).sentence}


def _present(row: dict[str, Any]) -> Path | None:
    """The file that a row of `list_models` would be run from, if it is here."""
    card = read_card(str(row["name"]))
    names = [row.get("prepared"), models_dir() / str(card["file"]) if card is not None else None, row.get("file")]
    return next((path for name in names if name and (path := models_dir() / str(name)).is_file()), None)


def _native_facts() -> dict[str, Any]:
    """Ask llama.cpp, in a child process, what it was built for."""
    command = [sys.executable, "-m", "engine.inference.worker", "--capabilities"]
    done = subprocess.run(command, capture_output=True, check=False, env=child_environment())
    if done.returncode != 0:
        return {
            "llama_cpp": None,
            "gpu_offload": False,
            "gpu_reason": "llama-cpp-python does not load; rules, statistics and vectors still work.",
        }
    facts: dict[str, Any] = json.loads(done.stdout)
    return facts
