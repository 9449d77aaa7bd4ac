"""The verb that copies a shop whole."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from engine.desks.verbs import job, json_option, open_store, print_json, say, shop_argument


@click.command()
@shop_argument
@click.argument("to", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace a file of that name.")
@json_option
def backup(shop: Path, to: Path, force: bool, as_json: bool) -> None:
    """Copy SHOP to FILE, whole and verified, also while something else writes to it."""
    from engine.store.backup import back_up

    store = open_store(shop)
    if to.is_file() and not force and sys.stdin.isatty() and not as_json:
        force = click.confirm(f"{to} exists already. Replace it?", err=True, default=False)
    made = back_up(store, to, job(), force=force)
    if as_json:
        print_json([{"file": str(made.path), "bytes": made.size, "rows": made.rows}])
        return
    say(
        f"{made.path}: {made.rows:,} rows, {made.size / 1e6:,.1f} MB, whole. Keep it where this computer's disk is not."
    )
