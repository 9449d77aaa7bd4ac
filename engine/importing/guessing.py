"""What the columns of an unknown file mean: from the words of its header in many languages, and from its values.

Every guess carries its confidence and its reason; nothing is loaded until the seller accepts it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.importing import concepts
from engine.importing.report import ColumnGuess
from engine.importing.shapes import Shape, shape_of, value_score
from engine.importing.words import header_score, words

# Which stored table a family of meanings fills, and what it must at least have to be proposed.
FAMILIES: dict[str, tuple[str, tuple[tuple[str, ...], ...]]] = {
    "review": ("reviews", (("text",),)),
    "order": (
        "order_lines",
        (("order_id", "amount"), ("order_id", "quantity"), ("order_id", "unit_price"), ("order_id", "ordered_at"),
         ("order_id", "product_name"), ("ordered_at", "product_name"), ("ordered_at", "sku"), ("ordered_at", "amount")),
    ),
    "stock": ("stock", (("sku", "on_hand"), ("product_name", "on_hand"), ("sku", "available"), ("product_name", "available"),
              ("sku", "place"), ("product_name", "place"))),
    "product": ("products", (("title", "price"), ("sku", "price"))),
    "returns": (
        "returns",
        (("order_id", "reason"), ("sku", "reason"), ("product_name", "reason"), ("order_id", "returned_at", "refund"),
         ("returned_at", "sku", "quantity")),
    ),
    "ads": ("ads", (("spend", "impressions"), ("spend", "clicks"))),
    "message": (
        "messages",
        (("text", "thread_id"), ("text", "author_role"), ("text", "from_agent"), ("text", "author", "sent_at"),
         ("text", "author"), ("text", "subject", "sent_at"), ("text", "subject", "status"), ("text", "message_id", "sent_at")),
    ),
    "article": ("articles", (("question", "text"), ("title", "text"), ("article_id", "kind", "text"))),
    "purchase": (
        "purchase_orders",
        (("supplier", "quantity"), ("supplier", "unit_cost"), ("supplier", "amount"), ("po_id", "amount"), ("po_id", "quantity"),
         ("po_id", "unit_cost")),
    ),
    "supplier": (
        "suppliers",
        (("supplier", "lead_days"), ("sku", "lead_days"), ("supplier", "moq"), ("supplier", "terms"), ("supplier", "email"),
         ("supplier", "sku", "unit_cost"), ("supplier", "product_name", "unit_cost")),
    ),
    "coupon": (
        "coupons",
        (("code",), ("name", "value", "kind"), ("name", "value", "starts"), ("name", "redemptions"), ("name", "spent"),
         ("name", "issued"), ("coupon_id", "value")),
    ),
    "movement": ("stock_movements", (("sku", "quantity", "day"), ("product_name", "quantity", "day"))),
    "rate": ("rates", (("currency", "to_currency", "rate"),)),
    "sessions": (
        "sessions",
        (("sessions", "day"), ("sessions", "page"), ("sessions", "channel"), ("sessions", "product_name"),
         ("sessions", "product_id")),
    ),
}  # fmt: skip
FLOOR = 0.5
Chosen = dict[int, tuple[str, float, str]]
"""Position of a column to its meaning, how sure that is, and why."""
_SAYS_ORDER = 0.8
_SHORT = 12
_ADDED_LATER = 0.5
_NAMELESS = re.compile(r"column \d+")


@dataclass(frozen=True)
class Proposal:
    """A proposed reading of an unknown table: its guesses and the profile that would load them (None when nothing fits)."""

    family: str | None
    columns: tuple[ColumnGuess, ...]
    confidence: float


# What values alone suggest when no word does. A name whose words are known is heard first.
_WORDS_OF_VALUES: dict[str, frozenset[str]] = {
    "text": frozenset({"text", "review", "description", "name"}),
    "stars": frozenset({"stars", "review"}),
    "written_at": frozenset({"date", "create", "review"}),
    "ordered_at": frozenset({"date", "create", "order", "sale"}),
    "variant": frozenset({"sku", "variant", "name"}),
    "email": frozenset({"email", "customer", "author", "order", "review", "sale"}),
}


def _value_only(name: str, shape: Shape, meaning: str) -> tuple[float, str]:
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
    if meaning == "variant" and shape.pairs > 0.8 and not nameless:
        return 0.8, "options with their names"
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
    shapes = [shape_of(column) for column in values]
    family, meant = _likeliest(header, shapes, len(rows))
    if family in (None, "product"):
        family, meant = _by_place(header, shapes, family, meant)
    if family is None:
        meant = _assign(header, shapes, "review", len(rows))
    columns = tuple(_guess(name, values[i], meant.get(i)) for i, name in enumerate(header))
    used = [c.confidence for c in columns if c.meaning]
    return Proposal(family, columns, sum(used) / len(used) if used and family else 0.0)


def _likeliest(header: Sequence[str], shapes: Sequence[Shape], rows: int) -> tuple[str | None, Chosen]:
    """The family whose meanings explain the table best, with the column of each; None when none has what it needs."""
    # Without a header only values speak: one column, or two of many, are no reading of a file.
    nameless = all(_NAMELESS.fullmatch(name) for name in header)
    ordered = any(header_score(name, "order", "order_id")[0] >= _SAYS_ORDER for name in header)
    best: tuple[float, str | None, Chosen] = 0.0, None, {}
    for family in FAMILIES:
        chosen = _assign(header, shapes, family, rows)
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
    return best[1], best[2]


# What names of columns hold that speak of one warehouse each.
_A_PLACE = re.compile(
    r"[仓库店]|warehouse|store\b|shop\b|location|depot|lager|filiale|entrep[oô]t|magazzino|almac[eé]n|склад",
    re.IGNORECASE,
)
_A_SUM = re.compile(r"合计|总|total|sum|gesamt|全部|all\b", re.IGNORECASE)


def _by_place(
    header: Sequence[str], shapes: Sequence[Shape], family: str | None, meant: Chosen
) -> tuple[str | None, Chosen]:
    """A stock sheet with one column per place: counts under names of warehouses beside what names the product."""
    named = {meaning for meaning, confidence, _ in meant.values() if confidence >= FLOOR}
    if family == "product" and named & {"stock"}:
        return family, meant
    counts = [i for i, shape in enumerate(shapes) if shape.whole + (1 - shape.filled) > 0.9 and i not in meant]
    places = [i for i in counts if _A_PLACE.search(header[i]) and not _A_SUM.search(header[i])]
    stock = _assign(header, shapes, "stock", 1)
    known = {i: hit for i, hit in stock.items() if hit[0] in ("sku", "product_id", "product_name", "variant", "day")}
    if not places or not {"sku", "product_name"} & {hit[0] for hit in known.values() if hit[1] >= FLOOR}:
        return family, meant
    return "stock", known | dict.fromkeys(places, ("place", 0.7, "counts under the name of a place"))


def _guess(name: str, values: Sequence[str], hit: tuple[str, float, str] | None) -> ColumnGuess:
    samples = tuple(list(dict.fromkeys(v.strip()[:80] for v in values if v and v.strip()))[:3])
    if hit is None:
        return ColumnGuess(name, None, 0.0, "nothing known in its name or values", samples)
    return ColumnGuess(name, hit[0], min(1.0, hit[1]), hit[2], samples)


def _telling(family: str, meanings: set[str], chosen: Chosen, shapes: Sequence[Shape]) -> float:
    """What speaks for a family beyond the number of its columns: that which only such a file has."""
    if family == "review":
        # A review is told by its text: without long texts an order or a stock sheet explains the table better.
        return 2.0 if _reads_like_reviews(chosen, shapes) else 0.0
    if family == "stock":
        return 2.5 if meanings & {"location", "committed", "incoming"} else 0.0
    if family == "returns":
        return 2.0 if "reason" in meanings else 0.5
    if family == "order" and "customer" in meanings:
        # Who buys is a customer; a vendor beside it is a brand.
        return 3.0
    if family == "ads":
        return 2.0
    if family == "message" and any(shapes[i].chats > 0.8 for i, (meaning, _, _) in chosen.items() if meaning == "text"):
        return 5.0
    return _SAYS[family](meanings) if family in _SAYS else 0.0


def _says_message(meanings: set[str]) -> float:
    told = {"thread_id", "author_role", "from_agent", "subject", "channel", "public"} & meanings
    sure = meanings & {"thread_id", "author_role", "from_agent"} or {"subject", "status"} <= meanings
    return 0.6 * len(told) + (1.0 if sure else -0.5)


def _says_article(meanings: set[str]) -> float:
    # A title and a text are many things; a question with its answer is one.
    return 2.5 if "question" in meanings else 0.8 if meanings & {"article_id", "language", "status", "url"} else -1.0


def _says_purchase(meanings: set[str]) -> float:
    if not meanings & {"quantity", "amount", "received", "expected_at"}:
        # Costs and suppliers without a count are a list of goods, not an order for them.
        return -2.0
    return 3.0 if "supplier" in meanings else 1.0 if meanings & {"expected_at", "received", "received_at"} else -2.0


def _says_supplier(meanings: set[str]) -> float:
    return 2.5 if meanings & {"lead_days", "moq", "terms", "pack"} else -2.0


def _says_coupon(meanings: set[str]) -> float:
    told = {
        "code",
        "minimum",
        "redemptions",
        "starts",
        "ends",
        "kind",
        "issued",
        "spent",
        "funded_by",
        "per_customer",
    } & meanings
    return 0.6 * len(told) if len(told) > 1 else -1.0


_SAYS: dict[str, Callable[[set[str]], float]] = {
    "message": _says_message,
    "article": _says_article,
    "purchase": _says_purchase,
    "supplier": _says_supplier,
    "movement": lambda meanings: 3.5 if "quantity" in meanings and "order_id" not in meanings else 0.0,
    "coupon": _says_coupon,
}


def _reads_like_reviews(chosen: Chosen, shapes: Sequence[Shape]) -> bool:
    texts = [shapes[i] for i, (meaning, _, _) in chosen.items() if meaning == "text"]
    rated = any(meaning == "stars" for meaning, _, _ in chosen.values())
    return any(shape.words >= 6 or (rated and shape.words >= 2) or shape.filled == 0 for shape in texts)


def _score(name: str, shape: Shape, family: str, meaning: str, rows: int) -> tuple[float, str]:
    """How well a column fits a meaning, by its name and its values, and what speaks for it."""
    said, why = header_score(name, family, meaning)
    factor, looks = value_score(shape, meaning, rows)
    score, reason = said * factor, why + (f", {looks}" if why and looks else "")
    alone, looks_alone = _value_only(name, shape, meaning)
    if alone > score and factor > 0:
        score, reason = alone, looks_alone
    if meaning == "text":
        if family == "review" and header_score(name, family, "follow_up")[0] > said:
            # What was added later is the text only where nothing else is.
            score *= _ADDED_LATER
        score += min(0.04, shape.words / 1000)
    return score, reason


def _assign(header: Sequence[str], shapes: Sequence[Shape], family: str, rows: int) -> Chosen:
    """Each meaning to its best column and each column to one meaning, the surest first."""
    candidates = []
    for i, name in enumerate(header):
        for order, meaning in enumerate(words()[family]):
            score, reason = _score(name, shapes[i], family, meaning, rows)
            if score > 0.3:
                candidates.append((score, -order, -i, meaning, reason))
    chosen: Chosen = {}
    taken: set[str] = set()
    for score, _, minus, meaning, reason in sorted(candidates, reverse=True):
        if meaning not in taken and -minus not in chosen:
            chosen[-minus] = meaning, min(score, 0.99), reason
            taken.add(meaning)
    if family == "review" and "text" not in taken:
        chosen |= {i: ("text", *rest) for i, (meaning, *rest) in chosen.items() if meaning == "follow_up"}  # type: ignore[misc]
    if family == "product" and "title" not in taken:
        # Where nothing else names the product, its short description does.
        for i, (meaning, score, reason) in chosen.items():
            if meaning == "description" and shapes[i].words <= _SHORT:
                chosen[i] = "title", score, reason
    return chosen
