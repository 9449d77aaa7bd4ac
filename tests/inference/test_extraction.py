"""Extraction keeps to what the text says: spans are found or dropped and counted, answers that were cut off are read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import InputFileError
from engine.inference.client import ModelClient
from engine.inference.extraction import Counts, ExtractTask, Field, Span, extract, locate, read_answer
from engine.inference.task import TaskError
from engine.inference.wishes import read_wish

TASK = ExtractTask("parts", "1", "Text:\n", "\nAnswer:\n", (Field("part"), Field("when", ("at once", "later"))), most=3)
TEXT = "The  Zip came off,\nand the Strap too."


def answer(*items: tuple[str, str]) -> str:
    return json.dumps([{"part": part, "when": when} for part, when in items])


def read(written: str, text: str = TEXT) -> tuple[list[str], Counts]:
    counts = Counts()
    items = read_answer(written, text, TASK, counts)
    spans = [item["part"] for item in items]
    return [text[span.start : span.end] for span in spans if isinstance(span, Span)], counts


def test_spans_are_pieces_of_the_text_and_inventions_are_dropped() -> None:
    found, counts = read(answer(("Zip", "later"), ("button", "later")))
    assert found == ["Zip"] and (counts.items, counts.spans_invented) == (1, 1)


def test_other_case_width_and_spacing_are_mended_to_the_texts_own_characters() -> None:
    found, counts = read(answer(("the zip", "later"), ("ＳＴＲＡＰ", "at once")))
    assert found == ["The  Zip", "Strap"] and counts.spans_moved == 2
    assert locate("art", "a cart") is None and locate("屏幕", "这个屏幕好") == Span(2, 4)
    assert locate("", TEXT) is None and locate("  ", TEXT) is None


def test_an_answer_that_was_cut_off_is_read_as_far_as_it_goes() -> None:
    whole = answer(("Zip", "later"), ("Strap", "later"))
    found, counts = read(whole[: whole.rindex("{") + 12])
    assert found == ["Zip"] and (counts.cut, counts.unreadable) == (1, 0)
    assert read("[")[1] == Counts(cut=1)
    assert read("I think that")[1] == Counts(cut=1, unreadable=1)


def test_whatever_does_not_keep_to_the_fields_is_dropped() -> None:
    bad = [{"part": "Zip"}, {"part": "Zip", "when": "never"}, "Zip"]
    written = json.dumps([*bad, {"part": "Zip", "when": "later"}])
    assert read(written) == ([], Counts(unreadable=3))  # the fourth is more than the task allows
    found, counts = read(answer(("Zip", "later"), ("zip", "later")))
    assert found == ["Zip"] and counts.repeated == 1


def test_a_task_needs_a_span_and_different_names() -> None:
    for fields in ((), (Field("a", ("x",)),), (Field("a"), Field("a"))):
        with pytest.raises(TaskError):
            ExtractTask("t", "1", "", "", fields)


WISH = """
instruction = "List every part that is complained about."
most = 3
[[field]]
name = "part"
[[field]]
name = "when"
choices = ["at once", "later"]
[[example]]
text = "The zip came off after a month, but the colour is lovely."
items = [{ part = "zip", when = "later" }]
[[example]]
text = "Works fine."
items = []
[[example]]
text = "The lid leaked at once and the handle broke later."
items = [{ part = "lid", when = "at once" }, { part = "handle", when = "later" }]
"""


def wish_file(folder: Path, text: str) -> Path:
    path = folder / "wish.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("instruction =", "# "), "no instruction"),
        (("most = 3", "most = 0"), "from 1 to 50"),
        (('name = "when"', 'name = "part"'), "different names"),
        (("[[field]]", "[field]"), "not TOML"),
        (('part = "zip"', 'part = "button"'), "example 1"),
        (('when = "later"', 'when = "soon"'), "example 1"),
        (('choices = ["at once", "later"]', 'choices = "later"'), "list of words"),
    ],
)
def test_what_is_wrong_with_a_wish_is_said(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    with pytest.raises(InputFileError, match=said) as caught:
        read_wish(wish_file(tmp_path, WISH.replace(*change)))
    assert "wish.toml" in caught.value.message()


@pytest.mark.model
def test_a_real_model_writes_only_what_can_be_read(client: ModelClient, tmp_path: Path) -> None:
    task = read_wish(wish_file(tmp_path, WISH)).task(None)
    texts = [
        "The strap broke on the first day.",
        "",
        "电池用了两个月就坏了",
        "Love it!",
        'He said: "the [lid] leaks"\n{"part"',
    ]
    found = extract(client, texts, task)
    assert len(found.items) == len(texts) and found.items[1] == []
    assert found.counts.texts == 4 and found.counts.unreadable == 0
    assert any(found.items), "plain complaints give items"
    for text, items in zip(texts, found.items, strict=True):
        for item in items:
            assert isinstance(item["part"], Span) and text[item["part"].start : item["part"].end].strip()
            assert item["when"] in ("at once", "later")
    assert extract(client, texts, task) == found
