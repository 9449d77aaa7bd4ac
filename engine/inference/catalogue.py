"""The models that Backroom knows: `models/catalog.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class CatalogueEntry:
    """One model of `models/catalog.toml`; sizes in bytes, `memory_mb` for the whole model process.

    `size` 0 and an empty `sha256` mean that nobody vouches for them here; the hub states them when the file is fetched.
    `machine_gb` is the memory of the machine that the model is recommended for.
    """

    name: str
    file: str
    licence: str
    memory_mb: int
    context: int
    template: str
    languages: tuple[str, ...]
    source: str
    good_for: str
    size: int = 0
    sha256: str = ""
    repository: str = ""
    revision: str = "main"
    machine_gb: int = 8
    licence_url: str = ""
    notice: str = ""
    packages: tuple[str, ...] = ()
    prepare: str | None = None
    default: bool = False


def catalogue() -> list[CatalogueEntry]:
    """All models that Backroom knows, in the order of the file; the default one is marked."""
    text = (Path(__file__).resolve().parents[2] / "models" / "catalog.toml").read_text(encoding="utf-8")
    return [_entry(row) for row in tomllib.loads(text)["model"]]


def _entry(row: dict[str, Any]) -> CatalogueEntry:
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return CatalogueEntry(**fields)


def default_model() -> CatalogueEntry:
    """The model used when none is named."""
    return next(entry for entry in catalogue() if entry.default)
