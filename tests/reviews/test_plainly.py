"""Figures of degree are said plainly, whatever the word in them; what is no such figure stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.inference.client import ModelClient
from engine.reviews.plainly import plainly
from engine.reviews.sentiment import LABELS, reader_for

PROBES = [line.split("\t") for line in Path(__file__).with_name("figures.tsv").read_text("utf-8").splitlines()]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("好看得不行", "非常好看"),
        ("难看得不行", "非常难看"),
        ("慢死了", "非常慢"),
        ("做工好得没话说", "做工非常好"),
        ("It could not be happier.", "It am extremely happy."),
        ("anything but comfortable", "not at all comfortable"),
        ("I have never regretted a purchase more", "I have really regretted this purchase"),
    ],
)
def test_a_figure_is_said_plainly(text: str, said: str) -> None:
    assert plainly(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "两条鱼死了",
        "我的花死了",
        "写得很好",
        "他说的很对",
        "看得很清楚",
        "用了一天就坏了",
        "It could be better",
        "I never regretted it",
    ],
)
def test_what_is_no_figure_stays_as_it_is(text: str) -> None:
    assert plainly(text) == text


@given(st.text(alphabet="好慢得不行死了到哭的香 a", max_size=40))
def test_saying_it_twice_changes_nothing_more(text: str) -> None:
    assert plainly(plainly(plainly(text))) == plainly(plainly(text))


@pytest.mark.model
def test_the_model_reads_every_kind_of_figure_rightly_more_often_than_not() -> None:
    texts = [text for _, _, text in PROBES]
    with ModelClient() as client:
        reader = reader_for(client)
        shares = reader.shares(client.scores([plainly(text) for text in texts], reader.task), texts)
    right: dict[str, list[bool]] = {}
    for (kind, wanted, _), row in zip(PROBES, shares, strict=True):
        right.setdefault(f"{kind} {wanted}", []).append(LABELS[int(row.argmax())] == wanted)
    assert all(sum(own) >= 0.85 * len(own) for own in right.values()), right
