"""Cells made typed values without losing any: every cell that cannot be read is reported with its reason."""

from __future__ import annotations

import html
import math
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from engine.importing import dates, numbers
from engine.importing.headers import normal

if TYPE_CHECKING:
    import polars as pl

MASKED = r"^(?:##.+|\$\$.+|密文|.{0,3}[*＊]{2,}.*|\w[*＊])$"
_DAMAGED = r"^[+-]?\d(?:[.,]\d+)?[eE]\+?\d+$"
_TAG = re.compile(r"<[^<>]{1,2000}>")
_BLOCK = re.compile(r"(?i)<\s*(?:br|/p|/div|/li|/h[1-6]|/tr|/table|/ul|/ol)\b[^<>]*>")
_HIDDEN = re.compile(r"(?is)<(script|style)\b.*?</\1\s*>")


@dataclass(frozen=True)
class Cleaned:
    """A typed column, and where a cell that held something could not be read (`failed`, a Boolean column or None)."""

    values: pl.Series
    failed: pl.Series | None = None
    problem: str = ""
    repaired: int = 0


def blank_to_null(column: pl.Series) -> pl.Series:
    """The column with cells of nothing but spaces as null."""
    import polars as pl

    if not column.str.contains(r"^\s*$").any():
        return column
    return (
        pl.DataFrame({"v": column})
        .select(pl.when(pl.col("v").str.contains(r"^\s*$")).then(None).otherwise(pl.col("v")).alias(column.name))
        .to_series()
    )


# What plain one-line text and plain identifiers never hold: columns without any of it need no further care.
_CARE_TEXT = r"[\x00-\x1f\x7f]|^[\s']|\s$|[^\x00-\x7f]"
_CARE_ID = r"^[\s'=\-]|[\s'\x22]$|[^\x00-\x7f]|\.0$|[eE]\+?\d|[\x00-\x1f]|^(?i:n/a|null|none)$"

_LONG_ZEROS = r"^\d{15,21}[02468]$"


def text(column: pl.Series) -> Cleaned:
    """One-line text: NFC, trimmed, control characters as spaces."""
    if not column.str.contains(_CARE_TEXT).any():
        return Cleaned(column)
    return Cleaned(_trimmed(column.str.replace_all(r"[\x00-\x1f\x7f]+", " ")))


def prose(column: pl.Series) -> Cleaned:
    """Text of many lines: NFC, trimmed, `\\n` line ends; markup that review apps leave in (`<br>`, entities) as text."""
    column = _trimmed(column.str.replace_all("\r\n?", "\n").str.replace_all(r"[\x00-\x08\x0b-\x1f\x7f]", ""))
    marked = column.str.contains(r"(?i)<br\s*/?>|</p>|&(?:amp|quot|lt|gt|nbsp|#\d+);").fill_null(False)
    if marked.any():
        column = column.scatter(marked.arg_true(), [plain_text(v) for v in column.filter(marked)])
    return Cleaned(column)


def _trimmed(column: pl.Series) -> pl.Series:
    if not column.str.len_bytes().eq(column.str.len_chars()).all(ignore_nulls=True):
        column = column.str.normalize("NFC").str.strip_chars("\ufeff")
    # A quote mark that an export put before a formula sign, so that no spreadsheet runs it.
    column = column.str.strip_chars().str.replace(r"^'([=+\-@\t])", "$1")
    return blank_to_null(column)


def html_text(column: pl.Series) -> Cleaned:
    """Markup as plain text; texts without any stay as they are."""
    import polars as pl

    column = _trimmed(column.str.replace_all("\r\n?", "\n"))
    marked = column.str.contains(r"<[a-zA-Z/!]|&[a-zA-Z#]").fill_null(False)
    if not marked.any():
        return Cleaned(column)
    values = pl.Series([plain_text(v) for v in column.filter(marked)], dtype=pl.String)
    return Cleaned(blank_to_null(column.scatter(marked.arg_true(), values)))


def plain_text(markup: str) -> str:
    """Readable text of an HTML fragment: blocks end lines, scripts and styles go, entities are resolved."""
    bare = _TAG.sub("", _BLOCK.sub("\n", _HIDDEN.sub("", markup)))
    bare = html.unescape(bare).replace("\xa0", " ")
    lines = (re.sub(r"[ \t]+", " ", line).strip() for line in bare.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def identifier(column: pl.Series) -> Cleaned:
    """Identifiers stay text: tabs, apostrophes and `="…"` around them go, full-width digits become plain.

    A number that a spreadsheet turned into `1.2E+17` or `120000000000000000` has lost digits: it fails. A trailing `.0` is
    taken off and counted.
    """
    import polars as pl

    if not column.str.contains(_CARE_ID).any():
        if not column.str.contains(_LONG_ZEROS).any():
            return Cleaned(column)
        return _with_rounded(column, pl.Series([False]).new_from_index(0, len(column)))
    frame = pl.DataFrame({"v": column})
    v = pl.col("v").str.normalize("NFKC").str.strip_chars(" \t\r\n\ufeff\u200b")
    v = v.str.replace(r'^="?([^"]*)"?$', "$1").str.replace(r"^'(.+?)'?$", "$1").str.strip_chars()
    cleaned = blank_to_null(frame.select(v.alias(column.name)).to_series())
    nothing = cleaned.is_in(["--", "-", "N/A", "n/a", "null", "NULL", "None"]).fill_null(False)
    if nothing.any():
        cleaned = cleaned.set(nothing, None)
    # A long number with `.0` went through a spreadsheet, which keeps fifteen digits.
    damaged = cleaned.str.contains(_DAMAGED + r"|^\d{16,}\.0+$").fill_null(False)
    pointed = cleaned.str.contains(r"^\d+\.0+$").fill_null(False)
    repaired = int(pointed.sum())
    if repaired:
        plain = pl.DataFrame({"v": cleaned}).select(pl.col("v").str.replace(r"^(\d+)\.0+$", "$1"))
        cleaned = plain.to_series().rename(column.name)
    return _with_rounded(cleaned, damaged, repaired)


_ROUNDED = "was turned into a rounded number by a spreadsheet"
# A spreadsheet keeps this many digits of a number, and writes zeros for the others.
_SPREADSHEET_DIGITS = 15


def _with_rounded(cleaned: pl.Series, damaged: pl.Series, repaired: int = 0) -> Cleaned:
    """Fail also long numbers that lost their last digits: so many end in zeros, or are what a float can hold, that it
    is no chance (below one in ten thousand)."""
    long = cleaned.str.contains(r"^[1-9]\d{15,21}$").fill_null(False)
    if long.any():
        values = cleaned.filter(long).unique().to_list()
        chance = 1.0
        for value in values:
            lost = 10.0 ** (_SPREADSHEET_DIGITS - len(value))
            if value.endswith("0" * (len(value) - _SPREADSHEET_DIGITS)):
                chance *= lost
            elif len(value) > 16 and int(float(value)) == int(value):
                chance *= 1 / math.ulp(float(value))
            else:
                chance = 1.0
                break
        if chance < 1e-4:
            damaged = damaged | long
    return Cleaned(cleaned, damaged if damaged.any() else None, _ROUNDED, repaired)


def number(column: pl.Series, decimal: str) -> Cleaned:
    """Amounts, counts and shares as Float64; a platform's word for "none" is null."""
    values = numbers.read(column, decimal)
    return _with_failures(column, values, "is not a number")


_ORDER_IN_TEXT = (
    r"(?i)(?:order|bestellung|bestellnummer|commande|pedido|ordine|encomenda|bestelling|zamówienie|заказ|订单号?|訂單)"
    r"\s*(?:id|number|nr\.?|no\.?|n[º°.]?|#|：|:)*\s*#?\s*(\d[\d-]{4,})"
)


def order_in_text(column: pl.Series) -> Cleaned:
    """The order number that a remark names: `Order #3312345678`, `Payment for Order #33…`; null where it names none."""
    return Cleaned(column.str.extract(_ORDER_IN_TEXT, 1).rename(column.name))


def reduction(column: pl.Series, decimal: str) -> Cleaned:
    """What is taken off, as the number that stands there: `25%` and `-25 %` are 25 and -25, not a quarter."""
    return number(column.str.replace_all(r"[%％]", ""), decimal)


def moment(column: pl.Series, order: str, zone: str | None) -> Cleaned:
    """Dates and times as ISO text."""
    values = dates.read(column, order, zone=zone)
    return _with_failures(column, values, "is not a date")


def day(column: pl.Series, order: str) -> Cleaned:
    """Days as ISO text."""
    cleaned = moment(column, order, None)
    return Cleaned(cleaned.values.str.slice(0, 10), cleaned.failed, cleaned.problem)


def _with_failures(column: pl.Series, values: pl.Series, problem: str) -> Cleaned:
    if values.null_count() == column.null_count():
        return Cleaned(values)
    failed = values.is_null() & column.is_not_null()
    failed = failed & ~numbers.is_nothing(column) & ~dates.is_empty(column)
    return Cleaned(values, failed if failed.any() else None, problem)


_STAR_WORDS = {
    "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5,
    "差评": 1, "中评": 3, "好评": 5,
}  # fmt: skip


def star_value(value: str) -> float | None:
    """Stars of one cell: `4`, `4.0 out of 5`, `★★★★☆`, `五星`, `4/5`, `80 %`, `8/10`; None when it is none."""
    import unicodedata

    signs = value.count("★") + value.count("⭐") + value.count("🌟")
    if signs:
        return float(signs)
    said = unicodedata.normalize("NFKC", value).strip().casefold()
    share = re.fullmatch(r"(\d+(?:[.,]\d+)?)\s*(?:/|out of|von|de|sur|su)\s*(\d+)\b.*", said)
    if share and float(share.group(2)) > 0:
        return round(float(share.group(1).replace(",", ".")) * 5 / float(share.group(2)), 2)
    percent = re.fullmatch(r"(\d+(?:[.,]\d+)?)\s*%", said)
    if percent:
        return round(float(percent.group(1).replace(",", ".")) / 20, 2)
    plain = re.fullmatch(
        r"(\d+(?:[.,]\d+)?)\s*(?:[-_ ]?stars?|sterne?|estrellas?|estrelas?|étoiles?|stelle|星|颗星|分|点)?", said
    )
    if plain:
        return float(plain.group(1).replace(",", "."))
    word = re.fullmatch(r"(.+?)\s*(?:[-_ ]?stars?|颗?星)?", said)
    return float(_STAR_WORDS[word.group(1)]) if word and word.group(1) in _STAR_WORDS else None


def stars(column: pl.Series) -> Cleaned:
    """Stars from 0 to 5, from however a file writes them; 0 is kept as no rating at all."""
    import polars as pl

    distinct = column.drop_nulls().unique()
    found = {value: star_value(value) for value in distinct}
    highest = max((v for v in found.values() if v is not None), default=5.0)
    # Ratings beyond 5 are on a scale of 10 or 100; halves of 5 would be no integers there.
    scale = 1.0 if highest <= 5 else 2.0 if highest <= 10 else 20.0
    read = {key: (None if v is None or v == 0 or v > 5 * scale else v / scale) for key, v in found.items()}
    values = column.replace_strict(read, default=None, return_dtype=pl.Float64) if read else column.cast(pl.Float64)
    zero = column.is_in([key for key, v in found.items() if v == 0])
    cleaned = _with_failures(column, values, "is no number of stars")
    if cleaned.failed is None:
        return cleaned
    failed = cleaned.failed & ~zero.fill_null(False)
    return Cleaned(values, failed if failed.any() else None, cleaned.problem)


_YES = (
    "yes",
    "y",
    "true",
    "t",
    "1",
    "x",
    "verified",
    "是",
    "已验证",
    "ja",
    "sí",
    "si",
    "oui",
    "sim",
    "verified buyer",
    "published",
)
_NO = (
    "no",
    "n",
    "false",
    "f",
    "0",
    "",
    "否",
    "nein",
    "non",
    "não",
    "nao",
    "unverified",
    "not verified",
    "nothing",
    "unpublished",
)


def flag(column: pl.Series) -> Cleaned:
    """Yes and no as 1 and 0, null where a cell says neither."""
    import polars as pl

    known = {**dict.fromkeys(_YES, 1), **dict.fromkeys(_NO, 0)}
    return Cleaned(
        column.str.strip_chars()
        .str.to_lowercase()
        .replace_strict(known, default=None, return_dtype=pl.Int64)
        .rename(column.name)
    )


@cache
def _status_rules() -> list[tuple[str, list[str]]]:
    data = tomllib.loads((Path(__file__).parent / "statuses.toml").read_text(encoding="utf-8"))
    return [(name, [normal(word) for word in words]) for name, words in data["status"].items()]


@cache
def status_of(value: str) -> str:
    """What a platform's status means: one of the names in `statuses.toml`, or the platform's own word in lower case."""
    said = normal(value)
    for name, words in _status_rules():
        if said in words:
            return name
    for name, words in _status_rules():
        if any(word in said for word in words if len(word) > 4 or not word.isascii()):
            return name
    return said


def status(column: pl.Series) -> Cleaned:
    """Statuses as the few words that all platforms share; the original is kept beside them by the loader."""
    import polars as pl

    known = {value: status_of(value) for value in column.drop_nulls().unique()}
    if not known:
        return Cleaned(column)
    return Cleaned(column.replace_strict(known, default=None, return_dtype=pl.String).rename(column.name))


@cache
def _said_for(kind: str) -> dict[str, str]:
    """What the words of platforms stand for: comparable word to its name."""
    data = tomllib.loads((Path(__file__).parent / "statuses.toml").read_text(encoding="utf-8"))
    return {normal(word): name for name, words in data[kind].items() for word in words}


def vocabulary(column: pl.Series, kind: str) -> Cleaned:
    """Words of platforms (who wrote, how far a purchase is, what a discount is) as those all share; others stay as they are."""
    import polars as pl

    known = {value: _said_for(kind).get(normal(value), value.strip()) for value in column.drop_nulls().unique()}
    if not known:
        return Cleaned(column)
    return Cleaned(column.replace_strict(known, default=None, return_dtype=pl.String).rename(column.name))


def is_role(value: str) -> bool:
    """Whether a word says who writes: a customer, the shop, a machine."""
    return normal(value) in _said_for("role")


NOT_STOCKED = ("not stocked", "not tracked", "nicht vorrätig", "未备货", "不追踪库存")


def stocked(column: pl.Series) -> Cleaned:
    """Whether a place holds a product at all: 0 where the cell says it is not stocked there, 1 where it counts, null else."""
    import polars as pl

    said = column.str.strip_chars().str.to_lowercase()
    frame = pl.DataFrame({"v": said})
    held = pl.when(pl.col("v").is_in(list(NOT_STOCKED))).then(0).when(pl.col("v").str.contains(r"\d")).then(1)
    return Cleaned(frame.select(held.cast(pl.Int64).alias(column.name)).to_series())


def payment(column: pl.Series) -> Cleaned:
    """The state of a payment in which no money has moved (`failed`, `pending`, `authorised`, …); null where it has."""
    import polars as pl

    known = {value: _said_for("payment").get(normal(value)) for value in column.drop_nulls().unique()}
    if not known:
        return Cleaned(column)
    return Cleaned(column.replace_strict(known, default=None, return_dtype=pl.String).rename(column.name))


def clean(column: pl.Series, kind: str, *, decimal: str, order: str, zone: str | None) -> Cleaned:
    """One column of cells as its kind of value."""
    column = blank_to_null(column)
    match kind:
        case "id":
            return identifier(column)
        case "money" | "number":
            return number(column, decimal)
        case "moment":
            return moment(column, order, zone)
        case "day":
            return day(column, order)
        case "stars":
            return stars(column)
        case "flag":
            return flag(column)
        case "status":
            return status(column)
        case "payment":
            return payment(column)
        case "role" | "purchase" | "discount" | "funded_by":
            return vocabulary(column, kind)
        case "stocked":
            return stocked(column)
        case "threshold":
            return number(column.str.replace(r"^\D*?(\d[\d.,]*)\D*$", "$1"), decimal)
        case "order_in_text":
            return order_in_text(column)
        case "reduction":
            return reduction(column, decimal)
        case "html":
            return html_text(column)
        case "prose" | "chat":
            return prose(column)
        case _:
            return text(column)
