"""The import desk's door: what a file is, loading it in one transaction, and taking an import back."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import InputFileError, ShopError, UsageError
from engine.importing import link, matching, news, own, profiles, review_links
from engine.importing import mapping as mappings
from engine.importing.item import Item, prepare
from engine.importing.reading import Table, open_file
from engine.importing.recognise import read_header
from engine.importing.report import ImportReport, ImportSettings, Recognition
from engine.importing.traces import forget_traces, remove_rejects
from engine.importing.transform import Transformer
from engine.importing.undo import undo_rows
from engine.jobs import JobContext
from engine.store.tables import IMPORTED

if TYPE_CHECKING:
    from engine.store.database import Store

SAMPLE_ROWS = 8


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
    with open_file(path, matching.header_words(), encoding=settings.encoding, delimiter=settings.delimiter) as opened:
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
    with open_file(path, matching.header_words(), encoding=settings.encoding, delimiter=settings.delimiter) as opened:
        digest = _content_hash(path)
        if len(opened.tables) == 1 and own.table_of(opened.tables[0]) is not None:
            return [own.import_table(store, opened.tables[0], path, digest, settings, context)]
        prepared = [prepare(table, settings, store, path, digest, len(opened.tables)) for table in opened.tables]
        loadable = [item for item in prepared if item.transformer is not None]
        if settings.dry_run:
            for item in loadable:
                item.run(None, context)
        elif loadable:
            with _whole_or_nothing(store, path, loadable), store.write() as db:
                # Room for the indices of a large file; it holds for this connection only.
                db.execute("PRAGMA cache_size = -65536")
                linker, since = link.Linker(db), review_links.Since.now(db)
                for item in loadable:
                    item.run(db, context, linker, shop=store.path)
                if any(item.loaded for item in loadable):
                    stage = context.stage("linking products", 1, "steps")
                    if any(item.relink for item in loadable):
                        linker = link.Linker(db)
                    imports = [i.report.import_id for i in loadable if i.loaded and i.report.import_id is not None]
                    moved = linker.finish()
                    review_links.link_reviews(db, None if moved else replace(since, imports=tuple(imports)))
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
def _whole_or_nothing(store: Store, path: Path, items: list[Item]) -> Iterator[None]:
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
        review_links.forget_review_links(db)
        removed, restored = undo_rows(db, import_id, list(IMPORTED))
        link.link(db)
        review_links.link_reviews(db)
        news.tell(db, import_id)
        written = forget_traces(db, import_id)
    remove_rejects(store.path, written)
    return {"rows_removed": removed, "rows_restored": restored}


def learned_profiles(store: Store) -> list[str]:
    """Every mapping accepted in this shop, as the TOML text of a profile (see `profiles.load`)."""
    texts = []
    for row in store.rows("SELECT mapping FROM mappings ORDER BY accepted_at, header_hash"):
        mapping: dict[str, str] = json.loads(row["mapping"])
        family = mappings.family_of(list(mapping.values()))
        if family is not None:
            texts.append(profiles.as_toml(mappings.profile_of(mapping, family, list(mapping))))
    return texts


def _content_hash(path: Path) -> str:
    digest = hashlib.blake2b(digest_size=16)
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise InputFileError(f"this file cannot be read: {error.strerror}.", file=str(path)) from error
    return digest.hexdigest()
