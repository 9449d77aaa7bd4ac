"""A seller's question, answered: the reading in words, its query, the rows, a sentence with the figures, or a refusal.

No model types a figure: a rule reads the question, SQL counts, code makes the sentence. What the shop cannot know is refused
with the file that would tell; what is only half understood says so in its confidence and offers other readings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.knowledge.compile import Compiled, Inapplicable, compiled
from engine.knowledge.reading import Reading, Refusal, alternatives, read, stem
from engine.knowledge.slots import names_of
from engine.say import N_, Speaker

if TYPE_CHECKING:
    from engine.store.database import Store

CITED = 20
SURE, LESS_FOR_A_WORD, LEAST_SURE = 0.92, 0.17, 0.35
"""Confidence of a question of which every word was read; less for each word that was not; below the last it is refused."""
_FILES = {
    "v_reviews": N_("reviews"), "v_order_lines": N_("orders"), "v_orders": N_("orders"), "v_returns": N_("returns"),
    "v_stock": N_("stock"), "v_ads": N_("ads"), "v_fees": N_("settlements"), "v_messages": N_("messages"),
}  # fmt: skip


@dataclass(frozen=True)
class Answered:
    """The answer to a question; see `ask --json` in the docs for the fields."""

    question: str
    interpretation: str | None
    sql: str | None
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    sentence: str
    citations: tuple[dict[str, Any], ...]
    refused: bool
    needs_file: str | None
    confidence: float
    alternatives: tuple[dict[str, str], ...]

    def record(self) -> dict[str, Any]:
        """As `ask --json` prints it."""
        return {
            "question": self.question,
            "interpretation": self.interpretation,
            "sql": self.sql,
            "columns": list(self.columns),
            "rows": [list(row) for row in self.rows],
            "sentence": self.sentence,
            "citations": list(self.citations),
            "refused": self.refused,
            "needs_file": self.needs_file,
            "confidence": round(self.confidence, 3),
            "alternatives": list(self.alternatives),
        }


def ask(store: Store, question: str, *, product: str | None = None, today: date, language: str = "en") -> Answered:
    """Answer a question about a shop.

    Args:
        product: a product key that the question is about. today: what "last month" is counted from.
        language: of the words around the figures.
    """
    say = Speaker(language, "knowledge", Path(__file__).parent)
    names = names_of(store)
    reading = read(question, names, today)
    if reading is None:
        return _refused(question, say._("I did not understand what is to be counted or listed."), None)
    if isinstance(reading, Refusal):
        file = reading.file_zh if language == "zh" else reading.file
        return _refused(question, say._("This shop does not say that. It would take: {file}.").format(file=file), file)
    if product is not None:
        reading = replace(reading, products=(product,))
    reading = _with_topic(reading, store)
    confidence = SURE - LESS_FOR_A_WORD * len(reading.unread)
    if confidence < LEAST_SURE:
        words = say.named(reading.unread)
        return _refused(question, say._("I did not understand: {words}.").format(words=words), None)
    if missing := _missing_file(reading, store):
        file = say._("a file of {what}").format(what=say._(missing))
        return _refused(question, say._("No file says that yet. It would take: {file}.").format(file=file), file)
    try:
        query = compiled(reading, store)
    except Inapplicable as error:
        what = say._("these figures cannot be told by {what}").format(what=error.args[0])
        return _refused(question, what, None)
    columns, rows, _ = store.query(query.sql)
    others = tuple(_others(reading, store, language))
    return Answered(
        question,
        query.words[language],
        query.sql,
        tuple(columns),
        tuple(tuple(row) for row in rows),
        _sentence(reading, query, rows, say),
        tuple(_citations(query, store)),
        False,
        None,
        confidence,
        others,
    )


def _with_topic(reading: Reading, store: Store) -> Reading:
    """The reading with a word that was not understood as something to look for, where texts hold it."""
    column = {"v_reviews": "text", "v_messages": "text", "v_returns": "comment"}.get(reading.measure.view)
    if column is None or reading.topic:
        return reading
    for word in reading.unread:
        wanted = stem(word)
        if store.value(f"SELECT EXISTS (SELECT 1 FROM {reading.measure.view} WHERE {column} LIKE ?)", [f"%{wanted}%"]):
            rest = tuple(other for other in reading.unread if other != word)
            return replace(reading, topic=(wanted,), unread=rest)
    return reading


def _refused(question: str, why: str, file: str | None) -> Answered:
    return Answered(question, None, None, (), (), why, (), True, file, 0.0, ())


def _missing_file(reading: Reading, store: Store) -> str | None:
    """The kind of file without which the answer would be a false zero; None when it is there."""
    view = reading.measure.view
    if not store.value(f"SELECT EXISTS (SELECT 1 FROM {view})"):
        return _FILES[view]
    if view == "v_returns" or reading.measure.name == "return_rate":
        # Returns are known for the platforms only whose file was imported.
        platforms = set(reading.platforms)
        if reading.products:
            marks = ", ".join("?" for _ in reading.products)
            sold = store.rows(
                f"SELECT DISTINCT platform FROM order_lines WHERE product IN ({marks})", list(reading.products)
            )
            platforms = platforms or {row["platform"] for row in sold}
        known = {row["platform"] for row in store.rows("SELECT DISTINCT platform FROM returns")}
        if platforms and not platforms & known:
            return "returns"
    if reading.measure.name == "refunds" and not store.value(
        "SELECT EXISTS (SELECT 1 FROM returns WHERE refund IS NOT NULL)"
    ):
        return "returns"
    unknown = [
        p for p in reading.platforms if not store.value(f"SELECT EXISTS (SELECT 1 FROM {view} WHERE platform = ?)", [p])
    ]
    return _FILES[view] if unknown and len(unknown) == len(reading.platforms) else None


def _others(reading: Reading, store: Store, language: str) -> list[dict[str, str]]:
    found = []
    for other in alternatives(reading):
        try:
            query = compiled(other, store)
        except Inapplicable:
            continue
        found.append({"interpretation": query.words[language], "sql": query.sql})
    return found


def _sentence(reading: Reading, query: Compiled, rows: list[tuple[Any, ...]], say: Speaker) -> str:
    """The figures in words; the query's own words come first."""
    what = query.words[say.language]
    if not rows or (len(rows) == 1 and rows[0][-1] is None):
        return say._("{what}: nothing found.").format(what=what)
    if reading.listed or reading.measure.sql is None:
        return say._("{what}: {count} found.").format(what=what, count=say.number(len(rows)))

    def figure(row: tuple[Any, ...]) -> str:
        value = row[-1]
        if reading.measure.name.endswith(("_share", "_rate")) and isinstance(value, int | float):
            return say.percent(float(value))
        shown = say.number(value) if isinstance(value, int | float) else str(value)
        return " ".join([*(str(cell) for cell in row[:-1]), shown])

    shown = say._("; ").join(figure(row) for row in rows[:5])
    more = say._(" and {count} more").format(count=say.number(len(rows) - 5)) if len(rows) > 5 else ""
    return say._("{what}: {figures}{more}.").format(what=what, figures=shown, more=more)


def _citations(query: Compiled, store: Store) -> list[dict[str, Any]]:
    """The first rows that were counted, with file and line."""
    view = query.view
    condition = query.sql.rpartition(f" FROM {view}")[2].partition(" GROUP BY ")[0].partition(" ORDER BY ")[0]
    rows = store.rows(f"SELECT id, file, line FROM {view}{condition} ORDER BY id LIMIT {CITED}")
    return [{"table": view.removeprefix("v_"), "row_id": r["id"], "file": r["file"], "line": r["line"]} for r in rows]
