"""The whole desk on the scripted backend: a planted truth is found, and whenever it is stopped its findings hold."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.desks import registry
from engine.desks.analysis import analyze
from engine.desks.opening import open_store
from engine.desks.sentences import sentence
from engine.desks.work import SharedModel, Work
from engine.errors import Cancelled
from engine.findings import Finding
from engine.importing.desk import import_file, undo
from engine.inference.client import ModelClient
from engine.inference.scripted import ScriptedBackend, thread_peer
from engine.jobs import JobContext, Progress
from engine.say import Speaker
from engine.store.database import Store

FLAT = ("the battery dies far too quickly", "it barely holds a charge", "battery life is terrible")
DEAR = ("far too expensive for what it is", "overpriced, not worth the money")
GLAD = ("it does what it should", "arrived on time and works", "just as described, thank you")
STAGES = ("Reading reviews", "Reading clauses", "Comparing complaints", "Comparing praise", "Weighing")


def mood(text: str) -> str:
    return "negative" if any(part in text for part in (*FLAT, *DEAR)) else "positive"


def model() -> SharedModel:
    """A model that knows the sentences above."""
    backend = thread_peer(lambda: ScriptedBackend(lambda text, label: 8.0 if label == mood(text) else 0.0))
    return SharedModel(client=ModelClient(launch=backend))


def write(path: Path, month: int) -> Path:
    """Reviews of one month: half of those of the lamp are about its battery, some of all are about the price."""
    header = "title,body,rating,review_date,source,curated,reviewer_name,reviewer_email,product_id,product_handle,reply"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(header.split(","))
        for product, handle in enumerate(("lamp", "mug", "rug")):
            for i in range(24):
                day = f"2026-{month:02d}-{i + 1:02d} 10:00:00 UTC"
                said = FLAT[i % 3] if handle == "lamp" and i % 2 else DEAR[i % 2] if i % 8 == 0 else GLAD[i % 3]
                # Sentences of their own, so that every month brings texts that were not read before.
                text = f"{said} {month}-{i}. {GLAD[(i + 1) % 3]} {month}-{i}."
                rows.writerow(["", text, 2 if mood(said) == "negative" else 5, day, "email", "ok", f"N{i}",
                               f"n{month}{i}@example.com", product, handle, ""])  # fmt: skip
    return path


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = open_store(tmp_path / "a.shop", create=True)
    import_file(store, write(tmp_path / "march.csv", 3))
    return store


def current(store: Store) -> list[Finding]:
    return [Finding.from_row(row) for row in store.rows("SELECT *, 0 AS evidence_count FROM findings WHERE current")]


def disagreeing(store: Store) -> list[str]:
    """Findings that are not what their own query counts."""
    wrong = []
    for finding in current(store):
        if finding.query:
            columns, rows, _ = store.query(finding.query)
            counted = dict(zip(columns, rows[0], strict=True))
            wrong += [finding.key] if (counted["k"], counted["n"]) != (finding.k, finding.n) else []
    return wrong


def test_a_planted_truth_is_found_and_said_in_both_languages(store: Store) -> None:
    report = analyze(store, model=model())
    assert report.labelled > 0 and report.findings == len(current(store)) > 3
    assert disagreeing(store) == []
    first = max(current(store), key=lambda finding: finding.rank)
    assert (first.kind, first.subject["product"], first.subject["theme"]) == ("pain_point", "lamp", "negative/battery")
    assert first.q is not None and first.q < 0.05 and first.impact is not None and first.impact.low > 0
    assert "complain" in sentence(first, Speaker("en")) and "抱怨" in sentence(first, Speaker("zh"))
    again = analyze(store, model=model())
    assert again.labelled == 0 and disagreeing(store) == []


@pytest.fixture
def shaken(store: Store, tmp_path: Path) -> Store:
    """A shop that was analysed, and into which more came since."""
    analyze(store, model=model())
    import_file(store, write(tmp_path / "april.csv", 4))
    return store


def stopping_in(stage: str) -> JobContext:
    """A context whose seller stops as soon as a stage has got somewhere."""
    context = JobContext()

    def report(progress: Progress) -> None:
        if progress.stage == stage and progress.done:
            context.cancel.cancel()

    context.report = report
    return context


@pytest.mark.parametrize("stage", STAGES)
def test_stopped_in_any_stage_every_finding_is_what_its_query_counts(shaken: Store, stage: str) -> None:
    before = {finding.key for finding in current(shaken)}
    # Copies are looked for among all reviews, so what was said of them is out of date; shares of what was read are not.
    assert {f.stale for f in current(shaken) if f.kind == "copied_reviews"} == {True}
    assert {f.stale for f in current(shaken) if f.kind == "pain_point"} == {False}
    with pytest.raises(Cancelled):
        analyze(shaken, stopping_in(stage), model=model())
    assert disagreeing(shaken) == []
    assert {finding.key for finding in current(shaken)} == before
    analyze(shaken, model=model())
    assert disagreeing(shaken) == []
    assert {finding.n for finding in current(shaken) if finding.subject.get("product") == "lamp"} >= {48}
    assert not any(finding.stale for finding in current(shaken))


class _ImportingClient(ModelClient):
    """Lets somebody change the shop while the model is at work."""

    meanwhile: Callable[[], object] = staticmethod(lambda: None)

    def embed(self, *arguments: object, **options: object) -> object:  # type: ignore[override]
        self.meanwhile()
        return super().embed(*arguments, **options)  # type: ignore[arg-type]


def test_what_comes_in_while_the_model_reads_is_left_for_the_next_run(store: Store, tmp_path: Path) -> None:
    backend = thread_peer(lambda: ScriptedBackend(lambda text, label: 8.0 if label == mood(text) else 0.0))
    client = _ImportingClient(launch=backend)
    steps: Iterator[Callable[[], object]] = iter(
        [lambda: undo(store, 1), lambda: import_file(store, write(tmp_path / "may.csv", 5))]
    )
    client.meanwhile = lambda: next(steps, lambda: None)()
    analyze(store, model=SharedModel(client=client))
    assert disagreeing(store) == []
    assert store.rows("PRAGMA foreign_key_check") == []


def test_undo_takes_what_was_read_with_it_and_a_new_text_is_read_anew(shaken: Store) -> None:
    analyze(shaken, model=model())
    with shaken.write() as db:
        db.execute("UPDATE reviews SET text = 'overpriced' WHERE id = 1")
        db.execute(
            "INSERT INTO labels (table_name, row_id, task, source, label, method, made_at) "
            "VALUES ('reviews', 2, 'sentiment', 'seller', 'neutral', 'seller', '2026')"
        )
        db.execute("UPDATE reviews SET text = 'too dear' WHERE id = 2")
    assert shaken.value("SELECT count(*) FROM clauses WHERE review_row IN (1, 2)") == 0
    labels = shaken.rows("SELECT row_id, source FROM labels WHERE row_id IN (1, 2)")
    assert labels == [{"row_id": 2, "source": "seller"}]
    undo(shaken, 2)
    left = shaken.value("SELECT count(*) FROM reviews")
    assert shaken.value("SELECT count(*) FROM clauses WHERE review_row NOT IN (SELECT id FROM reviews)") == 0
    assert shaken.value("SELECT count(*) FROM labels WHERE source = 'model'") == left - 2
    assert shaken.rows("PRAGMA foreign_key_check") == []


def test_one_desk_alone_and_what_the_run_is_given(store: Store) -> None:
    work = Work(store, JobContext(), registry.REVIEWS, model())
    vectors = work.vectors(["one", "two", "one"], multilingual=False, stage="Comparing")
    assert vectors.shape[0] == 3 and (vectors[0] == vectors[2]).all() and work.asked == 2
    again = Work(store, JobContext(), registry.REVIEWS, model())
    assert (again.vectors(["two", "one"], multilingual=False, stage="Comparing") == vectors[1::-1]).all()
    assert again.asked == 0
