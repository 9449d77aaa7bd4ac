"""The language of a review: by its script first, then py3langid for Latin text that is long enough to tell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

LATIN = (
    "en",
    "es",
    "pt",
    "fr",
    "de",
    "it",
    "nl",
    "pl",
    "tr",
    "id",
    "ms",
    "vi",
    "sv",
    "da",
    "no",
    "fi",
    "cs",
    "ro",
    "hu",
)
SURE = 0.85
SHORTEST = 12
_SCRIPTS = (
    ("ja", re.compile(r"[\u3041-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7a3]")),
    ("zh", re.compile(r"[\u3400-\u9fff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
)
_LATIN_LETTER = re.compile(r"[A-Za-zÀ-ÿ]")
# The most frequent words that only English has among the languages here settle most English texts without a model.
_ENGLISH = re.compile(r"\b(?:the|and|this|with|is|was|it|my|not|very|for|have|are|would|they)\b", re.IGNORECASE)
_OTHER = re.compile(
    r"\b(?:que|não|nao|muito|para|com|uma|produto|el|los|las|muy|pero|und|der|die|das|nicht|ist|sehr|le|les|est|très|pas|"
    r"il|che|non|molto|per|het|een|niet|yang|tidak|bir|çok)\b",
    re.IGNORECASE,
)


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LATIN))
    return identifier


def of_text(text: str) -> str | None:
    """The language of one text as an ISO 639-1 code, or None when it is too short or too mixed to tell."""
    latin = len(_LATIN_LETTER.findall(text))
    for code, script in _SCRIPTS if not text.isascii() else ():
        found = len(script.findall(text))
        # One character of these scripts says about as much as two Latin letters.
        if found and found * 2 >= latin:
            return code
    if latin < SHORTEST:
        return None
    english, other = len(_ENGLISH.findall(text)), len(_OTHER.findall(text))
    if english >= 2 and english > 3 * other:
        return "en"
    code, share = _identifier().classify(text[:2000])
    return str(code) if float(share) >= SURE else None


def of_texts(texts: Sequence[str]) -> list[str | None]:
    """The languages of a file's texts; one too short to tell takes the language nine of ten surer ones share."""
    found = [of_text(text) for text in texts]
    sure = Counter(code for code in found if code in LATIN)
    if not sure:
        return found
    common, times = sure.most_common(1)[0]
    if times < 5 or times < 0.9 * sum(sure.values()):
        return found
    return [
        common if code is None and _LATIN_LETTER.search(text) else code for code, text in zip(found, texts, strict=True)
    ]
