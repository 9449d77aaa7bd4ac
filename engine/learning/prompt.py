"""The prompt of a label-reading task: fixed prefix, customer text, fixed suffix, and the words whose probabilities are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.errors import ModelError


class Tokenizer(Protocol):
    """Turns text into token ids; special tokens inside the text stay plain text."""

    def encode(self, text: str, *, bos: bool = False) -> list[int]:
        """Token ids of `text`, with the beginning-of-sequence token first if `bos`."""
        ...


@dataclass(frozen=True)
class LabelPrompt:
    """A classification question put as the next word after `prefix + text + suffix`.

    The three parts are tokenised apart, so that the prefix can be decoded once for a whole batch. Both borders are
    newlines, and Gemma's vocabulary has merged newline runs ("\\n\\n"): a text that begins or ends with white space would
    be split differently inside the whole, therefore texts are stripped.

    Args:
        prefix: what stands before the text; decoded once with the beginning-of-sequence token.
        suffix: what stands after the text.
        labels: names of the classes, in the order of every probability vector.
        words: the word (with its leading space) whose first token stands for each label.
        max_text_tokens: longer texts are cut to this many tokens.
    """

    prefix: str
    suffix: str
    labels: tuple[str, ...]
    words: tuple[str, ...]
    max_text_tokens: int = 200

    def label_ids(self, tokenizer: Tokenizer) -> list[int]:
        """First token of every label word.

        Raises:
            ModelError: two labels begin with the same token, so that this model cannot tell them apart.
        """
        ids = [tokenizer.encode(word)[0] for word in self.words]
        if len(set(ids)) != len(ids):
            raise ModelError(
                f"Two of the words {', '.join(map(repr, self.words))} begin with the same token in this model.",
                todo="Choose label words that differ from the first token on.",
            )
        return ids

    def prefix_ids(self, tokenizer: Tokenizer) -> list[int]:
        """Token ids of the prefix, beginning-of-sequence token first."""
        return tokenizer.encode(self.prefix, bos=True)

    def text_ids(self, tokenizer: Tokenizer, text: str, max_text_tokens: int | None = None) -> list[int]:
        """Token ids of text and suffix: what follows the shared prefix for one text."""
        limit = self.max_text_tokens if max_text_tokens is None else min(max_text_tokens, self.max_text_tokens)
        return tokenizer.encode(text.strip())[:limit] + tokenizer.encode(self.suffix)

    def encode_all(self, tokenizer: Tokenizer, texts: Sequence[str], max_text_tokens: int | None = None) -> list[list[int]]:
        """Whole token sequences (prefix, text, suffix), one list per text."""
        prefix = self.prefix_ids(tokenizer)
        return [prefix + self.text_ids(tokenizer, text, max_text_tokens) for text in texts]


SENTIMENT = LabelPrompt(
    prefix="Customer review:\n",
    suffix="\nSentiment:",
    labels=("negative", "neutral", "positive"),
    words=(" negative", " neutral", " positive"),
)
