"""The app: one shop, its areas, at most one job.

Modes keep one stack of screens for each area, so that going to another area and back loses nothing. Only Today is
imported for the first paint.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import App
from textual.screen import Screen

from engine.cells import one_line
from engine.desks.sentences import sentence, short
from engine.errors import BackroomError, Cancelled
from engine.findings import AnalysisReport, Finding
from engine.paths import state_dir
from engine.reviews.queries import reading
from engine.say import Speaker, language_of_locale
from engine.shop import Shop
from tui.areas import AREAS
from tui.background import READING, Job, Reader
from tui.commands import Command, bindings
from tui.course import FIRST_READING, Memory
from tui.decisions import Decision, Decisions
from tui.faults import log_fault
from tui.format import counted, duration
from tui.messages import JobEnded, JobProgressed, Loaded, LoadFailed
from tui.recent import Recent
from tui.screens.base import AreaScreen
from tui.theme import THEME
from tui.widgets.bars import JobBar

if TYPE_CHECKING:
    from textual.command import Provider


def _palette() -> type[Provider]:
    from tui.palette import Commands

    return Commands


REFRESH_SECONDS = 2.0
"""How often lists catch up with a reading under way."""
IDLE_SECONDS = 4.0
"""How long nothing runs before the shop is made one file."""


class BackroomApp(App[None], inherit_bindings=False):
    """Backroom in a terminal.

    Args:
        shop: the shop to show; None shows the start page.
        analyze: begin to read the shop at once where reviews are unread.
        missing: a shop that was named and is not there: the start page says so.
        files: paths of files to import, as text.
        language: of what is said; this computer's when None.
    """

    TITLE = "Backroom"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    COMMANDS: ClassVar[set[Any]] = {_palette}
    MODES: ClassVar[dict[str, Any]] = {area.mode: area.open for area in AREAS}
    DEFAULT_MODE = AREAS[0].mode
    COMMAND_TABLE: ClassVar[tuple[Command, ...]] = (
        *(area.command for area in AREAS),
        Command("shop.read", "r", "read_shop", "Read the shop", footer="read"),
        Command("shop.import", "i", "import_files", "import files", footer="import"),
        Command("shop.open", "O", "open_shop", "open or begin a shop"),
        Command("decision.undo", "u", "undo", "undo the last decision", footer="undo"),
        Command("job.stop", "ctrl+x", "stop_job", "stop the job, keep what is done", footer="stop"),
        Command("app.theme", "ctrl+t", "change_theme", "choose a theme"),
        Command("app.help", "question_mark,f1", "help", "help", footer="help"),
        Command("app.palette", "ctrl+p,colon", "command_palette", "all commands", palette=False),
        Command("app.quit", "ctrl+q", "quit", "quit", footer="quit", priority=True),
    )
    BINDINGS = bindings(COMMAND_TABLE)

    def __init__(
        self,
        shop: Shop | None = None,
        *,
        analyze: bool = False,
        missing: Path | None = None,
        files: str = "",
        language: str | None = None,
    ) -> None:
        super().__init__()
        self.shop = shop
        self.job: Job | None = None
        self.data_version = 0
        self.decisions = Decisions()
        self.reader = Reader(self.post_message)
        self.language = language or language_of_locale()
        self.speaker = Speaker(self.language)
        self._analyze, self._missing, self._waiting = analyze, missing, files
        self._refreshed = 0.0
        self._said: dict[str, tuple[Finding, str]] = {}
        self.animation_level = "none"
        self.register_theme(THEME)
        self.theme = THEME.name

    @property
    def shop_name(self) -> str:
        """The shop's file name."""
        return self.shop.path.name + (" (read-only)" if self.shop.read_only else "") if self.shop else "no shop"

    def on_mount(self) -> None:
        """The start page without a shop; with one, begin what was asked for."""
        self.set_interval(IDLE_SECONDS, self._rest)
        if self.shop is None:
            from tui.screens.start import StartScreen

            self.push_screen(StartScreen(recent_shops().shops(), self._missing, self._count_waiting()))
        else:
            self.call_after_refresh(self._begin)

    def _count_waiting(self) -> int:
        from tui.paths import pasted_paths

        return len(pasted_paths(self._waiting)) if self._waiting else 0

    def _begin(self) -> None:
        """Import the files that wait, and read when that was asked for and something is unread."""
        shop = self.shop
        if shop is None:
            return
        if self._waiting:
            self.import_files(self._waiting)
            self._waiting = ""
        if self._analyze and (reading(shop.store).unread or not shop.findings()):
            self.action_read_shop()
        self._analyze = False

    def _rest(self) -> None:
        """While nothing runs, the shop is one file that can be copied."""
        if self.shop is not None and self.job is None and not self.shop.read_only:
            self.shop.settle()

    # -- saying ----------------------------------------------------------------------------------------------------

    def sentence(self, finding: Finding) -> str:
        """A finding's sentence in the language of the app."""
        kept = self._said.get(finding.key)
        if kept is None or kept[0] is not finding:
            # Lists are drawn often, and findings never change once they are read.
            kept = self._said[finding.key] = finding, sentence(finding, self.speaker)
        return kept[1]

    def short(self, finding: Finding) -> str:
        """A finding in a few words, in the language of the app."""
        return short(finding, self.speaker)

    def say(self, text: str, *, title: str = "", warning: bool = False, seconds: float | None = None) -> None:
        """A short message in the corner; nothing in it is taken for markup."""
        self.notify(
            one_line(text), title=title, severity="warning" if warning else "information", timeout=seconds, markup=False
        )

    def ask(self, dialog: Screen[Any], answered: Callable[[Any], None] | None = None) -> None:
        """Show a dialog."""
        self.push_screen(dialog, answered)

    def decided(self, decision: Decision) -> None:
        """Remember a decision, and say that it can be taken back."""
        self.decisions.add(decision)
        self.say(f"{decision.what} (u undoes)", seconds=3)
        self.screen.refresh_bindings()

    # -- state -----------------------------------------------------------------------------------------------------

    def data_changed(self) -> None:
        """The shop's content is other than before: what is on screen reads again, the rest when it is shown."""
        self.data_version += 1
        for screen in self.screen_stack:
            if isinstance(screen, AreaScreen) and screen.is_current:
                screen.reload()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what is possible now is offered."""
        if action == "stop_job":
            return self.job is not None and not self.job.stopping
        if action == "undo":
            return bool(self.decisions) and self.job is None
        if action == "area":
            return self.current_mode != parameters[0] if parameters else True
        if action == "import_files" and self.screen.has_class("-importing"):
            return False
        if action in ("read_shop", "import_files"):
            return self.job is None and self.shop is not None and not self.shop.read_only
        return super().check_action(action, parameters)

    @contextlib.contextmanager
    def errors_shown(self) -> Iterator[None]:
        """Show an error as a dialog instead of ending the app."""
        try:
            yield
        except Exception as error:
            self.show_error(error)

    def show_error(self, error: BaseException) -> None:
        """What happened and what to do; a fault of ours goes to the log as well."""
        from tui.screens.dialogs import ErrorDialog

        log = "" if isinstance(error, BackroomError) else log_fault(error)
        self.push_screen(ErrorDialog.of(error, log))

    def copy(self, text: str) -> None:
        """Copy to the clipboard (OSC 52, so that it works over ssh) and say so."""
        self.copy_to_clipboard(text)
        self.say(f"Copied: {one_line(text)[:60]}", seconds=3)

    # -- background ------------------------------------------------------------------------------------------------

    @on(Loaded)
    def deliver(self, message: Loaded) -> None:
        """Hand a read's result over."""
        with self.errors_shown():
            message.deliver(message.result)

    @on(LoadFailed)
    def load_failed(self, message: LoadFailed) -> None:
        """Show why a read failed."""
        self.show_error(message.error)

    def start_job(self, job: Job) -> None:
        """Start `job` unless one is running."""
        if self.job is not None:
            self.say("Something is running already; ctrl+x stops it.", warning=True)
            return
        self.job = job
        self._show_job()
        self.data_changed()
        job.start(self.post_message)

    @on(JobProgressed)
    def job_progressed(self, message: JobProgressed) -> None:
        """Show how far it is."""
        if self.job is not None and message.job == self.job.number:
            before, self.job.progress = self.job.progress, message.progress
            self._show_job()
            # What a stage has stored so far is shown while it goes on, and all of it when the next one begins.
            ended = before is not None and before.stage != message.progress.stage
            moved = message.progress.done > 0 and time.monotonic() - self._refreshed >= REFRESH_SECONDS
            if self.job.title == READING and (ended or moved):
                self.data_changed()
                self._refreshed = time.monotonic()

    @on(JobEnded)
    def job_ended(self, message: JobEnded) -> None:
        """Say what came of it and show the new state of the shop."""
        job = self.job
        if job is None or message.job != job.number:
            return
        self.job = None
        self._show_job()
        self.data_changed()
        if message.error is None:
            job.done(message.result)
            return
        if job.failed is not None:
            job.failed(message.error)
        if isinstance(message.error, Cancelled):
            progress = job.progress
            kept = (
                f" {counted(progress.done, progress.unit, progress.unit)} are kept."
                if progress and progress.done
                else ""
            )
            self.say(f"Stopped.{kept} The next run goes on from there.", title=job.title)
        else:
            self.show_error(message.error)

    def _show_job(self) -> None:
        for screen in self.screen_stack:
            for bar in screen.query(JobBar):
                bar.show_job(self.job)
        self.screen.refresh_bindings()

    def reviews_of(self, product: str, name: str) -> None:
        """Show a product's reviews in their area."""
        from tui.screens.reviews.listing import ReviewsScreen

        async def go() -> None:
            await self.switch_mode("reviews")
            while len(self.screen_stack) > 1:
                self.pop_screen()
            if isinstance(self.screen, ReviewsScreen):
                self.screen.show_product(product, name)

        self.call_next(go)

    # -- actions ---------------------------------------------------------------------------------------------------

    async def action_area(self, mode: str) -> None:
        """Go to an area."""
        if self.current_mode != mode:
            await self.switch_mode(mode)

    def action_read_shop(self) -> None:
        """Read what is new and find what matters."""
        shop = self.shop
        if shop is None or self.job is not None:
            return

        language = self.speaker.language
        memory, kept_as = Memory(state_dir() / "courses.json"), f"{READING} ({language})"

        def done(report: AnalysisReport) -> None:
            if report.labelled:
                memory.keep(kept_as, job.course.taken())
            read, found = reading(shop.store), len(shop.findings(today=True))
            said = f"{counted(read.read, 'review')} read, " if read.reviews else ""
            said += f"{counted(found, 'finding')} on Today, in {duration(report.seconds)}."
            self.say(said, title="The shop is read")
            for warning in report.warnings:
                self.say(warning, warning=True, seconds=12)
            self.bell()

        # The names of stages are said in the reader's language; the measured ones are English.
        plan = memory.expected(kept_as, FIRST_READING if language == "en" else ())
        job = Job(READING, lambda context: shop.run(context, language=language), done, plan=plan)
        self.start_job(job)

    def action_undo(self) -> None:
        """Take the last decision back and say which it was."""
        decision = self.decisions.last
        if decision is None:
            return
        with self.errors_shown():
            if decision.undo():
                self.decisions.drop(decision)
                self.say(f"Undone: {decision.what}", seconds=4)
                self.data_changed()
        self.screen.refresh_bindings()

    def action_stop_job(self) -> None:
        """Ask once, then ask the job to stop; it keeps what is done."""
        from tui.screens.dialogs import Confirm

        job = self.job
        if job is None or job.stopping or isinstance(self.screen, Confirm):
            return

        def answered(stop: bool | None) -> None:
            if stop and self.job is job:
                job.context.cancel.cancel()
                self._show_job()

        question = f"Stop? {job.title}: what is done so far is kept, and the next run goes on from there."
        self.ask(Confirm(question, "Stop", "Go on"), answered)

    def action_import_files(self) -> None:
        """Open the import screen."""
        self.import_files()

    def import_files(self, text: str = "") -> None:
        """Open the import screen, perhaps with files that were dropped on the window; without a shop they wait for one."""
        if self.shop is None:
            from tui.screens.start import StartScreen

            self._waiting = text
            for screen in self.screen_stack:
                if isinstance(screen, StartScreen):
                    screen.expect(self._count_waiting())
            return
        if self.shop.read_only:
            self.say("This shop is read-only: nothing can be imported into it.", warning=True)
            return
        from tui.screens.imports.importing import ImportScreen

        if not isinstance(self.screen, ImportScreen):
            self.push_screen(ImportScreen(text))

    def open_shop(self, path: Path, *, create: bool = False, analyze: bool = False, remember: bool = True) -> None:
        """Open a shop in place of the one that is open."""
        from tui.screens.start import StartScreen

        if self.job is not None:
            self.say("Something is running already; ctrl+x stops it.", warning=True)
            return
        with self.errors_shown():
            new = not path.exists()
            opened = Shop(path, create=create)
            self._rest()
            self.shop = opened
            if remember:
                recent_shops().add(path)
            self.decisions.forget()
            while isinstance(self.screen, StartScreen):
                self.pop_screen()
            self.data_changed()
            self.say(f"{opened.path.name} is {'a new shop' if new else 'open'}.")
            self._analyze = analyze
            self.call_after_refresh(self._begin)

    def action_open_shop(self) -> None:
        """Ask for a shop's path and open it."""
        self.ask_for_shop()

    def ask_for_shop(self) -> None:
        """Ask for a shop's path and open it; a new name begins a new shop."""
        from tui.screens.dialogs import Ask

        def answered(answer: str | None) -> None:
            if answer and answer.strip():
                path = Path(answer.strip()).expanduser()
                self.open_shop(path if path.suffix else path.with_suffix(".shop"), create=True)

        if self.job is None:
            self.push_screen(Ask("Which shop? A new name begins a new one.", placeholder="my.shop"), answered)

    def action_help(self) -> None:
        """All keys of this screen."""
        from tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))

    async def action_quit(self) -> None:
        """Leave at once; ask first while a job runs."""
        from tui.screens.dialogs import Confirm

        if self.job is None:
            self.exit()
            return
        if isinstance(self.screen, Confirm):
            return

        def answered(leave: bool | None) -> None:
            if leave:
                if self.job is not None:
                    self.job.context.cancel.cancel()
                self.exit()

        self.push_screen(
            Confirm(
                f"{self.job.title} is not finished. What is done so far is kept, and the next run goes on from there.",
                "Keep what is done and quit",
                "Stay",
            ),
            answered,
        )


def recent_shops() -> Recent:
    """The shops that were opened on this computer."""
    return Recent(state_dir() / "recent.json")


def run(path: Path | None, *, analyze: bool = False, files: Sequence[Path] = (), language: str | None = None) -> None:
    """Open the app.

    Args:
        path: the shop; None opens the last one, or the start page where there is none. One that is not there is said on
            the start page, which offers to begin it.
        analyze: read the shop at once where reviews are unread, as the sample shop does.
        files: files to import, looked at first.
        language: of what is said; this computer's when None.

    Raises:
        ShopError: the file cannot be opened as a shop.
    """
    # A library that writes to the terminal would tear the screen.
    logging.lastResort = None
    recent = recent_shops()
    if path is None:
        path = next(iter(recent.shops()), None)
    shop = Shop(path) if path is not None and path.exists() else None
    if shop is not None and not analyze:
        recent.add(shop.path)
    dropped = "\n".join(file.absolute().as_uri() for file in files)
    BackroomApp(shop, analyze=analyze, missing=path if shop is None else None, files=dropped, language=language).run()
