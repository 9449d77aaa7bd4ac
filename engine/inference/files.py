"""The files of models: where they and their cards lie, their hashes, and what is remembered of this machine."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.errors import ModelError
from engine.paths import models_dir, state_dir


def card_path(name: str) -> Path:
    """Where the card of a model that was added or pulled lies."""
    return models_dir() / f"{name}.json"


def prepared_path(name: str, quantisation: str) -> Path:
    """Where a model lies that was rewritten in another quantisation."""
    return models_dir() / f"{name}.{quantisation.lower()}.gguf"


def part_path(name: str) -> Path:
    """Where a model lies that has not come in whole yet."""
    return models_dir() / f".{name}.part"


def read_card(name: str) -> dict[str, Any] | None:
    """The card of a model that was added or pulled, None when there is none (see `adding.card_for`)."""
    if os.sep in name or not name:
        return None
    try:
        card = json.loads(card_path(name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return card if isinstance(card, dict) and {"name", "file", "sha256", "licence"} <= card.keys() else None


def cards() -> list[dict[str, Any]]:
    """The cards of all models that were added or pulled, by name."""
    found = (read_card(path.stem) for path in sorted(models_dir().glob("*.json")))
    return [card for card in found if card is not None]


def write_card(card: dict[str, Any]) -> None:
    """Keep a model's card beside its file. Raises ModelError when the disk is full."""
    text = json.dumps(card, indent=1, ensure_ascii=False)

    def write(temporary: Path) -> None:
        temporary.write_text(text, encoding="utf-8")

    write_whole(card_path(str(card["name"])), write)


def write_whole(target: Path, write: Callable[[Path], None]) -> None:
    """Let `write` make a temporary file beside `target`, then put it in place in one step or not at all."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        write(temporary)
        os.replace(temporary, target)
    except OSError as error:
        raise ModelError(
            f"The model file cannot be written ({error.strerror}).", file=str(target), todo="Free some disk space."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def file_hash(path: Path, *, again: bool = False) -> str:
    """SHA-256 of a file as hex; remembered by path, size and time of change, because models are large.

    Args:
        path: the file.
        again: read it even if its hash is remembered.
    """
    known = read_state("file_hashes.json")
    stat = path.stat()
    key = str(path.resolve())
    # The time of change cannot be set by a program that copies or writes into a file, unlike that of modification.
    stamp = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]
    if not again and isinstance(known.get(key), dict) and known[key].get("stamp") == stamp:
        return str(known[key]["sha256"])
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    write_state("file_hashes.json", {**known, key: {"stamp": stamp, "sha256": digest}})
    return digest


def seal(path: Path) -> None:
    """Write down the hash of a file that was made here, beside it, so that it can be told from a damaged one."""

    def write(temporary: Path) -> None:
        temporary.write_text(file_hash(path) + "\n", encoding="ascii")

    write_whole(seal_path(path), write)


def seal_path(path: Path) -> Path:
    """Where `seal` writes the hash of a file."""
    return path.with_name(path.name + ".sha256")


def is_sealed(path: Path, *, again: bool = False) -> bool:
    """Whether a file that was made here is there and is what it was when it was made; see `file_hash` for `again`."""
    try:
        expected = seal_path(path).read_text(encoding="ascii", errors="replace").strip()
        return file_hash(path, again=again) == expected
    except OSError:
        return False


def read_state(name: str) -> dict[str, Any]:
    """Something remembered on this machine; empty when there is nothing or it cannot be read."""
    try:
        data = json.loads((state_dir() / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def write_state(name: str, data: dict[str, Any]) -> None:
    """Remember something on this machine; a full disk is no error, because what is kept here only saves time."""
    path = state_dir() / name
    temporary = path.with_name(f".{name}.{os.getpid()}")
    try:
        temporary.write_text(json.dumps(data, indent=1), encoding="utf-8")
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
