"""A seller's own table of baskets as lines: columns customer, basket, time, item, quantity."""

from __future__ import annotations

import polars as pl

from engine.customers.facts import no_product
from engine.errors import InputFileError

COLUMNS = ("customer", "basket", "time", "item", "quantity")
_UNSAID = ("", "nan", "none", "null", "na", "n/a")


def lines_of(table: pl.DataFrame, source: str) -> pl.DataFrame:
    """The table as `History.of` takes it; rows without a basket, an item or a readable time are left out.

    Args:
        table: `quantity` and `customer` may be absent: then one of each, and unknown buyers.
        source: what to call the file in messages.

    Raises:
        InputFileError: a column is missing, or no row can be read.
    """
    table = table.rename({name: name.strip().lower() for name in table.columns})
    missing = [name for name in ("basket", "time", "item") if name not in table.columns]
    if missing:
        raise InputFileError(f"there is no column {missing[0]}.", file=source, todo=f"Columns: {', '.join(COLUMNS)}.")
    found = table.select(
        _text(table, "customer"),
        _text(table, "basket"),
        _moments(table),
        _text(table, "item"),
        pl.col("quantity").cast(pl.Float64, strict=False).fill_null(1.0)
        if "quantity" in table.columns
        else pl.lit(1.0).alias("quantity"),
    ).drop_nulls(["basket", "time", "item"])
    codes = found["item"].unique()
    found = found.filter(
        ~pl.col("item").is_in(codes.filter(codes.map_elements(no_product, return_dtype=pl.Boolean)).to_list())
    )
    if not found.height:
        raise InputFileError("no row has a basket, an item and a readable time.", file=source)
    return found


def names_of(table: pl.DataFrame) -> dict[str, str]:
    """Item to name, where the table has a column `name` or `product`."""
    table = table.rename({name: name.strip().lower() for name in table.columns})
    column = next((name for name in ("name", "product", "product_name") if name in table.columns), None)
    if column is None or "item" not in table.columns:
        return {}
    pairs = (
        table.select(_text(table, "item"), _text(table, column).alias("name")).drop_nulls().unique("item", keep="first")
    )
    return dict(pairs.iter_rows())


def _text(table: pl.DataFrame, name: str) -> pl.Expr:
    if name not in table.columns:
        return pl.lit(None, pl.String).alias(name)
    column = pl.col(name)
    if table.schema[name].is_float():
        column = column.cast(pl.Int64, strict=False)
    text = column.cast(pl.String).str.strip_chars().str.replace(r"^(\d+)\.0$", "$1")
    return pl.when(text.str.to_lowercase().is_in(list(_UNSAID))).then(None).otherwise(text).alias(name)


def _moments(table: pl.DataFrame) -> pl.Expr:
    """`time` as a moment: as the file types it, as ISO text, or as seconds since 1970."""
    kind = table.schema["time"]
    if kind == pl.Date or isinstance(kind, pl.Datetime):
        return pl.col("time").cast(pl.Datetime("us")).dt.replace_time_zone(None)
    if kind.is_numeric():
        return pl.from_epoch(pl.col("time").cast(pl.Int64), time_unit="s").alias("time")
    text = pl.col("time").str.strip_chars().str.replace("T", " ").str.slice(0, 19)
    formats = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M")
    days = ("%Y-%m-%d", "%Y/%m/%d")
    return pl.coalesce(
        *(text.str.to_datetime(form, strict=False) for form in formats),
        *(text.str.slice(0, 10).str.to_date(form, strict=False).cast(pl.Datetime("us")) for form in days),
    ).alias("time")
