"""A seller's own model files: what is looked at before one is taken in, and what is said when it is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from engine.errors import ModelError
from engine.inference.adding import add_model, check_model, remove_model
from engine.inference.doctor import list_models
from engine.inference.files import read_card
from engine.inference.models import ModelFile, resolve
from engine.paths import models_dir
from tests.conftest import Run
from tests.inference.test_gguf_header import write

CHAT = "{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}<assistant>"


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BACKROOM_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write(tmp_path / "Tiny Model.gguf", extra={"tokenizer.chat_template": CHAT})


def left_behind() -> list[str]:
    return sorted(path.name for path in models_dir().iterdir())


def test_a_model_is_copied_with_a_card_of_what_it_says(tiny: Path) -> None:
    card = add_model(tiny, trial=False)
    assert (card["name"], card["licence"], card["linked"]) == ("tiny-model", "mit", False)
    assert card["facts"]["architecture"] == "llama" and card["facts"]["context"] == 256
    assert read_card("tiny-model") == card
    found = resolve("tiny-model")
    assert found.path.read_bytes() == tiny.read_bytes() and found.sha256 == card["sha256"]
    assert found.chat is not None and found.chat.wrap("Be brief.", "Hi") == "<system>Be brief.\n<user>Hi\n<assistant>"
    row = next(row for row in list_models() if row["name"] == "tiny-model")
    assert row["fits"] and row["installed"] and row["licence"] == "mit" and row["memory_mb"] > 0


def test_a_link_refers_to_the_file_and_removing_leaves_it(tiny: Path) -> None:
    add_model(tiny, name="linked", link=True, trial=False)
    assert (models_dir() / "linked.gguf").is_symlink()
    gone = remove_model("linked")
    assert sorted(path.name for path in gone) == ["linked.gguf", "linked.json"]
    assert tiny.is_file() and left_behind() == []
    with pytest.raises(ModelError, match="no model called linked"):
        remove_model("linked")


def test_a_changed_file_is_noticed(tiny: Path) -> None:
    card = add_model(tiny, name="mine", trial=False)
    assert check_model("mine")["intact"]
    path = models_dir() / "mine.gguf"
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    report = check_model("mine")
    assert not report["intact"] and report["expected"] == card["sha256"] != report["sha256"]
    with pytest.raises(ModelError, match="has changed since it was added"):
        resolve("mine")


def test_a_check_says_what_fits(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_model(tiny, name="mine", trial=False)
    monkeypatch.setenv("BACKROOM_MEMORY_LIMIT_MB", "100")
    report = check_model("mine")
    assert report["verdict"] == "would fit if other programs were closed" and not report["fits"]
    assert report["memory_free_mb"] == 100 < report["memory_mb"] and report["context_tokens"] == 256


@pytest.mark.parametrize("name", ["../up", "Big", "", "a" * 90, "gemma-3-270m"])
def test_names_that_would_confuse_are_refused(tiny: Path, name: str) -> None:
    if not name:
        tiny = tiny.rename(tiny.with_name(" .gguf"))
    with pytest.raises(ModelError, match="name"):
        add_model(tiny, name=name or None, trial=False)
    assert left_behind() == []


def test_a_name_is_given_once(tiny: Path) -> None:
    add_model(tiny, name="mine", trial=False)
    with pytest.raises(ModelError, match=r"already.*models remove mine"):
        add_model(tiny, name="mine", trial=False)


def test_a_hostile_template_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    evil = write(tmp_path / "evil.gguf", extra={"tokenizer.chat_template": "{{ ''.__class__.__mro__ }}"})
    with pytest.raises(ModelError, match="more than format text"):
        add_model(evil, trial=False)
    assert left_behind() == []


def test_a_file_too_big_for_the_machine_is_refused(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.inference.adding.total_memory", lambda: 100 << 20)
    with pytest.raises(ModelError, match="100 MB in all") as caught:
        add_model(tiny, trial=False)
    assert caught.value.exit_code == 4 and "Q4_0" in str(caught.value.todo)


def test_a_full_disk_is_said_before_copying(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 10, 0))
    with pytest.raises(ModelError, match="--link"):
        add_model(tiny, trial=False)
    assert left_behind() == []


def test_what_llama_cannot_load_is_not_kept(tiny: Path) -> None:
    with pytest.raises(ModelError):
        add_model(tiny)
    assert left_behind() == []


def test_a_damaged_file_ends_with_a_message_and_exit_code_4(tmp_path: Path, backroom: Run) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF\x03\x00")
    for path, reason in ((broken, "damaged"), (tmp_path / "none.gguf", "no model file")):
        done = backroom("models", "add", path)
        assert done.returncode == 4 and reason in done.stderr and str(path) in done.stderr


@pytest.mark.model
def test_a_working_model_is_tried_and_calibrated(model: ModelFile, backroom: Run) -> None:
    done = backroom("models", "add", model.path, "--name", "again", "--link", "--json")
    assert done.returncode == 0, done.stderr
    card = json.loads(done.stdout)
    assert card["chat"] is None and card["trial"]["right"] > card["trial"]["texts"] * 0.5
    assert set(card["trial"]["bias"]) == {"negative", "neutral", "positive"} and "Zhao" in card["trial"]["source"]
    checked = backroom("models", "check", "again")
    assert checked.returncode == 0 and "intact: yes" in checked.stdout
    assert backroom("models", "remove", "again").returncode == 0 and model.path.is_file()
