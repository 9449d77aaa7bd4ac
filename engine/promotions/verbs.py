"""The promotions desk's verb: `promotions SHOP`, `promotions effect`, `promotions design`, `promotions plan`."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from datetime import date
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

if TYPE_CHECKING:
    from engine.say import Speaker


class _OrShop(click.Group):
    """A group whose first word may be a shop: `promotions my.shop` lists it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ("--help", "--lang")):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group("promotions", cls=_OrShop)
def promotions() -> None:
    """What promotions brought; `promotions SHOP` lists them."""


@promotions.command("list")
@shop_argument
@json_option
@csv_option
def list_verb(shop: Path, as_json: bool, as_csv: bool) -> None:
    """All promotions of a shop with what they brought."""
    from engine.promotions.queries import measured

    words = speaker("promotions")
    with closing(open_store(shop)) as store:
        found = measured(store)
    if not found:
        say(words._("No promotion of a single product shows in the files; keep one with: backroom promotions plan."))
    if as_json:
        print_json(asdict(one) for one in found)
        return
    heads = [
        words._("promotion"),
        words._("from"),
        words._("to"),
        *_effect_heads(words),
        words._("margin"),
        words._("currency"),
    ]
    rows: list[tuple[Any, ...]] = [
        (
            one.name,
            one.first,
            one.last,
            one.gross,
            one.baseline,
            one.incremental,
            one.low,
            one.high,
            one.profit,
            one.currency,
        )
        for one in found
    ]
    print_table(heads, rows, as_csv=as_csv, title=words._("Promotions"))


def _effect_heads(words: Speaker) -> list[str]:
    return [words._("sold"), words._("anyway"), words._("more"), words._("low"), words._("high")]


@promotions.command("effect")
@in_option
@click.option("--calendar", required=True, help="A table with the columns id, series (empty: all), start, end.")
@json_option
@csv_option
def effect_verb(source: str, calendar: str, as_json: bool, as_csv: bool) -> None:
    """The effect of every promotion of a calendar on a table of sales: columns series, period, quantity, optionally order."""
    from engine.promotions.calendar import measured, planned, sales

    lines = planned(read_table(calendar).iter_rows(named=True))
    found = measured(sales(read_table(source).iter_rows(named=True)), lines)
    if as_json:
        print_json(one.as_json() for one in found)
        return
    words = speaker("promotions")
    rows = [(one.id, one.gross, one.baseline, one.incremental, one.low, one.high) for one in found]
    print_table([words._("promotion"), *_effect_heads(words)], rows, as_csv=as_csv, title=words._("Promotions"))


_share = click.FloatRange(0.01, 0.95)


@promotions.command("design")
@shop_argument
@click.option("--product", required=True, help="The product's key.")
@click.option("--discount", type=_share, required=True, help="Off the price, as a share: 0.15.")
@click.option("--days", type=click.IntRange(1, 62), default=14, show_default=True)
@json_option
def design_verb(shop: Path, product: str, discount: float, days: int, as_json: bool) -> None:
    """What a discount must bring to pay, what is likely, whether the stock lasts, how long a fair test takes."""
    from engine.promotions.queries import Planned, plan

    words = speaker("promotions")
    with closing(open_store(shop)) as store:
        made = plan(store, product, discount, days)
    if not isinstance(made, Planned):
        if made == "unknown":
            raise UsageError(
                f"there are no sales of a product {product!r}.", todo="Name its key, as `backroom profit` prints."
            )
        raise UsageError(
            "what this product costs is not known.", todo="Import costs, or: backroom stock set SHOP SKU cost 3.20"
        )
    if as_json:
        print_json(
            [
                {"product": made.product, "price": made.price, "cost": made.cost}
                | asdict(made.made)
                | {"pays": made.made.pays}
            ]
        )
        return
    for line in _design_lines(made.made, words):
        click.echo(line)


def _design_lines(made: Any, words: Speaker) -> list[str]:
    if made.break_even is None:
        return [words._("Every unit sold at this discount loses money.")]
    lines = [words._("It pays from {lift} more units on.").format(lift=words.percent(made.break_even))]
    if made.likely is None:
        lines.append(words._("What it would bring cannot be told: no price of this shop ever changed."))
    else:
        lines.append(
            words._("Past price changes make {likely} likely ({low} to {high}).").format(
                likely=words.percent(made.likely), low=words.percent(made.low), high=words.percent(made.high)
            )
        )
    if made.stock_lasts is False:
        lines.append(
            words._("The stock does not last: {units} would be needed.").format(
                units=words.number(round(made.stock_needed))
            )
        )
    if made.test_periods is not None:
        lines.append(
            words._("A fair test, with and without in turn, takes {weeks} weeks.").format(
                weeks=words.number(made.test_periods)
            )
        )
    return lines


@promotions.command("plan")
@shop_argument
@click.argument("name")
@click.option("--product", help="The product's key; the whole shop otherwise.")
@click.option("--from", "first", required=True, help="The first day, 2026-03-15.")
@click.option("--to", "last", required=True, help="The last day.")
@click.option("--discount", type=_share, help="Off the price, as a share.")
@click.option("--lift", type=click.FloatRange(0), help="The lift that is hoped for; read out with the next files.")
@click.option("--remove", is_flag=True, help="Take it out of the calendar.")
def plan_verb(
    shop: Path,
    name: str,
    product: str | None,
    first: str,
    last: str,
    discount: float | None,
    lift: float | None,
    remove: bool,
) -> None:
    """Keep a promotion in the shop's calendar: one that was, or one that is planned."""
    try:
        start, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        raise UsageError("these are no days.", todo="Write them as 2026-03-15.") from None
    if end < start:
        raise UsageError("it ends before it starts.", todo="Correct the two days.")
    with closing(open_store(shop)) as store, store.write() as db:
        db.execute(
            "INSERT OR REPLACE INTO promotion_calendar (id, product, first, last, discount, note, planned_lift, removed) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [name, product, first, last, discount, name, lift, int(remove)],
        )


VERBS = (promotions,)
