"""Puts reviews together: sentences from the pools, a person's way of writing, and no text twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from random import Random

from sample_data.catalogue import Product, ProductZh
from sample_data.texts import EN, ZH, Pool, Texts

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


_BUT_SO_SO = ("But ", "", "", "Sadly, ", "Then again, ", "Thing is: ")


def _topic(deck: Deck, pools: tuple[tuple[str, ...], ...], slots: dict[str, tuple[str, ...]], day: date) -> list[str]:
    """One or two sentences about a topic: plain words, other words, or plain words with an example after them."""
    if len(pools) == 1:
        return [fill(deck, deck.deal(pools[0]), slots, day)]
    direct, indirect = pools
    draw = deck.rng.randrange(100)
    chosen = (direct,) if draw < 36 else (indirect,) if draw < 68 else (direct, indirect)
    return [fill(deck, deck.deal(pool), slots, day) for pool in chosen]


class _Writer:
    """One review in the making; `happy`, `so_so` and `unhappy` give its sentences in turn."""

    texts: Texts
    # Below which draw of a hundred a good, a plain word is one of the product's own, or one about a part of it.
    praise: tuple[int, int]
    plain: tuple[int, int]
    # How many in a hundred of the unhappy begin with a sigh, and end with one.
    sighs: tuple[int, int]

    def __init__(self, deck: Deck, product: Product | ProductZh, day: date) -> None:
        self.deck, self.product, self.day = deck, product, day
        self.slots = self.texts.slots

    def _say(self, pool: Pool) -> str:
        return fill(self.deck, self.deck.deal(pool), self.slots, self.day)

    def _talk(self, name: str) -> str:
        return self._say(self.texts.talk[name])

    def topics(self, names: Sequence[str]) -> list[str]:
        """What the review says about topics."""
        return [one for name in names for one in _topic(self.deck, self.texts.topics[name].pools, self.slots, self.day)]

    def gripe(self) -> str:
        """One of the product's own, or bad words about nothing in particular."""
        gripe = self.deck.once(self.product.gripes)
        return fill(self.deck, gripe or self.deck.deal(self.texts.talk["close_neg"]), self.slots, self.day)

    def _word(self, draw: int, limits: tuple[int, int], own: Pool, kind: str) -> str:
        if draw < limits[0]:
            return self._say(own)
        if draw < limits[1]:
            sentence = self.deck.deal(self.texts.talk[f"part_{kind}"])
            return fill(self.deck, sentence, self.slots, self.day, self.deck.deal(self.product.parts))
        return self._talk(f"gen_{kind}")

    def _praise(self, *, modest: bool = False) -> str:
        """One good word; a `modest` one keeps to the product and raves about nothing."""
        draw = self.deck.rng.randrange(self.praise[1] if modest else 100)
        return self._word(draw, self.praise, self.product.said, "pos")

    def _plain(self) -> str:
        return self._word(self.deck.rng.randrange(100), self.plain, self.product.plain, "neu")

    def _decoy(self) -> str:
        return self._say(self.texts.decoys[self.product.key])

    def unhappy(self, stars: int, wrongs: Sequence[str]) -> list[str]:
        """One or two stars."""
        said = [self._talk("open_neg")] if self.deck.chance(self.sighs[0]) else []
        said += wrongs
        if stars == 2 and self.deck.chance(55):
            said.append(self._talk("concede"))
        elif self.deck.chance(self.sighs[1]):
            said.append(self._talk("close_neg"))
        return said


class _English(_Writer):
    texts, praise, plain, sighs = EN, (42, 72), (40, 70), (38, 70)

    def __init__(self, deck: Deck, product: Product, day: date) -> None:
        super().__init__(deck, product, day)
        if product.key not in OUTDOORS and product.brand != "Vindlow":
            self.slots = EN.slots | {"place": EN.slots["home"]}

    def _led(self, wrongs: Sequence[str], leads: Pool) -> Iterator[str]:
        """Complaints after better words, the first with a turn before it."""
        for number, wrong in enumerate(wrongs):
            lead = self.deck.deal(leads) if leads and not number else ""
            yield lead + (_soften(wrong) if lead else wrong)

    def happy(self, stars: int, praised: Sequence[str], wrongs: Sequence[str], decoy: bool) -> list[str]:
        """Four or five stars."""
        said = [self._talk("open_pos")] if self.deck.chance(42) else []
        goods = [self._praise() for _ in range(self.deck.rng.choice((1, 1, 2, 2, 3)))]
        goods += self.topics(praised)
        if decoy:
            goods.append(self._decoy())
        self.deck.rng.shuffle(goods)
        said += list(dict.fromkeys(goods))
        said += self._led(wrongs, _BUT)
        if stars == 4 and not wrongs and self.deck.chance(22):
            said.append(self._plain())
        if self.deck.chance(16 if wrongs else 34):
            said.append(self._talk("close_pos"))
        return said

    def so_so(self, wrongs: Sequence[str], decoy: bool) -> list[str]:
        """Three stars."""
        said = [self._plain()] if self.deck.chance(55) or not wrongs else []
        if self.deck.chance(60):
            said.append(self._praise(modest=True))
        if decoy and not wrongs:
            said.append(self._decoy())
        said += self._led(wrongs, _BUT_SO_SO if said else ())
        if not wrongs:
            said.append(self._talk("gen_neu"))
        elif self.deck.chance(45):
            said.append(self._talk("concede"))
        return list(dict.fromkeys(said))


def english(deck: Deck, product: Product, stars: int, day: date, mentions: Sequence[str], decoy: bool) -> str:
    """One English review.

    `mentions` are topic names of `EN` that it must speak of; `decoy` adds a harmless mention of the product's
    planted topic. What a review with few stars and no planted topic complains of is one of the product's own gripes,
    each said by one customer only.
    """
    writer = _English(deck, product, day)
    praised = [topic for topic in mentions if topic == "stays_dry"]
    wrongs = writer.topics([topic for topic in mentions if topic not in praised])
    if stars <= 2 and not wrongs:
        wrongs.append(writer.gripe())
    if stars >= 4:
        said = writer.happy(stars, praised, wrongs, decoy)
    elif stars == 3:
        said = writer.so_so(wrongs, decoy)
    else:
        said = writer.unhappy(stars, wrongs)
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


class _Chinese(_Writer):
    texts, praise, plain, sighs = ZH, (40, 68), (42, 68), (40, 65)

    def happy(self, wrongs: Sequence[str], decoy: bool) -> list[str]:
        """Four or five stars."""
        said = [self._talk("open_pos")] if self.deck.chance(45) else []
        goods = [self._praise() for _ in range(self.deck.rng.choice((1, 2, 2, 3)))]
        if decoy:
            goods.append(self._decoy())
        self.deck.rng.shuffle(goods)
        said += list(dict.fromkeys(goods))
        if wrongs:
            said += [self.deck.deal(("就是", "不过", "唯一的不足：", "美中不足，", "")) + wrongs[0], *wrongs[1:]]
        if self.deck.chance(18 if wrongs else 40):
            said.append(self._talk("close_pos"))
        return said

    def so_so(self, wrongs: Sequence[str]) -> list[str]:
        """Three stars."""
        said = [self._plain()] if not wrongs or self.deck.chance(50) else []
        if self.deck.chance(50):
            said.append(self._praise(modest=True))
        if wrongs:
            said += [(self.deck.deal(("但是", "", "", "可惜")) if said else "") + wrongs[0], *wrongs[1:]]
        said.append(self._talk("concede" if wrongs else "gen_neu"))
        return list(dict.fromkeys(said))


def chinese(deck: Deck, product: ProductZh, stars: int, day: date, mentions: Sequence[str], decoy: bool) -> str:
    """One Chinese review, without its 追评; arguments as for `english`."""
    writer = _Chinese(deck, product, day)
    wrongs = writer.topics(mentions)
    if stars <= 2 and not wrongs:
        wrongs.append(writer.gripe())
    if stars >= 4:
        said = writer.happy(wrongs, decoy)
    elif stars == 3:
        said = writer.so_so(wrongs)
    else:
        said = writer.unhappy(stars, wrongs)
    return _hand_zh(deck, said, stars)


def _hand_zh(deck: Deck, said: list[str], stars: int) -> str:
    """Sentences run together with commas, spaces or nothing, the way people type on a phone."""
    style = deck.rng.randrange(100)
    if style < 45:
        joined = "".join(said)
    elif style < 75:
        joined = "".join(one[:-1] + "，" if one.endswith("。") else one for one in said).removesuffix("，")
    elif style < 90:
        joined = " ".join(one.removesuffix("。") for one in said)
    else:
        joined = "".join(one[:-1] + "！" if one.endswith("。") else one for one in said)
    if deck.chance(14) and stars != 3:
        joined += deck.deal(SMILES_ZH if stars > 3 else FROWNS_ZH)
    return joined.removesuffix("。") if deck.chance(10) else joined


def follow_up(deck: Deck, stars: int, day: date) -> str:
    """A 追评 that says how it went on."""
    return fill(deck, deck.deal(ZH.talk["followup_pos"] if stars > 3 else ZH.talk["followup_neu"]), ZH.slots, day)
