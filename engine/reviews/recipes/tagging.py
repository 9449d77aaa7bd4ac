"""Training and reading of word tags in torch: the counterpart of `engine.inference.tagging`.

Three questions are answered by the same hidden state of a token: where a term begins, goes on, or an opinion stands
(`SPANS`); how the term is judged (`POLARITIES`); what the term is about (`CATEGORIES`). The row behind the text answers
what is judged without being named. A source that leaves a question open has no loss there: for the spans the loss is
the likelihood of all labels that the source allows (marginal likelihood, Tsuboi et al. 2008).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from engine.errors import ModelError
from engine.inference.tagging import TagTask, token_ends
from engine.inference.task import one_line
from engine.learning.base_model import GgufTokenizer, TorchBase
from engine.learning.train import hidden_states
from engine.reviews.aspects import BEGIN, CATEGORIES, INSIDE, OPINION, OUTSIDE, POLARITIES, SPANS
from engine.reviews.recipes.aspects_sources import AspectExample

OPEN = -1
"""The source does not say."""

TOKENS_OF_A_SENTENCE = 20.0
POLARITY_WEIGHT, CATEGORY_WEIGHT, WHOLE_WEIGHT = 0.5, 0.15, 0.15


@dataclass(frozen=True)
class Encoded:
    """An example in tokens.

    Attributes:
        ids: the whole prompt. first: position of the second copy's first token in `ids`.
        allowed: (n, 4) for each token of the text, which of `SPANS` it may be.
        polarity, category: (n,) index or OPEN.
        whole: (2,) what the text judges without naming it (0 for nothing, else 1 + category), and how; or OPEN.
        weight: of the example.
    """

    ids: list[int]
    first: int
    allowed: torch.Tensor
    polarity: torch.Tensor
    category: torch.Tensor
    whole: tuple[int, int]
    weight: float


def label_rows(task: TagTask, tokenizer: GgufTokenizer) -> list[int]:
    """The one token that stands for each label, in the order of `task.labels`.

    Raises:
        ModelError: two labels begin with the same token in this model.
    """
    ids = [tokenizer.encode(string)[0] for string in task.labels.values()]
    if len(set(ids)) != len(ids):
        raise ModelError(f"Two labels of task {task.name} begin with the same token in this model.")
    return ids


def encode(task: TagTask, tokenizer: GgufTokenizer, text: str) -> tuple[list[int], int, list[int]]:
    """The prompt's ids, where the second copy begins, and where each token of the text ends (code points)."""
    prefix, middle, end = (
        tokenizer.encode(task.prefix, bos=True),
        tokenizer.encode(task.middle),
        tokenizer.encode(task.end),
    )
    own = tokenizer.encode(one_line(text))[: task.max_text_tokens]
    ends = token_ends([tokenizer.piece(token) for token in own])
    return prefix + own + middle + own + end, len(prefix) + len(own) + len(middle), ends


def encode_example(task: TagTask, tokenizer: GgufTokenizer, example: AspectExample) -> Encoded:
    """An example with its targets; its text must already be one line."""
    ids, first, ends = encode(task, tokenizer, example.text)
    count = len(ends)
    allowed = torch.zeros(count, len(SPANS), dtype=torch.bool)
    polarity = torch.full((count,), OPEN)
    category = torch.full((count,), OPEN)
    starts = [0, *ends[:-1]]
    allowed[:, OUTSIDE] = True
    if not example.opinions_known:
        allowed[:, OPINION] = True

    def inside(start: int, end: int) -> list[int]:
        # A token may begin with the space before the word, or with characters of another word.
        return [i for i in range(count) if ends[i] > start and starts[i] < end and ends[i] > starts[i]]

    def only(tokens: Sequence[int], label: int) -> None:
        allowed[list(tokens)] = False
        allowed[list(tokens), label] = True

    for start, end in example.opinions:
        only(inside(start, end), OPINION)
    for start, end in example.plain:
        only(inside(start, end), OUTSIDE)
    for term in example.terms:
        tokens = inside(term.start, term.end)
        only(tokens[:1], BEGIN)
        only(tokens[1:], INSIDE)
        if term.polarity is not None:
            polarity[tokens] = POLARITIES.index(term.polarity)
        if term.category is not None:
            category[tokens] = CATEGORIES.index(term.category)
    whole = OPEN if example.implicit is None else 0
    if example.implicit:
        whole = 1 + CATEGORIES.index(example.implicit)
    how = OPEN if example.implicit_polarity is None else POLARITIES.index(example.implicit_polarity)
    return Encoded(ids, first, allowed, polarity, category, (whole, how), example.weight)


def tag_logits(base: TorchBase, rows: torch.Tensor, batch: Sequence[Encoded]) -> list[torch.Tensor]:
    """Logits of the labels at each token of the second copy and behind it: (n + 1, n_labels) float32 per example.

    They come back to the CPU in one piece: the losses over them are many small steps that a GPU would only wait for.
    """
    hidden = hidden_states(base, [e.ids for e in batch])
    states = [_at(hidden[row], e.first, len(e.polarity), len(e.ids)) for row, e in enumerate(batch)]
    return list((torch.cat(states) @ rows.T).cpu().split([len(s) for s in states]))


def _at(states: torch.Tensor, first: int, count: int, length: int) -> torch.Tensor:
    return torch.cat([states[first : first + count], states[length - 1 : length]]).float()


def read_tags(base: TorchBase, rows: torch.Tensor, ids: list[int], first: int, count: int) -> torch.Tensor:
    """What `tag_logits` gives for one text whose second copy has `count` tokens from position `first` on."""
    with torch.no_grad():
        return (_at(hidden_states(base, [ids])[0], first, count, len(ids)) @ rows.T).cpu()


def tag_loss(logits: Sequence[torch.Tensor], batch: Sequence[Encoded]) -> torch.Tensor:
    """Mean over the examples of the weighted losses of all questions that their sources answer."""
    spans, polarities = len(SPANS), len(SPANS) + len(POLARITIES)
    total = torch.zeros(())
    for scores, example in zip(logits, batch, strict=True):
        words, whole = scores[:-1], scores[-1]
        log_p = torch.log_softmax(words[:, :spans], dim=-1)
        loss = -torch.logsumexp(log_p.masked_fill(~example.allowed, -1e9), dim=-1).sum() / TOKENS_OF_A_SENTENCE
        loss = loss + POLARITY_WEIGHT * _cross_entropy(words[:, spans:polarities], example.polarity)
        loss = loss + CATEGORY_WEIGHT * _cross_entropy(words[:, polarities:], example.category)
        if example.whole[0] != OPEN:
            what = torch.cat([whole[OUTSIDE : OUTSIDE + 1], whole[polarities:]])[None]
            loss = loss + WHOLE_WEIGHT * _cross_entropy(what, torch.tensor(example.whole[:1]))
        if example.whole[1] != OPEN:
            loss = loss + WHOLE_WEIGHT * _cross_entropy(whole[None, spans:polarities], torch.tensor(example.whole[1:]))
        total = total + example.weight * loss
    return total / len(batch)


def _cross_entropy(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Cross-entropy summed over the rows whose target is not OPEN, per term-token counted no more than four times."""
    known = target != OPEN
    if not bool(known.any()):
        return torch.zeros(())
    loss = torch.nn.functional.cross_entropy(logits[known], target[known], reduction="mean")
    return loss * min(4.0, float(known.sum()))
