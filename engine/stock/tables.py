"""The stock desk's tables: what the seller typed, and what the last run derived; frozen text, appended to and never edited."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("stock")


@migrations()
def m001_stock(db: Database) -> None:
    """Terms and bundles that the seller keeps; demand per item, and the ledger, as the last run found them."""
    for statement in (
        """
        CREATE TABLE stock_terms (
            item TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, valid_from TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (item, name, valid_from)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE bundles (
            bundle TEXT NOT NULL, component TEXT NOT NULL, quantity REAL NOT NULL, PRIMARY KEY (bundle, component)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE stock_demand (
            item TEXT PRIMARY KEY, product TEXT, name TEXT NOT NULL, demand TEXT NOT NULL, weekly REAL NOT NULL,
            days REAL NOT NULL, mean REAL NOT NULL, p50 REAL NOT NULL, p80 REAL NOT NULL, p90 REAL NOT NULL,
            p95 REAL NOT NULL, skill REAL, abstain INTEGER NOT NULL, last_year REAL, last_sold TEXT, weeks TEXT NOT NULL,
            price REAL, currency TEXT, day TEXT NOT NULL
        )
        """,
        """
        CREATE TABLE ledger (
            currency TEXT NOT NULL, platform TEXT NOT NULL, month TEXT NOT NULL, product TEXT NOT NULL, item TEXT NOT NULL,
            part TEXT NOT NULL, cents INTEGER NOT NULL, estimated INTEGER NOT NULL,
            PRIMARY KEY (currency, platform, month, product, item, part, estimated)
        ) WITHOUT ROWID
        """,
        """
        CREATE VIEW v_profit AS
            SELECT currency, platform, month, product, item, part, cents / 100.0 AS amount, estimated FROM ledger
        """,
    ):
        db.execute(statement)


@migrations()
def m002_keys_first(db: Database) -> None:
    """The key's columns lead: SQLite before 3.41 takes a table for damaged where another column stands among them."""
    for statement in (
        "ALTER TABLE stock_terms RENAME TO stock_terms_before",
        """
        CREATE TABLE stock_terms (
            item TEXT NOT NULL, name TEXT NOT NULL, valid_from TEXT NOT NULL DEFAULT '', value TEXT NOT NULL,
            PRIMARY KEY (item, name, valid_from)
        ) WITHOUT ROWID
        """,
        """
        INSERT INTO stock_terms (item, name, valid_from, value)
            SELECT item, name, valid_from, value FROM stock_terms_before
        """,
        "DROP TABLE stock_terms_before",
        "DROP VIEW v_profit",
        "ALTER TABLE ledger RENAME TO ledger_before",
        """
        CREATE TABLE ledger (
            currency TEXT NOT NULL, platform TEXT NOT NULL, month TEXT NOT NULL, product TEXT NOT NULL, item TEXT NOT NULL,
            part TEXT NOT NULL, estimated INTEGER NOT NULL, cents INTEGER NOT NULL,
            PRIMARY KEY (currency, platform, month, product, item, part, estimated)
        ) WITHOUT ROWID
        """,
        """
        INSERT INTO ledger (currency, platform, month, product, item, part, estimated, cents)
            SELECT currency, platform, month, product, item, part, estimated, cents FROM ledger_before
        """,
        "DROP TABLE ledger_before",
        """
        CREATE VIEW v_profit AS
            SELECT currency, platform, month, product, item, part, cents / 100.0 AS amount, estimated FROM ledger
        """,
    ):
        db.execute(statement)
