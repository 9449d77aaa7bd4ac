"""The verbs that take a shop: analyze, findings, evidence, sql, export."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    pass


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
