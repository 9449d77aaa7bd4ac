"""A desk in one file, as CONTRIBUTING.md shows it: it finds products that many orders hold only one of."""

from __future__ import annotations

import click
from sqlite_utils import Database, Migrations

from engine.desks.base import Desk, Need
from engine.desks.verbs import json_option, open_store, print_json, shop_argument
from engine.desks.work import Work
from engine.findings import Evidence, Finding, Impact, wilson
from engine.say import N_, Speaker

migrations = Migrations("toy")


@migrations()
def m001_lonely(db: Database) -> None:
    """Order lines of one piece; they go with their line."""
    db.execute("CREATE TABLE lonely (line INTEGER PRIMARY KEY REFERENCES order_lines(id) ON DELETE CASCADE)")


def run(work: Work) -> None:
    """Count, and publish what was derived and found in one transaction."""
    rows = work.store.rows("SELECT id, quantity FROM order_lines ORDER BY id")
    lonely = [row["id"] for row in rows if row["quantity"] == 1]
    last = max(row["id"] for row in rows)
    finding = Finding(
        key="toy/lonely",
        desk="toy",
        kind="lonely",
        subject={"product": None},
        numbers={"unit": "order lines"},
        method="counted by SQL (v1)",
        n=len(rows),
        k=len(lonely),
        interval=wilson(len(lonely), len(rows)),
        impact=Impact(float(len(lonely))),
        query=f"SELECT sum(quantity = 1) AS k, count(*) AS n FROM order_lines WHERE id <= {last}",
        evidence=tuple(Evidence("order_lines", row) for row in lonely),
    )

    def derive(db: Database) -> None:
        db.execute("DELETE FROM lonely")
        db.conn.executemany("INSERT INTO lonely VALUES (?)", [(row,) for row in lonely])

    work.publish([finding], derive=derive)


def _lonely(finding: Finding, say: Speaker) -> str:
    message = say.ngettext(
        "{k} of {n} order lines is of one piece.", "{k} of {n} order lines are of one piece.", finding.k or 0
    )
    return message.format(k=say.number(finding.k or 0), n=say.number(finding.n or 0))


SENTENCES = {"lonely": _lonely}


@click.command("lonely")
@shop_argument
@json_option
def lonely_lines(shop: str, as_json: bool) -> None:
    """Order lines of one piece."""
    from pathlib import Path

    rows = open_store(Path(shop)).rows("SELECT line FROM lonely ORDER BY line")
    if as_json:
        print_json(rows)
    else:
        click.echo(len(rows))


VERBS = (lonely_lines,)

DESK = Desk(
    "toy",
    N_("Toy"),
    needs=(Need(("order_lines",), N_("a file of orders")),),
    run="tests.desks.toy.desk:run",
    tables="tests.desks.toy.desk:migrations",
    schema=1,
    sentences="tests.desks.toy.desk:SENTENCES",
    verbs="tests.desks.toy.desk:VERBS",
    verb_names=("lonely",),
)
