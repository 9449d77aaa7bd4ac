"""What the import desk exports: the rows that were not loaded, and mappings that were accepted, as profiles."""

from __future__ import annotations

import csv
from pathlib import Path

from engine.cells import restored
from engine.importing.desk import learned_profiles
from engine.importing.queries import imports
from engine.importing.rejects import rejects_path
from engine.store.database import Store
from engine.store.sheets import Documents, Sheet


def of_rejects(store: Store) -> Sheet:
    """Every row that was not loaded, of all imports that still stand, under the union of their columns."""
    columns: dict[str, None] = {"backroom file": None, "backroom reason": None, "backroom line": None}
    rows: list[dict[str, str]] = []
    lost = []
    paths = dict.fromkeys(
        (str(report["rejects_file"]), str(report["file"]))
        for report in reversed(imports(store))
        if report.get("rejects_file") and report["state"] == "loaded"
    )
    folder = rejects_path(store.path, "", None).parent.resolve()
    for path, file in paths:
        # A shop may come from a stranger: only files in its own folder of rejects are read, whatever path it names.
        if Path(path).resolve().parent != folder:
            lost.append(f"The rejects of {Path(file).name} are not beside the shop, and were not read: {path}.")
            continue
        try:
            with Path(path).open(encoding="utf-8-sig", newline="") as source:
                reader = csv.DictReader(source)
                columns |= dict.fromkeys(restored(name) for name in reader.fieldnames or ())
                rows += [
                    {"backroom file": file, **{restored(k): restored(v) for k, v in row.items() if k and v}}
                    for row in reader
                ]
        except OSError:
            lost.append(f"The rejects of {Path(file).name} are no longer where they were written: {path}.")
    names = tuple(columns)
    return Sheet(
        "rejects", names, lambda: (tuple(row.get(name) for name in names) for row in rows), len(rows), notes=tuple(lost)
    )


def of_profiles(store: Store) -> Documents:
    """Every mapping accepted in the shop, each as a profile that can be put among those that ship."""
    return Documents(
        ".toml",
        tuple(learned_profiles(store)),
        "no mapping was accepted in this shop, so there is no profile to export. "
        "Accepting the columns of an unknown file makes one.",
    )


SHEETS = {"rejects": of_rejects, "profiles": of_profiles}
