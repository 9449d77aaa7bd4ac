"""Writing with llama.cpp: the choice of the next token, and whole characters out of the bytes of tokens."""

from __future__ import annotations

import codecs
import ctypes
from collections.abc import Sequence
from typing import Any

import llama_cpp as L
import numpy as np
from numpy.typing import NDArray

from engine.inference.backend import Sampling
from engine.inference.llama_batch import pointer
from engine.inference.task import TaskError

_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])


class Sampler:
    """Chooses the next token: temperature and nucleus, or the likeliest, under an optional GBNF grammar."""

    def __init__(self, vocab: Any, n_vocab: int, sampling: Sampling) -> None:
        self._ids = np.arange(n_vocab, dtype=np.int32)
        self._candidates = np.zeros(n_vocab, dtype=_CANDIDATE)
        self._chain = L.llama_sampler_chain_init(L.llama_sampler_chain_default_params())
        if sampling.temperature <= 0:
            L.llama_sampler_chain_add(self._chain, L.llama_sampler_init_greedy())
        else:
            L.llama_sampler_chain_add(self._chain, L.llama_sampler_init_top_k(64))
            L.llama_sampler_chain_add(self._chain, L.llama_sampler_init_top_p(sampling.top_p, 1))
            L.llama_sampler_chain_add(self._chain, L.llama_sampler_init_temp(sampling.temperature))
            L.llama_sampler_chain_add(self._chain, L.llama_sampler_init_dist(sampling.seed))
        self._grammar = None
        if sampling.grammar is not None:
            self._grammar = L.llama_sampler_init_grammar(vocab, sampling.grammar.encode(), b"root")
            if not self._grammar:
                L.llama_sampler_free(self._chain)
                raise TaskError("The grammar does not compile.")

    def sample(self, logits: NDArray[np.float32]) -> int:
        """The next token id for `logits` (n_vocab,)."""
        token = self._choose(logits, filtered=False)
        if self._grammar and not self._allowed(token):
            token = self._choose(logits, filtered=True)
        if self._grammar:
            L.llama_sampler_accept(self._grammar, token)
        L.llama_sampler_accept(self._chain, token)
        return token

    def _choose(self, logits: NDArray[np.float32], *, filtered: bool) -> int:
        self._candidates["id"] = self._ids
        self._candidates["logit"] = logits
        self._candidates["p"] = 0
        array = self._array(self._candidates)
        if filtered:
            L.llama_sampler_apply(self._grammar, ctypes.byref(array))
        L.llama_sampler_apply(self._chain, ctypes.byref(array))
        return int(array.data[array.selected].id)

    def _allowed(self, token: int) -> bool:
        one = np.array([(token, 1.0, 0.0)], dtype=_CANDIDATE)
        array = self._array(one)
        L.llama_sampler_apply(self._grammar, ctypes.byref(array))
        return bool(np.isfinite(one["logit"][0]))

    @staticmethod
    def _array(candidates: NDArray[Any]) -> Any:
        return L.llama_token_data_array(
            data=pointer(candidates, L.llama_token_data), size=len(candidates), selected=-1, sorted=False
        )

    def close(self) -> None:
        """Free the native samplers."""
        L.llama_sampler_free(self._chain)
        if self._grammar:
            L.llama_sampler_free(self._grammar)


class Writing:
    """Bytes of tokens to text: whole characters only, and nothing of a stop string."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = [stop for stop in stops if stop]
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self.stopped = False

    def add(self, piece: bytes) -> str:
        """What may be shown after `piece`; what could still become a stop string is held back."""
        self._held += self._decoder.decode(piece)
        found = [at for stop in self._stops if (at := self._held.find(stop)) >= 0]
        if found:
            self.stopped = True
            shown, self._held = self._held[: min(found)], ""
            return shown
        hold = max((self._overlap(stop) for stop in self._stops), default=0)
        cut = len(self._held) - hold
        shown, self._held = self._held[:cut], self._held[cut:]
        return shown

    def _overlap(self, stop: str) -> int:
        """How many characters at the end of the held text begin `stop`."""
        return next((n for n in range(min(len(stop) - 1, len(self._held)), 0, -1) if self._held.endswith(stop[:n])), 0)

    def end(self) -> str:
        """What was held back and turned out to be text."""
        held, self._held = self._held, ""
        return held
