"""The customers desk: one run reads all purchases, derives segments and pairs, and tells what it found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from engine.customers import campaigns
from engine.customers.facts import Purchases, purchases
from engine.customers.gateway import Gateway, gateways
from engine.customers.history import History
from engine.customers.pairs import Pair, found
from engine.customers.recommend import measured
from engine.customers.returning import outlook
from engine.customers.segments import FEWEST, REGULAR, SLIPPED, cuts, segments, slipped
from engine.customers.sequence import Sequence as Bought
from engine.customers.sequence import sequences
from engine.customers.variants import families
from engine.findings import CUSTOMERS, Evidence, Finding, Impact
from engine.say import N_
from engine.store.sql import literal
from engine.store.transaction import Rows

if TYPE_CHECKING:
    from sqlite_utils import Database

    from engine.desks.work import Work

DESK = "customers"
FEWEST_ORDERS = 300
MOST_TOLD = 3
NEW_REGULAR_DAYS, REGULAR_WITHIN = 60, 180
"""A regular is new whose third purchase is that fresh, and not longer after the first than that."""
PAIRS = "counts against orders of the same size and month (Mantel & Haenszel), Poisson tail, Benjamini-Hochberg"
ORDER = "first purchases of two products by the same customers, Poisson and binomial tails, Benjamini-Hochberg"
RHYTHM = (
    "away longer than each of their own gaps, with a chance under 5 % by their rhythm; binomial tail over all regulars"
)
FIRST = "first orders of the same quarter (Mantel & Haenszel), Fisher's exact test"
COUNTED = "counted"
HOLDOUT = "customers written to against those held out by lot; Fisher's exact test, Agresti & Caffo's interval"
_EPOCH = date(1970, 1, 1)
_ITEM = "coalesce(l.product, nullif(l.sku, ''), l.product_name)"
_HOLDS = f"""
    SELECT sum(a AND b) AS k, count(*) AS n FROM (
        SELECT o.basket, max({_ITEM} = {{a}}) AS a, max({_ITEM} = {{b}}) AS b
        FROM customer_orders o JOIN order_lines l ON l.platform || '/' || l.order_id = o.basket
        WHERE coalesce(l.status, '') NOT IN ('cancelled', 'brushing') AND coalesce(l.quantity, 1) > 0 AND o.items > 0
        GROUP BY o.basket)"""


@dataclass(frozen=True)
class Known:
    """One customer as the desk's own table holds them."""

    customer: str
    segment: str
    before: str | None
    orders: int
    first_day: str
    last_day: str
    spent: float
    currency: str | None
    chance: float | None
    low: float | None
    high: float | None
    wait_days: float | None
    slipped: bool
    at_risk: float
    new_regular: bool
    consent: bool | None


def run(work: Work) -> None:
    """Derive and find everything, and publish it in one transaction."""
    say = work.say
    stage = work.context.stage(say._("Reading orders"), 4, say._("steps"))
    bought = purchases(work.store)
    history = History.of(bought.lines)
    _warn(work, bought, history)
    stage.advance()
    people = known(bought)
    stage.advance()
    family = _families(history, bought)
    pairs, kept = found(history, family) if len(history.day) >= FEWEST_ORDERS else ([], None)
    told = [*_of_pairs(pairs, history, bought), *_of_sequences(sequences(history, family), history, bought)]
    stage.advance()
    foretold = measured(history)
    measures = {"pairs": kept, "recommend_all": foretold.everything, "recommend_new": foretold.new}
    now = float(history.day.max()) + 1 if len(history.day) else 0.0
    firsts, quiet = _of_firsts(gateways(history, now), history, bought)
    told += [*firsts, *_of_regulars(people, bought)]
    stage.advance()

    def derive(db: Database) -> None:
        _keep(db, bought, people, pairs, history)
        rows = [(name, json.dumps(asdict(value))) for name, value in measures.items() if value is not None]
        db.conn.executemany("INSERT INTO customer_measures VALUES (?, ?)", rows)

    def findings(rows: Rows) -> list[Finding]:
        return [*told, *(_of_result(one) for one in campaigns.results(rows))]

    work.publish(findings, derive=derive, quiet=quiet)


def _warn(work: Work, bought: Purchases, history: History) -> None:
    say = work.say
    if bought.unknown:
        work.warn(
            say._("{k} of {n} orders name no buyer who could be known again: they count in baskets only.").format(
                k=say.number(bought.unknown), n=say.number(bought.orders.height)
            )
        )
    if len(history.day) < FEWEST_ORDERS:
        work.warn(say._("Too few orders to say what sells together: {n}.").format(n=say.number(len(history.day))))


def known(bought: Purchases) -> list[Known]:
    """Every known customer with segment, chance to return and rhythm, in order of their keys."""
    import polars as pl

    orders = bought.orders.drop_nulls("customer")
    if not orders.height:
        return []
    last = orders["day"].max()
    assert isinstance(last, date)
    now = float((last - _EPOCH).days + 1)
    days = orders.with_columns(pl.col("day").dt.epoch("d").alias("at")).sort("customer", "at", "basket")
    heads = days.group_by("customer", maintain_order=True).agg(
        pl.col("at"), pl.col("day").min().alias("first"), pl.col("day").max().alias("last"),
        pl.col("amount").filter(pl.col("currency").eq_missing(bought.currency)).sum().alias("spent"),
        pl.len().alias("orders"),
    ).sort("customer")  # fmt: skip
    when = [np.unique(np.array(at, np.float64)) for at in heads["at"].to_list()]
    recency = np.array([now - at[-1] for at in when])
    frequency = np.array([len(at) for at in when], np.int64)
    where = cuts(recency, frequency)
    groups = segments(recency, frequency, where)
    earlier = [at[at < now - 90] for at in when]
    before = [
        segments(np.array([now - 90 - at[-1]]), np.array([len(at)], np.int64), where)[0] if len(at) else None
        for at in earlier
    ]
    lines = days.select("customer", "basket", pl.col("day").cast(pl.Datetime("us")).alias("time"))
    history = History.of(lines.with_columns(pl.col("basket").alias("item"), pl.lit(1.0).alias("quantity")))
    ahead = outlook(history, now)
    at_of = {} if ahead is None else {str(history.customers[c]): i for i, c in enumerate(ahead.habits.customer)}
    result = []
    for i, row in enumerate(heads.iter_rows(named=True)):
        at, place = when[i], at_of.get(row["customer"])
        gone = slipped(at, now)
        monthly = row["spent"] / max(float(at[-1] - at[0]), 30.0) * 30 if gone else 0.0
        chance = low = high = wait = None
        if ahead is not None and place is not None:
            chance, low, high, wait = (float(part[place]) for part in (ahead.chance, ahead.low, ahead.high, ahead.wait))
        third = at[REGULAR - 1] if len(at) >= REGULAR else -np.inf
        regular = bool(now - third <= NEW_REGULAR_DAYS and third - at[0] <= REGULAR_WITHIN)
        result.append(
            Known(
                row["customer"], groups[i], before[i], row["orders"], str(row["first"]), str(row["last"]),
                round(row["spent"], 2), bought.currency, chance, low, high, wait, gone, round(monthly, 2), regular,
                bought.consent.get(row["customer"]),
            )
        )  # fmt: skip
    return result


def _families(history: History, bought: Purchases) -> Any:
    items = history.items.tolist()
    return families(items, [bought.names.get(item, "") for item in items])


def _keep(db: Database, bought: Purchases, people: Sequence[Known], pairs: Sequence[Pair], history: History) -> None:
    for table in ("customer_orders", "customer_segments", "customer_pairs", "customer_measures"):
        db.execute(f"DELETE FROM {table}")
    items = dict(bought.lines.group_by("basket").len().iter_rows())
    db.conn.executemany(
        "INSERT INTO customer_orders VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                r["basket"],
                r["order_row"] or None,
                r["customer"],
                str(r["day"]),
                r["amount"],
                r["currency"],
                items.get(r["basket"], 0),
            )
            for r in bought.orders.iter_rows(named=True)
        ],
    )
    marks = ", ".join("?" * 16)
    db.conn.executemany(
        f"INSERT INTO customer_segments VALUES ({marks})", [tuple(vars(one).values()) for one in people]
    )
    db.conn.executemany(
        "INSERT INTO customer_pairs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                str(history.items[p.a]), str(history.items[p.b]), p.k, p.n, p.expected, p.lift, p.low, p.q, p.gap_days,
                p.a_first, p.ordered,
            )
            for p in pairs
        ],
    )  # fmt: skip


def _subject(item: str, other: str, bought: Purchases) -> dict[str, Any]:
    return {
        "product": item, "name": bought.names.get(item, item), "other": other, "other_name": bought.names.get(other, other),
    }  # fmt: skip


def _months(history: History) -> float:
    return max((float(history.day.max()) - float(history.day.min()) + 1) / 30.0, 1.0)


def _of_pairs(pairs: Sequence[Pair], history: History, bought: Purchases) -> list[Finding]:
    told = []
    for pair in pairs[:MOST_TOLD]:
        a, b = str(history.items[pair.a]), str(history.items[pair.b])
        least = float(stats.gamma.ppf(0.025, pair.k)) - pair.expected
        told.append(
            Finding(
                key=f"customers/pair/{'+'.join(sorted((a, b)))}",
                desk=DESK,
                kind="pair",
                subject=_subject(a, b, bought),
                numbers={
                    "lift": round(pair.lift, 2), "low": round(pair.low, 2), "expected": round(pair.expected, 1),
                    "unit": N_("orders"),
                },
                method=PAIRS,
                k=pair.k,
                n=pair.n,
                p=pair.q,
                impact=Impact(max(least, 0.0) / _months(history), CUSTOMERS, (pair.k - pair.expected) / _months(history)),
                query=_HOLDS.format(a=literal(a), b=literal(b)),
                evidence=_orders_with(history, bought, [pair.a, pair.b]),
            )
        )  # fmt: skip
    return told


def _orders_with(history: History, bought: Purchases, items: Sequence[int], most: int = 50) -> tuple[Evidence, ...]:
    """The newest orders that hold all of some items."""
    holds = history.contents[:, list(items)].sum(axis=1) == len(items)
    baskets = history.baskets[np.flatnonzero(holds)[::-1][:most]]
    rows = dict(zip(bought.orders["basket"], bought.orders["order_row"], strict=True))
    return tuple(Evidence("orders", int(rows[name])) for name in baskets.tolist() if rows.get(name))


def _of_sequences(found_: Sequence[Bought], history: History, bought: Purchases) -> list[Finding]:
    told = []
    for one in found_[:MOST_TOLD]:
        a, b = str(history.items[one.a]), str(history.items[one.b])
        least = float(stats.gamma.ppf(0.025, one.k)) - one.expected
        told.append(
            Finding(
                key=f"customers/sequence/{a}>{b}",
                desk=DESK,
                kind="sequence",
                subject=_subject(a, b, bought),
                numbers={
                    "days": round(one.gap_days), "low_days": round(one.low_days), "high_days": round(one.high_days),
                    "unit": N_("customers"),
                },
                method=ORDER,
                k=one.k,
                n=one.n,
                p=one.p,
                impact=Impact(max(least, 0.0) / _months(history), CUSTOMERS, one.k / _months(history)),
            )
        )  # fmt: skip
    return told


def _of_firsts(all_: Sequence[Gateway], history: History, bought: Purchases) -> tuple[list[Finding], list[float]]:
    told, quiet = [], []
    for one in all_:
        if one.p > 0.05 or one.least <= 0:
            quiet.append(one.p)
            continue
        item = str(history.items[one.item])
        told.append(
            Finding(
                key=f"customers/{'gateway' if one.brings else 'last'}/{item}",
                desk=DESK,
                kind="gateway" if one.brings else "drives_away",
                subject={"product": item, "name": bought.names.get(item, item)},
                numbers={"other": round(one.other, 4), "unit": N_("customers")},
                method=FIRST,
                k=one.k,
                n=one.n,
                interval=one.interval,
                p=one.p,
                impact=Impact(one.least, CUSTOMERS),
            )
        )
    return told, quiet


def _of_regulars(people: Sequence[Known], bought: Purchases) -> list[Finding]:
    told = []
    regulars = [one for one in people if one.orders > REGULAR]
    gone = [one for one in regulars if one.slipped]
    if len(people) >= FEWEST and gone:
        money = sum(one.at_risk for one in gone)
        # Each may yet come back: what is at risk at least is theirs who will most likely not.
        least = sum(one.at_risk * (1 - (one.high if one.high is not None else 0.5)) for one in gone)
        told.append(
            Finding(
                key="customers/slipping",
                desk=DESK,
                kind="slipping",
                subject={"segment": "slipping regulars"},
                numbers={"money": round(money, 2), "currency": bought.currency, "unit": N_("regular customers")},
                method=RHYTHM,
                k=len(gone),
                n=len(regulars),
                p=float(stats.binom.sf(len(gone) - 1, len(regulars), SLIPPED)),
                impact=Impact(least, bought.currency, money) if bought.currency else Impact(len(gone) / 4, CUSTOMERS),
                query=f"SELECT sum(slipped) AS k, count(*) AS n FROM customer_segments WHERE orders > {REGULAR}",
            )
        )
    new = [one for one in people if one.new_regular]
    if len(people) >= FEWEST and new:
        told.append(
            Finding(
                key="customers/new_regulars",
                desk=DESK,
                kind="new_regulars",
                subject={"segment": "regulars"},
                numbers={"days": NEW_REGULAR_DAYS, "orders": REGULAR, "unit": N_("customers")},
                method=COUNTED,
                k=len(new),
                n=len(people),
                impact=Impact(float(stats.gamma.ppf(0.025, len(new))) * 30 / NEW_REGULAR_DAYS, CUSTOMERS),
                query="SELECT sum(new_regular) AS k, count(*) AS n FROM customer_segments",
            )
        )
    return told


def _of_result(one: campaigns.Result) -> Finding:
    return Finding(
        key=f"customers/campaign/{one.campaign}",
        desk=DESK,
        kind="campaign_result",
        subject={"campaign": one.campaign, "segment": one.segment},
        numbers={
            "bought_anyway": one.bought_anyway, "held_out": one.held_out, "gain": round(one.gain, 4), "unit": N_("customers"),
        },
        method=HOLDOUT,
        k=one.bought,
        n=one.written,
        interval=one.interval,
        p=one.p,
        impact=Impact(one.interval.low * one.written, CUSTOMERS, one.gain * one.written),
    )  # fmt: skip
