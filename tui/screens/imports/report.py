"""One import in full: rows, totals beside the file's own, what was left out and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Any

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from engine.cells import as_text, one_line
from tui.format import count, words
from tui.screens.base import AreaScreen
from tui.widgets.reading import ReadingPane

Report = dict[str, Any]
LINES_SHOWN = 200


def number(report: Mapping[str, Any], name: str) -> str:
    """A count of a report, "" when it is not stated."""
    value = report.get(name)
    return "" if value is None else count(value)


def file_name(report: Mapping[str, Any]) -> str:
    """The file's name without its folder."""
    return one_line(PurePath(as_text(report.get("file"))).name)


def kind(report: Mapping[str, Any]) -> str:
    """Platform and report in words."""
    if report.get("platform") == "file":
        return f"{words(one_line(report.get('report')))} (mapped)"
    parts = [one_line(report.get("platform")), words(one_line(report.get("report")))]
    return " ".join(part for part in parts if part) or "mapped by hand"


ROWS = (
    ("rows_loaded", "loaded"),
    ("rows_updated", "changed"),
    ("rows_duplicate", "known before"),
    ("rows_rejected", "not loaded"),
)
WOULD = {"loaded": "to load", "known before": "there twice", "not loaded": "cannot load"}


Part = tuple[str, str] | str


def report_content(report: Mapping[str, Any], *, beforehand: bool = False) -> Content:
    """An import in full: rows, period, totals beside the file's own, what was left out and why.

    `beforehand` words it as what would be loaded.
    """
    parts = [*_facts(report, beforehand), *_totals(report, beforehand), *_remarks(report, beforehand)]
    return Content.assemble(*parts)


def _facts(report: Mapping[str, Any], beforehand: bool) -> Iterator[Part]:
    """Name and value, a line each, of those that have one."""
    period = report.get("period") or {}
    tables = {name: rows for name, rows in (report.get("tables") or {}).items() if rows}
    if not beforehand:
        yield (one_line(report.get("file")) + "\n", "bold")
    lines = [] if beforehand else [("what", kind(report))]
    lines += [] if beforehand else [(name, one_line(report.get(name))) for name in ("encoding", "currency")]
    lines.append(("period", f"{period['from']} to {period.get('to')}" if period.get("from") else ""))
    lines.append(("rows in the file", number(report, "rows_read")))
    lines += [
        (WOULD.get(said, said) if beforehand else said, number(report, name))
        for name, said in ROWS
        if report.get(name) or name == "rows_loaded"
    ]
    lines.append(("stored as", ", ".join(f"{count(rows)} {words(name)}" for name, rows in tables.items())))
    lines.append(("rejects file", one_line(report.get("rejects_file"))))
    for name, value in lines:
        if value:
            yield (f"{name:<18}", "dim")
            yield value + "\n"


def _totals(report: Mapping[str, Any], beforehand: bool) -> Iterator[Part]:
    """What was added up beside what the file states."""
    file_totals = dict(report.get("file_totals") or {})
    # A total of nothing that the file does not state either says nothing.
    totals = {name: value for name, value in (report.get("totals") or {}).items() if value or name in file_totals}
    # What a group of rows states stands beside what its rows add up to.
    for name in [name for name in file_totals if f"{name}_from_lines" in file_totals]:
        totals[name] = file_totals.pop(f"{name}_from_lines")
    if totals or file_totals:
        beside = f"{'the file says':>18}" if file_totals else "  (the file states none)"
        yield (f"\n{'total':<20}{'to load' if beforehand else 'loaded':>16}{beside}\n", "bold")
    for name in [*totals, *(name for name in file_totals if name not in totals)]:
        loaded, stated = totals.get(name), file_totals.get(name)
        if loaded is None and stated is None:
            continue
        verdict = "" if stated is None or loaded is None else "  ✓ same" if loaded == stated else "  ✗ differs"
        cells = [count(value) if isinstance(value, (int, float)) else "" for value in (loaded, stated)]
        yield f"{words(name):<20}{cells[0]:>16}{cells[1]:>18}{verdict}".rstrip() + "\n"


def _remarks(report: Mapping[str, Any], beforehand: bool) -> Iterator[Part]:
    """Differences, notes and lines that were left out, the first few of each."""
    left_out = "Lines that are left out" if beforehand else "Lines that were left out"
    for title, name in (("Differences", "differences"), ("Worth knowing", "notes"), (left_out, "lines_skipped")):
        items = report.get(name) or []
        if not items:
            continue
        yield (f"\n{title}: {len(items):,}\n", "bold")
        yield from (f"  {difference_line(item)}\n" for item in items[:LINES_SHOWN])
        if len(items) > LINES_SHOWN:
            yield (f"  … and {len(items) - LINES_SHOWN:,} more\n", "dim")


def difference_line(item: Any) -> str:
    """A line that was left out or a difference as one line of text."""
    if not isinstance(item, Mapping):
        return one_line(item)
    said = one_line(item.get("what") or item.get("reason"))
    if "file" in item and "loaded" in item:
        said += f": the file says {_figure(item['file'])}, loaded {_figure(item['loaded'])}"
    rest = [
        f"{words(str(name))} {one_line(value)}"
        for name, value in item.items()
        if name not in ("line", "what", "reason", "file", "loaded") and value is not None
    ]
    if item.get("what") and item.get("reason"):
        rest.append(one_line(item["reason"]))
    text = ", ".join(part for part in (said, *rest) if part)
    return f"line {item['line']}: {text}" if item.get("line") is not None else text


def _figure(value: Any) -> str:
    return count(value) if isinstance(value, (int, float)) else one_line(value)


class ImportReportScreen(AreaScreen):
    """One import in full.

    Args:
        report: the report as it is stored.
    """

    AREA = "imports"

    def __init__(self, report: Mapping[str, Any]) -> None:
        super().__init__()
        self._report = report

    def body(self) -> Iterable[Widget]:
        """Text that scrolls."""
        with ReadingPane():
            yield Static(report_content(self._report), id="report")

    def on_mount(self) -> None:
        """The text has the keys."""
        self.query_one(ReadingPane).focus()

    def copyable(self) -> str:
        """All of it."""
        return report_content(self._report).plain
