"""llama.cpp behind the `Backend` protocol, through its low-level interface.

Labelling decodes a task's prefix once into sequence 0 and lets every text's sequence share those cells (unified KV
cache). A batch is one `llama_decode` over many suffixes with logits asked for only at each suffix's last token.

Who owns the KV cache is always known (`_owner`): a task's prefix, a generation, or nobody. Turning from one to another
clears the cache, so that a batch computes the same numbers whatever ran before it.
"""

from __future__ import annotations

import codecs
import ctypes
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llama_cpp as L
import numpy as np
from numpy.typing import NDArray

from engine.errors import ModelError
from engine.inference.adapters import fast_adapter
from engine.inference.backend import (
    BATCH_TOKENS,
    CACHE_BLOCK,
    CONTEXT_TOKENS,
    SEQUENCES,
    STEP_TEXTS,
    Aborted,
    BackendBroken,
    Sampling,
    Scored,
    pack,
    whole_blocks,
)
from engine.inference.gpu import NO_OFFLOAD, Offload, only
from engine.inference.tagging import TagTask, packed, token_ends
from engine.inference.task import LabelTask, TaskError, both_ends, one_line

Tokens = NDArray[np.int32]

LONGEST_TOKEN = 32
"""Characters."""

PROBES = ("It works and it is fine", "东西不错", "ok 5")

_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])


@dataclass(frozen=True)
class _Prepared:
    """A task in this model's tokens."""

    prefix: Tokens
    suffix: Tokens
    answers: list[Tokens]


_log_sinks: list[Callable[[str], None]] = []


def _on_log(level: int, text: bytes, data: object) -> None:
    if _log_sinks:
        _log_sinks[-1](text.decode(errors="replace"))


# llama.cpp keeps this for the whole process, longer than any backend lives; the newest backend's log gets the lines.
_LOG_CALLBACK = L.llama_log_callback(_on_log)


def _log_to(sink: Callable[[str], None]) -> None:
    _log_sinks[:] = [sink]
    L.llama_log_set(_LOG_CALLBACK, ctypes.c_void_p(0))


class LlamaBackend:
    """One GGUF model and one context on the CPU (or offloaded, where the build can).

    Args:
        path: the model file; it has been checked already (`models.check_file`).
        threads: for prompt and generation; physical cores of this process's affinity mask are right.
        context_tokens: size of the KV cache in tokens; capped by what the model was trained for.
        batch_tokens: tokens in one decode of labelling.
        sequences: texts in one decode of labelling.
        offload: how many layers go to which graphics card.
        log: receives llama.cpp's own messages.

    Raises:
        ModelError: the file does not load, or the architecture cannot share a prefix.
    """

    def __init__(
        self,
        path: Path,
        *,
        threads: int,
        context_tokens: int = CONTEXT_TOKENS,
        batch_tokens: int = BATCH_TOKENS,
        sequences: int = SEQUENCES,
        offload: Offload = NO_OFFLOAD,
        log: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._log = log
        self._stop: Callable[[], bool] = lambda: False
        # ctypes keeps no reference to a callback that C still holds: this attribute does.
        self._abort_callback = L.ggml_abort_callback(self._on_abort)
        _log_to(self._log)
        L.llama_backend_init()
        model_params = L.llama_model_default_params()
        model_params.n_gpu_layers = offload.layers
        self._cards = only(offload.device)
        model_params.devices = ctypes.cast(self._cards, ctypes.c_void_p)
        self._model = L.llama_model_load_from_file(str(path).encode(), model_params)
        if not self._model:
            raise ModelError(
                "llama.cpp cannot load this model.", file=str(path), todo="Add it again, or choose another model."
            )
        if L.llama_model_is_recurrent(self._model) or L.llama_model_is_hybrid(self._model):
            raise ModelError(
                "This model's architecture is recurrent and cannot share one instruction among many texts.",
                file=str(path),
                todo="Choose a transformer model, such as gemma-3-270m.",
            )
        context_tokens = min(context_tokens, L.llama_model_n_ctx_train(self._model))
        batch_tokens = min(batch_tokens, context_tokens)
        params = L.llama_context_default_params()
        params.n_ctx = context_tokens
        params.n_batch = batch_tokens
        # Computed in two halves, a batch of labelling stays in the processor's cache and attends to fewer cells at first:
        # measured 3 to 7 % faster than in one piece, with the very same scores.
        params.n_ubatch = min(batch_tokens, CACHE_BLOCK)
        params.n_seq_max = sequences + 1
        # Without this bound llama.cpp reserves room for the whole vocabulary's logits at every token of a batch.
        params.n_outputs_max = sequences + 1
        params.kv_unified = True
        # A sliding-window cache that forgets would forget the shared prefix.
        params.swa_full = True
        params.n_threads = params.n_threads_batch = threads
        params.flash_attn_type = L.LLAMA_FLASH_ATTN_TYPE_AUTO
        params.abort_callback = self._abort_callback
        params.no_perf = True
        self._ctx = L.llama_init_from_model(self._model, params)
        if not self._ctx:
            raise ModelError(
                f"There is not enough memory for a context of {context_tokens} tokens.",
                file=str(path),
                todo="Close other programs or choose a smaller model.",
            )
        self._vocab = L.llama_model_get_vocab(self._model)
        self._n_vocab = L.llama_vocab_n_tokens(self._vocab)
        self._memory = L.llama_get_memory(self._ctx)
        self._batch = _Batch(batch_tokens, sequences)
        self._scratch: Tokens = np.zeros(1024, dtype=np.int32)
        self._sequences = sequences
        self._context_tokens = L.llama_n_ctx(self._ctx)
        self._threads = threads
        self._offload = offload
        self._path = path
        self._adapters: dict[str, Any] = {}
        self._adapter: str | None = None
        self._owner: object = None
        self._prepared: dict[object, _Prepared] = {}
        self.decoded_tokens = 0
        self.decode_seconds = 0.0

    # -- the protocol

    def abort_when(self, stop: Callable[[], bool]) -> None:
        """Ask `stop` before every operation of a computation; on True the call under way raises `Aborted`."""
        self._stop = stop

    def facts(self) -> dict[str, str | int | float | bool]:
        """What is loaded and how it was set up."""
        description = ctypes.create_string_buffer(256)
        L.llama_model_desc(self._model, description, 256)
        return {
            "model": self._path.name,
            "description": description.value.decode(errors="replace"),
            "threads": self._threads,
            "context_tokens": self._context_tokens,
            "batch_tokens": self._batch.size,
            "sequences": self._sequences,
            "gpu_layers": self._offload.layers,
            "gpu": self._offload.sentence,
            "decoded_tokens": self.decoded_tokens,
            "decode_seconds": self.decode_seconds,
            "system": L.llama_print_system_info().decode(errors="replace"),
        }

    def embed(self, texts: Sequence[str], multilingual: bool) -> Iterator[Scored | None]:
        """A generating model is not used for vectors here; see `embedding`."""
        raise TaskError(f"{self._path.name} writes text and gives no vectors.")

    def label(self, texts: Sequence[str], task: LabelTask) -> Iterator[Scored | None]:
        """Raw label scores, batch by batch, longest texts first (see `backend.pack`).

        Raises:
            TaskError: the task does not fit this model.
            Aborted: told to stop; the batch under way is lost, those before are not.
        """
        yield from self.label_many(texts, [task])

    def label_many(self, texts: Sequence[str], tasks: Sequence[LabelTask]) -> Iterator[Scored | None]:
        """Raw scores under several tasks: prefix and text are decoded once, and each task's suffix is a fork of them.

        Columns are those of the first task, then of the second, and so on.

        Raises:
            TaskError: a task does not fit this model, or the tasks do not share prefix, adapter and longest text.
            Aborted: told to stop; the batch under way is lost, those before are not.
        """
        task = tasks[0]
        if any(_shared(other) != _shared(task) for other in tasks) or len(tasks) > self._sequences:
            raise TaskError(f"Tasks {', '.join(task.name for task in tasks)} cannot be asked together: prompts differ.")
        prepared = [self.prepare(task) for task in tasks]
        prefix, suffixes = prepared[0].prefix, sum(len(one.suffix) for one in prepared)
        budget = min(whole_blocks(len(prefix), self._batch.size), self._context_tokens - len(prefix))
        room = budget - suffixes
        if room < 1:
            raise TaskError(f"Task {task.name}: its prompt is longer than the context of {self._path.name}.")
        keep = min(task.max_text_tokens, room)
        # No token is that long; a text of megabytes must not be tokenised to keep its ends.
        most = 2 * keep * LONGEST_TOKEN
        lines = [both_ends(one_line(both_ends(text, 4 * most)), most) for text in texts]
        bodies: list[Tokens] = []
        for count, line in enumerate(lines, 1):
            self._check()
            tokens = self.tokenize(line, special=False)
            short = tokens if len(tokens) <= keep else np.array(both_ends(tokens.tolist(), keep), dtype=np.int32)
            bodies.append(short)
            if count % STEP_TEXTS == 0:
                yield None
        for group in pack([len(body) + suffixes for body in bodies], lines, budget, self._sequences // len(tasks)):
            yield Scored(group, self._score_group(task, prepared, [bodies[i] for i in group]))

    def tag(self, texts: Sequence[str], task: TagTask) -> Iterator[Scored | None]:
        """Labels at every token of the texts' second copies (see `tagging`), longest texts first.

        Raises:
            TaskError: the task does not fit this model.
            Aborted: told to stop; the group under way is lost, those before are not.
        """
        prefix = self._with_bos(self.tokenize(task.prefix, special=True))
        middle, end = self.tokenize(task.middle, special=True), self.tokenize(task.end, special=True)
        answers = np.array([self.tokenize(answer, special=True)[0] for answer in task.labels.values()])
        if len(set(answers.tolist())) < len(answers):
            raise TaskError(f"Task {task.name}: two labels begin with the same token in this model.")
        budget = min(self._batch.size, self._context_tokens - len(prefix))
        keep = min(task.max_text_tokens, (budget - len(middle) - len(end)) // 2)
        if keep < 1:
            raise TaskError(f"Task {task.name}: its prompt is longer than the context of {self._path.name}.")
        lines = [one_line(text[: keep * LONGEST_TOKEN * 4])[: keep * LONGEST_TOKEN] for text in texts]
        owned: list[Tokens] = []
        for count, line in enumerate(lines, 1):
            self._check()
            owned.append(self.tokenize(line, special=False)[:keep])
            if count % STEP_TEXTS == 0:
                yield None
        lengths = [2 * len(own) + len(middle) + len(end) for own in owned]
        for group in pack(lengths, lines, budget, self._sequences):
            tails = [np.concatenate([owned[i], middle, owned[i], end]) for i in group]
            # Of each tail: the tokens of the second copy and its last token.
            wanted = [np.append(np.arange(len(owned[i])) + len(owned[i]) + len(middle), lengths[i] - 1) for i in group]
            if self._owner != task:
                self._take(task, task.adapter)
                self._decode_sequence(prefix, logits=False)
            rows = self._logits_at(tails, wanted, len(prefix), answers)
            for i, scores in zip(group, rows, strict=True):
                ends = token_ends([self._piece(int(token)) for token in owned[i]])
                yield Scored([i], packed(np.array(ends, dtype=np.int64), scores))

    def generate(self, prompt: str, sampling: Sampling) -> Iterator[str | None]:
        """Write on from `prompt`, piece by piece.

        With a grammar the likeliest token is tried first and the whole vocabulary is filtered only when the grammar
        refuses it, which is what makes a 262,144-word vocabulary bearable.

        Raises:
            TaskError: the grammar does not compile, or the prompt is too long.
            Aborted: told to stop.
        """
        tokens = self._with_bos(self.tokenize(prompt, special=True))
        if len(tokens) + sampling.max_tokens > self._context_tokens:
            raise TaskError(
                f"The prompt has {len(tokens)} tokens; with {sampling.max_tokens} to write it exceeds the context of "
                f"{self._context_tokens}."
            )
        sampler = _Sampler(self._vocab, self._n_vocab, sampling)
        text = _Text(sampling.stop)
        owner = object()
        try:
            for count in range(sampling.max_tokens):
                if self._owner is not owner:
                    # First time, or something more urgent used the cache in between.
                    self._take(owner, sampling.adapter)
                    self._decode_sequence(tokens)
                elif count:
                    self._decode_sequence(tokens[-1:], start=len(tokens) - 1)
                token = sampler.sample(self._logits(1)[0])
                if L.llama_vocab_is_eog(self._vocab, token):
                    break
                tokens = np.append(tokens, np.int32(token))
                yield text.add(self._piece(token))
                if text.stopped:
                    break
            yield text.end()
        finally:
            sampler.close()

    # -- tasks in this model's tokens

    def prepare(self, task: LabelTask) -> _Prepared:
        """Tokenise a task once and check that its labels can be told apart and its seams hold.

        Raises:
            TaskError: naming the label or the seam that fails.
        """
        key = _task_key(task)
        if key in self._prepared:
            return self._prepared[key]
        prefix = self._with_bos(self.tokenize(task.prefix, special=True))
        suffix = self.tokenize(task.suffix, special=True)
        for probe in PROBES:
            whole = self._with_bos(self.tokenize(task.prefix + probe + task.suffix, special=True))
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
        self._prepared[key] = _Prepared(prefix, suffix, answers)
        return self._prepared[key]

    def tokenize(self, text: str, *, special: bool) -> Tokens:
        """Token ids of `text`, without BOS. `special=False` keeps `<eos>` in a customer's text a piece of text."""
        raw = text.encode()
        while True:
            room = len(self._scratch)
            count = L.llama_tokenize(
                self._vocab, raw, len(raw), _pointer(self._scratch, ctypes.c_int32), room, False, special
            )
            if count >= 0:
                return self._scratch[:count].copy()
            self._scratch = np.zeros(-count, dtype=np.int32)

    def _with_bos(self, tokens: Tokens) -> Tokens:
        if not L.llama_vocab_get_add_bos(self._vocab):
            return tokens
        return np.concatenate([np.array([L.llama_vocab_bos(self._vocab)], dtype=np.int32), tokens])

    def _first_token(self, task: LabelTask, suffix: Tokens, answer: str) -> int:
        """The token that begins `answer` when it follows the suffix."""
        together = self.tokenize(task.suffix + answer, special=True)
        if len(together) <= len(suffix) or not np.array_equal(together[: len(suffix)], suffix):
            raise TaskError(f"Task {task.name}: the answer {answer!r} melts into the end of the prompt in this model.")
        return int(together[len(suffix)])

    # -- decoding

    def _score_group(self, task: LabelTask, prepared: list[_Prepared], bodies: list[Tokens]) -> NDArray[np.float64]:
        """Scores of one batch, (texts, labels of all tasks). A text's tokens belong to the sequences of all its tasks."""
        prefix, forks = prepared[0].prefix, len(prepared)
        if self._owner != _shared(task):
            self._take(_shared(task), task.adapter)
            self._decode_sequence(prefix, logits=False)
        parts: list[tuple[Tokens, int, int, int]] = []
        for number, body in enumerate(bodies):
            first = 1 + number * forks
            parts.append((body, len(prefix), first, forks))
            parts += [(one.suffix, len(prefix) + len(body), first + k, 1) for k, one in enumerate(prepared)]
        lengths = np.array([len(part[0]) for part in parts])
        ends = np.cumsum(lengths)
        starts, firsts, counts = (np.array([part[k] for part in parts]) for k in (1, 2, 3))
        is_suffix = np.arange(len(parts)) % (forks + 1) > 0
        sequences = range(1, 1 + len(bodies) * forks)
        for sequence in sequences:
            L.llama_memory_seq_cp(self._memory, 0, sequence, -1, -1)
        self._batch.fill(
            tokens=np.concatenate([part[0] for part in parts]),
            positions=np.arange(ends[-1]) + np.repeat(starts - ends + lengths, lengths),
            sequences=np.repeat(firsts, lengths),
            counts=np.repeat(counts, lengths),
            outputs=ends[is_suffix] - 1,
        )
        code = self._decode()
        if code == 0:
            logits = self._logits(len(sequences))
            scores = [
                _log_sum_exp(logits[k::forks][:, answer]) for k, one in enumerate(prepared) for answer in one.answers
            ]
        for sequence in sequences:
            L.llama_memory_seq_rm(self._memory, sequence, -1, -1)
        if code == 0:
            return np.stack(scores, axis=1)
        if len(bodies) == 1:
            raise TaskError(f"Task {task.name}: one text does not fit into the context of {self._path.name}.")
        half = len(bodies) // 2
        return np.concatenate(
            [self._score_group(task, prepared, bodies[:half]), self._score_group(task, prepared, bodies[half:])]
        )

    def _logits_at(
        self, tails: list[Tokens], wanted: list[NDArray[np.int64]], start: int, answers: NDArray[Any]
    ) -> list[NDArray[np.float32]]:
        """Logits of the tokens `answers` at the positions `wanted` of tails that follow sequence 0, (k, n_answers) each.

        Decodes as many tokens at once as there is room for their logits.
        """
        lengths = np.array([len(tail) for tail in tails])
        begins = np.cumsum(lengths) - lengths
        tokens = np.concatenate(tails)
        positions = start + np.arange(len(tokens)) - np.repeat(begins, lengths)
        sequences = np.repeat(np.arange(1, len(tails) + 1), lengths)
        outputs = np.concatenate([at + begin for at, begin in zip(wanted, begins, strict=True)])
        for sequence in range(1, len(tails) + 1):
            L.llama_memory_seq_cp(self._memory, 0, sequence, -1, -1)
        found: list[NDArray[np.float32]] = []
        room = self._sequences + 1
        cuts = [*(outputs[room - 1 :: room] + 1), len(tokens)]
        for begin, stop in zip([0, *cuts], cuts, strict=False):
            inside = outputs[(outputs >= begin) & (outputs < stop)] - begin
            if stop == begin:
                continue
            chunk = slice(begin, stop)
            self._batch.fill(
                tokens=tokens[chunk], positions=positions[chunk], sequences=sequences[chunk], outputs=inside
            )
            if self._decode() != 0:
                self._forget()
                raise TaskError(f"A text does not fit into the context of {self._path.name}.")
            found.append(self._logits(len(inside))[:, answers])
        for sequence in range(1, len(tails) + 1):
            L.llama_memory_seq_rm(self._memory, sequence, -1, -1)
        return np.split(np.concatenate(found), np.cumsum([len(at) for at in wanted])[:-1])

    def _decode_sequence(self, tokens: Tokens, *, start: int = 0, logits: bool = True) -> None:
        """Decode `tokens` into sequence 0 from position `start`, in chunks; logits at the last token only."""
        for begin in range(0, len(tokens), self._batch.size):
            chunk = tokens[begin : begin + self._batch.size]
            last = logits and begin + len(chunk) == len(tokens)
            self._batch.fill(
                tokens=chunk,
                positions=start + begin + np.arange(len(chunk)),
                sequences=np.zeros(len(chunk), dtype=np.int32),
                outputs=np.array([len(chunk) - 1] if last else [], dtype=np.int64),
            )
            if self._decode() != 0:
                self._forget()
                raise TaskError(f"The prompt does not fit into the context of {self._path.name}.")

    def _decode(self) -> int:
        """Run the filled batch. Returns 0, or 1 when the cache has no room (and is as before).

        Raises:
            Aborted: the abort callback said stop; the cache is cleared.
            BackendBroken: any other code: -1 is a batch that we built wrongly, below that the library is broken.
        """
        self._check()
        started = time.perf_counter()
        code = L.llama_decode(self._ctx, self._batch.struct)
        self.decode_seconds += time.perf_counter() - started
        if code in (0, 1):
            self.decoded_tokens += self._batch.struct.n_tokens
            return int(code)
        self._forget()
        if code == 2:
            raise Aborted
        raise BackendBroken(f"llama_decode returned {code}")

    def _logits(self, rows: int) -> NDArray[np.float32]:
        """The logits of the last decode, (rows, n_vocab): a view that the next decode overwrites."""
        pointer = L.llama_get_logits(self._ctx)
        return np.ctypeslib.as_array(pointer, shape=(rows, self._n_vocab))

    def _take(self, owner: object, adapter: str | None) -> None:
        """Empty the cache for `owner` and apply its adapter."""
        self._forget()
        if adapter != self._adapter:
            self._apply(adapter)
        self._owner = owner

    def _forget(self) -> None:
        L.llama_memory_clear(self._memory, False)
        self._owner = None

    def _apply(self, adapter: str | None) -> None:
        if adapter is None:
            code = L.llama_set_adapters_lora(self._ctx, None, 0, None)
        else:
            if adapter not in self._adapters:
                handle = L.llama_adapter_lora_init(self._model, str(fast_adapter(Path(adapter))).encode())
                if not handle:
                    raise ModelError(f"This adapter does not belong to {self._path.name}.", file=adapter)
                self._adapters[adapter] = handle
            handles = (L.llama_adapter_lora_p_ctypes * 1)(self._adapters[adapter])
            code = L.llama_set_adapters_lora(self._ctx, handles, 1, (ctypes.c_float * 1)(1.0))
        if code != 0:
            raise BackendBroken(f"llama_set_adapters_lora returned {code}")
        self._adapter = adapter

    def _check(self) -> None:
        if self._stop():
            self._forget()
            raise Aborted

    def _on_abort(self, data: object) -> bool:
        return self._stop()

    def _piece(self, token: int) -> bytes:
        buffer = ctypes.create_string_buffer(256)
        count = L.llama_token_to_piece(self._vocab, token, buffer, 256, 0, False)
        return buffer.raw[: max(0, count)]

    def without_abort(self, call: Callable[[], object]) -> None:
        """Run `call` with nobody asking whether to stop: what asking costs can so be measured."""
        L.llama_set_abort_callback(self._ctx, L.ggml_abort_callback(), None)
        try:
            call()
        finally:
            L.llama_set_abort_callback(self._ctx, self._abort_callback, None)

    def close(self) -> None:
        """Free the context and the model; the object is of no use afterwards."""
        if self._ctx:
            L.llama_free(self._ctx)
            L.llama_model_free(self._model)
            self._ctx = None


class _Batch:
    """A llama_batch over our own numpy arrays, filled without a Python loop over tokens."""

    def __init__(self, size: int, sequences: int) -> None:
        self.size = size
        self._token = np.zeros(size, dtype=np.int32)
        self._pos = np.zeros(size, dtype=np.int32)
        self._count = np.ones(size, dtype=np.int32)
        self._output = np.zeros(size, dtype=np.int8)
        # A token's sequences are `count` numbers in a row, so its pointer points into one table of all numbers.
        self._numbers = np.arange(sequences + 1, dtype=np.int32)
        self._pointers = np.zeros(size, dtype=np.uintp)
        self.struct = L.llama_batch(
            n_tokens=0,
            token=_pointer(self._token, ctypes.c_int32),
            embd=None,
            pos=_pointer(self._pos, ctypes.c_int32),
            n_seq_id=_pointer(self._count, ctypes.c_int32),
            seq_id=_pointer(self._pointers, ctypes.POINTER(ctypes.c_int32)),
            logits=_pointer(self._output, ctypes.c_int8),
        )

    def fill(
        self,
        *,
        tokens: Tokens,
        positions: NDArray[Any],
        sequences: NDArray[Any],
        outputs: NDArray[Any],
        counts: NDArray[Any] | int = 1,
    ) -> None:
        """Put in `tokens` (n,) with their positions; logits are wanted at the indices `outputs`.

        Each token belongs to `counts` sequences, beginning with the one in `sequences`.
        """
        count = len(tokens)
        self._token[:count] = tokens
        self._pos[:count] = positions
        self._pointers[:count] = self._numbers.ctypes.data + 4 * np.asarray(sequences, dtype=np.uintp)
        self._count[:count] = counts
        self._output[:count] = 0
        self._output[outputs] = 1
        self.struct.n_tokens = count


class _Sampler:
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
            data=_pointer(candidates, L.llama_token_data), size=len(candidates), selected=-1, sorted=False
        )

    def close(self) -> None:
        """Free the native samplers."""
        L.llama_sampler_free(self._chain)
        if self._grammar:
            L.llama_sampler_free(self._grammar)


class _Text:
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


def _shared(task: LabelTask) -> tuple[object, ...]:
    """What must be alike for tasks to be asked together; also what the cache holds while they are."""
    return (task.prefix, task.adapter, task.max_text_tokens)


def _task_key(task: LabelTask) -> tuple[object, ...]:
    return (task.prefix, task.suffix, tuple(task.labels.items()), task.adapter)


def _log_sum_exp(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """log(sum(exp)) over the last axis of (n, k)."""
    wide = logits.astype(np.float64)
    top = wide.max(axis=1)
    result: NDArray[np.float64] = top + np.log(np.exp(wide - top[:, None]).sum(axis=1))
    return result


def _pointer(array: NDArray[Any], kind: Any) -> Any:
    return array.ctypes.data_as(ctypes.POINTER(kind))
