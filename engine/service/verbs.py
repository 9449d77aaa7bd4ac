"""The verb of the service desk: answer."""

from __future__ import annotations

from typing import Any

import click

from engine.desks.verbs import csv_option, json_option, print_json, print_table, say, speaker


@click.command()
@click.option("--question", required=True, help="What a customer asks.")
@click.option(
    "--evidence", required=True, help="A table with the columns id and text, and source and date where known."
)
@json_option
@csv_option
def answer(question: str, evidence: str, as_json: bool, as_csv: bool) -> None:
    """Find the passages of a file that answer a QUESTION; nothing is made up, and nothing near enough is no answer."""
    from engine.desks.files import read_table
    from engine.inference.client import ModelClient
    from engine.service.evidence import Passage
    from engine.service.evidence import answer as answered

    frame = read_table(evidence, ["text"])

    def cell(row: dict[str, Any], name: str) -> str | None:
        return None if row.get(name) in (None, "") else str(row[name])

    passages = [
        Passage(cell(row, "id") or str(number), cell(row, "text") or "", cell(row, "source"), cell(row, "date"))
        for number, row in enumerate(frame.iter_rows(named=True), 1)
    ]
    with ModelClient() as client:
        found = answered(question, passages, lambda texts: client.embed(texts, multilingual=True, interactive=True))
    if as_json:
        print_json([{"question": question, **found.record()}])
        return
    if found.refused:
        say(speaker("service")._("Nothing in this file is near enough to the question to answer it."))
    rows = [(p.id, round(found.scores[p.id], 3), p.source, p.date, p.text) for p in found.passages]
    print_table(["id", "nearness", "source", "date", "text"], rows, as_csv=as_csv)


VERBS = (answer,)
