"""Files to import, before and after: what each one is, whether it will be loaded, and what of it would be stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from textual.content import Content

from engine.cells import as_text, one_line
from tui.format import count, counted, percent, words
from tui.widgets.virtual import Column

if TYPE_CHECKING:
    from engine.importing.report import ColumnGuess, ImportReport, Recognition

DATE_ORDERS = (("dmy", "day, month, year"), ("mdy", "month, day, year"), ("ymd", "year, month, day"))
DELIMITERS = ((",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "bar"))
CELLS_OF_SAMPLE = 22
CHECKED_BYTES = 30_000_000
"""Files up to this size are added up beforehand; a larger one takes long enough to be asked for its totals only once."""
TOTALS_SHOWN = ("orders", "lines", "units", "net", "spend", "amount", "sessions")

Part = tuple[str, str] | str


@dataclass
class Candidate:
    """A file to import.

    Attributes:
        choices: what the seller decided, by name of the setting.
        agreed: whether it is loaded when the seller says so; None until the seller or its recognition settles it.
        tables: what the file is, None while it is being looked at.
        problem: why the meanings that the seller gave so far are not enough to load it.
        before: the import that loaded the same content, if one did.
        checks: what would be loaded, None while that is not known.
        reports: what it became, once loaded.
    """

    path: Path
    choices: dict[str, Any] = field(default_factory=dict)
    agreed: bool | None = None
    tables: list[Recognition] | None = None
    problem: str = ""
    before: int | None = None
    checks: list[ImportReport] | None = None
    error: Exception | None = None
    reports: list[ImportReport] | None = None

    @property
    def looking(self) -> bool:
        """Whether nobody knows yet what it is."""
        return self.tables is None and self.error is None

    @property
    def settled(self) -> bool:
        """Whether nothing is left to ask: every table is known and has no question."""
        known = all(table.profile and not table.questions for table in self.tables or ())
        return bool(self.tables) and known and not self.problem

    @property
    def ready(self) -> bool:
        """Whether it will be loaded."""
        agreed = self.settled and self.before is None if self.agreed is None else self.agreed
        return agreed and bool(self.tables) and not self.problem and self.error is None and self.reports is None

    @property
    def asks(self) -> bool:
        """Whether it waits for the seller."""
        open_still = bool(self.problem) or self.agreed is None
        return bool(self.tables) and not self.settled and open_still and self.reports is None

    def not_enough(self, before: list[Recognition], why: str) -> None:
        """Keep the columns with the meanings given so far, and say what is missing."""
        mapping = self.choices.get("mapping") or {}
        self.problem = why
        self.tables = [
            replace(
                table,
                profile=None,
                questions=(),
                columns=tuple(
                    replace(column, meaning=mapping.get(column.column), confidence=1.0) for column in table.columns
                ),
            )
            for table in before
        ]

    @property
    def checkable(self) -> bool:
        """Whether it can be added up before it is loaded."""
        return self.ready and self.checks is None and not self.large

    @property
    def large(self) -> bool:
        """Whether adding it up takes long."""
        try:
            return self.path.stat().st_size > CHECKED_BYTES
        except OSError:
            return False


@dataclass(frozen=True)
class Line:
    """A line of the list: one table of one file, or a file that has none yet."""

    candidate: Candidate
    number: int
    table: Recognition | None
    report: ImportReport | None = None

    @property
    def check(self) -> ImportReport | None:
        """What would be loaded of this table."""
        checks = self.candidate.checks
        return checks[self.number] if checks is not None and self.number < len(checks) else None


def lines_of(candidate: Candidate) -> list[Line]:
    """A line for each table of a file, at least one."""
    tables: list[Recognition | None] = [*(candidate.tables or ())]
    reports: list[ImportReport | None] = [*(candidate.reports or ())]
    height = max(1, len(tables), len(reports))
    tables += [None] * (height - len(tables))
    reports += [None] * (height - len(reports))
    return [Line(candidate, i, table, report) for i, (table, report) in enumerate(zip(tables, reports, strict=True))]


def by_hand(table: Recognition) -> bool:
    """Whether what its columns mean is the seller's to say: no report that Backroom knows."""
    return table.profile is None or table.platform == "file"


def name_of(table: Recognition) -> str:
    """Platform and report in words."""
    if table.platform == "file":
        return f"{words(one_line(table.report))} (mapped)"
    return " ".join(part for part in (one_line(table.platform), words(one_line(table.report))) if part)


def what(line: Line) -> str:
    """What the table is."""
    table, report = line.table, line.report
    if line.candidate.error is not None:
        return "cannot be read"
    if table is None:
        return one_line(report.reason) if report is not None else "looking…"
    if report is not None and report.platform == "file":
        return f"{words(one_line(report.report))} (mapped)"
    if table.profile is None:
        guess = words(one_line(table.report)) if table.report else ""
        return f"not known; {guess}?" if guess else "not known"
    return name_of(table)


def rows(line: Line) -> str:
    """How many rows the file seems to hold, or how many of them were loaded."""
    if line.report is not None and line.report.already_imported is None:
        return count(line.report.rows_loaded + line.report.rows_updated)
    return "" if line.table is None else count(line.table.rows_estimate)


def state(line: Line) -> str:
    """Whether it will be loaded, or what became of it."""
    candidate, report = line.candidate, line.report
    if candidate.error is not None:
        return "✗ error"
    if report is not None:
        if report.already_imported is not None:
            return "= loaded before"
        if report.import_id is None:
            return "✗ not loaded"
        return f"✓ {report.rows_rejected:,} rejected" if report.rows_rejected else "✓ loaded"
    if candidate.looking:
        return ""
    if candidate.ready:
        check = line.check
        return "✓ to load" + (f", {check.rows_rejected:,} bad" if check is not None and check.rows_rejected else "")
    if candidate.before is not None and candidate.agreed is None:
        return "= loaded before"
    return "? needs you" if candidate.asks else "– left out"


def state_style(line: Line) -> str:
    """Good, bad, waiting or dim."""
    if line.candidate.error is not None or (line.report is not None and line.report.import_id is None):
        return "bad"
    if line.candidate.ready or line.report is not None:
        return "good"
    return "mark" if line.candidate.asks else "dim"


FILE_COLUMNS: tuple[Column[Line], ...] = (
    Column("file", 16, lambda line: one_line(line.candidate.path.name), grow=True, middle=True),
    Column("what it is", 22, what, lambda line: "bad" if line.candidate.error else ""),
    Column("rows", 9, rows, right=True),
    Column("", 16, state, state_style),
)


def guess_columns(meanings: Mapping[str, str]) -> tuple[Column[ColumnGuess], ...]:
    """Columns of the table of columns."""
    return (
        Column("column", 18, lambda guess: one_line(guess.column), grow=True),
        Column(
            "means", 18, lambda guess: meanings.get(guess.meaning, words(guess.meaning)) if guess.meaning else "– not used",
            lambda guess: "" if guess.meaning else "dim",
        ),
        Column("sure", 4, lambda guess: f"{guess.confidence:.0%}" if guess.meaning else "", right=True),
        Column("for example", 30, lambda guess: " | ".join(one_line(value) for value in guess.samples), grow=True),
    )  # fmt: skip


def sample_columns(rows: Sequence[Mapping[str, Any]]) -> tuple[Column[Mapping[str, Any]], ...]:
    """A column for each stored column that one of `rows` fills, as wide as its values, at most `CELLS_OF_SAMPLE`."""
    names = dict.fromkeys(name for row in rows for name, value in row.items() if value not in (None, ""))

    def column(name: str) -> Column[Mapping[str, Any]]:
        widest = max(cell_len(one_line(as_text(row.get(name)))) for row in rows)
        width = max(cell_len(words(name)), min(widest, CELLS_OF_SAMPLE))
        return Column(words(name), width, lambda row: one_line(as_text(row.get(name))))

    return tuple(column(name) for name in names)


def summary(candidates: Sequence[Candidate]) -> Content:
    """All files in one line: how many are to load, wait, cannot be read, are loaded; and the key that goes on."""
    if not candidates:
        return Content("")
    looking = sum(c.looking for c in candidates)
    if looking:
        return Content.assemble(
            (f"Looking at {counted(len(candidates), 'file')}: {len(candidates) - looking} known so far…", "bold")
        )
    ready = [c for c in candidates if c.ready]
    loaded = [report for c in candidates for report in c.reports or () if report.already_imported is None]
    waiting = sum(table.rows_estimate for c in ready for table in c.tables or ())
    parts = [
        (f"{sum(c.reports is not None for c in candidates)} loaded, "
         f"{counted(sum(r.rows_loaded + r.rows_updated for r in loaded), 'row')}") if loaded else "",
        f"{len(ready)} to load, {counted(waiting, 'row')}" if ready else "",
        _some(sum(c.asks for c in candidates), "needs you", "need you"),
        _some(sum(c.before is not None and not c.ready and c.reports is None for c in candidates), "loaded before"),
        _some(sum(c.error is not None for c in candidates), "cannot be read"),
    ]  # fmt: skip
    text = f"{counted(len(candidates), 'file')}: " + " · ".join(part for part in parts if part)
    hint = "  ·  L loads" if ready else "  ·  Esc leaves" if loaded else ""
    return Content.assemble((text, "bold"), (hint, "dim"))


def _some(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one}" if number else ""


def recognition_content(line: Line) -> Content:
    """What a table was taken for and why, how it is read with the key that changes each, and what would be loaded."""
    candidate, table = line.candidate, line.table
    parts: list[Part] = [(one_line(candidate.path.name), "bold")]
    if candidate.error is not None:
        return Content.assemble(*parts, "\n✗ ", one_line(candidate.error))
    if table is None:
        return Content.assemble(*parts, "\nLooking at the file…" if line.report is None else "")
    sheet = f" (sheet {one_line(table.sheet)})" if table.sheet else ""
    sure = "" if by_hand(table) else f", {percent(table.confidence)} sure"
    parts += [sheet, f": {what(line)}{sure}", (f" ({one_line(table.reason)})", "dim")]
    if line.report is None:
        parts += ["\n", *_facts(candidate, table)]
        parts += ["\n", *_check(line)]
    return Content.assemble(*parts)


def questions_content(line: Line) -> Content:
    """What only the seller can settle, with the key that settles it; empty when nothing is left to ask."""
    candidate, table = line.candidate, line.table
    if table is None or line.report is not None or (candidate.agreed is not None and not candidate.problem):
        return Content("")
    if candidate.problem:
        return Content.styled(f"? {one_line(candidate.problem)}", WAITING)
    asked = [f"? {one_line(question)} d answers; Space takes the likelier." for question in table.questions]
    if table.profile is None:
        asked.append("? Not a report I know. Tab, then m, changes what a column means; Space accepts them all.")
    return Content.styled("\n".join(asked), WAITING)


WAITING = "$text-warning bold"


def _facts(candidate: Candidate, table: Recognition) -> list[Part]:
    """How the file is read, each with its key."""
    encoding = one_line(table.encoding or "")
    if table.encoding_runner_up:
        encoding += f" (or {one_line(table.encoding_runner_up)}?)"
    delimiter = dict(DELIMITERS).get(table.delimiter or "", one_line(table.delimiter))
    order = dict(DATE_ORDERS).get(str(candidate.choices.get("date_order")), "dates")
    stated = "currency in the rows" if any(c.meaning == "currency" for c in table.columns) else "no currency stated"
    currency = one_line(candidate.choices.get("currency") or table.currency or stated)
    header = f"  header on line {table.header_line}" if table.header_line > 1 else ""
    parts: list[Part] = []
    for key, text in (("f", "report"), ("e", encoding), ("t", delimiter), ("c", currency), ("d", order)):
        if text:
            parts += [(key, "$accent bold"), f" {text}  "]
    return [*parts, (header, "dim")]


def _check(line: Line) -> list[Part]:
    """What would be loaded, in one line."""
    candidate, check = line.candidate, line.check
    if candidate.before is not None:
        return [f"This very file was loaded before (import {candidate.before}); loading it again adds nothing."]
    if check is None:
        if not candidate.ready or candidate.problem:
            return [("Not added up before you agree.", "dim")]
        if candidate.large:
            return [("A large file: its totals are shown once it is loaded, and x in Imports takes it back.", "dim")]
        return [("Adding up…", "dim")]
    totals = [f"{name} {count(check.totals[name])}" for name in TOTALS_SHOWN if check.totals.get(name)]
    if check.totals.get("orders"):
        totals = [total for total in totals if not total.startswith("lines")]
    left = [
        _some(check.rows_rejected, "row cannot be loaded", "rows cannot be loaded"),
        _some(check.rows_duplicate, "row is there twice", "rows are there twice"),
        _some(len(check.lines_skipped), "line is skipped", "lines are skipped"),
    ]
    money = f" {one_line(check.currency)}" if check.currency and check.totals.get("net") else ""
    # What needs a look comes first: the end of the line may not fit.
    parts: list[Part] = [f"{count(check.rows_loaded)} of {counted(check.rows_read, 'row')}"]
    parts += [(f" · {text}", WAITING) for text in left if text]
    if check.differences:
        parts.append((f" · ✗ {counted(len(check.differences), 'difference')}", WAITING))
    elif check.file_totals:
        parts.append((" · ✓ as the file says", "$text-success"))
    return [*parts, "".join(f" · {total}" for total in totals) + money]
