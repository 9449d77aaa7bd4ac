"""Files that Backroom itself exported, read back as they were: the same rows under the same identity.

Such a file is known by a column such as `backroom key of orders`, which names the table. Its cells were cleaned when they
were first imported, so they are taken as they stand, without the mark that keeps spreadsheets from running them; only what
a spreadsheet has damaged on the way is rejected. Rows keep their key and their platform: read into the shop they came from
they change nothing but what was edited, read into another one they are the same rows.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cells import restored
from engine.errors import InputFileError
from engine.importing import ledger, link, load, news, profiles, rejects, review_links
from engine.importing.headers import unique_names
from engine.importing.reading import Table
from engine.importing.report import ColumnGuess, ImportReport, ImportSettings, Recognition
from engine.importing.transform import Reject
from engine.jobs import JobContext
from engine.store.sheets import OWN, key_column
from engine.store.tables import IMPORTED, required

if TYPE_CHECKING:
    import polars as pl
    from sqlite_utils import Database

    from engine.store.database import Store

PLATFORM = "backroom"
_MARKED = r"'|\\u\{"
"""What `engine.cells.restored` may change: everything else is left to polars."""
_ROUNDED = r"^[+-]?\d(?:[.,]\d+)?[eE]\+?\d+$"
_DAY = r"^\d{4}-\d{2}-\d{2}(?:T.*)?$"
_TABLES = {key_column(table): table for table in IMPORTED}
_SAMPLES = 8


def table_of(table: Table) -> str | None:
    """Which imported table a file of our own holds; None for any other file."""
    return next((_TABLES[name] for name in _names(table) if name in _TABLES), None)


def recognition(table: Table) -> Recognition | None:
    """What a file of our own is, in the shape of any other file; None for one that is not ours."""
    home = table_of(table)
    if home is None:
        return None
    names = _names(table)
    plain = restored if _marked(table) else str
    examples = [[plain(cell) for cell in record.cells] for record in table.head()[1 : _SAMPLES + 1]]
    guesses = tuple(
        ColumnGuess(
            name,
            name if name in _columns(home) else None,
            1.0,
            "a column of Backroom's own" if name in OWN or name in _TABLES else f"{home} as it was exported",
            tuple(dict.fromkeys(row[i][:80] for row in examples if i < len(row) and row[i].strip()))[:3],
        )
        for i, name in enumerate(names)
    )
    kept = [(i, name) for i, name in enumerate(names) if name in _columns(home)]
    sample = tuple(
        {"table": home, "line": record.line, **{name: row[i] for i, name in kept if i < len(row) and row[i]}}
        for record, row in zip(table.head()[1:], examples, strict=False)
    )
    return Recognition(
        file=table.file,
        sheet=table.sheet,
        profile=f"{PLATFORM}_{home}",
        platform=PLATFORM,
        report=home,
        language=None,
        confidence=1.0,
        reason="exported by Backroom; every row is known again by its key",
        encoding=table.encoding,
        encoding_runner_up=None,
        delimiter=table.delimiter,
        header_line=table.head()[0].line,
        columns=guesses,
        sample_rows=sample,
        questions=(),
        rows_estimate=max(0, table.records() - 1),
    )


def import_table(
    store: Store, table: Table, path: Path, digest: str, settings: ImportSettings, context: JobContext
) -> ImportReport:
    """Load a table for which `table_of` gives a name, in one transaction.

    Raises:
        InputFileError: the file cannot be read.
        Cancelled: the seller stopped; the shop is as it was.
    """
    home = table_of(table)
    if home is None:
        raise InputFileError("this file was not exported by Backroom.", file=table.file)
    said = recognition(table)
    assert said is not None
    report = ImportReport(
        file=str(path), profile=said.profile, platform=PLATFORM, report=home, encoding=said.encoding,
        delimiter=said.delimiter, sheet=table.sheet, confidence=1.0, reason=said.reason,
        columns=[column.as_json() for column in said.columns],
    )  # fmt: skip
    source = ledger.Source(table.file, path, digest)
    started = time.monotonic()
    refused: list[Reject] = []
    if settings.dry_run:
        for rows in _rows(table, home, report, refused, context):
            report.rows_loaded += rows.height
    else:
        with store.write() as db:
            earlier = ledger.earlier(db, source, report.profile)
            if earlier is not None:
                report.already_imported = report.import_id = earlier
                report.rows_read = report.rows_duplicate = said.rows_estimate
                report.notes.append(f"This is the same content as import {earlier}; nothing was added.")
                return report
            _load(db, table, home, source, report, refused, context)
            report.rows_rejected = len(refused)
            if refused:
                place = rejects.rejects_path(store.path, table.file, table.sheet, report.import_id)
                rejects.write(place, _names(table), refused)
                report.rejects_file = str(place)
            report.seconds = round(time.monotonic() - started, 3)
            ledger.finish(db, report)
    report.rows_rejected = len(refused)
    return report


def _names(table: Table) -> list[str]:
    head = table.head()
    return unique_names([restored(cell.strip().lstrip("\ufeff")) for cell in head[0].cells]) if head else []


def _marked(table: Table) -> bool:
    """Whether cells carry the mark against formulas: JSON and web pages are written without it."""
    return not table.keyed and not table.file.casefold().endswith((".html", ".htm"))


def _columns(home: str) -> tuple[str, ...]:
    return (*profiles.table_columns(home), "extra")


def _load(
    db: Database,
    table: Table,
    home: str,
    source: ledger.Source,
    report: ImportReport,
    refused: list[Reject],
    context: JobContext,
) -> None:
    import_id = ledger.begin(db, source, report)
    linker = link.Linker(db)
    loaders: dict[tuple[str, str], load.Loader] = {}
    for rows in _rows(table, home, report, refused, context):
        # Where a row comes from decides what its key begins with; the loader takes rows of one origin.
        for (platform, namespace), part in rows.group_by("platform", "namespace", maintain_order=True):
            origin = str(platform or PLATFORM), str(namespace)
            loader = loaders.setdefault(origin, load.Loader(db, linker, import_id, origin[0], table.sheet, origin[1]))
            done = loader.add(home, part.drop("platform", "namespace"))
            report.rows_loaded += done.added
            report.rows_updated += done.updated
            report.rows_duplicate += done.same
    report.tables = {home: report.rows_loaded}
    days = db.execute(f"SELECT min(day), max(day) FROM {home} WHERE import_id = ?", [import_id]).fetchone() if (
        "day" in _columns(home)
    ) else (None, None)  # fmt: skip
    report.period = {"from": days[0], "to": days[1]}
    if any(loader.relink for loader in loaders.values()):
        linker = link.Linker(db)
    linker.finish()
    review_links.link_reviews(db)
    news.tell(db, import_id)
    context.check()


def _rows(
    table: Table, home: str, report: ImportReport, refused: list[Reject], context: JobContext
) -> Iterator[pl.DataFrame]:
    """Batches of good rows: home columns, `line`, `row_key`, `platform` and `namespace`; the others go to `refused`."""
    import polars as pl

    names = _names(table)
    kept = [name for name in names if name in _columns(home)]
    stage = context.stage(f"importing {table.file}", max(1, table.records() - 1))
    seen: set[str] = set()
    for batch in table.batches(1, len(names), list(range(len(names)))):
        refused += [Reject(line, reason, cells) for line, cells, reason in batch.ragged]
        report.rows_read += batch.frame.height + len(batch.ragged)
        raw = batch.frame.rename({str(i): name for i, name in enumerate(names)})
        if _marked(table):
            raw = raw.with_columns(_unmarked(raw[name]) for name in names)
        cells = raw.select(pl.when(pl.col(name) == "").then(None).otherwise(pl.col(name)).alias(name) for name in names)
        typed, reasons = _typed(cells, home, kept, seen)
        stage.advance(batch.frame.height)
        typed = typed.with_columns(batch.lines.alias("line"))
        bad = reasons.is_not_null()
        refused += [
            Reject(line, reason, row)
            for line, reason, row in zip(batch.lines.filter(bad), reasons.filter(bad), cells.filter(bad).iter_rows(), strict=True)
        ]  # fmt: skip
        yield typed.filter(~bad)


def _unmarked(cells: pl.Series) -> pl.Series:
    """A column without the marks that were set when it was written."""
    import polars as pl

    where = cells.str.contains(_MARKED).fill_null(False)
    if not where.any():
        return cells
    return cells.scatter(where.arg_true(), pl.Series([restored(cell) for cell in cells.filter(where)], dtype=pl.String))


def _typed(cells: pl.DataFrame, home: str, kept: list[str], seen: set[str]) -> tuple[pl.DataFrame, pl.Series]:
    """Cells as stored values, and why a row cannot be taken (null where it can)."""
    import polars as pl

    key_name = key_column(home)
    key = pl.col(key_name)
    keys = cells[key_name].to_list()
    again = []
    for value in keys:
        again.append(value in seen)
        if value is not None:
            seen.add(value)
    checks: list[tuple[pl.Expr, str]] = [
        (key.is_null() | ~key.str.contains("|", literal=True).fill_null(False), f"no {key_name}"),
        (pl.lit(pl.Series(again, dtype=pl.Boolean)), f"this {key_name} is there twice"),
    ]
    values: list[pl.Expr] = []
    needed = required(home)
    for name in kept:
        column = pl.col(name)
        kind = profiles.KINDS.get(name, "text")
        if kind in ("money", "number", "stars", "flag"):
            number = column.cast(pl.Float64, strict=False)
            checks.append((column.is_not_null() & number.is_null(), f"{name} is not a number"))
            values.append(number.cast(pl.Int64, strict=False).alias(name) if kind == "flag" else number.alias(name))
            continue
        if kind == "id":
            checks.append((column.str.contains(_ROUNDED), f"{name} was turned into a rounded number by a spreadsheet"))
        elif name in ("day", "day_to", "ordered_at", "written_at"):
            checks.append((~column.str.contains(_DAY), f"{name} is no longer written as 2026-03-15"))
        if name in needed:
            checks.append((column.is_null(), f"no {name}"))
        values.append(column)
    checks += [(pl.lit(True), f"no {name}") for name in needed if name not in kept]
    platform = pl.col("platform") if "platform" in cells.columns else pl.lit(None, dtype=pl.String).alias("platform")
    typed = cells.select(*values, key.alias("row_key"), platform, key.str.split("|").list.first().alias("namespace"))
    whys = [pl.when(where.fill_null(False)).then(pl.lit(why)) for where, why in checks]
    return typed, cells.select(pl.coalesce(whys).alias("why")).to_series()
