"""The verb of the knowledge desk: ask."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from engine.desks.verbs import (
    ROWS_WITHHELD,
    csv_option,
    json_option,
    language,
    open_store,
    print_json,
    print_table,
    say,
    shop_argument,
)


@click.command()
@shop_argument
@click.argument("question")
@click.option("--product", help="The product that it is about, by its key.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The day that “last month” is counted from.")
@json_option
@csv_option
def ask(shop: Path, question: str, product: str | None, today: datetime | None, as_json: bool, as_csv: bool) -> int:
    """Answer a QUESTION about SHOP in plain words, with the query behind it."""
    from engine.knowledge.ask import ask as answered

    day = (today or datetime.now().astimezone()).date()
    found = answered(open_store(shop), question, product=product, today=day, language=language())
    if as_json:
        print_json([found.record()])
    elif found.refused:
        say(found.sentence)
    else:
        say(f"{found.sentence}\n{found.sql}")
        print_table(list(found.columns), list(found.rows), as_csv=as_csv)
    return ROWS_WITHHELD if found.refused else 0


VERBS = (ask,)
