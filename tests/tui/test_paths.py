"""Dropped files, as terminals send them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.paths import any_exists, expanded, pasted_paths


@pytest.mark.parametrize(
    "text",
    [
        "/exports/Orders May.csv",
        "'/exports/Orders May.csv'",
        '"/exports/Orders May.csv"',
        r"/exports/Orders\ May.csv",
        "file:///exports/Orders%20May.csv",
        "file://localhost/exports/Orders%20May.csv\r\n",
        "\n  '/exports/Orders May.csv'  \n",
    ],
)
def test_one_file_in_every_dress(text: str, tmp_path: Path) -> None:
    file = tmp_path / "Orders May.csv"
    file.touch()
    assert pasted_paths(text.replace("/exports", str(tmp_path))) == [file]


def test_several_files_on_one_line_and_on_many() -> None:
    wanted = [Path("/e/a b.csv"), Path("/e/c.csv"), Path("/e/订单.csv")]
    assert pasted_paths(r"'/e/a b.csv' /e/c.csv '/e/订单.csv'") == wanted
    assert pasted_paths("/e/a\\ b.csv\r\n/e/c.csv\n/e/订单.csv") == wanted
    assert pasted_paths("file:///e/a%20b.csv file:///e/c.csv\nfile:///e/%E8%AE%A2%E5%8D%95.csv") == wanted
    assert pasted_paths("# a comment of a file list\n/e/c.csv\n/e/c.csv") == [Path("/e/c.csv")]


def test_windows_paths_keep_their_backslashes() -> None:
    assert pasted_paths(r'"C:\My Exports\a.csv" C:\b.csv', windows=True) == [
        Path(r"C:\My Exports\a.csv"),
        Path(r"C:\b.csv"),
    ]


def test_an_apostrophe_is_no_quotation_mark() -> None:
    assert pasted_paths("/e/Anna's orders.csv") == [Path("/e/Anna's orders.csv")]


def test_a_bare_path_with_spaces_that_is_missing_is_one_path() -> None:
    assert pasted_paths("/e/my exports/orders May.csv") == [Path("/e/my exports/orders May.csv")]
    assert pasted_paths("/e/a.csv /e/b.csv") == [Path("/e/a.csv"), Path("/e/b.csv")]


def test_a_folder_is_taken_whole_without_hidden_and_other_files(tmp_path: Path) -> None:
    for name in ("b.csv", "a.XLSX", "deep/c.jsonl", ".hidden.csv", ".git/d.csv", "~$a.xlsx", "photo.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    named = tmp_path / "photo.png"
    assert [path.name for path in expanded([tmp_path, named, named])] == ["a.XLSX", "b.csv", "c.jsonl", "photo.png"]


def test_ordinary_text_is_no_file(tmp_path: Path) -> None:
    assert not any_exists(pasted_paths("what a lovely day\nit is"))
    assert not any_exists(pasted_paths("x" * 5000))
    assert any_exists(pasted_paths(f"nothing {tmp_path}"))
