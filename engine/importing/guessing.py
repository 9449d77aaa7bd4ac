"""What the columns of an unknown file mean: from the words of its header in many languages, and from its values.

Every guess carries its confidence and its reason; nothing is loaded until the seller accepts it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from engine.importing import concepts
from engine.importing.cleaning import star_value, status_of
from engine.importing.headers import CURRENCIES, normal, stated_currency
from engine.importing.profiles import KINDS, Field, Profile, TableRule, Version, table_columns
from engine.importing.report import ColumnGuess

# Which stored table a family of meanings fills, and what it must at least have to be proposed.
FAMILIES: dict[str, tuple[str, tuple[tuple[str, ...], ...]]] = {
    "review": ("reviews", (("text",),)),
    "order": (
        "order_lines",
        (("order_id", "amount"), ("order_id", "quantity"), ("order_id", "unit_price"), ("order_id", "ordered_at"),
         ("order_id", "product_name"), ("ordered_at", "product_name"), ("ordered_at", "sku"), ("ordered_at", "amount")),
    ),
    "stock": ("stock", (("sku", "on_hand"), ("product_name", "on_hand"), ("sku", "available"), ("product_name", "available"))),
    "product": ("products", (("title", "price"), ("sku", "price"))),
    "returns": (
        "returns",
        (("order_id", "reason"), ("sku", "reason"), ("product_name", "reason"), ("order_id", "returned_at", "refund"),
         ("returned_at", "sku", "quantity")),
    ),
    "ads": ("ads", (("spend", "impressions"), ("spend", "clicks"))),
    "sessions": (
        "sessions",
        (("sessions", "day"), ("sessions", "page"), ("sessions", "channel"), ("sessions", "product_name"),
         ("sessions", "product_id")),
    ),
}  # fmt: skip
FLOOR = 0.5
_SAYS_ORDER = 0.8
_SHORT = 12
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NAMELESS = re.compile(r"column \d+")
_SIGN = rf"(?:{'|'.join(sorted(CURRENCIES))}|R\$|[A-Z]{{1,2}}\$|Rp|RM|kr|zł|Kč|Ft|lei|TL|руб|[^\w\s(-]{{1,2}})\.?"
_NUMBER = re.compile(rf"[(+-]?\s?(?:{_SIGN}\s?)?[(+-]?\d[\d.,’'\s]*[)-]?(?:\s?%|\s?{_SIGN})?[)-]?")


@dataclass(frozen=True)
class Proposal:
    """A proposed reading of an unknown table: its guesses and the profile that would load them (None when nothing fits)."""

    family: str | None
    columns: tuple[ColumnGuess, ...]
    confidence: float


@dataclass(frozen=True)
class _Meaning:
    """The names of a meaning: whole ones with their rank, and the combinations of concepts that say it."""

    exact: dict[str, int]
    of: tuple[tuple[str, ...], ...]


@cache
def _words() -> dict[str, dict[str, _Meaning]]:
    data = tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))
    return {
        family: {
            meaning: _Meaning(
                {normal(word): rank for rank, word in reversed(list(enumerate(lists["exact"])))},
                tuple(tuple(combination.split()) for combination in lists["of"]),
            )
            for meaning, lists in meanings.items()
        }
        for family, meanings in data.items()
    }


@cache
def meaning_words() -> frozenset[str]:
    """Every whole column name of the word list, as it is compared."""
    return frozenset(word for family in _words().values() for lists in family.values() for word in lists.exact)


@lru_cache(maxsize=50_000)
def header_score(name: str, family: str, meaning: str) -> tuple[float, str]:
    """How well a column name says a meaning, between 0 and 1, and why."""
    lists = _words()[family][meaning]
    for form in (normal(name), normal(_CAMEL.sub(" ", stated_currency(name)[0]))):
        if form in lists.exact:
            return 0.95 - 0.002 * min(lists.exact[form], 25), f"the name “{name.strip()}”"
    score = concepts.says(name, lists.of)
    return (score, f"the words in “{name.strip()}”") if score > 0 else (0.0, "")


@dataclass(frozen=True)
class _Shape:
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


_NOTHING = _Shape(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
_STATUSES = frozenset(("cancelled", "returned", "refunded", "delivered", "completed", "shipped", "pending", "paid"))
_LIKE_DATE = re.compile(r"(?=.*\b(?:19|20)\d\d\b)(?=.*\b[0-3]?\d\b)[^\W\d_]*[\d\w\s./:,+年月日-]{6,40}")


def _shape(values: Sequence[str]) -> _Shape:
    import polars as pl

    from engine.importing import dates

    filled = [value.strip() for value in values if value and value.strip()]
    n = len(filled)
    if not n:
        return _NOTHING
    numeric = [v for v in filled if _NUMBER.fullmatch(v)]
    whole = [v for v in filled if re.fullmatch(r"\d{1,6}(?:[.,]0+)?", v)]
    starred = [s for v in filled if len(v) <= 14 and (s := star_value(v)) is not None and 0 <= s <= 10]
    texts = pl.Series(filled)
    dated = max((dates.read(texts, order).is_not_null() for order in ("dmy", "mdy")), key=lambda read: int(read.sum()))
    is_date = dated & ~pl.Series([v.isdigit() and len(v) != 8 for v in filled])
    han = sum(len(re.findall(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]", v)) for v in filled)
    short = {v for v in filled if len(v) <= 24}
    known = {v for v in short if status_of(v) in _STATUSES}
    return _Shape(
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
    )


_NAMELIKE = (
    "product_name author customer courier city country status variant title reply campaign ad_group ad keyword channel page "
    "brand category description location"
)
_NAMES = frozenset(_NAMELIKE.split())


def value_score(shape: _Shape, meaning: str, rows: int) -> tuple[float, str]:
    """How far values look like a meaning: a factor on the header's word (0 forbids it), and what they look like."""
    if shape.filled == 0:
        return 0.8, "empty"
    kind = KINDS.get(meaning, "text")
    if meaning == "text":
        if shape.numeric > 0.5 or shape.dates > 0.5 or shape.letters < 0.5:
            return 0.0, ""
        return (
            (1.1, "sentences")
            if shape.words >= 6
            else (0.9, "short texts")
            if shape.words >= 2
            else (0.6, "single words")
        )
    if meaning in ("follow_up", "comment", "reason"):
        return (1.0, "texts") if shape.letters > 0.5 and shape.dates < 0.5 else (0.0, "")
    if meaning == "stars":
        return (1.1, "stars from 1 to 5") if shape.stars >= 0.9 else (0.0, "")
    if kind in ("moment", "day"):
        return (1.1, "dates") if shape.dates >= 0.9 else (0.7, "mostly dates") if shape.dates >= 0.6 else (0.0, "")
    if kind in ("money", "number"):
        if shape.numeric < 0.9 or shape.dates > 0.9 or shape.digits > 0.5:
            return 0.0, ""
        # Counts are whole; an amount may be.
        return (0.8, "broken numbers") if kind == "number" and shape.whole < 0.2 else (1.05, "numbers")
    if meaning == "email":
        return (1.1, "email addresses") if shape.mails >= 0.8 else (0.3, "")
    if meaning == "currency":
        return (1.05, "currency codes") if shape.currencies >= 0.8 else (0.7, "") if shape.length <= 4 else (0.0, "")
    if meaning in _NAMES:
        if shape.dates > 0.9 or (shape.letters < 0.2 and meaning not in ("customer", "author", "variant")):
            return 0.0, ""
        if meaning in ("product_name", "title") and shape.words > 60:
            return 0.4, "long texts"
        if meaning == "status" and shape.statuses >= 0.5:
            return 1.05, "states of an order"
        return (0.4, "email addresses") if shape.mails > 0.5 else (1.0, "names")
    if kind == "id":
        if shape.words > 3 or shape.dates > 0.9 or shape.mails > 0.5:
            return 0.3, ""
        return (
            (1.0, "codes") if meaning not in ("review_id",) or shape.distinct > 0.9 or rows < 5 else (0.4, "not unique")
        )
    if kind == "flag":
        return (1.0, "yes or no") if shape.distinct * rows <= 4 else (0.5, "")
    return 1.0, ""


# What values alone suggest when no word does. A name whose words are known is heard first.
_WORDS_OF_VALUES: dict[str, frozenset[str]] = {
    "text": frozenset({"text", "review", "description", "name"}),
    "stars": frozenset({"stars", "review"}),
    "written_at": frozenset({"date", "create", "review"}),
    "ordered_at": frozenset({"date", "create", "order", "sale"}),
    "email": frozenset({"email", "customer", "author", "order", "review", "sale"}),
}


def _value_only(name: str, shape: _Shape, meaning: str) -> tuple[float, str]:
    nameless = _NAMELESS.fullmatch(name) is not None
    if not nameless and any(
        not found & (_WORDS_OF_VALUES.get(meaning, frozenset()) | concepts.CONTEXT)
        for found in concepts.read(name).found
    ):
        return 0.0, ""
    if meaning == "text" and shape.words >= 5 and shape.distinct > 0.5 and shape.letters > 0.9:
        return (0.75, "long, differing texts") if shape.words >= 8 else (0.6, "differing sentences")
    if meaning == "stars" and shape.stars >= 0.99 and shape.whole > 0.9 and shape.distinct < 0.5:
        return 0.55, "numbers from 1 to 5"
    if meaning in ("written_at", "ordered_at") and shape.dates >= 0.95:
        return 0.6, "dates"
    if meaning == "email" and shape.mails >= 0.9:
        return 0.9, "email addresses"
    if meaning == "currency" and shape.currencies >= 0.95:
        return 0.75, "currency codes"
    if meaning == "status" and shape.statuses >= 0.9 and shape.distinct < 0.7:
        return 0.6, "states of an order"
    if (
        nameless
        and meaning == "product_name"
        and shape.letters > 0.95
        and 1 <= shape.words <= 8
        and shape.distinct < 0.95
    ):
        return 0.5, "repeated names"
    return 0.0, ""


def propose(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Proposal:
    """What each column means, as the family of meanings (reviews, orders, stock and others) that explains the table best.

    Args:
        header: column names.
        rows: sampled rows, as many cells each as the header where the file has them.
    """
    values = [[row[i] if i < len(row) else "" for row in rows] for i in range(len(header))]
    shapes = [_shape(column) for column in values]
    # Without a header only values speak: one column, or two of many, are no reading of a file.
    nameless = all(_NAMELESS.fullmatch(name) for name in header)
    ordered = any(header_score(name, "order", "order_id")[0] >= _SAYS_ORDER for name in header)
    best: tuple[float, str | None, dict[int, tuple[str, float, str]]] = 0.0, None, {}
    for family in FAMILIES:
        chosen = _assign(header, shapes, family, len(rows))
        meanings = {meaning for meaning, confidence, _ in chosen.values() if confidence >= FLOOR}
        if not any(meanings.issuperset(need) for need in FAMILIES[family][1]):
            continue
        if nameless and len(meanings) < max(2, len(header) / 3):
            continue
        weight = sum(c for _, c, _ in chosen.values() if c >= FLOOR)
        if not (ordered and family == "stock"):
            weight += _telling(family, meanings, chosen, shapes)
        if weight > best[0]:
            best = weight, family, chosen
    _, proposed, meant = best
    if proposed is None:
        meant = _assign(header, shapes, "review", len(rows))
    columns = []
    for i, name in enumerate(header):
        hit = meant.get(i)
        samples = tuple(list(dict.fromkeys(v.strip()[:80] for v in values[i] if v and v.strip()))[:3])
        if hit is None:
            columns.append(ColumnGuess(name, None, 0.0, "nothing known in its name or values", samples))
        else:
            columns.append(ColumnGuess(name, hit[0], min(1.0, hit[1]), hit[2], samples))
    used = [c.confidence for c in columns if c.meaning]
    return Proposal(proposed, tuple(columns), sum(used) / len(used) if used and proposed else 0.0)


def _telling(
    family: str, meanings: set[str], chosen: dict[int, tuple[str, float, str]], shapes: Sequence[_Shape]
) -> float:
    """What speaks for a family beyond the number of its columns: that which only such a file has."""
    if family == "review":
        # A review is told by its text: without long texts an order or a stock sheet explains the table better.
        return 2.0 if _reads_like_reviews(chosen, shapes) else 0.0
    if family == "stock":
        return 2.5 if meanings & {"location", "committed", "incoming"} else 0.0
    if family == "returns":
        return 2.0 if "reason" in meanings else 0.5
    if family == "ads":
        return 2.0
    return 0.0


def _reads_like_reviews(chosen: dict[int, tuple[str, float, str]], shapes: Sequence[_Shape]) -> bool:
    texts = [shapes[i] for i, (meaning, _, _) in chosen.items() if meaning == "text"]
    rated = any(meaning == "stars" for meaning, _, _ in chosen.values())
    return any(shape.words >= 6 or (rated and shape.words >= 2) or shape.filled == 0 for shape in texts)


def _assign(
    header: Sequence[str], shapes: Sequence[_Shape], family: str, rows: int
) -> dict[int, tuple[str, float, str]]:
    """Each meaning to its best column and each column to one meaning, the surest first."""
    candidates = []
    for i, name in enumerate(header):
        for order, meaning in enumerate(_words()[family]):
            said, why = header_score(name, family, meaning)
            factor, looks = value_score(shapes[i], meaning, rows)
            score, reason = said * factor, why + (f", {looks}" if why and looks else "")
            alone, looks_alone = _value_only(name, shapes[i], meaning)
            if alone > score and factor > 0:
                score, reason = alone, looks_alone
            if meaning == "text":
                score += min(0.04, shapes[i].words / 1000)
            if score > 0.3:
                candidates.append((score, -order, -i, meaning, reason))
    chosen: dict[int, tuple[str, float, str]] = {}
    taken: set[str] = set()
    for score, _, minus, meaning, reason in sorted(candidates, reverse=True):
        if meaning not in taken and -minus not in chosen:
            chosen[-minus] = meaning, min(score, 0.99), reason
            taken.add(meaning)
    if family == "product" and "title" not in taken:
        # Where nothing else names the product, its short description does.
        for i, (meaning, score, reason) in chosen.items():
            if meaning == "description" and shapes[i].words <= _SHORT:
                chosen[i] = "title", score, reason
    return chosen


def family_of(chosen: Sequence[str]) -> str | None:
    """The family that a seller's own mapping fills, or None when it is not enough for any."""
    wanted = set(chosen)
    for family, (table, needs) in FAMILIES.items():
        if any(wanted.issuperset(need) for need in needs) and wanted <= {*table_columns(table), *_words()[family]}:
            return family
    return None


_OF_A_LINE = ("product_id", "sku", "product_name", "quantity", "unit_price", "line_id", "variant")
_ADDED_UP = ("discount", "tax", "shipping", "refunded")


def profile_of(mapping: dict[str, str], family: str, header: Sequence[str]) -> Profile:
    """A profile that loads a file by a mapping of column name to meaning.

    A review without text is kept for its stars; where the file has no stars, the text is required.
    """
    # What a customer added later belongs to what was said.
    follow_up = next((column for column, meaning in mapping.items() if meaning == "follow_up"), None)
    mapping = {column: meaning for column, meaning in mapping.items() if meaning != "follow_up"}
    required = {"order_id"} if "stars" in mapping.values() else {"order_id", "text"}
    fields = {meaning: Field([column], required=meaning in required) for column, meaning in mapping.items()}
    if follow_up is not None and "text" in fields:
        fields["text"] = Field([*fields["text"].names, follow_up], required="text" in required, join="\n")
    table = FAMILIES[family][0]
    if family == "order":
        tables = _order_tables(fields)
        group = ["order_id"] if "order_id" in fields else []
    elif family == "product":
        tables, group = _product_tables(fields), []
    else:
        tables = {table: TableRule(columns=[m for m in fields if m in table_columns(table)])}
        group = []
    version = [Version([name for name in header if name.strip()])]
    by_unit = family == "order" and "unit_price" in fields and not {"quantity", "amount"} & set(fields)
    notes = ["No column says how many: each row was counted as one unit."] if by_unit else []
    report = "orders" if family == "order" else table
    return Profile("file", report, report, fields, tables, version, name="mapping", group=group, notes=notes)


def _product_tables(fields: dict[str, Field]) -> dict[str, TableRule]:
    """A product per row; a variant as well where rows have what only variants have."""
    tables = {}
    if "title" in fields:
        key = ["product_id"] if "product_id" in fields else ["title"]
        tables["products"] = TableRule(columns=[m for m in fields if m in table_columns("products")], key=key)
    if {"sku", "stock", "barcode"} & set(fields):
        key = ["sku"] if "sku" in fields else []
        columns = [m for m in fields if m in table_columns("variants") and m != "title"]
        tables["variants"] = TableRule(columns=columns, key=key)
    return tables


def _order_tables(fields: dict[str, Field]) -> dict[str, TableRule]:
    """Order lines where rows name a product or a count, and orders where they name an order."""
    amount = "amount" if "amount" in fields else None
    if amount is None and {"quantity", "unit_price"} <= set(fields):
        amount = "quantity * unit_price" + (" - coalesce(discount, 0)" if "discount" in fields else "")
    tables = {}
    if any(meaning in fields for meaning in _OF_A_LINE) or "order_id" not in fields:
        columns = [m for m in fields if m in table_columns("order_lines")]
        setting = {} if amount in (None, "amount") else {"amount": str(amount)}
        if "unit_price" in fields and not {"quantity", "amount"} & set(fields):
            # A file of order items without a count has one row per unit; the report says so.
            setting = {"quantity": "CASE WHEN unit_price IS NOT NULL THEN 1.0 END", "amount": "unit_price"}
            amount = "unit_price"
        tables["order_lines"] = TableRule(columns=columns, set=setting)
    if "order_id" in fields:
        columns = [m for m in fields if m in table_columns("orders") and m not in (*_ADDED_UP, "amount")]
        # A discount that its lines carry is counted there.
        sums = {m: m for m in _ADDED_UP if m in fields and not (tables and m == "discount")}
        if amount:
            sums["subtotal" if tables else "total"] = amount
        tables["orders"] = TableRule(columns=columns, sum=sums, one_per=["order_id"])
    return tables
