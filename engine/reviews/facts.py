"""What the reviews desk knows, by SQL: counts come from here and nowhere else. SQL in, polars frames out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.store.sql import literal
from engine.store.transaction import Rows

if TYPE_CHECKING:
    import polars as pl


def frame(store: Rows, sql: str) -> pl.DataFrame:
    """The rows of a query as a frame; column types from all rows."""
    import polars as pl

    rows = store.rows(sql)
    return pl.DataFrame(rows, infer_schema_length=None) if rows else pl.DataFrame()


def reviews(store: Rows) -> pl.DataFrame:
    """Every read review: id, product, product_name, variant, courier, day, month, stars, language, sentiment, platform,
    text, p_negative, p_positive; in order of day and id."""
    return frame(
        store,
        """
        SELECT id, product, product_name, variant, courier, day, month, stars, language, sentiment, platform, text,
               author, json_extract(probabilities, '$.negative') AS p_negative,
               json_extract(probabilities, '$.positive') AS p_positive, file
        FROM v_reviews WHERE sentiment IS NOT NULL ORDER BY day, id
        """,
    )


def theme_quotes(store: Rows) -> list[dict[str, Any]]:
    """Every clause that belongs to a theme: theme_id, review_row, start, end, quote, similarity."""
    return store.rows(
        """
        SELECT tc.theme_id, c.review_row, c.start, c.end, substr(r.text, c.start + 1, c.end - c.start) AS quote,
               tc.similarity
        FROM theme_clauses tc JOIN clauses c ON c.id = tc.clause_id JOIN reviews r ON r.id = c.review_row
        ORDER BY tc.theme_id, c.review_row, c.start
        """
    )


def count_query(theme: str, last: int, **equal: str | None) -> str:
    """The SQL that counts k of n reviews for a theme, for a seller to run: `backroom sql SHOP "…"`.

    `last` is the id of the newest review that was read: what is imported later is not counted before it is read.
    """
    conditions = "".join(f" AND r.{column} = {literal(value)}" for column, value in equal.items() if value is not None)
    return (
        "SELECT count(DISTINCT CASE WHEN t.key = " + literal(theme) + " THEN r.id END) AS k, count(DISTINCT r.id) AS n "
        "FROM v_reviews r LEFT JOIN clauses c ON c.review_row = r.id LEFT JOIN theme_clauses tc ON tc.clause_id = c.id "
        "LEFT JOIN themes t ON t.id = tc.theme_id "
        f"WHERE r.sentiment IS NOT NULL AND r.id <= {last}" + conditions
    )


def units_by_month(store: Rows) -> pl.DataFrame:
    """Units sold: product, month, units; cancelled lines left out."""
    return frame(
        store,
        """
        SELECT product, substr(day, 1, 7) AS month, sum(quantity) AS units FROM order_lines
        WHERE product IS NOT NULL AND day IS NOT NULL AND coalesce(status, '') NOT IN ('cancelled', 'brushing')
        GROUP BY 1, 2 ORDER BY 1, 2
        """,
    )


def return_reasons(store: Rows) -> pl.DataFrame:
    """Returned rows: id, product, product_name, reason, quantity, day, comment."""
    return frame(
        store,
        """
        SELECT id, product, product_name, reason, quantity, day, comment FROM v_returns
        WHERE reason IS NOT NULL AND product IS NOT NULL ORDER BY day, id
        """,
    )
