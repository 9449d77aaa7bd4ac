"""A small invented bilingual shop with planted truths: its export files, what is planted in them, its generator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sample_data.parts import PARTS

FOLDER = Path(__file__).resolve().parent

FILES = tuple(name for part in PARTS for name in part.files)


def export_files() -> list[Path]:
    """The shop's export files, in a good order to import them."""
    return [FOLDER / "files" / name for name in FILES]


def truth(part: str) -> dict[str, Any]:
    """What one part planted in the files ("sales", "reviews", ...); see `README.md` for its shape."""
    found: dict[str, Any] = json.loads((FOLDER / "truth" / f"{part}.json").read_text(encoding="utf-8"))
    return found
