"""A delimited file in the making: columns by name, and the line on which each record begins."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence


def columns(header: str, delimiter: str = ",") -> list[str]:
    """A report's header line as the names of its columns."""
    return header.split(delimiter)


def money(amount: int) -> str:
    """Cents as `12.34`."""
    return f"{amount // 100}.{amount % 100:02d}"


class Table:
    """A delimited file in the making that knows on which physical line each record begins."""

    def __init__(self, header: Sequence[str], *, delimiter: str = ",", newline: str = "\n") -> None:
        self.header = list(header)
        self._out = io.StringIO(newline="")
        # Amazon's flat files quote nothing.
        self._writer = (
            csv.writer(self._out, delimiter=delimiter, lineterminator=newline)
            if delimiter == ","
            else csv.writer(
                self._out, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_NONE, quotechar=None
            )
        )
        self._line = 2
        self._writer.writerow(self.header)

    def add(self, cells: dict[str, str]) -> int:
        """Write one record (absent columns are empty) and return the line on which it begins."""
        unknown = cells.keys() - set(self.header)
        if unknown:
            raise KeyError(f"no such columns: {sorted(unknown)}")
        begins = self._line
        self._writer.writerow([cells.get(name, "") for name in self.header])
        self._line += 1 + sum(value.count("\n") for value in cells.values())
        return begins

    def bytes(self, encoding: str = "utf-8") -> bytes:
        """The whole file."""
        return self._out.getvalue().encode(encoding)
