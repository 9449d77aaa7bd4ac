"""The promotions desk's run: every promotion that shows, what it brought in units and in money, and codes that leak."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING

from engine.desks.work import Work
from engine.findings import Evidence, Finding, Impact, wilson
from engine.promotions import facts
from engine.promotions.design import break_even_lift
from engine.promotions.effect import METHOD, Aftermath, Effect, Window, aftermaths, effects, pull_forward
from engine.store.sql import literal

if TYPE_CHECKING:
    from sqlite_utils import Database

AFTER_DAYS = 28
ALWAYS_ON = 0.6
"""A code used over more than this share of the shop's time is no promotion but a price."""
LEAST_CODES = 20
LACK = 0.05


@dataclass(frozen=True)
class Measured:
    """One promotion with its effect and its money; a row of `promotion_effects`.

    Attributes:
        profit: incremental margin: incremental units at the cut price less their cost, less the discount on units that
            would have sold anyway; None where the cost or the discount is not known. profit_low, profit_high: 90 %.
        given: discount on what would have sold anyway.
    """

    id: str
    name: str
    product: str | None
    source: str
    code: str | None
    first: str
    last: str
    discount: float | None
    gross: float
    baseline: float | None
    incremental: float | None
    low: float | None
    high: float | None
    worked: bool
    lack: float | None
    lack_p: float | None
    net_low: float | None
    net_high: float | None
    profit: float | None
    profit_low: float | None
    profit_high: float | None
    given: float | None
    currency: str | None
    break_even: float | None
    method: str = METHOD


def run(work: Work) -> None:
    """Measure all promotions of the shop and publish what they brought.

    Raises:
        Cancelled: stopped; nothing was changed.
    """
    stage = work.context.stage(work.say._("Promotions"), 2, work.say._("steps"))
    sold = facts.sales(work.store)
    measured: list[Measured] = []
    findings: list[Finding] = []
    quiet: list[float] = []
    if sold is not None:
        found = [
            one for one in facts.promotions(work.store, sold) if one.product is None or one.product in sold.products
        ]
        tested = _measured(sold, found, facts.costs(work.store))
        measured = [one for one, _ in tested]
        for one, chance in tested:
            made = _finding(one, chance, facts.lines(work.store, one.product or "", one.first, one.last))
            if made is not None:
                findings.append(made)
            elif chance is not None:
                quiet.append(chance)
        findings += _pulled(sold, found)
    stage.advance()
    codes = facts.codes(work.store)
    findings += [made for code in codes if (made := _always_on(code, sold)) is not None]

    def derive(db: Database) -> None:
        db.execute("DELETE FROM promotion_effects")
        db.table("promotion_effects").insert_all(asdict(one) for one in measured)

    work.publish(findings, derive=derive, quiet=quiet)
    stage.advance()


def _windows(sold: facts.Sales, one: facts.Found) -> list[Window]:
    first, last = (one.first - sold.first).days, (one.last - sold.first).days
    if last < 0 or first >= sold.units.shape[1]:
        return []
    chosen = range(len(sold.products)) if one.product is None else [sold.products.index(one.product)]
    return [Window(one.id, i, max(0, first), min(last, sold.units.shape[1] - 1)) for i in chosen]


def _measured(
    sold: facts.Sales, found: Sequence[facts.Found], costs: dict[str, float]
) -> list[tuple[Measured, float | None]]:
    """Promotions of one product each, with the chance of such a lift without any; those of the whole shop have no rest of
    the shop to be held against."""
    single = [one for one in found if one.product is not None and _windows(sold, one)]
    windows = [_windows(sold, one)[0] for one in single]
    made = effects(sold.units, windows, "day")
    later = aftermaths(sold.units, windows, "day", AFTER_DAYS)
    return [
        (_one(sold, one, window, effect, after, costs.get(one.product or "")), effect.p)
        for one, window, effect, after in zip(single, windows, made, later, strict=True)
    ]


def _one(
    sold: facts.Sales, one: facts.Found, window: Window, effect: Effect, after: Aftermath | None, cost: float | None
) -> Measured:
    usual = float(sold.usual[window.series])
    profit = low = high = given = even = None
    if (
        one.discount is not None
        and math.isfinite(usual)
        and effect.baseline is not None
        and effect.incremental is not None
    ):
        given = round(effect.baseline * usual * one.discount, 2)
        if cost is not None:
            even = break_even_lift(1 - cost / usual, one.discount)
            each = usual * (1 - one.discount) - cost
            brought = sorted(round(units * each - given, 2) for units in (effect.low or 0.0, effect.high or 0.0))
            profit, low, high = round(effect.incremental * each - given, 2), brought[0], brought[1]
    return Measured(
        id=one.id,
        name=one.name,
        product=one.product,
        source=one.source,
        code=one.code,
        first=one.first.isoformat(),
        last=one.last.isoformat(),
        discount=one.discount,
        gross=effect.gross,
        baseline=effect.baseline,
        incremental=effect.incremental,
        low=effect.low,
        high=effect.high,
        worked=effect.worked,
        lack=None if after is None else round(after.lack, 2),
        lack_p=None if after is None else after.p,
        net_low=None if after is None else round(after.net_low, 2),
        net_high=None if after is None else round(after.net_high, 2),
        profit=profit,
        profit_low=low,
        profit_high=high,
        given=given,
        currency=sold.currency[window.series],
        break_even=even,
    )


def _finding(one: Measured, chance: float | None, rows: Sequence[int]) -> Finding | None:
    """What is worth saying of a promotion: that it only pulled forward, that it paid, or that it cost money.

    Args:
        chance: of such a lift without promotion; rows: the order lines in its window.
    """
    if one.incremental is None or one.baseline is None:
        return None
    kind, impact = _verdict(one)
    if kind is None:
        return None
    numbers = {
        key: value
        for key, value in asdict(one).items()
        if key not in ("id", "name", "product", "method") and value is not None
    }
    return Finding(
        key=f"promotions/{kind}/{one.id}",
        desk="promotions",
        kind=kind,
        subject={"product": one.product, "name": one.name, "promotion": one.id},
        numbers=numbers | {"unit": "units"},
        method=METHOD,
        p=one.lack_p if kind == "pulled_forward" else chance if kind == "paid" else None,
        impact=impact,
        evidence=tuple(Evidence("order_lines", row) for row in rows),
        query=f"SELECT * FROM promotion_effects WHERE id = {literal(one.id)}",
    )


def _verdict(one: Measured) -> tuple[str | None, Impact | None]:
    unit = one.currency or ""
    days = (date.fromisoformat(one.last) - date.fromisoformat(one.first)).days + 1
    monthly = 30 / max(30, days)
    pulled = one.lack_p is not None and one.lack_p < LACK and one.net_low is not None and one.net_low <= 0
    if one.worked and pulled:
        cost = (one.given or 0.0) * monthly
        return "pulled_forward", Impact(cost, unit, cost) if cost and unit else None
    if one.worked and (one.profit_low or 0.0) > 0 and unit:
        low, high = (one.profit_low or 0.0) * monthly, (one.profit_high or 0.0) * monthly
        return "paid", Impact(low, unit, (one.profit or 0.0) * monthly, high)
    if one.profit_high is not None and one.profit_high < 0 and unit:
        return "cost_money", Impact(-one.profit_high * monthly, unit, -(one.profit or 0.0) * monthly)
    return None, None


def _pulled(sold: facts.Sales, found: Sequence[facts.Found]) -> list[Finding]:
    windows = [w for one in found if one.product is not None for w in _windows(sold, one)]
    pulled = pull_forward(sold.units, windows, "day", AFTER_DAYS)
    if pulled is None or pulled.low <= 0:
        return []
    return [
        Finding(
            key="promotions/pull_forward",
            desk="promotions",
            kind="pull_forward",
            subject={},
            numbers={"share": pulled.share, "low": pulled.low, "high": pulled.high, "unit": "promotions"},
            method="units lacking in the 28 days after, over all promotions; 90 % bootstrap over promotions (v1)",
            k=pulled.n,
            n=pulled.n,
        )
    ]


def _always_on(code: facts.Code, sold: facts.Sales | None) -> Finding | None:
    """A code that is always used, mostly by those who had just bought: what it gives away is a price, not a promotion."""
    if sold is None or code.share < ALWAYS_ON or code.orders < LEAST_CODES or not code.known:
        return None
    share = wilson(code.repeat, code.known)
    if share.low <= REPEAT:
        return None
    months = max(1.0, sold.units.shape[1] / 30 * code.share)
    monthly = code.given / months
    # What goes to those who had bought within 90 days would mostly have been earned without the code.
    low = monthly * share.low
    return Finding(
        key=f"promotions/always_on_code/{code.code}",
        desk="promotions",
        kind="always_on_code",
        subject={"code": code.code, "name": code.code, "campaign": code.code},
        numbers={
            "orders": code.orders, "given": code.given, "monthly": round(monthly, 2), "currency": code.currency,
            "stacked": code.stacked, "first": code.first, "last": code.last, "unit": "orders",
        },
        method="orders with the code; redeemers who had bought within 90 days before (Wilson interval) (v1)",
        k=code.repeat,
        n=code.known,
        interval=share,
        impact=Impact(low, code.currency) if code.currency else None,
        query=f"SELECT * FROM orders WHERE discount_code LIKE {literal(f'%{code.code}%')}",
    )  # fmt: skip


REPEAT = 0.5
"""A code leaks when surely more than half of those who used it had just bought."""
