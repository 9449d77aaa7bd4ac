"""What a desk needs to be one: its folder, and one line of the registry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine import offline
from engine.cli import main
from engine.desks import registry
from engine.desks.analysis import FAULT
from engine.desks.base import Desk
from engine.desks.work import Work
from engine.errors import ModelError
from engine.shop import Shop
from tests.desks.toy.desk import DESK
from tests.importing.conftest import SHOPIFY


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one line, in a list of few desks, so that none that comes later matters here."""
    monkeypatch.setattr(registry, "DESKS", (registry.IMPORTS, registry.REVIEWS, DESK))


@pytest.fixture(autouse=True)
def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard can never be taken off a process again: these tests run the program in their own, which others share."""
    monkeypatch.setattr(offline, "forbid_network", lambda: None)


def calm(work: Work) -> None:
    """A desk that has run and found nothing."""
    work.publish([])


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(SHOPIFY, encoding="utf-8")
    return path


@pytest.fixture
def shop(tmp_path: Path, orders: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    path = tmp_path / "a.shop"
    assert main(["import", str(path), str(orders)]) == 0
    capsys.readouterr()
    return path


@pytest.mark.parametrize(("language", "said"), [("en", "order lines are of one piece."), ("zh", "条只买了一件。")])
def test_its_finding_is_shown_first_in_both_languages(
    shop: Path, capsys: pytest.CaptureFixture[str], language: str, said: str
) -> None:
    assert main(["analyze", str(shop), "--lang", language]) == 0
    assert (
        "Reviews: nothing to go by yet" if language == "en" else "评价：还没有可用的数据"
    ) in capsys.readouterr().err
    assert main(["findings", str(shop), "--today", "--json", "--lang", language]) == 0
    (finding,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert finding["key"] == "toy/lonely" and finding["sentence"].endswith(said) and finding["rank"] > 0


def test_it_brings_a_verb_and_tables_whose_rows_go_with_theirs(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", str(shop), "toy", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["desks"] == [{"desk": "toy", "state": "done", "findings": 1, "note": None, "exit_code": 0}]
    assert main(["lonely", str(shop), "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines
    assert main(["--help"]) == 0 and "lonely" in capsys.readouterr().out
    assert main(["undo", str(shop), "1"]) == 0
    assert Shop(shop).store.value("SELECT count(*) FROM lonely") == 0


def test_one_that_fails_stops_no_other_and_keeps_what_it_found(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["analyze", str(shop), "toy"]) == 0

    def missing(work: Work) -> None:
        raise ModelError("the model is not here.")

    def wrong(work: Work) -> None:
        raise ZeroDivisionError

    quiet = Desk("calm", "Calm", run="tests.desks.test_a_new_desk:calm")
    monkeypatch.setattr(registry, "DESKS", (registry.IMPORTS, DESK, quiet))
    for broken, code in ((missing, ModelError.exit_code), (wrong, FAULT)):
        monkeypatch.setattr("tests.desks.toy.desk.run", broken)
        capsys.readouterr()
        assert main(["analyze", str(shop), "--json"]) == code
        failed, done = json.loads(capsys.readouterr().out)["desks"]
        assert (done["state"], failed["state"], failed["exit_code"]) == ("done", "failed", code)
        assert main(["analyze", str(shop), "toy"]) == code
    assert [finding.key for finding in Shop(shop).findings(today=True)] == ["toy/lonely"]


def test_a_desk_that_is_not_there_is_named(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", str(shop), "garden"]) == 2
    assert "garden" in capsys.readouterr().err


def test_a_shop_of_a_newer_desk_is_left_alone(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Shop(shop).store.write() as db:
        db.execute("UPDATE settings SET value = json_set(value, '$.toy', 9) WHERE name = 'desk_schemas'")
    assert main(["findings", str(shop)]) == 3
    assert "newer Backroom" in capsys.readouterr().err
