"""Delimited text: its delimiter, its records with their physical lines, and frames of text cells.

A record is found by the parity of quotes (RFC 4180), in one vectorised pass over the bytes, which also counts the
cells of every record. Where quotes are used in another way, a slower line-wise reader takes over, so that a stray
inch mark never swallows the rest of a file.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import InputFileError

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

DELIMITERS = (",", "\t", ";", "|")
HEAD_BYTES = 1 << 18
BATCH_BYTES = 12 << 20
LONGEST_QUOTED = 2_000

csv.field_size_limit(1 << 27)


@dataclass(frozen=True)
class Record:
    """One record: its first physical line (from 1), its cells, and its text as it stands in the file."""

    line: int
    cells: tuple[str, ...]
    raw: str = ""


@dataclass
class Index:
    """Where records begin (byte offsets, one more for the end), on which line, and how many cells each has."""

    starts: np.ndarray[Any, Any]
    lines: np.ndarray[Any, Any]
    cells: np.ndarray[Any, Any]
    regular: bool


@dataclass(frozen=True)
class Batch:
    """Text cells in columns `0`, `1`, … (as strings) with the first physical line of each record.

    `ragged` lists records whose cells do not fit the header: line, cells, reason; they are not in the frame. `short`
    counts records that end before the header does, whose missing cells are null.
    """

    frame: pl.DataFrame
    lines: pl.Series
    ragged: tuple[tuple[int, tuple[str, ...], str], ...] = ()
    short: int = 0


def stated_delimiter(first_line: str) -> str | None:
    """The delimiter of a `sep=;` first line."""
    match = re.fullmatch(r'"?sep=(.)"?[,;\t]*', first_line.strip("\ufeff\r\n "))
    if match:
        return match.group(1)
    return "\t" if re.fullmatch(r'"?sep=(\\t|\t)"?\s*', first_line.strip("\ufeff\r\n")) else None


def sniff(text: str) -> str:
    """The delimiter under which the records of `text` agree best on their number of cells."""
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        counts = [len(record.cells) for record in parse(text, delimiter, limit=200) if any(record.cells)]
        if not counts:
            continue
        width, times = max(Counter(counts).items(), key=lambda item: (item[0] > 1, item[1] * item[0], item[0]))
        if width < 2:
            continue
        # Agreement counts most; more columns break ties, so that a comma inside a semicolon file does not win.
        score = times / len(counts) + min(width, 60) / 100
        if score > best_score:
            best, best_score = delimiter, score
    return best


def quotes_used(text: str, delimiter: str) -> bool:
    """Whether quotes enclose cells here; in Amazon's flat files they are ordinary characters."""
    if delimiter != "\t":
        return True
    opening = len(re.findall(r'(?:^|\t)"', text, re.MULTILINE))
    closing = len(re.findall(r'"(?:\r?$|\t)', text, re.MULTILINE))
    return bool(opening) and closing >= 0.8 * opening


def parse(
    text: str,
    delimiter: str,
    *,
    limit: int | None = None,
    quoted: bool = True,
    line: int = 1,
    width: int | None = None,
) -> list[Record]:
    """Records of `text`; a quote that never closes is an ordinary character of its line.

    So is one that closes only lines below, where with it the record has another number of cells than the header and
    without it the line has the right one: it would swallow the rows between.

    Args:
        text: whole lines with `\\n` line ends.
        delimiter: between cells.
        limit: at most so many records.
        quoted: whether quotes enclose cells.
        line: number of the first line.
        width: how many cells the header has, if it is known.
    """
    records: list[Record] = []
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    at = 0
    while at < len(lines) and (limit is None or len(records) < limit):
        raw = lines[at].removesuffix("\r")
        if not quoted or '"' not in raw:
            records.append(Record(line + at, tuple(raw.split(delimiter)), raw))
            at += 1
            continue
        taken = _quoted_record(lines, at, delimiter)
        if taken is None or (taken[1] > 1 and width is not None and len(taken[0]) != width):
            alone = _line_alone(lines[at], delimiter)
            if taken is None or len(alone) == width:
                taken = alone, 1
        cells, used = taken
        records.append(Record(line + at, cells, "\n".join(lines[at : at + used]).removesuffix("\r")))
        at += used
    return records


def _line_alone(row: str, delimiter: str) -> tuple[str, ...]:
    """Cells of one line; a quote that does not close in it is an ordinary character."""
    cells: list[str] = []
    rest = row.removesuffix("\r")
    while True:
        taken = _quoted_record([rest], 0, delimiter) if rest.startswith('"') else None
        if taken is not None:
            return (*cells, *taken[0])
        cell, found, rest = rest.partition(delimiter)
        cells.append(cell)
        if not found:
            return tuple(cells)


def _quoted_record(lines: list[str], at: int, delimiter: str) -> tuple[tuple[str, ...], int] | None:
    """Cells of the record that begins at `lines[at]` and how many lines it takes; None when a quote never closes."""
    cells: list[str] = []
    row, position, used = lines[at], 0, 1
    while True:
        if position < len(row) and row[position] == '"':
            closed = _closing(lines, at, used, row, position + 1)
            if closed is None:
                return None
            row, end, used = closed
            value = row[position + 1 : end].replace('""', '"')
            stop = row.find(delimiter, end + 1)
            # Characters between the closing quote and the delimiter belong to the cell: nothing is dropped.
            tail = row[end + 1 : stop if stop >= 0 else len(row)].removesuffix("\r" if stop < 0 else "")
            cells.append(value + tail)
        else:
            stop = row.find(delimiter, position)
            cells.append(row[position : stop if stop >= 0 else len(row)].removesuffix("\r" if stop < 0 else ""))
        if stop < 0:
            return tuple(cells), used
        position = stop + 1


def _closing(lines: list[str], at: int, used: int, row: str, position: int) -> tuple[str, int, int] | None:
    """Extend `row` by further lines until the quote opened before `position` closes."""
    while True:
        end = row.find('"', position)
        if end < 0:
            if at + used >= len(lines) or used > LONGEST_QUOTED:
                return None
            position = len(row)
            row = row + "\n" + lines[at + used]
            used += 1
        elif row.startswith('""', end):
            position = end + 2
        else:
            return row, end, used


def index(path: Path, delimiter: str, *, quoted: bool, skip: int = 0) -> Index:
    """Find every record of a UTF-8 file with `\\n` or `\\r\\n` line ends.

    Args:
        path: the file.
        delimiter: between cells.
        quoted: whether quotes enclose cells.
        skip: bytes before the text (a byte order mark).
    """
    import numpy as np

    comma = ord(delimiter)
    starts, lines, cells = [np.array([skip], np.int64)], [np.array([1], np.int32)], []
    regular = True
    parity, line, offset, open_cells = 0, 1, skip, 0
    previous = ord("\n")
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(skip)
        while block := file.read(8 << 20):
            data = np.frombuffer(block, np.uint8)
            ends = data == 10
            splits = data == comma
            record_ends, parity, fits = _record_ends(data, ends, splits, comma, previous, parity if quoted else None)
            regular = regular and fits
            if record_ends.size:
                counts = _cells_of(splits, record_ends)
                counts[0] += open_cells
                # Without quotes every line end ends a record; with them, some lie inside a cell.
                line_ends = np.flatnonzero(ends) if quoted else record_ends
                passed = _lines_passed(line_ends, record_ends)
                cells.append(counts + 1)
                starts.append(record_ends + 1 + offset)
                lines.append(passed + np.int32(line))
                open_cells = int(splits[record_ends[-1] + 1 :].sum())
                line += int(line_ends.size)
            else:
                open_cells += int(splits.sum())
                line += int(ends.sum())
            offset += len(block)
            previous = block[-1]
    cells.append(np.array([open_cells + 1], np.int32))
    all_starts = np.concatenate(starts)
    all_lines = np.concatenate(lines)
    all_cells = np.concatenate(cells)
    if all_starts[-1] >= size:
        all_lines, all_cells = all_lines[:-1], all_cells[:-1]
    else:
        all_starts = np.append(all_starts, size)
    return Index(all_starts, all_lines, all_cells, regular and not parity)


def _cells_of(splits: np.ndarray[Any, Any], record_ends: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """How many delimiters each record of a block holds."""
    import numpy as np

    begins = np.concatenate(([0], record_ends[:-1] + 1))
    return np.add.reduceat(splits[: record_ends[-1] + 1], begins, dtype=np.int32)


def _lines_passed(line_ends: np.ndarray[Any, Any], record_ends: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """How many lines of a block have ended where each record ends."""
    import numpy as np

    if line_ends.size == record_ends.size:
        return np.arange(1, record_ends.size + 1, dtype=np.int32)
    return np.searchsorted(line_ends, record_ends, side="right").astype(np.int32)


def _record_ends(
    data: np.ndarray[Any, Any],
    ends: np.ndarray[Any, Any],
    splits: np.ndarray[Any, Any],
    comma: int,
    previous: int,
    parity: int | None,
) -> tuple[np.ndarray[Any, Any], int, bool]:
    """Where the records of a block end, and whether it ends inside quotes, which lie as they should.

    `parity` says whether the block begins inside quotes, None where quotes mean nothing. Cells do not end inside quotes: there
    `splits` is cleared.
    """
    import numpy as np

    quotes = data == 34
    if parity is None or not (parity or quotes.any()):
        return np.flatnonzero(ends), 0, True
    inside = np.bitwise_xor.accumulate(quotes.view(np.uint8))
    if parity:
        inside ^= 1
    outside = inside == 0
    splits &= outside
    return np.flatnonzero(ends & outside), int(inside[-1]), _regular(data, quotes, inside, comma, previous)


def _regular(
    data: np.ndarray[Any, Any], quotes: np.ndarray[Any, Any], inside: np.ndarray[Any, Any], comma: int, previous: int
) -> bool:
    """Whether every quote of this block opens at the start of a cell, closes at its end, or is doubled."""
    import numpy as np

    at = np.flatnonzero(quotes)
    before = np.where(at > 0, data[at - 1], previous)
    opens = inside[at] == 1
    start_ok = (before == comma) | (before == 10) | (before == 34)
    after = data[np.minimum(at + 1, len(data) - 1)]
    end_ok = (after == comma) | (after == 10) | (after == 13) | (after == 34) | (at + 1 >= len(data))
    return bool(np.all(np.where(opens, start_ok, end_ok)))


def batches(
    path: Path, found: Index, first: int, width: int, columns: list[int], delimiter: str, *, quoted: bool, name: str
) -> Iterator[Batch]:
    """Frames of text cells, a bounded number of bytes at a time.

    Args:
        path: a UTF-8 file.
        found: its index.
        first: number of the first record to read, from 0.
        width: how many cells the header has.
        columns: which of them to read.
        delimiter, quoted: as in `index`.
        name: the file's name for messages.
    """
    import numpy as np

    total = len(found.lines)
    with path.open("rb") as file:
        at = first
        while at < total:
            # As many whole records as fit into one batch, at least one.
            until = int(np.searchsorted(found.starts, found.starts[at] + BATCH_BYTES, "right")) - 1
            until = min(total, max(at + 1, until))
            file.seek(int(found.starts[at]))
            block = file.read(int(found.starts[until] - found.starts[at]))
            lines, counts = found.lines[at:until], found.cells[at:until]
            batch = _fast(block, lines, counts, width, columns, delimiter, quoted) if found.regular else None
            batch = batch or _careful(block, int(lines[0]), width, columns, delimiter, quoted)
            if until == total and not block.endswith(b"\n") and _cut_off(counts, width):
                batch = _without_last(batch, block, int(lines[-1]), delimiter, quoted)
            yield batch
            at = until


def _cut_off(counts: np.ndarray[Any, Any], width: int) -> bool:
    """Whether the last record, which no line end closes, ends before the others do: a download that broke off."""
    return bool(len(counts) > 1 and 1 < counts[-1] < width and (counts[:-1] == width).all())


def _without_last(batch: Batch, block: bytes, line: int, delimiter: str, quoted: bool) -> Batch:
    record = parse(block.decode("utf-8"), delimiter, quoted=quoted)[-1]
    if not any(cell.strip() for cell in record.cells):
        return batch
    keep = batch.lines != line
    ragged = (*batch.ragged, (line, record.cells, "the file ends within this row: it was cut off"))
    return Batch(batch.frame.filter(keep), batch.lines.filter(keep), ragged, max(0, batch.short - 1))


def _fast(
    block: bytes,
    lines: np.ndarray[Any, Any],
    counts: np.ndarray[Any, Any],
    width: int,
    columns: list[int],
    delimiter: str,
    quoted: bool,
) -> Batch | None:
    """One batch by polars; None when it counts records differently than the index, so that lines could be wrong."""
    import numpy as np
    import polars as pl

    # A header of our own fixes names and number of columns whatever the first record of the batch looks like.
    header = delimiter.join(str(i) for i in range(width)).encode() + b"\n"
    try:
        frame = pl.read_csv(
            header + block,
            infer_schema=False,
            columns=[str(i) for i in columns],
            separator=delimiter,
            quote_char='"' if quoted else None,
            truncate_ragged_lines=True,
        )
    except pl.exceptions.PolarsError:
        return None
    if frame.height != len(lines):
        return None
    ragged: list[tuple[int, tuple[str, ...], str]] = []
    short = int(((counts < width) & (counts > 1)).sum())
    odd = np.flatnonzero((counts != width) & (counts != 1))
    if odd.size:
        longer = odd[counts[odd] > width]
        if longer.size:
            text = block.decode("utf-8")
            keep = np.ones(len(lines), bool)
            wrong = set(lines[longer].tolist())
            position = {int(line): i for i, line in enumerate(lines.tolist())}
            for record in parse(text, delimiter, quoted=quoted, line=int(lines[0])):
                if record.line in wrong and any(cell.strip() for cell in record.cells[width:]):
                    ragged.append((record.line, record.cells, _too_many(len(record.cells), width)))
                    keep[position[record.line]] = False
            if ragged:
                mask = pl.Series(keep)
                return Batch(frame.filter(mask), pl.Series(lines, dtype=pl.Int64).filter(mask), tuple(ragged), short)
    return Batch(frame, pl.Series(lines, dtype=pl.Int64), tuple(ragged), short)


def _too_many(cells: int, width: int) -> str:
    return f"{cells} cells under a header of {width} (a delimiter inside an unquoted cell?)"


def _careful(block: bytes, line: int, width: int, columns: list[int], delimiter: str, quoted: bool) -> Batch:
    """One batch by the line-wise reader."""
    return from_records(parse(block.decode("utf-8"), delimiter, quoted=quoted, line=line, width=width), width, columns)


def from_records(records: list[Record], width: int, columns: list[int]) -> Batch:
    """Records as a batch: short ones are filled with empty cells, long ones with something in their surplus set aside."""
    import polars as pl

    ragged, good = [], []
    for record in records:
        if len(record.cells) > width and any(cell.strip() for cell in record.cells[width:]):
            ragged.append((record.line, record.cells, _too_many(len(record.cells), width)))
        else:
            good.append(record)
    data = {str(i): [record.cells[i] if i < len(record.cells) else None for record in good] for i in columns}
    frame = pl.DataFrame(data, schema={str(i): pl.String for i in columns})
    short = sum(1 < len(record.cells) < width for record in good)
    return Batch(frame, pl.Series([record.line for record in good], dtype=pl.Int64), tuple(ragged), short)


def head_text(path: Path, skip: int, name: str) -> str:
    """The first lines of a UTF-8 file, whole ones only."""
    with path.open("rb") as file:
        file.seek(skip)
        block = file.read(HEAD_BYTES)
        more = bool(file.read(1))
    if more and b"\n" in block:
        block = block[: block.rfind(b"\n") + 1]
    try:
        return io.TextIOWrapper(io.BytesIO(block), encoding="utf-8", newline="\n").read().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise InputFileError(
            "this is not UTF-8 text.", file=name, line=block[: error.start].count(b"\n") + 1
        ) from error
