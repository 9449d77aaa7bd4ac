"""What runs a task: the protocol that every backend obeys, and the packing of texts into batches.

A backend knows no task's name. The real one is `llama.LlamaBackend`; `scripted.ScriptedBackend` stands in for it where
a test needs no model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.inference.tagging import TagTask
    from engine.inference.task import LabelTask

CONTEXT_TOKENS = 4096
"""Size of the KV cache: a prompt and what is written after it, or a prefix and one batch of texts."""

BATCH_TOKENS = 512
"""Tokens in one decode of labelling. Every token attends to the whole batch's cells, so larger batches waste work."""

CACHE_BLOCK = 256
"""Cells of the KV cache that attention takes in at a time."""

SEQUENCES = 32
"""Texts in one decode of labelling."""

STEP_TEXTS = 500
"""Texts tokenised between two looks at the queue of requests."""


class Aborted(Exception):
    """The running call was told to stop; nothing of the current batch is kept."""


class BackendBroken(Exception):
    """The native library reported a state it cannot go on from: the process must be replaced."""


@dataclass(frozen=True)
class Scored:
    """One finished batch: positions in the request's texts and their rows."""

    indices: list[int]
    rows: NDArray[np.float64] | NDArray[np.float32]


@dataclass(frozen=True)
class Sampling:
    """How text is generated. Temperature 0 is greedy; otherwise sampling is seeded, so the same call repeats."""

    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 0.95
    seed: int = 0
    stop: tuple[str, ...] = ()
    grammar: str | None = None
    adapter: str | None = None


class Backend(Protocol):
    """Labels, tags, writes and embeds. The methods are iterators, so that the caller may turn to something more urgent
    between batches; `None` means a step without a result. All raise `Aborted` once `stop` says so."""

    def use(self, model: str) -> None:
        """Make the model file at this path the one that labels and writes; the one before is unloaded."""
        ...

    def label(self, texts: Sequence[str], task: LabelTask) -> Iterator[Scored | None]:
        """Raw label scores: float64 rows of n_labels, in the order of `task.names`."""
        ...

    def tag(self, texts: Sequence[str], task: TagTask) -> Iterator[Scored | None]:
        """Labels at every token: one text at a time, its row as `tagging.packed` makes it."""
        ...

    def generate(self, prompt: str, sampling: Sampling) -> Iterator[str | None]:
        """Pieces of text as they are written; together they are the answer."""
        ...

    def embed(self, texts: Sequence[str], multilingual: bool) -> Iterator[Scored | None]:
        """L2-normalised float32 vectors."""
        ...

    def unload(self) -> None:
        """Give memory back; what is needed again is loaded again."""
        ...

    def abort_when(self, stop: Callable[[], bool]) -> None:
        """Ask `stop` often, also inside a long computation."""
        ...

    def facts(self) -> dict[str, str | int | float | bool]:
        """What is loaded and how it was set up, for logs and screens."""
        ...


def pack(lengths: Sequence[int], keys: Sequence[str], budget: int, most: int) -> list[list[int]]:
    """Cut texts into batches, longest first, each of at most `budget` tokens and `most` texts.

    The order depends on nothing but length and text, and a batch is always filled with the next texts in that order. So
    the batches that remain after some are finished are exactly those that would be made from the remaining texts alone:
    a job that was stopped and taken up again computes the same numbers as one that was not.

    Args:
        lengths: tokens of each text, suffix included; each must be at most `budget`.
        keys: the texts themselves; they break ties.
        budget: tokens a batch.
        most: texts a batch.

    Returns:
        Lists of positions, each position exactly once.
    """
    order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], keys[i]))
    batches: list[list[int]] = []
    used = budget
    for i in order:
        if not batches or used + lengths[i] > budget or len(batches[-1]) >= most:
            batches.append([])
            used = 0
        batches[-1].append(i)
        used += lengths[i]
    return batches


def whole_blocks(prefix: int, batch: int) -> int:
    """Tokens a batch, at most `batch`, so that a prefix and the batch behind it fill whole blocks of the cache.

    Attention is computed over whole blocks, so five tokens more can cost as much as a block more.
    """
    blocks = max(1, (prefix + batch) // CACHE_BLOCK)
    return max(1, min(batch, blocks * CACHE_BLOCK - prefix))
