"""The customers desk's verbs: `recommend`, `pairs`, `segments`, `campaign`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from engine.desks.files import read_table
from engine.desks.verbs import csv_option, json_option, open_store, print_json, print_table, say, shop_argument, speaker
from engine.say import N_

if TYPE_CHECKING:
    import polars as pl

    from engine.customers.recommend import Recommender, Wanted
    from engine.say import Speaker

Verb = TypeVar("Verb", bound=Callable[..., Any])


def _shop_or_file(command: Verb) -> Verb:
    """Either a shop, or a table of baskets."""
    command = click.option(
        "--in", "source", help="A table with the columns customer, basket, time, item, quantity; - for standard input."
    )(command)
    return click.argument("shop", required=False, envvar="BACKROOM_SHOP")(command)


def _lines(shop: str | None, source: str | None) -> tuple[pl.DataFrame, dict[str, str]]:
    """Purchases and names of items, of whichever was named."""
    if source is not None:
        from engine.customers.files import lines_of, names_of

        table = read_table(source)
        return lines_of(table, source), names_of(table)
    if not shop:
        raise click.UsageError("name a shop, for example my.shop, or a file with --in.")
    from engine.customers.facts import purchases

    with closing(open_store(Path(shop))) as store:
        bought = purchases(store)
    return bought.lines, bought.names


@click.command("recommend")
@_shop_or_file
@click.option("--basket", is_flag=True, help="What completes each basket, instead of what each customer will buy.")
@json_option
@csv_option
def recommend_verb(shop: str | None, source: str | None, basket: bool, as_json: bool, as_csv: bool) -> None:
    """What each customer will buy next, again and new, with reasons."""
    from engine.customers.history import History

    lines, names = _lines(shop, source)
    history = History.of(lines)
    records = _baskets(history) if basket else _customers(history, names)
    if as_json:
        print_json(records)
        return
    words = speaker("customers")
    if basket:
        table = [(record["basket"], ", ".join(names.get(item, item) for item in record["items"])) for record in records]
        print_table(
            [words._("basket"), words._("items")], table, as_csv=as_csv, title=words._("What completes a basket")
        )
        return
    rows = [
        (record["customer"], words._(kind), names.get(one["item"], one["item"]), one["reason"])
        for record in records
        for kind in (N_("all"), N_("new"))
        for one in record[kind]
    ]
    columns = [words._(name) for name in (N_("customer"), N_("list"), N_("item"), N_("reason"))]
    print_table(columns, rows, as_csv=as_csv, title=words._("Recommendations"))


def _baskets(history: Any) -> Iterator[dict[str, Any]]:
    from engine.customers.basket import Completion

    model = Completion.fit(history)
    found = model.complete(history.contents, history.customer)
    for name, items in zip(history.baskets.tolist(), found, strict=True):
        yield {"basket": name, "items": history.items[items].tolist()}


def _customers(history: Any, names: dict[str, str]) -> Iterator[dict[str, Any]]:
    import numpy as np

    from engine.customers.recommend import Recommender, measured

    words = speaker("customers")
    foretold = measured(history)
    new = foretold.new
    popular = new is not None and not new.better
    if new is None:
        say(words._("Too few customers bought again to measure how well this foretells here."))
    else:
        said = words._(
            "New items: {ours} against {plain} for what sells most, {low} to {high} better (NDCG@10, {n} customers)."
        )
        figures = {"ours": new.ours, "plain": new.plain, "low": new.low, "high": new.high}
        say(said.format(n=new.customers, **{name: words.number(value, 3) for name, value in figures.items()}))
        if popular:
            say(words._("That is no gain: new items are therefore the most sold ones."))
    model = Recommender(history)
    for who, again, first in model.lists(np.flatnonzero(model.orders), company=foretold.company, popular_new=popular):
        yield {
            "customer": str(history.customers[who]),
            "all": [_wanted(one, model, names, words) for one in again],
            "new": [_wanted(one, model, names, words, popular=popular) for one in first],
        }


def _wanted(
    one: Wanted, model: Recommender, names: dict[str, str], words: Speaker, *, popular: bool = False
) -> dict[str, Any]:
    item = str(model.history.items[one.item])
    return {"item": item, "score": round(one.score, 6), "reason": reason(one, model, names, words, popular=popular)}


def reason(one: Wanted, model: Recommender, names: dict[str, str], words: Speaker, *, popular: bool = False) -> str:
    """Why an item is recommended, as a seller can check it."""
    if one.bought and one.every is not None and one.since is not None:
        return words._("bought in {k} of {n} orders, every {every} days, last {since} days ago").format(
            k=one.bought, n=one.orders, every=words.number(one.every, 0), since=words.number(one.since, 0)
        )
    if one.bought:
        return words._("bought in {k} of {n} orders, last {since} days ago").format(
            k=one.bought, n=one.orders, since=words.number(one.since or 0.0, 0)
        )
    if one.owned is not None:
        owned = str(model.history.items[one.owned])
        return words._("goes with {item}, which they bought").format(item=names.get(owned, owned))
    if popular:
        sold = int(model.selling.month[one.item])
        return words._("sold in {k} orders of the last 30 days").format(k=words.number(sold))
    return words._("bought by customers alike")


@click.command("pairs")
@_shop_or_file
@json_option
@csv_option
def pairs_verb(shop: str | None, source: str | None, as_json: bool, as_csv: bool) -> None:
    """What is bought together more often than the sizes of orders explain."""
    from engine.customers.history import History
    from engine.customers.pairs import found
    from engine.customers.variants import families

    lines, names = _lines(shop, source)
    history, words = History.of(lines), speaker("customers")
    items = history.items.tolist()
    pairs, kept = found(history, families(items, [names.get(item, "") for item in items] if names else None))
    if not pairs:
        said = words._("In {n} orders nothing sells together more often than chance and the size of orders explain.")
        say(said.format(n=words.number(len(history.day))))
    if kept.checked:
        said = words._("{k} of {n} earlier pairs were still above chance later; lifts are shown as they last ({kept}).")
        say(said.format(k=kept.above, n=kept.checked, kept=words.percent(kept.kept)))
    records = [
        {
            "a": items[p.a], "b": items[p.b], "k": p.k, "n": p.n, "expected": round(p.expected, 4), "lift": round(p.lift, 4),
            "low": round(p.low, 4), "q": p.q, "gap_days": p.gap_days, "a_first": p.a_first, "ordered": p.ordered,
        }
        for p in pairs
    ]  # fmt: skip
    if as_json:
        print_json(records)
        return
    columns = [
        words._(name) for name in (N_("product"), N_("with"), N_("orders"), N_("of"), N_("times what chance explains"))
    ]
    rows = [
        (names.get(r["a"], r["a"]), names.get(r["b"], r["b"]), r["k"], r["n"], words.number(float(r["lift"]), 1))
        for r in records
    ]
    print_table(columns, rows, as_csv=as_csv, title=words._("What is bought together"))


@click.command("segments")
@shop_argument
@click.option("--customers", is_flag=True, help="One line per customer (an opaque key) instead of one per segment.")
@json_option
@csv_option
def segments_verb(shop: Path, customers: bool, as_json: bool, as_csv: bool) -> None:
    """The segments of a shop's customers by the shop's own cuts; every known customer is in exactly one."""
    from engine.customers.queries import customer_rows, segment_rows

    words = speaker("customers")
    with closing(open_store(shop)) as store:
        found = segment_rows(store)
        people = customer_rows(store) if customers else []
    if not any(row.customers for row in found):
        say(words._("No customer is in a segment yet: run analyze, with a file of orders that names buyers."))
    if customers:
        records = [vars(row) for row in people]
        columns, rows = list(records[0]) if records else [], [tuple(record.values()) for record in records]
    else:
        records = [row.as_json() for row in found]
        columns = [
            words._(name)
            for name in (N_("segment"), N_("customers"), N_("share"), N_("spent"), N_("come back in 90 days"))
        ]
        rows = [
            (
                words._(row.segment), row.customers, words.percent(row.share), words.money(row.spent, row.currency),
                "" if row.chance is None else words.percent(row.chance),
            )
            for row in found
        ]  # fmt: skip
    if as_json:
        print_json(records)
        return
    print_table(columns, rows, as_csv=as_csv, title=words._("Segments"))


@click.command("campaign")
@shop_argument
@click.option("--segment", required=True, help="Whom to write to: a name as `segments` prints it.")
@click.option(
    "--template", required=True, help="The message; {first_name}, {last_order}, {product}, {goes_with} are filled."
)
@click.option(
    "--holdout", type=click.FloatRange(0.05, 0.9), default=0.2, show_default=True, help="The share not written to."
)
@click.option("--window", type=click.IntRange(7, 365), default=30, show_default=True, help="Days until it is read out.")
@json_option
def campaign_verb(shop: Path, segment: str, template: str, holdout: float, window: int, as_json: bool) -> None:
    """Start a campaign: a list by consent and frequency, a share held out, read out when later orders are imported.

    `export SHOP campaign --to FILE` then writes the messages, filled.
    """
    from engine.customers.campaigns import start

    words = speaker("customers")
    with closing(open_store(shop)) as store:
        made = start(store, segment, template, holdout=holdout, window_days=window)
    if as_json:
        print_json([{**vars(made), "left": vars(made.left)}])
        return
    said = words._("Campaign {number}: {written} customers to write to, {held} held out; read out after {days} days.")
    say(said.format(number=made.id, written=made.written, held=made.held_out, days=made.window_days))
    left = words._(
        "Left out: {consent} without consent, {bought} who bought lately, {written} written to lately, {returned} who sent back."
    )
    say(
        left.format(
            consent=made.left.no_consent,
            bought=made.left.bought,
            written=made.left.written,
            returned=made.left.returned,
        )
    )


VERBS = (recommend_verb, pairs_verb, segments_verb, campaign_verb)
