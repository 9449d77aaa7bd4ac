"""What is shown first, over all desks: the one place that orders findings.

Every finding that rests on a test carries its raw p-value; all of them, and those of the tests that found nothing, are
corrected together (Benjamini & Hochberg 1995, false discovery rate 5 %). What remains is ordered by impact: the lower 95 %
bound of what it is worth per 30 days, in mean orders (a customer counts as one, money is divided by what a mean order of
its currency brings). Among the first ten at most two are about the same thing and three of one kind. News of an import
is counted, not weighed, and ranks below. What is not notable or has no impact is listed with rank 0.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from engine.findings import CUSTOMERS, NEWS, Finding
from engine.say import Speaker
from engine.statistics import adjusted
from engine.store.transaction import Rows, Transaction

if TYPE_CHECKING:
    from sqlite_utils import Database

FALSE_DISCOVERIES = 0.05
FIRST = 10
OF_A_SUBJECT, OF_A_KIND = 2, 3
"""Among the first ten, at most so many about the same thing, and so many of one kind."""
_SETTING = "mean_order"
# What a finding is about, the most telling first.
_ABOUT = ("product", "sku", "item", "customer", "segment", "campaign", "theme", "courier", "platform")
_TOTALS = """
    SELECT currency, count(*) AS orders, avg(total) AS mean FROM orders
    WHERE total > 0 AND coalesce(status, '') NOT IN ('cancelled', 'brushing') GROUP BY currency ORDER BY orders DESC"""
_SUMS = """
    SELECT currency, count(*) AS orders, avg(total) AS mean FROM (
        SELECT currency, sum(amount) AS total FROM order_lines
        WHERE amount > 0 AND order_id IS NOT NULL AND coalesce(status, '') NOT IN ('cancelled', 'brushing')
        GROUP BY platform, order_id, currency)
    GROUP BY currency ORDER BY orders DESC"""


@dataclass(frozen=True)
class MeanOrder:
    """What a mean order brings.

    Attributes:
        currency: the one that most orders are in; None when the shop holds no orders.
        value: the mean order in it.
        orders: how many orders that is the mean of.
        others: the mean order in every other currency.
    """

    currency: str | None = None
    value: float = 0.0
    orders: int = 0
    others: dict[str, float] = field(default_factory=dict)

    def orders_in(self, amount: float, unit: str) -> float:
        """`amount` customers, or of a currency, as a number of mean orders."""
        if unit == CUSTOMERS:
            return amount
        mean = self.value if unit == self.currency else self.others.get(unit, self.value)
        return amount / mean if mean else amount

    def money(self, amount: float, unit: str) -> float | None:
        """`amount` customers, or of a currency, in the shop's currency; None when the shop holds no orders."""
        return self.orders_in(amount, unit) * self.value if self.currency else None


def mean_order(rows: Rows) -> MeanOrder:
    """The shop's mean order, counted now; order lines are summed where no order states a total."""
    found = rows.rows(_TOTALS) or rows.rows(_SUMS)
    known = [row for row in found if row["currency"]]
    if not known:
        return MeanOrder()
    first = known[0]
    others = {row["currency"]: float(row["mean"]) for row in known[1:]}
    return MeanOrder(first["currency"], float(first["mean"]), int(first["orders"]), others)


def settled_mean_order(rows: Rows) -> MeanOrder:
    """The mean order that the stored ranks were settled with."""
    stored = rows.value("SELECT value FROM settings WHERE name = ?", [_SETTING])
    return MeanOrder(**json.loads(stored)) if stored else MeanOrder()


def ranked(findings: Sequence[Finding], mean: MeanOrder | None = None, quiet: Sequence[float] = ()) -> list[Finding]:
    """All findings with `q`, `confidence` and `rank` settled, in the order in which they are shown.

    Args:
        findings: of all desks.
        mean: converts between customers and currencies.
        quiet: raw p-values of the tests that are no finding.
    """
    tested = [finding for finding in findings if finding.p is not None]
    corrected = adjusted([*(float(finding.p or 0.0) for finding in tested), *quiet])
    q_of = {id(finding): q for finding, q in zip(tested, corrected, strict=False)}
    settled = [
        replace(finding, q=q_of[id(finding)], confidence=1 - q_of[id(finding)]) if id(finding) in q_of else finding
        for finding in findings
    ]
    analyses = [finding for finding in settled if _notable(finding) and not _is_news(finding)]
    money = mean or MeanOrder()
    analyses.sort(key=lambda finding: _weight(finding, money), reverse=True)
    analyses = _spread(analyses)
    shown = [replace(finding, rank=float(len(analyses) - place)) for place, finding in enumerate(analyses)]
    news = [replace(f, rank=min(0.99, f.impact.low)) for f in settled if f.impact and _is_news(f) and _notable(f)]
    listed = [replace(finding, rank=0.0) for finding in settled if not _notable(finding)]
    return [*shown, *sorted(news, key=lambda f: (-f.rank, f.key)), *sorted(listed, key=lambda f: (-(f.k or 0), f.key))]


def _is_news(finding: Finding) -> bool:
    return finding.impact is not None and finding.impact.unit == NEWS


def _notable(finding: Finding) -> bool:
    """Worth showing first: it has an impact above zero, and where something was tested, it is no false discovery."""
    sure = finding.p is None or (finding.q is not None and finding.q < FALSE_DISCOVERIES)
    return sure and finding.impact is not None and finding.impact.low > 0


def _weight(finding: Finding, mean: MeanOrder) -> tuple[float, int, str]:
    low = mean.orders_in(finding.impact.low, finding.impact.unit) if finding.impact else 0.0
    return low, finding.k or 0, finding.key


def _about(finding: Finding) -> str:
    for name in _ABOUT:
        if finding.subject.get(name) is not None:
            return f"{name}={finding.subject[name]}"
    return json.dumps(finding.subject, sort_keys=True, ensure_ascii=False)


def _spread(ordered: list[Finding]) -> list[Finding]:
    """The order with the limits of the first ten kept; what a seller dismissed takes no place there."""
    first: list[Finding] = []
    rest: list[Finding] = []
    about: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for finding in ordered:
        subject, kind = _about(finding), f"{finding.desk}/{finding.kind}"
        fits = len(first) < FIRST and about[subject] < OF_A_SUBJECT and kinds[kind] < OF_A_KIND
        if fits and finding.state != "dismissed":
            first.append(finding)
            about[subject] += 1
            kinds[kind] += 1
        else:
            rest.append(finding)
    return [*first, *rest]


def settle(db: Database) -> None:
    """Settle q, confidence and rank of all current findings, inside the transaction that changed some of them."""
    rows = Transaction(db)
    stored = rows.rows("SELECT *, 0 AS evidence_count FROM findings WHERE current")
    quiet = [row["p"] for row in rows.rows("SELECT p FROM quiet_tests")]
    mean = mean_order(rows)
    values: list[tuple[Any, ...]] = [
        (finding.q, finding.confidence, finding.rank, finding.id)
        for finding in ranked([Finding.from_row(row) for row in stored], mean, quiet)
    ]
    db.conn.executemany("UPDATE findings SET q = ?, confidence = ?, rank = ? WHERE id = ?", values)
    db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", [_SETTING, json.dumps(asdict(mean))])


def arithmetic(finding: Finding, mean: MeanOrder, speaker: Speaker) -> str | None:
    """How a finding's place came about, for whoever asks; None where nothing was weighed."""
    impact = finding.impact
    if impact is None or impact.unit == NEWS:
        return None
    if impact.unit != CUSTOMERS:
        low = speaker.money(impact.low, impact.unit)
        return speaker._("At least {low} in 30 days (lower 95 % bound).").format(low=low)
    low = speaker.number(impact.low, 1)
    money = mean.money(impact.low, CUSTOMERS)
    if money is None:
        return speaker._("At least {low} customers in 30 days (lower 95 % bound).").format(low=low)
    return speaker._(
        "At least {low} customers in 30 days (lower 95 % bound) × {mean}, the mean of {orders} orders = {money}."
    ).format(
        low=low,
        mean=speaker.money(mean.value, mean.currency),
        orders=speaker.number(mean.orders),
        money=speaker.money(money, mean.currency),
    )
