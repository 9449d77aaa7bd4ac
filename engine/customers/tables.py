"""The customers desk's tables: what a run derived, and the campaigns a seller keeps; frozen text, appended to and never edited.

A customer is an opaque key here. Derived rows of an order go with the order; a campaign's list stays, since its result is
read out when later files come.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("customers")


@migrations()
def m001_customers(db: Database) -> None:
    """Whose orders are whose, segments, pairs, what was measured; campaigns with their members and results."""
    for statement in (
        """
        CREATE TABLE customer_orders (
            basket TEXT PRIMARY KEY, order_row INTEGER REFERENCES orders(id) ON DELETE CASCADE, customer TEXT,
            day TEXT NOT NULL, amount REAL NOT NULL, currency TEXT, items INTEGER NOT NULL
        )
        """,
        "CREATE INDEX customer_orders_customer ON customer_orders(customer)",
        "CREATE INDEX customer_orders_row ON customer_orders(order_row)",
        """
        CREATE TABLE customer_segments (
            customer TEXT PRIMARY KEY, segment TEXT NOT NULL, before TEXT, orders INTEGER NOT NULL, first_day TEXT NOT NULL,
            last_day TEXT NOT NULL, spent REAL NOT NULL, currency TEXT, chance REAL, low REAL, high REAL, wait_days REAL,
            slipped INTEGER NOT NULL, at_risk REAL NOT NULL, new_regular INTEGER NOT NULL, consent INTEGER
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE customer_pairs (
            a TEXT NOT NULL, b TEXT NOT NULL, k INTEGER NOT NULL, n INTEGER NOT NULL, expected REAL NOT NULL,
            lift REAL NOT NULL, low REAL NOT NULL, q REAL NOT NULL, gap_days REAL, a_first INTEGER NOT NULL,
            ordered INTEGER NOT NULL, PRIMARY KEY (a, b)
        ) WITHOUT ROWID
        """,
        "CREATE TABLE customer_measures (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        """
        CREATE TABLE campaigns (
            id INTEGER PRIMARY KEY, segment TEXT NOT NULL, started TEXT NOT NULL, window_days INTEGER NOT NULL,
            holdout REAL NOT NULL, template TEXT NOT NULL
        )
        """,
        """
        CREATE TABLE campaign_members (
            campaign INTEGER NOT NULL REFERENCES campaigns(id) ON DELETE CASCADE, customer TEXT NOT NULL,
            held_out INTEGER NOT NULL, PRIMARY KEY (campaign, customer)
        ) WITHOUT ROWID
        """,
        """
        CREATE TRIGGER customers_forget_lines AFTER DELETE ON order_lines BEGIN
            UPDATE customer_orders SET items = max(0, items - 1) WHERE basket = OLD.platform || '/' || OLD.order_id;
        END
        """,
    ):
        db.execute(statement)
