"""What the customers desk shows: segments, customers, pairs, cohorts, and how well it foretells here."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from engine.customers.segments import SEGMENTS
from engine.findings import Interval, wilson
from engine.store.database import Store


@dataclass(frozen=True)
class SegmentRow:
    """One segment; `chance` is the mean chance to come back within 90 days with the interval of that many customers."""

    segment: str
    customers: int
    share: float
    orders: int
    spent: float
    currency: str | None
    chance: float | None
    interval: Interval | None
    came: int
    left: int

    def as_json(self) -> dict[str, Any]:
        """The shape `segments --json` prints."""
        return {
            "segment": self.segment,
            "customers": self.customers,
            "share": self.share,
            "orders": self.orders,
            "spent": self.spent,
            "currency": self.currency,
            "returns_within_90_days": self.chance,
            "interval": None if self.interval is None else [self.interval.low, self.interval.high],
            "came": self.came,
            "left": self.left,
        }


@dataclass(frozen=True)
class CustomerRow:
    """One customer, by an opaque key; chances are of coming back within 90 days, `wait_days` until the next order."""

    customer: str
    segment: str
    before: str | None
    orders: int
    first_day: str
    last_day: str
    spent: float
    chance: float | None
    low: float | None
    high: float | None
    wait_days: float | None
    consent: bool | None


@dataclass(frozen=True)
class PairRow:
    """Two products that are bought together; `gap_days` from `a` to `b` where customers buy them on different days."""

    a: str
    b: str
    a_name: str
    b_name: str
    k: int
    n: int
    expected: float
    lift: float
    low: float
    q: float
    gap_days: float | None

    def as_json(self) -> dict[str, Any]:
        """The shape `pairs --json` prints."""
        return asdict(self)


def segment_rows(store: Store) -> list[SegmentRow]:
    """All segments, the empty ones too, in their order; their customers add up to all known ones."""
    rows = store.rows(
        """
        SELECT segment, count(*) AS customers, sum(orders) AS orders, sum(spent) AS spent, max(currency) AS currency,
               avg(chance) AS chance, sum(before IS NOT segment) AS came FROM customer_segments GROUP BY segment
        """
    )
    left = {
        row["before"]: row["n"]
        for row in store.rows(
            "SELECT before, count(*) AS n FROM customer_segments WHERE before IS NOT NULL AND before != segment GROUP BY 1"
        )
    }
    total = sum(row["customers"] for row in rows)
    by_name = {row["segment"]: row for row in rows}
    found = []
    for name in SEGMENTS:
        row = by_name.get(
            name, {"customers": 0, "orders": 0, "spent": 0.0, "currency": None, "chance": None, "came": 0}
        )
        n, chance = int(row["customers"]), row["chance"]
        interval = None if chance is None else wilson(round(chance * n), n)
        found.append(
            SegmentRow(
                name, n, n / total if total else 0.0, int(row["orders"]), float(row["spent"]), row["currency"], chance, interval,
                int(row["came"]), left.get(name, 0),
            )
        )  # fmt: skip
    return found


def customer_rows(store: Store, segment: str | None = None) -> list[CustomerRow]:
    """The customers of a segment, or all, the likeliest to come back first."""
    rows = store.rows(
        """
        SELECT customer, segment, before, orders, first_day, last_day, spent, chance, low, high, wait_days, consent
        FROM customer_segments WHERE :segment IS NULL OR segment = :segment ORDER BY chance DESC, customer
        """,
        {"segment": segment},
    )
    return [CustomerRow(**{**row, "consent": None if row["consent"] is None else bool(row["consent"])}) for row in rows]


def pair_rows(store: Store) -> list[PairRow]:
    """The pairs, the surest first."""
    return [
        PairRow(**row)
        for row in store.rows(
            """
            SELECT c.a, c.b, coalesce(p.name, c.a) AS a_name, coalesce(r.name, c.b) AS b_name, c.k, c.n, c.expected, c.lift,
                   c.low, c.q, c.gap_days
            FROM customer_pairs c LEFT JOIN product_keys p ON p.product = c.a LEFT JOIN product_keys r ON r.product = c.b
            ORDER BY c.low DESC, c.a, c.b
            """
        )
    ]


def measures(store: Store) -> dict[str, dict[str, Any]]:
    """What was measured on this shop: `pairs` (kept, above, checked), `recommend_all`, `recommend_new` (see `Measured`)."""
    return {row["name"]: json.loads(row["value"]) for row in store.rows("SELECT name, value FROM customer_measures")}


def migration(store: Store) -> dict[tuple[str, str], int]:
    """How many customers went from one segment to another in 90 days; "" for those who were not there before."""
    rows = store.rows("SELECT coalesce(before, '') AS b, segment, count(*) AS n FROM customer_segments GROUP BY 1, 2")
    return {(row["b"], row["segment"]): row["n"] for row in rows}


def cohorts(store: Store) -> dict[str, list[int]]:
    """For each month of a first order, how many of its customers ordered in that month and in each later one."""
    rows = store.rows(
        """
        SELECT substr(f.first, 1, 7) AS cohort,
               (substr(o.day, 1, 4) - substr(f.first, 1, 4)) * 12 + substr(o.day, 6, 2) - substr(f.first, 6, 2) AS later,
               count(DISTINCT o.customer) AS n
        FROM customer_orders o
        JOIN (SELECT customer, min(day) AS first FROM customer_orders WHERE customer IS NOT NULL GROUP BY 1) f
          ON f.customer = o.customer
        GROUP BY 1, 2 ORDER BY 1, 2
        """
    )
    found: dict[str, list[int]] = {}
    for row in rows:
        counts = found.setdefault(row["cohort"], [])
        counts += [0] * (row["later"] - len(counts)) + [row["n"]]
    return found
