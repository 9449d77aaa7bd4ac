"""Amounts and counts as exports write them, read a whole column at a time.

Whether a comma or a point ends the whole part is decided once per file, from all its amounts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

NOTHING = (
    "",
    "-",
    "--",
    "---",
    "—",
    "–",
    "n/a",
    "na",
    "null",
    "none",
    "nan",
    "#n/a",
    "无",
    "暂无",
    "/",
    "(not set)",
    "\\n",
    "not stocked",
    "not tracked",
    "未备货",
)
SYMBOLS = {
    "MX$": "MXN", "US$": "USD", "HK$": "HKD", "NT$": "TWD", "S$": "SGD", "A$": "AUD", "AU$": "AUD", "C$": "CAD",
    "CA$": "CAD", "NZ$": "NZD", "R$": "BRL", "₹": "INR", "€": "EUR", "£": "GBP", "₩": "KRW", "฿": "THB", "₱": "PHP",
    "₫": "VND", "Rp": "IDR", "RM": "MYR", "zł": "PLN", "₺": "TRY", "₽": "RUB", "₴": "UAH", "元": "CNY", "円": "JPY",
    "Rs.": "INR", "Rs ": "INR",
}  # fmt: skip
_PLAIN = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)$"
_POINT_DECIMAL = r"\.\d{1,2}$|\.\d{4,}$|,\d{3}\."
_COMMA_DECIMAL = r"\d,\d{1,2}$|\d,\d{4,}$|\.\d{3},|^[^.,]*\d[\s’']\d{3},"
_POINT_GROUPS = r"^\D*\d{1,3}(?:\.\d{3})+\D*$"
_COMMA_GROUPS = r"^\D*\d{1,3}(?:,\d{3})+\D*$"
# Values that settle the decimal sign; one that disagrees later cannot be read and is rejected with its line.
_ENOUGH = 20_000
_NO_DECIMALS = frozenset({"IDR", "VND", "CLP", "COP", "PYG", "JPY", "KRW"})


@dataclass
class SeparatorEvidence:
    """Counts of amounts that settle what a comma and a point mean, and of those that leave it open."""

    point_decimal: int = 0
    comma_decimal: int = 0
    point_groups: int = 0
    comma_groups: int = 0

    def add(self, column: pl.Series) -> None:
        """Count the values of a text column."""
        import polars as pl

        texts = column.drop_nulls().head(_ENOUGH)
        marked = texts.filter(texts.str.contains(r"[.,]"))
        if marked.is_empty():
            return
        stripped = (
            pl.DataFrame({"v": marked})
            .select(pl.col("v").str.replace_all(r"[^\d.,’' ]", "").str.strip_chars())
            .to_series()
        )
        self.point_decimal += int(stripped.str.contains(_POINT_DECIMAL).sum())
        self.comma_decimal += int(stripped.str.contains(_COMMA_DECIMAL).sum())
        self.point_groups += int(stripped.str.contains(_POINT_GROUPS).sum())
        self.comma_groups += int(stripped.str.contains(_COMMA_GROUPS).sum())

    def decimal(self, currency: str | None = None) -> str:
        """`.` or `,`: the sign before the decimals."""
        if self.comma_decimal != self.point_decimal:
            return "," if self.comma_decimal > self.point_decimal else "."
        if self.comma_groups:
            return "."
        # Only numbers such as 150.000: groups in a currency without decimals, else three decimals of something measured.
        return "," if self.point_groups and currency in _NO_DECIMALS else "."


def read(column: pl.Series, decimal: str = ".") -> pl.Series:
    """Numbers of a text column: Float64, null where a value is none.

    Currency signs and codes, spaces, groups, parentheses or a trailing sign for negatives, full-width digits and a percent
    sign (the value is divided by 100) are understood.
    """
    import polars as pl

    if decimal == "." and column.str.contains(_PLAIN).all(ignore_nulls=True):
        return column.cast(pl.Float64, strict=False)
    # Few values are distinct in a column of amounts: clean those, then put them back.
    distinct = pl.DataFrame({"v": column}).select(pl.col("v").unique()).to_series()
    text = distinct.str.normalize("NFKC").str.replace_all("[−‐‑‒–—]", "-").str.to_lowercase()
    text = text.str.replace(r"^(\s*[+-]?)\s*(?:rs|rp|kr|руб|лв|лева|s/)\.?\s*", "$1")
    negative = text.str.contains(r"^\s*\(.*\)\s*$|\d\s*-\s*$")
    percent = text.str.contains(r"\d\s*%")
    # A letter or sign is part of a currency or unit at either end, and of no number in between.
    core = text.str.extract(r"^[^\d.,+-]*([+-]?\s?[^\d.,+-]*[.,]?\d(?:[\d.,’'\s]*\d)?[.,]?)[^\d]*$", 1)
    core = core.str.replace_all(r"[^\d.,+-]", "").str.strip_chars_end(".,")
    if decimal == ",":
        core = core.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
        broken = core.str.contains(",", literal=True)
    else:
        broken = core.str.contains(r"\.\d*,") | core.str.contains(r",(?:\d{0,2}|\d{4,})(?:\D|$)")
        core = core.str.replace_all(",", "", literal=True)
    # Programs write very small and very large amounts with an exponent.
    power = text.str.contains(r"^\s*[+-]?\d+(?:\.\d+)?e[+-]?\d{1,2}\s*$").fill_null(False)
    value = pl.select(
        pl.when(power)
        .then(text.str.strip_chars().cast(pl.Float64, strict=False))
        .otherwise(core.cast(pl.Float64, strict=False))
    ).to_series()
    frame = pl.DataFrame({"v": distinct, "n": value, "negative": negative, "percent": percent, "broken": broken})
    n = pl.col("n")
    n = pl.when(pl.col("negative")).then(-n.abs()).otherwise(n)
    n = pl.when(pl.col("percent")).then(n / 100).otherwise(n)
    frame = frame.select("v", pl.when(pl.col("broken").fill_null(False)).then(None).otherwise(n).alias("n"))
    joined = pl.DataFrame({"v": column}).join(frame, on="v", how="left", maintain_order="left", nulls_equal=True)
    return joined["n"].rename(column.name)


def is_nothing(column: pl.Series) -> pl.Series:
    """Which values are a word for "no value" (`--`, `N/A`, `无`); nulls are not."""
    short = column.str.len_bytes() <= 12
    if not short.any():
        return short.fill_null(False)
    return (short & column.str.strip_chars().str.to_lowercase().is_in(list(NOTHING))).fill_null(False)


def currency_of(texts: Iterable[str]) -> str | None:
    """The currency that the cells of an amount column state by sign or code, if they all agree."""
    from engine.importing.headers import CURRENCIES

    found: set[str] = set()
    for text in texts:
        code = re.search(r"(?<![A-Za-z])([A-Z]{3})(?![A-Za-z])", text)
        if code and code.group(1) in CURRENCIES:
            found.add(code.group(1))
            continue
        for sign, name in SYMBOLS.items():
            if sign in text:
                found.add(name)
                break
    return found.pop() if len(found) == 1 else None
