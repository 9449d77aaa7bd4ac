"""Rows that were not loaded, in a file that a spreadsheet opens, a seller mends, and Backroom reads again."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from engine import cells
from engine.importing.profiles import OWN_COLUMNS
from engine.importing.transform import Reject


def neutral(cell: str | None) -> str:
    """A cell that no spreadsheet runs as a formula; plain numbers such as +3.50 stay as they are."""
    if cell is None:
        return ""
    return cell if _number(cell) else str(cells.neutral(cell))


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return cell[:1] in "+-" and cell[1:2].isdigit()


def rejects_path(shop: Path, file: str, sheet: str | None, import_id: int | None = None) -> Path:
    """Where the rejects of a file go: a folder beside the shop, one file per import."""
    safe = "".join(c if c.isalnum() or c in " ._-" else "_" for c in file + (f" {sheet}" if sheet else ""))
    own = "" if import_id is None else f".import{import_id}"
    return shop.with_name(shop.name + ".rejects") / f"{safe[-100:]}{own}.csv"


def write(path: Path, names: Sequence[str], rejects: Sequence[Reject]) -> None:
    """Write rejects with their reason and line after the file's own columns; surplus cells follow.

    Raises:
        OSError: the folder cannot be written, or the disk is full; no part of the file is left then.
    """
    path.parent.mkdir(exist_ok=True)
    width = max([len(names), *(len(reject.cells) for reject in rejects)])
    surplus = [f"surplus {i}" for i in range(1, width - len(names) + 1)]
    partial = path.with_name(path.name + ".part")
    try:
        with partial.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*map(neutral, names), *surplus, *OWN_COLUMNS])
            for reject in sorted(rejects, key=lambda r: r.line):
                row = [neutral(cell) for cell in reject.cells]
                writer.writerow([*row, *[""] * (width - len(row)), neutral(reject.reason), reject.line])
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
