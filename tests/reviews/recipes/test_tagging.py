"""Word tags in training: targets lie on the right tokens, torch and llama.cpp agree, and what is learned is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.inference.llama import LlamaBackend
from engine.inference.tagging import Tagged, TagTask, unpacked
from engine.learning.base_model import GgufTokenizer, TorchBase, load_torch
from engine.learning.export import write_gguf
from engine.learning.train import TrainSettings, fit
from engine.reviews.aspects import (
    BEGIN,
    CATEGORIES,
    INSIDE,
    OPINION,
    OUTSIDE,
    POLARITIES,
    SPANS,
    Thresholds,
    read_sentence,
)
from engine.reviews.recipes.aspects_sources import AspectExample, Term, parse_written
from engine.reviews.recipes.tagging import OPEN, encode, encode_example, label_rows, read_tags, tag_logits, tag_loss

# One letter a label: the tiny model has a token for every byte.
TASK = TagTask(
    "aspects",
    "t",
    "ok:\n",
    "\n",
    "\n",
    {name: chr(ord("A") + i) for i, name in enumerate([*SPANS, *POLARITIES, *CATEGORIES])},
    max_text_tokens=60,
)


def _targets(tokenizer: GgufTokenizer, example: AspectExample) -> dict[str, tuple[list[bool], int, int]]:
    """Piece of text -> allowed spans, polarity, category, by token."""
    encoded = encode_example(TASK, tokenizer, example)
    _, _, ends = encode(TASK, tokenizer, example.text)
    return {
        example.text[start:end]: (encoded.allowed[i].tolist(), int(encoded.polarity[i]), int(encoded.category[i]))
        for i, (start, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True))
    }


def test_targets_lie_on_the_tokens_of_the_terms(tokenizer: GgufTokenizer) -> None:
    targets = _targets(tokenizer, parse_written("the [battery|battery|-] is{ bad}"))
    assert targets["battery"] == (
        [kind == BEGIN for kind in range(4)],
        POLARITIES.index("negative"),
        CATEGORIES.index("battery"),
    )
    assert targets[" bad"] == ([kind == OPINION for kind in range(4)], OPEN, OPEN)
    assert targets["i"][0] == [kind == OUTSIDE for kind in range(4)]


def test_a_source_without_opinions_leaves_open_what_is_one(tokenizer: GgufTokenizer) -> None:
    example = AspectExample("battery bad ok", (Term(0, 7, None, None),), "s", "g", plain=((12, 14),))
    targets = _targets(tokenizer, example)
    assert targets[" bad"][0] == [kind in (OUTSIDE, OPINION) for kind in range(4)]
    assert targets["ok"][0] == [kind == OUTSIDE for kind in range(4)]
    assert targets["battery"][1:] == (OPEN, OPEN)


def test_the_loss_asks_nothing_that_the_source_leaves_open(base: TorchBase, tokenizer: GgufTokenizer) -> None:
    rows = base.label_rows(label_rows(TASK, tokenizer))
    known = encode_example(TASK, tokenizer, parse_written("the [battery|battery|-] is{ bad}"))
    open_one = replace(
        known, polarity=torch.full_like(known.polarity, OPEN), category=known.polarity * 0 + OPEN, whole=(OPEN, OPEN)
    )
    everything = torch.ones_like(known.allowed)
    with torch.no_grad():
        logits = tag_logits(base, rows, [known])
        assert float(tag_loss(logits, [replace(open_one, allowed=everything)])) == pytest.approx(0, abs=1e-5)
        assert float(tag_loss(logits, [open_one])) > 0.05
        assert float(tag_loss(logits, [known])) > float(tag_loss(logits, [open_one]))


def test_padding_changes_no_tag(base: TorchBase, tokenizer: GgufTokenizer) -> None:
    rows = base.label_rows(label_rows(TASK, tokenizer))
    short, long = (
        encode_example(TASK, tokenizer, parse_written(t)) for t in ("{bad}", "the [battery|battery|-] is ok")
    )
    with torch.no_grad():
        together = tag_logits(base, rows, [short, long])[0]
        alone = tag_logits(base, rows, [short])[0]
    assert torch.allclose(together, alone, atol=1e-4)


def _llama(tiny_path: Path, adapter: Path, texts: list[str]) -> list[Tagged]:
    backend = LlamaBackend(tiny_path, threads=1, context_tokens=256, batch_tokens=256, sequences=4)
    found = {}
    for step in backend.tag(texts, replace(TASK, adapter=str(adapter))):
        if step is not None:
            found[step.indices[0]] = unpacked(np.asarray(step.rows, dtype=np.float32)[0], len(TASK.labels))
    backend.close()
    return [found[i] for i in range(len(texts))]


TRAINED = [
    parse_written(line)
    for line in (
        "[battery|battery|-] {bad}",
        "[battery|battery|+] {good}",
        "[thing|quality|-] {bad}",
        "[thing|quality|+] {good}",
        "ok [battery|battery|-] {bad}",
        "ok [thing|quality|+] {good}",
        "ok",
        "ok ok",
        "{bad} => price-",
        "{good} => price+",
    )
]


def test_what_is_learned_is_found_by_llama_cpp(tiny_path: Path, tokenizer: GgufTokenizer, tmp_path: Path) -> None:
    base = load_torch(tiny_path, torch.float32)
    rows = base.label_rows(label_rows(TASK, tokenizer))
    encoded = [encode_example(TASK, tokenizer, e) for e in TRAINED]

    def loss_of(batch) -> torch.Tensor:
        chosen = [encoded[i] for i in batch]
        return tag_loss(tag_logits(base, rows, chosen), chosen)

    settings = TrainSettings(rank=8, alpha=16, lr=2e-2, tokens_per_step=300, epochs=60)
    tensors = fit(base, [len(e.ids) for e in encoded], loss_of, settings, tmp_path / "c", workers=2)
    adapter = write_gguf(tmp_path / "a.gguf", tensors, alpha=16, architecture="gemma3", name="aspects", licence="none")
    texts = [e.text for e in TRAINED]
    read = _llama(tiny_path, adapter, texts)
    found = [
        [(a.start, a.polarity, a.category) for a in read_sentence(text, tagged, Thresholds())]
        for text, tagged in zip(texts, read, strict=True)
    ]
    wanted: list[list[tuple[int | None, str | None, str | None]]] = [
        [(t.start, t.polarity, t.category) for t in e.terms]
        or ([(None, e.implicit_polarity, e.implicit)] if e.implicit else [])
        for e in TRAINED
    ]
    assert sum(f == w for f, w in zip(found, wanted, strict=True)) >= len(TRAINED) - 1

    # The exported file in llama.cpp computes what torch does.
    for text, tagged in zip(texts, read, strict=True):
        ids, first, ends = encode(TASK, tokenizer, text)
        ours = torch.softmax(read_tags(base, rows, ids, first, len(ends))[:, : len(SPANS)], dim=-1).numpy()
        theirs = torch.softmax(torch.as_tensor(tagged.scores)[:, : len(SPANS)], dim=-1).numpy()
        assert tagged.ends.tolist() == ends
        assert np.abs(ours - theirs).max() < 0.1


def test_parts_of_a_batch_in_threads_of_their_own_train_alike(tiny_path, tokenizer, tmp_path: Path) -> None:
    encoded = [encode_example(TASK, tokenizer, e) for e in TRAINED]

    def trained(workers: int) -> dict[str, torch.Tensor]:
        base = load_torch(tiny_path, torch.float32)
        rows = base.label_rows(label_rows(TASK, tokenizer))

        def loss_of(batch) -> torch.Tensor:
            chosen = [encoded[i] for i in batch]
            return tag_loss(tag_logits(base, rows, chosen), chosen)

        settings = TrainSettings(rank=4, alpha=8, lr=1e-3, tokens_per_step=300, epochs=2)
        return fit(base, [len(e.ids) for e in encoded], loss_of, settings, tmp_path / f"c{workers}", workers=workers)

    one, again, two = trained(1), trained(1), trained(2)
    assert all(torch.equal(one[name], again[name]) for name in one) or (tmp_path / "c1").exists()
    assert all(torch.allclose(one[name], two[name], atol=2e-3) for name in one)


def test_inside_tokens_follow_the_first(tokenizer: GgufTokenizer) -> None:
    targets = _targets(tokenizer, parse_written("[battery thing|battery|-]"))
    assert targets["battery"][0] == [kind == BEGIN for kind in range(4)]
    rest = [allowed for piece, (allowed, _, _) in targets.items() if piece != "battery"]
    assert rest and all(allowed == [kind == INSIDE for kind in range(4)] for allowed in rest)
