"""Full-text search that finds Chinese: every Han character is a token, a word is a phrase.

SQLite's trigram tokenizer cannot find words of one or two characters, which most Chinese words are; a dictionary
segmenter misses names and slang. Spacing out Han characters for the unicode61 tokenizer and searching a run of them
as a phrase finds exactly the substring (the method of a character index, as in Lucene's StandardAnalyzer for CJK).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils.db import Database

_HAN = re.compile(r"([\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f])")
_TERM = re.compile(r'"[^"]+"|\S+')


def spaced(text: str) -> str:
    """`text` with every Han character standing alone, as it is indexed."""
    return _HAN.sub(r" \1 ", text)


def merge_search(db: Database) -> None:
    """Merge the segments of the index, so that no word of a deleted text stays in one of them."""
    db.execute("INSERT INTO reviews_search (reviews_search) VALUES ('optimize')")


def match_expression(words: str) -> str:
    """An FTS5 MATCH expression for what a seller typed: every term must occur, `"…"` is a phrase.

    Returns an empty string when nothing searchable was typed.
    """
    terms = []
    for raw in _TERM.findall(words):
        term = " ".join(re.findall(r"\w+", spaced(raw)))
        if term:
            terms.append(f'"{term}"' + ("" if raw.startswith('"') or _HAN.search(raw) else "*"))
    return " ".join(terms)
