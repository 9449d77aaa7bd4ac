"""`kill -9` at random moments: nothing that was said to be done is lost, nothing is half done, and no finding says what is not so.

    python -m tests.kills [--kills 1000] [--seed 1]

A process imports, takes imports back, corrects, analyses (on a scripted model) and copies a shop, one after the other, and says
before and after each step which it is. It is killed at a random moment; then the shop is opened and held against what was said.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import os
import random
import signal
import sqlite3
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from engine.desks.analysis import analyze
from engine.desks.opening import open_store
from engine.desks.work import SharedModel
from engine.importing.desk import import_file, undo
from engine.importing.profiles import all_profiles
from engine.inference.client import ModelClient
from engine.inference.scripted import ScriptedBackend, thread_peer
from engine.reviews.corrections import correct
from engine.reviews.queries import SENTIMENTS
from engine.store.backup import back_up
from engine.store.database import Store

STEPS = ("import", "import", "undo", "correct", "correct", "correct", "analyze", "backup")
LONGEST = 2.0
"""Seconds after which a process that has opened the shop (or, one in ten, is about to) is killed at the latest."""
_SAID = ("it barely holds a charge", "overpriced for what it is", "it does what it should", "arrived on time and works")
_HEADER = ("title", "body", "rating", "review_date", "source", "curated", "reviewer_name", "reviewer_email", "product_id",
           "product_handle", "reply")  # fmt: skip


@dataclass
class Ledger:
    """What was said to be done: rows of each import by the name of its file (0 once it was taken back), and corrections."""

    rows: dict[str, int] = field(default_factory=dict)
    labels: dict[int, str] = field(default_factory=dict)
    steps: Counter[str] = field(default_factory=Counter)

    def note(self, said: list[dict[str, Any]]) -> dict[str, Any] | None:
        """Take in what a process said; the step it was in when it ended."""
        begun = None
        for record in said:
            if not record.get("done"):
                begun = record
                continue
            begun = None
            self.steps[record["step"]] += 1
            if record["step"] == "import":
                self.rows[record["file"]] = record["rows"]
            elif record["step"] == "undo":
                self.rows[record["file"]] = 0
            elif record["step"] == "correct":
                self.labels[record["row"]] = record["label"]
        return begun


def work(shop: Path, seed: int, pipe: int) -> None:
    """Do one step after the other until killed; each is said before and after."""
    chance = random.Random(seed)

    def say(**record: Any) -> None:
        os.write(pipe, (json.dumps(record) + "\n").encode())

    if seed % 10 == 0:
        say(step="ready", done=True)
    store = open_store(shop, create=True)
    say(step="ready", done=True)
    for number in range(10_000):
        step = chance.choice(STEPS)
        told: dict[str, Any] = {"step": step}
        loaded = store.rows("SELECT id, file FROM imports WHERE state = 'loaded' ORDER BY id")
        rows = store.rows("SELECT id FROM reviews ORDER BY random() LIMIT 1")
        if step == "import":
            told |= {"file": f"f{seed}-{number}.csv", "rows": chance.randint(5, 60)}
            written = _write(shop.parent.parent / "files" / told["file"], told["rows"], chance)
            say(**told)
            import_file(store, written)
        elif step == "undo" and len(loaded) > 3:
            chosen = chance.choice(loaded)
            told["file"] = Path(chosen["file"]).name
            say(**told)
            undo(store, chosen["id"])
        elif step == "correct" and rows:
            told |= {"row": rows[0]["id"], "label": chance.choice(SENTIMENTS)}
            say(**told)
            correct(store, told["row"], told["label"])
        elif step == "analyze" and rows:
            say(**told)
            with _model() as model:
                analyze(store, model=model)
        elif step == "backup":
            say(**told)
            back_up(store, shop.parent.parent / "copy.shop", force=True)
        else:
            continue
        say(**told, done=True)


def warm() -> None:
    """Load what a step needs, so that a process that is forked off has it; nothing of it is used, which would start threads."""
    for name in ("polars", "sklearn.cluster", "scipy.stats", "engine.importing.own", "engine.reviews.desk"):
        import_module(name)
    all_profiles()


def _model() -> SharedModel:
    def score(text: str, label: str) -> float:
        return 8.0 if label == ("negative" if any(part in text for part in _SAID[:2]) else "positive") else 0.0

    return SharedModel(client=ModelClient(launch=thread_peer(lambda: ScriptedBackend(score))))


def _write(path: Path, count: int, chance: random.Random) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(_HEADER)
        for i in range(count):
            text = f"{chance.choice(_SAID)} {path.stem} {i}. {chance.choice(_SAID)} {i}."
            day = f"2026-{chance.randint(1, 9):02d}-{chance.randint(1, 28):02d} 10:00:00 UTC"
            rows.writerow(["", text, chance.randint(1, 5), day, "email", "ok", f"N{i}", f"{path.stem}.{i}@example.com", i % 3,
                           ("lamp", "mug", "rug")[i % 3], ""])  # fmt: skip
    return path


def kill_once(shop: Path, seed: int, ledger: Ledger) -> list[str]:
    """Let a process work on the shop, kill it at a moment drawn from `seed`, and say what is wrong afterwards."""
    reading, writing = os.pipe()
    chance = random.Random(seed)
    process = multiprocessing.get_context("fork").Process(target=work, args=(shop, seed, writing))
    process.start()
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        pipe.readline()
        # One in eight is given time to finish an analysis.
        process.join(chance.uniform(0.0, LONGEST * (1 if seed % 8 else 4)))
        if process.is_alive() and process.pid:
            os.kill(process.pid, signal.SIGKILL)
        process.join()
        said = [json.loads(line) for line in pipe if line.endswith("\n")]
    wrong = [] if process.exitcode == -signal.SIGKILL else [f"the process ended by itself with {process.exitcode}"]
    return wrong + check(shop, ledger, ledger.note(said))


def check(shop: Path, ledger: Ledger, begun: dict[str, Any] | None) -> list[str]:
    """What is wrong with a shop after its process was killed in the step that it had begun."""
    wrong = []
    if not shop.exists() or not shop.stat().st_size:
        return ["the shop is gone"] if ledger.rows else []
    store = open_store(shop)
    if store.notes:
        wrong.append(f"its own side file was taken for a strange one: {store.notes}")
    store.close()
    if [entry.name for entry in shop.parent.iterdir()] != [shop.name]:
        wrong.append(f"beside it lie {sorted(entry.name for entry in shop.parent.iterdir())}")
    if store.value("PRAGMA integrity_check") != "ok" or store.rows("PRAGMA foreign_key_check"):
        wrong.append("it is damaged")
    wrong += _rows_lost(store, ledger, begun) + _labels_lost(store, ledger, begun) + _wrong_findings(store)
    copy = shop.parent.parent / "copy.shop"
    if copy.exists():
        with sqlite3.connect(f"file:{copy}?mode=ro", uri=True) as connection:
            if connection.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
                wrong.append("the copy is damaged")
    store.close()
    return wrong


def _rows_lost(store: Store, ledger: Ledger, begun: dict[str, Any] | None) -> list[str]:
    wrong = []
    there = {
        Path(row["file"]).name: row["n"]
        for row in store.rows(
            "SELECT i.file, count(*) AS n FROM reviews r JOIN imports i ON i.id = r.import_id GROUP BY 1"
        )
    }
    open_file = begun["file"] if begun and begun["step"] in ("import", "undo") else None
    if begun and begun["step"] == "import":
        ledger.rows.setdefault(begun["file"], 0)
    for file, rows in ledger.rows.items():
        found = there.pop(file, 0)
        allowed = {rows}
        if file == open_file and begun:
            allowed = {0, begun["rows"]} if begun["step"] == "import" else {0, rows}
            ledger.rows[file] = found
        if found not in allowed:
            wrong.append(f"{file}: {found} rows instead of {sorted(allowed)}")
    return wrong + [f"{file}: {rows} rows that nobody imported" for file, rows in there.items()]


def _labels_lost(store: Store, ledger: Ledger, begun: dict[str, Any] | None) -> list[str]:
    stored = {
        row["row_id"]: row["label"] for row in store.rows("SELECT row_id, label FROM labels WHERE source = 'seller'")
    }
    reviews = {row["id"] for row in store.rows("SELECT id FROM reviews")}
    wrong = []
    if begun and begun["step"] == "correct" and stored.get(begun["row"]) == begun["label"]:
        ledger.labels[begun["row"]] = begun["label"]
    for row, label in list(ledger.labels.items()):
        if row not in reviews:
            # Taken back with its import; the number may be given again.
            del ledger.labels[row]
        elif stored.get(row) != label and row in stored:
            wrong.append(f"review {row} is {stored.get(row)}, not {label}")
    return wrong


def _wrong_findings(store: Store) -> list[str]:
    wrong = []
    for finding in store.rows(
        "SELECT key, k, n, query FROM findings WHERE current AND NOT stale AND query IS NOT NULL"
    ):
        columns, rows, _ = store.query(finding["query"])
        counted = dict(zip(columns, rows[0], strict=True))
        if any((counted[name] or 0) != (finding[name] or 0) for name in ("k", "n") if name in counted):
            wrong.append(f"{finding['key']} says {finding['k']} of {finding['n']}, its query {counted}")
    return wrong


def run(folder: Path, kills: int, seed: int) -> tuple[list[str], Ledger]:
    """Kill as often as asked; what went wrong, each with its seed, and what was done in between."""
    shop = folder / "shop" / "a.shop"
    for needed in (shop.parent, folder / "files"):
        needed.mkdir(parents=True, exist_ok=True)
    warm()
    ledger, wrong = Ledger(), []
    for number in range(kills):
        wrong += [f"seed {seed + number}: {what}" for what in kill_once(shop, seed + number, ledger)]
    return wrong, ledger


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="backroom-kills-") as folder:
        wrong, ledger = run(Path(folder), chosen.kills, chosen.seed)
    done = ", ".join(f"{count} {step}" for step, count in sorted(ledger.steps.items()))
    print(f"{chosen.kills} kills in {time.monotonic() - started:.0f} s between {done}: {len(wrong)} faults")
    for what in wrong[:20]:
        print("  " + what)
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
