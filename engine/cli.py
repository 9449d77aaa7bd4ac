"""The headless twin: every verb of Backroom on the command line.

stdout is data (JSON Lines with `--json`, CSV with `--csv`, a table when a person is looking), stderr is talk, exit codes
mean something: 0 done, 1 done with rows rejected or findings withheld, 2 wrong usage, 3 bad input file, 4 a model is
missing or does not fit, 5 cancelled with partial results kept, 70 a fault of ours.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine import __version__
from engine.errors import BackroomError, Cancelled, UsageError
from engine.jobs import JobContext, Progress

if TYPE_CHECKING:
    from engine.shop import Shop

ROWS_WITHHELD = 1
FAULT = 70


class Verbs(click.Group):
    """The command group; a first argument that is a shop opens it, so that `backroom my.shop` is the app."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Treat `PATH.shop` as `open PATH.shop`."""
        if args and args[0].endswith(".shop"):
            args = ["open", *args]
        return super().resolve_command(ctx, args)


def _shop_path(ctx: click.Context, parameter: click.Parameter, value: str | None) -> Path:
    path = value or os.environ.get("BACKROOM_SHOP")
    if not path:
        raise click.UsageError("name a shop, for example my.shop, or set BACKROOM_SHOP.")
    return Path(path)


shop_argument = click.argument("shop", callback=_shop_path)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON Lines.")
csv_option = click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
model_option = click.option("--model", help="A model of the catalogue, or a .gguf file.")


def _open(path: Path, *, create: bool = False) -> Shop:
    from engine.shop import Shop

    return Shop(path, create=create)


def _say(text: str) -> None:
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
            _say(f"{progress.stage}: {progress.total:,} {progress.unit}")
        self._stage = progress.stage


def _job() -> JobContext:
    """A job's context whose cancel flag is set by ctrl+c, so that finished batches are kept."""
    import signal

    context = JobContext(report=ProgressLine())

    def stop(number: int, frame: object) -> None:
        _say("\nstopping…")
        context.cancel.cancel()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, stop)
    return context


def _print_json(records: Iterable[dict[str, Any]]) -> None:
    for record in records:
        sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _neutral(value: Any) -> Any:
    """A cell that a spreadsheet will not run as a formula."""
    return "'" + value if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t") else value


def _print_table(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], *, as_csv: bool, title: str | None = None
) -> None:
    if as_csv or not sys.stdout.isatty():
        writer = csv.writer(sys.stdout)
        writer.writerow(columns)
        writer.writerows([[_neutral(cell) for cell in row] for row in rows])
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


@click.group(cls=Verbs, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="backroom")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Read your shop with the door closed. Nothing leaves this machine."""
    if ctx.invoked_subcommand is None:
        shop = os.environ.get("BACKROOM_SHOP")
        if not sys.stdout.isatty():
            click.echo(ctx.get_help())
            return
        _run_app(Path(shop) if shop else None)


def _run_app(path: Path | None, *, analyze: bool = False) -> None:
    # The engine knows no screens: whatever app is installed says so as an entry point.
    from importlib.metadata import entry_points

    for entry in entry_points(group="backroom.app"):
        entry.load()(path, analyze=analyze)
        return
    raise UsageError("the terminal app is not installed.", todo="Run `make setup`.")


@cli.command("open")
@shop_argument
def open_app(shop: Path) -> None:
    """Open the app on SHOP; a new file begins a new shop."""
    _run_app(shop)


@cli.command()
@click.option("--headless", is_flag=True, help="Print the Today findings instead of opening the app.")
@click.option("--fresh", is_flag=True, help="Build the sample shop anew.")
@model_option
@json_option
def demo(headless: bool, fresh: bool, model: str | None, as_json: bool) -> None:
    """Build the sample shop if it is missing, and open it."""
    from engine.demo import build

    headless = headless or as_json or not sys.stdout.isatty()
    path = build(_job(), fresh=fresh, analyze=headless, model=model)
    if headless:
        _show_findings(_open(path), as_json=as_json, as_csv=False, today=True)
    else:
        _run_app(path, analyze=True)


@cli.command("import")
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

    mapping = {}
    for pair in pairs:
        column, separator, meaning = pair.rpartition("=")
        if not separator:
            raise click.UsageError(f"--map {pair}: write COLUMN=MEANING.")
        mapping[column] = meaning
    settings = ImportSettings(
        profile=profile,
        encoding=encoding,
        delimiter=delimiter,
        date_order=date_order,
        currency=currency,
        accept=accept,
        mapping=mapping or None,
        dry_run=dry_run,
    )
    opened = _open(shop, create=True)
    context = _job()
    worst = 0
    for file in _expanded(files):
        try:
            reports = opened.import_file(file, settings, context)
        except Cancelled:
            raise
        except BackroomError as error:
            _say(error.message())
            if as_json:
                _print_json([{"file": str(file), "error": error.message()}])
            worst = max(worst, error.exit_code)
            continue
        for report in reports:
            record = report.as_json()
            if as_json:
                _print_json([record])
            else:
                _tell_import(record)
            waits = not record.get("import_id") and (record.get("profile") is None or record.get("questions"))
            if waits or record.get("rows_rejected"):
                worst = max(worst, ROWS_WITHHELD)
    return worst


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
        click.echo(f"{name}: not a file I know. What its columns seem to be (nothing was loaded):")
        for column in record.get("columns", []):
            meaning = column.get("meaning") or "not used"
            click.echo(f"  {column['column']}: {meaning} ({column.get('confidence', 0):.0%})")
        click.echo("  Accept it with --accept, or say it with --map COLUMN=MEANING.")
        return
    if record.get("questions") and not record.get("import_id"):
        click.echo(f"{name}: {record.get('platform')} {record.get('report')}, nothing was loaded yet:")
        for question in record["questions"]:
            click.echo(f"  {question}")
        click.echo("  Say it with --date-order dmy or mdy, or take the likelier one with --accept.")
        return
    parts = [f"{record['rows_loaded']:,} of {record['rows_read']:,} rows loaded"]
    for key, word in (("rows_updated", "updated"), ("rows_duplicate", "already there"), ("rows_rejected", "rejected")):
        if record.get(key):
            parts.append(f"{record[key]:,} {word}")
    click.echo(f"{name}: {record.get('platform')} {record.get('report')}, {', '.join(parts)}")
    totals = {k: v for k, v in (record.get("totals") or {}).items() if v}
    if totals:
        click.echo("  " + ", ".join(f"{key} {value:,.10g}" for key, value in totals.items()))
    for item in record.get("lines_skipped") or []:
        click.echo(f"  line {item['line']}: skipped, {item['reason']}")
    for item in record.get("differences") or []:
        click.echo(f"  difference: {item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)}")
    for note in record.get("notes") or []:
        click.echo(f"  {note}")
    if record.get("rejects_file"):
        click.echo(f"  rejected rows with their reasons: {record['rejects_file']}")


@cli.command()
@shop_argument
@json_option
@csv_option
def imports(shop: Path, as_json: bool, as_csv: bool) -> None:
    """What was imported into SHOP."""
    records = _open(shop).imports()
    if as_json:
        _print_json(records)
        return
    rows = [
        (r["import_id"], r["state"], Path(r["file"]).name, r.get("platform"), r.get("report"), r["rows_loaded"])
        for r in records
    ]
    _print_table(["id", "state", "file", "platform", "report", "rows"], rows, as_csv=as_csv)


@cli.command()
@shop_argument
@click.argument("import_id", type=int)
def undo(shop: Path, import_id: int) -> None:
    """Take import IMPORT_ID back, and nothing else."""
    done = _open(shop).undo(import_id)
    click.echo(f"{done['rows_removed']:,} rows removed, {done['rows_restored']:,} rows as they were before.")


@cli.command()
@shop_argument
@click.argument("desks", nargs=-1)
@model_option
@click.option("--resume", is_flag=True, help="Go on from the last batch (always done; kept for scripts).")
@json_option
def analyze(shop: Path, desks: tuple[str, ...], model: str | None, resume: bool, as_json: bool) -> int:
    """Read what is new in SHOP and store findings."""
    report = _open(shop).analyze(_job(), desks=desks or None, model=model)
    for warning in report.warnings:
        _say(warning)
    if as_json:
        _print_json(
            [
                {
                    "labelled": report.labelled,
                    "findings": report.findings,
                    "seconds": round(report.seconds, 2),
                    "warnings": list(report.warnings),
                }
            ]
        )
    else:
        click.echo(f"{report.labelled:,} texts read, {report.findings:,} findings, {report.seconds:.1f} s")
    return 0


@cli.command()
@shop_argument
@click.option("--desk", help="Only this desk's findings.")
@click.option("--today", is_flag=True, help="Only what the Today screen shows.")
@json_option
@csv_option
def findings(shop: Path, desk: str | None, today: bool, as_json: bool, as_csv: bool) -> None:
    """What was found out about SHOP, most important first."""
    _show_findings(_open(shop), as_json=as_json, as_csv=as_csv, today=today, desk=desk)


def _show_findings(shop: Shop, *, as_json: bool, as_csv: bool, today: bool, desk: str | None = None) -> None:
    found = shop.findings(desk=desk, today=today)
    if as_json:
        _print_json(finding.as_json() for finding in found)
        return
    if not found and not as_csv:
        _say("No findings yet. `backroom analyze SHOP` reads the shop.")
        return
    _print_table(
        ["id", "kind", "finding", "k", "n", "state"],
        [(f.id, f.kind, f.sentence, f.k, f.n, f.state) for f in found],
        as_csv=as_csv,
    )


@cli.command()
@shop_argument
@click.argument("finding")
@json_option
@csv_option
def evidence(shop: Path, finding: str, as_json: bool, as_csv: bool) -> None:
    """The rows FINDING (id or key) rests on, with file and line."""
    opened = _open(shop)
    found = opened.finding(finding)
    rows = opened.evidence(found.id or 0)
    if as_json:
        _print_json(row.as_json() for row in rows)
        return
    _print_table(
        ["file", "line", "day", "stars", "quote"],
        [(row.file, row.line, row.day, row.stars, row.quote) for row in rows],
        as_csv=as_csv,
        title=found.sentence,
    )


@cli.command()
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
    records = label_texts(ids, texts, context=_job(), model=model)
    if as_csv or (sys.stdout.isatty() and not as_json):
        _print_table(
            ["id", "label", "confidence", "abstain"],
            [(r["id"], r["label"], round(r["confidence"], 3), r["abstain"]) for r in records],
            as_csv=as_csv,
        )
    else:
        _print_json(records)


@cli.command()
@shop_argument
@click.argument("query")
@json_option
@csv_option
def sql(shop: Path, query: str, as_json: bool, as_csv: bool) -> int:
    """Run a read-only QUERY on SHOP, for at most ten seconds."""
    columns, rows, more = _open(shop).query(query)
    if as_json:
        _print_json(dict(zip(columns, row, strict=True)) for row in rows)
    else:
        _print_table(columns, rows, as_csv=as_csv)
    if more:
        _say(f"Only the first {len(rows):,} rows are shown.")
    return ROWS_WITHHELD if more else 0


@cli.group(invoke_without_command=True)
@click.pass_context
def models(ctx: click.Context) -> None:
    """The models Backroom knows, and what of them is here."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_models)


@models.command("list")
@json_option
def list_models(as_json: bool = False) -> None:
    """Every model of the catalogue: where it is, its size and its licence."""
    from engine.inference.models import list_models as catalogue

    records = [dict(record) for record in catalogue()]
    if as_json:
        _print_json(records)
        return
    _print_table(
        ["name", "here", "MB", "licence", "good for"],
        [
            (r["name"], "yes" if r["installed"] else "not yet", round(r["size"] / 1e6), r["licence"], r["good_for"])
            for r in records
        ],
        as_csv=False,
    )


@cli.command()
@json_option
def doctor(as_json: bool) -> None:
    """What this machine can run, and how fast."""
    from engine.inference.models import doctor as examine

    facts = examine()
    if as_json:
        _print_json([facts])
        return
    for name, value in facts.items():
        if isinstance(value, list):
            click.echo(f"{name}:")
            for item in value:
                click.echo("  " + (item if isinstance(item, str) else ", ".join(f"{k} {v}" for k, v in item.items())))
        else:
            click.echo(f"{name}: {value}")


@cli.group()
def privacy() -> None:
    """What Backroom does to keep the door closed."""


@privacy.command()
@json_option
def prove(as_json: bool) -> int:
    """Try to leave this machine, in both processes, and show that nothing can."""
    from engine.privacy.proof import prove as attempt

    results = attempt()
    if as_json:
        _print_json(results)
    else:
        for result in results:
            click.echo(f"{'kept in' if result['refused'] else 'GOT OUT'}: {result['attempt']} ({result['detail']})")
    return 0 if all(result["refused"] for result in results) else FAULT


def _log_fault(error: BaseException) -> Path:
    import traceback

    from engine.paths import log_dir

    path = log_dir() / time.strftime("fault-%Y%m%d-%H%M%S.log")
    path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    return path


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; also the console script's entry."""
    from engine.privacy.offline import forbid_network

    forbid_network()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    ends: Callable[..., Any] = cli.main
    try:
        code = ends(args=list(argv) if argv is not None else None, prog_name="backroom", standalone_mode=False)
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.Abort:
        _say("Stopped.")
        code = Cancelled.exit_code
    except click.ClickException as error:
        error.show()
        code = UsageError.exit_code
    except BackroomError as error:
        _say(error.message())
        code = error.exit_code
    except KeyboardInterrupt:
        _say("Stopped.")
        code = Cancelled.exit_code
    except BrokenPipeError:
        # The reader of our output went away (`| head`): not a fault, and nothing is left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        path = _log_fault(error)
        _say(f"Something went wrong inside Backroom ({type(error).__name__}); your shop is as it was. Details: {path}")
        code = FAULT
    if argv is None:
        sys.exit(code if isinstance(code, int) else 0)
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    main()
