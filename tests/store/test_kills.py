"""`kill -9` at random moments of import, undo, correction, analysis and backup; `tests.kills` does it a thousand times."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from engine.desks.opening import open_store
from engine.importing.desk import import_file
from engine.reviews.corrections import correct
from tests import kills

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked off")


def test_nothing_is_lost_and_nothing_is_half_done(tmp_path: Path) -> None:
    wrong, _ = kills.run(tmp_path, 6, seed=40)
    assert wrong == []


def test_a_lost_row_a_lost_correction_and_a_wrong_finding_are_seen(tmp_path: Path) -> None:
    """What would have to be found is planted."""
    shop = tmp_path / "shop" / "a.shop"
    for folder in (shop.parent, tmp_path / "files"):
        folder.mkdir()
    store = open_store(shop, create=True)
    import_file(store, kills._write(tmp_path / "files" / "f.csv", 20, random.Random(1)))
    correct(store, 1, "neutral")
    ledger = kills.Ledger({"f.csv": 20}, {1: "neutral"})
    store.close()
    assert kills.check(shop, ledger, None) == []
    with store.write() as db:
        db.execute("DELETE FROM reviews WHERE id = 20")
        db.execute("UPDATE labels SET label = 'positive' WHERE source = 'seller'")
        db.execute(
            "INSERT INTO findings (key, desk, kind, subject, numbers, k, n, method, query, first_seen, last_seen) VALUES "
            "('told', 't', 't', '{}', '{}', 1, 2, 'm', 'SELECT 1 AS k, 3 AS n', '2026', '2026')"
        )
    store.close()
    found = kills.check(shop, ledger, None)
    assert [
        any(word in what for what in found) for word in ("19 rows", "review 1 is positive", "told says 1 of 2")
    ] == [True] * 3
