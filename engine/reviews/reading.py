"""Reading texts once: every answer of a model is kept in the shop under what was asked of which model about which text.

Work goes in fixed portions of the texts sorted by length and content, and a portion is stored in one transaction. So a
stopped or killed run loses at most one portion, and the next run asks for exactly the portions that are missing: the
model sees the same batches and gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from engine.jobs import JobContext, Stage
from engine.store.database import Store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PORTION = 128
"""Texts read between two commits: some seconds of work on a laptop."""

_LOOKUP = 500


def read_all(
    store: Store,
    texts: Iterable[str],
    key_of: Callable[[str], bytes],
    ask: Callable[[Sequence[str]], NDArray[np.float32]],
    context: JobContext,
    stage_name: str,
    *,
    kind: type[np.floating],
    keep: Callable[[dict[str, NDArray[np.float32]]], None] | None = None,
) -> tuple[dict[str, NDArray[np.float32]], int]:
    """Answers for all distinct `texts`, from the shop's cache or from the model.

    Args:
        key_of: the cache key of a text.
        ask: asks the model: m texts to an array of shape (m, d).
        kind: the numpy type answers are stored in (float32, or float16 where half precision is enough).
        keep: called with each portion's new answers, before they are stored.

    Returns:
        One row of shape (d,) per distinct text, and how many texts the model was asked about.

    Raises:
        Cancelled: the seller stopped it; finished portions are stored.
    """
    import numpy as np

    distinct = sorted(set(texts), key=lambda text: (len(text), text))
    keys = {text: key_of(text) for text in distinct}
    answers = _cached(store, keys, kind)
    missing = [text for text in distinct if text not in answers]
    if not missing:
        return answers, 0
    stage: Stage = context.stage(stage_name, len(missing), "texts")
    for begin in range(0, len(missing), PORTION):
        portion = missing[begin : begin + PORTION]
        rows = np.asarray(ask(portion)).astype(kind)
        new = {text: row.astype(np.float32) for text, row in zip(portion, rows, strict=True)}
        with store.write() as db:
            db.conn.executemany(
                "INSERT OR REPLACE INTO inference_cache VALUES (?, ?)",
                [(keys[text], row.tobytes()) for text, row in zip(portion, rows, strict=True)],
            )
        if keep is not None:
            keep(new)
        answers |= new
        stage.advance(len(portion))
    return answers, len(missing)


def _cached(store: Store, keys: dict[str, bytes], kind: type[np.floating]) -> dict[str, NDArray[np.float32]]:
    import numpy as np

    found: dict[str, NDArray[np.float32]] = {}
    text_of = {key: text for text, key in keys.items()}
    wanted = list(text_of)
    for begin in range(0, len(wanted), _LOOKUP):
        some = wanted[begin : begin + _LOOKUP]
        marks = ",".join("?" * len(some))
        rows = store.rows(f"SELECT key, value FROM inference_cache WHERE key IN ({marks})", some)
        if rows:
            values = np.frombuffer(b"".join(row["value"] for row in rows), dtype=kind).astype(np.float32)
            found |= zip((text_of[row["key"]] for row in rows), values.reshape(len(rows), -1), strict=True)
    return found
