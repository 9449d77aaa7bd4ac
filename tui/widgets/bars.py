"""The lines around every screen: the areas above, the running job below."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from engine.cells import one_line
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

    def on_mount(self) -> None:
        """The time left counts down between reports."""
        self.set_interval(1.0, self._tick)

    def _tick(self) -> None:
        if self._job is not None:
            self.refresh()

    def show_job(self, job: Job | None) -> None:
        """Show `job`, or nothing."""
        self.set_class(job is not None, "-running")
        self._job = job
        self.refresh()

    def render(self) -> Text:
        """The job in as many cells as there are."""
        return Text(job_line(self._job, self.content_size.width) if self._job else "", no_wrap=True)


def job_line(job: Job, width: int) -> str:
    """A job in `width` cells: what, how far the whole of it is and how long that still takes, and how to stop it.

    Only the name of the stage is clipped.
    """
    progress, course = job.progress, job.course
    ending = " · stopping…" if job.stopping else " · ctrl+x stops"
    if progress is None:
        return clip(f"{job.title}… {duration(course.seconds)}", width - cell_len(ending)) + ending
    numbers = f"{count(progress.done)}/{count(progress.total)} {progress.unit}"
    left = course.seconds_left
    # Until the time left is known, the time that has passed shows that something moves.
    numbers += f" · {duration(course.seconds)}" if left is None else f" · {duration(left)} left"
    facts = f" {bar(course.fraction, 5)} {course.fraction:.0%} · {numbers}{ending}"
    return clip(one_line(progress.stage), max(12, width - cell_len(facts))) + facts
