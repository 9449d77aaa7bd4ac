"""A seller's own model files: taken in after a look at everything they say, checked again on request, removed.

What was found is kept beside the file as a card (`NAME.json`): hash, architecture, quantisation, licence, the chat
format as plain text, and how the model leans when there is nothing to judge.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.errors import ModelError
from engine.inference.catalogue import CatalogueEntry, catalogue
from engine.inference.chat_template import ChatFormat, read_format
from engine.inference.facts import ModelFacts, describe, fits
from engine.inference.files import (
    card_path,
    file_hash,
    is_sealed,
    part_path,
    prepared_path,
    read_card,
    seal_path,
    write_card,
    write_whole,
)
from engine.inference.machine import total_memory
from engine.inference.models import original_file
from engine.paths import models_dir

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")

Card = dict[str, Any]
Log = Callable[[str], None]


def add_model(
    source: Path, *, name: str | None = None, link: bool = False, log: Log = lambda line: None, trial: bool = True
) -> Card:
    """Take a GGUF file into the models folder after checking it, and write its card.

    Args:
        source: the file; left as it is.
        name: what it is called from now on; its own file name by default.
        link: refer to the file where it is instead of copying it.
        log: told what is done.
        trial: load the model once to check its label words and calibrate them; only tests of broken files say no.

    Returns:
        The card, as `read_card` gives it.

    Raises:
        ModelError: damaged, of a kind that cannot be used, too big for this machine, with a template that does more than
            format text, or with label words that cannot be told apart. Nothing is left behind then.
    """
    source = source.expanduser()
    facts = describe(source)
    source = source.resolve()
    name = _free_name(name or source.stem.lower().replace(" ", "-"))
    chat = None if facts.template is None else read_format(facts.template, file=str(source))
    _check_size(facts, source)
    target = models_dir() / f"{name}.gguf"
    log(f"{'Linking' if link else 'Copying'} {source.name} ({facts.size >> 20:,} MB) ...")
    if link:
        target.symlink_to(source)
    else:
        write_whole(target, lambda temporary: _copy(source, temporary))
    try:
        card = card_for(name, target, facts, chat, source=str(source), linked=link)
        if trial:
            log("Trying it: are its label words distinct, and how does it lean? ...")
            card["trial"] = _tried(target, chat)
        write_card(card)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return card


def card_for(
    name: str, path: Path, facts: ModelFacts, chat: ChatFormat | None, *, source: str, linked: bool = False
) -> Card:
    """What is kept about a model file; `path` is hashed."""
    return {
        "name": name,
        "file": path.name,
        "sha256": file_hash(path),
        "source": source,
        "linked": linked,
        "added": time.strftime("%Y-%m-%d"),
        "licence": facts.licence or "not stated in the file",
        "facts": {**asdict(facts), "template": None},
        "chat": None if chat is None else asdict(chat),
    }


def _free_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ModelError(
            f"{name!r} cannot be a model's name.", todo="Give one with --name: small letters, digits, dots and dashes."
        )
    if any(entry.name == name for entry in catalogue()):
        raise ModelError(f"{name} is a model of the catalogue.", todo="Give this file another name with --name.")
    if card_path(name).exists() or (models_dir() / f"{name}.gguf").exists():
        raise ModelError(
            f"There is a model called {name} already.",
            todo=f"Remove it first (`backroom models remove {name}`), or give another --name.",
        )
    return name


def _check_size(facts: ModelFacts, source: Path) -> None:
    needed, total = facts.memory_needed(), total_memory()
    if needed > total:
        raise ModelError(
            f"This model needs about {needed >> 20:,} MB of memory and this machine has {total >> 20:,} MB in all.",
            file=str(source),
            todo="Choose a smaller model or a smaller quantisation of it (Q4_0).",
        )


def _copy(source: Path, target: Path) -> None:
    size, free = source.stat().st_size, shutil.disk_usage(target.parent).free
    if size > free:
        raise ModelError(
            f"The copy needs {size >> 20:,} MB of disk and {free >> 20:,} MB are free.",
            file=str(target.parent),
            todo="Free some disk space, or use --link to leave the file where it is.",
        )
    shutil.copyfile(source, target)


def _tried(path: Path, chat: ChatFormat | None) -> dict[str, Any]:
    from engine.inference.client import ModelClient
    from engine.inference.trial import try_model

    with ModelClient(path) as client:
        result = try_model(client, chat)
    return {key: result[key] for key in ("right", "texts", "bias", "source")}


def check_model(name: str, log: Log = lambda line: None) -> dict[str, Any]:
    """Read a model's file again from beginning to end, compare its hash, and say whether it fits.

    Returns:
        `name`, `file`, `intact`, `sha256`, `expected`, and what `facts.fits` says.

    Raises:
        ModelError: no such model, or the file is missing or damaged.
    """
    card = read_card(name)
    entry = next((entry for entry in catalogue() if entry.name == name), None)
    if card is not None:
        path, expected = models_dir() / str(card["file"]), str(card["sha256"])
    elif entry is not None:
        path, expected = original_file(entry, log), entry.sha256
    else:
        raise ModelError(f"There is no model called {name} here.", todo="`backroom models` lists those that are.")
    log(f"Reading {path.name} ...")
    facts = describe(path)
    found = file_hash(path, again=True)
    used, whole = _used(card, entry, path)
    return {
        "name": name,
        "file": str(path),
        "used": str(used),
        "intact": found == expected and whole,
        "sha256": found,
        "expected": expected,
        "licence": card["licence"] if card is not None else entry.licence if entry is not None else None,
        **fits(facts),
    }


def _used(card: dict[str, Any] | None, entry: CatalogueEntry | None, path: Path) -> tuple[Path, bool]:
    """The file that a model is run from, prepared for this machine or as it came, and whether it is what it was."""
    prepared = None if card is None else card.get("prepared")
    if prepared is not None:
        used = models_dir() / str(prepared["file"])
        return used, used.is_file() and file_hash(used, again=True) == prepared["sha256"]
    if card is None and entry is not None and entry.prepare:
        used = prepared_path(entry.name, entry.prepare)
        if used.is_file():
            return used, is_sealed(used, again=True)
    return path, True


def remove_model(name: str) -> list[Path]:
    """Delete a model that was added or pulled, with what was made from it; a linked file stays where it is.

    Returns:
        The files that are gone.

    Raises:
        ModelError: no such model, or one whose file belongs to an installed package.
    """
    card = read_card(name)
    entry = next((entry for entry in catalogue() if entry.name == name), None)
    if card is None and entry is None:
        raise ModelError(f"There is no model called {name} here.", todo="`backroom models` lists those that are.")
    file = str(card["file"]) if card is not None else entry.file if entry is not None else ""
    prepared = [prepared_path(name, kind) for kind in ("Q4_0", "Q8_0")]
    made = [path for one in prepared for path in (one, seal_path(one)) if path.exists()]
    began = sorted(models_dir().glob(part_path(name).name + "*"))
    gone = [path for path in (models_dir() / file, *made, card_path(name), *began) if os.path.lexists(path)]
    if not gone:
        raise ModelError(f"Nothing of {name} is in the models folder.", file=str(models_dir()))
    for path in gone:
        path.unlink()
    return gone
