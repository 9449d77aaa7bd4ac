"""Puts reviews together: sentences from the pools, a person's way of writing, and no text twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from random import Random

from sample_data.catalogue import Product, ProductZh
from sample_data.texts import EN, ZH

TYPOS = {
    "definitely": "definately",
    "really": "realy",
    "because": "becuase",
    "received": "recieved",
    "their": "thier",
    "which": "wich",
    "beautiful": "beutiful",
    "separate": "seperate",
    "quality": "qualtiy",
    "would": "woud",
    "doesn't": "doesnt",
    "can't": "cant",
    "it's": "its",
    "don't": "dont",
    "with": "wiht",
    "little": "litle",
    "everything": "everthing",
    "until": "untill",
    "surprised": "suprised",
    "favorite": "favourit",
    "people": "poeple",
}
SMILES = ("😀", "😊", "🙌", "🔥", "😍", "👌", ":)", "💯", "🥰", "⭐⭐⭐⭐⭐")
FROWNS = ("😡", "😤", "👎", "🙄", ":(", "😞", "🤬", "😒")
SMILES_ZH = ("😊", "😍", "🌹", "~", "(๑•̀ㅂ•́)و✧", "💕", "😘", "哈哈")
FROWNS_ZH = ("😡", "😓", "🙄", "💔", "😅", "👎", "呵呵")

# Things people carry about, besides everything of Vindlow's; the rest stays at home or at work.
OUTDOORS = frozenset(
    {
        "ostrel-glowhaven-camping-lantern",
        "ostrel-ridgebeam-headlamp",
        "ostrel-tin-drum-bluetooth-speaker",
        "ostrel-pebble-power-bank-10000",
        "marrowby-commuter-tumbler-16oz",
        "pellin-fieldstone-zip-hoodie",
        "pellin-merino-hiking-socks-3-pack",
        "pellin-drumlin-rain-shell",
        "pellin-canvas-cap",
    }
)


class Deck:
    """Deals sentences: each pool is shuffled once and dealt to its end before any of it comes again."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self._piles: dict[tuple[str, ...], list[str]] = {}

    def deal(self, pool: Sequence[str]) -> str:
        """The next sentence of a pool."""
        key = tuple(pool)
        pile = self._piles.get(key)
        if not pile:
            pile = list(key)
            self.rng.shuffle(pile)
            self._piles[key] = pile
        return pile.pop()

    def once(self, pool: Sequence[str]) -> str | None:
        """The next sentence of a pool that is dealt only once, or None when all of it has been said."""
        key = tuple(pool)
        if key not in self._piles:
            self._piles[key] = list(key)
            self.rng.shuffle(self._piles[key])
        return self._piles[key].pop() if self._piles[key] else None

    def chance(self, percent: int) -> bool:
        """True in `percent` of a hundred."""
        return self.rng.randrange(100) < percent


_SEASONS = {
    12: "in the fall",
    1: "in the fall",
    2: "last winter",
    3: "last winter",
    4: "last winter",
    5: "last winter",
    6: "this spring",
    7: "this spring",
    8: "this spring",
    9: "over the summer",
    10: "over the summer",
    11: "over the summer",
}


def fill(deck: Deck, sentence: str, slots: dict[str, tuple[str, ...]], day: date, part: str = "") -> str:
    """A sentence with its slots filled; a slot that begins it is capitalised."""
    many = part.endswith("+")
    words = {
        "part": part.rstrip("+"),
        "is": "are" if many else "is",
        "was": "were" if many else "was",
        "has": "have" if many else "has",
        "feels": "feel" if many else "feels",
        "works": "work" if many else "works",
        "looks": "look" if many else "looks",
        "does": "do" if many else "does",
        "takes": "take" if many else "takes",
        "season": _SEASONS[day.month],
    }
    starts_with_slot = sentence.startswith("{")
    while "{" in sentence:
        before, _, rest = sentence.partition("{")
        name, _, after = rest.partition("}")
        word = words.get(name) or deck.deal(slots[name])
        sentence = before + word + after
    return sentence[0].upper() + sentence[1:] if starts_with_slot else sentence


def _soften(sentence: str) -> str:
    """A sentence as the second half of another: its first letter small unless it is a name or `I`."""
    first = sentence.split(" ", 1)[0]
    if first in {"I", "I'm", "I'd", "I've", "XL?", "XL"} or (len(first) > 1 and first[1].isupper()):
        return sentence
    return sentence[0].lower() + sentence[1:]


def _praise(deck: Deck, product: Product, slots: dict[str, tuple[str, ...]], day: date, *, modest: bool = False) -> str:
    """One good word; a `modest` one keeps to the product and raves about nothing."""
    draw = deck.rng.randrange(72 if modest else 100)
    if draw < 42:
        return fill(deck, deck.deal(product.said), slots, day)
    if draw < 72:
        return fill(deck, deck.deal(EN.talk["part_pos"]), slots, day, deck.deal(product.parts))
    return fill(deck, deck.deal(EN.talk["gen_pos"]), slots, day)


def _plain(deck: Deck, product: Product, slots: dict[str, tuple[str, ...]], day: date) -> str:
    draw = deck.rng.randrange(100)
    if draw < 40:
        return fill(deck, deck.deal(product.plain), slots, day)
    if draw < 70:
        return fill(deck, deck.deal(EN.talk["part_neu"]), slots, day, deck.deal(product.parts))
    return fill(deck, deck.deal(EN.talk["gen_neu"]), slots, day)


def _topic(deck: Deck, pools: tuple[tuple[str, ...], ...], slots: dict[str, tuple[str, ...]], day: date) -> list[str]:
    """One or two sentences about a topic: plain words, other words, or plain words with an example after them."""
    if len(pools) == 1:
        return [fill(deck, deck.deal(pools[0]), slots, day)]
    direct, indirect = pools
    draw = deck.rng.randrange(100)
    chosen = (direct,) if draw < 36 else (indirect,) if draw < 68 else (direct, indirect)
    return [fill(deck, deck.deal(pool), slots, day) for pool in chosen]


_BUT = (
    "Only downside: ",
    "One thing though: ",
    "But ",
    "My one gripe: ",
    "Only complaint: ",
    "Minus one star: ",
    "However, ",
    "Small thing: ",
    "",
    "",
)


def english(deck: Deck, product: Product, stars: int, day: date, mentions: Sequence[str], decoy: bool) -> str:
    """One English review.

    `mentions` are topic names of `EN` that it must speak of; `decoy` adds a harmless mention of the product's
    planted topic. What a review with few stars and no planted topic complains of is one of the product's own gripes,
    each said by one customer only.
    """
    said: list[str] = []
    slots = (
        EN.slots if product.key in OUTDOORS or product.brand == "Vindlow" else EN.slots | {"place": EN.slots["home"]}
    )
    praised = [topic for topic in mentions if topic == "stays_dry"]
    wrongs = [
        one for topic in mentions if topic not in praised for one in _topic(deck, EN.topics[topic].pools, slots, day)
    ]
    if stars <= 2 and not wrongs:
        gripe = deck.once(product.gripes)
        wrongs.append(fill(deck, gripe or deck.deal(EN.talk["close_neg"]), slots, day))
    if stars >= 4:
        if deck.chance(42):
            said.append(fill(deck, deck.deal(EN.talk["open_pos"]), slots, day))
        goods = [_praise(deck, product, slots, day) for _ in range(deck.rng.choice((1, 1, 2, 2, 3)))]
        goods += [one for topic in praised for one in _topic(deck, EN.topics[topic].pools, slots, day)]
        if decoy:
            goods.append(fill(deck, deck.deal(EN.decoys[product.key]), slots, day))
        deck.rng.shuffle(goods)
        said += list(dict.fromkeys(goods))
        for number, wrong in enumerate(wrongs):
            lead = "" if number else deck.deal(_BUT)
            said.append(lead + (_soften(wrong) if lead else wrong))
        if stars == 4 and not wrongs and deck.chance(22):
            said.append(_plain(deck, product, slots, day))
        if deck.chance(16 if wrongs else 34):
            said.append(fill(deck, deck.deal(EN.talk["close_pos"]), slots, day))
    elif stars == 3:
        if deck.chance(55) or not wrongs:
            said.append(_plain(deck, product, slots, day))
        if deck.chance(60):
            said.append(_praise(deck, product, slots, day, modest=True))
        if decoy and not wrongs:
            said.append(fill(deck, deck.deal(EN.decoys[product.key]), slots, day))
        for number, wrong in enumerate(wrongs):
            lead = deck.deal(("But ", "", "", "Sadly, ", "Then again, ", "Thing is: ")) if said and not number else ""
            said.append(lead + (_soften(wrong) if lead else wrong))
        if not wrongs:
            said.append(fill(deck, deck.deal(EN.talk["gen_neu"]), slots, day))
        elif deck.chance(45):
            said.append(fill(deck, deck.deal(EN.talk["concede"]), slots, day))
        said = list(dict.fromkeys(said))
    else:
        if deck.chance(38):
            said.append(fill(deck, deck.deal(EN.talk["open_neg"]), slots, day))
        said += wrongs
        if stars == 2 and deck.chance(55):
            said.append(fill(deck, deck.deal(EN.talk["concede"]), slots, day))
        elif deck.chance(70):
            said.append(fill(deck, deck.deal(EN.talk["close_neg"]), slots, day))
    return _hand(deck, said, stars)


def _hand(deck: Deck, said: list[str], stars: int) -> str:
    """The sentences as one person types them: small letters, typing mistakes, emoji, a line break, no last stop."""
    joined = " ".join(said)
    draw = deck.rng.randrange(100)
    if draw < 5 and len(said) > 2:
        joined = "\n".join((" ".join(said[:-1]), said[-1]))
    elif draw < 10:
        joined = joined.replace(". ", "... ")
    elif draw < 15:
        joined = joined.replace(". ", "! ").replace("! ", ". ", 1)
    if deck.chance(8):
        joined = joined.lower()
    if deck.chance(13):
        for right, wrong in TYPOS.items():
            if f" {right} " in joined:
                joined = joined.replace(f" {right} ", f" {wrong} ", 1)
                break
    if deck.chance(12) and joined.endswith("."):
        joined = joined[:-1]
    if deck.chance(10) and stars != 3:
        joined = f"{joined} {deck.deal(SMILES if stars > 3 else FROWNS)}"
    if stars == 1 and deck.chance(6):
        joined = joined.upper()
    return joined


def title(deck: Deck, stars: int) -> str:
    """A title such as a review app asks for, or none."""
    if not deck.chance(68):
        return ""
    return deck.deal(
        EN.talk["title_pos"] if stars > 3 else EN.talk["title_neu"] if stars == 3 else EN.talk["title_neg"]
    )


def _praise_zh(deck: Deck, product: ProductZh, day: date, *, modest: bool = False) -> str:
    draw = deck.rng.randrange(68 if modest else 100)
    if draw < 40:
        return fill(deck, deck.deal(product.said), ZH.slots, day)
    if draw < 68:
        return fill(deck, deck.deal(ZH.talk["part_pos"]), ZH.slots, day, deck.deal(product.parts))
    return fill(deck, deck.deal(ZH.talk["gen_pos"]), ZH.slots, day)


def _plain_zh(deck: Deck, product: ProductZh, day: date) -> str:
    draw = deck.rng.randrange(100)
    if draw < 42:
        return fill(deck, deck.deal(product.plain), ZH.slots, day)
    if draw < 68:
        return fill(deck, deck.deal(ZH.talk["part_neu"]), ZH.slots, day, deck.deal(product.parts))
    return fill(deck, deck.deal(ZH.talk["gen_neu"]), ZH.slots, day)


def chinese(deck: Deck, product: ProductZh, stars: int, day: date, mentions: Sequence[str], decoy: bool) -> str:
    """One Chinese review, without its 追评; arguments as for `english`."""
    said: list[str] = []
    wrongs = [one for topic in mentions for one in _topic(deck, ZH.topics[topic].pools, ZH.slots, day)]
    if stars <= 2 and not wrongs:
        gripe = deck.once(product.gripes)
        wrongs.append(fill(deck, gripe or deck.deal(ZH.talk["close_neg"]), ZH.slots, day))
    if stars >= 4:
        if deck.chance(45):
            said.append(fill(deck, deck.deal(ZH.talk["open_pos"]), ZH.slots, day))
        goods = [_praise_zh(deck, product, day) for _ in range(deck.rng.choice((1, 2, 2, 3)))]
        if decoy:
            goods.append(fill(deck, deck.deal(ZH.decoys[product.key]), ZH.slots, day))
        deck.rng.shuffle(goods)
        said += list(dict.fromkeys(goods))
        if wrongs:
            said += [deck.deal(("就是", "不过", "唯一的不足：", "美中不足，", "")) + wrongs[0], *wrongs[1:]]
        if deck.chance(18 if wrongs else 40):
            said.append(fill(deck, deck.deal(ZH.talk["close_pos"]), ZH.slots, day))
    elif stars == 3:
        if not wrongs or deck.chance(50):
            said.append(_plain_zh(deck, product, day))
        if deck.chance(50):
            said.append(_praise_zh(deck, product, day, modest=True))
        if wrongs:
            said += [(deck.deal(("但是", "", "", "可惜")) if said else "") + wrongs[0], *wrongs[1:]]
        said.append(fill(deck, deck.deal(ZH.talk["concede"] if wrongs else ZH.talk["gen_neu"]), ZH.slots, day))
        said = list(dict.fromkeys(said))
    else:
        if deck.chance(40):
            said.append(fill(deck, deck.deal(ZH.talk["open_neg"]), ZH.slots, day))
        said += wrongs
        if stars == 2 and deck.chance(55):
            said.append(fill(deck, deck.deal(ZH.talk["concede"]), ZH.slots, day))
        elif deck.chance(65):
            said.append(fill(deck, deck.deal(ZH.talk["close_neg"]), ZH.slots, day))
    return _hand_zh(deck, said, stars)


def _hand_zh(deck: Deck, said: list[str], stars: int) -> str:
    """Sentences run together with commas, spaces or nothing, the way people type on a phone."""
    style = deck.rng.randrange(100)
    if style < 45:
        joined = "".join(said)
    elif style < 75:
        joined = "".join(one[:-1] + "，" if one.endswith("。") else one for one in said).removesuffix("，")
    elif style < 90:
        joined = " ".join(one[:-1] if one.endswith("。") else one for one in said)
    else:
        joined = "".join(one[:-1] + "！" if one.endswith("。") else one for one in said)
    if deck.chance(14) and stars != 3:
        joined += deck.deal(SMILES_ZH if stars > 3 else FROWNS_ZH)
    if deck.chance(10) and joined.endswith("。"):
        joined = joined[:-1]
    return joined


def follow_up(deck: Deck, stars: int, day: date) -> str:
    """A 追评 that says how it went on."""
    return fill(deck, deck.deal(ZH.talk["followup_pos"] if stars > 3 else ZH.talk["followup_neu"]), ZH.slots, day)
