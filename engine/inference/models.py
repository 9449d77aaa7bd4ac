"""The models on this machine: found by name or path, put together if need be, and checked.

Nothing here loads llama.cpp. A packaged model is put together once in the user's data folder, checked against its hash,
and rewritten in a quantisation that this CPU reads fastest; from then on that file is the model, and its hash is what
keys cached answers.
"""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import ModelError
from engine.inference.catalogue import CatalogueEntry, catalogue, default_model
from engine.inference.chat_template import ChatFormat
from engine.inference.child import child_environment
from engine.inference.facts import ModelFacts, describe
from engine.inference.files import cards, file_hash, is_sealed, prepared_path, read_card, seal, write_whole
from engine.inference.gguf_header import read_header
from engine.inference.machine import available_memory
from engine.paths import models_dir

_CHUNK = 1 << 20


@dataclass(frozen=True)
class ModelFile:
    """A model ready to be loaded: its path, its hash, what is known about it, and its chat format if it has one."""

    name: str
    path: Path
    sha256: str
    facts: ModelFacts
    licence: str
    chat: ChatFormat | None = None


def resolve(name_or_path: str | Path | None = None, *, log: Callable[[str], None] = lambda line: None) -> ModelFile:
    """Find a model by catalogue name or path, put it together if need be, and check it.

    Args:
        name_or_path: a name of the catalogue, a path to a GGUF file, or None for the default model.
        log: told about work that takes seconds.

    Raises:
        ModelError: unknown, missing, damaged, or of a kind that cannot be used.
    """
    wanted = str(name_or_path) if name_or_path is not None else default_model().name
    card = read_card(wanted)
    if card is not None:
        return _own(card)
    entry = next((entry for entry in catalogue() if entry.name == wanted), None)
    if entry is None:
        if not wanted.endswith(".gguf") and not Path(wanted).exists():
            known = ", ".join(
                dict.fromkeys([*(row.name for row in catalogue()), *(str(row["name"]) for row in cards())])
            )
            raise ModelError(f"There is no model called {wanted}.", todo=f"Known are: {known}; or give a .gguf file.")
        path = Path(wanted).expanduser().resolve()
        facts = describe(path)
        return ModelFile(path.stem, path, file_hash(path), facts, facts.licence or "not stated in the file")
    path = _prepared(entry, log) if entry.prepare else original_file(entry, log)
    return ModelFile(entry.name, path, file_hash(path), describe(path), entry.licence)


def _own(card: dict[str, Any]) -> ModelFile:
    """A model that was added or pulled: as it is, or as it was prepared for this machine."""
    chosen, prepared = card, card.get("prepared")
    if prepared is not None and (models_dir() / str(prepared["file"])).is_file():
        chosen = prepared
    path = models_dir() / str(chosen["file"])
    facts, sha, expected = describe(path), file_hash(path), chosen["sha256"]
    if sha != expected:
        raise ModelError(
            f"The file of {card['name']} has changed since it was added.",
            file=str(path),
            todo=f"Remove it (`backroom models remove {card['name']}`) and add it again.",
        )
    chat = None if card.get("chat") is None else ChatFormat(**card["chat"])
    return ModelFile(str(card["name"]), path, sha, facts, str(card["licence"]), chat)


def check_memory(model: ModelFile) -> None:
    """Refuse a model that this machine has no room for now, before anything is loaded.

    Raises:
        ModelError: with what it needs and what is free.
    """
    needed, free = model.facts.memory_needed(), available_memory()
    if needed > free:
        raise ModelError(
            f"This model needs about {needed >> 20:,} MB of memory, and {free >> 20:,} MB are free.",
            file=str(model.path),
            todo="Close other programs or choose a smaller model.",
        )


def original_file(entry: CatalogueEntry, log: Callable[[str], None] = lambda line: None) -> Path:
    """The file of a catalogue model as published: where it is installed, or put together in the models folder.

    Raises:
        ModelError: its packages are not installed, or what they hold has another hash.
    """
    target = models_dir() / entry.file
    if _is_intact(target, entry):
        return target
    parts = [package_file(package, entry) for package in entry.packages]
    missing = [package for package, part in zip(entry.packages, parts, strict=True) if part is None]
    if missing or not parts:
        names = ", ".join(name.replace("_", "-") for name in missing)
        raise ModelError(
            f"The model {entry.name} is not on this machine.",
            file=str(target),
            todo=f"Install the Python packages {names}."
            if names
            else f"Fetch it with `backroom models pull {entry.name}`, which asks before it connects.",
        )
    found = [part for part in parts if part is not None]
    if len(found) == 1 and _is_intact(found[0], entry):
        return found[0]
    log(f"Putting {entry.name} together ({entry.size >> 20} MB, once) ...")
    write_whole(target, lambda temporary: _join(found, temporary, entry))
    return target


def package_file(package: str, entry: CatalogueEntry) -> Path | None:
    """The piece of the model inside an installed package, found without importing the package."""
    spec = importlib.util.find_spec(package)
    if spec is None:
        return None
    for folder in spec.submodule_search_locations or []:
        for path in sorted(Path(folder).rglob(entry.file + "*")):
            if path.is_file():
                return path
    return None


def _is_intact(path: Path, entry: CatalogueEntry) -> bool:
    return path.is_file() and path.stat().st_size == entry.size and file_hash(path) == entry.sha256


def _join(parts: Iterable[Path], target: Path, entry: CatalogueEntry) -> None:
    digest = hashlib.sha256()
    with target.open("wb") as out:
        for part in parts:
            with part.open("rb") as file:
                while block := file.read(_CHUNK):
                    digest.update(block)
                    out.write(block)
    if digest.hexdigest() != entry.sha256:
        raise ModelError(
            f"The installed pieces of {entry.name} do not add up to the published file.",
            file=str(target),
            todo="Install its packages again.",
        )


def _prepared(entry: CatalogueEntry, log: Callable[[str], None]) -> Path:
    """The catalogue model in the quantisation that runs fastest, made on first use."""
    target = prepared_path(entry.name, str(entry.prepare))
    if is_sealed(target):
        return target
    if target.is_file():
        log(f"{target.name} is damaged, or was made by an older version, and is made again.")
    source = original_file(entry, log)
    log(f"Preparing {entry.name} for this machine ({entry.prepare}, once) ...")
    prepare_file(source, target, str(entry.prepare))
    return target


def prepare_file(source: Path, target: Path, quantisation: str) -> None:
    """Rewrite `source` as `target` in another quantisation (Q4_0 and Q8_0 have fast CPU kernels), in a child process.

    Raises:
        ModelError: llama.cpp refused the file, is not installed, or the disk is full.
    """
    read_header(source)

    def write(temporary: Path) -> None:
        command = [sys.executable, "-m", "engine.inference.requantise", str(source), str(temporary), quantisation]
        done = subprocess.run(command, capture_output=True, check=False, env=child_environment())
        if done.returncode != 0:
            reason = done.stderr.decode(errors="replace").strip().splitlines()
            raise ModelError(
                f"This model could not be prepared ({reason[-1] if reason else 'no reason given'}).",
                file=str(source),
                todo="Check that llama-cpp-python is installed and the disk has room.",
            )

    write_whole(target, write)
    read_header(target)
    seal(target)
