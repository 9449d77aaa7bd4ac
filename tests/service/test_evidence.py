"""Answers are passages with their sources, or none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.service.evidence import ANSWERS_FROM, SHOWN, Passage, answer
from tests.conftest import Run

PASSAGES = [Passage(str(i), text) for i, text in enumerate(["a", "b", "c", "d", "e"], 1)]


def turned(nearness: dict[str, float]) -> object:
    """Vectors in the plane, each text at the cosine given to it from the question."""

    def vectors(texts: Sequence[str]) -> NDArray[np.float32]:
        cosine = np.array([nearness.get(text, 1.0) for text in texts])
        return np.stack([cosine, np.sqrt(1 - cosine**2)], axis=1).astype(np.float32)

    return vectors


def test_the_nearest_passages_are_cited_in_order() -> None:
    near = {"a": 0.5, "b": 0.95, "c": 0.9, "d": 0.97, "e": 0.99}
    found = answer("q", PASSAGES, turned(near))  # type: ignore[arg-type]
    assert [p.id for p in found.passages] == ["5", "4", "2"]
    assert len(found.passages) == SHOWN
    assert list(found.scores) == ["5", "4", "2", "3", "1"]


def test_nothing_near_enough_is_refused() -> None:
    below = dict.fromkeys("abcde", ANSWERS_FROM - 0.01)
    found = answer("q", PASSAGES, turned(below))  # type: ignore[arg-type]
    assert (found.refused, found.record()["answer"], found.record()["citations"]) == (True, None, [])


def test_the_order_of_the_file_does_not_matter() -> None:
    near = dict.fromkeys("abcde", 0.95)
    forth = answer("q", PASSAGES, turned(near))  # type: ignore[arg-type]
    back = answer("q", PASSAGES[::-1], turned(near))  # type: ignore[arg-type]
    assert forth.record() == back.record()


def test_no_evidence_and_no_question_are_refused() -> None:
    assert answer("q", [], turned({})).refused  # type: ignore[arg-type]
    assert answer(" ", PASSAGES, turned({})).refused  # type: ignore[arg-type]


@pytest.mark.model
def test_a_question_is_answered_with_the_passages_own_words(backroom: Run, tmp_path: Path) -> None:
    evidence = tmp_path / "evidence.jsonl"
    rows = [
        {"id": "p1", "text": "The lantern is charged by USB-C and a full charge takes four hours.", "source": "manual"},
        {"id": "p2", "text": "Our warehouse is closed on public holidays.", "source": "policy"},
        {"id": "p3", "text": "The bag is made of recycled nylon.", "source": "listing"},
    ]
    evidence.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    done = backroom(
        "answer", "--question", "How long does it take to charge the lantern?", "--evidence", evidence, "--json"
    )
    found = json.loads(done.stdout)
    assert found["citations"][0] == "p1"
    assert found["answer"] == rows[0]["text"]
