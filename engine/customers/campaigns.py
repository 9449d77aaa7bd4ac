"""From a segment to a list, a message, a share held out, a window, and what came of it when the next file comes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import blake2b
from string import Formatter
from typing import Any

from engine.errors import UsageError
from engine.findings import Interval
from engine.statistics import excess_p
from engine.store.database import Store
from engine.store.transaction import Rows

FIELDS = ("first_name", "last_order", "product", "goes_with")
"""Merge fields of a template: `{first_name}`. They are filled when the list is exported, and stay in that file."""
BOUGHT_LATELY = 7
QUIET_DAYS = 30
"""Nobody is written to who bought in the last 7 days, sent back in the last 30, or is on the list of a campaign of the last 30
days or whose window is open: who is held out must stay so."""


@dataclass(frozen=True)
class Left:
    """Why how many of a segment are not written to."""

    no_consent: int = 0
    bought: int = 0
    written: int = 0
    returned: int = 0


@dataclass(frozen=True)
class Campaign:
    """A campaign that was started: `written` customers get the message, `held_out` do not."""

    id: int
    segment: str
    started: str
    window_days: int
    written: int
    held_out: int
    left: Left = Left()


@dataclass(frozen=True)
class Result:
    """What came of it: so many of each group bought within the window; `gain` is the difference of the shares."""

    campaign: int
    segment: str
    written: int
    bought: int
    held_out: int
    bought_anyway: int
    gain: float
    interval: Interval
    p: float


def check_template(template: str) -> None:
    """Raises UsageError: a field that there is not."""
    try:
        asked = {name for _, name, _, _ in Formatter().parse(template) if name is not None}
    except ValueError as error:
        raise UsageError("the message has a { without its }.", todo="Write {{ for a brace that is meant.") from error
    unknown = sorted(asked - set(FIELDS))
    if unknown:
        raise UsageError(
            f"there is no field {unknown[0]}.", todo="Fields: " + ", ".join(f"{{{name}}}" for name in FIELDS)
        )


def start(store: Store, segment: str, template: str, *, holdout: float = 0.2, window_days: int = 30) -> Campaign:
    """Draw the list of a segment: consent, last purchases, returns and earlier campaigns respected.

    The share held out is drawn by a hash, so that the same list is drawn again; `started` is the shop's last day.

    Raises:
        UsageError: the segment is not known, nobody is left to write to, or the template has an unknown field.
    """
    check_template(template)
    today = store.value("SELECT max(day) FROM customer_orders")
    if today is None or not store.value("SELECT count(*) FROM customer_segments WHERE segment = ?", [segment]):
        known = [row["segment"] for row in store.rows("SELECT DISTINCT segment FROM customer_segments ORDER BY 1")]
        raise UsageError(
            f"no customer is in a segment {segment!r}.", todo=f"Segments: {', '.join(known) or 'run analyze first'}."
        )
    members, left = _members(store, segment, date.fromisoformat(today))
    if not members:
        raise UsageError(
            "nobody of this segment may be written to now.",
            todo="Consent, purchases of the last 7 days and campaigns of the last 30 are respected.",
        )
    with store.write() as db:
        number = db.execute("SELECT coalesce(max(id), 0) + 1 FROM campaigns").fetchone()[0]
        db.execute(
            "INSERT INTO campaigns VALUES (?, ?, ?, ?, ?, ?)", [number, segment, today, window_days, holdout, template]
        )
        rows = [(number, customer, int(_drawn(number, customer) < holdout)) for customer in members]
        db.conn.executemany("INSERT INTO campaign_members VALUES (?, ?, ?)", rows)
    held = sum(row[2] for row in rows)
    return Campaign(number, segment, today, window_days, len(rows) - held, held, left)


def _drawn(campaign: int, customer: str) -> float:
    """A number in [0, 1) of a customer in a campaign."""
    return int.from_bytes(blake2b(f"{campaign}/{customer}".encode(), digest_size=6).digest(), "big") / 2**48


def _members(store: Store, segment: str, today: date) -> tuple[list[str], Left]:
    asked = bool(store.value("SELECT EXISTS (SELECT 1 FROM customer_segments WHERE consent IS NOT NULL)"))
    lately, quiet = (str(today - timedelta(days=days)) for days in (BOUGHT_LATELY, QUIET_DAYS))
    rows = store.rows(
        """
        SELECT s.customer, coalesce(s.consent, 0) AS consent, s.last_day > :lately AS bought,
               EXISTS (SELECT 1 FROM campaign_members m JOIN campaigns c ON c.id = m.campaign
                       WHERE m.customer = s.customer
                       AND date(c.started, '+' || max(c.window_days, :days) || ' days') > :today) AS written,
               EXISTS (SELECT 1 FROM customer_orders o JOIN returns r ON r.platform || '/' || r.order_id = o.basket
                       WHERE o.customer = s.customer AND r.day > :quiet) AS returned
        FROM customer_segments s WHERE s.segment = :segment ORDER BY s.customer
        """,
        {"lately": lately, "quiet": quiet, "segment": segment, "days": QUIET_DAYS, "today": str(today)},
    )
    counts = {"no_consent": 0, "bought": 0, "written": 0, "returned": 0}
    members = []
    for row in rows:
        reason = "no_consent" if asked and not row["consent"] else next(
            (name for name in ("bought", "written", "returned") if row[name]), None
        )  # fmt: skip
        if reason is None:
            members.append(row["customer"])
        else:
            counts[reason] += 1
    return members, Left(**counts)


def results(rows: Rows) -> Iterator[Result]:
    """The campaigns whose window is over by the shop's last day."""
    sql = """
        SELECT c.id, c.segment, m.held_out, count(*) AS n, sum(EXISTS (
            SELECT 1 FROM customer_orders o WHERE o.customer = m.customer AND o.day > c.started
            AND o.day <= date(c.started, '+' || c.window_days || ' days'))) AS k
        FROM campaigns c JOIN campaign_members m ON m.campaign = c.id
        WHERE date(c.started, '+' || c.window_days || ' days') <= (SELECT max(day) FROM customer_orders)
        GROUP BY c.id, m.held_out ORDER BY c.id"""
    groups: dict[int, dict[int, dict[str, Any]]] = {}
    for row in rows.rows(sql):
        groups.setdefault(row["id"], {})[row["held_out"]] = row
    for number, both in groups.items():
        if len(both) == 2:
            yield _result(number, both[0], both[1])


def _result(number: int, written: dict[str, Any], held: dict[str, Any]) -> Result:
    """The difference of two shares with the interval of Agresti & Caffo (2000): one success and failure added to each."""
    (k, n), (k0, n0) = (written["k"], written["n"]), (held["k"], held["n"])
    p1, p0 = (k + 1) / (n + 2), (k0 + 1) / (n0 + 2)
    spread = 1.96 * (p1 * (1 - p1) / (n + 2) + p0 * (1 - p0) / (n0 + 2)) ** 0.5
    return Result(
        number, written["segment"], n, k, n0, k0, k / n - k0 / n0, Interval(p1 - p0 - spread, p1 - p0 + spread),
        excess_p(k, n, k0, n0),
    )  # fmt: skip


def filled(store: Store, campaign: int) -> Iterator[dict[str, str]]:
    """The list of a campaign, ready to send: one message per customer, with the address it goes to.

    The only place where a name or an address is read; whoever calls it writes a file that the seller asked for.
    """
    found = store.rows("SELECT template FROM campaigns WHERE id = ?", [campaign])
    if not found:
        raise UsageError(f"there is no campaign {campaign}.")
    template = found[0]["template"]
    rows = store.rows(
        """
        SELECT m.customer, m.held_out, s.last_day, o.email, o.customer AS name,
               (SELECT coalesce(p.name, l.product_name) FROM order_lines l LEFT JOIN product_keys p ON p.product = l.product
                WHERE l.platform = o.platform AND l.order_id = o.order_id ORDER BY l.id LIMIT 1) AS product,
               (SELECT coalesce(p.name, c.b) FROM order_lines l JOIN customer_pairs c ON c.a = l.product
                LEFT JOIN product_keys p ON p.product = c.b
                WHERE l.platform = o.platform AND l.order_id = o.order_id ORDER BY c.low DESC LIMIT 1) AS goes_with
        FROM campaign_members m
        JOIN customer_segments s ON s.customer = m.customer
        JOIN orders o ON o.id = (SELECT x.order_row FROM customer_orders x WHERE x.customer = m.customer
                                 ORDER BY x.day DESC, x.basket DESC LIMIT 1)
        WHERE m.campaign = ? AND NOT m.held_out ORDER BY m.customer
        """,
        [campaign],
    )
    for row in rows:
        values = {
            "first_name": (row["name"] or "").split(" ")[0], "last_order": row["last_day"], "product": row["product"] or "",
            "goes_with": row["goes_with"] or "",
        }  # fmt: skip
        yield {"customer": row["customer"], "email": row["email"] or "", "message": template.format(**values)}
