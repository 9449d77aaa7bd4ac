"""llama.cpp behind the `Backend` protocol, through its low-level interface.

Labelling decodes a task's prefix once into sequence 0 and lets every text's sequence share those cells (unified KV
cache). A batch is one `llama_decode` over many suffixes with logits asked for only at each suffix's last token.

Who owns the KV cache is always known (`_owner`): a task's prefix, a generation, or nobody. Turning from one to another
clears the cache, so that a batch computes the same numbers whatever ran before it.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Iterator, Sequence
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
from engine.inference.llama_batch import Batch
from engine.inference.llama_vocabulary import Prepared, Tokens, Vocabulary
from engine.inference.llama_writing import Sampler, Writing
from engine.inference.tagging import TagTask, packed, token_ends
from engine.inference.task import LabelTask, TaskError, both_ends, one_line

LONGEST_TOKEN = 32
"""Characters."""


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
        path: the model file; it has been checked already (`facts.describe`).
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
        self._cards = only(offload.device)
        self._model = self._load(path, offload)
        self._ctx = self._make_context(path, threads, context_tokens, batch_tokens, sequences)
        self.vocabulary = Vocabulary(self._model)
        self._memory = L.llama_get_memory(self._ctx)
        self._batch = Batch(min(batch_tokens, L.llama_n_batch(self._ctx)), sequences)
        self._sequences = sequences
        self._context_tokens = L.llama_n_ctx(self._ctx)
        self._threads = threads
        self._offload = offload
        self._path = path
        self._adapters: dict[str, Any] = {}
        self._adapter: str | None = None
        self._owner: object = None
        self.decoded_tokens = 0
        self.decode_seconds = 0.0

    def _load(self, path: Path, offload: Offload) -> Any:
        """The model, its layers on the card that was planned."""
        params = L.llama_model_default_params()
        params.n_gpu_layers = offload.layers
        params.devices = ctypes.cast(self._cards, ctypes.c_void_p)
        model = L.llama_model_load_from_file(str(path).encode(), params)
        if not model:
            raise ModelError(
                "llama.cpp cannot load this model.", file=str(path), todo="Add it again, or choose another model."
            )
        if L.llama_model_is_recurrent(model) or L.llama_model_is_hybrid(model):
            raise ModelError(
                "This model's architecture is recurrent and cannot share one instruction among many texts.",
                file=str(path),
                todo="Choose a transformer model, such as gemma-3-270m.",
            )
        return model

    def _make_context(self, path: Path, threads: int, context_tokens: int, batch_tokens: int, sequences: int) -> Any:
        """A context of at most what the model was trained for, with room for a batch of labelling."""
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
        context = L.llama_init_from_model(self._model, params)
        if not context:
            raise ModelError(
                f"There is not enough memory for a context of {context_tokens} tokens.",
                file=str(path),
                todo="Close other programs or choose a smaller model.",
            )
        return context

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
        prepared = self.vocabulary.prepare(task)
        prefix, suffix = len(prepared.prefix), len(prepared.suffix)
        budget = min(whole_blocks(prefix, self._batch.size), self._context_tokens - prefix)
        room = budget - suffix
        if room < 1:
            raise TaskError(f"Task {task.name}: its prompt is longer than the context of {self._path.name}.")
        keep = min(task.max_text_tokens, room)
        # No token is that long; a text of megabytes must not be tokenised to keep its ends.
        most = 2 * keep * LONGEST_TOKEN
        lines = [both_ends(one_line(both_ends(text, 4 * most)), most) for text in texts]
        bodies: list[Tokens] = []
        for count, line in enumerate(lines, 1):
            self._check()
            tokens = self.vocabulary.tokenize(line, special=False)
            short = tokens if len(tokens) <= keep else np.array(both_ends(tokens.tolist(), keep), dtype=np.int32)
            bodies.append(short)
            if count % STEP_TEXTS == 0:
                yield None
        for group in pack([len(body) + suffix for body in bodies], lines, budget, self._sequences):
            yield Scored(group, self._score_group(task, prepared, [bodies[i] for i in group]))

    def tag(self, texts: Sequence[str], task: TagTask) -> Iterator[Scored | None]:
        """Labels at every token of the texts' second copies (see `tagging`), longest texts first.

        Raises:
            TaskError: the task does not fit this model.
            Aborted: told to stop; the group under way is lost, those before are not.
        """
        prefix = self.vocabulary.with_bos(self.vocabulary.tokenize(task.prefix, special=True))
        middle, end = (
            self.vocabulary.tokenize(task.middle, special=True),
            self.vocabulary.tokenize(task.end, special=True),
        )
        answers = np.array([self.vocabulary.tokenize(answer, special=True)[0] for answer in task.labels.values()])
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
            owned.append(self.vocabulary.tokenize(line, special=False)[:keep])
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
                ends = token_ends([self.vocabulary.piece(int(token)) for token in owned[i]])
                yield Scored([i], packed(np.array(ends, dtype=np.int64), scores))

    def generate(self, prompt: str, sampling: Sampling) -> Iterator[str | None]:
        """Write on from `prompt`, piece by piece.

        With a grammar the likeliest token is tried first and the whole vocabulary is filtered only when the grammar
        refuses it, which is what makes a 262,144-word vocabulary bearable.

        Raises:
            TaskError: the grammar does not compile, or the prompt is too long.
            Aborted: told to stop.
        """
        tokens = self.vocabulary.with_bos(self.vocabulary.tokenize(prompt, special=True))
        if len(tokens) + sampling.max_tokens > self._context_tokens:
            raise TaskError(
                f"The prompt has {len(tokens)} tokens; with {sampling.max_tokens} to write it exceeds the context of "
                f"{self._context_tokens}."
            )
        sampler = Sampler(self.vocabulary.handle, self.vocabulary.size, sampling)
        text = Writing(sampling.stop)
        owner = object()
        try:
            for count in range(sampling.max_tokens):
                if self._owner is not owner:
                    # First time, or something more urgent used the cache in between.
                    self._take(owner, sampling.adapter)
                    self._decode_sequence(tokens)
                elif count:
                    self._decode_sequence(tokens[-1:], start=len(tokens) - 1)
                logits = self._logits(1)[0]
                if not np.isfinite(logits).all():
                    raise ModelError(
                        "The model gave answers that are no numbers, so its file is damaged.",
                        file=str(self._path),
                        todo="Remove it, then install or add it anew.",
                    )
                token = sampler.sample(logits)
                if self.vocabulary.is_end(token):
                    break
                tokens = np.append(tokens, np.int32(token))
                yield text.add(self.vocabulary.piece(token))
                if text.stopped:
                    break
            yield text.end()
        finally:
            sampler.close()

    # -- decoding

    def _score_group(self, task: LabelTask, prepared: Prepared, bodies: list[Tokens]) -> NDArray[np.float64]:
        """Scores of one batch, (texts, labels); a batch that finds no room in the cache is read in halves."""
        prefix = prepared.prefix
        if self._owner != _prompt(task):
            self._take(_prompt(task), task.adapter)
            self._decode_sequence(prefix, logits=False)
        tails = [np.concatenate([body, prepared.suffix]) for body in bodies]
        lengths = np.array([len(tail) for tail in tails])
        ends = np.cumsum(lengths)
        sequences = range(1, 1 + len(bodies))
        for sequence in sequences:
            L.llama_memory_seq_cp(self._memory, 0, sequence, -1, -1)
        self._batch.fill(
            tokens=np.concatenate(tails),
            positions=len(prefix) + np.arange(ends[-1]) - np.repeat(ends - lengths, lengths),
            sequences=np.repeat(sequences, lengths),
            outputs=ends - 1,
        )
        code = self._decode()
        if code == 0:
            logits = self._logits(len(bodies))
            scores = [_log_sum_exp(logits[:, answer]) for answer in prepared.answers]
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
        return np.ctypeslib.as_array(pointer, shape=(rows, self.vocabulary.size))

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


def _prompt(task: LabelTask) -> tuple[object, ...]:
    """What the cache holds while a task is asked."""
    return (task.prefix, task.adapter, task.max_text_tokens)


def _log_sum_exp(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """log(sum(exp)) over the last axis of (n, k)."""
    wide = logits.astype(np.float64)
    top = wide.max(axis=1)
    result: NDArray[np.float64] = top + np.log(np.exp(wide - top[:, None]).sum(axis=1))
    return result
