"""One finding: its numbers, its months, its method and its query; Enter opens its evidence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from engine.cells import safe
from engine.findings import Finding
from tui.commands import Command, bindings
from tui.format import between, k_of_n
from tui.screens.findings.evidence import EvidenceScreen, evidence_export
from tui.screens.findings.marks import STATE_COMMANDS, FindingMarks
from tui.screens.findings.text import finding_content
from tui.widgets.reading import ReadingPane

if TYPE_CHECKING:
    from tui.screens.exporting import Export


class FindingScreen(FindingMarks):
    """A finding in full.

    Args:
        finding: its id.
        area: the area it was opened from.
    """

    COMMAND_TABLE: ClassVar[tuple[Command, ...]] = (
        Command("finding.evidence", "enter,l", "evidence", "open the evidence", footer="evidence"),
        *STATE_COMMANDS,
        Command("copy.query", "c", "copy_query", "copy the query"),
    )
    BINDINGS = bindings(COMMAND_TABLE)

    def __init__(self, finding: int, area: str) -> None:
        super().__init__(area)
        self._which = finding
        self._finding: Finding | None = None

    def body(self) -> Iterable[Widget]:
        """Text that scrolls."""
        with ReadingPane(id="reading"):
            yield Static(id="finding")

    def on_mount(self) -> None:
        """The text has the keys."""
        self.query_one(VerticalScroll).focus()

    def load(self) -> None:
        """Read the finding; one that is gone says so."""
        self._finding = self.shop.finding(self._which)
        self.query_one("#finding", Static).update(finding_content(self._finding, self.room.sentence(self._finding)))

    def current(self) -> Finding | None:
        """This finding."""
        return self._finding

    def copyable(self) -> str:
        """Sentence, numbers and method."""
        finding = self._finding
        if finding is None:
            return ""
        lines = (
            self.room.sentence(finding),
            ", ".join(part for part in (k_of_n(finding), between(finding)) if part),
            finding.method,
        )
        return "\n".join(safe(line) for line in lines if line)

    def exported(self) -> Export | None:
        """The rows behind it."""
        return evidence_export(self.shop, self._finding, self.room.language)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Evidence and query only where there are some."""
        finding = self._finding
        if action == "evidence" and (finding is None or not finding.evidence_count):
            return False
        if action == "copy_query" and (finding is None or not finding.query):
            return False
        return super().check_action(action, parameters)

    def action_evidence(self) -> None:
        """Open the rows it rests on."""
        if self._finding is not None:
            self.app.push_screen(EvidenceScreen(self._finding, self.area))

    def action_copy_query(self) -> None:
        """Copy the SQL."""
        if self._finding is not None and self._finding.query:
            self.room.copy(self._finding.query)
