"""The promotions desk's tables: the calendar that the seller edits, what the last run measured; frozen text."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("promotions")


@migrations()
def m001_promotions(db: Database) -> None:
    """The seller's calendar with plans, and the effects of all promotions as the last run measured them."""
    for statement in (
        """
        CREATE TABLE promotion_calendar (
            id TEXT PRIMARY KEY, product TEXT, first TEXT NOT NULL, last TEXT NOT NULL, discount REAL, note TEXT,
            planned_lift REAL, removed INTEGER NOT NULL DEFAULT 0
        )
        """,
        """
        CREATE TABLE promotion_effects (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, product TEXT, source TEXT NOT NULL, code TEXT, first TEXT NOT NULL,
            last TEXT NOT NULL, discount REAL, gross REAL NOT NULL, baseline REAL, incremental REAL, low REAL, high REAL,
            worked INTEGER NOT NULL, lack REAL, lack_p REAL, net_low REAL, net_high REAL, profit REAL, profit_low REAL,
            profit_high REAL, given REAL, currency TEXT, break_even REAL, method TEXT NOT NULL
        )
        """,
    ):
        db.execute(statement)
