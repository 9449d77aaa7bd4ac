"""The verbs about what stays inside: the proof, the log, forgetting a customer."""

from __future__ import annotations

import contextlib
from pathlib import Path

import click

from engine.desks import outside
from engine.desks.verbs import FAULT, json_option, open_store, print_json, print_table, say, shop_argument, tell
from engine.errors import Cancelled


@click.group()
def privacy() -> None:
    """What Backroom does to keep the door closed."""


@privacy.command()
@click.option("--to", type=click.Path(path_type=Path), help="Write a report that can be handed on: .md or .json.")
@json_option
def prove(to: Path | None, as_json: bool) -> int:
    """Try to leave this machine in every way and from every process, and say what came of it."""
    from engine.privacy.proof import GOT_OUT, record, write
    from engine.privacy.proof import prove as attempt

    tries = attempt(outside.started())
    if as_json:
        print_json(record(one) for one in tries)
    else:
        for one in tries:
            tell(f"{one.answer}: {one.process}: {one.attempt} ({one.detail})")
    if to is not None:
        write(tries, to)
        say(f"Written to {to}.")
    return FAULT if any(one.answer == GOT_OUT for one in tries) else 0


@privacy.command()
@shop_argument
@click.option("--verify", is_flag=True, help="Compute the chain of hashes again and say whether the log is whole.")
@json_option
def log(shop: Path, verify: bool, as_json: bool) -> int:
    """What was done to SHOP, and when."""
    from engine.store import audit

    with contextlib.closing(open_store(shop)) as store:
        if not verify:
            rows = store.rows("SELECT id, at, action, detail FROM audit_log ORDER BY id")
            if as_json:
                print_json(rows)
            else:
                shown = [(row["id"], row["at"], row["action"], row["detail"]) for row in rows]
                print_table(["id", "at", "action", "detail"], shown, as_csv=False)
            return 0
        check = audit.verify(store)
    if as_json:
        print_json([{"rows": check.rows, "unchained": check.unchained, "broken": check.broken}])
    elif check.broken is None:
        before = f"; {check.unchained:,} are from before the chain" if check.unchained else ""
        tell(f"The log is whole: {check.rows:,} rows{before}.")
    else:
        where = f"row {check.broken} is not as it was written" if check.broken else "rows are missing at its end"
        tell(f"The log was changed: {where}.")
    return 0 if check.broken is None else 1


@privacy.command()
@shop_argument
@click.argument("customer")
@click.option("--yes", is_flag=True, help="Don't ask.")
@json_option
def forget(shop: Path, customer: str, yes: bool, as_json: bool) -> int:
    """Remove every trace of CUSTOMER (name, e-mail or customer number) from SHOP; sums of money stay."""
    from engine.privacy.erasure import forget as erase
    from engine.privacy.erasure import summary, who

    with contextlib.closing(open_store(shop)) as store:
        people = who(store, customer)
        if len(people) > 1:
            say(f"{len(people)} people are called that: {', '.join(people)}. Give one of these.")
            return 2
        ((_, identifiers),) = people.items()
        question = f"Forget {', '.join(sorted(identifiers))}? This cannot be undone."
        if not yes and not click.confirm(question, err=True, default=False):
            raise Cancelled("Nothing was changed.")
        done = erase(store, identifiers)
    if as_json:
        print_json([summary(done)])
    else:
        rows = ", ".join(f"{many:,} of {table}" for table, many in done.rows.items()) or "none"
        tell(f"Rows: {rows}. Other cells: {done.cells:,}. Files: {len(done.files):,}.")
    if done.left:
        say(
            f"Something of them is still in {', '.join(done.left)}; close every program that has the shop open, and run it again."
        )
    say("Copies and backups made before still hold everything.")
    return 1 if done.left else 0


VERBS = (privacy,)
