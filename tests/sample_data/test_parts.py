"""A desk brings its own part of the sample shop: its files, its truths, and what it plants before anybody writes."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import ModuleType

import pytest

from sample_data import FOLDER
from sample_data import generate as generator
from sample_data import truth as committed
from sample_data.catalogue import PRODUCTS
from sample_data.orders import Line, Order
from sample_data.parts import PARTS, Part
from sample_data.sample import Sample


def plant(sample: Sample) -> None:
    bought = Line(PRODUCTS[0], 0, 3, 100)
    at = datetime(2026, 1, 1, 0, 0, 1)
    sample.add([Order("shopify", at, sample.people[0], [bought], "Northpost Ground", code="TOY50")])


def write(sample: Sample) -> dict[str, bytes]:
    return {"toy.csv": f"seed\n{sample.rng('toy').randrange(10**6)}\n".encode()}


def truth(sample: Sample) -> dict[str, object]:
    planted = [{"id": "toy", "kind": "toy", "says": "One order.", "numbers": {"k": 1, "n": 1}, "expect": "finding"}]
    return {"truths": planted, "rows": {"toys": 1}}


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Part]:
    module = ModuleType("sample_data.parts.toy")
    module.__dict__.update(plant=plant, write=write, truth=truth)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    part = Part("toy", ("toy.csv",))
    monkeypatch.setattr(generator, "PARTS", (*PARTS, part))
    yield part


def test_a_part_plants_before_others_write_and_leaves_their_chance_alone(tmp_path: Path, toy: Part) -> None:
    told = generator.generate(tmp_path)
    assert told["sales"]["rows"]["order_lines"] == committed("sales")["rows"]["order_lines"] + 1
    orders = list(csv.DictReader(io.StringIO((tmp_path / "files/shopify_orders.csv").read_text(encoding="utf-8"))))
    assert [row["Lineitem quantity"] for row in orders if row["Discount Code"] == "TOY50"] == ["3"]
    assert (
        len({row["Name"] for row in orders})
        == told["sales"]["rows"]["shopify_orders"]
        == committed("sales")["rows"]["shopify_orders"] + 1
    )
    assert json.loads((tmp_path / "truth/toy.json").read_text(encoding="utf-8")) == told["toy"]
    for untouched in ("judgeme_reviews.csv", "amazon_fba_returns.txt", "taobao_ExportOrderList.csv"):
        kept = FOLDER / "files" / untouched
        assert (tmp_path / "files" / untouched).read_bytes() == kept.read_bytes(), untouched


def test_a_part_may_not_write_files_it_does_not_declare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sales, *others = PARTS
    monkeypatch.setattr(generator, "PARTS", (Part("sales", sales.files[1:]), *others))
    with pytest.raises(ValueError, match="sales writes"):
        generator.generate(tmp_path)
