"""What identifies a row across imports, and which rows of one file say the same thing twice."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from engine.importing.profiles import TableRule

if TYPE_CHECKING:
    import polars as pl

KEYS: dict[str, list[str]] = {
    "orders": ["order_id"],
    "order_lines": ["order_id", "line_id", "sku", "product_id", "product_name", "variant"],
    "products": ["product_id", "title"],
    "variants": ["product_id", "sku", "option1", "option2", "option3"],
    "stock": ["product_id", "sku", "product_name", "variant", "location", "condition", "day"],
    "stock_movements": ["day", "kind", "reference", "sku", "product_id", "location", "reason"],
    "returns": ["order_id", "sku", "product_id", "product_name", "returned_at"],
    "ads": ["day", "day_to", "campaign", "ad_group", "ad", "keyword", "search_term", "match"],
    "coupons": ["coupon_id", "code", "name", "starts"],
    "sessions": ["day", "day_to", "parent_id", "product_id", "sku", "channel", "page"],
    "customers": ["customer_id", "email", "name"],
}
# One identifier of the product is enough in a key, and keeps it short.
SUBJECT = ("sku", "product_id", "product_name")
# Tables whose rows are things, not events: the same row again is the same thing.
THINGS = ("reviews", "products", "customers", "orders", "variants")


class Identities:
    """Gives the rows of one file their identity, keeping what has to be known across its batches.

    Args:
        namespace: what every key begins with: the platform, or what stands for it in a file without a profile.
        mapped: the file has no profile, so that its ids may begin anew in every file.
    """

    def __init__(self, namespace: str, *, mapped: bool) -> None:
        self._namespace, self._mapped = namespace, mapped
        self._seen: dict[str, pl.DataFrame] = {}
        self._contents: dict[str, pl.Series] = {}

    def keyed(self, table: str, rule: TableRule, rows: pl.DataFrame) -> tuple[pl.DataFrame, int]:
        """Give each row its identity across imports; rows repeated within the file are dropped or numbered."""
        rows = rows.with_columns(keys(table, rule, rows, self._namespace, mapped=self._mapped).alias("row_key"))
        dropped = 0
        if rows.is_empty():
            return rows, dropped
        if not rule.one_per:
            again = self._again(table, rule, rows)
            if again is not None:
                dropped = int(again.sum())
                rows = rows.filter(~again)
            rows = self._numbered(table, rows)
        return rows, dropped

    def _again(self, table: str, rule: TableRule, rows: pl.DataFrame) -> pl.Series | None:
        """Rows that say once more, here or in a later batch, what an earlier row of the file said; None when none do.

        A thing (a product, a customer, a review) is the same thing; so is an order line with an id of its own. Other
        events may happen twice in the same words.
        """
        import polars as pl

        repeat = rule.repeat or ("drop" if table in THINGS else "ordinal")
        own = [pl.col("line_id").is_not_null()] if "line_id" in rows.columns and rule.repeat is None else []
        if repeat != "drop" and not own:
            return None
        if table == "reviews":
            # Two customers may write the same words: without an author or an id a repeated text is a further review.
            own = [pl.col(c).is_not_null() for c in ("review_id", "author", "email") if c in rows.columns]
            own = own or [pl.lit(False)]
        elif repeat == "drop":
            own = [pl.lit(True)]
        content = rows.drop("line").hash_rows(seed=0)
        before = self._contents.get(table)
        again = ~content.is_first_distinct()
        if before is not None:
            again = again | content.is_in(before.implode())
        self._contents[table] = content if before is None else pl.concat([before, content])
        again = again & rows.select(pl.any_horizontal(own)).to_series()
        return again if again.any() else None

    def _numbered(self, table: str, rows: pl.DataFrame) -> pl.DataFrame:
        """Number rows that share a key, across batches (which are remembered by the keys' hashes)."""
        import polars as pl

        hashes = rows["row_key"].hash().alias("hash")
        before = self._seen.get(table)
        repeated = bool(hashes.is_duplicated().any())
        if before is not None and not repeated:
            repeated = bool(hashes.is_in(before["hash"].implode()).any())
        if repeated:
            rows = rows.with_columns(hashes)
            if before is None:
                rows = rows.with_columns(n=pl.lit(0, dtype=pl.UInt32))
            else:
                earlier = before.group_by("hash").agg(pl.col("n").sum())
                rows = rows.join(earlier, on="hash", how="left", maintain_order="left")
            number = pl.col("n").fill_null(0) + pl.int_range(pl.len()).over("hash")
            rows = rows.with_columns(
                pl.when(number > 0)
                .then(pl.concat_str(pl.col("row_key"), pl.lit("#"), (number + 1).cast(pl.String)))
                .otherwise(pl.col("row_key"))
                .alias("row_key")
            ).drop("hash", "n")
        seen = pl.DataFrame({"hash": hashes, "n": pl.Series([1], dtype=pl.UInt32).new_from_index(0, len(hashes))})
        self._seen[table] = seen if before is None else pl.concat([before, seen])
        return rows


def keys(table: str, rule: TableRule, rows: pl.DataFrame, namespace: str, *, mapped: bool) -> pl.Series:
    """What identifies each row across imports, before repeated keys are numbered.

    Args:
        table, rule: the home table and how it is filled.
        rows: its rows.
        namespace: the platform, or what stands for it in a file without a profile.
        mapped: the file has no profile, so that its ids may begin anew in every file.
    """
    # For SQLite's functions a text ends at a null character: a key that holds one would never be found again.
    return _keys(table, rule, rows, namespace, mapped=mapped).str.replace_all("\0", "\N{SYMBOL FOR NULL}", literal=True)


def _keys(table: str, rule: TableRule, rows: pl.DataFrame, namespace: str, *, mapped: bool) -> pl.Series:
    import polars as pl

    if table == "reviews":
        own = _review_keys(rows, mapped=mapped)
        return pl.DataFrame({"k": own}).select(pl.concat_str(pl.lit(namespace + "|"), pl.col("k"))).to_series()
    names = [n for n in (rule.key or KEYS.get(table, [])) if n in rows.columns]
    if not names or table == "fees":
        names = [n for n in rows.columns if n not in ("line", "extra", "rows")]
    key = _joined_key(namespace, names)
    if "line_id" in names:
        # Decided row by row, so that a row keeps its key whatever the rows around it lack.
        own_id = _joined_key(namespace, [n for n in names if n in ("order_id", "line_id")])
        key = pl.when(pl.col("line_id").is_not_null()).then(own_id).otherwise(key)
    return rows.select(key.alias("row_key")).to_series()


def _joined_key(namespace: str, names: list[str]) -> pl.Expr:
    import polars as pl

    parts = [pl.col(n).cast(pl.String).fill_null("") for n in names if n not in SUBJECT]
    subject = [pl.col(n) for n in SUBJECT if n in names]
    if subject:
        parts.append(pl.coalesce(subject).fill_null(""))
    return pl.concat_str([pl.lit(namespace), *parts], separator="|")


_OF_A_REVIEW = (
    "review_id", "order_id", "product_id", "sku", "product_name", "author", "email", "written_at", "stars", "text",
)  # fmt: skip


def _review_keys(rows: pl.DataFrame, *, mapped: bool) -> pl.Series:
    """A review's own id where a platform gives one, else a hash of product, author, date and text.

    In a file without a profile an id may count from one in every file, so that it is hashed together with the rest.
    """
    import polars as pl

    own = pl.Series([None] * rows.height, dtype=pl.String)
    if "review_id" in rows.columns and not mapped:
        own = rows["review_id"]
        if own.null_count() == 0:
            return own
    cells = [pl.col(c).cast(pl.String).fill_null("") for c in _OF_A_REVIEW if c in rows.columns]
    joined = rows.select(pl.concat_str(cells, separator="\x1f")).to_series()
    hashes = [
        known or hashlib.blake2b(value.encode(), digest_size=12).hexdigest()
        for known, value in zip(own, joined, strict=True)
    ]
    return pl.Series(hashes, dtype=pl.String)
