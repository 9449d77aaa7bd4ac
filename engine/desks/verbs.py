"""How a verb talks: data to stdout, talk to stderr, ctrl+c that keeps what is done, one language for all of it.

Desks bring verbs of their own; what those need of the command line is here, below the desks.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from engine.errors import UsageError
from engine.jobs import JobContext, Progress
from engine.say import LANGUAGES, Speaker, language_of_locale

if TYPE_CHECKING:
    from engine.desks.base import Desk
    from engine.store.database import Store

Verb = TypeVar("Verb", bound=Callable[..., Any])

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
in_option = click.option(
    "--in", "source", required=True, help="A file that import can open, or - for JSON Lines on standard input."
)
model_option = click.option("--model", help="A model of the catalogue, or a .gguf file.")


def open_store(path: Path, *, create: bool = False) -> Store:
    """An open shop file with the tables of all desks, for queries and `Work`."""
    if path.suffix != ".shop":
        raise UsageError(f"{path.name}: a shop's file name ends in .shop.")
    from engine.desks.opening import open_store as opened
    from engine.store.database import Store

    Store.announce = staticmethod(say)
    return opened(path, create=create)


def reads_a_file(command: Verb) -> Verb:
    """The options of a verb that reads the texts of a file: which, where in it, with what model, printed how."""
    for option in (
        csv_option,
        json_option,
        model_option,
        click.option("--id", "id_column", help="The column that names a row; row numbers from 1 otherwise."),
        click.option("--text", "column", required=True, help="The column that holds the text."),
        in_option,
    ):
        command = option(command)
    return command


# -- one language for all that a verb says


def _choose(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.find_root().meta[_LANGUAGE] = value


_LANGUAGE = "backroom.language"


def speak_option() -> click.Option:
    """`--lang`, which every verb has."""
    return click.Option(
        ["--lang"], type=click.Choice(LANGUAGES), expose_value=False, callback=_choose, is_eager=True,
        help="The language of what is said; by default this computer's, else English.",
    )  # fmt: skip


def language() -> str:
    """The language that this call of the command line speaks."""
    ctx = click.get_current_context(silent=True)
    chosen = None if ctx is None else ctx.find_root().meta.get(_LANGUAGE)
    return str(chosen) if chosen else language_of_locale()


def speaker(desk: Desk | str | None = None) -> Speaker:
    """Speaks that language, out of the catalogue of a desk (or of the one of that name) or the house's own."""
    if desk is None:
        return Speaker(language())
    from engine.desks import registry
    from engine.desks.sentences import speaker_of

    return speaker_of(registry.desk(desk) if isinstance(desk, str) else desk, language())


# -- talk


def say(text: str) -> None:
    """Talk, on stderr, with nothing in it that could disturb a terminal."""
    from engine.cells import safe

    click.echo(safe(text), err=True)


def tell(text: str) -> None:
    """A line of an answer, on stdout, with nothing in it that could disturb a terminal."""
    from engine.cells import safe

    click.echo(safe(text))


class ProgressLine:
    """Progress on stderr: one line that is rewritten on a terminal, one line a stage elsewhere."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._stage = ""
        self._shown = 0.0

    def __call__(self, progress: Progress) -> None:
        """Show `progress`, at most ten times a second."""
        from engine.cells import one_line

        finished = progress.done >= progress.total
        moment = time.monotonic()
        if self._live:
            if not finished and moment - self._shown < 0.1:
                return
            self._shown = moment
            left = f", {progress.seconds_left:.0f} s left" if progress.seconds_left else ""
            line = f"{one_line(progress.stage)}: {progress.done:,} of {progress.total:,} {progress.unit}"
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
    """Records as JSON Lines on stdout."""
    from engine.cells import json_line

    for record in records:
        sys.stdout.write(json_line(record) + "\n")
    sys.stdout.flush()


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], *, as_csv: bool, title: str | None = None
) -> None:
    """A table for a person who looks, CSV otherwise."""
    from engine.cells import neutral, one_line, safe

    if as_csv or not sys.stdout.isatty():
        writer = csv.writer(sys.stdout)
        writer.writerow(map(neutral, columns))
        writer.writerows([[neutral(cell) for cell in row] for row in rows])
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=None if title is None else Text(one_line(title)), title_justify="left")
    for column in columns:
        table.add_column(Text(one_line(column)))
    for row in rows:
        table.add_row(*[Text(safe("" if cell is None else str(cell))) for cell in row])
    Console().print(table)
