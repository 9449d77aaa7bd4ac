"""Intents learnt from a few examples, and the ones that are built in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import InputFileError
from engine.service.builtin import built_in, examples
from engine.service.intents import Intents
from tests.conftest import Run

DELIVERY = [
    "where is my parcel",
    "my parcel is late",
    "parcel not here yet",
    "when does the parcel come",
    "parcel delayed",
]
RETURN = [
    "i want to return the shoes",
    "return these shoes",
    "how to return shoes",
    "shoes return label",
    "returning my shoes",
]


def word_vectors(texts: Sequence[str], multilingual: bool) -> NDArray[np.float32]:
    """Texts as the mean of their words' fixed random directions: texts that share words are near."""
    rows = []
    for text in texts:
        row = np.zeros(64)
        for word in text.lower().split():
            seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
            row += np.random.default_rng(seed).normal(size=64)
        rows.append(row / max(1e-9, float(np.linalg.norm(row))))
    return np.array(rows, dtype=np.float32)


@pytest.fixture(scope="module")
def fitted() -> Intents:
    return Intents([*DELIVERY, *RETURN], ["delivery"] * 5 + ["return"] * 5, word_vectors)


def test_a_message_gets_the_intent_of_the_texts_it_is_like(fitted: Intents) -> None:
    late, back = fitted.guess(["is my parcel late", "please return shoes"])
    assert (late.label, late.runner_up, late.abstain) == ("delivery", "return", False)
    assert (back.label, back.abstain) == ("return", False)
    assert 0 < late.confidence <= 1


def test_what_is_like_no_example_is_outside_and_never_sure(fitted: Intents) -> None:
    for guess in fitted.guess(["do you sell green tea in tins", "qwx zzkp vvrt", ""]):
        assert guess.abstain
        assert guess.confidence < 0.5


def test_the_same_examples_give_the_same_answers(fitted: Intents) -> None:
    again = Intents([*DELIVERY, *RETURN], ["delivery"] * 5 + ["return"] * 5, word_vectors)
    assert again.guess(DELIVERY) == fitted.guess(DELIVERY)


def test_a_label_with_one_example_is_no_intent() -> None:
    with pytest.raises(InputFileError, match="at least two kinds"):
        Intents([*DELIVERY, "one"], ["delivery"] * 5 + ["other"], word_vectors)


def test_built_in_examples_are_enough_and_said_once() -> None:
    texts, labels = examples()
    assert len(texts) == len(set(texts)) == len(labels)
    for one in built_in():
        chinese = [text for text in one.examples if any("\u4e00" <= c <= "\u9fff" for c in text)]
        assert len(chinese) >= 10
        assert len(one.examples) - len(chinese) >= 10
    assert {one.name for one in built_in() if one.person} == {"health", "legal"}


HELD_OUT = [
    ("Hi, any news on my delivery? It was due on Monday", "order_status"),
    ("My order never arrived", "order_status"),
    ("I'd like to give these trousers back, what do I do?", "return"),
    ("could you swap it for the green version", "exchange"),
    ("please cancel what I bought this morning", "cancel"),
    ("the handle snapped off on the first day", "damaged"),
    ("I asked for blue and got a pink one", "wrong_item"),
    ("does this come with a receipt including VAT", "invoice"),
    ("which size fits a 180 cm man", "size"),
    ("快递怎么还没到呀", "order_status"),
    ("请问可以退货吗", "return"),
    ("打开一看杯子裂了", "damaged"),
    ("能不能开公司发票", "invoice"),
    ("我身高170该选什么尺码", "size"),
    ("有没有优惠可以领", "price"),
    ("你们发错颜色了", "wrong_item"),
    ("皮肤用完之后过敏起红疹", "health"),
    ("I will dispute this charge with my bank", "legal"),
]


@pytest.mark.model
def test_the_built_in_intents_read_messages_they_have_not_seen(backroom: Run, tmp_path: Path) -> None:
    source = tmp_path / "messages.jsonl"
    source.write_text("\n".join(json.dumps({"text": text}, ensure_ascii=False) for text, _ in HELD_OUT), "utf-8")
    done = backroom("label", "intents", "--in", source, "--text", "text", "--json")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    right = [record["label"] == wanted for record, (_, wanted) in zip(records, HELD_OUT, strict=True)]
    assert sum(right) >= 15
    assert all(record["person"] for record in records if record["label"] in ("health", "legal"))


@pytest.mark.model
def test_own_intents_come_from_a_table_of_examples(backroom: Run, tmp_path: Path) -> None:
    labels, source = tmp_path / "labels.csv", tmp_path / "messages.csv"
    rows = [(t, "DELIVERY") for t in DELIVERY] + [(t, "RETURN") for t in RETURN]
    labels.write_text("sentence,label\n" + "\n".join(f"{t},{name}" for t, name in rows), "utf-8")
    source.write_text("id,text\n7,has my parcel been sent\n8,i need to return shoes\n", "utf-8")
    done = backroom("label", "intents", "--in", source, "--text", "text", "--id", "id", "--labels", labels, "--json")
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert (str(first["id"]), first["label"], second["label"]) == ("7", "DELIVERY", "RETURN")
