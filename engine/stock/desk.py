"""The stock desk's run: demand of every item, the ledger, and what a seller should know of both."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.desks.work import Work
from engine.findings import Evidence, Finding, Impact
from engine.stock import facts, health, queries
from engine.stock.censoring import METHOD as CENSORED
from engine.stock.demand import Array, Panel, filled
from engine.stock.forecast import METHOD, Forecast, forecast
from engine.stock.ordering import Order
from engine.stock.profit import Entry, ledger
from engine.stock.queries import Demand
from engine.store.sql import literal

if TYPE_CHECKING:
    from sqlite_utils import Database

WEEKS = 4
"""Weeks that demand is forecast over; orders scale it to each item's own lead time plus review."""
LEAST_WEEKS = 8
LOSS_DAYS = 90


def run(work: Work) -> None:
    """Forecast every item, keep the ledger, publish what runs out, lies dead, was lost, and loses money.

    Raises:
        Cancelled: stopped; nothing was changed.
    """
    stage = work.context.stage(work.say._("Stock"), 3, work.say._("steps"))
    sold = facts.sold(work.store)
    demands: list[Demand] = []
    findings: list[Finding] = []
    if sold is not None:
        panel = sold.weekly()
        shelves = facts.shelves(work.store)
        if panel.units.shape[1] < LEAST_WEEKS:
            work.warn(work.say._("Fewer than eight weeks of orders: too little to forecast from."))
        else:
            units, lost = _uncensored(work, sold, panel)
            demands = _demands(sold, panel, units)
            findings += lost
        if not shelves:
            work.warn(work.say._("No file says what is in stock: orders cannot be planned without it."))
        findings += _of_shelves(work, sold, demands, shelves)
    stage.advance()
    book = ledger(work.store)
    stage.advance()
    today = sold.last if sold else None
    findings += _losses(work, book, sold, today)

    def derive(db: Database) -> None:
        db.execute("DELETE FROM stock_demand")
        db.table("stock_demand").insert_all(demand.row() for demand in demands)
        db.execute("DELETE FROM ledger")
        db.table("ledger").insert_all(
            {name: getattr(entry, name) for name in Entry.__dataclass_fields__} for entry in book
        )

    work.publish(findings, derive=derive)
    stage.advance()


def _demands(sold: facts.Sold, panel: Panel, units: Array) -> list[Demand]:
    cleaned = Panel(panel.ids, panel.step, panel.start, units, panel.promoted, panel.price)
    made = forecast(cleaned, WEEKS, WEEKS)
    last = sold.last.isoformat()
    return [
        _demand(item, one, panel.units[i], sold.units[i], sold.first, last)
        for i, (item, one) in enumerate(zip(sold.items, made, strict=True))
    ]


def _demand(item: facts.Item, one: Forecast, weeks: Array, days: Array, first: date, last: str) -> Demand:
    year_ago = weeks[-52 : -52 + WEEKS] if len(weeks) >= 52 + WEEKS else None
    sold_on = np.flatnonzero(days > 0)
    return Demand(
        item=item.item,
        product=item.product,
        name=item.name,
        demand=one.demand,
        weekly=round(one.total["mean"] / WEEKS, 3),
        days=7.0 * WEEKS,
        mean=one.total["mean"],
        p50=one.total["p50"],
        p80=one.total["p80"],
        p90=one.total["p90"],
        p95=one.total["p95"],
        skill=one.skill,
        abstain=one.abstain,
        last_year=None if year_ago is None else float(year_ago.sum()),
        last_sold=date.fromordinal(first.toordinal() + int(sold_on[-1])).isoformat() if len(sold_on) else None,
        weeks=facts.as_text(weeks[-26:]),
        price=item.price,
        currency=item.currency,
        day=last,
    )


def _uncensored(work: Work, sold: facts.Sold, panel: Panel) -> tuple[Array, list[Finding]]:
    """Weekly units with weeks of empty shelves set to what would have been sold; and what was lost by them."""
    units = panel.units.copy()
    if panel.start is None:
        return units, []
    found: list[Finding] = []
    weeks = units.shape[1]
    empty = facts.stock_outs(work.store, panel.start, weeks)
    for i, item in enumerate(sold.items):
        out = empty.get(item.item)
        if out is None or not out.any():
            continue
        loss = health.lost_sales(units[i], out)
        if loss is None:
            units[i] = filled(units[i], out & (units[i] == 0))
            continue
        units[i] = loss.units
        if item.price and item.currency and loss.lost >= 1:
            found.append(_lost(item, loss, weeks))
    return units, found


def _lost(item: facts.Item, loss: health.Lost, weeks: int) -> Finding:
    monthly = 30 / (7 * weeks)
    price = item.price or 0.0
    return Finding(
        key=f"stock/lost_sales/{item.item}",
        desk="stock",
        kind="lost_sales",
        subject={"sku": item.item, "product": item.product, "name": item.name},
        numbers={
            "units": round(loss.lost, 1), "money": round(loss.lost * price, 2), "currency": item.currency,
            "weeks_out": loss.weeks_out, "unit": "weeks",
        },
        method=CENSORED,
        k=loss.weeks_out,
        n=weeks,
        impact=Impact(loss.lost_low * price * monthly, item.currency or "", loss.lost * price * monthly),
    )  # fmt: skip


def _of_shelves(work: Work, sold: facts.Sold, demands: list[Demand], shelves: dict[str, facts.Shelf]) -> list[Finding]:
    if not shelves:
        return []
    supplies = facts.supplies(work.store, {d.item: d.product for d in demands}, sold.last)
    coming = facts.incoming(work.store)
    found: list[Finding] = []
    by_item = {demand.item: demand for demand in demands}
    days = {item.item: sold.units[i] for i, item in enumerate(sold.items)}
    for item, shelf in shelves.items():
        demand = by_item.get(item)
        if demand is None:
            continue
        supply = supplies[item]
        order = queries.order_of(demand, supply, shelf, coming.get(item, 0.0))
        if not demand.abstain and health.runs_out(order):
            found.append(_runs_out(demand, order, shelf, sold))
        dead = health.dead(days[item], shelf.on_hand)
        if dead is not None and supply.cost is not None:
            found.append(_dead(demand, dead, shelf, supply.cost * shelf.on_hand))
    return found


def _subject(demand: Demand) -> dict[str, Any]:
    return {"sku": demand.item, "product": demand.product, "name": demand.name}


def _on_shelf(shelf: facts.Shelf) -> tuple[Evidence, ...]:
    return tuple(Evidence("stock", row) for row in shelf.rows)


def _runs_out(demand: Demand, order: Order, shelf: facts.Shelf, sold: facts.Sold) -> Finding:
    cover = order.cover_days or 0.0
    without = max(0.0, min(30.0, order.supply.lead_days - cover))
    recent = sold.units[[item.item for item in sold.items].index(demand.item), -90:]
    low, mean = health.rate_low(recent), demand.weekly / 7
    price = demand.price or 0.0
    return Finding(
        key=f"stock/runs_out/{demand.item}",
        desk="stock",
        kind="runs_out",
        subject=_subject(demand),
        numbers={
            "days": round(cover), "lead_days": round(order.supply.lead_days), "assumed": list(order.supply.assumed),
            "lasts": order.lasts, "quantity": order.quantity, "on_hand": order.on_hand, "incoming": order.incoming,
            "weekly": round(demand.weekly, 1), "at_risk": order.at_risk, "currency": demand.currency, "unit": "units",
        },
        method=METHOD,
        impact=Impact(low * without * price, demand.currency, mean * without * price) if demand.currency else None,
        evidence=_on_shelf(shelf),
        query=f"SELECT * FROM v_stock WHERE sku = {literal(demand.item)}",
    )  # fmt: skip


_HOLDING = 0.02
"""What holding a unit costs per 30 days, as a share of its cost: money, room and what spoils."""


def _dead(demand: Demand, dead: health.Dead, shelf: facts.Shelf, cash: float) -> Finding:
    monthly = _HOLDING * cash
    return Finding(
        key=f"stock/dead_stock/{demand.item}",
        desk="stock",
        kind="dead_stock",
        subject=_subject(demand),
        numbers={
            "on_hand": shelf.on_hand, "cash": round(cash, 2), "currency": demand.currency, "days": dead.days,
            "last_sold": demand.last_sold, "unit": "units",
        },
        method="no sale for at least 90 days, against the item's own earlier rate (Poisson) (v1)",
        p=dead.p,
        impact=Impact(monthly, demand.currency, monthly, monthly) if demand.currency else None,
        evidence=_on_shelf(shelf),
    )  # fmt: skip


def _losses(work: Work, book: list[Entry], sold: facts.Sold | None, today: date | None) -> list[Finding]:
    """Products that sell and whose contribution over the last three whole months is below zero."""
    if sold is None or today is None:
        return []
    months = queries.last_months(today, 3)
    sums: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for entry in book:
        if entry.month in months and entry.product:
            sums[entry.product, entry.currency][entry.part] += entry.cents
    units: dict[str, float] = defaultdict(float)
    names: dict[str, str] = {}
    for i, item in enumerate(sold.items):
        if item.product:
            units[item.product] += float(sold.units[i, -LOSS_DAYS:].sum())
            names.setdefault(item.product, item.name.split(" - ")[0])
    busy = float(np.median(list(units.values()))) if units else 0.0
    found = []
    for (product, currency), parts in sorted(sums.items()):
        loss = -sum(parts.values()) / 100
        # Without a cost of goods nothing is known of what was earned.
        if loss <= 0 or "goods" not in parts or units[product] < busy or units[product] < 10:
            continue
        made = _loss(product, names.get(product, product), currency, parts, loss, units[product])
        found.append(replace(made, evidence=_sold_rows(work, product, min(months))))
    return found


_MOST_ROWS = 300


def _sold_rows(work: Work, product: str, since: str) -> tuple[Evidence, ...]:
    """The order lines of a product from a month on, newest first."""
    rows = work.store.rows(
        f"SELECT l.id FROM order_lines l WHERE l.product = ? AND l.day >= ? AND {facts.SOLD} ORDER BY l.day DESC, l.id LIMIT ?",
        [product, since, _MOST_ROWS],
    )
    return tuple(Evidence("order_lines", row["id"]) for row in rows)


def _loss(product: str, name: str, currency: str, parts: dict[str, int], loss: float, units: float) -> Finding:
    # How many units sell varies; what one loses does not.
    low = loss / 3 * max(0.0, 1 - 1.645 / units**0.5)
    return Finding(
        key=f"stock/sells_at_loss/{product}/{currency}",
        desk="stock",
        kind="sells_at_loss",
        subject={"product": product, "name": name},
        numbers={
            "loss": round(loss, 2), "currency": currency, "units": units, "over_months": 3,
            "parts": {part: cents / 100 for part, cents in sorted(parts.items())}, "unit": "units",
        },
        method="sales - discounts - refunds - fees - ads - shipping - cost of goods, last three whole months (v1)",
        impact=Impact(low, currency, loss / 3, loss / 3),
        query=(
            "SELECT month, part, sum(amount) AS amount FROM v_profit WHERE product = "
            f"{literal(product)} GROUP BY month, part ORDER BY month, part"
        ),
    )  # fmt: skip
