"""The catalogue, and putting a packaged model together."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from engine.errors import ModelError
from engine.inference import models
from engine.inference.catalogue import CatalogueEntry, catalogue, default_model
from engine.inference.doctor import doctor
from engine.inference.files import file_hash
from engine.inference.models import ModelFile
from engine.paths import models_dir


def test_the_catalogue_names_licence_and_source_of_every_model() -> None:
    entries = catalogue()
    assert [entry.name for entry in entries if entry.default] == [default_model().name]
    assert len({entry.name for entry in entries}) == len(entries)
    for entry in entries:
        assert len(entry.sha256) in (0, 64) and entry.memory_mb << 20 > entry.size
        assert entry.licence and entry.source and entry.languages and entry.good_for


@pytest.fixture
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CatalogueEntry:
    """A model in two packages that must not be imported to be found."""
    monkeypatch.setenv("BACKROOM_HOME", str(tmp_path / "home"))
    monkeypatch.syspath_prepend(str(tmp_path))
    for name, part, content in (("weights_one", "part00", b"abc"), ("weights_two", "part01", b"defg")):
        (tmp_path / name / "data").mkdir(parents=True)
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('imported')")
        (tmp_path / name / "data" / f"toy.gguf.{part}").write_bytes(content)
    return CatalogueEntry(
        name="toy",
        file="toy.gguf",
        size=7,
        sha256="7d1a54127b222502f5b79b5fb0803061152a44f92b37e23c6527baf665d4da9a",
        licence="MIT",
        memory_mb=1,
        context=8,
        template="none",
        languages=("en",),
        source="here",
        good_for="tests",
        packages=("weights_one", "weights_two"),
    )


def test_a_packaged_model_is_put_together_once(packaged: CatalogueEntry) -> None:
    said: list[str] = []
    path = models.original_file(packaged, said.append)
    assert path.read_bytes() == b"abcdefg" and len(said) == 1
    assert models.original_file(packaged, said.append) == path and len(said) == 1
    path.write_bytes(b"abcdef")
    assert models.original_file(packaged, said.append).read_bytes() == b"abcdefg" and len(said) == 2
    assert [item.name for item in path.parent.iterdir()] == ["toy.gguf"], "no temporary file is left"


def test_pieces_with_another_hash_are_refused_and_leave_nothing(packaged: CatalogueEntry, tmp_path: Path) -> None:
    (tmp_path / "weights_two" / "data" / "toy.gguf.part01").write_bytes(b"defh")
    with pytest.raises(ModelError, match="do not add up"):
        models.original_file(packaged)
    assert list(models_dir().iterdir()) == []


def test_a_missing_package_is_named(packaged: CatalogueEntry, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "weights_two")
    with pytest.raises(ModelError, match="weights-two") as caught:
        models.original_file(packaged)
    assert caught.value.exit_code == 4
    assert "weights_one" not in sys.modules


def test_a_hash_is_remembered_until_the_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKROOM_HOME", str(tmp_path / "home"))
    path = tmp_path / "a"
    path.write_bytes(b"one")
    first = file_hash(path)
    assert file_hash(path) == first
    path.write_bytes(b"three")
    assert file_hash(path) != first


@pytest.mark.model
def test_the_default_model_is_fast_quantised_and_described(model: ModelFile) -> None:
    assert model.name == "gemma-3-270m" and model.licence.startswith("Gemma")
    assert (model.facts.architecture, model.facts.quantisation, model.facts.add_bos) == ("gemma3", "Q4_0", True)
    assert model.facts.context == 32_768 and len(model.sha256) == 64


@pytest.mark.model
def test_a_damaged_prepared_file_is_made_again(model: ModelFile, tmp_path: Path) -> None:
    whole = model.path.read_bytes()
    with model.path.open("r+b") as file:
        file.truncate(1 << 20)
    said: list[str] = []
    again = models.resolve(log=said.append)
    assert any("damaged" in line for line in said)
    assert again.path.read_bytes() == whole and again.sha256 == model.sha256


@pytest.mark.model
def test_the_doctor_says_what_runs_here(model: ModelFile) -> None:
    report = doctor()
    assert report["cores"] >= 1 and report["memory_mb"] > 100 and report["llama_cpp"]
    assert isinstance(report["gpu_offload"], bool) and report["gpu_reason"]
    row = next(row for row in report["models"] if row["name"] == "gemma-3-270m")
    assert row["installed"] and row["fits"] and row["kv_cache_mb"] > 0 and row["gpu"].startswith("GPU: ")
