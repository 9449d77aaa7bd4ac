"""What a question names: products, platforms, couriers, periods, stars, numbers, words to look for.

Names come from the shop itself, so that only what it knows is understood; periods are counted from a given day.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.store.database import Store


@dataclass(frozen=True)
class Period:
    """Days from `first` to `last`, both included; ISO text."""

    first: str
    last: str


@dataclass(frozen=True)
class Names:
    """What the shop can be asked about by name.

    Attributes:
        products: key to name. platforms, couriers: as stored.
    """

    products: dict[str, str]
    platforms: tuple[str, ...]
    couriers: tuple[str, ...]
    currencies: tuple[str, ...]


def names_of(store: Store) -> Names:
    """The names a shop holds."""

    def distinct(column: str, *views: str) -> tuple[str, ...]:
        union = " UNION ".join(f"SELECT {column} AS it FROM {view}" for view in views)
        return tuple(
            str(row["it"])
            for row in store.rows(f"SELECT it FROM ({union}) WHERE it IS NOT NULL AND it != '' ORDER BY it")
        )

    return Names(
        {
            str(r["product"]): str(r["name"])
            for r in store.rows("SELECT product, name FROM product_keys ORDER BY product")
        },
        distinct("platform", "reviews", "order_lines", "orders", "returns", "stock", "fees", "ads"),
        distinct("courier", "reviews", "orders"),
        distinct("currency", "order_lines", "orders"),
    )


def plain(text: str) -> str:
    """A question for matching: full-width forms as half-width, lower case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


# -- products

_HAN = re.compile(r"[\u3400-\u9fff]+")
_LATIN = re.compile(r"[a-z][a-z0-9'-]+")
_PLAIN_WORDS = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "for",
        "and",
        "or",
        "with",
        "to",
        "in",
        "on",
        "by",
        "my",
        "our",
        "all",
        "new",
        "set",
        "pack",
        "piece",
        "size",
        "color",
        "colour",
        "review",
        "reviews",
        "order",
        "orders",
        "sale",
        "sales",
        "stock",
        "item",
        "items",
        "product",
        "products",
        "return",
        "returns",
        "month",
        "year",
        "week",
        "day",
        "star",
        "stars",
        "shop",
        "price",
    ]
)


def products_in(question: str, names: Names) -> tuple[list[str], list[tuple[int, int]]]:
    """The products a question names, best first, and the places of the words that name them.

    A word or a run of Chinese characters counts as much as it is rare among the shop's product names; what all of them share
    (the brand) names none.
    """
    spans: list[tuple[int, int]] = []
    scores: dict[str, float] = defaultdict(float)
    forms = {key: plain(name) for key, name in names.products.items()}
    words = Counter(word for form in forms.values() for word in set(_LATIN.findall(form)))
    for match in _LATIN.finditer(question):
        word = match.group().removesuffix("'s")
        options = [
            w for w in (word, word.removesuffix("s"), word.removesuffix("es")) if w in words and w not in _PLAIN_WORDS
        ]
        if not options:
            continue
        own = [key for key, form in forms.items() if options[0] in _LATIN.findall(form)]
        if len(own) * 2 <= max(2, len(forms)):
            spans.append(match.span())
            for key in own:
                # The last word of an English name is the thing itself.
                last = _LATIN.findall(forms[key])[-1:] == [options[0]]
                scores[key] += 1 / len(own) + (0.2 if last else 0.0)
    for run in _HAN.finditer(question):
        _score_chinese(run.group(), run.start(), forms, scores, spans)
    if not scores:
        return [], []
    best = max(scores.values())
    return sorted((key for key, score in scores.items() if score >= best - 1e-9)), spans


def _score_chinese(
    run: str, offset: int, forms: dict[str, str], scores: dict[str, float], spans: list[tuple[int, int]]
) -> None:
    """Add what the longest runs of characters that few names hold say; three characters say more than two."""
    at = 0
    while at < len(run) - 1:
        for size in range(min(12, len(run) - at), 1, -1):
            part = run[at : at + size]
            own = [key for key, form in forms.items() if part in form]
            if own and len(own) * 4 <= max(4, len(forms)):
                spans.append((offset + at, offset + at + size))
                for key in own:
                    scores[key] += size / len(own)
                at += size - 1
                break
        at += 1


# -- platforms, couriers, currencies

_PLATFORM_WORDS = {
    "amazon": ("amazon", "亚马逊"), "shopify": ("shopify", "独立站", "web shop", "webshop", "own site"),
    "taobao": ("taobao", "淘宝", "天猫", "tmall"), "etsy": ("etsy",), "ebay": ("ebay",), "judgeme": ("judge.me", "judgeme"),
    "loox": ("loox",), "jd": ("jd.com", "京东"), "pinduoduo": ("pinduoduo", "拼多多"), "douyin": ("douyin", "抖音"),
    "walmart": ("walmart", "沃尔玛"), "woocommerce": ("woocommerce", "woo"), "tiktok": ("tiktok",), "shopee": ("shopee", "虾皮"),
}  # fmt: skip
_CURRENCY_WORDS = {
    "USD": ("dollar", "usd", "us$", "美元", "美金"), "CNY": ("yuan", "rmb", "cny", "人民币"), "EUR": ("euro", "eur", "欧元"),
    "GBP": ("pound", "gbp", "英镑"), "JPY": ("yen", "jpy", "日元"), "AUD": ("aud", "australian dollar"), "CAD": ("cad", "加元"),
}  # fmt: skip


def _found(question: str, words: Iterable[str]) -> tuple[int, int] | None:
    for word in words:
        bounded = rf"(?<![a-z]){re.escape(word)}(?:s)?(?![a-z])" if word.isascii() else re.escape(word)
        if match := re.search(bounded, question):
            return match.span()
    return None


def named(question: str, table: dict[str, tuple[str, ...]]) -> list[tuple[str, tuple[int, int]]]:
    """The keys whose words stand in the question, with the places."""
    return [(key, span) for key, words in table.items() if (span := _found(question, words))]


def platforms_in(question: str, names: Names) -> list[tuple[str, tuple[int, int]]]:
    """Platforms that the question names, also those that the shop has nothing of."""
    own = {name: (name.lower(),) for name in names.platforms}
    return named(question, {**own, **_PLATFORM_WORDS})


def currencies_in(question: str) -> list[tuple[str, tuple[int, int]]]:
    """Currencies that the question names, as ISO codes."""
    return named(question, _CURRENCY_WORDS)


def couriers_in(question: str, names: Names) -> list[tuple[str, tuple[int, int]]]:
    """Couriers of the shop that the question names."""
    platforms = {word for words in _PLATFORM_WORDS.values() for word in words}
    own = (name for name in names.couriers if plain(name) not in platforms)
    return [(name, span) for name in own if (span := _found(question, (plain(name),)))]


# -- periods

_MONTHS = {
    name: number
    for number, several in enumerate(
        ("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
         "september sept sep", "october oct", "november nov", "december dec"), 1
    )
    for name in several.split()
}  # fmt: skip
_ZH_MONTHS = {
    "十二": 12,
    "十一": 11,
    "十": 10,
    "一": 1,
    "二": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_MONTH = "(?:" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")(?![a-z])"
_ZH_MONTH = "(?:1[0-2]|[1-9]|十二|十一|十|[一二三四五六七八九])"
ZH_NUMBERS = {"一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}


def _month_end(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _month_number(word: str) -> int:
    return _MONTHS.get(word) or _ZH_MONTHS.get(word) or int(word)


def _years(month: int, today: date, year: str | None) -> int:
    """The year of a month: as named, else the last one in which it has begun."""
    if year:
        return int(year)
    return today.year if month <= today.month else today.year - 1


def period_in(question: str, today: date) -> tuple[Period | None, list[tuple[int, int]]]:
    """The period a question speaks of, and where it is said."""
    for finder in (_relative, _between_months, _since, _one_month, _one_year):
        if found := finder(question, today):
            return found[0], [found[1]]
    return None, []


_Found = tuple[Period, tuple[int, int]]


def _relative(question: str, today: date) -> _Found | None:
    first = today.replace(day=1)
    last_month = first - timedelta(days=1)
    monday = today - timedelta(days=today.weekday())
    fixed: list[tuple[str, date, date]] = [
        (r"last month|上个?月", last_month.replace(day=1), last_month),
        (r"this month|(?:这|本)个?月", first, today),
        (r"last week|上(?:个)?(?:周|星期)", monday - timedelta(days=7), monday - timedelta(days=1)),
        (r"this week|(?:这|本)(?:周|星期)", monday, today),
        (r"yesterday|昨天", today - timedelta(days=1), today - timedelta(days=1)),
        (r"\btoday\b|今天", today, today),
        (r"this year so far|year to date|今年以来", date(today.year, 1, 1), today),
    ]
    both_years = re.search(r"this year.{0,30}last|last year.{0,30}this|今年.{0,6}去年|去年.{0,6}今年", question)
    if both_years:
        return Period(f"{today.year - 1}-01-01", f"{today.year}-12-31"), both_years.span()
    for pattern, begin, end in fixed:
        if match := re.search(pattern, question):
            return Period(begin.isoformat(), end.isoformat()), match.span()
    counted = re.search(
        r"(?:last|past|previous) (\d+) (day|week|month)s?|(?:最近|过去|近)(\d+|[一两二三四五六七八九十])个?(天|周|星期|月)",
        question,
    )
    if counted:
        number = counted.group(1) or counted.group(3)
        size = int(number) if number.isdigit() else ZH_NUMBERS[number]
        unit = {"day": 1, "天": 1, "week": 7, "周": 7, "星期": 7, "month": 30, "月": 30}[
            counted.group(2) or counted.group(4)
        ]
        return Period((today - timedelta(days=size * unit)).isoformat(), today.isoformat()), counted.span()
    return None


def _between_months(question: str, today: date) -> _Found | None:
    match = re.search(
        rf"({_MONTH})(?: (20\d\d))? ?(?:to|till|until|through|thru|-|–|and) ?({_MONTH})(?: (20\d\d))?", question
    )
    match = match or re.search(
        rf"(?:(20\d\d)年)?({_ZH_MONTH})月?(?:份)?(?:到|至|-|~|—)(?:(20\d\d)年)?({_ZH_MONTH})月", question
    )
    if not match:
        return None
    parts = match.groups()
    chinese = match.re.pattern.startswith("(?:(20")
    start, end = (parts[1], parts[3]) if chinese else (parts[0], parts[2])
    year = (parts[0] or parts[2]) if chinese else (parts[1] or parts[3])
    first, last = _month_number(str(start)), _month_number(str(end))
    final = _years(last, today, year)
    begin = final if first <= last else final - 1
    return Period(f"{begin}-{first:02d}-01", _month_end(final, last).isoformat()), match.span()


def _since(question: str, today: date) -> _Found | None:
    match = re.search(
        rf"(?:since|from|after|starting(?: in)?) (?:the (?:start|beginning) of )?({_MONTH})(?: (20\d\d))?", question
    )
    if match:
        month = _month_number(match.group(1))
        year = _years(month, today, match.group(2))
        month, year = (month, year) if not match.group().startswith("after") else (month % 12 + 1, year + month // 12)
        return Period(f"{year}-{month:02d}-01", today.isoformat()), match.span()
    match = re.search(
        rf"(?:自|从)?(?:(20\d\d)年)?({_ZH_MONTH})月(?:份)?(?:以来|以后|之后|起|至今|到现在|开始)", question
    )
    if match:
        month = _month_number(match.group(2))
        return Period(f"{_years(month, today, match.group(1))}-{month:02d}-01", today.isoformat()), match.span()
    match = re.search(r"since (20\d\d)-?(\d\d)?-?(\d\d)?", question)
    if match:
        year_, month_, day_ = match.groups()
        return Period(f"{year_}-{month_ or '01'}-{day_ or '01'}", today.isoformat()), match.span()
    return None


def _one_month(question: str, today: date) -> _Found | None:
    match = re.search(rf"(?<![a-z])({_MONTH})(?:,? (20\d\d))?", question)
    if match and not (match.group(1) == "may" and not re.search(r"(?:in|during|for|of|last|since) may", question)):
        month = _month_number(match.group(1))
        year = _years(month, today, match.group(2))
        return Period(f"{year}-{month:02d}-01", _month_end(year, month).isoformat()), match.span()
    match = re.search(rf"(?:(20\d\d)年|(去年|今年))?({_ZH_MONTH})月(?:份)?", question) or re.search(
        r"(20\d\d)-(\d\d)(?!-?\d)", question
    )
    if not match:
        return None
    if len(match.groups()) == 2:
        year, month = int(match.group(1)), int(match.group(2))
    else:
        month = _month_number(match.group(3))
        named_year = {"去年": str(today.year - 1), "今年": str(today.year)}.get(match.group(2) or "", match.group(1))
        year = _years(month, today, named_year)
    return Period(f"{year}-{month:02d}-01", _month_end(year, month).isoformat()), match.span()


def _one_year(question: str, today: date) -> _Found | None:
    for pattern, year in ((r"this year|今年", today.year), (r"last year|去年", today.year - 1)):
        if match := re.search(pattern, question):
            return Period(f"{year}-01-01", f"{year}-12-31"), match.span()
    if match := re.search(r"(?<![\d-])(20\d\d)(?:年)?(?![\d-])", question):
        return Period(f"{match.group(1)}-01-01", f"{match.group(1)}-12-31"), match.span()
    return None
