"""Import: files, what they are, how they will be read; nothing is loaded before the seller agrees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from engine.cells import one_line
from engine.errors import BackroomError
from engine.importing.queries import column_meanings, imported_before
from engine.importing.report import ImportSettings
from engine.jobs import JobContext
from tui.background import Job, void
from tui.commands import Command, bindings
from tui.decisions import Decision
from tui.format import counted, tsv, words
from tui.paths import expanded, pasted_paths
from tui.screens.imports.candidates import (
    FILE_COLUMNS,
    Candidate,
    Line,
    by_hand,
    lines_of,
    questions_content,
    recognition_content,
    summary,
)
from tui.screens.imports.choices import FileChoices
from tui.screens.imports.loading import legs, load_files
from tui.screens.imports.preview import Preview
from tui.screens.imports.report import ImportReportScreen
from tui.screens.imports.undoing import ask_to_undo
from tui.widgets.virtual import VirtualList, VirtualTable

if TYPE_CHECKING:
    from engine.importing.report import ImportReport, Recognition


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


class FileLoaded(Message):
    """One file of several is done."""

    def __init__(self, candidate: Candidate, result: list[ImportReport] | Exception) -> None:
        super().__init__()
        self.candidate, self.result = candidate, result


class ImportScreen(FileChoices):
    """Choose files, look at what they are, agree, load, read the totals.

    Args:
        text: paths that were dropped or pasted before the screen was open.
    """

    AREA = "imports"
    COMMAND_TABLE: ClassVar[tuple[Command, ...]] = (
        Command("import.load", "L,ctrl+j", "load", "load all files marked ✓", footer="load all ✓"),
        Command("import.agree", "space", "agree", "agree to load this file, or leave it out", footer="agree"),
        Command("import.meaning", "m", "meaning", "change what this column means", footer="meaning"),
        Command("import.view", "v", "view", "columns, first rows as stored, or totals", footer="view"),
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

    def body(self) -> Iterable[Widget]:
        """The field, all files in a line, the files, what the current one is, its columns, first rows or totals."""
        yield PathField(placeholder=PLACEHOLDER, id="path", compact=True)
        yield Static(id="summary")
        yield VirtualTable[Line](FILE_COLUMNS, id="files", empty=EMPTY)
        yield Static(id="recognition")
        yield Static(id="questions")
        yield Preview(id="preview-file")

    @property
    def files(self) -> VirtualTable[Line]:
        """The files."""
        return self.query_one("#files", VirtualTable)

    @property
    def preview(self) -> Preview:
        """What the current file holds."""
        return self.query_one(Preview)

    @property
    def columns(self) -> VirtualTable[Any]:
        """Columns or first rows of the current file."""
        return self.preview.table

    def on_mount(self) -> None:
        """Take what was dropped; the field has the keys until there are files."""
        self.query_one("#path").focus()
        self._show_files()
        if self._text:
            self.add(self._text)

    # -- files -----------------------------------------------------------------------------------------------------

    def add(self, text: str) -> None:
        """Add the files that `text` names."""
        known = {candidate.path for candidate in self.candidates}
        with self.room.errors_shown():
            new = [Candidate(path) for path in expanded(pasted_paths(text)) if path not in known]
            if not new:
                self.room.say("No new file there.", warning=True)
                return
            self.candidates = [*self.candidates, *new]
            # The newest read goes first: what stands on top of the list is known first.
            for candidate in reversed(new):
                self._recognise(candidate)
            before = self.files.row_count
            self._show_files()
            self.files.cursor = before
            # Letters act on the list that has the keys: a path that is half typed keeps them.
            if not self.query_one("#path", Input).value.strip():
                self.files.focus()

    def _recognise(self, candidate: Candidate) -> None:
        shop = self.shop
        settings = ImportSettings(**candidate.choices) if candidate.choices else None
        before = candidate.tables or []
        candidate.tables = candidate.checks = candidate.error = None
        candidate.problem = ""

        def read() -> tuple[list[Recognition] | Exception, int | None]:
            from engine.importing import desk

            try:
                return desk.recognise(candidate.path, settings, shop.store), imported_before(shop.store, candidate.path)
            except BackroomError as error:
                return error, None

        def recognised(result: tuple[list[Recognition] | Exception, int | None]) -> None:
            found, candidate.before = result
            if not isinstance(found, Exception):
                candidate.tables = found
            elif candidate.choices.get("mapping") and before:
                candidate.not_enough(before, one_line(found))
            else:
                candidate.error = found
            self._show_files()
            if not any(candidate.looking for candidate in self.candidates):
                self._add_up()

        self.background(read, recognised)

    def _add_up(self) -> None:
        """Find out what would be loaded: of all files, the current one first, once it is known what they are."""
        line = self.line
        waiting = [candidate for candidate in self.candidates if candidate.checkable]
        waiting.sort(key=lambda candidate: line is not None and candidate is line.candidate)
        for candidate in waiting:
            self._check(candidate)

    def _check(self, candidate: Candidate) -> None:
        shop, room, choices = self.shop, self.room, candidate.choices
        settings = ImportSettings(**choices, accept=not candidate.settled, dry_run=True)

        def read() -> list[ImportReport] | None:
            from engine.importing import desk

            if candidate.choices is not choices or candidate.reports is not None or room.job is not None:
                return None
            try:
                return desk.import_file(shop.store, candidate.path, settings)
            except BackroomError:
                return []

        def checked(reports: list[ImportReport] | None) -> None:
            if reports is not None and candidate.choices is choices:
                candidate.checks = reports
                self._show_files()

        self.background(read, checked)

    def _show_files(self) -> None:
        lines = [line for candidate in self.candidates for line in lines_of(candidate)]
        self.query_one("#summary", Static).update(summary(self.candidates))
        self.files.set_class(not lines, "-empty")
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
            typed, event.input.value = event.value, ""
            self.add(typed)
        elif self.candidates:
            self.files.focus()

    @on(VirtualList.Highlighted, "#files")
    def show_current(self) -> None:
        """Show what the current file is."""
        line = self.line
        self.query_one("#recognition", Static).update(recognition_content(line) if line is not None else Content(""))
        asked = questions_content(line) if line is not None else Content("")
        questions = self.query_one("#questions", Static)
        questions.update(asked)
        questions.display = bool(asked.plain)
        self.preview.show(line)
        self.refresh_bindings()

    @on(VirtualList.Opened, "#files")
    def open(self, event: VirtualList.Opened[Line]) -> None:
        """A loaded file opens its report, another one its columns, first rows or totals."""
        line = event.row
        if line.report is not None:
            self.app.push_screen(ImportReportScreen(line.report.as_json()))
        elif line.candidate.error is not None:
            self.room.show_error(line.candidate.error)
        else:
            self.preview.focus_shown()

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
        """Empty the field first; go from the columns to the files; leave the field when there are files."""
        field = self.query_one("#path", Input)
        if field.has_focus and field.value:
            field.value = ""
            return True
        if self.candidates and not self.files.has_focus:
            self.files.focus()
            return True
        return False

    # -- commands --------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what makes sense for the current file."""
        if action in ("encoding", "date_order", "currency", "delimiter", "profile", "agree", "meaning", "view"):
            line = self.line
            if line is None or line.candidate.reports is not None or self.room.job is not None:
                return False
            if action == "meaning":
                shown = self.preview.view(line) == "columns" and bool(self.columns.row_count)
                return shown and line.table is not None and by_hand(line.table)
            if action in ("agree", "view"):
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
        from tui.screens.imports.browse import BrowseScreen

        def chosen(path: Path | None) -> None:
            if path is not None:
                self.add(path.absolute().as_uri())

        self.room.ask(BrowseScreen(self.candidates[-1].path.parent if self.candidates else Path.cwd()), chosen)

    def action_remove(self) -> None:
        """Take the file off the list."""
        line = self.line
        if line is None:
            return
        candidate, before = line.candidate, self.candidates

        def as_before() -> bool:
            if self.is_attached and candidate not in self.candidates:
                place = before.index(candidate)
                self.candidates = [*self.candidates[:place], candidate, *self.candidates[place:]]
                self._show_files()
            return True

        self.candidates = [other for other in before if other is not candidate]
        self._show_files()
        self.room.decided(Decision(f"took {candidate.path.name} off the list", as_before))

    def action_agree(self) -> None:
        """Load it, or leave it out."""
        line = self.line
        if line is not None:
            line.candidate.agreed = not line.candidate.ready
            self._show_files()
            self._add_up()

    def action_view(self) -> None:
        """Columns, first rows, totals."""
        self.preview.turn(self.line)

    def decide(self, what: str, **choices: Any) -> None:
        """Read the current file again with other choices."""
        line = self.line
        if line is None:
            return
        candidate = line.candidate
        before = candidate.choices

        def read_with(wanted: dict[str, Any]) -> None:
            candidate.choices = {name: value for name, value in wanted.items() if value is not None}
            candidate.agreed = None
            with self.room.errors_shown():
                self._recognise(candidate)
                self._show_files()

        def as_before() -> bool:
            if self.is_attached and candidate in self.candidates and candidate.reports is None:
                read_with(before)
            return True

        read_with({**before, **choices})
        self.room.decided(Decision(f"{candidate.path.name}, {what}", as_before))

    def action_meaning(self) -> None:
        """Choose what the column under the cursor means."""
        from tui.screens.dialogs import Choose

        line, guess = self.line, self.columns.row
        if line is None or line.table is None or guess is None:
            return
        table = line.table
        known = column_meanings(table.report)
        meanings = [None, *(meaning for meaning, _ in known)]
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
            said = dict(known).get(meaning or "", "not used")
            self.decide(f"“{one_line(guess.column)}” means {said}", mapping=mapping)
            self.columns.focus()

        labels = ["not used", *(label for _, label in known)]
        self.room.ask(Choose(f"What does the column “{one_line(guess.column)}” mean?", labels, current), chosen)

    def action_load(self) -> None:
        """Load every file that is agreed to, one transaction each."""
        shop = self.shop
        ready = [candidate for candidate in self.candidates if candidate.ready]
        plan = [(candidate, ImportSettings(**candidate.choices, accept=not candidate.settled)) for candidate in ready]

        def work(context: JobContext) -> list[tuple[Candidate, list[ImportReport] | Exception]]:
            return load_files(shop, plan, context, lambda c, result: void(self.post_message(FileLoaded(c, result))))

        self.room.start_job(Job("Importing", work, lambda results: self._loaded(results, len(plan)), plan=legs(plan)))

    @on(FileLoaded)
    def file_loaded(self, event: FileLoaded) -> None:
        """Show what became of a file while the others are loaded."""
        _settle(event.candidate, event.result)
        self._show_files()

    def _loaded(self, results: list[tuple[Candidate, list[ImportReport] | Exception]], planned: int) -> None:
        reports = [report for _, result in results if not isinstance(result, Exception) for report in result]
        for candidate, result in results:
            _settle(candidate, result)
        failed = sum(isinstance(result, Exception) for _, result in results)
        rows = sum(report.rows_loaded + report.rows_updated for report in reports)
        text = f"{counted(len(results) - failed, 'file')} loaded, {counted(rows, 'row')}"
        came_in = Counter[str]()
        for report in reports:
            came_in.update({table: count for table, count in report.tables.items() if report.already_imported is None})
        text += (
            f" ({', '.join(f'{count:,} {words(table)}' for table, count in came_in.items() if count)})" if rows else ""
        )
        text += f"; {counted(failed, 'file')} could not be loaded" if failed else ""
        text += f"; stopped before the other {planned - len(results)}" if len(results) < planned else ""
        text += "." + self._news({report.import_id for report in reports})
        self.room.say(text + " r reads what is new.", title="Import", seconds=8)
        for report in reports:
            if report.import_id is not None and report.already_imported is None:
                self.room.decided(self._loading_of(report))
        if self.is_attached:
            self._show_files()
            self._add_up()

    def _loading_of(self, report: ImportReport) -> Decision:
        """The decision to load a table, which can be taken back after a question."""
        room, file = self.room, PurePath(report.file).name

        def ask() -> bool:
            ask_to_undo(room, report.import_id or 0, file, lambda: room.decisions.drop(decision))
            return False

        decision = Decision(f"loaded {file}", ask)
        return decision

    def _news(self, imports: set[int | None]) -> str:
        """What these imports changed, in a few words."""
        found = self.shop.findings(desk="imports", today=True)
        told = [self.room.short(f) for f in found if f.numbers.get("import_id") in imports]
        return f" Since the files before: {', '.join(told[:NEWS_SHOWN])}." if told else ""


def _settle(candidate: Candidate, result: list[ImportReport] | Exception) -> None:
    if isinstance(result, Exception):
        candidate.error = result
    else:
        candidate.reports = result


NEWS_SHOWN = 3
PLACEHOLDER = "drop files or folders here, paste their paths, or type one and press Enter"
EMPTY = (
    "Drop export files on this window, or paste or type their paths above; a folder is taken whole. b browses.\n"
    "You will see what each file is and how it will be read. Nothing is loaded before you agree, and nothing leaves "
    "this computer."
)
