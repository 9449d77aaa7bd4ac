"""The reviews desk's one door: read what is new, group what was said, and say what was found.

Stages: sentiment of every review and of every clause, reading fitted to the shop's stars, vectors of the clauses that
complain or praise, themes, findings. The model's answers are stored portion by portion; everything derived from
them, and what is found in it, is published in one transaction at the end, so that a shop always holds a whole analysis.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from engine.desks.work import Work
from engine.findings import Finding
from engine.reviews import contradictions, copied, drivers, fitting, pain_points, praise, return_reasons, themes, trends
from engine.reviews.board import Board
from engine.reviews.clauses import Clause, split_clauses
from engine.reviews.plainly import scores_of
from engine.reviews.sentiment import LABELS, LANGUAGES, Reader, adjusted_to_groups, method_of, reader_for
from engine.store.transaction import Rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sqlite_utils import Database

NOTEWORTHY_SHARE = 0.1
ANALYSES = (pain_points, trends, drivers, praise, contradictions, copied, return_reasons)


@dataclass(frozen=True)
class _Review:
    id: int
    text: str
    language: str | None
    stars: float | None


@dataclass(frozen=True)
class _Settled:
    """The labels of all reviews as they are to be stored."""

    ids: Sequence[int]
    shares: NDArray[np.float64]
    methods: Sequence[str]
    abstain_below: float
    groups: Sequence[fitting.Group]


def run(work: Work) -> None:
    """Read all reviews and publish the desk's findings.

    Raises:
        Cancelled: stopped; finished portions of reading are kept and the next run goes on from there.
        ModelError: the model is missing, damaged or does not fit; nothing was changed.
    """
    reviews = [
        _Review(row["id"], row["text"], row["language"], row["stars"])
        for row in work.store.rows("SELECT id, text, language, stars FROM reviews ORDER BY id")
    ]
    settled: _Settled | None = None
    rows: list[_ClauseRow] = []
    found: list[themes.Theme] = []
    if reviews:
        reader = reader_for(work.client)
        method = method_of(reader.task, work.client.model.name)
        scores = _read_reviews(work, reader, reviews, method)
        rows = _read_clauses(work, reader, reviews, scores)
        # From here on only vectors are asked for: the language model need not share the memory with the embedders.
        work.model.release()
        settled = _settle_labels(work, reviews, scores, reader, method)
        found = _group(work, rows)
    stage = work.context.stage(work.say._("Weighing"), len(ANALYSES), work.say._("questions"))
    quiet: list[float] = []

    def derive(db: Database) -> None:
        # What an import changed or took back while the model was reading is not what was read.
        texts = dict(db.execute("SELECT id, text FROM reviews").fetchall())
        same = {review.id for review in reviews if texts.get(review.id) == review.text}
        if settled is not None:
            _store_settled(db, settled, same)
        _store_clauses(db, rows, found, same)

    def weigh(seen: Rows) -> list[Finding]:
        board = Board(seen)
        findings: list[Finding] = []
        for analysis in ANALYSES:
            findings += analysis.find(board)
            stage.advance()
        quiet.extend(board.quiet)
        return findings

    work.publish(weigh, derive=derive, quiet=lambda: quiet)


# -- sentiment of reviews ----------------------------------------------------------------------------------------------


def _read_reviews(
    work: Work, reader: Reader, reviews: Sequence[_Review], method: str
) -> dict[str, NDArray[np.float32]]:
    """Raw scores per distinct text.

    Reviews without a label get one portion by portion, so that a stopped run shows what it read; a label that is there
    is replaced only when all are, since findings rest on it.
    """
    import numpy as np

    ids: dict[str, list[int]] = {}
    for review in reviews:
        ids.setdefault(review.text, []).append(review.id)

    def keep(new: dict[str, NDArray[np.float32]]) -> None:
        shares = reader.shares(np.stack(list(new.values())).astype(np.float64), list(new))
        rows = [(identity, row) for text, row in zip(new, shares, strict=True) for identity in ids[text]]
        matrix = np.stack([row for _, row in rows])
        values = _label_values([identity for identity, _ in rows], matrix, [method] * len(rows), reader.abstain_below)
        with work.store.write() as db:
            db.conn.executemany(_INSERT_LABEL + " DO NOTHING", values)

    return scores_of(work, ids, reader.task, stage=work.say._("Reading reviews"), keep=keep)


_INSERT_LABEL = """
    INSERT INTO labels (table_name, row_id, task, source, label, probabilities, confidence, abstain, method, made_at)
    VALUES ('reviews', ?, 'sentiment', 'model', ?, ?, ?, ?, ?, ?)
    ON CONFLICT (table_name, row_id, task, source)"""


def _label_values(
    ids: Sequence[int], shares: NDArray[np.float64], methods: Sequence[str], abstain_below: float
) -> list[tuple[object, ...]]:
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    values: list[tuple[object, ...]] = []
    for identity, row, method in zip(ids, shares, methods, strict=True):
        best = int(row.argmax())
        probabilities = json.dumps({label: round(float(p), 4) for label, p in zip(LABELS, row, strict=True)})
        confidence = round(float(row[best]), 4)
        abstain = int(confidence < abstain_below)
        values.append((identity, LABELS[best], probabilities, confidence, abstain, method, moment))
    return values


def _store_settled(db: Database, settled: _Settled, same: set[int]) -> None:
    """Write the model's labels of the reviews in `same`; a label that is already the same is left as it is."""
    values = _label_values(settled.ids, settled.shares, settled.methods, settled.abstain_below)
    db.conn.executemany(
        _INSERT_LABEL
        + """ DO UPDATE SET label = excluded.label,
            probabilities = excluded.probabilities, confidence = excluded.confidence, abstain = excluded.abstain,
            method = excluded.method, made_at = excluded.made_at
        WHERE probabilities != excluded.probabilities OR method != excluded.method OR abstain != excluded.abstain
        """,
        [value for value in values if value[0] in same],
    )
    db.execute(
        "INSERT OR REPLACE INTO settings VALUES ('sentiment_reading', ?)",
        [json.dumps([asdict(group) for group in settled.groups])],
    )


def _settle_labels(
    work: Work, reviews: Sequence[_Review], scores: dict[str, NDArray[np.float32]], reader: Reader, method: str
) -> _Settled:
    """Fit the reading to the shop's own labels; every review's label anew."""
    import numpy as np

    def vectors(texts: Sequence[str], language: str) -> NDArray[np.float32]:
        return work.vectors(texts, multilingual=language != "en", stage=work.say._("Comparing reviews"))

    corrections = {
        row["row_id"]: row["label"]
        for row in work.store.rows(
            "SELECT row_id, label FROM labels WHERE table_name = 'reviews' AND task = 'sentiment' AND source = 'seller'"
        )
    }
    gold = np.array([fitting.gold_of(review.stars, corrections.get(review.id)) for review in reviews], dtype=np.int64)
    matrix = np.stack([scores[review.text] for review in reviews]).astype(np.float64)
    fit = fitting.settle([review.text for review in reviews], matrix, gold, reader, method, vectors)
    measured = [group for group in fit.groups if group.agreement is not None]
    if measured:
        total = sum(group.labelled for group in measured)
        agreement = sum(group.labelled * (group.agreement or 0.0) for group in measured) / total
        work.warn(
            work.say._(
                "Sentiment agrees with the stars of {share} of {total} rated reviews (held out of the fit)."
            ).format(share=work.say.percent(agreement), total=work.say.number(total))
        )
    _language_notes(work, reviews, fit.shares)
    return _Settled([review.id for review in reviews], fit.shares, fit.methods, reader.abstain_below, fit.groups)


def _language_notes(work: Work, reviews: Sequence[_Review], shares: NDArray[np.float64]) -> None:
    """An honest word on languages that reading was never measured in."""
    say = work.say
    counts = Counter(review.language for review in reviews if review.language)
    for language, count in counts.most_common():
        if language in LANGUAGES or count < NOTEWORTHY_SHARE * len(reviews):
            continue
        note = say._(
            "{count} of {total} reviews are in a language ({language}) that Backroom does not read well yet."
        ).format(count=say.number(count), total=say.number(len(reviews)), language=language)
        rated = [
            (review.stars, row)
            for review, row in zip(reviews, shares, strict=True)
            if review.language == language and review.stars is not None and review.stars != 3
        ]
        if rated:
            same = sum((row[2] > row[0]) == (stars > 3) for stars, row in rated)
            note += say._(" Good or bad agrees with the stars of {share} of them; take its findings as hints.").format(
                share=say.percent(same / len(rated))
            )
        work.warn(note)


# -- clauses and themes ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _ClauseRow:
    review: int
    clause: Clause
    language: str | None
    sentiment: str
    probability: float


def _read_clauses(
    work: Work, reader: Reader, reviews: Sequence[_Review], whole: dict[str, NDArray[np.float32]]
) -> list[_ClauseRow]:
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
    scores = scores_of(work, part_of_more, reader.task, stage=work.say._("Reading clauses"))
    if not pieces:
        return []
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
    return rows


def _group(work: Work, rows: Sequence[_ClauseRow]) -> list[themes.Theme]:
    """Themes over `rows` (members are indices into it).

    English is compared by the English embedder, everything else by the multilingual one.
    """
    stages = {"negative": work.say._("Comparing complaints"), "positive": work.say._("Comparing praise")}
    found: dict[str, list[themes.Theme]] = {polarity: [] for polarity in stages}
    complaints = 0
    languages = [themes.language_of(row.clause.text, row.language) for row in rows]
    # Language by language and English last: the model process holds one embedder at a time.
    for language in sorted(set(languages), key=lambda name: (name == "en", name)):
        for polarity, stage in stages.items():
            chosen = [i for i, row in enumerate(rows) if row.sentiment == polarity and languages[i] == language]
            if not chosen:
                continue
            texts = [rows[i].clause.text for i in chosen]
            anchor_list = themes.anchors(polarity)
            examples = themes.examples_for(anchor_list, language)[0]
            vectors = work.vectors(texts + examples, multilingual=language != "en", stage=stage)
            for theme in themes.group(texts, vectors[: len(texts)], language, anchor_list, vectors[len(texts) :]):
                found[polarity].append(replace(theme, members=tuple(chosen[m] for m in theme.members)))
            if polarity == "negative":
                complaints += len(chosen)
    if complaints:
        assigned = sum(len(theme.members) for theme in found["negative"])
        work.warn(
            work.say._("{k} of {n} complaining clauses belong to a theme; the rest stand alone.").format(
                k=work.say.number(assigned), n=work.say.number(complaints)
            )
        )
    return [theme for polarity in stages for theme in themes.merged(found[polarity])]


def _store_clauses(db: Database, rows: Sequence[_ClauseRow], found: Sequence[themes.Theme], same: set[int]) -> None:
    """Replace clauses and themes by those of the reviews in `same`; a theme keeps the name that the seller gave it."""
    renamed = dict(db.execute("SELECT key, renamed FROM themes WHERE renamed IS NOT NULL").fetchall())
    for table in ("theme_clauses", "themes", "clauses"):
        db.execute(f"DELETE FROM {table}")
    db.conn.executemany(
        'INSERT INTO clauses (id, review_row, start, "end", sentiment, probability) VALUES (?, ?, ?, ?, ?, ?)',
        [
            (i, row.review, row.clause.start, row.clause.end, row.sentiment, row.probability)
            for i, row in enumerate(rows, 1)
            if row.review in same
        ],
    )
    for identity, theme in enumerate(found, 1):
        members = [
            (identity, member + 1, similarity)
            for member, similarity in zip(theme.members, theme.similarities, strict=True)
            if rows[member].review in same
        ]
        if not members:
            continue
        words, name = "|".join(theme.words), renamed.get(theme.key)
        db.execute(
            "INSERT INTO themes (id, key, name, polarity, language, words, size, renamed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [identity, theme.key, theme.name, theme.polarity, theme.language, words, len(members), name],
        )
        db.conn.executemany("INSERT INTO theme_clauses VALUES (?, ?, ?)", members)
