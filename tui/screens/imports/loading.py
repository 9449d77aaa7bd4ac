"""Loading the files that a seller agreed to: one transaction each, one after another, beside the screen."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.errors import BackroomError, Cancelled
from engine.jobs import JobContext, Progress
from engine.shop import Shop
from tui.course import Leg
from tui.screens.imports.candidates import Candidate

if TYPE_CHECKING:
    from engine.importing.report import ImportReport, ImportSettings


BYTES_PER_SECOND = 2_000_000
"""What a laptop loads; the course of the job corrects it by what it measures."""


def _name(position: int, plan: Sequence[object], candidate: Candidate) -> str:
    return f"{position}/{len(plan)} {candidate.path.name}"


def legs(plan: Sequence[tuple[Candidate, ImportSettings]]) -> list[Leg]:
    """The files of `plan` as stages of one job, each expected to take as long as it is large."""
    found = []
    for position, (candidate, _) in enumerate(plan, 1):
        with contextlib.suppress(OSError):
            size = candidate.path.stat().st_size
            found.append(Leg(_name(position, plan, candidate), max(1, size) / BYTES_PER_SECOND, whole=True))
    return found


def load_files(
    shop: Shop,
    plan: Sequence[tuple[Candidate, ImportSettings]],
    context: JobContext,
    loaded: Callable[[Candidate, list[ImportReport] | Exception], None],
) -> list[tuple[Candidate, list[ImportReport] | Exception]]:
    """Load each file of `plan`; what became of it goes to `loaded` at once, and all of it is returned.

    A file that cannot be loaded does not keep the next one from it. Stopped, the files before are loaded whole.
    """
    from engine.importing.desk import import_file

    results: list[tuple[Candidate, list[ImportReport] | Exception]] = []
    report = context.report
    for position, (candidate, settings) in enumerate(plan, 1):
        prefix = _name(position, plan, candidate)

        def tell(progress: Progress, prefix: str = prefix) -> None:
            # The file's name is shown once; the stage only where it is another than reading it.
            own = progress.stage.startswith("importing")
            report(replace(progress, stage=prefix if own else f"{prefix}: {progress.stage}"))

        context.report = tell
        result: list[ImportReport] | Exception
        try:
            result = import_file(shop.store, candidate.path, settings, context)
        except Cancelled:
            break
        except BackroomError as error:
            result = error
        results.append((candidate, result))
        loaded(candidate, result)
    return results
