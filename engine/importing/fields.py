"""The fields of some rows while they are cleaned, and what is left over of their cells."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.importing import cleaning
from engine.importing.conventions import NUMERIC_KINDS

if TYPE_CHECKING:
    import polars as pl


class Fields:
    """The fields of some rows while they are cleaned.

    Attributes:
        values: field to its typed values.
        asides: field to the cells that could not be read and are kept as they are.
        reasons: why a row cannot be taken, null where it can; None while every row can.
    """

    def __init__(self, height: int) -> None:
        self._height = height
        self.values: dict[str, pl.Series] = {}
        self.asides: dict[str, pl.Series] = {}
        self.reasons: pl.Series | None = None

    def lacks(self, name: str, kind: str) -> None:
        """Enter a field for which the file has no column."""
        import polars as pl

        self.values[name] = pl.Series(name, [None] * self._height, dtype=_type_of(kind))
        if name == "status":
            self.values["status_original"] = pl.Series("status_original", [None] * self._height, dtype=pl.String)

    def refuse(self, where: pl.Series, said: pl.Series | str) -> None:
        """Refuse rows for a reason; a row that was refused before keeps its first one."""
        import polars as pl

        if not where.any():
            return
        reason = pl.lit(said) if isinstance(said, str) else pl.col("said")
        columns = {"where": where} if isinstance(said, str) else {"where": where, "said": said}
        now = pl.DataFrame(columns).select(pl.when(pl.col("where")).then(reason)).to_series()
        if self.reasons is not None:
            now = pl.DataFrame({"a": self.reasons, "b": now}).select(pl.coalesce("a", "b")).to_series()
        self.reasons = now

    def frame(self, line: pl.Series, extra: pl.Series) -> pl.DataFrame:
        """A column per field, `line` and `extra`."""
        import polars as pl

        return pl.DataFrame(list(self.values.values())).with_columns(line, extra)


def _type_of(kind: str) -> type[pl.DataType]:
    import polars as pl

    if kind in NUMERIC_KINDS or kind == "stars":
        return pl.Float64
    return pl.Int64 if kind in ("flag", "stocked") else pl.String


def _escaped(cells: pl.Series) -> pl.Series:
    """Cells as JSON writes them between quotes."""
    if not cells.str.contains(r'["\\\x00-\x1f]').any():
        return cells
    escaped = cells.str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
    escaped = escaped.str.replace_all("\n", "\\n", literal=True).str.replace_all("\t", "\\t", literal=True)
    return escaped.str.replace_all(r"[\x00-\x1f]", " ")


def as_json(columns: Mapping[str, pl.Series], height: int) -> pl.Series:
    """Cells under their columns' names as one JSON object a row; null where there are none."""
    import polars as pl

    parts, data = [], {}
    for number, (name, column) in enumerate(columns.items()):
        cells = cleaning.blank_to_null(column)
        if cells.null_count() == len(cells):
            continue
        data[str(number)] = _escaped(cells.str.strip_chars())
        prefix = json.dumps(name, ensure_ascii=False) + ': "'
        parts.append(pl.concat_str(pl.lit(prefix), pl.col(str(number)), pl.lit('"')))
    if not parts:
        return pl.Series("extra", [None] * height, dtype=pl.String)
    joined = pl.concat_str(parts, separator=", ", ignore_nulls=True)
    return (
        pl.DataFrame(data)
        .select(pl.when(joined != "").then(pl.concat_str(pl.lit("{"), joined, pl.lit("}"))).alias("extra"))
        .to_series()
    )
