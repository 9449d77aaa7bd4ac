"""The reviews desk's one door: read what is new, group what was said, and say what was found.

Stages: sentiment of every review and of every clause, reading fitted to the shop's stars, vectors of the clauses that
complain or praise, themes, findings. The model's answers are stored portion by portion; everything derived from
them is written in one transaction at the end, so that a shop always holds a whole analysis.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from engine.findings import AnalysisReport, Finding
from engine.inference.cache import cache_keys
from engine.inference.task import LabelTask
from engine.jobs import JobContext
from engine.reviews import contradictions, copied, drivers, fitting, pain_points, praise, return_reasons, themes, trends
from engine.reviews.board import Board
from engine.reviews.clauses import Clause, split_clauses
from engine.reviews.reading import read_all
from engine.reviews.sentiment import LABELS, LANGUAGES, Reader, adjusted_to_groups, method_of, reader_for
from engine.store.database import Store
from engine.store.findings import store_findings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sqlite_utils import Database

    from engine.inference.client import ModelClient

NOTEWORTHY_SHARE = 0.1
_POLARITIES = (("negative", "Comparing complaints"), ("positive", "Comparing praise"))
ANALYSES = (pain_points, trends, drivers, praise, contradictions, copied, return_reasons)


@dataclass(frozen=True)
class _Review:
    id: int
    text: str
    language: str | None
    stars: float | None


def analyze(store: Store, context: JobContext, *, model: str | None = None) -> AnalysisReport:
    """Read all reviews and store the desk's findings.

    Raises:
        Cancelled: stopped; finished portions of reading are kept and the next run goes on from there.
        ModelError: the model is missing, damaged or does not fit; nothing was changed.
    """
    from engine.inference.client import ModelClient

    started = time.monotonic()
    reviews = [
        _Review(row["id"], row["text"], row["language"], row["stars"])
        for row in store.rows("SELECT id, text, language, stars FROM reviews ORDER BY id")
    ]
    warnings: list[str] = []
    asked = 0
    found_themes: list[themes.Theme] = []
    rows: list[_ClauseRow] = []
    if reviews:
        with ModelClient(model) as client:
            reader = reader_for(client)
            method = method_of(reader.task, client.model.name)
            scores, read = _read_reviews(store, client, reader, reviews, method, context)
            asked += read
            rows, read = _read_clauses(store, client, reader, reviews, scores, context)
            asked += read
            # From here on only vectors are asked for: the language model need not share the memory with the embedders.
            client.close()
            read, notes = _settle_labels(store, client, reviews, scores, reader, method, context)
            asked += read
            warnings += notes
            found_themes, read, notes = _group(store, client, rows, context)
            asked += read
            warnings += [*notes, *client.warnings]
    else:
        warnings.append("There are no reviews yet: import a file that holds some.")
    stage = context.stage("Weighing", len(ANALYSES), "questions")
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    with store.write() as db:
        _store_clauses(db, rows, found_themes)
    board = Board(store)
    found: list[Finding] = []
    for analysis in ANALYSES:
        found += analysis.find(board)
        stage.advance()
    with store.write() as db:
        store_findings(db, "reviews", found, moment)
        db.execute(
            "INSERT INTO audit_log (at, action, detail) VALUES (?, 'analyze', ?)",
            [moment, json.dumps({"desk": "reviews", "read": asked, "findings": len(found)})],
        )
    return AnalysisReport(asked, len(found), time.monotonic() - started, tuple(dict.fromkeys(warnings)))


# -- sentiment of reviews ----------------------------------------------------------------------------------------------


def _read_reviews(
    store: Store,
    client: ModelClient,
    reader: Reader,
    reviews: Sequence[_Review],
    method: str,
    context: JobContext,
) -> tuple[dict[str, NDArray[np.float32]], int]:
    """Raw scores per distinct text; labels are stored portion by portion, so that a stopped run shows what it read."""
    import numpy as np

    ids: dict[str, list[int]] = {}
    for review in reviews:
        ids.setdefault(review.text, []).append(review.id)

    def keep(new: dict[str, NDArray[np.float32]]) -> None:
        shares = reader.shares(np.stack(list(new.values())).astype(np.float64), list(new))
        rows = [(identity, row) for text, row in zip(new, shares, strict=True) for identity in ids[text]]
        with store.write() as db:
            matrix = np.stack([row for _, row in rows])
            _store_labels(db, [identity for identity, _ in rows], matrix, [method] * len(rows), reader.abstain_below)

    return _scores(store, client, reader.task, list(ids), context, "Reading reviews", keep)


def _scores(
    store: Store,
    client: ModelClient,
    task: LabelTask,
    texts: Sequence[str],
    context: JobContext,
    stage: str,
    keep: Any = None,
) -> tuple[dict[str, NDArray[np.float32]], int]:
    import numpy as np

    from engine.inference.client import adapter_sha

    return read_all(
        store,
        texts,
        cache_keys(task, client.model_sha, adapter_sha(task)),
        lambda portion: client.scores(portion, task, context=context).astype(np.float32),
        context,
        stage,
        kind=np.float32,
        keep=keep,
    )


def _store_labels(
    db: Database, ids: Sequence[int], shares: NDArray[np.float64], methods: Sequence[str], abstain_below: float
) -> None:
    """Write the model's labels for review rows; a label that is already the same is left as it is."""
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    values = []
    for identity, row, method in zip(ids, shares, methods, strict=True):
        best = int(row.argmax())
        probabilities = json.dumps({label: round(float(p), 4) for label, p in zip(LABELS, row, strict=True)})
        confidence = round(float(row[best]), 4)
        abstain = int(confidence < abstain_below)
        values.append((identity, LABELS[best], probabilities, confidence, abstain, method, moment))
    db.conn.executemany(
        """
        INSERT INTO labels (table_name, row_id, task, source, label, probabilities, confidence, abstain, method, made_at)
        VALUES ('reviews', ?, 'sentiment', 'model', ?, ?, ?, ?, ?, ?)
        ON CONFLICT (table_name, row_id, task, source) DO UPDATE SET label = excluded.label,
            probabilities = excluded.probabilities, confidence = excluded.confidence, abstain = excluded.abstain,
            method = excluded.method, made_at = excluded.made_at
        WHERE probabilities != excluded.probabilities OR method != excluded.method OR abstain != excluded.abstain
        """,
        values,
    )


def _settle_labels(
    store: Store,
    client: ModelClient,
    reviews: Sequence[_Review],
    scores: dict[str, NDArray[np.float32]],
    reader: Reader,
    method: str,
    context: JobContext,
) -> tuple[int, list[str]]:
    """Fit the reading to the shop's own labels and write every label anew; texts embedded, and notes to the seller."""
    import numpy as np

    asked = 0
    notes: list[str] = []

    def vectors(texts: Sequence[str], language: str) -> NDArray[np.float32]:
        nonlocal asked
        rows, count, warning = _vectors(store, client, texts, language, context, "Comparing reviews")
        asked += count
        notes.extend([warning] if warning else [])
        return rows

    corrections = {
        row["row_id"]: row["label"]
        for row in store.rows(
            "SELECT row_id, label FROM labels WHERE table_name = 'reviews' AND task = 'sentiment' AND source = 'seller'"
        )
    }
    gold = np.array([fitting.gold_of(review.stars, corrections.get(review.id)) for review in reviews], dtype=np.int64)
    matrix = np.stack([scores[review.text] for review in reviews]).astype(np.float64)
    settled = fitting.settle([review.text for review in reviews], matrix, gold, reader, method, vectors)
    with store.write() as db:
        _store_labels(db, [review.id for review in reviews], settled.shares, settled.methods, reader.abstain_below)
        db.execute(
            "INSERT OR REPLACE INTO settings VALUES ('sentiment_reading', ?)",
            [json.dumps([asdict(group) for group in settled.groups])],
        )
    measured = [group for group in settled.groups if group.agreement is not None]
    if measured:
        total = sum(group.labelled for group in measured)
        agreement = sum(group.labelled * (group.agreement or 0.0) for group in measured) / total
        notes.append(
            f"Sentiment agrees with the stars of {agreement:.0%} of {total:,} rated reviews (held out of the fit)."
        )
    return asked, notes + _language_notes(reviews, settled.shares)


def _language_notes(reviews: Sequence[_Review], shares: NDArray[np.float64]) -> list[str]:
    """An honest word on languages that reading was never measured in."""
    notes = []
    counts = Counter(review.language for review in reviews if review.language)
    for language, count in counts.most_common():
        if language in LANGUAGES or count < NOTEWORTHY_SHARE * len(reviews):
            continue
        note = f"{count:,} of {len(reviews):,} reviews are in a language ({language}) that Backroom does not read well yet."
        rated = [
            (review.stars, row)
            for review, row in zip(reviews, shares, strict=True)
            if review.language == language and review.stars is not None and review.stars != 3
        ]
        if rated:
            same = sum((row[2] > row[0]) == (stars > 3) for stars, row in rated)
            note += (
                f" Good or bad agrees with the stars of {same / len(rated):.0%} of them; take its findings as hints."
            )
        notes.append(note)
    return notes


# -- clauses and themes ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _ClauseRow:
    review: int
    clause: Clause
    language: str | None
    sentiment: str
    probability: float


def _read_clauses(
    store: Store,
    client: ModelClient,
    reader: Reader,
    reviews: Sequence[_Review],
    whole: dict[str, NDArray[np.float32]],
    context: JobContext,
) -> tuple[list[_ClauseRow], int]:
    """Every clause of every review with its own sentiment, in order of review and place.

    A review that is one clause was read already: `whole` holds the scores of whole reviews.
    """
    import numpy as np

    pieces: list[tuple[_Review, Clause]] = []
    part_of_more: list[str] = []
    for review in reviews:
        clauses = split_clauses(review.text)
        pieces += [(review, clause) for clause in clauses]
        part_of_more += [clause.text for clause in clauses] if len(clauses) > 1 else []
    scores, read = _scores(store, client, reader.task, part_of_more, context, "Reading clauses")
    if not pieces:
        return [], read
    said = [clause.text for _, clause in pieces]
    several = Counter(review.id for review, _ in pieces)
    matrix = [scores[clause.text] if several[review.id] > 1 else whole[review.text] for review, clause in pieces]
    shares = reader.shares(np.stack(matrix).astype(np.float64), said)
    stars = np.array([-1 if review.stars is None else round(review.stars) for review, _ in pieces])
    shares = adjusted_to_groups(shares, stars)
    rows = []
    for (review, clause), row in zip(pieces, shares, strict=True):
        best = int(row.argmax())
        rows.append(_ClauseRow(review.id, clause, review.language, LABELS[best], round(float(row[best]), 4)))
    return rows, read


def _group(
    store: Store, client: ModelClient, rows: Sequence[_ClauseRow], context: JobContext
) -> tuple[list[themes.Theme], int, list[str]]:
    """Themes over `rows` (members are indices into it), how many texts were embedded, and notes for the seller.

    English is compared by the English embedder, everything else by the multilingual one.
    """

    found: dict[str, list[themes.Theme]] = {polarity: [] for polarity, _ in _POLARITIES}
    notes: list[str] = []
    read = complaints = 0
    languages = [themes.language_of(row.clause.text, row.language) for row in rows]
    # Language by language and English last: the model process holds one embedder at a time.
    for language in sorted(set(languages), key=lambda name: (name == "en", name)):
        for polarity, stage in _POLARITIES:
            chosen = [i for i, row in enumerate(rows) if row.sentiment == polarity and languages[i] == language]
            if not chosen:
                continue
            texts = [rows[i].clause.text for i in chosen]
            anchor_list = themes.anchors(polarity)
            examples = themes.examples_for(anchor_list, language)[0]
            vectors, count, warning = _vectors(store, client, texts + examples, language, context, stage)
            read += count
            notes += [warning] if warning else []
            for theme in themes.group(texts, vectors[: len(texts)], language, anchor_list, vectors[len(texts) :]):
                found[polarity].append(replace(theme, members=tuple(chosen[m] for m in theme.members)))
            if polarity == "negative":
                complaints += len(chosen)
    if complaints:
        assigned = sum(len(theme.members) for theme in found["negative"])
        notes.append(f"{assigned:,} of {complaints:,} complaining clauses belong to a theme; the rest stand alone.")
    return [theme for polarity, _ in _POLARITIES for theme in themes.merged(found[polarity])], read, notes


def _vectors(
    store: Store, client: ModelClient, texts: Sequence[str], language: str, context: JobContext, stage: str
) -> tuple[NDArray[np.float32], int, str | None]:
    """One row per text, how many were new, and a warning when the language has no embedder of its own here."""
    import numpy as np

    multilingual = language != "en"
    embedder = client.embedder(multilingual=multilingual)
    answers, count = read_all(
        store,
        texts,
        lambda text: _vector_key(text, embedder.key),
        lambda portion: client.embed(portion, multilingual=multilingual, context=context),
        context,
        stage,
        kind=np.float16,
    )
    return np.stack([answers[text] for text in texts]), count, embedder.warning


def _vector_key(text: str, embedder: str) -> bytes:
    return blake2b(f"{embedder}\0{text}".encode(), digest_size=16).digest()


def _store_clauses(db: Database, rows: Sequence[_ClauseRow], found: Sequence[themes.Theme]) -> None:
    """Replace clauses and themes; a theme keeps the name that the seller gave it."""
    renamed = dict(db.execute("SELECT key, renamed FROM themes WHERE renamed IS NOT NULL").fetchall())
    for table in ("theme_clauses", "themes", "clauses"):
        db.execute(f"DELETE FROM {table}")
    db.conn.executemany(
        'INSERT INTO clauses (id, review_row, start, "end", sentiment, probability) VALUES (?, ?, ?, ?, ?, ?)',
        [
            (i, row.review, row.clause.start, row.clause.end, row.sentiment, row.probability)
            for i, row in enumerate(rows, 1)
        ],
    )
    for identity, theme in enumerate(found, 1):
        db.execute(
            "INSERT INTO themes (id, key, name, polarity, language, words, size, renamed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                identity,
                theme.key,
                theme.name,
                theme.polarity,
                theme.language,
                "|".join(theme.words),
                len(theme.members),
                renamed.get(theme.key),
            ],
        )
        db.conn.executemany(
            "INSERT INTO theme_clauses VALUES (?, ?, ?)",
            [(identity, m + 1, s) for m, s in zip(theme.members, theme.similarities, strict=True)],
        )
