"""The bench imports its own file in every way and says how long each took."""

from __future__ import annotations

from engine.importing.bench import COLUMNS, run_bench


def test_bench_measures_every_way() -> None:
    results = run_bench(300)
    assert [r["name"] for r in results][::2] == ["backroom import", "sqlite-utils insert --csv"]
    assert all(r["lines"] == 300 and r["seconds"] > 0 for r in results)
    assert results[0]["peak_megabytes"] > 0 and results[1]["ours_is"] > 0
    assert len(COLUMNS) == 75
