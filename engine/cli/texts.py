"""The verbs that read texts outside a shop: label and extract."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from engine.desks.base import load
from engine.desks.registry import label_tasks
from engine.desks.verbs import job, print_json, print_table, reads_a_file, say


@click.command()
@click.argument("task", type=click.Choice(list(label_tasks())))
@click.option(
    "--labels", help="A table whose first two columns are text and label, for tasks that learn from examples."
)
@reads_a_file
def label(
    task: str,
    labels: str | None,
    source: str,
    column: str,
    id_column: str | None,
    model: str | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Read every text in a file: its sentiment, the aspects that it judges and how, and what else desks can read."""
    from inspect import signature

    from engine.desks.files import read_texts

    label_texts = load(label_tasks()[task])
    if labels is not None and "labels" not in signature(label_texts).parameters:
        raise click.UsageError(f"label {task} learns from no examples: leave --labels out.")
    ids, texts = read_texts(source, column, id_column)
    options = {} if labels is None else {"labels": labels}
    records = label_texts(ids, texts, context=job(), model=model, **options)
    if as_csv or (sys.stdout.isatty() and not as_json):
        columns, rows = _rows(records)
        print_table(columns, rows, as_csv=as_csv)
    else:
        print_json(records)


_UNSHOWN = frozenset({"id", "probabilities", "method"})


def _rows(records: list[dict[str, Any]]) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Records as a table: one row a record, or, where records hold lists of things found, one row a thing."""
    lists = [name for name, value in (records[0] if records else {}).items() if isinstance(value, list)]
    flat = [{"id": r["id"], **item} for r in records for item in r[lists[0]]] if lists else records
    known = dict.fromkeys(name for record in flat for name in record)
    columns = ["id", *(name for name in known if name not in _UNSHOWN and not name.endswith(("start", "end")))]
    rows = [tuple(_cell(record.get(name)) for name in columns) for record in flat]
    return columns, rows


def _cell(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float) else value


@click.command()
@click.argument("wish", type=click.Path(path_type=Path))
@reads_a_file
def extract(
    wish: Path, source: str, column: str, id_column: str | None, model: str | None, as_json: bool, as_csv: bool
) -> None:
    """Take fields out of every text in a file, as WISH (a TOML file with an instruction, fields and examples) says.

    What is copied from a text is checked against it; what the text does not say is dropped and counted.
    """
    from engine.desks.files import read_texts
    from engine.inference.client import ModelClient
    from engine.inference.extraction import Span
    from engine.inference.extraction import extract as extract_all
    from engine.inference.wishes import read_wish

    wished = read_wish(wish)
    ids, texts = read_texts(source, column, id_column)
    with ModelClient(model) as client:
        found = extract_all(client, texts, wished.task(client.model.chat), context=job())
    records = []
    for identity, text, items in zip(ids, texts, found.items, strict=True):
        shown = [
            {
                name: {"text": text[value.start : value.end], "start": value.start, "end": value.end}
                if isinstance(value, Span)
                else value
                for name, value in item.items()
            }
            for item in items
        ]
        records.append({"id": identity, "items": shown})
    counts = found.counts
    say(
        f"{counts.items:,} items in {counts.texts:,} texts. Dropped: {counts.spans_invented:,} that their text does not "
        f"say, {counts.repeated:,} said twice, {counts.unreadable:,} unreadable. Cut off: {counts.cut:,} answers."
    )
    if as_csv or (sys.stdout.isatty() and not as_json):
        names = [one.name for one in wished.fields]
        rows = [
            (r["id"], *(item[name]["text"] if isinstance(item[name], dict) else item[name] for name in names))
            for r in records
            for item in r["items"]
        ]
        print_table(["id", *names], rows, as_csv=as_csv)
    else:
        print_json(records)
