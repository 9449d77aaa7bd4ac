"""A model's vocabulary: text to tokens and back, and label tasks in its tokens."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import llama_cpp as L
import numpy as np
from numpy.typing import NDArray

from engine.inference.llama_batch import pointer
from engine.inference.task import LabelTask, TaskError

Tokens = NDArray[np.int32]

PROBES = ("It works and it is fine", "东西不错", "ok 5")


@dataclass(frozen=True)
class Prepared:
    """A task in this model's tokens."""

    prefix: Tokens
    suffix: Tokens
    answers: list[Tokens]


class Vocabulary:
    """The vocabulary of a loaded model; of no use after the model was freed.

    Args:
        model: llama.cpp's handle of the model.
    """

    def __init__(self, model: Any) -> None:
        self.handle = L.llama_model_get_vocab(model)
        self.size: int = L.llama_vocab_n_tokens(self.handle)
        self._scratch: Tokens = np.zeros(1024, dtype=np.int32)
        self._prepared: dict[object, Prepared] = {}

    def prepare(self, task: LabelTask) -> Prepared:
        """Tokenise a task once and check that its labels can be told apart and its seams hold.

        Raises:
            TaskError: naming the label or the seam that fails.
        """
        key = _task_key(task)
        if key in self._prepared:
            return self._prepared[key]
        prefix = self.with_bos(self.tokenize(task.prefix, special=True))
        suffix = self.tokenize(task.suffix, special=True)
        for probe in PROBES:
            whole = self.with_bos(self.tokenize(task.prefix + probe + task.suffix, special=True))
            parts = np.concatenate([prefix, self.tokenize(probe, special=False), suffix])
            if not np.array_equal(whole, parts):
                raise TaskError(
                    f"Task {task.name}: prefix, text and suffix do not tokenise apart as they do together.",
                    todo="End the prefix and begin the suffix at a line break or a special token.",
                )
        answers: list[Tokens] = []
        seen: dict[int, str] = {}
        for label, strings in task.labels.items():
            firsts = sorted({self._first_token(task, suffix, string) for string in strings})
            for first in firsts:
                if first in seen:
                    raise TaskError(
                        f"Task {task.name}: labels {seen[first]} and {label} begin with the same token in this model."
                    )
                seen[first] = label
            answers.append(np.array(firsts, dtype=np.int32))
        self._prepared[key] = Prepared(prefix, suffix, answers)
        return self._prepared[key]

    def tokenize(self, text: str, *, special: bool) -> Tokens:
        """Token ids of `text`, without BOS. `special=False` keeps `<eos>` in a customer's text a piece of text."""
        raw = text.encode()
        while True:
            room = len(self._scratch)
            count = L.llama_tokenize(
                self.handle, raw, len(raw), pointer(self._scratch, ctypes.c_int32), room, False, special
            )
            if count >= 0:
                return self._scratch[:count].copy()
            self._scratch = np.zeros(-count, dtype=np.int32)

    def with_bos(self, tokens: Tokens) -> Tokens:
        """`tokens` behind the beginning-of-sequence token, where this model wants one."""
        if not L.llama_vocab_get_add_bos(self.handle):
            return tokens
        return np.concatenate([np.array([L.llama_vocab_bos(self.handle)], dtype=np.int32), tokens])

    def _first_token(self, task: LabelTask, suffix: Tokens, answer: str) -> int:
        """The token that begins `answer` when it follows the suffix."""
        together = self.tokenize(task.suffix + answer, special=True)
        if len(together) <= len(suffix) or not np.array_equal(together[: len(suffix)], suffix):
            raise TaskError(f"Task {task.name}: the answer {answer!r} melts into the end of the prompt in this model.")
        return int(together[len(suffix)])

    def piece(self, token: int) -> bytes:
        """The bytes that a token stands for."""
        buffer = ctypes.create_string_buffer(256)
        count = L.llama_token_to_piece(self.handle, token, buffer, 256, 0, False)
        return buffer.raw[: max(0, count)]

    def is_end(self, token: int) -> bool:
        """Whether the model ends its answer with this token."""
        return bool(L.llama_vocab_is_eog(self.handle, token))


def _task_key(task: LabelTask) -> tuple[object, ...]:
    return (task.prefix, task.suffix, tuple(task.labels.items()), task.adapter)
