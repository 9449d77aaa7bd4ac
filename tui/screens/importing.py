"""Import: files, what they are, how they will be read; nothing is loaded before the seller agrees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.cells import cell_len
from textual import events, on
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from engine.errors import BackroomError, Cancelled
from engine.jobs import JobContext
from tui.background import Job
from tui.commands import Command, bindings
from tui.format import as_text, counted, one_line, tsv, words
from tui.paths import expanded, pasted_paths
from tui.screens.base import AreaScreen
from tui.screens.imports import ImportReportScreen, report_content
from tui.widgets.virtual import Column, VirtualList, VirtualTable

if TYPE_CHECKING:
    from engine.importing.report import ColumnGuess, ImportReport, Recognition

ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "big5", "shift_jis", "cp1252", "utf-16")
DATE_ORDERS = (("dmy", "day, month, year"), ("mdy", "month, day, year"), ("ymd", "year, month, day"))
DELIMITERS = ((",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "bar"))
CELLS_OF_SAMPLE = 22


@dataclass
class Candidate:
    """A file to import.

    Attributes:
        choices: what the seller decided, by name of the setting.
        agreed: whether it is loaded when the seller says so; None until the seller or its recognition settles it.
        tables: what the file is, None while it is being looked at.
        reports: what it became, once loaded.
    """

    path: Path
    choices: dict[str, Any] = field(default_factory=dict)
    agreed: bool | None = None
    tables: list[Recognition] | None = None
    error: Exception | None = None
    reports: list[ImportReport] | None = None

    @property
    def settled(self) -> bool:
        """Whether nothing is left to ask: every table is known and has no question."""
        return bool(self.tables) and all(table.profile and not table.questions for table in self.tables or ())

    @property
    def ready(self) -> bool:
        """Whether it will be loaded."""
        agreed = self.settled if self.agreed is None else self.agreed
        return agreed and bool(self.tables) and self.error is None and self.reports is None


@dataclass(frozen=True)
class Line:
    """A line of the list: one table of one file, or a file that has none yet."""

    candidate: Candidate
    table: Recognition | None
    report: ImportReport | None = None


def what(line: Line) -> str:
    """What the table is."""
    table = line.table
    if line.candidate.error is not None:
        return "cannot be read"
    if table is None:
        return "looking…"
    if table.profile is None:
        return "unknown: check the columns"
    return " ".join(part for part in (one_line(table.platform), words(one_line(table.report))) if part)


def state(line: Line) -> str:
    """Whether it will be loaded, or what became of it."""
    candidate, report = line.candidate, line.report
    if candidate.error is not None:
        return "✗ error"
    if report is not None:
        if report.already_imported is not None:
            return "= imported before"
        skipped = f", {report.rows_rejected:,} skipped" if report.rows_rejected else ""
        return f"✓ {report.rows_loaded + report.rows_updated:,} rows{skipped}"
    if candidate.tables is None:
        return ""
    if candidate.ready:
        return "✓ will be loaded"
    return "? asks you" if candidate.agreed is None else "– left out"


FILE_COLUMNS: tuple[Column[Line], ...] = (
    Column("file", 16, lambda line: one_line(line.candidate.path.name), grow=True),
    Column("what it is", 26, what, lambda line: "bad" if line.candidate.error else ""),
    Column("sure", 5, lambda line: f"{line.table.confidence:.0%}" if line.table else "", right=True),
    Column("rows", 8, lambda line: f"{line.table.rows_estimate:,}" if line.table else "", right=True),
    Column("", 18, state, lambda line: "good" if line.candidate.ready or line.report else "dim"),
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


def recognition_content(candidate: Candidate, table: Recognition | None) -> Content:
    """What a table was taken for, and why."""
    if candidate.error is not None:
        return Content.assemble(("✗ ", "bold"), one_line(candidate.error))
    if table is None:
        return Content("Looking at the file…")
    encoding = one_line(table.encoding or "")
    if table.encoding_runner_up:
        encoding += f" (or {one_line(table.encoding_runner_up)}?)"
    delimiter = dict(DELIMITERS).get(table.delimiter or "", one_line(table.delimiter))
    facts = [
        encoding,
        f"{delimiter}-separated" if delimiter else "",
        f"header on line {table.header_line}" if table.header_line else "",
        f"sheet {one_line(table.sheet)}" if table.sheet else "",
        f"currency {one_line(table.currency)}" if table.currency else "",
        *(f"{words(name)}: {one_line(value)}" for name, value in candidate.choices.items() if name != "mapping"),
    ]
    parts: list[tuple[str, str] | str] = [
        (one_line(table.reason) + "\n", "dim"),
        " · ".join(fact for fact in facts if fact),
    ]
    parts += [
        part for question in table.questions for part in ("\n", (f"? {one_line(question)}", "$text-warning bold"))
    ]
    return Content.assemble(*parts)


class PathField(Input):
    """A field for paths; text of several lines is taken whole."""

    class Pasted(Message):
        """Text arrived that may be files."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.post_message(self.Pasted(event.text))


class ImportScreen(AreaScreen):
    """Choose files, look at what they are, agree, load, read the totals.

    Args:
        text: paths that were dropped or pasted before the screen was open.
    """

    AREA = "imports"
    COMMAND_TABLE: ClassVar[tuple[Command, ...]] = (
        Command("import.load", "L,ctrl+j", "load", "load all files marked ✓", footer="load all ✓"),
        Command("import.agree", "space", "agree", "agree to load this file, or leave it out", footer="agree"),
        Command("import.meaning", "m", "meaning", "change what this column means", footer="meaning"),
        Command("import.rows", "v", "rows", "columns, or first rows as they will be stored", footer="first rows"),
        Command("import.encoding", "e", "encoding", "change the encoding"),
        Command("import.dates", "d", "date_order", "change the order of day, month and year"),
        Command("import.currency", "c", "currency", "change the currency"),
        Command("import.delimiter", "t", "delimiter", "change the delimiter"),
        Command("import.profile", "f", "profile", "read it as another report"),
        Command("import.add", "slash", "add", "add files by path", footer="add"),
        Command("import.browse", "b", "browse", "add files from a folder tree", footer="browse"),
        Command("import.remove", "x,delete", "remove", "take this file off the list"),
    )
    BINDINGS = bindings(COMMAND_TABLE)

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.add_class("-importing")
        self._text = text
        self.candidates: list[Candidate] = []
        self._rows_shown = False
        self._shown: Path | None = None
        self._meanings: dict[str, str] = {}

    def body(self) -> Iterable[Widget]:
        """The field, the files, what the current one is, its columns or first rows."""
        yield PathField(placeholder=PLACEHOLDER, id="path", compact=True)
        yield VirtualTable[Line](FILE_COLUMNS, id="files", empty=EMPTY)
        yield Static(id="recognition")
        yield VirtualTable[Any]((), id="columns", empty="")

    @property
    def files(self) -> VirtualTable[Line]:
        """The files."""
        return self.query_one("#files", VirtualTable)

    @property
    def columns(self) -> VirtualTable[Any]:
        """Columns or first rows of the current file."""
        return self.query_one("#columns", VirtualTable)

    def on_mount(self) -> None:
        """Take what was dropped; the field has the keys until there are files."""
        self._meanings = dict(self.shop.column_meanings())
        self.query_one("#path").focus()
        if self._text:
            self.add(self._text)

    # -- files -----------------------------------------------------------------------------------------------------

    def add(self, text: str) -> None:
        """Add the files that `text` names."""
        known = {candidate.path for candidate in self.candidates}
        with self.room.errors_shown():
            new = [Candidate(path) for path in expanded(pasted_paths(text)) if path not in known]
            if not new:
                self.notify("No new file there.", severity="warning", markup=False)
                return
            self.candidates = [*self.candidates, *new]
            for candidate in new:
                self._recognise(candidate)
            self._show_files()
            self.files.focus()

    def _recognise(self, candidate: Candidate) -> None:
        shop = self.shop
        settings = shop.import_settings(**candidate.choices) if candidate.choices else None
        candidate.tables, candidate.error = None, None

        def read() -> list[Recognition] | Exception:
            try:
                return shop.recognise(candidate.path, settings)
            except BackroomError as error:
                return error

        def recognised(result: list[Recognition] | Exception) -> None:
            if isinstance(result, Exception):
                candidate.error = result
            else:
                candidate.tables = result
            self._show_files()

        self.background(read, recognised)

    def _show_files(self) -> None:
        lines = []
        for candidate in self.candidates:
            if candidate.reports is not None:
                tables: list[Recognition | None] = [*(candidate.tables or ())]
                tables += [None] * (len(candidate.reports) - len(tables))
                lines += [
                    Line(candidate, table, report) for table, report in zip(tables, candidate.reports, strict=False)
                ]
            else:
                lines += [Line(candidate, table) for table in candidate.tables or (None,)]
        self.files.show_rows(lines, keep_cursor=True)

    @property
    def line(self) -> Line | None:
        """The line under the cursor."""
        return self.files.row if self.is_mounted else None

    @on(PathField.Pasted)
    def pasted(self, event: PathField.Pasted) -> None:
        """Files were dropped."""
        self.add(event.text)

    def on_paste(self, event: events.Paste) -> None:
        """Files were dropped while a list had the keys."""
        event.stop()
        self.add(event.text)

    @on(Input.Submitted, "#path")
    def typed(self, event: Input.Submitted) -> None:
        """A path was typed; an empty field goes on to the files."""
        if event.value.strip():
            self.add(event.value)
            event.input.value = ""
        elif self.candidates:
            self.files.focus()

    @on(VirtualList.Highlighted, "#files")
    def show_current(self) -> None:
        """Show what the current file is."""
        line = self.line
        content: Content = Content("")
        self.columns.display = True
        if line is not None and line.report is not None:
            content = report_content(line.report.as_json())
            self.columns.display = False
        elif line is not None:
            content = recognition_content(line.candidate, line.table)
            self._show_columns(line)
        self.query_one("#recognition", Static).update(content)
        self.refresh_bindings()

    def _show_columns(self, line: Line) -> None:
        table, path = line.table, line.candidate.path
        keep_cursor = self._shown == path
        if table is None:
            # A file that is looked at again keeps its columns, and the cursor on them, until the answer is there.
            if not keep_cursor or line.candidate.error is not None:
                self.columns.show_rows(())
            return
        self._shown = path
        if self._rows_shown:
            self.columns.show_columns(sample_columns(table.sample_rows))
            self.columns.empty = "No rows to show."
            self.columns.show_rows(table.sample_rows)
        else:
            self.columns.show_columns(guess_columns(self._meanings))
            self.columns.show_rows(table.columns, keep_cursor=keep_cursor)

    @on(VirtualList.Opened, "#files")
    def open(self, event: VirtualList.Opened[Line]) -> None:
        """A loaded file opens its report, another one its columns."""
        line = event.row
        if line.report is not None:
            self.app.push_screen(ImportReportScreen(line.report.as_json()))
        elif line.candidate.error is not None:
            self.room.show_error(line.candidate.error)
        else:
            self.columns.focus()

    @on(VirtualList.Opened, "#columns")
    def open_column(self) -> None:
        """Enter on a column changes its meaning."""
        if self.check_action("meaning", ()):
            self.action_meaning()

    def copyable(self) -> str:
        """The current file and what it is."""
        line = self.line
        return (
            ""
            if line is None
            else tsv([[str(line.candidate.path), *(column.value(line) for column in FILE_COLUMNS[1:])]])
        )

    def leave(self) -> bool:
        """Stop a running import; go from the columns to the files; leave the field when there are files."""
        if self.room.job is not None:
            self.room.action_stop_job()
            return True
        if self.candidates and not self.files.has_focus:
            self.files.focus()
            return True
        return False

    # -- commands --------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what makes sense for the current file."""
        if action in ("encoding", "date_order", "currency", "delimiter", "profile", "agree", "meaning", "rows"):
            line = self.line
            if line is None or line.candidate.reports is not None or self.room.job is not None:
                return False
            if action == "meaning":
                return not self._rows_shown and bool(self.columns.row_count)
            if action in ("agree", "rows"):
                return line.table is not None
            return True
        if action == "remove":
            return self.line is not None and self.room.job is None
        if action == "load":
            return self.room.job is None and any(candidate.ready for candidate in self.candidates)
        return super().check_action(action, parameters)

    def action_add(self) -> None:
        """Type a path."""
        self.query_one("#path").focus()

    def action_browse(self) -> None:
        """Choose in a folder tree."""
        from tui.screens.browse import BrowseScreen

        def chosen(path: Path | None) -> None:
            if path is not None:
                self.add(path.absolute().as_uri())

        self.app.push_screen(BrowseScreen(self.candidates[-1].path.parent if self.candidates else Path.cwd()), chosen)

    def action_remove(self) -> None:
        """Take the file off the list."""
        line = self.line
        if line is not None:
            self.candidates = [candidate for candidate in self.candidates if candidate is not line.candidate]
            self._show_files()

    def action_agree(self) -> None:
        """Load it, or leave it out."""
        line = self.line
        if line is not None:
            line.candidate.agreed = not line.candidate.ready
            self._show_files()

    def action_rows(self) -> None:
        """Columns or first rows."""
        self._rows_shown = not self._rows_shown
        self.show_current()

    def _decide(self, **choices: Any) -> None:
        """Read the current file again with other choices."""
        line = self.line
        if line is None:
            return
        candidate = line.candidate
        candidate.choices = {**candidate.choices, **choices}
        candidate.choices = {name: value for name, value in candidate.choices.items() if value is not None}
        candidate.agreed = None
        with self.room.errors_shown():
            self._recognise(candidate)
            self._show_files()

    def action_meaning(self) -> None:
        """Choose what the column under the cursor means."""
        from tui.screens.dialogs import Choose

        line, guess = self.line, self.columns.row
        if line is None or line.table is None or guess is None:
            return
        table = line.table
        meanings = [None, *self._meanings]
        current = meanings.index(guess.meaning) if guess.meaning in meanings else 0

        def chosen(position: int | None) -> None:
            if position is None:
                return
            mapping = {item.column: item.meaning for item in table.columns if item.meaning}
            mapping.pop(guess.column, None)
            meaning = meanings[position]
            if meaning is not None:
                # One column each: a meaning that moves here leaves the column that had it.
                mapping = {column: other for column, other in mapping.items() if other != meaning}
                mapping[guess.column] = meaning
            self._decide(mapping=mapping)
            self.columns.focus()

        labels = ["not used", *self._meanings.values()]
        self.app.push_screen(Choose(f"What does the column “{one_line(guess.column)}” mean?", labels, current), chosen)

    def _choose(self, title: str, setting: str, options: Sequence[tuple[str, str]]) -> None:
        from tui.screens.dialogs import Choose

        def chosen(position: int | None) -> None:
            if position is not None:
                self._decide(**{setting: options[position - 1][0] if position else None})

        self.app.push_screen(Choose(title, ["decide from the file", *(label for _, label in options)]), chosen)

    def _ask(self, title: str, setting: str, placeholder: str) -> None:
        from tui.screens.dialogs import Ask

        line = self.line
        value = "" if line is None else str(line.candidate.choices.get(setting) or "")

        def answered(answer: str | None) -> None:
            if answer is not None:
                self._decide(**{setting: answer.strip() or None})

        self.app.push_screen(Ask(title, value=value, placeholder=placeholder), answered)

    def action_encoding(self) -> None:
        """Choose the encoding; what the file may also be comes first."""
        line = self.line
        table = line.table if line is not None else None
        likely = [name for name in ((table.encoding, table.encoding_runner_up) if table else ()) if name]
        names = list(dict.fromkeys([*likely, *ENCODINGS]))
        self._choose("Which encoding?", "encoding", [(name, name) for name in names])

    def action_date_order(self) -> None:
        """Choose the order of dates."""
        self._choose("In which order are dates written?", "date_order", DATE_ORDERS)

    def action_delimiter(self) -> None:
        """Choose the delimiter."""
        self._choose("What separates the columns?", "delimiter", DELIMITERS)

    def action_currency(self) -> None:
        """Type a currency."""
        self._ask("Which currency are amounts in, where the file does not say?", "currency", "for example EUR")

    def action_profile(self) -> None:
        """Type a profile's name."""
        self._ask(
            "Read it as which report? Leave empty to decide from the file.", "profile", "for example shopify_orders"
        )

    def action_load(self) -> None:
        """Load every file that is agreed to, one transaction each."""
        shop = self.shop
        ready = [candidate for candidate in self.candidates if candidate.ready]
        plan = [
            (candidate, shop.import_settings(**candidate.choices, accept=not candidate.settled)) for candidate in ready
        ]

        def work(context: JobContext) -> list[tuple[Candidate, list[ImportReport] | Exception]]:
            results: list[tuple[Candidate, list[ImportReport] | Exception]] = []
            report = context.report
            for position, (candidate, settings) in enumerate(plan, 1):
                prefix = f"{position}/{len(plan)} {candidate.path.name}: "
                context.report = lambda progress, prefix=prefix: report(
                    replace(progress, stage=prefix + progress.stage)
                )
                try:
                    results.append((candidate, shop.import_file(candidate.path, settings, context)))
                except Cancelled:
                    break
                except BackroomError as error:
                    results.append((candidate, error))
            return results

        self.room.start_job(Job("Importing", work, lambda results: self._loaded(results, len(plan))))

    def _loaded(self, results: list[tuple[Candidate, list[ImportReport] | Exception]], planned: int) -> None:
        rows = 0
        for candidate, result in results:
            if isinstance(result, Exception):
                candidate.error = result
            else:
                candidate.reports = result
                rows += sum(report.rows_loaded + report.rows_updated for report in result)
        failed = sum(isinstance(result, Exception) for _, result in results)
        text = f"{counted(len(results) - failed, 'file')} loaded, {counted(rows, 'row')}"
        text += f"; {counted(failed, 'file')} could not be loaded" if failed else ""
        text += f"; stopped before the other {planned - len(results)}" if len(results) < planned else ""
        self.room.notify(text + ". r reads what is new.", title="Import", markup=False, timeout=8)
        if self.is_attached:
            self._show_files()


PLACEHOLDER = "drop files or folders here, paste their paths, or type one and press Enter"
EMPTY = (
    "Drop export files on this window, or paste or type their paths above; a folder is taken whole. b browses.\n"
    "You will see what each file is and how it will be read. Nothing is loaded before you agree, and nothing leaves "
    "this computer."
)
