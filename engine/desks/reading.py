"""Asking a model once: every answer is kept in the shop under what was asked of which model about which text.

Work goes in fixed portions of the texts sorted by length and content, and a portion is stored in one transaction. So a
stopped or killed run loses at most one portion, and the next run asks for exactly the portions that are missing: the
model sees the same batches and gives the same numbers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Generic, TypeVar

from engine.jobs import JobContext, Stage
from engine.store.database import Store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.inference.tagging import Tagged

Answer = TypeVar("Answer")

PORTION = 128
"""Texts read between two commits: some seconds of work on a laptop."""

_LOOKUP = 500


@dataclass(frozen=True)
class Kept(Generic[Answer]):
    """How answers of one kind are kept: both ways take many at once, because a large shop looks up 100,000."""

    packed: Callable[[Sequence[Answer]], list[bytes]]
    unpacked: Callable[[list[bytes]], Iterable[Answer]]


def rows_of(kind: type[np.floating]) -> Kept[NDArray[np.float32]]:
    """Rows of numbers, all of one length, kept as `kind` (float32, or float16 where half precision is enough)."""
    import numpy as np

    def packed(rows: Sequence[NDArray[np.float32]]) -> list[bytes]:
        return [row.astype(kind).tobytes() for row in rows]

    def unpacked(values: list[bytes]) -> Iterable[NDArray[np.float32]]:
        flat = np.frombuffer(b"".join(values), dtype=kind).astype(np.float32)
        return iter(flat.reshape(len(values), -1))

    return Kept(packed, unpacked)


def tags_of(labels: int) -> Kept[Tagged]:
    """Labels at every token of a text."""
    import numpy as np

    from engine.inference.tagging import packed, unpacked

    return Kept(
        lambda tagged: [packed(one.ends, one.scores).tobytes() for one in tagged],
        lambda values: (unpacked(np.frombuffer(value, dtype=np.float32), labels) for value in values),
    )


TEXTS: Kept[str] = Kept(
    lambda answers: [answer.encode("utf-8", errors="surrogatepass") for answer in answers],
    lambda values: (value.decode("utf-8", errors="surrogatepass") for value in values),
)
"""What was written."""


def key_of(*asked: object) -> Callable[[str], bytes]:
    """A function from a text to the key, 16 bytes, of the answer to what was `asked` about it (anything JSON can say)."""
    about = blake2b(
        json.dumps(asked, ensure_ascii=False).encode("utf-8", errors="surrogatepass") + b"\0", digest_size=16
    )

    def key(text: str) -> bytes:
        digest = about.copy()
        digest.update(text.encode("utf-8", errors="surrogatepass"))
        return digest.digest()

    return key


def read_all(
    store: Store,
    texts: Iterable[str],
    key: Callable[[str], bytes],
    ask: Callable[[Sequence[str]], Sequence[Answer]],
    context: JobContext,
    stage_name: str,
    *,
    kept: Kept[Answer],
    keep: Callable[[dict[str, Answer]], None] | None = None,
    portion: int = PORTION,
    unit: str = "texts",
) -> tuple[dict[str, Answer], int]:
    """Answers for all distinct `texts`, from the shop's cache or from the model.

    Args:
        key: the cache key of a text.
        ask: asks the model: m texts to m answers.
        kept: how answers are stored; a fresh answer is given out as it is read back, so that both are the same.
        keep: called with each portion's new answers, before the next is asked for.
        portion: texts between two commits.
        unit: what progress counts, in the reader's language.

    Returns:
        One answer per distinct text, and how many texts the model was asked about.

    Raises:
        Cancelled: the seller stopped it; finished portions are stored.
    """
    distinct = sorted(set(texts), key=lambda text: (len(text), text))
    keys = {text: key(text) for text in distinct}
    answers = _cached(store, keys, kept)
    missing = [text for text in distinct if text not in answers]
    if not missing:
        return answers, 0
    stage: Stage = context.stage(stage_name, len(missing), unit)
    for begin in range(0, len(missing), portion):
        some = missing[begin : begin + portion]
        values = kept.packed(ask(some))
        with store.write() as db:
            db.conn.executemany(
                "INSERT OR REPLACE INTO inference_cache VALUES (?, ?)",
                [(keys[text], value) for text, value in zip(some, values, strict=True)],
            )
        new = dict(zip(some, kept.unpacked(values), strict=True))
        if keep is not None:
            keep(new)
        answers |= new
        stage.advance(len(some))
    return answers, len(missing)


def _cached(store: Store, keys: dict[str, bytes], kept: Kept[Answer]) -> dict[str, Answer]:
    found: dict[str, Answer] = {}
    text_of = {key: text for text, key in keys.items()}
    wanted = list(text_of)
    for begin in range(0, len(wanted), _LOOKUP):
        some = wanted[begin : begin + _LOOKUP]
        marks = ",".join("?" * len(some))
        rows = store.rows(f"SELECT key, value FROM inference_cache WHERE key IN ({marks})", some)
        if rows:
            values = kept.unpacked([row["value"] for row in rows])
            found |= zip((text_of[row["key"]] for row in rows), values, strict=True)
    return found
