"""From a question to what it asks: measure, filters, split, order. A reading is shown in words beside its query."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from engine.knowledge import slots
from engine.knowledge.lexicon import Dimension, Measure, lexicon
from engine.knowledge.slots import Names, Period

Span = tuple[int, int]


@dataclass(frozen=True)
class Reading:
    """One way to understand a question.

    Attributes:
        split: by what figures are split. listed: rows are wanted, not a figure.
        products, platforms, couriers, currency, period, stars, sentiment, language, topic: filters, where they are said.
        threshold: (operator, number) for what is listed. descending: order, None for the natural one. limit: rows.
        unread: words of the question that nothing was made of.
    """

    measure: Measure
    split: Dimension | None = None
    listed: bool = False
    products: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    couriers: tuple[str, ...] = ()
    currency: str | None = None
    period: Period | None = None
    stars: tuple[str, float] | None = None
    language: str | None = None
    topic: tuple[str, ...] = ()
    threshold: tuple[str, float] | None = None
    descending: bool | None = None
    limit: int | None = None
    unread: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Refusal:
    """Why a question cannot be answered here: what it asks for that no file says, and which file would."""

    what: str
    file: str
    file_zh: str


_LIST = re.compile(
    r"\b(?:show|list|give me|find|read|see|display)\b|newest|latest|most recent|oldest|给我看|看看|列出|列一下|找出|有哪些|显示|"
    r"最新的?(?:评价|评论)"
)
_COUNT = re.compile(
    r"how many|how much|number of|count|share|average|avg|mean|total|多少|几(?:个|条|件|单)|总共|一共|占比|平均|数量"
)
_BEST = re.compile(
    r"\b(?:most|highest|best|top|largest|biggest|more|greatest|max(?:imum)?)\b|最(?:多|高|好|大|畅销|热|受欢迎|贵)|排名?前|"
    r"前[一二三四五六七八九十\d]+"
)
_WORST = re.compile(
    r"\b(?:least|lowest|worst|fewest|smallest|slowest|min(?:imum)?|bottom|poorest)\b|最(?:少|低|差|小|慢|便宜|滞销)|倒数|滞销"
)
_STARS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5}
_NUMBER_OF_STARS = re.compile(r"\b([1-5]|one|two|three|four|five)[ -]?stars?\b|([1-5一二两三四五])(?:颗)?星(?!级|期)")
_THRESHOLD = re.compile(
    r"(?:under|below|less than|fewer than|at most)\s*(\d+)|(?:不到|少于|低于|不足|小于)\s*(\d+)|"
    r"(?:over|above|more than|at least)\s*(\d+)|(?:超过|多于|高于|大于)\s*(\d+)"
)
_TOP = re.compile(
    r"\b(?:top|first|best|worst|bottom) (\d+)\b|(?:前|最\S{1,2}的)\s*(\d+|[一二两三四五六七八九十])(?:个|款|名|条|件)?|"
    r"(\d+|[一二两三四五六七八九十])(?:个|款)(?:商品|产品|宝贝)"
)
_ABOUT = re.compile(
    r"\b(?:about|mention(?:s|ing|ed)?|saying|say|regarding|concerning|related to|that (?:talk|speak) of) "
    r"(?:the |a |an |its )?([a-z][a-z'-]+(?: [a-z][a-z'-]+)?)"
)
_ABOUT_ZH = re.compile(r"(?:关于|提到|说到|说|讲|反映|抱怨)([\u3400-\u9fff]{2,6}?)(?:的|了|有|$|[，,？?])")
_QUOTED = re.compile(r"[\"“”'‘’「]([^\"“”'‘’」]{2,30})[\"“”'‘’」]")
_STOP = frozenset([
    "a", "an", "the", "of", "for", "in", "on", "at", "by", "to", "with", "from", "and", "or", "is", "are", "was",
    "were", "be", "been", "do", "does", "did", "have", "has", "had", "got", "get", "gets", "we", "i", "my", "our",
    "us", "me", "you", "your", "it", "its", "they", "them", "their", "this", "that", "these", "those", "there",
    "what", "which", "who", "whom", "how", "many", "much", "when", "where", "why", "can", "could", "will", "would",
    "should", "please", "tell", "show", "list", "give", "find", "see", "now", "so", "far", "all", "any", "each",
    "per", "than", "as", "if", "not", "no", "yes", "more", "most", "least", "best", "worst", "top", "highest",
    "lowest", "many", "number", "total", "sum", "average", "avg", "mean", "over", "since", "during", "between",
    "until", "first", "last", "new", "newest", "latest", "up", "down", "out", "about", "only", "still", "left",
    "pieces", "piece", "units", "unit", "items", "item", "products", "product", "ones", "one", "shop", "store",
    "people", "customers", "customer", "buyers", "say", "says", "said", "received", "receive", "come", "came", "go",
    "went", "make", "made", "time", "times", "ever", "amount", "value", "overall", "altogether", "currently",
    "right", "today", "year", "month", "week", "day", "through", "run", "running", "low", "high", "bring",
    "brought", "sort", "sorted", "order", "ordered", "compare", "compared", "versus", "vs", "same", "different",
    "often", "again", "back", "send", "sent", "into", "just", "really", "leave", "leaves", "gave", "given", "s",
])  # fmt: skip
_STOP_ZH = re.compile(
    r"的|了|吗|呢|啊|吧|我|们|你|店|里|是|有|在|和|跟|与|或|请|帮|给|看|一下|一共|总共|总|共|多少|几|个|条|件|单|款|只|哪|些|什么|怎么样?|"
    r"各|每|最|多|少|高|低|好|差|大|小|前|后|到|从|按|被|都|还|剩|卖|出|买|商品|产品|宝贝|平台|评价|评论|占|比|率|钱|数|量|年|月|日|天|周|上|下|这|今|去|"
    r"列|找|显示|情况|分别|目前|现在|全部|所有|时候|得|过|要|想|知道|查|统计|为|因|会|能|可以|把|对|于|人|客户|顾客|买家|分"
)


class _Reader:
    """One question being read; `left` is what nothing was made of yet, matched stretches blanked out."""

    def __init__(self, question: str, names: Names, today: date) -> None:
        self.text = slots.plain(question)
        self.left = self.text
        self.names, self.today = names, today

    def take(self, *spans: Span) -> None:
        for start, end in spans:
            self.left = self.left[:start] + " " * (end - start) + self.left[end:]

    def search(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.search(self.left)
        if match:
            self.take(match.span())
        return match


def read(question: str, names: Names, today: date) -> Reading | Refusal | None:
    """What a question asks; None when no measure is recognised in it.

    Args:
        names: of the shop. today: what "last month" is counted from.
    """
    reader = _Reader(question, names, today)
    products, spans = slots.products_in(reader.text, names)
    reader.take(*spans)
    for unknown in lexicon().unknown:
        if any(pattern.search(reader.left) for pattern in unknown.patterns):
            return Refusal(unknown.name, unknown.file, unknown.file_zh)
    couriers = slots.couriers_in(reader.text, names)
    period, period_spans = slots.period_in(reader.text, today)
    currencies = slots.currencies_in(reader.left)
    platforms = slots.platforms_in(reader.left, names)
    measure, matched = _measure(reader.left)
    if measure is None:
        return None
    split, limit_one, split_spans = _split(reader.text, measure)
    if split is None and len(platforms) > 1:
        split = next(d for d in lexicon().dimensions if d.name == "platform")
    reader.take(*(span for _, span in [*couriers, *currencies, *platforms]), *period_spans)
    listed = bool(_LIST.search(reader.left)) and not _COUNT.search(reader.left) and split is None
    listed = (listed or measure.listing is not None) and measure.view in (
        "v_reviews",
        "v_stock",
        "v_messages",
        "v_returns",
    )
    found = Reading(
        measure,
        split,
        listed,
        tuple(products),
        tuple(name for name, _ in platforms),
        tuple(name for name, _ in couriers),
        currencies[0][0] if currencies else None,
        period,
    )
    found = _numbers(reader, found)
    top = reader.search(_TOP)
    reader.take(*matched, *split_spans)
    found = _ordered(reader, found, top, one=limit_one)
    found = _about(reader, found)
    return replace(found, unread=tuple(_unread(reader.left)))


def _measure(text: str) -> tuple[Measure | None, list[Span]]:
    """The heaviest measure whose words stand in the text, the longest match among equals, and the places of all its words."""
    best: tuple[int, int, str] | None = None
    for name, measure in lexicon().measures.items():
        spans = [m.span() for pattern in measure.patterns for m in pattern.finditer(text)]
        if spans:
            key = (measure.weight, max(end - start for start, end in spans), name)
            best = max(best, key) if best else key
    if best is None:
        return None, []
    every = [m.span() for one in lexicon().measures.values() for p in one.patterns for m in p.finditer(text)]
    return lexicon().measures[best[2]], every


def _split(text: str, measure: Measure) -> tuple[Dimension | None, bool, list[Span]]:
    """By what the figures are split, whether its best member alone is asked for, and where that is said."""
    for dimension in lexicon().dimensions:
        for asked, patterns in ((True, dimension.asks), (False, dimension.patterns)):
            for pattern in patterns:
                match = pattern.search(text)
                if match:
                    plural = match.group().rstrip().endswith("s") or "些" in match.group() or "几" in match.group()
                    return dimension, asked and not plural, [match.span()]
    if measure.by:
        return next(d for d in lexicon().dimensions if d.name == measure.by), False, []
    return None, False, []


def _numbers(reader: _Reader, found: Reading) -> Reading:
    """Stars, thresholds and languages."""
    if found.measure.view == "v_reviews":
        if match := reader.search(_NUMBER_OF_STARS):
            word = match.group(1) or match.group(2)
            found = replace(found, stars=("=", float(_STARS.get(word, 0) or int(word))))
        if found.split is None or found.split.name != "language":
            for language, words in (("en", r"\benglish\b|英文|英语"), ("zh", r"\bchinese\b|中文|汉语")):
                if reader.search(re.compile(words)):
                    found = replace(found, language=language)
    if match := reader.search(_THRESHOLD):
        below = match.group(1) or match.group(2)
        found = replace(
            found, threshold=("<", float(below)) if below else (">", float(match.group(3) or match.group(4)))
        )
    return found


_SEVERAL = re.compile(
    r"\b(?:products|items|articles|things|sellers|couriers|platforms|cities|countries|variants)\b|哪些|哪几"
)


def _ordered(reader: _Reader, found: Reading, top: re.Match[str] | None, *, one: bool) -> Reading:
    """Order and number of rows; `top` is where a number of them is named, `one` whether the best alone is asked for."""
    worst, best = bool(_WORST.search(reader.text)), bool(_BEST.search(reader.text))
    complaining = found.measure.name in (
        "negative_reviews",
        "negative_share",
        "returns",
        "return_rate",
        "cancelled_orders",
    )
    descending = None
    if worst or best or top:
        descending = best or not worst
        if worst and complaining and not re.search(r"least|fewest|lowest|最少|最低", reader.text):
            descending = True
        if worst and not complaining:
            descending = False
    elif one:
        descending = True
    limit = None
    if top:
        word = next(g for g in top.groups() if g)
        limit = int(word) if word.isdigit() else slots.ZH_NUMBERS[word]
    elif found.split is not None and (one or descending is not None) and found.split.name != "year":
        limit = 5 if not one and _SEVERAL.search(reader.text) else 1
    if found.split is None:
        limit, descending = (limit, descending) if found.listed else (None, None)
    elif found.split.name in ("month", "year", "day") and not one and not top:
        limit, descending = None, None
    reader.search(_BEST)
    reader.search(_WORST)
    return replace(found, descending=descending, limit=limit)


def _about(reader: _Reader, found: Reading) -> Reading:
    """What reviews or messages must speak of."""
    if found.measure.view not in ("v_reviews", "v_messages", "v_returns"):
        return found
    for pattern in (_QUOTED, _ABOUT, _ABOUT_ZH):
        if match := reader.search(pattern):
            words = [w for w in match.group(1).split() if w not in _STOP]
            if words:
                return replace(found, topic=tuple(stem(w) for w in words[:2]))
    return found


def stem(word: str) -> str:
    """An English word without its commonest endings, so that "leaking" finds "leaks"; others as they are."""
    if not word.isascii():
        return word
    for ending in ("ing", "ies", "ed", "es", "s"):
        bare = word.removesuffix(ending)
        if bare != word and len(bare) >= 3:
            return bare[:-1] if len(bare) > 4 and bare[-1] == bare[-2] and bare[-1] not in "ls" else bare
    return word


def _unread(left: str) -> Iterator[str]:
    """Words and runs of Chinese characters that carry meaning and were not understood."""
    for word in re.findall(r"[a-z][a-z'-]{2,}", left):
        if word.removesuffix("'s") not in _STOP:
            yield word
    for run in re.findall(r"[\u3400-\u9fff]{2,}", left):
        for rest in re.split(_STOP_ZH, run):
            if len(rest) >= 2:
                yield rest


def alternatives(reading: Reading) -> Sequence[Reading]:
    """The same question with the measures that it might mean instead, at most two."""
    found = []
    for name in reading.measure.others:
        other = lexicon().measures[name]
        split = reading.split
        if split is not None and other.view not in split.views:
            continue
        found.append(replace(reading, measure=other, listed=reading.listed and other.view == reading.measure.view))
    return found[:2]
