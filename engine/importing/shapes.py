"""What sampled values look like, and how far that fits a meaning."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.importing.chats import is_log
from engine.importing.cleaning import is_role, star_value, status_of
from engine.importing.headers import CURRENCIES
from engine.importing.profiles import KINDS

_SIGN = rf"(?:{'|'.join(sorted(CURRENCIES))}|R\$|[A-Z]{{1,2}}\$|Rp|RM|kr|zł|Kč|Ft|lei|TL|руб|[^\w\s(-]{{1,2}})\.?"
_NUMBER = re.compile(rf"[(+-]?\s?(?:{_SIGN}\s?)?[(+-]?\d[\d.,’'\s]*[)-]?(?:\s?%|\s?{_SIGN})?[)-]?")

Score = tuple[float, str]
"""A factor on what the header's word says (0 forbids the meaning), and what the values look like."""


@dataclass(frozen=True)
class Shape:
    """What a column's sampled values look like, as shares of those that are not empty."""

    filled: float
    distinct: float
    length: float
    words: float
    numeric: float
    whole: float
    stars: float
    dates: float
    mails: float
    letters: float
    currencies: float
    statuses: float
    digits: float
    pairs: float
    chats: float
    roles: float


NOTHING = Shape(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
_STATUSES = frozenset(("cancelled", "returned", "refunded", "delivered", "completed", "shipped", "pending", "paid"))
# Chosen options with their names: `颜色:雾蓝;容量:500ml`.
_PAIRS = re.compile(r"(?:[^\d\W][^:：;；]{0,20}[:：]\s*[^:：;；/]{1,60}(?:[;；,，]\s*|$))+")
_LIKE_DATE = re.compile(r"(?=.*\b(?:19|20)\d\d\b)(?=.*\b[0-3]?\d\b)[^\W\d_]*[\d\w\s./:,+年月日-]{6,40}")


def shape_of(values: Sequence[str]) -> Shape:
    """The shape of a column's sampled values."""
    import polars as pl

    from engine.importing import dates

    filled = [value.strip() for value in values if value and value.strip()]
    n = len(filled)
    if not n:
        return NOTHING
    numeric = [v for v in filled if _NUMBER.fullmatch(v)]
    whole = [v for v in filled if re.fullmatch(r"\d{1,6}(?:[.,]0+)?", v)]
    starred = [s for v in filled if len(v) <= 14 and (s := star_value(v)) is not None and 0 <= s <= 10]
    texts = pl.Series(filled)
    dated = max((dates.read(texts, order).is_not_null() for order in ("dmy", "mdy")), key=lambda read: int(read.sum()))
    is_date = dated & ~pl.Series([v.isdigit() and len(v) != 8 for v in filled])
    han = sum(len(re.findall(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]", v)) for v in filled)
    short = {v for v in filled if len(v) <= 24}
    known = {v for v in short if status_of(v) in _STATUSES}
    return Shape(
        filled=n / max(1, len(values)),
        distinct=len(set(filled)) / n,
        length=sum(len(v) for v in filled) / n + han / n,
        words=sum(len(v.split()) for v in filled) / n + han / n / 2,
        numeric=len(numeric) / n,
        whole=len(whole) / n,
        stars=len(starred) / n if (starred and max(starred) <= 5) or len(set(starred)) <= 11 else 0.0,
        dates=float(is_date.mean() or 0.0),  # type: ignore[arg-type]
        mails=sum(bool(re.fullmatch(r"[^@\s]+@[^@\s]+\.\w+", v)) for v in filled) / n,
        letters=sum(bool(re.search(r"[^\W\d_]", v)) for v in filled) / n,
        currencies=sum(v.upper() in CURRENCIES for v in filled) / n,
        statuses=sum(v in known for v in filled) / n,
        digits=sum(v.lstrip("'").isdigit() and len(v) > 6 for v in filled) / n,
        chats=sum("\n" in v and is_log(v) for v in filled) / n,
        roles=sum(is_role(v) for v in short) / max(1, len(short)),
        pairs=sum(bool(_PAIRS.fullmatch(v)) for v in filled) / n,
    )


_NAMELIKE = (
    "product_name author customer courier city country status variant title reply campaign ad_group ad keyword channel page "
    "brand category description location"
)
_NAMES = frozenset(_NAMELIKE.split())


def value_score(shape: Shape, meaning: str, rows: int) -> Score:
    """How far values look like a meaning: a factor on the header's word (0 forbids it), and what they look like."""
    if shape.filled == 0:
        return 0.8, "empty"
    if meaning in _BY_MEANING:
        return _BY_MEANING[meaning](shape)
    kind = KINDS.get(meaning, "text")
    if kind in ("moment", "day"):
        return _as_dates(shape)
    if kind in ("money", "number"):
        return _as_numbers(shape, kind)
    if meaning in _NAMES:
        return _as_names(shape, meaning)
    if kind == "id":
        return _as_codes(shape, meaning, rows)
    if kind == "flag":
        return (1.0, "yes or no") if shape.distinct * rows <= 4 else (0.5, "")
    return 1.0, ""


def _as_text(shape: Shape) -> Score:
    if shape.numeric > 0.5 or shape.dates > 0.5 or shape.letters < 0.5:
        return 0.0, ""
    if shape.words >= 6:
        return 1.1, "sentences"
    return (0.9, "short texts") if shape.words >= 2 else (0.6, "single words")


def _as_remarks(shape: Shape) -> Score:
    return (1.0, "texts") if shape.letters > 0.5 and shape.dates < 0.5 else (0.0, "")


def _as_stars(shape: Shape) -> Score:
    return (1.1, "stars from 1 to 5") if shape.stars >= 0.9 else (0.0, "")


def _as_mails(shape: Shape) -> Score:
    return (1.1, "email addresses") if shape.mails >= 0.8 else (0.3, "")


def _as_currencies(shape: Shape) -> Score:
    if shape.currencies >= 0.8:
        return 1.05, "currency codes"
    return (0.7, "") if shape.length <= 4 else (0.0, "")


def _as_dates(shape: Shape) -> Score:
    if shape.dates >= 0.9:
        return 1.1, "dates"
    return (0.7, "mostly dates") if shape.dates >= 0.6 else (0.0, "")


def _as_numbers(shape: Shape, kind: str) -> Score:
    if shape.numeric < 0.9 or shape.dates > 0.9 or shape.digits > 0.5:
        return 0.0, ""
    # Counts are whole; an amount may be.
    return (0.8, "broken numbers") if kind == "number" and shape.whole < 0.2 else (1.05, "numbers")


def _as_names(shape: Shape, meaning: str) -> Score:
    if shape.dates > 0.9 or (shape.letters < 0.2 and meaning not in ("customer", "author", "variant")):
        return 0.0, ""
    if meaning in ("product_name", "title") and shape.words > 60:
        return 0.4, "long texts"
    if meaning == "status" and shape.statuses >= 0.5:
        return 1.05, "states of an order"
    return (0.4, "email addresses") if shape.mails > 0.5 else (1.0, "names")


def _as_codes(shape: Shape, meaning: str, rows: int) -> Score:
    if meaning == "sku" and shape.pairs > 0.8:
        return 0.0, ""
    if shape.words > 3 or shape.dates > 0.9 or shape.mails > 0.5:
        return 0.3, ""
    return (1.0, "codes") if meaning != "review_id" or shape.distinct > 0.9 or rows < 5 else (0.4, "not unique")


def _as_thresholds(shape: Shape) -> Score:
    return (1.05, "numbers") if shape.dates < 0.5 and shape.length <= 20 else (0.0, "")


def _as_roles(shape: Shape) -> Score:
    return (1.05, "customer or seller") if shape.roles >= 0.5 else (0.0, "")


_BY_MEANING: dict[str, Callable[[Shape], Score]] = {
    "text": _as_text,
    "author_role": _as_roles,
    "minimum": _as_thresholds,
    "follow_up": _as_remarks,
    "comment": _as_remarks,
    "reason": _as_remarks,
    "stars": _as_stars,
    "email": _as_mails,
    "currency": _as_currencies,
}
