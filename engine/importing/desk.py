"""The import desk's door: what a file is, loading it in one transaction, and taking an import back."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import InputFileError, ShopError, UsageError
from engine.importing import guessing, link, load, news, own, profiles, rejects
from engine.importing.reading import Table, open_file
from engine.importing.recognise import Reading, read_header
from engine.importing.report import ImportReport, ImportSettings, Recognition
from engine.importing.transform import Reject, Rows, Transformer
from engine.importing.undo import undo_rows
from engine.jobs import JobContext
from engine.store.tables import IMPORTED

if TYPE_CHECKING:
    import polars as pl
    from sqlite_utils import Database

    from engine.store.database import Store

SAMPLE_ROWS = 8
MOST_DIFFERENCES = 200


def recognise(path: Path, settings: ImportSettings | None = None, store: Store | None = None) -> list[Recognition]:
    """What a file is, before anything is loaded: one Recognition per table in it.

    Args:
        path: the file.
        settings: the seller's choices so far.
        store: the shop, whose learned mappings are known then.

    Raises:
        InputFileError: the file holds no table that can be read.
    """
    settings = settings or ImportSettings()
    with open_file(path, profiles.header_words(), encoding=settings.encoding, delimiter=settings.delimiter) as opened:
        return [own.recognition(table) or _recognition(table, settings, store) for table in opened.tables]


def _recognition(table: Table, settings: ImportSettings, store: Store | None) -> Recognition:
    reading = read_header(table, settings, store)
    questions: tuple[str, ...] = ()
    sample: list[dict[str, Any]] = []
    currency = None
    shown = reading
    if reading.match is None and not settings.mapping:
        # What the proposed mapping would store is shown as well; it is loaded only once it is accepted.
        shown = read_header(table, replace(settings, accept=True), store)
    if shown.match is not None:
        transformer = Transformer(shown, settings, "sample")
        transformer.survey()
        questions = tuple(transformer.conventions.questions)
        currency = transformer.conventions.currency
        for batch in transformer.batches():
            head = type(batch)(batch.frame.head(60), batch.lines.head(60))
            for name, frame in transformer.rows(head).tables.items():
                kept = frame.head(SAMPLE_ROWS).drop("row_key", "rows", strict=False).to_dicts()
                sample += [{"table": name, **{k: v for k, v in row.items() if v is not None}} for row in kept]
            break
    match = reading.match
    mapped = reading.mapped is not None
    return Recognition(
        file=table.file,
        sheet=table.sheet,
        profile=None if match is None else reading.mapped or match.profile.name,
        platform=match.profile.platform if match else None,
        report=match.profile.report if match else (reading.proposal.family if reading.proposal else None),
        language=match.version.language if match and match.version else None,
        confidence=match.confidence if match else (reading.proposal.confidence if reading.proposal else 0.0),
        reason=match.reason if match else "no profile knows these columns; this is what they seem to mean",
        encoding=table.encoding,
        encoding_runner_up=table.runner_up,
        delimiter=table.delimiter,
        header_line=reading.header_line,
        columns=reading.column_guesses(),
        sample_rows=tuple(sample),
        questions=questions,
        rows_estimate=max(0, table.records() - reading.first),
        version=match.version.name if match and match.version and not mapped else None,
        currency=currency,
    )


def import_file(
    store: Store, path: Path, settings: ImportSettings | None = None, context: JobContext | None = None
) -> list[ImportReport]:
    """Load one file in one transaction: all of its tables, or nothing.

    The same content twice adds nothing and says so. An unknown file without `accept` or `mapping`, or a file with a question
    only the seller can answer, loads nothing: its report has no `import_id`.

    Raises:
        InputFileError: the file cannot be read; the shop is as it was.
        Cancelled: the seller stopped; the shop is as it was.
    """
    settings, context = settings or ImportSettings(), context or JobContext()
    context.check()
    with open_file(path, profiles.header_words(), encoding=settings.encoding, delimiter=settings.delimiter) as opened:
        digest = _content_hash(path)
        if len(opened.tables) == 1 and own.table_of(opened.tables[0]) is not None:
            return [own.import_table(store, opened.tables[0], path, digest, settings, context)]
        prepared = [_prepare(table, settings, store, path, digest, len(opened.tables)) for table in opened.tables]
        loadable = [item for item in prepared if item.transformer is not None]
        if settings.dry_run:
            for item in loadable:
                item.run(None, context)
        elif loadable:
            with _whole_or_nothing(store, path, loadable), store.write() as db:
                # Room for the indices of a large file; it holds for this connection only.
                db.execute("PRAGMA cache_size = -65536")
                linker, since = link.Linker(db), link.Since.now(db)
                for item in loadable:
                    item.run(db, context, linker, shop=store.path)
                if any(item.loaded for item in loadable):
                    stage = context.stage("linking products", 1, "steps")
                    if any(item.relink for item in loadable):
                        linker = link.Linker(db)
                    imports = [i.report.import_id for i in loadable if i.loaded and i.report.import_id is not None]
                    moved = linker.finish()
                    link.link_reviews(db, None if moved else replace(since, imports=tuple(imports)))
                    for import_id in imports:
                        news.tell(db, import_id)
                    stage.advance()
                context.check()
        refused = [
            ImportReport(file=str(path.parent / e.file) if e.file else str(path), reason=e.what) for e in opened.refused
        ]
        return [item.report for item in prepared] + refused


# What SQLite calls errors of the machine, not of a statement.
_OF_THE_DISK = ("SQLITE_IOERR", "SQLITE_FULL", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_NOMEM", "SQLITE_CORRUPT")


@contextlib.contextmanager
def _whole_or_nothing(store: Store, path: Path, items: list[_Item]) -> Iterator[None]:
    """Around the transaction of a file: rejects that were written go with it, and errors name the file and its line."""
    try:
        yield
    except BaseException as error:
        for item in items:
            item.forget_rejects()
        line = next((item.line for item in reversed(items) if item.line), None)
        if isinstance(error, ShopError):
            what, todo = error.what, error.todo
        elif isinstance(error, OSError):
            what, todo = f"the rows that need mending cannot be written: {error.strerror or error}.", None
        elif isinstance(error, sqlite3.Error) and error.sqlite_errorname.startswith(_OF_THE_DISK):
            what, todo = f"the shop cannot be written: {error}.", None
        else:
            raise
        raise ShopError(
            f"not imported into {store.path.name}, which is as it was: {what}",
            file=str(path),
            line=line,
            todo=todo or "Free some space or mend the disk, then import it again.",
        ) from error


def undo(store: Store, import_id: int) -> dict[str, int]:
    """Take exactly one import back.

    Returns:
        `rows_removed` and `rows_restored`.

    Raises:
        UsageError: there is no such import, or it was taken back before.
    """
    with store.write() as db:
        row = db.execute("SELECT state FROM imports WHERE id = ?", [import_id]).fetchone()
        if row is None:
            raise UsageError(f"there is no import {import_id}.")
        if row[0] != "loaded":
            raise UsageError(f"import {import_id} was taken back before.")
        db.execute("UPDATE imports SET state = 'undone' WHERE id = ?", [import_id])
        link.forget_review_links(db)
        removed, restored = undo_rows(db, import_id, list(IMPORTED))
        link.link(db)
        link.link_reviews(db)
        news.tell(db, import_id)
    return {"rows_removed": removed, "rows_restored": restored}


def learned_profiles(store: Store) -> list[str]:
    """Every mapping accepted in this shop, as the TOML text of a profile (see `profiles.load`)."""
    texts = []
    for row in store.rows("SELECT mapping FROM mappings ORDER BY accepted_at, header_hash"):
        mapping: dict[str, str] = json.loads(row["mapping"])
        family = guessing.family_of(list(mapping.values()))
        if family is not None:
            texts.append(profiles.as_toml(guessing.profile_of(mapping, family, list(mapping))))
    return texts


class _Item:
    """One table of a file on its way into the shop."""

    def __init__(
        self, reading: Reading, report: ImportReport, transformer: Transformer | None, hash_of: str, path: Path
    ) -> None:
        self.reading, self.report, self.transformer = reading, report, transformer
        self._hash, self._path = hash_of, path
        self._rejects: list[Reject] = []
        self._whole: dict[int, Reject] = {}
        self._sums: dict[str, float] = defaultdict(float)
        self._orders: set[str] = set()
        self._stated: dict[str, float] = defaultdict(float)
        self.loaded = self.relink = False
        self.line: int | None = None

    def run(
        self, db: Database | None, context: JobContext, linker: link.Linker | None = None, shop: Path | None = None
    ) -> None:
        """Load the table (or only count, without a connection), and write its rejects beside `shop`."""
        assert self.transformer is not None
        started = time.monotonic()
        report, transformer = self.report, self.transformer
        if db is not None and (earlier := self._earlier(db)) is not None:
            report.already_imported = report.import_id = earlier
            report.rows_read = report.rows_duplicate = max(0, self.reading.table.records() - self.reading.first)
            report.notes.append(f"This is the same content as import {earlier}; nothing was added.")
            return
        loader = None
        if db is not None and linker is not None:
            platform, sheet = transformer.profile.platform, self.reading.table.sheet
            loader = load.Loader(db, linker, self._begin(db), platform, sheet, transformer.namespace)
        stage = context.stage(f"importing {report.file}", max(1, self.reading.table.records() - self.reading.first))
        for batch in transformer.batches():
            rows = transformer.rows(batch)
            self.line = int(batch.lines[0]) if len(batch.lines) else self.line
            self._count(rows)
            main: Counter[str] = Counter()
            for table, frame in rows.tables.items():
                if loader is not None:
                    done = loader.add(table, frame, grouped=bool(transformer.profile.tables[table].one_per))
                    report.tables[table] = report.tables.get(table, 0) + done.added
                    if table == transformer.profile.main_table:
                        main.update(updated=done.read_updated, same=done.read_same)
                else:
                    report.tables[table] = report.tables.get(table, 0) + frame.height
            report.rows_updated += main["updated"]
            report.rows_duplicate += main["same"] + rows.duplicate
            stage.advance(batch.frame.height)
        differences, stated = transformer.reconcile()
        report.differences += differences
        self._stated.update(stated)
        self._finish(time.monotonic() - started)
        if db is not None:
            if shop is not None and self._rejects:
                self._write_rejects(shop)
            self._note_overlaps(db)
            self._end(db)
            self.loaded = True
            self.relink = loader is not None and loader.relink

    def _earlier(self, db: Database) -> int | None:
        found = db.execute(
            "SELECT id FROM imports WHERE content_hash = ? AND state = 'loaded' AND profile IS ? ORDER BY id DESC LIMIT 1",
            [self._hash, self.report.profile],
        ).fetchone()
        return None if found is None else int(found[0])

    def _begin(self, db: Database) -> int:
        report = self.report
        cursor = db.execute(
            "INSERT INTO imports (file, path, content_hash, bytes, profile, platform, report, encoding, delimiter, language, "
            "imported_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                self.reading.table.file, str(self._path.resolve()), self._hash, self._path.stat().st_size, report.profile,
                report.platform, report.report, report.encoding, report.delimiter, report.language,
                datetime.now(UTC).isoformat(timespec="seconds"),
            ],
        )  # fmt: skip
        report.import_id = int(cursor.lastrowid or 0)
        return report.import_id

    def _count(self, rows: Rows) -> None:
        report = self.report
        report.rows_read += rows.read
        self._rejects += rows.rejects
        report.lines_skipped += [{"line": line, "reason": reason} for line, reason in rows.skipped]
        report.differences += rows.differences
        for what, value in rows.stated.items():
            self._stated[what] += value
        for table, frame in rows.tables.items():
            self._add_totals(table, frame)

    def _add_totals(self, table: str, frame: pl.DataFrame) -> None:
        import polars as pl

        def total(expression: pl.Expr) -> float:
            return float(frame.select(expression.sum()).item() or 0.0)

        columns = frame.columns
        if table == "order_lines":
            self._sums["lines"] += frame.height
            self._sums["units"] += total(pl.col("quantity"))
            self._sums["gross"] += total(pl.col("amount").fill_null(0) + pl.col("discount").fill_null(0))
            self._sums["discount"] += total(pl.col("discount"))
            if "order_id" in columns and self.transformer and "orders" not in self.transformer.profile.tables:
                self._orders |= set(frame["order_id"].drop_nulls().unique())
        elif table == "orders":
            self._sums["orders"] += frame.height
            for column in ("discount", "subtotal", "total", "shipping", "tax"):
                if column in columns:
                    name = "discount" if column == "discount" else f"order_{column}"
                    self._sums[name] += total(pl.col(column))
            if "refunded" in columns:
                self._sums["refund"] += total(pl.col("refunded"))
            if self.transformer and "order_lines" not in self.transformer.profile.tables and "subtotal" in columns:
                self._sums["gross"] += total(pl.col("subtotal"))
        elif table == "returns":
            self._sums["lines"] += frame.height
            self._sums["units"] += total(pl.col("quantity")) if "quantity" in columns else 0.0
            self._sums["refund"] += total(pl.col("refund")) if "refund" in columns else 0.0
        elif table in ("fees", "ads", "sessions"):
            for column in ("amount", "spend", "sales", "impressions", "clicks", "sessions", "units", "orders"):
                if column in columns:
                    self._sums[column] += total(pl.col(column))
        moments = [frame[c].drop_nulls() for c in ("day", "day_to") if c in columns]
        days = [d for series in moments for d in (series.min(), series.max()) if d is not None]
        if days:
            known = [d for d in self.report.period.values() if d] + [str(d) for d in days]
            self.report.period = {"from": min(known), "to": max(known)}

    def _finish(self, seconds: float) -> None:
        assert self.transformer is not None
        report, transformer = self.report, self.transformer
        if self._orders:
            self._sums["orders"] = len(self._orders)
        sums = self._sums
        if {"orders", "lines"} & set(sums):
            sums["net"] = sums["gross"] - sums["discount"] - sums["refund"]
        keys = ("orders", "lines", "units", "gross", "discount", "refund", "net")
        report.totals = {key: round(float(sums[key]), 2) for key in keys}
        report.totals |= {key: round(float(value), 2) for key, value in sums.items() if key not in keys and value}
        report.file_totals = {key: round(float(value), 2) for key, value in self._stated.items()} or None
        report.rows_rejected = len({reject.line for reject in self._rejects})
        report.rows_loaded = max(
            0, report.rows_read - report.rows_rejected - report.rows_duplicate - report.rows_updated
        )
        report.currency = transformer.conventions.currency or report.currency
        report.notes += transformer.conventions.notes + self.reading.table.notes + list(transformer.profile.notes)
        report.notes += [f"{said} ({times:,})." for said, times in sorted(transformer.flagged.items())]
        if len(report.differences) > MOST_DIFFERENCES:
            report.notes.append(f"{len(report.differences):,} differences; the first {MOST_DIFFERENCES} are listed.")
            report.differences = report.differences[:MOST_DIFFERENCES]
        report.lines_skipped.sort(key=lambda item: item["line"])
        report.seconds = round(seconds, 3)

    def _end(self, db: Database) -> None:
        report = self.report
        if report.currency is None:
            report.currency = self._stored_currency(db)
        if self.reading.mapped is not None and self.reading.proposal is not None:
            mapping = {c.column: c.meaning for c in self.reading.proposal.columns if c.meaning}
            db.execute(
                "INSERT INTO mappings (header_hash, name, mapping, accepted_at) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (header_hash) DO UPDATE SET mapping = excluded.mapping, accepted_at = excluded.accepted_at",
                [
                    self.reading.header_hash, report.profile, json.dumps(mapping, ensure_ascii=False),
                    datetime.now(UTC).isoformat(timespec="seconds"),
                ],
            )  # fmt: skip
        db.execute(
            "UPDATE imports SET currency = ?, rows_read = ?, rows_loaded = ?, rows_rejected = ?, rows_duplicate = ?, "
            "rows_updated = ?, "
            "period_from = ?, period_to = ?, seconds = ?, report_json = ? WHERE id = ?",
            [
                report.currency, report.rows_read, report.rows_loaded, report.rows_rejected, report.rows_duplicate,
                report.rows_updated, report.period["from"], report.period["to"], report.seconds,
                json.dumps(report.as_json(), ensure_ascii=False), report.import_id,
            ],
        )  # fmt: skip

    def _stored_currency(self, db: Database) -> str | None:
        for table in self.report.tables:
            if "currency" in profiles.table_columns(table):
                found = db.execute(
                    f"SELECT DISTINCT currency FROM {table} WHERE import_id = ? AND currency IS NOT NULL LIMIT 2",
                    [self.report.import_id],
                ).fetchall()
                if len(found) == 1:
                    return str(found[0][0])
        return None

    def _note_overlaps(self, db: Database) -> None:
        """Say when rows over a span of days lie beside rows of other spans or reports: their sum would count twice."""
        report = self.report
        for table in {"ads", "sessions"} & set(report.tables):
            spans = db.execute(
                f"SELECT DISTINCT t.import_id, t.day, coalesce(t.day_to, t.day), i.profile FROM {table} t "
                "JOIN imports i ON i.id = t.import_id WHERE t.platform = ? AND t.day IS NOT NULL ORDER BY 1, 2, 3",
                [report.platform],
            ).fetchall()
            mine = {(day, end) for owner, day, end, _ in spans if owner == report.import_id}
            for owner, day, end, profile in spans:
                if owner == report.import_id:
                    continue
                other = profile != report.profile
                if any(a <= end and day <= z and (other or (a, z) != (day, end)) for a, z in mine):
                    report.notes.append(
                        f"Import {owner} speaks of some of the same days in another way ({profile}, {day} to {end}): "
                        "add up only one of the two."
                    )
                    break

    def _write_rejects(self, shop: Path) -> None:
        """Write the rows that were not loaded, with all of their cells, beside the shop."""
        assert self.transformer is not None and self.report.import_id is not None
        table, names = self.reading.table, self.reading.names
        if len(self.transformer.positions) < len(names):
            wanted = {reject.line: reject.reason for reject in self._rejects}
            for batch in table.batches(self.reading.first, len(names), list(range(len(names)))):
                here = batch.lines.is_in(list(wanted))
                for line, cells in zip(batch.lines.filter(here), batch.frame.filter(here).iter_rows(), strict=True):
                    self._whole[line] = Reject(line, wanted[line], cells)
        path = rejects.rejects_path(shop, table.file, table.sheet, self.report.import_id)
        once = {reject.line: reject for reject in reversed(self._rejects)}
        rejects.write(path, names, [self._whole.get(line, reject) for line, reject in once.items()])
        self.report.rejects_file = str(path)

    def forget_rejects(self) -> None:
        """Remove the rejects file of an import that came to nothing."""
        if self.report.rejects_file is not None:
            Path(self.report.rejects_file).unlink(missing_ok=True)


def _prepare(table: Table, settings: ImportSettings, store: Store, path: Path, digest: str, tables: int) -> _Item:
    reading = read_header(table, settings, store)
    match = reading.match
    file = (
        str(path)
        if "/" not in table.file
        else str(path.with_name(table.file.split("/", 1)[0])) + "/" + table.file.split("/", 1)[1]
    )
    report = ImportReport(
        file=file,
        sheet=table.sheet,
        encoding=table.encoding,
        encoding_runner_up=table.runner_up,
        delimiter=table.delimiter,
        lines_skipped=[{"line": line, "reason": reason} for line, reason in reading.skipped],
        columns=[c.as_json() for c in reading.column_guesses()],
    )
    if match is None:
        report.reason = "no profile knows these columns; accept or change the proposed mapping"
        report.report = reading.proposal.family if reading.proposal else None
        report.confidence = round(reading.proposal.confidence, 3) if reading.proposal else 0.0
        report.rows_read = max(0, table.records() - reading.first)
        return _Item(reading, report, None, digest, path)
    report.profile = reading.mapped or match.profile.name
    report.platform, report.report = match.profile.platform, match.profile.report
    report.confidence, report.reason = round(match.confidence, 3), match.reason
    if match.version:
        report.language, report.version = match.version.language, match.version.name or None
    namespace = match.profile.platform if reading.mapped is None else f"file-{reading.header_hash}"
    transformer = Transformer(reading, settings, namespace)
    transformer.survey()
    if transformer.conventions.questions:
        report.questions = transformer.conventions.questions
        report.rows_read = max(0, table.records() - reading.first)
        report.notes.append("Nothing was loaded: these dates can be read in two ways. Say which with the date order.")
        return _Item(reading, report, None, digest, path)
    key = digest if tables == 1 else f"{digest}/{table.sheet or table.file}"
    return _Item(reading, report, transformer, key, path)


def _content_hash(path: Path) -> str:
    digest = hashlib.blake2b(digest_size=16)
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise InputFileError(f"this file cannot be read: {error.strerror}.", file=str(path)) from error
    return digest.hexdigest()
