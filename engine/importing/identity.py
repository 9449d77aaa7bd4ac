"""What identifies a row across imports, and which rows of one file say the same thing twice."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
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
    "messages": ["thread_id", "message_id", "sent_at", "author", "text"],
    "articles": ["article_id", "title", "question", "language"],
    "purchase_orders": ["po_id", "line_id", "supplier", "sku", "product_id", "product_name", "variant", "ordered_at"],
    "suppliers": ["supplier", "sku", "product_id", "product_name", "variant", "valid_from"],
    "payouts": ["payout_id", "kind", "currency", "posted_at", "order_id"],
    "rates": ["day", "currency", "to_currency"],
}
# One identifier of the product is enough in a key, and keeps it short.
SUBJECT = ("sku", "product_id", "product_name")
# Tables whose rows are things, not events: the same row again is the same thing.
THINGS = ("reviews", "products", "customers", "orders", "variants", "articles", "rates")


class Identities:
    """Gives the rows of one file their identity, keeping what has to be known across its batches.

    Args:
        namespace: what every key begins with: the platform, or what stands for it in a file without a profile.
        mapped: the file has no profile, so that its ids may begin anew in every file.
        whole: gives `line` and a hash (`cells`) of all cells of a row.

    Attributes:
        shared: table to how many of its rows share the id of another row of the file without being the same row.
    """

    def __init__(self, namespace: str, *, mapped: bool, whole: Callable[[], pl.DataFrame]) -> None:
        self._namespace, self._mapped, self._whole = namespace, mapped, whole
        self._seen: dict[str, pl.DataFrame] = {}
        self._contents: dict[str, pl.DataFrame] = {}
        self.shared: Counter[str] = Counter()

    def keyed(
        self, rules: Mapping[str, TableRule], tables: Mapping[str, pl.DataFrame], main: str
    ) -> tuple[dict[str, pl.DataFrame], int]:
        """Give each row its identity across imports; rows repeated within the file are dropped or numbered.

        A thing (a product, a customer, a review) is the same thing when it is said again; so is an order line with an id of
        its own. Other events may happen twice in the same words. But a row of the file that differs from every other in any
        of its cells, kept or not, is never dropped altogether: where no table would hold it, the main one does.

        Returns:
            The tables with `row_key`, and how many rows no table holds because an earlier row of the file says all of the
            same.
        """

        keyed = {
            table: rows.with_columns(
                keys(table, rules[table], rows, self._namespace, mapped=self._mapped).alias("row_key")
            )
            for table, rows in tables.items()
        }
        again = {
            table: self._again(table, rules[table], rows)
            for table, rows in keyed.items()
            if not rules[table].one_per and not rows.is_empty()
        }
        dropped = 0
        if main in again and again[main].any():
            nowhere = again[main] & ~self._held_elsewhere(keyed, again, main)
            if nowhere.any():
                differing = nowhere & ~self._repeated_whole(main, keyed[main].height)
                again[main] = again[main] & ~differing
                dropped = int((nowhere & ~differing).sum())
        for table, mask in again.items():
            if mask.any():
                keyed[table] = keyed[table].filter(~mask)
            keyed[table] = self._numbered(table, keyed[table])
        return keyed, dropped

    def _held_elsewhere(
        self, tables: Mapping[str, pl.DataFrame], again: Mapping[str, pl.Series], main: str
    ) -> pl.Series:
        """Which rows of the main table stand on a line that another table keeps."""
        import polars as pl

        held = [tables[table]["line"].filter(~mask) for table, mask in again.items() if table != main]
        lines = pl.concat(held) if held else pl.Series([], dtype=pl.Int64)
        return tables[main]["line"].is_in(lines.implode())

    def _again(self, table: str, rule: TableRule, rows: pl.DataFrame) -> pl.Series:
        """Rows with an identity of their own that say once more, here or in a later batch, what is kept of an earlier one."""
        import polars as pl

        repeat = rule.repeat or ("drop" if table in THINGS else "ordinal")
        if repeat != "drop" and not ("line_id" in rows.columns and rule.repeat is None):
            return pl.Series([False]).new_from_index(0, rows.height)
        contents = rows.select(
            "line",
            rows.drop("line").hash_rows(seed=0).alias("content"),
            # Two items of one row are two items, however alike.
            pl.int_range(pl.len()).over("line").cast(pl.UInt32).alias("place"),
            _own(table, repeat, rows).alias("own"),
        )
        before = self._contents.get(table)
        self._contents[table] = contents if before is None else pl.concat([before, contents])
        return _repeated(self._contents[table]).tail(rows.height)

    def _repeated_whole(self, table: str, height: int) -> pl.Series:
        """The same over all cells of the file's rows, kept or not; of the last rows of the table."""
        import polars as pl

        known = self._contents[table].join(self._whole(), on="line", how="left", maintain_order="left")
        return _repeated(known.with_columns(pl.struct("content", "cells").hash(seed=0).alias("content"))).tail(height)

    def _numbered(self, table: str, rows: pl.DataFrame) -> pl.DataFrame:
        """Number rows that share a key, across batches (which are remembered by the keys' hashes)."""
        import polars as pl

        if rows.is_empty():
            return rows
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
            rows = rows.with_columns(number.alias("n"))
            self.shared[table] += int(rows.select(((pl.col("n") > 0) & _identified(table, rows)).sum()).item())
            rows = rows.with_columns(
                pl.when(pl.col("n") > 0)
                .then(pl.concat_str(pl.col("row_key"), pl.lit("#"), (pl.col("n") + 1).cast(pl.String)))
                .otherwise(pl.col("row_key"))
                .alias("row_key")
            ).drop("hash", "n")
        seen = pl.DataFrame({"hash": hashes, "n": pl.Series([1], dtype=pl.UInt32).new_from_index(0, len(hashes))})
        self._seen[table] = seen if before is None else pl.concat([before, seen])
        return rows


def _repeated(contents: pl.DataFrame) -> pl.Series:
    """Which rows of their own identity say what an earlier one said; rows of one line never repeat each other."""
    import polars as pl

    first = pl.struct("content", "place").is_first_distinct()
    return contents.select(pl.col("own") & ~first).to_series()


def _own(table: str, repeat: str, rows: pl.DataFrame) -> pl.Series:
    """Which rows have an identity of their own, so that the same content again is the same row again."""
    import polars as pl

    names: list[str]
    if table == "reviews":
        # Two customers may write the same words: without an author or an id a repeated text is a further review.
        possible = ["review_id", "author", "email"]
        names = [name for name in possible if name in rows.columns]
    elif repeat == "drop":
        return pl.Series([True]).new_from_index(0, rows.height)
    else:
        names = ["line_id"]
    if not names:
        return pl.Series([False]).new_from_index(0, rows.height)
    return rows.select(pl.any_horizontal(pl.col(name).is_not_null() for name in names)).to_series()


def _identified(table: str, rows: pl.DataFrame) -> pl.Expr:
    """Which rows the platform gives an id that should be theirs alone."""
    import polars as pl

    name = {"reviews": "review_id", "order_lines": "line_id"}.get(table)
    if name is not None:
        return pl.col(name).is_not_null() if name in rows.columns else pl.lit(False)
    return pl.lit(table in THINGS)


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
