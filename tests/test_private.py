"""What Backroom writes is for its user alone, and nothing of a killed run is left about."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from engine import paths
from tests.conftest import Run

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")


def test_new_files_and_folders_are_for_their_owner_alone(
    tmp_path: Path, backroom: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKROOM_HOME", str(tmp_path / "home"))
    file, shop = tmp_path / "reviews.csv", tmp_path / "a.shop"
    header = "product_handle,rating,author,email,body,created_at,photo_url,verified_purchase"
    file.write_text(
        f"{header}\ncup,5,A,a@example.org,holds tea,2026-07-01,,TRUE\ncup,often,B,b@example.org,,2026-07-02,,\n"
    )
    before = set(tmp_path.rglob("*"))
    backroom("import", shop, file)
    backroom("export", shop, "reviews", "--to", tmp_path / "out.csv")
    backroom("backup", shop, tmp_path / "copy.shop")
    made = [path for path in tmp_path.rglob("*") if path not in before]
    assert {"a.shop", "a.shop.rejects", "out.csv", "copy.shop", "home"} <= {path.name for path in made}
    for path in made:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_temporary_folders_of_killed_runs_are_cleared_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    code = (
        "import os, signal, tempfile, sys; tempfile.tempdir = sys.argv[1]\n"
        "from engine.paths import temporary_folder; kept = temporary_folder(); open(kept.name + '/copy.csv', 'w').close()\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = Path(__file__).parents[1]
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False, cwd=root)
    (left,) = tmp_path.iterdir()
    assert (left / "copy.csv").exists()
    (tmp_path / "backroom-notes").mkdir()
    with paths.temporary_folder() as mine:
        paths.clear_abandoned()
        assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted(["backroom-notes", Path(mine).name])
