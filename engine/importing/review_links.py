"""What other files tell of a review: the order it speaks of, that order's courier, its product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl
    from sqlite_utils import Database


def forget_review_links(db: Database) -> None:
    """Take back all that `link_reviews` gave, before rows are taken back, so that what files told is left."""
    _affected(db, None)
    _forget(db)


def _forget(db: Database) -> None:
    for column in ("order_id", "courier", "product"):
        db.execute(
            f"UPDATE reviews SET {column} = NULL FROM review_links l JOIN temp.link_affected a ON a.id = l.review_row "
            f"WHERE l.review_row = reviews.id AND l.{column} IS NOT NULL AND reviews.{column} IS l.{column}"
        )
    db.execute("DELETE FROM review_links WHERE review_row IN (SELECT id FROM temp.link_affected)")


@dataclass(frozen=True)
class Since:
    """What is new in a shop: rows of each table with a greater id, and rows that these imports changed."""

    last: dict[str, int]
    imports: tuple[int, ...]

    @classmethod
    def now(cls, db: Database) -> Since:
        """A point in time to come back to, before rows are added."""
        tables = ("reviews", "orders", "order_lines")
        return cls({t: int(db.execute(f"SELECT coalesce(max(id), 0) FROM {t}").fetchone()[0]) for t in tables}, ())

    def rows(self, table: str) -> str:
        """A condition on the rows of a table."""
        imports = ", ".join(map(str, self.imports)) or "NULL"
        changed = f"SELECT row_id FROM row_changes WHERE table_name = '{table}' AND import_id IN ({imports})"
        return f"({table}.id > {self.last[table]} OR {table}.id IN ({changed}))"


def _affected(db: Database, since: Since | None) -> None:
    """The reviews whose links may be others now, as the temporary table `link_affected`: all, or those that new rows touch."""
    db.execute("DROP TABLE IF EXISTS temp.link_affected")
    db.execute("CREATE TEMP TABLE link_affected (id INTEGER PRIMARY KEY)")
    if since is None:
        db.execute("INSERT INTO temp.link_affected SELECT id FROM reviews")
        return
    db.execute("DROP TABLE IF EXISTS temp.link_touched")
    db.execute(
        f"CREATE TEMP TABLE link_touched AS SELECT order_id FROM orders WHERE {since.rows('orders')} "
        f"UNION SELECT order_id FROM order_lines WHERE {since.rows('order_lines')} AND order_id IS NOT NULL"
    )
    db.execute(
        f"INSERT INTO temp.link_affected SELECT id FROM reviews WHERE {since.rows('reviews')} "
        "OR order_id IN (SELECT order_id FROM temp.link_touched) OR lower(email) IN ("
        "SELECT lower(email) FROM orders WHERE order_id IN (SELECT order_id FROM temp.link_touched) AND email IS NOT NULL)"
    )


def link_reviews(db: Database, since: Since | None = None) -> None:
    """Give reviews what other files tell: the order of a customer who bought that product exactly once, the order's courier,
    and the product of an order with only one.

    What was found so before is taken back first, so that the outcome depends on what is in the shop, not on how it came.

    Args:
        db: the transaction's connection.
        since: look only at reviews that what is new may touch; the products of older rows must be as they were.
    """
    _affected(db, since)
    _forget(db)
    _link_to_orders(db)
    for column, query in _FROM_THE_ORDER.items():
        db.execute(
            f"INSERT INTO review_links (review_row, {column}) {query} "
            f"ON CONFLICT (review_row) DO UPDATE SET {column} = excluded.{column}"
        )
        db.execute(
            f"UPDATE reviews SET {column} = l.{column} FROM review_links l JOIN temp.link_affected a ON a.id = l.review_row "
            f"WHERE l.review_row = reviews.id AND l.{column} IS NOT NULL"
        )


def _link_to_orders(db: Database) -> None:
    """Give reviews the order in which their customer, by e-mail, bought their product, if there is exactly one.

    Rows are joined as frames: in a large shop that is several times quicker than looking up every line.
    """
    import polars as pl

    text = pl.String
    reviews = _frame(
        db,
        "SELECT id, lower(email), product, day FROM reviews "
        "WHERE id IN (SELECT id FROM temp.link_affected) AND order_id IS NULL AND email IS NOT NULL AND product IS NOT NULL",
        {"review": pl.Int64, "email": text, "product": text, "day": text},
    )
    if reviews.is_empty():
        return
    db.execute("DROP TABLE IF EXISTS temp.link_customers")
    db.execute("CREATE TEMP TABLE link_customers (email TEXT PRIMARY KEY) WITHOUT ROWID")
    db.conn.executemany("INSERT INTO temp.link_customers VALUES (?)", reviews.select("email").unique().iter_rows())
    db.execute("DROP TABLE IF EXISTS temp.link_bought")
    db.execute(
        "CREATE TEMP TABLE link_bought AS SELECT lower(email) AS email, order_id, coalesce(platform, '') AS platform, day "
        "FROM orders WHERE email IS NOT NULL AND lower(email) IN (SELECT email FROM temp.link_customers)"
    )
    orders = _frame(
        db,
        "SELECT email, order_id, platform, day FROM temp.link_bought",
        {"email": text, "order_id": text, "platform": text, "ordered": text},
    )
    # One address with very many orders is a placeholder, not a customer.
    orders = orders.filter(pl.len().over("email") <= _MOST_ORDERS)
    few = orders.height < _FEW_ORDERS
    lines = _frame(
        db,
        "SELECT order_id, coalesce(platform, ''), product FROM order_lines WHERE product IS NOT NULL"
        + (" AND order_id IN (SELECT order_id FROM temp.link_bought)" if few else ""),
        {"order_id": text, "platform": text, "product": text},
        orders,
    ).unique()
    bought = orders.join(lines, on=["order_id", "platform"])
    found = reviews.join(bought, on=["email", "product"])
    found = found.filter((pl.col("ordered") <= pl.col("day")).fill_null(True))
    found = found.group_by("review").agg(pl.col("order_id").unique())
    found = found.filter(pl.col("order_id").list.len() == 1)
    found = found.select("review", pl.col("order_id").list.first()).sort("review")
    db.conn.executemany("INSERT INTO review_links (review_row, order_id) VALUES (?, ?)", found.iter_rows())
    db.conn.executemany("UPDATE reviews SET order_id = ?2 WHERE id = ?1", found.iter_rows())


def _frame(
    db: Database, sql: str, schema: dict[str, type[pl.DataType]], only: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Rows of a query, fetched in portions; `only` those whose order is in this frame."""
    import polars as pl

    cursor = db.execute(sql)
    parts = [pl.DataFrame(schema=schema)]
    while rows := cursor.fetchmany(_PORTION):
        part = pl.DataFrame(rows, schema=schema, orient="row")
        parts.append(part if only is None else part.join(only, on=["order_id", "platform"], how="semi"))
    return pl.concat(parts)


_PORTION = 50_000
_MOST_ORDERS = 500
# So many orders are looked up one by one; more are found sooner by reading all lines.
_FEW_ORDERS = 50_000
# Each finds reviews without a value and the value their order gives them.
_FROM_THE_ORDER = {
    "courier": """
        SELECT r.id, min(o.courier) FROM reviews r
        JOIN orders o ON o.order_id = r.order_id
        WHERE r.id IN (SELECT id FROM temp.link_affected) AND r.courier IS NULL AND r.order_id IS NOT NULL AND o.courier IS NOT NULL
        GROUP BY r.id
    """,
    "product": """
        SELECT r.id, min(l.product) FROM reviews r
        JOIN order_lines l ON l.order_id = r.order_id
        WHERE r.id IN (SELECT id FROM temp.link_affected) AND r.product IS NULL AND l.product IS NOT NULL
        GROUP BY r.id HAVING count(DISTINCT l.product) = 1
    """,
}
