"""`kill -9` at any moment: no committed row is lost, and the next run ends where an undisturbed one does."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

import sample_data
from engine.importing.desk import import_file
from engine.importing.queries import overview
from engine.importing.report import ImportSettings
from engine.jobs import JobContext
from engine.shop import Shop
from tests.conftest import ROOT

pytestmark = pytest.mark.model
REVIEWS = 60
KILLS = 3


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first sixty English reviews of the sample shop."""
    path = tmp_path_factory.mktemp("few") / "reviews.csv"
    head = (sample_data.FOLDER / "files" / "loox_reviews.csv").read_text(encoding="utf-8-sig").splitlines(keepends=True)
    path.write_text("".join(head[: REVIEWS + 1]), encoding="utf-8")
    return path


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "engine.cli", *map(str, arguments)]


def everything(shop: Shop) -> dict[str, Any]:
    """All that an analysis leaves, without the moments at which it happened."""
    tables = {
        "labels": "SELECT row_id, label, probabilities, confidence, abstain, method FROM labels ORDER BY row_id",
        "clauses": "SELECT * FROM clauses ORDER BY id",
        "themes": "SELECT * FROM themes ORDER BY id",
        "theme_clauses": "SELECT * FROM theme_clauses ORDER BY 1, 2",
        "cache": "SELECT hex(key) AS key, hex(value) AS value FROM inference_cache ORDER BY 1",
    }
    return {name: shop.store.rows(sql) for name, sql in tables.items()} | {
        "findings": [finding.as_json() for finding in shop.findings()]
    }


def answers(shop: Path) -> int:
    """How many of the model's answers are stored."""
    opened = Shop(shop)
    count = int(opened.store.value("SELECT count(*) FROM inference_cache"))
    opened.close()
    return count


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, few: Path) -> dict[str, Any]:
    shop = Shop(tmp_path_factory.mktemp("calm") / "calm.shop", create=True)
    import_file(shop.store, few, ImportSettings())
    shop.run(JobContext())
    return everything(shop)


def moments(seed: int) -> Iterator[float]:
    generator = random.Random(seed)
    while True:
        yield generator.uniform(0.3, 12.0)


def model_processes(parent: int) -> list[int]:
    """Process ids of the model processes that a program runs now; either may end while it is looked at."""
    found = []
    with suppress(psutil.Error):
        for child in psutil.Process(parent).children():
            with suppress(psutil.Error):
                found += [child.pid] if "engine.inference.worker" in " ".join(child.cmdline()) else []
    return found


@pytest.mark.parametrize("victim", ["the program", "the model process"])
def test_analysis_survives(tmp_path: Path, few: Path, undisturbed: dict[str, Any], victim: str) -> None:
    path = tmp_path / "a.shop"
    subprocess.run(command("import", path, few), cwd=ROOT, check=True, capture_output=True)
    kept = 0
    when = moments(len(victim))
    for _ in range(KILLS):
        running = subprocess.Popen(
            command("analyze", path), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + next(when)
        while running.poll() is None and time.monotonic() < deadline:
            workers = model_processes(running.pid)
            if victim == "the model process" and workers and time.monotonic() > deadline - 0.2:
                with suppress(ProcessLookupError):
                    os.kill(workers[0], signal.SIGKILL)
                break
            running.poll()
        if victim == "the program" and running.poll() is None:
            running.kill()
            running.wait()
        else:
            # The program starts the model process again by itself and goes on.
            assert running.wait() == 0
        assert answers(path) >= kept
        kept = answers(path)
    done = subprocess.run(command("analyze", path, "--json"), cwd=ROOT, check=True, capture_output=True, text=True)
    assert json.loads(done.stdout)["findings"] > 0
    shop = Shop(path)
    assert shop.store.value("PRAGMA integrity_check") == "ok"
    assert everything(shop) == undisturbed


def test_import_is_whole_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.shop"
    file = sample_data.FOLDER / "files" / "shopify_orders.csv"
    whole = 0
    when = moments(7)
    with file.open(encoding="utf-8", newline="") as text:
        lines = sum(1 for _ in csv.DictReader(text))
    for _ in range(6):
        running = subprocess.Popen(
            command("import", path, file), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            running.wait(next(when) / 5)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
        if path.exists() and path.stat().st_size:
            shop = Shop(path)
            rows = shop.store.value("SELECT count(*) FROM order_lines")
            assert rows in (0, lines) and rows >= whole
            assert shop.store.value("SELECT count(*) FROM imports WHERE state = 'loaded'") == (1 if rows else 0)
            whole = rows
            shop.close()
    subprocess.run(command("import", path, file), cwd=ROOT, check=True, capture_output=True)
    assert overview(Shop(path).store).order_lines == lines
