"""Token sequences of a label task for training, made exactly as the model process makes them at run time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from engine.errors import ModelError
from engine.inference.task import LabelTask, both_ends, one_line


class Tokenizer(Protocol):
    """Turns text into token ids; special tokens inside the text stay plain text."""

    def encode(self, text: str, *, bos: bool = False) -> list[int]:
        """Token ids of `text`, with the beginning-of-sequence token first if `bos`."""
        ...


def label_ids(task: LabelTask, tokenizer: Tokenizer) -> list[int]:
    """The one token that stands for each label, in the order of `task.names`.

    Raises:
        ModelError: a label has several answer strings, or two labels begin with the same token in this model.
    """
    suffix = tokenizer.encode(task.suffix)
    ids = []
    for name, strings in task.labels.items():
        if len(strings) != 1:
            raise ModelError(f"Label {name} of task {task.name} needs exactly one answer string to be trained.")
        ids.append(tokenizer.encode(task.suffix + strings[0])[len(suffix)])
    if len(set(ids)) != len(ids):
        raise ModelError(
            f"Two labels of task {task.name} begin with the same token in this model.",
            todo="Choose answer strings that differ from the first token on.",
        )
    return ids


def encode_all(task: LabelTask, tokenizer: Tokenizer, texts: Sequence[str], most: int | None = None) -> list[list[int]]:
    """Whole sequences (prefix, text cut by `both_ends` to at most `most` tokens, suffix), one list of ids per text.

    Prefix, text and suffix are tokenised apart, because the run time decodes the prefix once for a whole batch.
    """
    keep = task.max_text_tokens if most is None else min(most, task.max_text_tokens)
    prefix, suffix = tokenizer.encode(task.prefix, bos=True), tokenizer.encode(task.suffix)
    return [prefix + both_ends(tokenizer.encode(one_line(text)), keep) + suffix for text in texts]
