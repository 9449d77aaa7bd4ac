"""The export room's door: what to write, and where to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import UsageError
from engine.exporting import files, sheets
from engine.jobs import JobContext

if TYPE_CHECKING:
    from engine.exporting.sheets import Sheet
    from engine.shop import Shop


@dataclass(frozen=True)
class Exported:
    """What was written: the files, how many rows (or profiles) in all, and what the seller should know."""

    files: tuple[Path, ...]
    rows: int
    notes: tuple[str, ...] = ()


def export(
    shop: Shop,
    what: str,
    to: Path,
    *,
    finding: int | str | None = None,
    only: Collection[int] | None = None,
    sql: str | None = None,
    force: bool = False,
    context: JobContext | None = None,
) -> Exported:
    """Write a part of a shop to a file, whole or not at all.

    Args:
        shop: the shop.
        what: one of `sheets.WHATS`, or any table or view; ignored with `sql`.
        to: a file that ends in .csv, .xlsx, .json, .md or .html; .toml for profiles.
        finding: whose evidence; all current findings' when None.
        only: the ids of the findings to write; all current ones when None.
        sql: a read-only query to export instead.
        force: whether a file of that name may be replaced.
        context: reports progress, obeys the cancel flag.

    Raises:
        UsageError: there is nothing of that name, no such format, or the file exists.
        ShopError: the query is wrong or takes longer than a minute.
        Cancelled: the seller stopped it; nothing was written.
    """
    context = context or JobContext()
    if what == "profiles" and sql is None:
        return _profiles(shop, to, force=force)
    if to.suffix.lower() not in files.WRITERS:
        raise UsageError(f"{to.name}: this is no format to export to.", todo=f"Use one of {', '.join(files.WRITERS)}.")
    return export_sheet(_sheet(shop, what, finding, only, sql), to, force=force, context=context)


def export_sheet(sheet: Sheet, to: Path, *, force: bool = False, context: JobContext | None = None) -> Exported:
    """Write one sheet to a file, whole or not at all; raises as `export` does."""
    files.write(sheet, to, context or JobContext(), force=force)
    return Exported((to,), sheet.count, sheet.notes)


def _sheet(shop: Shop, what: str, finding: int | str | None, only: Collection[int] | None, sql: str | None) -> Sheet:
    if sql is not None:
        return sheets.of_query(shop.store, sql)
    if what == "findings":
        return sheets.of_findings(shop, only)
    if what == "evidence":
        return sheets.of_evidence(shop, finding)
    if what == "rejects":
        return sheets.of_rejects(shop)
    return sheets.of_table(shop.store, what)


def _profiles(shop: Shop, to: Path, *, force: bool) -> Exported:
    """Every mapping accepted in the shop as a profile; several go to `name.toml`, `name-2.toml`, and so on."""
    from engine.importing.desk import learned_profiles

    if to.suffix.lower() != ".toml":
        raise UsageError(f"{to.name}: profiles are TOML.", todo="Name a file that ends in .toml.")
    texts = learned_profiles(shop.store)
    if not texts:
        raise UsageError(
            "no mapping was accepted in this shop, so there is no profile to export.",
            todo="Accepting the columns of an unknown file makes one.",
        )
    paths = [to if number == 1 else to.with_stem(f"{to.stem}-{number}") for number in range(1, len(texts) + 1)]
    for path, text in zip(paths, texts, strict=True):
        with files.replacing(path, force=force) as partial:
            partial.write_text(text, encoding="utf-8")
    return Exported(tuple(paths), len(paths))
