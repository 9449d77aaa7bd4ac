"""Aspects of a text: what is named (`battery life`), how it is judged, what it is about, and in which words.

Nothing is written by the model: it reads each sentence twice and labels every token of the second reading
(`engine/inference/tagging.py`), with a small trained adapter that ships (`models/adapters/aspects.*`, with its card).
So every term and every opinion is a piece of the text. A sentence that judges something without naming it gives an
implicit aspect: a category without a place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from engine.errors import ModelError
from engine.inference.tagging import Tagged, TagTask
from engine.inference.task import one_line
from engine.jobs import JobContext
from engine.reviews.shipped import adapter_path, card_of
from engine.reviews.themes import language_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.inference.client import ModelClient

SPANS = ("outside", "begin", "inside", "opinion")
"""What a token may be: nothing, the first of a term, a further one of it, or a word that judges."""

POLARITIES = ("negative", "neutral", "positive")
CATEGORIES = (
    "product",
    "quality",
    "appearance",
    "size",
    "price",
    "performance",
    "battery",
    "screen",
    "sound",
    "usability",
    "delivery",
    "packaging",
    "service",
    "taste",
    "place",
    "smell",
)
OUTSIDE, BEGIN, INSIDE, OPINION = range(len(SPANS))
_POLARITY = slice(len(SPANS), len(SPANS) + len(POLARITIES))
_CATEGORY = slice(_POLARITY.stop, _POLARITY.stop + len(CATEGORIES))

LONGEST_SENTENCE = 240
"""Characters; a longer sentence is cut at a comma or a space before that."""


@dataclass(frozen=True)
class Thresholds:
    """How ready the reader is to call something an aspect.

    Args:
        term: added to the log-odds of every word of being (part of) a term, by language ("" for any other): below zero
            finds fewer terms and is right more often.
        opinion: added to the log-odds of a word that is no term of being an opinion.
        implicit: least probability for an aspect that is not named.
        surest: a sentence names something only if its surest term is at least this probable, without `term`; the other
            terms of such a sentence then need less. Texts that name anything mostly name several things.
        neutral: added to the log-odds of a term of being mentioned without judgement.
        source: where the numbers come from, in words for the screen.
    """

    term: Mapping[str, float] = field(default_factory=dict)
    opinion: float = 0.0
    implicit: float = 0.5
    surest: float = 0.0
    neutral: float = 0.0
    source: str = "none"

    def term_for(self, text: str) -> float:
        """The shift for a text's language."""
        return self.term.get(language_of(text), self.term.get("", 0.0))


@dataclass(frozen=True)
class Reader:
    """The task with its thresholds, and the hash of the model file that the adapter belongs to."""

    task: TagTask
    thresholds: Thresholds
    model_sha: str


@dataclass(frozen=True)
class Aspect:
    """One aspect of a text; offsets are code points into it.

    Attributes:
        start, end: place of the term, or None when the aspect is not named.
        polarity: one of `POLARITIES`. category: one of `CATEGORIES`.
        opinion: place of the words that judge it, if such were found.
        confidence: probability of being an aspect (its least sure token) times that of its polarity.
    """

    start: int | None
    end: int | None
    polarity: str
    category: str
    opinion: tuple[int, int] | None
    confidence: float

    def record(self, text: str) -> dict[str, Any]:
        """As JSON, in the shape `label aspects --json` prints; `text` is the text that the offsets belong to."""
        return {
            "term": None if self.start is None else text[self.start : self.end],
            "start": self.start,
            "end": self.end,
            "polarity": self.polarity,
            "category": self.category,
            "opinion": None if self.opinion is None else text[slice(*self.opinion)],
            "opinion_start": None if self.opinion is None else self.opinion[0],
            "opinion_end": None if self.opinion is None else self.opinion[1],
            "confidence": round(self.confidence, 4),
        }


# -- sentences

_SENTENCE_END = re.compile(r"[。！？!?；;…\n\r]+|\.+(?=\s|$)")
_BREAK = re.compile(r"[,，、:：]|\s")


def sentences(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text are, (start, end) each, in order; what holds no word is left out."""
    found = []
    begin = 0
    for end in [*(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]:
        while end - begin > LONGEST_SENTENCE:
            breaks = [match.end() for match in _BREAK.finditer(text, begin + 1, begin + LONGEST_SENTENCE)]
            cut = breaks[-1] if breaks else begin + LONGEST_SENTENCE
            found.append((begin, cut))
            begin = cut
        found.append((begin, end))
        begin = end
    return [(start, end) for start, end in found if any(map(str.isalnum, text[start:end]))]


def places(text: str) -> list[int]:
    """For each character of `one_line(text)` its place in `text`, and the end of the last one behind them."""
    line = one_line(text)
    found, position = [], 0
    for character in line:
        # A control character, a line break or a run of spaces became one space.
        while text[position] != character and not (character == " " and not _kept(text[position])):
            position += 1
        found.append(position)
        position += 1
    return [*found, position]


def _kept(character: str) -> bool:
    return bool(one_line(character))


# -- from tags to aspects


def read_sentence(line: str, tagged: Tagged, thresholds: Thresholds) -> list[Aspect]:
    """The aspects of one sentence.

    Args:
        line: the sentence as the model saw it (`one_line`); offsets are into it.
        tagged: its tokens and their scores, columns SPANS, POLARITIES, CATEGORIES; the last row is for the sentence.
        thresholds: how ready to call something an aspect.
    """
    import numpy as np
    from scipy.special import softmax

    scores = tagged.scores.astype(np.float64)
    scores[:, _POLARITY.start + POLARITIES.index("neutral")] += thresholds.neutral
    spans = scores[:-1, : len(SPANS)].copy()
    unshifted = softmax(spans, axis=1)
    spans[:, [BEGIN, INSIDE]] += thresholds.term_for(line)
    shares = softmax(spans, axis=1)
    runs = [
        (kind, *_trimmed(line, start, end), tokens)
        for kind, start, end, tokens in _runs(line, tagged.ends, shares, thresholds.opinion)
    ]
    runs = [run for run in runs if any(map(str.isalnum, line[run[1] : run[2]]))]
    opinions = [(start, end) for kind, start, end, _ in runs if kind == "opinion"]
    terms = [run for run in runs if run[0] == "term"]
    surest = max((float(unshifted[tokens][:, [BEGIN, INSIDE]].sum(axis=1).mean()) for *_, tokens in terms), default=0.0)
    found = []
    for _, start, end, tokens in terms if surest >= thresholds.surest else ():
        polarity = softmax(scores[tokens][:, _POLARITY], axis=1).mean(axis=0)
        category = softmax(scores[tokens][:, _CATEGORY], axis=1).mean(axis=0)
        sure = float((1 - shares[tokens][:, [OUTSIDE, OPINION]].sum(axis=1)).min())
        found.append(
            Aspect(
                start,
                end,
                POLARITIES[int(polarity.argmax())],
                CATEGORIES[int(category.argmax())],
                _nearest(line, (start, end), opinions),
                sure * float(polarity.max()),
            )
        )
    return found or _implicit(scores[-1], opinions, thresholds)


def _implicit(whole: NDArray[np.float64], opinions: Sequence[tuple[int, int]], thresholds: Thresholds) -> list[Aspect]:
    """What a sentence that names nothing judges, from its last row: one aspect without a place, or none."""
    from scipy.special import softmax

    about = _about(whole)
    polarity = softmax(whole[_POLARITY])
    sure = 1 - float(about[0])
    if sure < thresholds.implicit:
        return []
    return [
        Aspect(
            None,
            None,
            POLARITIES[int(polarity.argmax())],
            CATEGORIES[int(about[1:].argmax())],
            max(opinions, key=lambda place: place[1] - place[0], default=None),
            sure * float(polarity.max()),
        )
    ]


def _about(whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of "nothing" and of each category, (1 + categories,), for what a sentence judges without naming it."""
    import numpy as np
    from scipy.special import softmax

    shares: NDArray[np.float64] = softmax(np.concatenate([whole[OUTSIDE : OUTSIDE + 1], whole[_CATEGORY]]))
    return shares


def unnamed_share(tagged: Tagged) -> float:
    """Probability that the sentence judges something without naming it."""
    return 1 - float(_about(tagged.scores[-1].astype("float64"))[0])


def _runs(
    line: str, ends: NDArray[np.int64], shares: NDArray[np.float64], opinion_shift: float
) -> Iterator[tuple[str, int, int, list[int]]]:
    """Terms and opinions: "term" or "opinion", where it is, and its tokens.

    A word of several tokens is decided as a whole, by the mean of their shares: nothing begins or ends inside a word.
    Terms that touch are one, whatever token "begins": two names with nothing but a space between them are a compound.
    """
    import numpy as np

    run: tuple[str, int, int, list[int]] | None = None
    for start, end, word in _words(line, ends):
        outside, first, further, opinion = shares[word].mean(axis=0)
        judges = opinion * np.exp(opinion_shift) > outside
        kind = "term" if first + further > 0.5 else "opinion" if judges else ""
        if run and kind == run[0]:
            run = (kind, run[1], end, [*run[3], *word])
            continue
        if run:
            yield run
        run = (kind, start, end, word) if kind else None
    if run:
        yield run


def _words(line: str, ends: NDArray[np.int64]) -> Iterator[tuple[int, int, list[int]]]:
    """Tokens put together where they cut a word: its start, its end, its tokens. Outside of words each stands alone."""
    start, word = 0, list[int]()
    for i, end in enumerate(ends.tolist()):
        word.append(i)
        if not _within_word(line, end) or i + 1 == len(ends):
            yield start, end, word
            start, word = end, []


def _within_word(line: str, at: int) -> bool:
    return 0 < at < len(line) and _latin(line[at - 1]) and _latin(line[at])


def _latin(character: str) -> bool:
    return character.isalnum() and character < "\u2e80"


_LEADING = re.compile(r"(?:[^\w]+|的|(?:the|a|an|my|its|their|his|her|your|our)\s+)+", re.IGNORECASE)
_TRAILING = re.compile(r"(?:[^\w%)+#]|的(?=$))+$")


def _trimmed(line: str, start: int, end: int) -> tuple[int, int]:
    """The place without punctuation, articles and particles at its edges; empty when nothing else is there."""
    leading = _LEADING.match(line, start, end)
    start = leading.end() if leading else start
    trailing = _TRAILING.search(line[start:end])
    return start, start + trailing.start() if trailing else end


_CLAUSE_BREAK = re.compile(r"[,，、;；:：]|\bbut\b|\band\b|但|不过|就是", re.IGNORECASE)


def _nearest(line: str, term: tuple[int, int], opinions: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """The opinion with the fewest clause breaks, then characters, between it and the term."""

    def distance(place: tuple[int, int]) -> tuple[int, int]:
        between = line[term[1] : place[0]] if place[0] >= term[1] else line[place[1] : term[0]]
        return len(_CLAUSE_BREAK.findall(between)), len(between)

    return min(opinions, key=distance, default=None)


# -- reading texts


def shipped_reader() -> Reader:
    """The reader that ships.

    Raises:
        ModelError: the adapter or its card is missing.
    """
    card, adapter = card_of("aspects"), adapter_path("aspects")
    if card is None:
        raise ModelError(
            "The adapter that reads aspects is missing.", file=str(adapter), todo="Install Backroom again."
        )
    prompt, thresholds = card["prompt"], card["thresholds"]
    task = TagTask(
        "aspects",
        str(card["version"]),
        prompt["prefix"],
        prompt["middle"],
        prompt["end"],
        dict(prompt["labels"]),
        adapter=str(adapter),
        max_text_tokens=prompt["max_text_tokens"],
    )
    term = {"" if name == "other" else name: value for name, value in thresholds["term"].items()}
    found = Thresholds(term, **{name: value for name, value in thresholds.items() if name != "term"})
    return Reader(task, found, str(card["base"]["sha256"]))


def read_texts(
    client: ModelClient, reader: Reader, texts: Sequence[str], *, context: JobContext | None = None
) -> list[list[Aspect]]:
    """The aspects of each text, in the order of the text; offsets are code points into the text as it was given."""
    pieces = [(i, start, end) for i, text in enumerate(texts) for start, end in sentences(text)]
    raw = [texts[i][start:end] for i, start, end in pieces]
    stage = context.stage("Reading", len(pieces), "sentences") if context is not None and pieces else None
    tagged = client.tag(
        raw,
        reader.task,
        on_text=None if stage is None else lambda indices: stage.advance(len(indices)),
        context=context,
    )
    found: list[list[Aspect]] = [[] for _ in texts]
    for (i, start, _), sentence, tags in zip(pieces, raw, tagged, strict=True):
        back = [start + place for place in places(sentence)]
        for aspect in read_sentence(one_line(sentence), tags, reader.thresholds):
            found[i].append(_moved(aspect, back))
    return found


def _moved(aspect: Aspect, back: Sequence[int]) -> Aspect:
    """The aspect with its places translated; the end is that of the last character, whatever follows it."""

    def moved(start: int, end: int) -> tuple[int, int]:
        return back[start], back[end - 1] + 1

    opinion = None if aspect.opinion is None else moved(*aspect.opinion)
    if aspect.start is None or aspect.end is None:
        return replace(aspect, opinion=opinion)
    start, end = moved(aspect.start, aspect.end)
    return replace(aspect, start=start, end=end, opinion=opinion)


def label_texts(
    ids: Sequence[Any], texts: Sequence[str], *, context: JobContext, model: str | None = None
) -> list[dict[str, Any]]:
    """Aspects of texts outside a shop, in input order, in the shape `label aspects --json` prints.

    Raises:
        ModelError: another model than the one that the adapter was trained for.
    """
    from engine.inference.client import ModelClient

    reader = shipped_reader()
    with ModelClient(model) as client:
        if client.model.sha256 != reader.model_sha:
            raise ModelError(
                f"Aspects are read with a part trained for one model, and {client.model.name} is another.",
                todo="Leave out --model.",
            )
        found = read_texts(client, reader, texts, context=context)
    return [
        {"id": identity, "aspects": [aspect.record(text) for aspect in aspects]}
        for identity, text, aspects in zip(ids, texts, found, strict=True)
    ]
