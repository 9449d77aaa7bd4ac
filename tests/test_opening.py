"""A first argument that is no verb: a shop, files, or a slip of the hand that is answered with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli.opening import instead
from engine.errors import UsageError

VERBS = ("analyze", "findings", "import", "open", "take")


def test_shops_are_opened_and_files_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.touch()
    assert instead(["import", "a.shop"], VERBS) == ["import", "a.shop"]
    assert instead(["--help"], VERBS) == ["--help"] and instead([], VERBS) == []
    assert instead(["a.shop"], VERBS) == ["open", "a.shop"]
    assert instead([str(file), "b.csv"], VERBS) == ["take", str(file), "b.csv"]
    assert instead([str(tmp_path)], VERBS) == ["take", str(tmp_path)]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("findngs", "there is no verb findngs. Did you mean findings?"),
        ("{folder}/corner.sohp", "Did you mean {folder}/corner.shop?"),
        ("{folder}/order.csv", "there is no file {folder}/order.csv. Did you mean {folder}/orders.csv?"),
        ("{folder}/nowhere/x.csv", "there is no file {folder}/nowhere/x.csv."),
        ("nonsense", "there is no verb and no file nonsense."),
        ("bad\x1b]0;name.csv", "there is no file bad\ufffd]0;name.csv."),
    ],
)
def test_a_slip_of_the_hand_is_answered_with_what_comes_nearest(tmp_path: Path, typed: str, said: str) -> None:
    for name in ("corner.shop", "orders.csv"):
        (tmp_path / name).touch()
    with pytest.raises(UsageError) as error:
        instead([typed.format(folder=tmp_path)], VERBS)
    assert said.format(folder=tmp_path) in error.value.message()
