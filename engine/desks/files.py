"""A seller's own file as a table, for verbs that read `--in FILE`: by the one reader that `import` uses as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.desks.base import load
from engine.desks.registry import READER

if TYPE_CHECKING:
    import polars as pl


def read_table(source: str, columns: Sequence[str] = ()) -> pl.DataFrame:
    """The rows of a file, cells as text where the file states no kinds, in the file's order.

    Args:
        source: a path, or `-` for JSON Lines on standard input.
        columns: names that must be there; they also tell which row is the header, and which sheet is meant.

    Raises:
        InputFileError: the file cannot be read.
        UsageError: this kind of file is not one of tables, or a column is not there.
    """
    frame: pl.DataFrame = load(READER)(source, columns=columns)
    return frame
