"""Texts to batches: complete, within bounds, and the same for what is left after a stop."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.inference.backend import CACHE_BLOCK, pack, whole_blocks

sizes = st.lists(st.integers(1, 50), max_size=60)
most = st.integers(1, 8)


@given(sizes, most)
def test_every_text_is_in_one_batch_and_no_batch_is_too_large(lengths: list[int], most: int) -> None:
    batches = pack(lengths, [str(i) for i in range(len(lengths))], 60, most)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    assert all(len(batch) <= most and sum(lengths[i] for i in batch) <= 60 for batch in batches)


@given(sizes, most, st.integers(0, 60), st.randoms())
def test_what_is_left_after_a_stop_falls_into_the_same_batches(lengths: list[int], most: int, done: int, order) -> None:
    keys = [f"text {i}" for i in range(len(lengths))]
    batches = pack(lengths, keys, 60, most)
    rest = [i for batch in batches[done:] for i in batch]
    order.shuffle(rest)
    again = pack([lengths[i] for i in rest], [keys[i] for i in rest], 60, most)
    assert [[rest[i] for i in batch] for batch in again] == batches[done:]


@given(st.integers(0, 4000), st.integers(256, 2048))
def test_prefix_and_batch_fill_whole_blocks(prefix: int, batch: int) -> None:
    tokens = whole_blocks(prefix, batch)
    assert batch - CACHE_BLOCK < tokens <= batch
    assert tokens == batch or (prefix + tokens) % CACHE_BLOCK == 0


def test_a_short_prompt_leaves_nearly_the_whole_batch() -> None:
    assert whole_blocks(5, 512) == 507 and whole_blocks(0, 512) == 512
    assert whole_blocks(5, 100) == 100
