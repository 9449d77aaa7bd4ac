"""A short run of the fuzzer, always the same cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.importing import delimited
from tests.importing.fuzz import Fuzzer

CASES = 60


def test_mutated_fixtures_keep_every_promise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "BATCH_BYTES", delimited.BATCH_BYTES)
    fuzzer = Fuzzer(20261031, tmp_path)
    for case in range(CASES):
        fuzzer.run(case)
    assert not fuzzer.failures, "\n".join(failure.said for failure in fuzzer.failures)
    assert min(fuzzer.outcomes.values()) > 0
