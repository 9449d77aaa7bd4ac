"""Today: what matters, ranked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from engine.cells import one_line
from engine.findings import Finding
from engine.importing.queries import Overview, Table, overview, tables
from engine.reviews.queries import Reading, reading
from tui.background import READING
from tui.commands import Command, bindings
from tui.format import counted, tsv, words
from tui.screens.base import FilteredScreen
from tui.screens.findings.marks import STATE_COMMANDS, FindingMarks
from tui.screens.findings.text import FINDING_LINES, draw_finding, finding_content
from tui.widgets.virtual import Styles, VirtualList

if TYPE_CHECKING:
    from tui.screens.exporting import Export

NEWS_SHOWN = 4


class TodayScreen(FindingMarks, FilteredScreen):
    """The ranked findings, with a preview where there is room.

    Args:
        product: only the findings about this one, all of them.
        product_name: its name.
        area: the area it was opened from.
    """

    AREA = "today"
    COMMAND_TABLE: ClassVar[tuple[Command, ...]] = (
        *STATE_COMMANDS,
        Command("filter.all", "t", "toggle_all", "show today's findings, or all of them"),
        Command("filter.dismissed", "D", "toggle_dismissed", "show or hide dismissed findings"),
    )
    BINDINGS = bindings(COMMAND_TABLE)

    def __init__(self, product: str | None = None, product_name: str = "", area: str | None = None) -> None:
        super().__init__(area)
        self._product = product
        self._product_name = product_name
        self._everything = product is not None
        self._dismissed = False
        self._findings: list[Finding] = []
        self._listed: list[Finding] = []

    def body(self) -> Iterable[Widget]:
        """A heading, the filter, the list, the preview."""
        yield Static(id="heading")
        yield Input(placeholder="words to look for; Esc clears", id="filter")
        with Horizontal(classes="panes"):
            yield VirtualList[Finding](self._draw, row_height=FINDING_LINES, id="findings")
            with VerticalScroll(id="preview", can_focus=False):
                yield Static(id="preview-text")

    def _draw(self, finding: Finding, width: int, styles: Styles) -> list[Text]:
        return draw_finding(finding, self.room.sentence(finding), width, styles)

    def load(self) -> None:
        """Findings and counts."""
        if self.room.shop is None:
            self.table.empty = (
                "No shop is open.\n\nPress O (capital o) to open or begin one (a file that ends in .shop),\n"
                "or leave with ctrl+q and try the sample shop: backroom demo"
            )
            self.table.show_rows(())
            return
        holds, read = overview(self.shop.store), reading(self.shop.store)
        self._findings = self.shop.findings(
            product=self._product, today=not self._everything, include_dismissed=self._dismissed
        )
        came_in = [] if self._findings else tables(self.shop.store)
        self.table.empty = self._advice(read, came_in)
        self._heading(holds, read, came_in)
        self._filter(keep_cursor=True)

    def _advice(self, read: Reading, came_in: Sequence[Table]) -> str:
        if not came_in and not self._findings:
            return "No reviews yet: press i to import files, or open the sample shop: backroom demo"
        if read.reviews == 0 and self.room.job is None and not self.field.value:
            return "Press r to look for what stands out. 0 shows what came in, i imports more: reviews, for example."
        if read.unread:
            waiting = f"{counted(read.unread, 'review')} not read yet"
            if self.room.job is not None:
                return f"{waiting}: what stands out appears here when the reading is done."
            return f"{waiting}: press r to read the shop. It stays on this computer."
        if self._product is not None:
            return "No findings about this product."
        if self.field.value:
            return "No finding has these words. Esc clears the filter."
        if self.room.job is not None and self.room.job.title == READING:
            return "Every review is read: what stands out appears here when that is weighed."
        return "Nothing stands out today. Press t for all findings, r to read the shop again, i to import more."

    def _heading(self, holds: Overview, reading: Reading, came_in: Sequence[Table]) -> None:
        name = "All findings" if self._everything else "Today"
        if self._product is not None:
            name = f"Findings about {one_line(self._product_name or self._product)}"
        period = f"{holds.first_day} to {holds.last_day}" if holds.first_day else "no dates"
        read = f"{counted(reading.reviews, 'review')}, {reading.read:,} read"
        read += ", r goes on" if 0 < reading.read < reading.reviews and self.room.job is None else ""
        stale = sum(finding.stale for finding in self._findings)
        told = [] if self._product is not None else [f for f in self._findings if f.desk == "imports"]
        news = "  ·  ".join(one_line(self.room.short(f)) for f in told[:NEWS_SHOWN])
        more = f"  ·  and {len(told) - NEWS_SHOWN} more below" if len(told) > NEWS_SHOWN else ""
        parts: list[tuple[str, str] | str] = [
            (f"{name}: {counted(len(self._findings) - stale, 'finding')}", "bold"),
            (f"  ·  {stale:,} out of date, r reads again", "$text-warning") if stale else "",
            (f"  ·  {read}  ·  {period}", "dim"),
        ]
        if came_in:
            parts += [
                ("\nCame in: ", "$text-accent"),
                "  ·  ".join(f"{table.rows:,} {words(table.name)}" for table in came_in),
            ]
        if news:
            parts += [("\nSince the last files: ", "$text-accent"), news, (more, "dim")]
        self.query_one("#heading", Static).update(Content.assemble(*parts))

    def _filter(self, *, keep_cursor: bool) -> None:
        wanted = self.field.value.casefold().split()
        rows = [
            finding
            for finding in self._findings
            if all(
                word in f"{self.room.sentence(finding)} {finding.kind} {finding.state}".casefold() for word in wanted
            )
        ]
        self._listed = rows
        self.table.show_rows(rows, keep_cursor=keep_cursor)

    def current(self) -> Finding | None:
        """The finding under the cursor."""
        return self.table.row if self.is_mounted else None

    def copyable(self) -> str:
        """The sentence with its numbers."""
        finding = self.current()
        if finding is None:
            return ""
        return tsv([(self.room.sentence(finding), finding.k, finding.n, finding.state)])

    def exported(self) -> Export | None:
        """The findings that are listed."""
        from tui.screens.exporting import Export

        shop, listed, language = self.shop, self._listed, self.room.language
        ids = [finding.id for finding in listed if finding.id is not None]
        if not ids:
            return None
        return Export(
            f"the {counted(len(ids), 'finding')} listed here",
            "findings",
            lambda path, force, context: shop.export(
                "findings", path, only=ids, force=force, language=language, context=context
            ),
        )

    def action_toggle_all(self) -> None:
        """Today's findings or all."""
        self._everything = not self._everything
        self.reload()

    def action_toggle_dismissed(self) -> None:
        """Show or hide what was dismissed."""
        self._dismissed = not self._dismissed
        self.reload()

    @on(Input.Changed, "#filter")
    def narrow(self) -> None:
        """Filter while typing."""
        self._filter(keep_cursor=False)

    @on(VirtualList.Highlighted, "#findings")
    def preview(self, event: VirtualList.Highlighted[Finding]) -> None:
        """Show the finding under the cursor in full where there is room."""
        finding = event.row
        said = Content("") if finding is None else finding_content(finding, self.room.sentence(finding), preview=True)
        self.query_one("#preview-text", Static).update(said)
        self.refresh_bindings()

    @on(VirtualList.Opened, "#findings")
    def open(self, event: VirtualList.Opened[Finding]) -> None:
        """Open the finding."""
        from tui.screens.findings.finding import FindingScreen

        if event.row.id is not None:
            self.app.push_screen(FindingScreen(event.row.id, self.area))
