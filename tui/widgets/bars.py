"""The lines around every screen: the areas above, the running job below."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from engine.cells import one_line
from engine.jobs import Progress
from tui.areas import AREAS, Area
from tui.background import Job
from tui.format import bar, clip, count, duration


class AreaTab(Static):
    """One area's name; a click goes there."""

    def __init__(self, area: Area) -> None:
        super().__init__(Text(f" {area.key} {area.title} "), id=f"area-{area.mode}")
        self.mode = area.mode

    async def on_click(self) -> None:
        """Go to the area."""
        await self.run_action(f"app.area('{self.mode}')")


class AreaBar(Horizontal):
    """The areas, the current one marked in reverse, and the shop's name."""

    DEFAULT_CSS = """
    AreaBar {
        height: 1; background: $panel; color: $foreground;
        AreaTab { width: auto; text-style: dim; }
        AreaTab.-current { text-style: reverse bold; color: $foreground; }
        #shop-name { width: 1fr; text-align: right; text-style: dim; padding: 0 1; }
    }
    """

    def __init__(self, current: str, shop: str) -> None:
        super().__init__()
        self._current = current
        self._shop = shop

    def compose(self) -> ComposeResult:
        """A tab for each area."""
        for area in AREAS:
            tab = AreaTab(area)
            tab.set_class(area.mode == self._current, "-current")
            yield tab
        yield Static(Text(clip(one_line(self._shop), 40), no_wrap=True), id="shop-name")

    def rename(self, shop: str) -> None:
        """Show another shop's name."""
        self.query_one("#shop-name", Static).update(Text(clip(one_line(shop), 40), no_wrap=True))


class JobBar(Static):
    """The running job in one line, hidden when there is none."""

    DEFAULT_CSS = """
    JobBar { height: 1; display: none; background: $primary 25%; color: $foreground; padding: 0 1; }
    JobBar.-running { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._job: Job | None = None

    def show_job(self, job: Job | None) -> None:
        """Show `job`, or nothing."""
        self.set_class(job is not None, "-running")
        self._job = job
        self.refresh()

    def render(self) -> Text:
        """The job in as many cells as there are."""
        return Text(job_line(self._job, self.content_size.width) if self._job else "", no_wrap=True)


def job_line(job: Job, width: int) -> str:
    """A job in `width` cells: what, how far, how fast, how long still, and how to stop it; only the stage's name is clipped."""
    progress = job.progress
    ending = " · stopping…" if job.stopping else " · ctrl+x stops"
    if progress is None:
        return clip(f"{job.title}…", width - cell_len(ending)) + ending
    facts = f" {bar(progress.fraction, 5)} {progress.fraction:.0%} · {progress_numbers(progress)}{ending}"
    return clip(one_line(progress.stage), max(12, width - cell_len(facts))) + facts


def progress_numbers(progress: Progress) -> str:
    """Counts, rate and time left."""
    parts = [f"{count(progress.done)}/{count(progress.total)} {progress.unit}"]
    if progress.rate:
        parts.append(f"{progress.rate:,.0f}/s" if progress.rate >= 10 else f"{progress.rate:.1f}/s")
    if progress.seconds_left:
        parts.append(f"{duration(progress.seconds_left)} left")
    return " · ".join(parts)
