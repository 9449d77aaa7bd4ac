"""How the command line talks: data to stdout, talk to stderr, ctrl+c that keeps what is done."""

from __future__ import annotations

import csv
import json
import os
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.cells import neutral
from engine.jobs import JobContext, Progress

if TYPE_CHECKING:
    from engine.shop import Shop

ROWS_WITHHELD = 1
"""Exit code: done, with rows rejected or findings withheld."""
FAULT = 70
"""Exit code: a fault of ours."""


def _shop_path(ctx: click.Context, parameter: click.Parameter, value: str | None) -> Path:
    path = value or os.environ.get("BACKROOM_SHOP")
    if not path:
        raise click.UsageError("name a shop, for example my.shop, or set BACKROOM_SHOP.")
    return Path(path)


shop_argument = click.argument("shop", callback=_shop_path)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON Lines.")
csv_option = click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
model_option = click.option("--model", help="A model of the catalogue, or a .gguf file.")


def open_shop(path: Path, *, create: bool = False) -> Shop:
    from engine.shop import Shop
    from engine.store.database import Store

    Store.announce = staticmethod(say)
    return Shop(path, create=create)


def say(text: str) -> None:
    click.echo(text, err=True)


class ProgressLine:
    """Progress on stderr: one line that is rewritten on a terminal, one line a stage elsewhere."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._stage = ""
        self._shown = 0.0

    def __call__(self, progress: Progress) -> None:
        """Show `progress`, at most ten times a second."""
        finished = progress.done >= progress.total
        moment = time.monotonic()
        if self._live:
            if not finished and moment - self._shown < 0.1:
                return
            self._shown = moment
            left = f", {progress.seconds_left:.0f} s left" if progress.seconds_left else ""
            line = f"{progress.stage}: {progress.done:,} of {progress.total:,} {progress.unit}"
            line += f" ({progress.rate:,.0f} a second{left})" if progress.rate else ""
            sys.stderr.write("\r\x1b[2K" + line + ("\n" if finished else ""))
            sys.stderr.flush()
        elif progress.stage != self._stage:
            say(f"{progress.stage}: {progress.total:,} {progress.unit}")
        self._stage = progress.stage


def job() -> JobContext:
    """A job's context whose cancel flag is set by ctrl+c, so that finished batches are kept."""
    import signal

    context = JobContext(report=ProgressLine())

    def stop(number: int, frame: object) -> None:
        say("\nstopping…")
        context.cancel.cancel()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, stop)
    return context


def print_json(records: Iterable[dict[str, Any]]) -> None:
    for record in records:
        sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], *, as_csv: bool, title: str | None = None
) -> None:
    if as_csv or not sys.stdout.isatty():
        writer = csv.writer(sys.stdout)
        writer.writerow(map(neutral, columns))
        writer.writerows([[neutral(cell) for cell in row] for row in rows])
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(Text(column))
    for row in rows:
        table.add_row(*[Text("" if cell is None else str(cell)) for cell in row])
    Console().print(table)


def show_findings(shop: Shop, *, as_json: bool, as_csv: bool, today: bool, desk: str | None = None) -> None:
    found = shop.findings(desk=desk, today=today)
    if as_json:
        print_json(finding.as_json() for finding in found)
        return
    if not found and not as_csv:
        say("No findings yet. `backroom analyze SHOP` reads the shop.")
        return
    print_table(
        ["id", "kind", "finding", "k", "n", "state"],
        [(f.id, f.kind, f.sentence, f.k, f.n, f.state) for f in found],
        as_csv=as_csv,
    )
