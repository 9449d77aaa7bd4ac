"""Shops that are already read: reviews with labels, clauses and themes written straight into the store."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from sqlite_utils import Database

from engine.reviews.board import Board
from engine.store.database import Store


@dataclass
class Said:
    """One review: which themes it speaks of, and what is known about it."""

    product: str
    day: str = "2026-01-01"
    stars: float | None = 4
    themes: tuple[str, ...] = ()
    text: str = "It does what it should"
    courier: str | None = None
    variant: str | None = None
    negative: float = 0.1
    positive: float = 0.8


def _add(db: Database, row: int, said: Said) -> None:
    """One review and how it was read."""
    db.execute(
        "INSERT INTO reviews (id, import_id, line, row_key, product, product_name, text, stars, day, courier, "
        "variant, language) VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'en')",
        [
            row,
            row + 1,
            str(row),
            said.product,
            said.product,
            said.text,
            said.stars,
            said.day,
            said.courier,
            said.variant,
        ],
    )
    shares = {"negative": said.negative, "positive": said.positive}
    shares["neutral"] = round(1 - sum(shares.values()), 4)
    db.execute(
        "INSERT INTO labels (table_name, row_id, task, source, label, probabilities, confidence, method, made_at) "
        "VALUES ('reviews', ?, 'sentiment', 'model', ?, ?, 0.8, 'm', '2026')",
        [row, max(shares, key=lambda name: shares[name]), json.dumps(shares)],
    )


@dataclass
class ReadShop:
    """Collects reviews, returns and sales, then makes the board of them."""

    folder: Path
    said: list[Said] = field(default_factory=list)
    returned: list[tuple[str, str]] = field(default_factory=list)
    sold: list[tuple[str, str, float]] = field(default_factory=list)

    def board(self) -> Board:
        """Write everything into a new shop and fetch its board."""
        store = Store(self.folder / "read.shop", create=True)
        keys = sorted({theme for said in self.said for theme in said.themes})
        products = {said.product for said in self.said} | {product for product, _ in self.returned}
        with store.write() as db:
            db.execute(
                "INSERT INTO imports (id, file, path, content_hash, imported_at) VALUES (1, 'f.csv', 'f.csv', 'x', '2026')"
            )
            for product in sorted(products | {product for product, *_ in self.sold}):
                db.execute("INSERT INTO product_keys VALUES (?, ?)", [product, product.title()])
            for i, theme in enumerate(keys, 1):
                polarity = theme.split("/")[0]
                db.execute(
                    "INSERT INTO themes (id, key, name, polarity, size) VALUES (?, ?, ?, ?, 1)",
                    [i, theme, theme.split("/")[1], polarity],
                )
            clause = 0
            for row, said in enumerate(self.said, 1):
                _add(db, row, said)
                for place, theme in enumerate(said.themes):
                    clause += 1
                    db.execute(
                        "INSERT INTO clauses VALUES (?, ?, ?, ?, 'negative', 0.9)", [clause, row, place, len(said.text)]
                    )
                    db.execute("INSERT INTO theme_clauses VALUES (?, ?, 0.5)", [keys.index(theme) + 1, clause])
            for i, (product, reason) in enumerate(self.returned, 1):
                db.execute(
                    "INSERT INTO returns (import_id, line, row_key, product, product_name, reason, quantity, day) "
                    "VALUES (1, ?, ?, ?, ?, ?, 1, '2026-02-01')",
                    [i, str(i), product, product, reason],
                )
            for i, (product, month, units) in enumerate(self.sold, 1):
                db.execute(
                    "INSERT INTO order_lines (import_id, line, row_key, product, order_id, day, quantity) "
                    "VALUES (1, ?, ?, ?, ?, ?, ?)",
                    [i, str(i), product, str(i), f"{month}-05", units],
                )
        return Board(store)


def days(count: int, year: int = 2025) -> list[str]:
    """`count` days in order, spread over months."""
    return [f"{year + i // 336}-{i // 28 % 12 + 1:02d}-{i % 28 + 1:02d}" for i in range(0, count * 7, 7)]
