"""Writes the sample shop: `python -m sample_data.generate [--seed N] [--out DIR]`.

The same seed gives the same bytes on every machine. What is written is the sum of the parts (`sample_data/parts`).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from sample_data import FOLDER
from sample_data.parts import PARTS
from sample_data.sample import draw

SEED = 20261031
MANY = 100
"""Records above this number are written one to a line, so that a change of one shows as one."""


def generate(out: Path, seed: int = SEED) -> dict[str, dict[str, Any]]:
    """Write the export files into `out/files` and each part's truth into `out/truth`; return the truths by part.

    Every part plants before any part writes, and all have written before any tells. Files are only written here: nothing
    is removed, and a file of the same name is replaced.

    Raises:
        ValueError: a part writes other files than it is declared with.
    """
    sample = draw(seed)
    modules = {part: part.load() for part in PARTS}
    for module in modules.values():
        if hasattr(module, "plant"):
            module.plant(sample)
    for folder in (out / "files", out / "truth"):
        folder.mkdir(parents=True, exist_ok=True)
    for part, module in modules.items():
        files: dict[str, bytes] = module.write(sample)
        if set(files) != set(part.files):
            raise ValueError(f"{part.name} writes {sorted(files)} and is declared with {sorted(part.files)}")
        for name, content in files.items():
            (out / "files" / name).write_bytes(content)
    truths: dict[str, dict[str, Any]] = {part.name: module.truth(sample) for part, module in modules.items()}
    for name, told in truths.items():
        (out / "truth" / f"{name}.json").write_bytes(_dump(told))
    return truths


def _dump(told: dict[str, Any]) -> bytes:
    """Indented JSON in which long tables of records have one record to a line."""
    pieces = [f" {json.dumps(key)}: {_value(value)}" for key, value in told.items()]
    return ("{\n" + ",\n".join(pieces) + "\n}\n").encode()


def _value(value: Any) -> str:
    if isinstance(value, dict) and len(value) > MANY:
        rows = ",\n".join(f"  {json.dumps(key)}: {json.dumps(one, ensure_ascii=False)}" for key, one in value.items())
        return f"{{\n{rows}\n }}"
    if isinstance(value, list) and len(value) > MANY:
        return "[\n" + ",\n".join(f"  {json.dumps(one, ensure_ascii=False)}" for one in value) + "\n ]"
    return json.dumps(value, ensure_ascii=False, indent=1).replace("\n", "\n ")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m sample_data.generate", description="Write the sample shop.")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder for files/ and truth/")
    chosen = parser.parse_args()
    for name, told in generate(chosen.out, chosen.seed).items():
        rows = ", ".join(f"{count} {what.replace('_', ' ')}" for what, count in told.get("rows", {}).items())
        print(f"{name}: {rows}")


if __name__ == "__main__":
    main()
