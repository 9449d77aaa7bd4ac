"""How many layers go to a graphics card, and what is said about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.inference.facts import ModelFacts
from engine.inference.gpu import RESERVE_BYTES, Device, devices, only, plan, supported

MB = 1 << 20
FACTS = ModelFacts("m", "gemma3", "Q4_0", 2700 * MB, 4096, 26, 26 * 4096, None, True, None)
"""27 shares of 100 MB of weights each, and 16 MB of KV cache a layer."""


def card(free_mb: int, name: str = "Card") -> Device:
    return Device(name, free_mb * MB + RESERVE_BYTES, 9000 * MB)


def test_as_many_layers_as_fit_go_to_the_card() -> None:
    assert plan(FACTS, [card(24 * 116)], supported=True).sentence.startswith("GPU: 24 of 26 layers (Card, ")
    assert plan(FACTS, [card(24 * 116)], supported=True).layers == 24
    # All of them and the output layer.
    everything = plan(FACTS, [card(9000)], supported=True)
    assert everything.layers == 27 and "26 of 26" in everything.sentence


def test_the_card_with_the_most_free_memory_is_taken() -> None:
    assert "Big" in plan(FACTS, [card(500, "Small"), card(2000, "Big")], supported=True).sentence


@pytest.mark.parametrize(
    ("cards", "supported", "reason"),
    [
        ([], False, "this build of llama.cpp has no GPU support"),
        ([], True, "no graphics card was found"),
        ([card(50)], True, "too little memory is free on it (Card, 562 MB free)"),
    ],
)
def test_when_it_is_not_used_the_reason_is_said(cards: list[Device], supported: bool, reason: str) -> None:
    decided = plan(FACTS, cards, supported=supported)
    assert decided.layers == 0 and decided.sentence == f"GPU: not used, {reason}"


def test_a_card_that_the_model_process_broke_off_with_is_left_alone() -> None:
    decided = plan(FACTS, [card(9000)], supported=True, trusted=False)
    assert decided.device is None and decided.sentence.endswith("the model process broke off while it was (Card)")


def test_a_longer_cache_leaves_room_for_fewer_layers() -> None:
    heavy = replace(FACTS, kv_bytes_per_token=10 * FACTS.kv_bytes_per_token)
    assert plan(heavy, [card(1000)], supported=True).layers < plan(FACTS, [card(1000)], supported=True).layers


def test_layers_go_to_the_card_that_they_were_counted_for_and_to_no_other() -> None:
    big = replace(card(2000, "Big"), index=2)
    assert plan(FACTS, [card(500, "Small"), big], supported=True).device == 2
    assert plan(FACTS, [card(50)], supported=True).device is None


def test_what_this_build_can_do_is_asked_of_the_library_that_loads_models() -> None:
    import llama_cpp

    assert supported() or not llama_cpp.llama_supports_gpu_offload()
    assert bool(devices()) == bool(llama_cpp.llama_supports_gpu_offload())
    # An empty list keeps a model off every card; no list at all would let llama.cpp take any.
    assert list(only(None)) == [None]
