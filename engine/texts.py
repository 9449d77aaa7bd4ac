"""Texts to label from a file that is not part of a shop: one column of a table, as it comes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import InputFileError, UsageError

if TYPE_CHECKING:
    import polars as pl

TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet", ".xlsx")


def read_texts(source: str, column: str, id_column: str | None = None) -> tuple[list[Any], list[str]]:
    """Read one text per row.

    Args:
        source: a file ending in one of `TABLE_SUFFIXES`, or `-` for JSON Lines on standard input.
        column: the column with the text; empty cells become empty texts, so that rows keep their order and number.
        id_column: the column that names a row; row numbers from 1 when None.

    Returns:
        Ids and texts, in input order.

    Raises:
        InputFileError: the file cannot be read, or a line is no JSON object.
        UsageError: the kind of file or the column is not known.
    """
    records, name = _records(source)
    return _picked(records, column, id_column, name)


def read_table(source: str) -> pl.DataFrame:
    """The rows of a file as a frame, cells as the file has them; raises as `read_texts`."""
    import polars as pl

    records, _ = _records(source)
    return pl.DataFrame(records, infer_schema_length=None, strict=False)


def _records(source: str) -> tuple[list[dict[str, Any]], str]:
    """The rows of a file, or of standard input, and what to call it in messages."""
    if source == "-":
        return _json_lines(sys.stdin.read().split("\n"), "standard input"), "standard input"
    path = Path(source)
    suffix = path.suffix.lower()
    if suffix not in TABLE_SUFFIXES:
        raise UsageError(f"{path.name}: texts are read from {', '.join(TABLE_SUFFIXES)} files.")
    if not path.is_file():
        raise InputFileError("there is no such file.", file=str(path))
    if suffix == ".jsonl":
        # Not splitlines(): a text may hold U+2028 or U+0085, which do not end a JSON line.
        lines = path.read_text(encoding="utf-8-sig", errors="replace").split("\n")
        return _json_lines(lines, path.name), path.name
    return _table(path, suffix), path.name


def _json_lines(lines: list[str], name: str) -> list[dict[str, Any]]:
    records = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputFileError("this line is not JSON.", file=name, line=number, todo=str(error)) from error
        if not isinstance(record, dict):
            raise InputFileError("this line is no JSON object.", file=name, line=number)
        records.append(record)
    return records


def _table(path: Path, suffix: str) -> list[dict[str, Any]]:
    import polars as pl

    try:
        if suffix == ".parquet":
            frame = pl.read_parquet(path)
        elif suffix == ".xlsx":
            frame = pl.read_excel(path, infer_schema_length=0)
        else:
            frame = pl.read_csv(
                path,
                separator="\t" if suffix == ".tsv" else ",",
                infer_schema=False,
                encoding="utf8-lossy",
                truncate_ragged_lines=True,
            )
    except pl.exceptions.PolarsError as error:
        raise InputFileError(f"this file cannot be read as a table: {error}", file=path.name) from error
    return frame.to_dicts()


def _picked(
    records: list[dict[str, Any]], column: str, id_column: str | None, name: str
) -> tuple[list[Any], list[str]]:
    known: dict[str, None] = {}
    for record in records:
        known.update(dict.fromkeys(record))
    for wanted in (column, id_column):
        if records and wanted is not None and wanted not in known:
            raise UsageError(f"{name} has no column {wanted!r}; it has: {', '.join(known)}.")
    ids = [record.get(id_column) if id_column else number for number, record in enumerate(records, 1)]
    return ids, ["" if record.get(column) is None else str(record[column]) for record in records]
