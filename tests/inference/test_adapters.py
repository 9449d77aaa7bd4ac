"""Adapters with their rank filled up: the same change to the weights, in a shape that is multiplied fast."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFReader, GGUFWriter

from engine.errors import ModelError
from engine.inference.adapters import MULTIPLE, fast_adapter


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKROOM_HOME", str(tmp_path / "home"))


def write(path: Path, rank: int, kind: type = np.float16) -> Path:
    chance = np.random.default_rng(1)
    writer = GGUFWriter(path, "gemma3")
    writer.add_type("adapter")
    writer.add_name("Mine")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 16.0)
    for name, rows, columns in (("blk.0.attn_q.weight", 24, 40), ("blk.0.ffn_up.weight", 48, 40)):
        writer.add_tensor(f"{name}.lora_a", chance.normal(size=(rank, columns)).astype(kind))
        writer.add_tensor(f"{name}.lora_b", chance.normal(size=(rows, rank)).astype(kind))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def change(path: Path) -> dict[str, np.ndarray]:
    """What the adapter adds to each matrix: alpha / rank * B A, computed the way llama.cpp does."""
    reader = GGUFReader(str(path))
    field = reader.get_field("adapter.lora.alpha")
    assert field is not None
    tensors = {tensor.name: np.asarray(tensor.data, dtype=np.float64) for tensor in reader.tensors}
    names = {name.rpartition(".")[0] for name in tensors}
    scale = float(field.contents()) / next(len(value) for name, value in tensors.items() if name.endswith("_a"))
    return {name: scale * tensors[f"{name}.lora_b"] @ tensors[f"{name}.lora_a"] for name in names}


@pytest.mark.parametrize(("rank", "kind"), [(8, np.float16), (2, np.float32), (20, np.float16)])
def test_a_filled_up_adapter_changes_the_weights_alike(tmp_path: Path, rank: int, kind: type) -> None:
    adapter = write(tmp_path / "a.gguf", rank, kind)
    fast = fast_adapter(adapter)
    assert fast != adapter and fast_adapter(adapter) == fast, "written once"
    before, after = change(adapter), change(fast)
    assert before.keys() == after.keys()
    assert all(np.allclose(before[name], after[name], rtol=1e-6) for name in before)
    reader = GGUFReader(str(fast))
    assert {len(tensor.data) for tensor in reader.tensors if tensor.name.endswith("_a")} == {
        -(-rank // MULTIPLE) * MULTIPLE
    }
    named = reader.get_field("general.name")
    assert named is not None and named.contents() == "Mine"


def test_another_adapter_gets_another_file(tmp_path: Path) -> None:
    assert fast_adapter(write(tmp_path / "a.gguf", 8)) != fast_adapter(write(tmp_path / "b.gguf", 4))


def test_only_the_newest_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.inference.adapters.KEPT", 2)
    made = [fast_adapter(write(tmp_path / f"{rank}.gguf", rank)) for rank in (2, 4, 8)]
    assert [path.exists() for path in made] == [False, True, True]


def test_an_adapter_that_is_wide_enough_stays_as_it_is(tmp_path: Path) -> None:
    adapter = write(tmp_path / "a.gguf", 16)
    assert fast_adapter(adapter) == adapter


def test_a_full_disk_only_costs_speed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.inference.adapters._write", full)
    adapter = write(tmp_path / "a.gguf", 8)
    assert fast_adapter(adapter) == adapter


def test_what_is_no_adapter_is_a_message(tmp_path: Path) -> None:
    path = tmp_path / "a.gguf"
    path.write_bytes(b"not a model at all" * 10)
    with pytest.raises(ModelError, match="cannot be read"):
        fast_adapter(path)
