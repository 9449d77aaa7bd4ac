"""A seller's own file, for verbs that read `--in FILE`: by the one reader that `import` uses as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.desks.base import load
from engine.desks.registry import READER

if TYPE_CHECKING:
    import polars as pl


def read_table(
    source: str | Path,
    columns: Sequence[str] = (),
    *,
    kinds: Mapping[str, str] | None = None,
    sheet: str | None = None,
    headed: bool = False,
) -> pl.DataFrame:
    """The rows of a file in its order, under the names of its own columns; see `engine.importing.table.read_table`.

    Args:
        source: a path to whatever `import` opens, or `-` for JSON Lines on standard input.
        columns: names that must be there.
        kinds: columns to read as values: `money`, `number`, `moment`, `day`, `stars`, `flag`, `id`, `text` or `prose`.
        sheet: of a workbook, or the member of an archive.
        headed: the first row names the columns, whatever it says.

    Raises:
        InputFileError: the file cannot be read, or a cell is no value of its kind.
        UsageError: a column or sheet is not there.
    """
    frame: pl.DataFrame = load(READER)(source, columns=columns, kinds=kinds, sheet=sheet, headed=headed)
    return frame


def read_texts(source: str, column: str, id_column: str | None = None) -> tuple[list[Any], list[str]]:
    """One text per row; empty cells become empty texts, so that rows keep their order and number.

    Args:
        column: the column with the text.
        id_column: the column that names a row; row numbers from 1 when None.

    Returns:
        Ids and texts, in input order. Raises as `read_table`.
    """
    frame = read_table(source, columns=(column, *([id_column] if id_column else [])))
    texts = ["" if text is None else str(text) for text in frame[column].to_list()]
    return (frame[id_column].to_list() if id_column else list(range(1, len(texts) + 1))), texts
