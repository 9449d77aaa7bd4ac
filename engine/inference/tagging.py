"""What is asked of a model when the words of a text are tagged: every token of the text read twice, a label for each.

A model that reads from left to right knows nothing of what follows. So the text stands in the prompt twice, and the
labels are read at the tokens of its second copy, where the whole text is known (Springer et al. 2024, "Repetition
improves language model embeddings"). The prompt is BOS + prefix + text + middle + text + end. Nothing is generated: a
tag belongs to characters of the text by construction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.inference.task import TaskError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class TagTask:
    """Labels to be read at every token of a text, and once for the text as a whole.

    Args:
        name: the task's name, for cache keys and logs.
        version: changes whenever the prompt or the labels change.
        prefix: what stands before the text, without BOS; decoded once and shared by all texts.
        middle: what stands between the two copies.
        end: what stands behind the second copy; labels of the whole text are read at its last token.
        labels: for each label the string whose first token stands for it.
        adapter: path of a GGUF LoRA adapter, or None.
        max_text_tokens: longer texts are cut here.
    """

    name: str
    version: str
    prefix: str
    middle: str
    end: str
    labels: dict[str, str]
    adapter: str | None = None
    max_text_tokens: int = 160

    def __post_init__(self) -> None:
        if not (self.prefix.endswith("\n") and self.middle.endswith("\n") and self.end):
            raise TaskError(f"Task {self.name}: prefix and middle must end with a line break, and the end is needed.")


@dataclass(frozen=True)
class Tagged:
    """What was read of one text.

    Attributes:
        ends: shape (n,), for each token of the text as the model sees it (`task.one_line`), where it ends, in code
            points; a token that is a part of a character ends where the character does.
        scores: logits of the labels, shape (n + 1, n_labels); the last row is for the text as a whole.
    """

    ends: NDArray[np.int64]
    scores: NDArray[np.float32]


def packed(ends: NDArray[np.int64], scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """`Tagged` as one row of shape (1, (n + 1) * (1 + n_labels)), which is how it travels."""
    import numpy as np

    column = np.append(ends, 0).astype(np.float32)[:, None]
    return np.concatenate([column, scores], axis=1).reshape(1, -1)


def unpacked(row: NDArray[np.float32], labels: int) -> Tagged:
    """The inverse of `packed`, for a row with so many labels."""
    import numpy as np

    table = row.reshape(-1, 1 + labels)
    return Tagged(table[:-1, 0].astype(np.int64), np.array(table[:, 1:]))


def token_ends(pieces: list[bytes]) -> list[int]:
    """Where each token ends, in code points, given the bytes of the tokens of a text.

    A token that ends inside a character counts as ending behind it.
    """
    ends, characters = [], 0
    for piece in pieces:
        # Every byte that does not continue a character begins one.
        characters += sum(byte & 0xC0 != 0x80 for byte in piece)
        ends.append(characters)
    return ends
