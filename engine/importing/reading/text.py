"""Delimited text as a table."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from engine.importing import delimited, encodings
from engine.importing.delimited import Batch, Record
from engine.importing.reading.tables import HEAD_RECORDS, Table


class TextTable(Table):
    """Delimited text, in UTF-8 on disk (transcoded there when it is not)."""

    def __init__(self, file: str, path: Path, encoding: encodings.Encoding, skip: int, delimiter: str | None) -> None:
        super().__init__(file)
        self.encoding, self.runner_up = encoding.name, encoding.runner_up
        self._path, self._skip = path, skip
        text = delimited.head_text(path, skip, file)
        first_line = text.split("\n", 1)[0]
        stated = delimited.stated_delimiter(first_line)
        self.delimiter = delimiter or stated or delimited.sniff(text)
        self._quoted = delimited.quotes_used(text, self.delimiter)
        self._head = delimited.parse(text, self.delimiter, limit=HEAD_RECORDS, quoted=self._quoted)
        self._index: delimited.Index | None = None

    @property
    def index(self) -> delimited.Index:
        """The file's records, found once."""
        if self._index is None:
            self._index = delimited.index(self._path, self.delimiter or ",", quoted=self._quoted, skip=self._skip)
        return self._index

    def head(self) -> list[Record]:
        return self._head

    def records(self) -> int:
        return len(self.index.lines)

    def batches(self, first: int, width: int, columns: list[int]) -> Iterator[Batch]:
        found = self.index
        if found.regular:
            yield from delimited.batches(
                self._path, found, first, width, columns, self.delimiter or ",", quoted=self._quoted, name=self.file
            )
            return
        # Quotes are irregular: record numbers of the index mean nothing, so read on from the head's own line.
        begin = self._head[first].line if first < len(self._head) else self._head[-1].line + 1
        skipped = self._skip + self._offset_of_line(begin)
        with self._path.open("rb") as file:
            file.seek(skipped)
            pending, line = b"", begin
            while True:
                block = file.read(8 << 20)
                whole = pending + block
                text = whole.decode("utf-8", errors="strict") if not block else _whole_text(whole)
                records = delimited.parse(text, self.delimiter or ",", quoted=self._quoted, line=line, width=width)
                if block and len(records) > delimited.LONGEST_QUOTED:
                    # The last records may go on in the next block: read them again with it.
                    cut = records[-delimited.LONGEST_QUOTED].line
                    pending = b"\n".join(whole.split(b"\n")[cut - line :])
                    records = [record for record in records if record.line < cut]
                    line = cut
                elif block:
                    pending = whole
                    continue
                if records:
                    yield delimited.from_records(records, width, columns)
                if not block:
                    return

    def filled(self, lines: list[int]) -> list[int]:
        import numpy as np

        found = self.index
        if not lines:
            return []
        filled = []
        nothing = f'{self.delimiter or ","}"\r\n\t '.encode()
        with self._path.open("rb") as file:
            if not found.regular:
                # Where quotes are used wrongly, only the record's first line is known.
                file.seek(self._skip)
                asked = set(lines)
                up_to = enumerate(itertools.islice(file, max(lines)), 1)
                return [line for line, raw in up_to if line in asked and raw.strip(nothing)]
            for line in lines:
                at = int(np.searchsorted(found.lines, line))
                file.seek(int(found.starts[at]))
                if file.read(int(found.starts[at + 1] - found.starts[at])).strip(nothing):
                    filled.append(line)
        return filled

    def _offset_of_line(self, line: int) -> int:
        with self._path.open("rb") as file:
            file.seek(self._skip)
            return sum(len(raw) for raw in itertools.islice(file, line - 1))


def _whole_text(block: bytes) -> str:
    return block[: block.rfind(b"\n") + 1].decode("utf-8")
