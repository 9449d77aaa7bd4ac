"""Running desks: those that have data, one after another, on one model process; one that fails stops no other."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterable

from engine.desks import registry
from engine.desks.base import Desk, load
from engine.desks.sentences import speaker_of
from engine.desks.work import SharedModel, Work
from engine.errors import BackroomError, Cancelled
from engine.findings import AnalysisReport, DeskReport
from engine.jobs import JobContext
from engine.paths import log_dir
from engine.say import Speaker
from engine.store.database import Store

FAULT = 70
"""Exit code: a fault of ours."""


def analyze(
    store: Store,
    context: JobContext | None = None,
    *,
    desks: Iterable[str] | None = None,
    model: SharedModel | str | None = None,
    language: str = "en",
) -> AnalysisReport:
    """Run desks and store what they find.

    Args:
        desks: their names; all when None.
        model: a model's name or file, or the model process to use.
        language: of warnings and the names of stages.

    Raises:
        Cancelled: stopped; desks that were done keep what they found, and the next run goes on from the last portion.
        UsageError: there is no such desk.
        BackroomError: no desk could be run; the first one's error.
    """
    started = time.monotonic()
    names = tuple(desks or ())
    chosen = [registry.desk(name) for name in names] or list(registry.analysts())
    speaker = Speaker(language)
    reports: list[DeskReport] = []
    warnings: list[str] = []
    errors: list[Exception] = []
    asked = 0
    with model if isinstance(model, SharedModel) else SharedModel(model) as shared:
        for one in chosen:
            work = Work(store, context or JobContext(), one, shared, language)
            report, error = _run(one, work, speaker)
            reports.append(report)
            errors += [error] if error is not None else []
            warnings += [*work.warnings, *([report.note] if report.note else [])]
            asked += work.asked
    if errors and len(errors) == sum(report.state != "waits" for report in reports):
        raise errors[0]
    found = sum(report.findings for report in reports)
    return AnalysisReport(asked, found, time.monotonic() - started, tuple(dict.fromkeys(warnings)), tuple(reports))


def _run(one: Desk, work: Work, speaker: Speaker) -> tuple[DeskReport, Exception | None]:
    """One desk's run, and its error when it failed; its last findings stay then."""
    own = speaker_of(one, speaker.language)
    need = registry.unmet(one, work.store)
    if need is not None:
        note = speaker._("{desk}: nothing to go by yet; import {file}.").format(
            desk=own._(one.title), file=own._(need.file)
        )
        return DeskReport(one.name, "waits", note=note), None
    try:
        load(one.run or "")(work)
    except Cancelled:
        raise
    except BackroomError as error:
        note = speaker._("{desk}: {error} What it found before stays.").format(
            desk=own._(one.title), error=error.message()
        )
        return DeskReport(one.name, "failed", note=note, exit_code=error.exit_code), error
    except Exception as error:
        path = log_dir() / time.strftime(f"fault-{one.name}-%Y%m%d-%H%M%S.log")
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
        note = speaker._(
            "{desk}: something went wrong inside Backroom ({error}); what it found before stays. Details: {path}"
        ).format(desk=own._(one.title), error=type(error).__name__, path=path)
        return DeskReport(one.name, "failed", note=note, exit_code=FAULT), error
    return DeskReport(one.name, "done", findings=work.found), None
