"""Seen from outside: no verb but `models pull` makes a socket of any family that leads out of the machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")

_OUT = re.compile(r"socket\((?!AF_UNIX|PF_LOCAL)[A-Z]\w+")


def sockets(arguments: list[str], folder: Path) -> list[str]:
    """The calls by which a verb, or any process that it starts, asks for a socket that leads out; refused ones as well."""
    trace = folder / "trace"
    watched = "trace=socket,connect,bind,listen,io_uring_setup"
    command = ["strace", "-f", "-qq", "-e", watched, "-o", str(trace), sys.executable, "-m", "engine.cli", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=dict(os.environ))
    assert done.returncode in (0, 1), done.stderr
    lines = trace.read_text(encoding="utf-8", errors="replace").splitlines()
    # The guard asks three questions of the kernel to see whether it stands; they make no socket.
    return [line for line in lines if _OUT.search(line) and "EACCES" not in line]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("traced")
    source = folder / "reviews.csv"
    source.write_text(
        "text,stars,date\nIt broke after a day,1,2026-01-02\nLovely lamp,5,2026-01-03\n", encoding="utf-8"
    )
    path = folder / "my.shop"
    assert sockets(["import", str(path), str(source), "--accept"], folder) == []
    return path


@pytest.mark.parametrize(
    "verb",
    [
        ["imports", "SHOP"],
        ["findings", "SHOP", "--json"],
        ["sql", "SHOP", "select count(*) from reviews"],
        ["export", "SHOP", "findings", "--to", "FOLDER/findings.xlsx"],
        ["backup", "SHOP", "FOLDER/copy.shop"],
        ["label", "pii", "--in", "FOLDER/reviews.csv", "--text", "text", "--json"],
        ["models", "list"],
        ["privacy", "log", "SHOP", "--verify"],
        pytest.param(["label", "sentiment", "--in", "FOLDER/reviews.csv", "--text", "text"], marks=pytest.mark.model),
        pytest.param(["doctor"], marks=pytest.mark.model),
        pytest.param(["analyze", "SHOP"], marks=pytest.mark.model),
    ],
    ids=lambda verb: " ".join(verb[:2]),
)
def test_a_verb_asks_for_no_socket(verb: list[str], shop: Path) -> None:
    words = [word.replace("SHOP", str(shop)).replace("FOLDER", str(shop.parent)) for word in verb]
    assert sockets(words, shop.parent) == []
