"""The import desk's verbs: import, imports, undo."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.desks import registry
from engine.desks.verbs import (
    ROWS_WITHHELD,
    csv_option,
    job,
    json_option,
    open_store,
    print_json,
    print_table,
    say,
    shop_argument,
    speaker,
    tell,
)
from engine.errors import BackroomError, Cancelled

if TYPE_CHECKING:
    from engine.importing.report import ImportSettings
    from engine.jobs import JobContext
    from engine.store.database import Store


@click.command("import")
@shop_argument
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--as", "profile", help="The profile to read the files with.")
@click.option("--encoding", help="The encoding, when the one decided from the bytes is wrong.")
@click.option("--delimiter", help="The delimiter, when the one decided is wrong.")
@click.option("--date-order", type=click.Choice(["dmy", "mdy", "ymd"]), help="The order of day, month and year.")
@click.option("--currency", help="The currency, when the file states none.")
@click.option("--accept", is_flag=True, help="Accept the proposed mapping of an unknown file.")
@click.option("--map", "pairs", multiple=True, metavar="COLUMN=MEANING", help="What a column means.")
@click.option("--dry-run", is_flag=True, help="Show what would be loaded; load nothing.")
@json_option
def import_files(
    shop: Path,
    files: tuple[Path, ...],
    profile: str | None,
    encoding: str | None,
    delimiter: str | None,
    date_order: str | None,
    currency: str | None,
    accept: bool,
    pairs: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
) -> int:
    """Load export FILES (or folders) into SHOP, recognised by their content."""
    from engine.importing.report import ImportSettings

    settings = ImportSettings(
        profile=profile,
        encoding=encoding,
        delimiter=delimiter,
        date_order=date_order,
        currency=currency,
        accept=accept,
        mapping=_mapping(pairs) or None,
        dry_run=dry_run,
    )
    store = open_store(shop, create=True)
    context = job()
    told = [_load(store, file, settings, context, as_json) for file in _expanded(files)]
    if not as_json and not dry_run:
        _tell_news(store, [identity for _, loaded in told for identity in loaded])
    return max((code for code, _ in told), default=0)


def _mapping(pairs: Iterable[str]) -> dict[str, str]:
    """`COLUMN=MEANING` as a mapping; a column's name may hold the sign."""
    mapping = {}
    for pair in pairs:
        column, separator, meaning = pair.rpartition("=")
        if not separator:
            raise click.UsageError(f"--map {pair}: write COLUMN=MEANING.")
        mapping[column] = meaning
    return mapping


def _load(
    store: Store, file: Path, settings: ImportSettings, context: JobContext, as_json: bool
) -> tuple[int, list[int | None]]:
    """Import one file and tell of it; its exit code, and the ids of its imports. A bad file stops no other."""
    from engine.importing.desk import import_file

    try:
        records = [report.as_json() for report in import_file(store, file, settings, context)]
    except Cancelled:
        raise
    except BackroomError as error:
        say(error.message())
        if as_json:
            print_json([{"file": str(file), "error": error.message()}])
        return error.exit_code, []
    withheld = 0
    for record in records:
        if as_json:
            print_json([record])
        else:
            _tell_import(record)
        waits = not record.get("import_id") and (record.get("profile") is None or record.get("questions"))
        if waits or record.get("rows_rejected"):
            withheld = ROWS_WITHHELD
    return withheld, [record.get("import_id") for record in records]


def _tell_news(store: Store, loaded: Sequence[int | None]) -> None:
    """What these imports brought that was not there before."""
    from engine.desks.sentences import sentence
    from engine.importing.queries import news as news_of

    spoken = speaker(registry.IMPORTS)
    for found in news_of(store):
        if found.numbers.get("import_id") in loaded:
            tell(spoken._("new: {sentence}").format(sentence=sentence(found, spoken)))


def _expanded(files: Iterable[Path]) -> list[Path]:
    """Folders become the files in them, in name order; hidden files are left out, and links that lead out of the folder."""
    found: list[Path] = []
    for file in files:
        if file.is_dir():
            inside = file.resolve()
            # A link may lead out of the folder, to what nobody meant to import.
            found += sorted(
                path
                for path in file.iterdir()
                if path.is_file() and not path.name.startswith(".") and path.resolve().is_relative_to(inside)
            )
        else:
            found.append(file)
    return found


def _tell_import(record: dict[str, Any]) -> None:
    name = Path(record["file"]).name
    if record.get("profile") is None and not record.get("import_id"):
        tell(f"{name}: not a file I know. What its columns seem to be (nothing was loaded):")
        for column in record.get("columns", []):
            meaning = column.get("meaning") or "not used"
            tell(f"  {column['column']}: {meaning} ({column.get('confidence', 0):.0%})")
        tell("  Accept it with --accept, or say it with --map COLUMN=MEANING.")
        return
    if record.get("questions") and not record.get("import_id"):
        tell(f"{name}: {record.get('platform')} {record.get('report')}, nothing was loaded yet:")
        for question in record["questions"]:
            tell(f"  {question}")
        tell("  Say it with --date-order dmy or mdy, or take the likelier one with --accept.")
        return
    parts = [f"{record['rows_loaded']:,} of {record['rows_read']:,} rows loaded"]
    for key, word in (("rows_updated", "updated"), ("rows_duplicate", "already there"), ("rows_rejected", "rejected")):
        if record.get(key):
            parts.append(f"{record[key]:,} {word}")
    tell(f"{name}: {record.get('platform')} {record.get('report')}, {', '.join(parts)}")
    _tell_outcome(record)


def _tell_outcome(record: dict[str, Any]) -> None:
    """Totals, and what was left out or does not fit."""
    for currency, totals in {"": record.get("totals") or {}, **(record.get("totals_by_currency") or {})}.items():
        said = ", ".join(f"{key} {value:,.10g}" for key, value in totals.items() if value)
        if said:
            tell(f"  {currency + ': ' if currency else ''}{said}")
    for item in record.get("lines_skipped") or []:
        tell(f"  line {item['line']}: skipped, {item['reason']}")
    for item in record.get("differences") or []:
        tell(f"  difference: {item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)}")
    for note in record.get("notes") or []:
        tell(f"  {note}")
    if record.get("rejects_file"):
        tell(f"  rejected rows with their reasons: {record['rejects_file']}")


@click.command()
@shop_argument
@json_option
@csv_option
def imports(shop: Path, as_json: bool, as_csv: bool) -> None:
    """What was imported into SHOP."""
    from engine.importing.queries import imports as imported

    records = imported(open_store(shop))
    if as_json:
        print_json(records)
        return
    rows = [
        (r["import_id"], r["state"], Path(r["file"]).name, r.get("platform"), r.get("report"), r["rows_loaded"])
        for r in records
    ]
    print_table(["id", "state", "file", "platform", "report", "rows"], rows, as_csv=as_csv)


@click.command()
@shop_argument
@click.argument("import_id", type=int)
def undo(shop: Path, import_id: int) -> None:
    """Take import IMPORT_ID back, and nothing else."""
    from engine.importing.desk import undo as take_back

    done = take_back(open_store(shop), import_id)
    tell(f"{done['rows_removed']:,} rows removed, {done['rows_restored']:,} rows as they were before.")


VERBS = (import_files, imports, undo)
