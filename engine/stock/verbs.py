"""The stock desk's verbs: `forecast`, `stock order`, `stock set`, `profit`."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.desks.files import read_table
from engine.desks.verbs import (
    csv_option,
    in_option,
    json_option,
    open_store,
    print_json,
    print_table,
    say,
    shop_argument,
    speaker,
)
from engine.errors import UsageError
from engine.say import N_

if TYPE_CHECKING:
    from engine.say import Speaker
    from engine.stock.queries import Line

_FORECAST = ("p50", "p80", "p90", "p95")


@click.command("forecast")
@in_option
@click.option("--horizon", type=click.IntRange(1, 104), default=4, show_default=True, help="Periods to forecast.")
@click.option(
    "--lead-time", type=click.IntRange(1, 104), default=4, show_default=True, help="Periods that the total is over."
)
@json_option
@csv_option
def forecast_verb(source: str, horizon: int, lead_time: int, as_json: bool, as_csv: bool) -> None:
    """Forecast the series of a table: columns series, period, quantity, optionally price and promotion."""
    from engine.stock.demand import panel
    from engine.stock.forecast import forecast

    made = forecast(panel(read_table(source).iter_rows(named=True)), horizon, lead_time)
    if as_json:
        print_json(one.as_json() for one in made)
        return
    words = speaker("stock")
    columns = [words._("series"), words._("class"), words._("mean"), "P50", "P80", "P90", "P95", words._("skill")]
    rows = [
        (one.id, words._(CLASSES[one.demand]), one.total["mean"], *(one.total[name] for name in _FORECAST), one.skill)
        for one in made
    ]
    print_table(columns, rows, as_csv=as_csv, title=words._("Demand over the lead time"))


@click.group("stock")
def stock() -> None:
    """What to order by when, and the terms it is bought on."""


@stock.command("order")
@shop_argument
@click.option("--lead-days", type=click.FloatRange(0, 365), help="What if every order took so many days.")
@click.option("--level", type=click.FloatRange(0.5, 0.99), help="The service level of all, instead of by margin.")
@click.option("--growth", type=click.FloatRange(0.1, 10), default=1.0, help="Demand times this.")
@click.option("--budget", type=click.FloatRange(0), help="What may be spent, in the currency of the costs.")
@click.option("--supplier", help="Only what is bought of this supplier.")
@json_option
@csv_option
def order_verb(
    shop: Path,
    lead_days: float | None,
    level: float | None,
    growth: float,
    budget: float | None,
    supplier: str | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """The order list: quantities as sums, last days to order, chances; --csv prints a purchase order."""
    from engine.stock.queries import PURCHASE_COLUMNS, WhatIf, demands, order_list, purchase_rows

    words = speaker("stock")
    with closing(open_store(shop)) as store:
        if not demands(store):
            say(words._("Nothing is forecast yet: run analyze, with at least eight weeks of orders."))
        lines = order_list(store, WhatIf(lead_days, level, growth, budget))
        if not lines and demands(store):
            say(words._("No file says what is in stock: orders cannot be planned without it."))
    chosen = [line for line in lines if supplier is None or line.order.supply.supplier == supplier]
    if supplier is not None and not chosen:
        known = sorted({line.order.supply.supplier for line in lines if line.order.supply.supplier})
        raise UsageError(f"nothing is bought of {supplier!r}.", todo=f"Suppliers: {', '.join(known) or 'none known'}.")
    if as_json:
        print_json(line.as_json() for line in chosen)
    elif as_csv:
        print_table(PURCHASE_COLUMNS, purchase_rows(chosen), as_csv=True)
    else:
        _print_orders(chosen, words)


def _print_orders(lines: list[Line], words: Speaker) -> None:
    columns = [words._("item"), words._("order"), words._("why"), words._("last day"), words._("lasts")]
    columns += [words._("at risk a day"), words._("supplier")]
    rows = [
        (
            line.name,
            words.number(line.order.quantity),
            the_sum(line, words),
            words.day(line.order.last_day.isoformat()) if line.order.last_day else "",
            words.percent(line.order.lasts),
            words.money(line.order.at_risk, line.currency) if line.order.at_risk else "",
            line.order.supply.supplier or "",
        )
        for line in lines
        if line.order.quantity > 0
    ]
    print_table(columns, rows, as_csv=False, title=words._("What to order"))


def the_sum(line: Line, words: Speaker) -> str:
    """The quantity as a sum, in words: what demand stays within, less what is there and on its way, rounded and why."""
    made = line.order
    said = words._("{target} within {level} - {on_hand} on hand - {incoming} incoming = {need}").format(
        target=words.number(made.target),
        level=words.percent(made.level),
        on_hand=words.number(made.on_hand - made.reserved),
        incoming=words.number(made.incoming),
        need=words.number(made.need),
    )
    why = {
        "pack": words._(", in packs of {pack}").format(pack=words.number(made.supply.pack)),
        "least": words._(", at least {least}").format(least=words.number(made.supply.least)),
        "budget": words._(", cut to the budget"),
    }
    return said + why.get(made.rounding, "")


CLASSES = {
    "smooth": N_("smooth"),
    "erratic": N_("erratic"),
    "intermittent": N_("intermittent"),
    "lumpy": N_("lumpy"),
    "none": N_("nothing sold"),
}
TERMS = ("lead_days", "least", "pack", "cost", "supplier", "currency")


@stock.command("set")
@shop_argument
@click.argument("item")
@click.argument("name", type=click.Choice(TERMS))
@click.argument("value")
@click.option("--from", "valid_from", default="", help="The day from which it holds, 2026-03-15.")
def set_verb(shop: Path, item: str, name: str, value: str, valid_from: str) -> None:
    """Keep a term of supply of an item: its lead time, least quantity, pack, cost or supplier."""
    from datetime import date

    if name not in ("supplier", "currency"):
        try:
            number = float(value)
        except ValueError:
            raise UsageError(f"{value!r} is no number.", todo="Write a plain number.") from None
        if number < 0:
            raise UsageError(f"{value} is less than nothing.", todo="Write a number of zero or more.")
    if valid_from:
        try:
            date.fromisoformat(valid_from)
        except ValueError:
            raise UsageError(f"{valid_from!r} is no day.", todo="Write it as 2026-03-15.") from None
    with closing(open_store(shop)) as store, store.write() as db:
        db.execute(
            "INSERT OR REPLACE INTO stock_terms (item, name, value, valid_from) VALUES (?, ?, ?, ?)",
            [item, name, value, valid_from],
        )


@stock.command("bundle")
@shop_argument
@click.argument("bundle")
@click.argument("component")
@click.argument("quantity", type=click.FloatRange(0))
def bundle_verb(shop: Path, bundle: str, component: str, quantity: float) -> None:
    """Keep that a bundle holds so many of a component; it is counted as them from the next analysis on. 0 takes it out."""
    with closing(open_store(shop)) as store, store.write() as db:
        db.execute("DELETE FROM bundles WHERE bundle = ? AND component = ?", [bundle, component])
        if quantity:
            db.execute("INSERT INTO bundles VALUES (?, ?, ?)", [bundle, component, quantity])


@click.command("profit")
@shop_argument
@click.option("--by", type=click.Choice(("sku", "product", "platform", "month")), default="sku", show_default=True)
@click.option("--since", default="", help="The first month, 2026-03.")
@click.option("--until", default="9999", help="The last month.")
@json_option
@csv_option
def profit_verb(shop: Path, by: str, since: str, until: str, as_json: bool, as_csv: bool) -> None:
    """What each item, product, platform or month earned: sales less all that it cost, per currency."""
    from engine.stock.profit import PARTS
    from engine.stock.queries import profit, unexplained
    from engine.stock.sentences import part_name

    words = speaker("stock")
    with closing(open_store(shop)) as store:
        found = profit(store, by, since=since, until=until)
        rest = unexplained(store)
    if as_json:
        print_json(one.as_json() for one in found)
        return
    shown: list[tuple[Any, ...]] = [
        (
            one.name or words._("unexplained"),
            one.currency,
            *(one.parts[part] for part in PARTS),
            one.contribution,
            words._("estimated") if one.estimated else "",
            "" if one.complete else words._("cost unknown"),
        )
        for one in found
    ]
    first = {"sku": "SKU", "product": words._("product"), "platform": words._("platform"), "month": words._("month")}[
        by
    ]
    heads = [first, words._("currency"), words._("sales"), *(part_name(part, words) for part in PARTS[1:])]
    heads += [words._("contribution"), words._("how fees are known"), words._("cost of goods")]
    print_table(heads, shown, as_csv=as_csv, title=words._("Profit"))
    for currency, (amount, share) in rest.items():
        if amount:
            line = words._("{money} belong to no single item: {share} of sales.")
            say(line.format(money=words.money(amount, currency), share=words.percent(share)))


VERBS = (forecast_verb, stock, profit_verb)
