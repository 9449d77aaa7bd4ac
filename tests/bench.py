"""`make bench`: speed and memory on this machine, side by side with what a user would use instead.

    python -m tests.bench [start] [importing] [inference] [memory]

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
    value = f"{row['value']:,.2f}" if isinstance(row["value"], float) else f"{row['value']:,}"
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


PARTS: dict[str, Callable[[], None]] = {
    "start": start,
    "importing": importing,
    "inference": inference,
    "memory": memory,
}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
