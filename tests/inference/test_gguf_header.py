"""Model files: what they say about themselves, and what is refused before llama.cpp sees it."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFWriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import ModelError
from engine.inference.facts import describe
from engine.inference.gguf_header import read_header
from engine.inference.models import check_memory, resolve

Extra = dict[str, int | str]


def write(path: Path, architecture: str = "llama", kind: str = "model", extra: Extra | None = None) -> Path:
    writer = GGUFWriter(path, architecture)
    writer.add_type(kind)
    writer.add_name("Tiny")
    writer.add_license("mit")
    writer.add_context_length(256)
    writer.add_block_count(2)
    writer.add_embedding_length(32)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_file_type(8)
    writer.add_chat_template("{{ messages }}")
    writer.add_add_bos_token(True)
    writer.add_token_list([f"word{i}" for i in range(200)])
    for key, value in (extra or {}).items():
        writer.add_uint32(key, value) if isinstance(value, int) else writer.add_string(key, value)
    writer.add_tensor("token_embd.weight", np.ones((200, 32), dtype=np.float32))
    writer.add_tensor("output_norm.weight", np.ones(32, dtype=np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write(tmp_path / "tiny.gguf")


def test_a_file_tells_what_it_is(tiny: Path) -> None:
    facts = describe(tiny)
    assert (facts.name, facts.architecture, facts.quantisation, facts.licence) == ("Tiny", "llama", "Q5_0", "mit")
    assert (facts.context, facts.layers, facts.template, facts.add_bos) == (256, 2, "{{ messages }}", True)
    # 2 layers, 2 key-value heads, 8 + 8 wide, 2 bytes each.
    assert facts.kv_bytes_per_token == 2 * 2 * 16 * 2
    assert facts.memory_needed(10_000) - facts.memory_needed(0) == 256 * facts.kv_bytes_per_token


def test_the_header_knows_where_the_last_tensor_ends(tiny: Path) -> None:
    assert read_header(tiny).tensors == 2
    assert 0 <= tiny.stat().st_size - read_header(tiny).tensor_bytes < 32


@pytest.mark.parametrize(
    ("architecture", "kind", "extra", "reason"),
    [
        ("mamba", "model", {"mamba.ssm.conv_kernel": 4}, "recurrent"),
        ("falcon-h1", "model", {"falcon-h1.ssm.state_size": 4}, "recurrent"),
        ("rwkv7", "model", {"rwkv7.wkv.head_size": 64}, "recurrent"),
        ("bert", "model", {}, "vectors"),
        ("llama", "adapter", {}, "adapter"),
    ],
)
def test_what_cannot_label_is_refused(tmp_path: Path, architecture: str, kind: str, extra: Extra, reason: str) -> None:
    with pytest.raises(ModelError, match=reason) as caught:
        describe(write(tmp_path / "other.gguf", architecture, kind, extra))
    assert caught.value.exit_code == 4


def test_a_cut_off_file_is_refused_wherever_it_is_cut(tiny: Path) -> None:
    whole, needed = tiny.read_bytes(), read_header(tiny).tensor_bytes
    for size in [0, 3, 4, 7, 20, 100, needed // 2, needed - 1]:
        tiny.write_bytes(whole[:size])
        with pytest.raises(ModelError) as caught:
            describe(tiny)
        assert str(tiny) in caught.value.message()


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.gguf", tmp_path):
        with pytest.raises(ModelError, match="no model file"):
            describe(path)


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sheet.gguf"
    path.write_bytes(b"PK\x03\x04 and so on" * 50)
    with pytest.raises(ModelError, match="not a GGUF"):
        resolve(path)


@given(at=st.integers(4, 400), value=st.integers(0, 255), other=st.integers(0, 400))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_damage_never_leads_to_anything_but_a_message(tiny: Path, at: int, value: int, other: int) -> None:
    whole = bytearray(tiny.read_bytes())
    spoiled = bytearray(whole)
    spoiled[at] = value
    spoiled[4 + other] = 255 - value
    path = tiny.with_name("spoiled.gguf")
    path.write_bytes(spoiled)
    try:
        describe(path)
    except ModelError as error:
        assert str(path) in error.message()


def test_a_model_that_does_not_fit_is_refused_before_loading(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = resolve(tiny)
    monkeypatch.setenv("BACKROOM_MEMORY_LIMIT_MB", "100")
    with pytest.raises(ModelError, match="100 MB are free") as caught:
        check_memory(model)
    assert caught.value.exit_code == 4
    monkeypatch.setenv("BACKROOM_MEMORY_LIMIT_MB", "4000")
    check_memory(model)


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ModelError, match="gemma-3-270m"):
        resolve("gpt-9")


def test_arrays_inside_arrays_end_somewhere(tmp_path: Path) -> None:
    head = b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"k" + struct.pack("<I", 9)
    path = tmp_path / "nested.gguf"
    path.write_bytes(head + struct.pack("<IQ", 9, 1) * 100_000)
    with pytest.raises(ModelError, match="nested without end"):
        read_header(path)
