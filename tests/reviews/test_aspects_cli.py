"""`backroom label aspects`, with the shipped adapter on the default model."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from engine.errors import ModelError
from engine.reviews import aspects
from tests.conftest import Run

TEXTS = [
    "The battery life is terrible.\nBut the  screen is gorgeous and shipping was fast!",
    "",
    "屏幕很清晰，就是电池不耐用。👍 快递很快",
    "I bought this in March for my nephew",
]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file of reviews."""
    path = tmp_path / "reviews.jsonl"
    path.write_text("\n".join(json.dumps({"body": t, "no": f"r{i}"}) for i, t in enumerate(TEXTS)), encoding="utf-8")
    return path


@pytest.mark.model
def test_label_aspects_prints_pieces_of_the_texts(backroom: Run, source: Path) -> None:
    arguments = ("label", "aspects", "--in", source, "--text", "body", "--id", "no", "--json")
    result = backroom(*arguments)
    assert result.returncode == 0, result.stderr
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert [r["id"] for r in records] == ["r0", "r1", "r2", "r3"]
    for text, record in zip(TEXTS, records, strict=True):
        for aspect in record["aspects"]:
            assert aspect["category"] in aspects.CATEGORIES and aspect["polarity"] in aspects.POLARITIES
            if aspect["start"] is not None:
                assert text[aspect["start"] : aspect["end"]] == aspect["term"]
            if aspect["opinion"] is not None:
                assert text[aspect["opinion_start"] : aspect["opinion_end"]] == aspect["opinion"]
    found = [{(a["term"], a["polarity"]) for a in r["aspects"]} for r in records]
    assert {("battery life", "negative"), ("screen", "positive"), ("shipping", "positive")} <= found[0]
    assert found[1] == set()
    assert {("屏幕", "positive"), ("电池", "negative")} <= found[2]
    assert found[3] == set()
    assert backroom(*arguments).stdout == result.stdout


@pytest.mark.model
def test_a_table_has_a_row_for_every_aspect(backroom: Run, source: Path) -> None:
    result = backroom("label", "aspects", "--in", source, "--text", "body", "--csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert {"id", "term", "polarity", "category", "opinion", "confidence"} == set(rows[0])
    assert ("1", "battery life") in {(row["id"], row["term"]) for row in rows}


def test_a_missing_adapter_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import models

    monkeypatch.setattr(models, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(ModelError, match="missing"):
        aspects.shipped_reader()


def test_the_card_and_the_adapter_belong_together() -> None:
    reader = aspects.shipped_reader()
    assert list(reader.task.labels) == [*aspects.SPANS, *aspects.POLARITIES, *aspects.CATEGORIES]
    assert Path(str(reader.task.adapter)).is_file()
    assert 0 < reader.thresholds.implicit < 1 and {"en", "zh", ""} <= set(reader.thresholds.term)
