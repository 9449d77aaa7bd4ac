"""Data sets for training: found under the folders that a seller or builder names, and described as the card does."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import InputFileError


@dataclass(frozen=True)
class Source:
    """A data set as the card names it."""

    name: str
    title: str
    licence: str
    origin: str


class DataFolder:
    """Finds the source files under one or several folders.

    Args:
        roots: folders that are searched in order.
    """

    def __init__(self, roots: Sequence[Path]) -> None:
        self._roots = roots

    def path(self, relative: str) -> Path:
        """The file of that relative name.

        Raises:
            InputFileError: no folder has it.
        """
        for root in self._roots:
            if (root / relative).exists():
                return root / relative
        folders = ", ".join(map(str, self._roots))
        raise InputFileError(f"This file of the training data is in none of the folders {folders}.", file=relative)

    def lines(self, relative: str) -> list[str]:
        """Non-empty lines; only newlines end a line (some texts hold other line separators)."""
        return [
            line for line in self.path(relative).read_text("utf-8-sig", errors="replace").split("\n") if line.strip()
        ]

    def jsonl(self, relative: str) -> list[dict[str, object]]:
        """Objects of a JSON Lines file."""
        return [json.loads(line) for line in self.lines(relative)]

    def table(self, relative: str, delimiter: str = ",") -> list[dict[str, str]]:
        """Rows of a delimited file with a header."""
        with self.path(relative).open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.DictReader(stream, delimiter=delimiter))
