"""The verbs that take a shop: import, imports, undo, analyze, findings, evidence, sql, export."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.cli.talk import open_shop, show_findings
from engine.desks.verbs import (
    ROWS_WITHHELD,
    csv_option,
    job,
    json_option,
    language,
    model_option,
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
    from engine.shop import Shop


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
    opened = open_shop(shop, create=True)
    context = job()
    told = [_load(opened, file, settings, context, as_json) for file in _expanded(files)]
    if not as_json and not dry_run:
        _tell_news(opened, [identity for _, loaded in told for identity in loaded])
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
    shop: Shop, file: Path, settings: ImportSettings, context: JobContext, as_json: bool
) -> tuple[int, list[int | None]]:
    """Import one file and tell of it; its exit code, and the ids of its imports. A bad file stops no other."""
    from engine.importing.desk import import_file

    try:
        records = [report.as_json() for report in import_file(shop.store, file, settings, context)]
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


def _tell_news(shop: Shop, loaded: Sequence[int | None]) -> None:
    """What these imports brought that was not there before."""
    from engine.desks.sentences import sentence

    spoken = speaker()
    for found in shop.findings(desk="imports"):
        if found.numbers.get("import_id") in loaded:
            tell(spoken._("new: {sentence}").format(sentence=sentence(found, spoken)))


def _expanded(files: Iterable[Path]) -> list[Path]:
    """Folders become the files in them, in name order; hidden files are left out."""
    found: list[Path] = []
    for file in files:
        if file.is_dir():
            found += sorted(p for p in file.iterdir() if p.is_file() and not p.name.startswith("."))
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
    totals = {k: v for k, v in (record.get("totals") or {}).items() if v}
    if totals:
        tell("  " + ", ".join(f"{key} {value:,.10g}" for key, value in totals.items()))
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

    records = imported(open_shop(shop).store)
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

    done = take_back(open_shop(shop).store, import_id)
    tell(f"{done['rows_removed']:,} rows removed, {done['rows_restored']:,} rows as they were before.")


@click.command()
@shop_argument
@click.argument("desks", nargs=-1)
@model_option
@click.option("--resume", is_flag=True, help="Go on from the last batch (always done; kept for scripts).")
@json_option
def analyze(shop: Path, desks: tuple[str, ...], model: str | None, resume: bool, as_json: bool) -> int:
    """Run all desks that have data in SHOP, or only DESKS, and store what they find."""
    report = open_shop(shop).run(job(), desks=desks or None, model=model, language=language())
    for warning in report.warnings:
        say(warning)
    if as_json:
        print_json(
            [
                {
                    "labelled": report.labelled,
                    "findings": report.findings,
                    "seconds": round(report.seconds, 2),
                    "warnings": list(report.warnings),
                    "desks": [asdict(one) for one in report.desks],
                }
            ]
        )
    else:
        spoken = speaker()
        tell(
            spoken._("{texts} texts read, {findings} findings, {seconds} s").format(
                texts=spoken.number(report.labelled),
                findings=spoken.number(report.findings),
                seconds=spoken.number(report.seconds, 1),
            )
        )
    return report.exit_code


@click.command()
@shop_argument
@click.option("--desk", help="Only this desk's findings.")
@click.option("--today", is_flag=True, help="Only what the Today screen shows.")
@json_option
@csv_option
def findings(shop: Path, desk: str | None, today: bool, as_json: bool, as_csv: bool) -> None:
    """What was found out about SHOP, most important first."""
    show_findings(open_shop(shop), as_json=as_json, as_csv=as_csv, today=today, desk=desk)


@click.command()
@shop_argument
@click.argument("finding")
@json_option
@csv_option
def evidence(shop: Path, finding: str, as_json: bool, as_csv: bool) -> None:
    """The rows FINDING (id or key) rests on, with file and line."""
    from engine.desks.sentences import sentence

    opened = open_shop(shop)
    found = opened.finding(finding)
    rows = opened.evidence(found.id or 0)
    if as_json:
        print_json(row.as_json() for row in rows)
        return
    print_table(
        ["file", "line", "day", "stars", "quote"],
        [(row.file, row.line, row.day, row.stars, row.quote) for row in rows],
        as_csv=as_csv,
        title=sentence(found, speaker()),
    )


@click.command()
@shop_argument
@click.argument("query")
@json_option
@csv_option
def sql(shop: Path, query: str, as_json: bool, as_csv: bool) -> int:
    """Run a read-only QUERY on SHOP, for at most ten seconds."""
    columns, rows, more = open_shop(shop).sql(query)
    if as_json:
        print_json(dict(zip(columns, row, strict=True)) for row in rows)
    else:
        print_table(columns, rows, as_csv=as_csv)
    if more:
        say(f"Only the first {len(rows):,} rows are shown.")
    return ROWS_WITHHELD if more else 0


@click.command()
@shop_argument
@click.argument("what", required=False)
@click.option("--to", required=True, type=click.Path(path_type=Path), help="A .csv, .xlsx, .json, .md or .html file.")
@click.option("--finding", help="Whose evidence: a finding's id or key; all of them otherwise.")
@click.option("--sql", "query", help="A read-only query to export instead.")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@json_option
def export(
    shop: Path, what: str | None, to: Path, finding: str | None, query: str | None, force: bool, as_json: bool
) -> int:
    """Write WHAT of SHOP to a file.

    WHAT is findings, evidence, rejects, profiles (as .toml), or any table or view: reviews, orders, order_lines,
    products, variants, stock, returns, v_reviews and so on. Cells that a spreadsheet would run as a formula get an
    apostrophe in front; `backroom import` reads such a file back as it was.
    """
    if (what is None) == (query is None):
        raise click.UsageError("say what to export, for example reviews, or give a query with --sql.")
    if finding is not None and what != "evidence":
        raise click.UsageError("--finding goes with evidence.")
    from engine.store.sheets import of_query

    opened = open_shop(shop)
    chosen = what or of_query(opened.store, query or "")
    done = opened.export(chosen, to, finding=finding, force=force, language=language(), context=job())
    for note in done.notes:
        say(note)
    files = [str(file) for file in done.files]
    if as_json:
        print_json([{"files": files, "rows": done.rows, "notes": list(done.notes)}])
    else:
        counted = "profiles" if what == "profiles" else "rows"
        tell(f"{done.rows:,} {counted} in {', '.join(files)}")
    return ROWS_WITHHELD if done.notes else 0
