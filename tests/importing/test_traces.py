"""An import that was taken back leaves nothing of its customers anywhere beside the file it came from."""

from __future__ import annotations

import csv
from pathlib import Path

from engine.desks.analysis import analyze
from engine.desks.opening import open_store
from engine.importing.desk import import_file, undo
from tests.kills import _model

HEADER = ("title", "body", "rating", "review_date", "source", "curated", "reviewer_name", "reviewer_email", "product_id",
          "product_handle", "reply")  # fmt: skip
TRACES = (b"wilhelmina", b"trotterby", b"quuxville", b"zanzibargle", b"0151-555", b"bad@example")


def write(path: Path, told: str) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADER)
        for i in range(40):
            # A name stands in few texts; what most of them say gives a theme its name.
            said = f" said {told}" if i == 9 else ""
            text = f"it barely holds a charge{said} {i}. overpriced for what it is {i}."
            rows.writerow(["", text, 1, f"2026-03-{i % 28 + 1:02d} 10:00:00 UTC", "email", "ok", f"{told.title()} Trotterby",
                           f"{told}{i}@example.com", i % 3, ("lamp", "mug", "rug")[i % 3], "call 0151-555-1234"])  # fmt: skip
        rows.writerow(["", told, "often", "2026-03-01", "email", "ok", told, "bad@example.com", 1, "lamp", ""])
    return path


def left_in(folder: Path) -> set[bytes]:
    """The traces that any file in a folder still holds."""
    contents = [path.read_bytes().lower() for path in folder.rglob("*") if path.is_file()]
    return {trace for trace in TRACES if any(trace in content for content in contents)}


def test_undo_removes_every_trace(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    store = open_store(folder / "a.shop", create=True)
    import_file(store, write(tmp_path / "a.csv", "wilhelmina quuxville"))
    import_file(store, write(tmp_path / "b.csv", "zanzibargle"))
    with _model() as model:
        analyze(store, model=model)
    store.close()
    assert left_in(folder) == set(TRACES)
    undo(store, 1)
    store.close()
    # The other import's rows have the rest.
    assert left_in(folder) == {b"zanzibargle", b"trotterby", b"0151-555", b"bad@example"}
    assert store.value("SELECT count(*) FROM findings WHERE current") > 0
    undo(store, 2)
    store.close()
    assert left_in(folder) == set() and [path.name for path in folder.iterdir()] == ["a.shop"]
