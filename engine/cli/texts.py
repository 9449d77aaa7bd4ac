"""The verbs that read texts outside a shop: label."""

from __future__ import annotations

import sys
from typing import Any

import click

from engine.cli.talk import csv_option, job, json_option, model_option, print_json, print_table

_ASPECT_COLUMNS = ("term", "polarity", "category", "opinion", "confidence")


@click.command()
@click.argument("task", type=click.Choice(["sentiment", "aspects"]))
@click.option(
    "--in", "source", required=True, help="A .csv, .tsv, .jsonl, .parquet or .xlsx file, or - for JSON Lines."
)
@click.option("--text", "column", required=True, help="The column that holds the text.")
@click.option("--id", "id_column", help="The column that names a row; row numbers from 1 otherwise.")
@model_option
@json_option
@csv_option
def label(
    task: str, source: str, column: str, id_column: str | None, model: str | None, as_json: bool, as_csv: bool
) -> None:
    """Read every text in a file: its sentiment, or the aspects that it judges and how."""
    from engine.reviews import aspects, sentiment
    from engine.texts import read_texts

    ids, texts = read_texts(source, column, id_column)
    label_texts = {"sentiment": sentiment.label_texts, "aspects": aspects.label_texts}[task]
    records = label_texts(ids, texts, context=job(), model=model)
    if as_csv or (sys.stdout.isatty() and not as_json):
        columns, rows = _aspect_rows(records) if task == "aspects" else _sentiment_rows(records)
        print_table(columns, rows, as_csv=as_csv)
    else:
        print_json(records)


def _sentiment_rows(records: list[dict[str, Any]]) -> tuple[list[str], list[tuple[Any, ...]]]:
    rows = [(r["id"], r["label"], round(r["confidence"], 3), r["abstain"]) for r in records]
    return ["id", "label", "confidence", "abstain"], rows


def _aspect_rows(records: list[dict[str, Any]]) -> tuple[list[str], list[tuple[Any, ...]]]:
    """One row an aspect; a text without one has no row."""
    rows = [(r["id"], *(aspect[name] for name in _ASPECT_COLUMNS)) for r in records for aspect in r["aspects"]]
    return ["id", *_ASPECT_COLUMNS], rows
