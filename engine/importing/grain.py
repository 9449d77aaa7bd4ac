"""From cleaned fields to rows of the home tables: what one row of a report is, and what identifies it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.importing.identity import SUBJECT
from engine.importing.profiles import KINDS, Joined, Profile, TableRule, table_columns

if TYPE_CHECKING:
    import polars as pl

# The moment from which a table's `day` is taken.
MOMENTS = {
    "reviews": "written_at",
    "orders": "ordered_at",
    "order_lines": "ordered_at",
    "returns": "returned_at",
    "fees": "posted_at",
    "payouts": "posted_at",
    "messages": "sent_at",
    "articles": "updated_at",
    "purchase_orders": "ordered_at",
}


# What files write for the code of a currency.
_SAID_FOR = {"RMB": "CNY", "CNH": "CNY", "人民币": "CNY", "元": "CNY", "€": "EUR", "£": "GBP", "US$": "USD"}


def rows_of(
    table: str, profile: Profile, frame: pl.DataFrame, currency: str | None, others: Mapping[int, str] | None = None
) -> pl.DataFrame:
    """Rows of one table from the cleaned fields of a report.

    Args:
        table: the home table.
        profile: the report.
        frame: a column per field, `line`, `extra`; one row per row of the file.
        currency: of amounts whose row states none.
        others: further columns of amounts, by position, with the names that become their kinds.

    Returns:
        Stored columns and `line`.
    """
    import polars as pl

    rule = profile.tables[table]
    known = table_columns(table)
    columns = rule.columns or [name for name in known if name in frame.columns]
    stated = "status" in columns or "status" in rule.set
    if stated and "status_original" in known and "status_original" not in columns:
        columns = [*columns, "status_original"]
    if "currency" in known and "currency" not in columns:
        columns = [*columns, "currency"]
    columns = [name for name in columns if name in frame.columns and name not in rule.set and name not in rule.sum]
    group = [name for name in rule.one_per or profile.group if name in frame.columns]
    frame = _filled_in(frame, rule, group)
    if rule.where and not rule.one_per:
        frame = frame.filter(pl.sql_expr(rule.where))
    if rule.unpivot or rule.others:
        frame = _unpivoted(frame, rule, others or {})
    extra = [pl.col("extra")] if table == profile.main_table else []
    keep = [name for name in group if rule.one_per and name not in columns and name not in rule.set]
    rows = frame.select(
        *(pl.col(name) for name in columns),
        *(_typed(pl.sql_expr(sql), name).alias(name) for name, sql in rule.set.items()),
        *(pl.sql_expr(sql).alias(name) for name, sql in rule.sum.items()),
        *([pl.col("_kind").alias("kind"), pl.col("_amount").alias("amount")] if rule.unpivot or rule.others else []),
        *([pl.col(c).alias(n) for n, c in (("location", "_location"), ("on_hand", "_on_hand"))] if rule.spread else []),
        *extra,
        pl.col("line"),
        *(pl.col(name) for name in keep),
    )
    if rule.one_per:
        rows = _grouped(rows, rule, group).drop(keep)
    return _completed(table, rows, currency)


def _filled_in(frame: pl.DataFrame, rule: TableRule, group: list[str]) -> pl.DataFrame:
    import polars as pl

    fills = [name for name in (*rule.fill, "currency") if name in frame.columns]
    if not fills or not group or frame.is_empty() or not any(frame[name].null_count() for name in fills):
        return frame
    if "status" in fills:
        fills.append("status_original")
    firsts = frame.group_by(group, maintain_order=True).agg(pl.col(fills).first(ignore_nulls=True))
    return frame.drop(fills).join(firsts, on=group, how="left", maintain_order="left")


def other(position: int) -> str:
    """The name under which the frame holds a column of amounts that the profile does not know."""
    return f"_other_{position}"


def _unpivoted(frame: pl.DataFrame, rule: TableRule, others: Mapping[int, str]) -> pl.DataFrame:
    """One row per amount of a row: amounts of nothing are left out."""
    import polars as pl

    parts = []
    amounts = [(pl.sql_expr(item.kind).cast(pl.String), pl.sql_expr(item.amount)) for item in rule.unpivot]
    amounts += [(pl.lit(name), pl.col(other(position))) for position, name in others.items()]
    for kind, amount in amounts:
        part = frame.with_columns(kind.alias("_kind"), amount.cast(pl.Float64).alias("_amount"))
        parts.append(part.filter(pl.col("_amount").is_not_null() & (pl.col("_amount") != 0)))
    return pl.concat(parts).sort("line", maintain_order=True)


def _grouped(rows: pl.DataFrame, rule: TableRule, group: list[str]) -> pl.DataFrame:
    """One row per group: the first non-empty cell of every column, sums where the rule says so."""
    import polars as pl

    firsts = [c for c in rows.columns if c not in group and c not in rule.sum and c != "line"]
    # A row that names no group stands for nothing here.
    rows = rows.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in group)) if group else rows
    rows = rows.group_by(group, maintain_order=True).agg(
        pl.col(firsts).first(ignore_nulls=True),
        pl.col("line").first(),
        pl.len().alias("rows"),
        *(pl.when(pl.col(s).count() > 0).then(pl.col(s).sum()).alias(s) for s in rule.sum),
    )
    return rows.filter(pl.sql_expr(rule.where)) if rule.where else rows


def divide_joined(frame: pl.DataFrame, joined: Joined) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """Rows in which a platform joined several sub-orders: one count that covers several parts cannot be divided.

    Such a row stays one line. What all parts share is theirs; where they differ, the line is left without it, and the
    units that cannot be allocated are reported.
    """
    import polars as pl

    if joined.by not in frame.columns:
        return frame, []
    many = frame[joined.by].str.contains(joined.separator, literal=True).fill_null(False)
    if not many.any():
        return frame, []
    names = [name for name in joined.fields if name in frame.columns]
    differences: list[dict[str, Any]] = []
    subjects = [name for name in names if name != joined.by and name in SUBJECT]
    shared: dict[str, list[str | None]] = {name: [] for name in subjects}
    for row in frame.filter(many).iter_rows(named=True):
        parts = _parts(row[joined.by], joined.separator)
        for name in subjects:
            said = set(_parts(row[name], joined.separator))
            shared[name].append(said.pop() if len(said) == 1 else None)
        if any(row[name] and shared[name][-1] for name in ("sku", "product_id") if name in shared):
            continue
        differences.append(
            {
                "line": row["line"],
                "what": "units that cannot be allocated",
                "units": row.get(joined.quantity),
                "parts": len(parts),
                "products": str(row.get("product_name") or ""),
            }
        )
    at = many.arg_true()
    columns = [frame[name].scatter(at, pl.Series(shared[name], dtype=pl.String)) for name in subjects]
    return frame.with_columns(columns), differences


def _parts(cell: str | None, separator: str) -> list[str]:
    return [part.strip() for part in (cell or "").split(separator) if part.strip()]


def _typed(expression: pl.Expr, name: str) -> pl.Expr:
    import polars as pl

    kind = KINDS.get(name, "text")
    if kind in ("money", "number", "stars"):
        return expression.cast(pl.Float64)
    return expression if kind == "flag" else expression.cast(pl.String)


def dated(table: str, rows: pl.DataFrame, period: tuple[str, str] | None) -> pl.DataFrame:
    """Rows of ads or visits with the days that the report states for all of them, where no column gives any."""
    import polars as pl

    if period is None or table not in ("ads", "sessions"):
        return rows
    if "day" in rows.columns and rows["day"].null_count() < rows.height:
        return rows
    return rows.with_columns(pl.lit(period[0]).alias("day"), pl.lit(period[1]).alias("day_to"))


_LEVELS = ("search_term", "keyword", "ad", "ad_group", "campaign")


def _with_level(rows: pl.DataFrame) -> pl.DataFrame:
    """`level` is what a row of an ads report is about: reports of different levels repeat the same money."""
    import polars as pl

    said = [pl.when(pl.col(name).is_not_null()).then(pl.lit(name)) for name in _LEVELS if name in rows.columns]
    return rows.with_columns(pl.coalesce(said).alias("level")) if said else rows


def _completed(table: str, rows: pl.DataFrame, currency: str | None) -> pl.DataFrame:
    """Fill what follows from other columns: day, currency, the whole text of a review, an amount from price and count."""
    import polars as pl

    known = table_columns(table)
    moment = MOMENTS.get(table)
    if "day" in known and "day" not in rows.columns and moment in rows.columns:
        rows = rows.with_columns(pl.col(moment).str.slice(0, 10).alias("day"))
    if "currency" in known and currency:
        stated = pl.col("currency") if "currency" in rows.columns else pl.lit(None, dtype=pl.String)
        rows = rows.with_columns(pl.coalesce(stated, pl.lit(currency)).alias("currency"))
    if "currency" in rows.columns:
        rows = rows.with_columns(pl.col("currency").str.to_uppercase().replace(_SAID_FOR))
    if table == "reviews":
        rows = _with_text(rows)
    if table == "order_lines":
        rows = _with_amount(rows)
    if table == "ads" and "level" not in rows.columns:
        rows = _with_level(rows)
    if table == "purchase_orders":
        rows = _with_value(rows)
    return rows


def _with_value(rows: pl.DataFrame) -> pl.DataFrame:
    """The value of a purchase line from count and cost, where the file states no amounts at all."""
    import polars as pl

    if "amount" in rows.columns and rows["amount"].null_count() < rows.height:
        return rows
    if not {"quantity", "unit_cost"} <= set(rows.columns):
        return rows
    return rows.with_columns((pl.col("quantity") * pl.col("unit_cost")).round(6).alias("amount"))


def _with_text(rows: pl.DataFrame) -> pl.DataFrame:
    """`text` is title and body as one; a title that the body already says is not repeated."""
    import polars as pl

    null = pl.lit(None, dtype=pl.String)
    body = pl.col("body") if "body" in rows.columns else null
    if "text" in rows.columns:
        body = pl.coalesce(body, pl.col("text"))
    title = pl.col("title") if "title" in rows.columns else null
    rows = rows.with_columns(body.alias("body"), title.alias("title"))
    bare = pl.col("title").str.to_lowercase().str.strip_chars(" .!…")
    said = pl.col("body").str.to_lowercase().str.contains(bare, literal=True)
    whole = (
        pl.when(pl.col("title").is_null() | said.fill_null(False))
        .then(pl.col("body"))
        .when(pl.col("body").is_null())
        .then(pl.col("title"))
        .otherwise(pl.concat_str("title", "body", separator="\n"))
    )
    return rows.with_columns(whole.fill_null("").alias("text"))


def _with_amount(rows: pl.DataFrame) -> pl.DataFrame:
    """Complete quantity, unit price and amount from one another."""
    import polars as pl

    lacking = [name for name in ("quantity", "unit_price", "amount", "discount") if name not in rows.columns]
    rows = rows.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in lacking)
    quantity, price, amount = pl.col("quantity"), pl.col("unit_price"), pl.col("amount")
    computed = quantity * price - pl.col("discount").fill_null(0)
    rows = rows.with_columns(pl.coalesce(amount, computed).alias("amount"))
    per_unit = pl.when(quantity > 0).then((amount + pl.col("discount").fill_null(0)) / quantity)
    return rows.with_columns(pl.coalesce(price, per_unit).round(6).alias("unit_price"))
