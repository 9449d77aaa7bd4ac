"""Search finds Chinese words of any length, Latin words by their beginning, and phrases."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.reviews.queries import ReviewFilter, count_reviews, reviews
from engine.shop import Shop
from engine.store.search import match_expression, spaced

TEXTS = {
    1: "电池不耐用，充电很慢",
    2: "池水很清，电灯也亮",
    3: "The battery dies fast",
    4: "Great gift: 妈妈很喜欢",
    5: "Café bag, très chic",
}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path / "a.shop", create=True)
    with shop.store.write() as db:
        db.execute(
            "INSERT INTO imports (id, file, path, content_hash, imported_at) VALUES (1, 'a.csv', 'a.csv', 'x', '2026-01-01')"
        )
        for row, text in TEXTS.items():
            db.execute(
                "INSERT INTO reviews (id, import_id, line, row_key, text) VALUES (?, 1, ?, ?, ?)",
                [row, row, str(row), text],
            )
            db.execute("INSERT INTO reviews_search (rowid, text) VALUES (?, ?)", [row, spaced(text)])
    return shop


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("电池", {1}),
        ("电", {1, 2}),
        ("慢", {1}),
        ("batt", {3}),
        ("battery fast", {3}),
        ("fast slow", set()),
        ('"dies fast"', {3}),
        ('"fast dies"', set()),
        ("妈妈 gift", {4}),
        ("cafe", {5}),
        ("电池 OR 1=1 -- '\"*", set()),
        ("…!?", set(TEXTS)),
    ],
)
def test_search(shop: Shop, words: str, found: set[int]) -> None:
    assert {row.id for row in reviews(shop.store, ReviewFilter(words=words))} == found
    assert count_reviews(shop.store, ReviewFilter(words=words)) == len(found)


def test_nothing_searchable_is_no_filter() -> None:
    assert match_expression("!!! ---") == ""
