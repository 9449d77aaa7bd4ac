"""Parquet as a table."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import InputFileError
from engine.importing import binary
from engine.importing.delimited import Batch, Record
from engine.importing.reading.tables import BATCH_ROWS, HEAD_RECORDS, Table

if TYPE_CHECKING:
    import polars as pl


class ParquetTable(Table):
    """Parquet; rows count from 1."""

    def __init__(self, file: str, path: Path) -> None:
        import polars as pl

        super().__init__(file)
        self.keyed = True
        with _understood("this Parquet file", file):
            self._scan = pl.scan_parquet(path, glob=False)
            self._schema = self._scan.collect_schema()
            self.types = {
                name: "integer" if kind.is_integer() else "number"
                for name, kind in self._schema.items()
                if kind.is_integer() or kind.is_float()
            }
            self._count = int(self._scan.select(pl.len()).collect().item())

    def _text(self, first: int, count: int, names: list[str]) -> pl.DataFrame:
        import polars as pl

        with _understood("this Parquet file", self.file):
            part = self._scan.select(names).slice(first, count).collect()
            columns = []
            for name in names:
                column = part[name]
                if column.dtype.is_nested():
                    texts = [None if v is None else str(v) for v in column.to_list()]
                    column = pl.Series(name, texts, dtype=pl.String)
                elif column.dtype == pl.Binary:
                    column = column.cast(pl.String, strict=False)
                else:
                    column = column.cast(pl.String)
                columns.append(column)
            return pl.DataFrame(columns)

    def head(self) -> list[Record]:
        names = list(self._schema)
        rows = self._text(0, HEAD_RECORDS, names).iter_rows()
        return [
            Record(0, tuple(names)),
            *(Record(i, tuple("" if c is None else c for c in row)) for i, row in enumerate(rows, 1)),
        ]

    def records(self) -> int:
        return self._count + 1

    def batches(self, first: int, width: int, columns: list[int]) -> Iterator[Batch]:
        import polars as pl

        names = list(self._schema)
        for at in range(0, self._count, BATCH_ROWS):
            part = self._text(at, BATCH_ROWS, [names[i] for i in columns])
            part.columns = [str(i) for i in columns]
            yield Batch(part, pl.Series(range(at + 1, at + 1 + part.height), dtype=pl.Int64))


@contextlib.contextmanager
def _understood(what: str, name: str) -> Iterator[None]:
    """Turn what a reading library says of a damaged file, or its panic, into a message that names the file."""
    try:
        yield
    except (InputFileError, MemoryError, OSError):
        raise
    except BaseException as error:
        # Libraries written in Rust panic with an exception of their own, which is no `Exception`.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        said = str(error).strip().splitlines()[:1] or ["it is damaged"]
        raise binary.unreadable(name, what, said[0]) from error
