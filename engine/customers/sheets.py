"""What the customers desk exports: pairs for "pairs with" uploads, and the list of the newest campaign, ready to send."""

from __future__ import annotations

from engine.customers.campaigns import filled
from engine.customers.queries import pair_rows
from engine.store.database import Store
from engine.store.sheets import Sheet


def of_pairs(store: Store) -> Sheet:
    """What is bought together."""
    pairs = pair_rows(store)
    columns = ("product", "pairs with", "product name", "pairs with name", "orders", "of", "lift")
    return Sheet(
        "What is bought together",
        columns,
        lambda: ((p.a, p.b, p.a_name, p.b_name, p.k, p.n, round(p.lift, 2)) for p in pairs),
        len(pairs),
    )


def of_campaign(store: Store) -> Sheet:
    """The newest campaign's messages, filled; those held out are not in it."""
    newest = store.value("SELECT max(id) FROM campaigns")
    rows = list(filled(store, newest)) if newest is not None else []
    columns = ("customer", "email", "message")
    return Sheet("Campaign", columns, lambda: (tuple(row[name] for name in columns) for row in rows), len(rows))


SHEETS = {"pairs": of_pairs, "campaign": of_campaign}
