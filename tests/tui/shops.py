"""A small real shop with fixed content, written straight into the store: reviews in two languages, labels, findings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.findings import wilson
from engine.shop import Shop
from engine.store.database import Store
from engine.store.search import spaced

PRODUCTS = (
    ("lantern", "Hemlock Camp Lantern"),
    ("kettle", "Brook Kettle 1.7 L"),
    ("scarf", "云朵羊毛围巾 Cloud Scarf"),
)
TEXTS = (
    ("The battery died after two weeks, and the charger gets hot.", "en", 1.0, "negative", 0.94, "lantern"),
    ("电池只用了两个星期就坏了，充电器也很烫，非常失望。", "zh", 1.0, "negative", 0.91, "lantern"),
    ("Bright, light and it survived the rain. 🏕️ Would buy again!", "en", 5.0, "positive", 0.97, "lantern"),
    ("It is a kettle. It boils water.", "en", 3.0, "neutral", 0.52, "kettle"),
    ("围巾很软，颜色和图片一样，妈妈很喜欢。", "zh", 5.0, "positive", 0.96, "scarf"),
    ("[bold]Not[/bold] what I ordered [link=x] & <b>late</b>", "en", 2.0, "negative", 0.81, "kettle"),
)
QUOTE = "battery died after two weeks"


def build(path: Path, *, reviews: int = 60, labelled: bool = True, findings: bool = True) -> Shop:
    """A shop at `path`; review i is `TEXTS[i % 6]`, written on a day of 2026."""
    store = Store(path, create=True)
    with store.write() as db:
        report = {
            "file": "reviews_judgeme.csv", "profile": "judgeme_reviews", "platform": "Judge.me", "report": "reviews",
            "encoding": "utf-8", "rows_read": reviews + 1, "rows_loaded": reviews, "rows_rejected": 1, "rows_duplicate": 0,
            "rows_updated": 0, "totals": {"units": float(reviews)}, "file_totals": {"units": float(reviews + 1)},
            "differences": [{"line": 7, "what": "units", "reason": "row rejected"}],
            "lines_skipped": [{"line": 7, "reason": "stars are not a number"}],
            "period": {"from": "2026-01-01", "to": "2026-06-28"},
        }  # fmt: skip
        if reviews:
            db.execute(
                "INSERT INTO imports (id, file, path, content_hash, rows_loaded, report_json, imported_at) "
                "VALUES (1, 'reviews_judgeme.csv', '/exports/reviews_judgeme.csv', 'x', ?, ?, '2026-07-01T09:00:00+00:00')",
                [reviews, json.dumps(report)],
            )
        for product, name in PRODUCTS if reviews else ():
            db.execute("INSERT INTO product_keys VALUES (?, ?)", [product, name])
        for number in range(reviews):
            text, language, stars, sentiment, confidence, product = TEXTS[number % len(TEXTS)]
            row, day = number + 1, f"2026-{1 + number % 6:02}-{1 + number % 28:02}"
            db.execute(
                "INSERT INTO reviews (id, import_id, line, row_key, platform, product, title, body, text, stars, day, "
                "language, author) VALUES (?, 1, ?, ?, 'Judge.me', ?, ?, ?, ?, ?, ?, ?, 'A. Person')",
                [row, row + 1, f"r{row}", product, None, text, text, stars, day, language],
            )
            db.execute("INSERT INTO reviews_search (rowid, text) VALUES (?, ?)", [row, spaced(text)])
            if labelled:
                rest = (1 - confidence) / 2
                shares = dict.fromkeys(("negative", "neutral", "positive"), rest) | {sentiment: confidence}
                db.execute(
                    "INSERT INTO labels (table_name, row_id, task, source, label, probabilities, confidence, abstain, method, "
                    "made_at) VALUES ('reviews', ?, 'sentiment', 'model', ?, ?, ?, ?, 'test', '2026-07-01')",
                    [row, sentiment, json.dumps(shares), confidence, int(confidence < 0.6)],
                )
        if findings:
            _findings(db)
    store.close()
    return Shop(path)


def _findings(db) -> None:
    counts = ((0, 8), (1, 8), (1, 8), (0, 0), (3, 8), (4, 8), (5, 8))
    months = [{"month": f"2026-{month:02}", "k": k, "n": n} for month, (k, n) in enumerate(counts, 1)]
    rows: tuple[tuple[Any, ...], ...] = (
        ("pain_point:lantern:battery", "pain_point",
         {"product": "lantern", "name": "Hemlock Camp Lantern", "theme": "battery", "theme_name": "battery life"},
         {"months": months, "stars_lost": 0.62, "quote": QUOTE, "share_elsewhere": 0.05}, 48, 14, 5.0),
        ("pain_point:kettle:wrong", "pain_point",
         {"product": "kettle", "name": "Brook Kettle 1.7 L", "theme": "wrong", "theme_name": "收到的商品与订单不符"},
         {"quote": "发错货，而且送达很晚，需要检查仓库的拣货流程", "share_elsewhere": 0.0}, 20, 6, 3.0),
        ("contradiction:shop", "contradiction", {"name": "All shelves [see rows]"},
         {"complain_with_many_stars": 1, "praise_with_few_stars": 2}, 60, 3, 1.0),
        ("pain_point:scarf", "too_few",
         {"product": "scarf", "name": "Cloud Scarf", "theme": "thin", "theme_name": "thin"}, {}, 4, 1, 0.0),
    )  # fmt: skip
    for number, (key, kind, subject, numbers, n, k, rank) in enumerate(rows, 1):
        interval = wilson(k, n)
        db.execute(
            "INSERT INTO findings (id, key, desk, kind, subject, numbers, n, k, low, high, confidence, rank, "
            "method, query, first_seen, last_seen) "
            "VALUES (?, ?, 'reviews', ?, ?, ?, ?, ?, ?, ?, 0.97, ?, ?, ?, '2026-07-01', '2026-07-01')",
            [number, key, kind, json.dumps(subject), json.dumps(numbers), n, k, interval.low, interval.high, rank,
             "Themes are clusters of negative clauses (v1); counts are SQL over labels.",
             "SELECT count(*) FROM v_reviews\nWHERE product = 'lantern'"],
        )  # fmt: skip
    start = TEXTS[0][0].index(QUOTE)
    for position, (row, begin, end, role) in enumerate(
        ((1, start, start + len(QUOTE), "for"), (2, 0, 12, "for"), (6, None, None, "for"), (3, 0, 6, "against"))
    ):
        db.execute(
            "INSERT INTO evidence (finding_id, table_name, row_id, column_name, start, end, role, position) "
            "VALUES (1, 'reviews', ?, 'text', ?, ?, ?, ?)",
            [row, begin, end, role, position],
        )
