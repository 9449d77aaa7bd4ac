"""The trained parts that ship with Backroom: each an adapter and a card that says how to ask it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any


def adapter_path(name: str) -> Path:
    """Where the shipped adapter of that name lies; its card lies beside it."""
    import models

    return Path(models.__file__).parent / "adapters" / f"{name}.gguf"


def card_of(name: str) -> dict[str, Any] | None:
    """The card of a shipped adapter; None when the adapter or its card is not here."""
    adapter = adapter_path(name)
    card = adapter.with_suffix(".toml")
    if not (adapter.is_file() and card.is_file()):
        return None
    return tomllib.loads(card.read_text(encoding="utf-8"))
