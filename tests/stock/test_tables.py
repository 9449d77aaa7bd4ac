"""What an older shop keeps when the stock desk's tables change."""

from __future__ import annotations

from sqlite_utils import Database

from engine.stock.tables import migrations


def test_terms_and_the_ledger_of_an_older_shop_are_kept() -> None:
    db = Database(memory=True)
    migrations.apply(db, stop_before="m002_keys_first")
    db.table("stock_terms").insert({"item": "MUG", "name": "cost", "value": "4.20", "valid_from": "2026-01-01"})
    entry = {"currency": "EUR", "platform": "etsy", "month": "2026-05", "product": "mug", "item": "MUG"}
    db.table("ledger").insert({**entry, "part": "fees", "cents": -120, "estimated": 1})
    migrations.apply(db)
    assert list(db.table("stock_terms").rows) == [
        {"item": "MUG", "name": "cost", "valid_from": "2026-01-01", "value": "4.20"}
    ]
    assert list(db.query("SELECT * FROM v_profit")) == [{**entry, "part": "fees", "amount": -1.2, "estimated": 1}]
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
