"""The verbs that read texts outside a shop: label."""

from __future__ import annotations

import sys

import click

from engine.cli.talk import csv_option, job, json_option, model_option, print_json, print_table


@click.command()
@click.argument("task", type=click.Choice(["sentiment"]))
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
    """Read the sentiment of every text in a file."""
    from engine.reviews.sentiment import label_texts
    from engine.texts import read_texts

    ids, texts = read_texts(source, column, id_column)
    records = label_texts(ids, texts, context=job(), model=model)
    if as_csv or (sys.stdout.isatty() and not as_json):
        print_table(
            ["id", "label", "confidence", "abstain"],
            [(r["id"], r["label"], round(r["confidence"], 3), r["abstain"]) for r in records],
            as_csv=as_csv,
        )
    else:
        print_json(records)
