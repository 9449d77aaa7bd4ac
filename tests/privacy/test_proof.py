"""What can leave: every way out is tried in earnest, and the three answers are told apart."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine import offline
from engine.offline.attempts import ATTEMPTS, FAILED, NOT_HERE, WENT_OUT, path_of
from engine.privacy.proof import GOT_OUT, KEPT_IN, NOT_TRIED, judged
from tests.conftest import ROOT, Run

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a program refuse sockets to itself")


def answers(outcome: str, control: str, arrived: list[str]) -> list[str]:
    found = judged("a process", {"connect": (outcome, "seen")}, {"connect": (control, "so")}, arrived, "control")
    return [one.answer for one in found]


def test_what_went_out_got_out_whatever_the_process_says() -> None:
    assert answers(WENT_OUT, WENT_OUT, []) == [GOT_OUT]
    assert answers(FAILED, WENT_OUT, [f"GET {path_of('a-process', 'connect')} HTTP/1.0"]) == [GOT_OUT]


def test_kept_in_is_only_what_would_have_gone_out_without_the_guard() -> None:
    assert answers(FAILED, WENT_OUT, []) == [KEPT_IN]
    assert answers(FAILED, FAILED, [f"HEAD {path_of('control', 'connect')}.csv HTTP/1.1"]) == [KEPT_IN]
    assert answers(FAILED, FAILED, []) == [NOT_TRIED]
    assert answers(NOT_HERE, NOT_HERE, []) == [NOT_TRIED]
    assert [one.answer for one in judged("a process", "it does not run", {}, [], "control")] == [NOT_TRIED]


@linux
def test_the_witness_shows_that_the_ways_are_open_without_the_guard() -> None:
    assert not offline.state().hook, "a test before this one put this process, and so its children, behind the guard"
    command = [sys.executable, "-m", "engine.privacy.witness"]
    done = subprocess.run(command, input="arrived\n", capture_output=True, text=True, check=True, cwd=ROOT)
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    went = [name for name, (outcome, _) in first["control"].items() if outcome == WENT_OUT]
    assert {"connect", "connect through the C library", "connect from another Python", "listen for others"} <= set(went)
    assert any("connect-from-a-forked-process" in line for line in second["arrived"])


@linux
@pytest.mark.model
def test_nothing_gets_out_of_any_process_and_the_report_says_so(backroom: Run, tmp_path: Path) -> None:
    done = backroom("privacy", "prove", "--json", "--to", tmp_path / "proof.md")
    tries = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    processes = {one["process"] for one in tries}
    assert len(processes) == 4 and len(tries) == 4 * len(ATTEMPTS)
    assert [one for one in tries if one["answer"] == GOT_OUT] == []
    kept = {(one["process"], one["attempt"]) for one in tries if one["refused"]}
    for process in processes:
        assert {(process, "connect through the C library"), (process, "connect from another Python")} <= kept
        assert {(process, "listen through the C library"), (process, "open an address with polars")} <= kept
    report = (tmp_path / "proof.md").read_text(encoding="utf-8")
    assert report.count("| kept in |") == len(kept) and "GOT OUT: 0" in report
    assert str(tmp_path) not in report and str(ROOT) not in report
