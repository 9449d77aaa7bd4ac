"""`make bench`: speed and memory on this machine, side by side with what a user would use instead.

    python -m tests.bench [start] [importing] [inference] [reading] [kills] [memory] [stock] [customers]

Prints one line per measurement as it is made; nothing here is asserted.
"""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROUNDS = 5


def show(row: dict[str, Any]) -> None:
    """One measurement as a line."""
    value = (
        row["value"]
        if isinstance(row["value"], str)
        else f"{row['value']:,.2f}"
        if isinstance(row["value"], float)
        else f"{row['value']:,}"
    )
    print(f"{row['name']:<64} {value:>12} {row['unit']:<12} {row.get('note', '')}", flush=True)


def seconds(command: list[str]) -> float:
    """Median wall time of a command over `ROUNDS` runs, after one to warm the caches."""
    times = []
    for _ in range(ROUNDS + 1):
        begun = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - begun)
    return statistics.median(times[1:])


def start() -> None:
    """How long importing the command line, listing findings and the first screen take."""
    import tempfile

    python = sys.executable
    show({"name": "start: an empty Python", "value": seconds([python, "-c", "pass"]), "unit": "s"})
    show({"name": "start: import engine.cli", "value": seconds([python, "-c", "import engine.cli"]), "unit": "s"})
    with tempfile.TemporaryDirectory() as folder:
        shop = str(Path(folder) / "a.shop")
        subprocess.run([python, "-c", f"from engine.shop import Shop; Shop({shop!r}, create=True)"], check=True)
        listing = [python, "-m", "engine.cli", "findings", shop, "--json"]
        show({"name": "start: backroom findings --json", "value": seconds(listing), "unit": "s"})
        paint = (
            "import asyncio; from tui.app import BackroomApp; from engine.shop import Shop\n"
            "async def main():\n"
            f"    async with BackroomApp(Shop({shop!r})).run_test() as pilot: await pilot.pause()\n"
            "asyncio.run(main())"
        )
        show({"name": "start: first paint of the app", "value": seconds([python, "-c", paint]), "unit": "s"})


def inference() -> None:
    """Labelling, embedding, cancelling and memory of the model process."""
    from engine.inference.bench import run_bench

    run_bench(on_row=show)


READ_TEXTS = 640
CACHED_TEXTS = 100_000
KILLS = 20


def reading() -> None:
    """What reading a shop costs beside the model's own computing, and how fast texts are known that were read before."""
    import tempfile

    import numpy as np

    from engine.desks.reading import read_all, rows_of
    from engine.inference.bench import sample_texts
    from engine.inference.cache import cache_keys
    from engine.inference.client import ModelClient, adapter_sha
    from engine.jobs import JobContext
    from engine.reviews.sentiment import reader_for
    from engine.store.database import Store

    texts = list(dict.fromkeys(sample_texts(READ_TEXTS)))
    with tempfile.TemporaryDirectory() as folder, ModelClient() as client:
        store, task = Store(Path(folder) / "a.shop", create=True), reader_for(client).task
        keys = cache_keys(task, client.model_sha, adapter_sha(task))

        def read(some: list[str]) -> int:
            def ask(portion: Any) -> Any:
                return list(client.scores(portion, task))

            return read_all(store, some, keys, ask, JobContext(), "Reading", kept=rows_of(np.float32))[1]

        client.scores(texts[:1], task)
        before, begun = float(client.facts()["decode_seconds"]), time.perf_counter()
        read(texts)
        whole = time.perf_counter() - begun
        share = 1 - (float(client.facts()["decode_seconds"]) - before) / whole
        note = f"of {whole:.1f} s for {len(texts)} texts: tokens, packing, messages between processes, cache, SQLite"
        show({"name": "reading: all but the model's computing", "value": 100 * share, "unit": "%", "note": note})
        many = [f"{text} {i}" for i, text in enumerate(texts * (CACHED_TEXTS // len(texts) + 1))][:CACHED_TEXTS]
        scores = np.zeros(3, np.float32).tobytes()
        with store.write() as db:
            rows = [(keys(text), scores) for text in many]
            db.conn.executemany("INSERT OR REPLACE INTO inference_cache VALUES (?, ?)", rows)
        begun = time.perf_counter()
        asked = read(many)
        name = f"reading: {CACHED_TEXTS:,} texts that were read before"
        show({"name": name, "value": time.perf_counter() - begun, "unit": "s", "note": f"the model was asked {asked}"})


def kills() -> None:
    """The model process killed at random moments of labelling: how often the job ends with the very same numbers."""
    import random
    import threading

    import numpy as np
    import psutil

    from engine.inference.bench import sample_texts
    from engine.inference.client import ModelClient
    from engine.reviews.sentiment import reader_for

    texts, chance = sample_texts(100), random.Random(5)
    with ModelClient() as client:
        task = reader_for(client).task
        begun = time.perf_counter()
        undisturbed = client.scores(texts, task)
        whole = time.perf_counter() - begun
    killed = same = 0
    for _ in range(KILLS):
        with ModelClient() as client:
            client.facts()
            victim = psutil.Process(client.pid)
            timer = threading.Timer(chance.uniform(0.05, 0.9 * whole), victim.kill)
            timer.start()
            scores = client.scores(texts, task)
            timer.cancel()
            killed += not victim.is_running()
            same += np.array_equal(scores, undisturbed)
    note = f"{killed} of {KILLS} were killed before the job of {whole:.1f} s was done"
    show({"name": "kills: jobs that end with identical results", "value": same, "unit": "jobs", "note": note})


def importing() -> None:
    """Import of a large orders file against SQLite's own and sqlite-utils."""
    from engine.importing.bench import run_bench

    for row in run_bench():
        said = [f"{row['lines_per_second']:,} lines a second"]
        said += [f"peak {row['peak_megabytes']} MB"] if "peak_megabytes" in row else []
        said += [f"this is {row['ours_is']} of our time"] if "ours_is" in row else []
        show({"name": f"importing: {row['name']}", "value": row["seconds"], "unit": "s", "note": ", ".join(said)})


def memory() -> None:
    """Peak memory of the whole program (all its processes) while the sample shop is built and read, and how long it takes."""
    import os
    import tempfile

    import psutil

    with tempfile.TemporaryDirectory() as folder:
        # The models stay where they are; only the sample shop is built anew.
        from engine.paths import models_dir

        (Path(folder) / "data").mkdir()
        (Path(folder) / "data" / "models").symlink_to(models_dir())
        begun = time.perf_counter()
        running = subprocess.Popen(
            [sys.executable, "-m", "engine.cli", "demo", "--headless", "--json"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "BACKROOM_HOME": folder},
        )
        tree, peak = psutil.Process(running.pid), 0
        while running.poll() is None:
            total = 0
            for process in [tree, *tree.children(recursive=True)]:
                with contextlib.suppress(psutil.Error):
                    total += process.memory_info().rss
            peak = max(peak, total)
            time.sleep(0.05)
        show(
            {
                "name": "memory: sample shop, all processes, peak",
                "value": peak / 1e6,
                "unit": "MB",
                "note": "sum of resident sizes",
            }
        )
        show({"name": "time: sample shop, import and reading", "value": time.perf_counter() - begun, "unit": "s"})


def stock() -> None:
    """Forecasts and ordering against what sellers use instead."""
    from tests.bench_stock import run

    run(show)


def customers() -> None:
    """How well baskets are foretold, with the usual methods beside it, on the table that `BACKROOM_BASKETS` names."""
    import os

    table = os.environ.get("BACKROOM_BASKETS")
    if not table:
        print("customers: set BACKROOM_BASKETS to a table with the columns customer, basket, time, item, quantity")
        return
    from tests.customers.bench import run

    for row in run(Path(table), []):
        print(row, flush=True)


PARTS: dict[str, Callable[[], None]] = {
    "start": start,
    "importing": importing,
    "inference": inference,
    "reading": reading,
    "kills": kills,
    "memory": memory,
    "stock": stock,
    "customers": customers,
}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
