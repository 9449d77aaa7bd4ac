"""The evidence of a finding: the passages it rests on, with the words that carry it marked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from engine.cells import one_line
from engine.findings import Finding
from engine.shop import EvidenceRow, Shop
from tui.commands import Command, bindings
from tui.format import breaks, clip, counted, evidence_word, excerpt, place, stars, tsv
from tui.screens.base import AreaScreen
from tui.widgets.virtual import Styles, VirtualList

if TYPE_CHECKING:
    from tui.screens.exporting import Export

TEXT_LINES = 2


def draw_evidence(row: EvidenceRow, width: int, styles: Styles) -> list[Text]:
    """Where it is from on one line, the words in their context on two."""
    origin = " · ".join(
        part
        for part in (
            "speaks against it" if row.role == "against" else "",
            row.day or "",
            stars(row.stars),
            one_line(row.product_name),
            place(row.file, row.sheet, row.line),
        )
        if part
    )
    lines = [Text(clip(origin, width), styles("bad" if row.role == "against" else "dim"))]
    text, start, end = excerpt(row.text, row.start, row.end, width * TEXT_LINES)
    for first, last in breaks(text, width, TEXT_LINES):
        line = Text(clip(text[first:last], width))
        line.stylize(styles("mark"), max(start, first) - first, max(0, min(end, last) - first))
        lines.append(line)
    return lines


def evidence_export(shop: Shop, finding: Finding | None, language: str) -> Export | None:
    """The rows behind a finding as something to export."""
    from tui.screens.exporting import Export

    if finding is None or finding.id is None or not finding.evidence_count:
        return None
    number = finding.id
    return Export(
        f"the {counted(finding.evidence_count, 'row')} behind this finding",
        f"evidence {number}",
        lambda path, force, context: shop.export(
            "evidence", path, finding=number, force=force, language=language, context=context
        ),
    )


class EvidenceScreen(AreaScreen):
    """The passages behind one finding.

    Args:
        finding: the finding.
        area: the area it was opened from.
    """

    COMMAND_TABLE: ClassVar[tuple[Command, ...]] = ()
    BINDINGS = bindings(COMMAND_TABLE)

    def __init__(self, finding: Finding, area: str) -> None:
        super().__init__(area)
        self._finding = finding

    def body(self) -> Iterable[Widget]:
        """The sentence and the list."""
        yield Static(id="heading")
        yield VirtualList[EvidenceRow](
            draw_evidence,
            row_height=1 + TEXT_LINES,
            empty="The rows behind this are no longer in the shop.",
            id="evidence",
        )

    @property
    def table(self) -> VirtualList[EvidenceRow]:
        """The passages."""
        return self.query_one("#evidence", VirtualList)

    def on_mount(self) -> None:
        """The list has the keys."""
        self.table.focus()

    def load(self) -> None:
        """Read the evidence."""
        rows = self.shop.evidence(self._finding.id) if self._finding.id is not None else []
        self.table.show_rows(rows, keep_cursor=True)
        self.query_one("#heading", Static).update(
            Content.assemble(
                (counted(len(rows), evidence_word(self._finding)), "bold"),
                (f"  ·  {one_line(self.room.sentence(self._finding))}", "dim"),
            )
        )

    def copyable(self) -> str:
        """The passage with its place."""
        row = self.table.row
        return "" if row is None else tsv([(row.quote, row.day, row.stars, row.file, row.line)])

    def exported(self) -> Export | None:
        """All passages."""
        return evidence_export(self.shop, self._finding, self.room.language)

    @on(VirtualList.Opened, "#evidence")
    def open(self, event: VirtualList.Opened[EvidenceRow]) -> None:
        """Open the stored row."""
        from tui.screens.findings.row import RowScreen

        row = event.row
        self.app.push_screen(RowScreen(row.table_name, row.row_id, self.area, row.text, row.start, row.end))
