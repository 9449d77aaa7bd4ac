"""One table of a file on its way into the shop: read, added up, loaded, and entered among the imports."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from engine.importing import ledger, link, load, profiles, rejects
from engine.importing.reading import Table
from engine.importing.recognise import Reading, read_header
from engine.importing.report import ImportReport, ImportSettings
from engine.importing.totals import Totals
from engine.importing.transform import Reject, Rows, Transformer
from engine.jobs import JobContext

if TYPE_CHECKING:
    from sqlite_utils import Database

    from engine.store.database import Store

MOST_DIFFERENCES = 200


class Item:
    """One table of a file on its way into the shop."""

    def __init__(
        self, reading: Reading, report: ImportReport, transformer: Transformer | None, source: ledger.Source
    ) -> None:
        self.reading, self.report, self.transformer, self._source = reading, report, transformer, source
        self._rejects: list[Reject] = []
        self._whole: dict[int, Reject] = {}
        self._totals = Totals(set(transformer.profile.tables) if transformer else set())
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
        if db is not None and (earlier := ledger.earlier(db, self._source, report.profile)) is not None:
            report.already_imported = report.import_id = earlier
            report.rows_read = report.rows_duplicate = max(0, self.reading.table.records() - self.reading.first)
            report.notes.append(f"This is the same content as import {earlier}; nothing was added.")
            return
        loader = None
        if db is not None and linker is not None:
            platform, sheet = transformer.profile.platform, self.reading.table.sheet
            loader = load.Loader(
                db, linker, ledger.begin(db, self._source, report), platform, sheet, transformer.namespace
            )
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

    def _count(self, rows: Rows) -> None:
        report = self.report
        report.rows_read += rows.read
        self._rejects += rows.rejects
        report.lines_skipped += [{"line": line, "reason": reason} for line, reason in rows.skipped]
        report.differences += rows.differences
        for what, value in rows.stated.items():
            self._stated[what] += value
        for table, frame in rows.tables.items():
            self._totals.add(table, frame)

    def _finish(self, seconds: float) -> None:
        assert self.transformer is not None
        report, transformer = self.report, self.transformer
        self._totals.write(report)
        report.file_totals = {key: round(float(value), 2) for key, value in self._stated.items()} or None
        report.rows_rejected = len({reject.line for reject in self._rejects})
        report.rows_loaded = max(
            0, report.rows_read - report.rows_rejected - report.rows_duplicate - report.rows_updated
        )
        if report.totals_by_currency is None:
            report.currency = transformer.conventions.currency or report.currency
        elif report.file_totals is not None:
            # What a file states was added up over its currencies as well.
            report.file_totals = {key: value for key, value in report.file_totals.items() if key == "rows"} or None
        report.notes += transformer.conventions.notes + self.reading.table.notes + list(transformer.profile.notes)
        report.notes += [f"{said} ({times:,})." for said, times in sorted(transformer.flagged.items())]
        if len(report.differences) > MOST_DIFFERENCES:
            report.notes.append(f"{len(report.differences):,} differences; the first {MOST_DIFFERENCES} are listed.")
            report.differences = report.differences[:MOST_DIFFERENCES]
        report.lines_skipped.sort(key=lambda item: item["line"])
        report.seconds = round(seconds, 3)

    def _end(self, db: Database) -> None:
        report = self.report
        if report.currency is None and report.totals_by_currency is None:
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
        ledger.finish(db, report)

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


def prepare(table: Table, settings: ImportSettings, store: Store, path: Path, digest: str, tables: int) -> Item:
    """What a table of a file is, and how it will be loaded; without a transformer nothing can be loaded yet.

    Args:
        path, digest: the file and the hash of its content, which holds so many `tables`.
    """
    reading = read_header(table, settings, store)
    match = reading.match
    report = _report_of(table, reading, path)
    source = ledger.Source(table.file, path, digest if tables == 1 else f"{digest}/{table.sheet or table.file}")
    if match is None:
        report.reason = "no profile knows these columns; accept or change the proposed mapping"
        report.report = reading.proposal.family if reading.proposal else None
        report.confidence = round(reading.proposal.confidence, 3) if reading.proposal else 0.0
        report.rows_read = max(0, table.records() - reading.first)
        return Item(reading, report, None, source)
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
        return Item(reading, report, None, source)
    return Item(reading, report, transformer, source)


def _report_of(table: Table, reading: Reading, path: Path) -> ImportReport:
    archive, inside, member = table.file.partition("/")
    return ImportReport(
        file=f"{path.with_name(archive)}/{member}" if inside else str(path),
        sheet=table.sheet,
        encoding=table.encoding,
        encoding_runner_up=table.runner_up,
        delimiter=table.delimiter,
        lines_skipped=[{"line": line, "reason": reason} for line, reason in reading.skipped],
        columns=[c.as_json() for c in reading.column_guesses()],
    )
