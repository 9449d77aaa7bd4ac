"""The verbs of the writing desk: write, check."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from engine.desks.verbs import (
    ROWS_WITHHELD,
    csv_option,
    in_option,
    json_option,
    language,
    open_store,
    print_json,
    print_table,
)
from engine.errors import InputFileError, UsageError
from engine.writing.checks import check as check_text
from engine.writing.compose import Wordings
from engine.writing.draft import Draft, drafts
from engine.writing.ledger import Ledger, ledger
from engine.writing.rules import field_named

channel_option = click.option(
    "--channel", required=True, help="CHANNEL.FIELD, for example amazon.title or taobao.description."
)


@click.command()
@click.argument("shop", required=False, type=click.Path(path_type=Path))
@click.option("--product", help="A product of SHOP: its SKU, id or name; all products otherwise.")
@click.option("--facts", type=click.Path(path_type=Path), help="JSON Lines of products with their attributes instead.")
@channel_option
@click.option("--variants", default=3, show_default=True, help="How many other wordings to give beside the first.")
@json_option
@csv_option
def write(
    shop: Path | None, product: str | None, facts: Path | None, channel: str, variants: int, as_json: bool, as_csv: bool
) -> int:
    """Write copy for CHANNEL from a product's facts, and from nothing else.

    The facts are SHOP's own, or lines {"id", "name", "attributes": {...}, "reviews": [...]} of a file.
    """
    field = field_named(channel)
    if (shop is None) == (facts is None):
        raise UsageError("name a shop or a file of facts.", todo="backroom write my.shop --channel amazon.title")
    wordings = Wordings()
    withheld = False
    rows = []
    for own in _ledgers(facts) if facts else _of_shop(shop or Path(), product):
        made = drafts(own, field, wordings, max(1, variants + 1))
        withheld |= not made or made[0].status == "refused"
        record = _record(own, made, field.full_name)
        if as_json:
            print_json([record])
        else:
            rows += [(own.id, d.status, f"{d.units_used}/{field.limit} {field.unit}", d.text) for d in made]
    if not as_json:
        print_table(["id", "status", "size", "text"], rows, as_csv=as_csv)
    return ROWS_WITHHELD if withheld else 0


def _record(own: Ledger, made: list[Draft], channel: str) -> dict[str, Any]:
    if not made:
        return {
            "id": own.id, "channel": channel, "text": "", "units_used": 0, "claims": [], "violations": [], "left_out": [],
            "variants": [], "written_by": "bank", "status": "refused", "reason": "no facts",
        }  # fmt: skip
    return {"id": own.id, **made[0].record(), "variants": [draft.text for draft in made[1:]]}


def _ledgers(path: Path) -> Iterator[Ledger]:
    """The ledgers of a file of facts, line by line.

    Raises:
        InputFileError: the file cannot be read, or a line is no product.
    """
    try:
        lines = path.read_text("utf-8-sig", errors="replace").split("\n")
    except OSError as error:
        raise InputFileError(f"this file cannot be read: {error.strerror}.", file=str(path)) from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            attributes = row["attributes"]
            if not isinstance(attributes, dict):
                raise TypeError
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise InputFileError(
                f"line {number} is no product with facts.",
                file=str(path),
                todo='Write {"id": "1", "name": "…", "attributes": {"Material": "…"}} on a line.',
            ) from error
        reviews = [str(text) for text in row.get("reviews") or []]
        yield ledger(str(row.get("id", number)), str(row.get("name") or ""), attributes, reviews)


def _of_shop(path: Path, product: str | None) -> Iterator[Ledger]:
    from engine.writing import queries

    store = open_store(path)
    for key in [queries.product_named(store, product)] if product else queries.products(store):
        yield queries.ledger_of(store, key)


@click.command()
@in_option
@click.option("--text", "column", required=True, help="The column that holds the copy.")
@click.option("--id", "id_column", help="The column that names a row; row numbers from 1 otherwise.")
@channel_option
@click.option("--category", help="The product's category, where limits differ by it (media).")
@json_option
@csv_option
def check(
    source: str, column: str, id_column: str | None, channel: str, category: str | None, as_json: bool, as_csv: bool
) -> int:
    """Hold copy that exists against the rules of CHANNEL."""
    from engine.desks.files import read_texts
    from engine.writing.checks import status_of
    from engine.writing.units import measure

    field = field_named(channel)
    ids, texts = read_texts(source, column, id_column)
    rows = []
    for identity, text in zip(ids, texts, strict=True):
        found = check_text(text, field, category=category, language=language())
        status = status_of(found, missing=False)
        record = {
            "id": identity, "channel": field.full_name, "units_used": measure(text, field.unit), "limit": field.limit_for(category),
            "unit": field.unit, "violations": [v.record() for v in found], "status": status,
        }  # fmt: skip
        if as_json:
            print_json([record])
        rows += [(identity, v.severity, v.rule, text[v.start : v.end], v.message, v.source) for v in found]
    if not as_json:
        print_table(["id", "severity", "rule", "words", "message", "source"], rows, as_csv=as_csv)
    return 0


VERBS = (write, check)
