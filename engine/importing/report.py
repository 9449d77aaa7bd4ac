"""What the import desk says: its settings, what it takes a file to be, and what it loaded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ImportSettings:
    """A seller's choices for one import; None means "decide from the file".

    Attributes:
        profile: the name of the profile to read with.
        encoding: a Python codec name.
        delimiter: one character.
        date_order: `dmy`, `mdy` or `ymd`.
        currency: ISO 4217 code for amounts whose file states none.
        accept: load an unknown file with the proposed mapping, and read doubtful dates in the likelier order.
        mapping: column name to meaning (a stored column's name); without `accept` nothing else is loaded.
        dry_run: say what would be loaded and load nothing.
    """

    profile: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    date_order: str | None = None
    currency: str | None = None
    accept: bool = False
    mapping: dict[str, str] | None = None
    dry_run: bool = False


@dataclass(frozen=True)
class ColumnGuess:
    """What one column of a file means; `meaning` is None when it is not used."""

    column: str
    meaning: str | None
    confidence: float
    reason: str
    samples: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """A JSON object with the attributes' names."""
        return {
            "column": self.column,
            "meaning": self.meaning,
            "confidence": round(self.confidence, 3),
            "reason": self.reason,
            "samples": list(self.samples),
        }


@dataclass(frozen=True)
class Recognition:
    """What one table of a file is, before anything is loaded.

    Attributes:
        profile: the profile's name, None for an unknown file (`columns` then holds the proposed mapping).
        encoding_runner_up: the next likely encoding when the bytes do not settle it.
        header_line: physical line of the header, from 1; 0 when the file has none (JSON Lines, Parquet).
        columns: what every column means.
        sample_rows: the first rows as they would be stored, each with its `table` and `line`.
        questions: what only the seller can settle, for example the order of day and month.
    """

    file: str
    sheet: str | None
    profile: str | None
    platform: str | None
    report: str | None
    language: str | None
    confidence: float
    reason: str
    encoding: str | None
    encoding_runner_up: str | None
    delimiter: str | None
    header_line: int
    columns: tuple[ColumnGuess, ...]
    sample_rows: tuple[dict[str, Any], ...]
    questions: tuple[str, ...]
    rows_estimate: int
    version: str | None = None
    currency: str | None = None


@dataclass
class ImportReport:
    """What one table of a file became.

    `rows_read` = rows loaded + updated + duplicate + rejected, counted in rows of the file; `lines_skipped` are not among
    them. `totals` are over what was loaded (amounts of several currencies are in `totals_by_currency` instead, never
    added); `file_totals` are what the file itself states, None when it states nothing.
    """

    file: str
    profile: str | None = None
    platform: str | None = None
    report: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    rows_read: int = 0
    rows_loaded: int = 0
    rows_rejected: int = 0
    rows_duplicate: int = 0
    rows_updated: int = 0
    lines_skipped: list[dict[str, Any]] = field(default_factory=list)
    rejects_file: str | None = None
    currency: str | None = None
    period: dict[str, str | None] = field(default_factory=lambda: {"from": None, "to": None})
    totals: dict[str, float] = field(default_factory=dict)
    totals_by_currency: dict[str, dict[str, float]] | None = None
    file_totals: dict[str, float] | None = None
    differences: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    import_id: int | None = None
    sheet: str | None = None
    language: str | None = None
    version: str | None = None
    confidence: float = 0.0
    reason: str = ""
    encoding_runner_up: str | None = None
    tables: dict[str, int] = field(default_factory=dict)
    columns: list[dict[str, Any]] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    already_imported: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The shape `import --json` prints."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}
