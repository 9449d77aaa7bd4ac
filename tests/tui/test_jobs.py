"""Jobs: progress, stopping, quitting; the engine's own job type, steered by the test."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine.errors import ModelError
from engine.findings import AnalysisReport
from engine.jobs import JobContext
from engine.shop import Shop
from tests.tui.conftest import screen_text, settle
from tests.tui.shops import build
from tui.app import BackroomApp
from tui.screens.dialogs import Confirm, ErrorDialog


class SteeredAnalysis:
    """An analysis that goes one batch further whenever the test says so."""

    def __init__(self, batches: int = 4) -> None:
        self.batches = batches
        self.go = threading.Semaphore(0)
        self.reached = threading.Semaphore(0)
        self.stopped = threading.Event()

    def __call__(self, context: JobContext, **options: object) -> AnalysisReport:
        stage = context.stage("Reading reviews", self.batches * 15, "reviews")
        try:
            for _ in range(self.batches):
                self.reached.release()
                self.go.acquire()
                stage.advance(15)
        finally:
            self.stopped.set()
        return AnalysisReport(self.batches * 15, 3, 2.0, ("Portuguese is not read well.",))


async def until(pilot, condition) -> None:
    while not condition():
        await pilot.pause(0.005)
    await settle(pilot)


@pytest.fixture
def analysis(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> SteeredAnalysis:
    steered = SteeredAnalysis()
    monkeypatch.setattr(shop, "run", steered)
    return steered


async def test_the_bar_shows_the_job_and_the_app_stays_usable(shop: Shop, analysis: SteeredAnalysis) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        await pilot.press("r")
        analysis.go.release()
        await until(pilot, lambda: app.job and app.job.progress and app.job.progress.done == 15)
        assert (
            "Reading reviews" in screen_text(app) and "% ·" in screen_text(app) and "15/60 reviews" in screen_text(app)
        )
        await pilot.press("2")
        await settle(pilot)
        assert "60 reviews" in screen_text(app) and "15/60 reviews" in screen_text(app)
        await pilot.press("1")
        with shop.store.write() as db:
            db.execute("UPDATE findings SET subject = json_set(subject, '$.name', 'Read Again') WHERE id = 1")
        for _ in range(3):
            analysis.go.release()
        await until(pilot, lambda: app.job is None)
        text = screen_text(app)
        assert "Read Again: 14 of 48" in text  # Today is read anew
        assert "60 reviews read, 3 findings on" in text and "Portuguese is not read well." in text


async def test_escape_leaves_a_job_alone_and_ctrl_x_asks_once(shop: Shop, analysis: SteeredAnalysis) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("r", "escape", "escape")
        await settle(pilot)
        assert app.job is not None and not app.job.stopping
        await pilot.press("ctrl+x", "ctrl+x")
        await settle(pilot)
        assert isinstance(app.screen, Confirm) and "Stop?" in screen_text(app)
        await pilot.press("n")
        await settle(pilot)
        assert not isinstance(app.screen, Confirm) and not app.job.stopping
        await pilot.press("ctrl+x", "y")
        await settle(pilot)
        assert app.job is not None and app.job.stopping
        analysis.go.release()
        await until(pilot, lambda: app.job is None)


async def test_stopping_keeps_what_is_done_and_says_how_much(shop: Shop, analysis: SteeredAnalysis) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        await pilot.press("r")
        analysis.go.release()
        await until(pilot, lambda: app.job and app.job.progress and app.job.progress.done == 15)
        await pilot.press("ctrl+x", "y")
        await settle(pilot)
        assert "stopping…" in screen_text(app)
        analysis.go.release()
        await until(pilot, lambda: app.job is None)
        assert "Stopped. 30 reviews are kept." in screen_text(app) and not isinstance(app.screen, ErrorDialog)


async def test_a_second_job_is_not_started(shop: Shop, analysis: SteeredAnalysis) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("r")
        first = app.job
        await pilot.press("r", "i")
        assert app.job is first and len(app.screen_stack) == 1
        assert app.job is not None
        app.job.context.cancel.cancel()
        analysis.go.release()
        await until(pilot, lambda: app.job is None)


async def test_quitting_asks_while_a_job_runs_and_then_does_not_wait_for_it(
    shop: Shop, analysis: SteeredAnalysis
) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("r", "ctrl+q")
        await settle(pilot)
        assert isinstance(app.screen, Confirm) and "kept" in screen_text(app)
        await pilot.press("n")
        await settle(pilot)
        assert app.job is not None and not app.job.stopping
        await pilot.press("ctrl+q")
        await settle(pilot)
        job = app.job
        await pilot.press("y")
        await pilot.pause()
    assert job.stopping and not analysis.stopped.is_set()  # left behind, asked to stop
    analysis.go.release()
    analysis.stopped.wait(10)


async def test_without_a_job_quitting_does_not_ask(shop: Shop) -> None:
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+q")
        await pilot.pause()
    assert app.return_code == 0


async def test_a_failure_says_what_to_do(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(context: JobContext, **options: object) -> AnalysisReport:
        raise ModelError("the model file is damaged.", file="m.gguf", todo="Run backroom models prepare.")

    monkeypatch.setattr(shop, "run", fail)
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, ErrorDialog))
        assert "m.gguf: The model file is damaged." in screen_text(
            app
        ) and "Run backroom models prepare." in screen_text(app)
        await pilot.press("escape")
        await settle(pilot)
        assert app.job is None


async def test_a_fault_of_ours_is_logged_and_does_not_end_the_app(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(context: JobContext, **options: object) -> AnalysisReport:
        raise RuntimeError("[bold]unclosed")

    monkeypatch.setattr(shop, "run", fault)
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, ErrorDialog))
        assert "RuntimeError: [bold]unclosed" in screen_text(app)
        logs = list((tmp_path / "home").rglob("backroom.log"))
        assert len(logs) == 1 and "RuntimeError" in logs[0].read_text()


async def test_reading_starts_by_itself_only_where_something_is_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for labelled, expected in ((False, True), (True, False)):
        shop = build(tmp_path / f"{labelled}.shop", labelled=labelled)
        steered = SteeredAnalysis()
        monkeypatch.setattr(shop, "run", steered)
        app = BackroomApp(shop, analyze=True)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            assert (app.job is not None) is expected
            if app.job is not None:
                app.job.context.cancel.cancel()
            steered.go.release()
            await until(pilot, lambda app=app: app.job is None)


QUIT_DURING_A_JOB = """
import sys, threading, time
from pathlib import Path
from tests.tui.shops import build
from tui.app import BackroomApp
from tui.screens.dialogs import Confirm

shop = build(Path(sys.argv[1]) / "quit.shop")
shop.run = lambda context, **options: threading.Event().wait()  # deaf to its cancel flag

async def pilot(pilot):
    await pilot.pause()
    await pilot.press("r", "ctrl+q")
    await pilot.pause()
    assert isinstance(pilot.app.screen, Confirm)
    await pilot.press("y")

app = BackroomApp(shop)
app.run(headless=True, auto_pilot=pilot, size=(80, 24))
assert app.return_code == 0
print("left")
"""


def test_the_process_ends_although_a_job_never_does(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", QUIT_DURING_A_JOB, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0 and "left" in done.stdout, done.stderr


async def test_an_unread_shop_says_that_it_is_being_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = build(tmp_path / "new.shop", labelled=False, findings=False)
    steered = SteeredAnalysis(batches=1)
    monkeypatch.setattr(shop, "run", steered)
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "press r to read the shop" in screen_text(app)
        await pilot.press("r")
        await until(pilot, lambda: steered.reached.acquire(blocking=False))
        assert "appears here when the" in screen_text(app) and "press r" not in screen_text(app)
        steered.go.release()
        await until(pilot, lambda: app.job is None)
        assert "press r to read the shop" in screen_text(app)


async def test_what_a_stage_stored_is_shown_when_the_next_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = build(tmp_path / "unread.shop", labelled=False, findings=False)
    go, weigh = threading.Event(), threading.Event()

    def analyze(context: JobContext, **options: object) -> AnalysisReport:
        context.stage("Reading reviews", 60, "reviews").advance(30)
        go.wait()
        with shop.store.write() as db:
            db.execute(
                "INSERT INTO labels (table_name, row_id, task, source, label, confidence, abstain, method, made_at) "
                "SELECT 'reviews', id, 'sentiment', 'model', 'positive', 1, 0, 'test', '2026-07-01' FROM reviews"
            )
        context.stage("Weighing", 4, "questions").advance()
        weigh.wait()
        return AnalysisReport(60, 0, 1.0, ())

    monkeypatch.setattr(shop, "run", analyze)
    app = BackroomApp(shop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("r")
        await until(pilot, lambda: app.job and app.job.progress and app.job.progress.done == 30)
        assert "60 reviews, 0 read" in screen_text(app) and "60 reviews not read yet" in screen_text(app)
        go.set()
        await until(pilot, lambda: app.job and app.job.progress and app.job.progress.stage == "Weighing")
        assert "60 reviews, 60 read" in screen_text(app) and "when that is weighed" in screen_text(app)
        weigh.set()
        await until(pilot, lambda: app.job is None)
        assert "Nothing stands out today" in screen_text(app)
