"""Requantising with measurements beside it, the rates of a model, and what the doctor makes of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import ModelError
from engine.inference.adding import add_model
from engine.inference.bench import Rates
from engine.inference.catalogue import default_model
from engine.inference.doctor import doctor
from engine.inference.files import read_card
from engine.inference.models import original_file, resolve
from engine.inference.prepare import Candidate, _best, prepare_model
from engine.inference.trial import LABELS, TEXTS, trial_task
from engine.paths import models_dir
from tests.conftest import Run
from tests.inference.test_gguf_header import write


def candidate(quantisation: str, speed: float, right: int) -> Candidate:
    return Candidate(quantisation, "f", 1, Rates(speed, 10, 1, 300), right, 48, 1.0)


def test_the_fastest_wins_unless_it_costs_right_answers() -> None:
    came = candidate("Q4_K_M", 100, 40)
    assert _best([came, candidate("Q4_0", 200, 39), candidate("Q8_0", 150, 40)], "Q4_K_M") == "Q4_0"
    assert _best([came, candidate("Q4_0", 200, 30), candidate("Q8_0", 150, 40)], "Q4_K_M") == "Q8_0"
    assert _best([came, candidate("Q4_0", 200, 30), candidate("Q8_0", 90, 40)], "Q4_K_M") == "Q4_K_M"


def test_the_better_figures_of_two_measurements_count() -> None:
    assert Rates(100, 5, 2, 300).better(Rates(90, 6, 3, 310)) == Rates(100, 6, 3, 300)


def test_the_trial_is_balanced_and_no_text_of_it_is_an_example() -> None:
    labels = [label for _, label in TEXTS]
    assert [labels.count(label) for label in LABELS] == [16, 16, 16]
    assert not any(text in trial_task(None).prefix for text, _ in TEXTS)


def test_an_unknown_model_is_not_prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKROOM_HOME", str(tmp_path))
    with pytest.raises(ModelError, match="no model called nothing"):
        prepare_model("nothing")


def test_the_doctor_judges_a_model_by_its_own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKROOM_HOME", str(tmp_path / "home"))
    add_model(write(tmp_path / "tiny.gguf"), trial=False)
    monkeypatch.setenv("BACKROOM_MEMORY_LIMIT_MB", "1000")
    rows = {row["name"]: row for row in doctor()["models"]}
    assert (
        rows["tiny"]["verdict"] == "fits" and "kv_cache_mb" in rows["tiny"] and rows["tiny"]["gpu"].startswith("GPU: ")
    )
    assert rows["qwen3-8b"]["verdict"] == "does not fit in what is free now (estimated)"
    (models_dir() / "tiny.gguf").write_bytes(b"GGUF")
    rows = {row["name"]: row for row in doctor()["models"]}
    assert not rows["tiny"]["fits"] and "damaged" in rows["tiny"]["verdict"]


@pytest.mark.model
def test_a_model_is_measured_and_the_best_file_is_used(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backroom: Run
) -> None:
    source = original_file(default_model())
    monkeypatch.setenv("BACKROOM_HOME", str(tmp_path / "home"))
    add_model(source, name="mine", link=True, trial=False)
    candidates = {one.quantisation: one for one in prepare_model("mine")}
    assert set(candidates) == {"Q4_K_M", "Q4_0", "Q8_0"} and candidates["Q4_K_M"].agreement == 1
    assert all(one.rates.prompt_tokens > 0 and one.rates.generated_tokens > 0 for one in candidates.values())
    best = next(one for one in candidates.values() if one.chosen)
    used = resolve("mine")
    assert used.facts.quantisation == best.quantisation and str(used.path) == best.path
    left = sorted(path.name for path in models_dir().glob("*.gguf"))
    assert left == sorted({"mine.gguf", used.path.name}), "files that lost are deleted"
    card = read_card("mine")
    assert card is not None and (card["prepared"] is None) == (best.quantisation == "Q4_K_M")
    done = backroom("models", "bench", "mine", "--json")
    assert done.returncode == 0, done.stderr
    rows = {row["name"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert rows["prompt"]["value"] > rows["generation"]["value"] > 0 and "GPU: " in rows["prompt"]["note"]
    assert any(rate["name"] == "mine" for rate in doctor()["rates"])
