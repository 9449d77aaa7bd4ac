"""What this machine does in a second: `python -m engine.inference.bench [FILE.jsonl]`, one row a figure.

Labelling is measured the way the program does it, through the model process, next to the ways it replaces: a loop over
llama-cpp-python's chat completion, plain and with a JSON schema, and over completion with a grammar. Those, and the bare
decode loop, run in a child process, because nothing here may load llama.cpp.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import Cancelled
from engine.inference.chat_template import ChatFormat
from engine.inference.child import child_environment
from engine.inference.client import ModelClient
from engine.inference.doctor import remember_rates
from engine.inference.machine import model_threads, process_memory
from engine.inference.task import LabelTask
from engine.inference.trial import trial_task
from engine.jobs import JobContext

if TYPE_CHECKING:
    from engine.inference.llama import LlamaBackend

TEXTS = 200
SLOW_TEXTS = 12
"""The ways that are compared with are several times slower, so they get fewer texts."""

CANCELS = 50
REPEATS = 2

Row = dict[str, Any]

RATE_TEXTS = 48
WRITTEN_TOKENS = 32

_REMEMBERED = ("labelling, batched", "generation", "prompt while labelling")

_INSTRUCTION = "Texts by customers and whether they are positive, neutral or negative."
_EXAMPLES = [
    ("Love it, works perfectly and arrived early.", "positive"),
    ("质量太差，用了两天就坏了。", "negative"),
    ("It is okay, nothing special for the price.", "neutral"),
    ("Broke after a week and the seller never answered.", "negative"),
]
_LABELS = ("negative", "neutral", "positive")
_SHOWN = "".join(f"Text:\n{text}\nSentiment: {label}\n\n" for text, label in _EXAMPLES)

TASK = LabelTask(
    name="bench",
    version="1",
    prefix=f"{_INSTRUCTION}\n\n{_SHOWN}Text:\n",
    suffix="\nSentiment:",
    labels={name: (f" {name}", f" {name.capitalize()}") for name in _LABELS},
)


_WORDS = (
    *("the", "battery", "screen", "lamp", "arrived", "late", "early", "broken", "fine", "works", "well", "cheap", "as"),
    *(
        "shown",
        "box",
        "seller",
        "answered",
        "never",
        "again",
        "happy",
        "sad",
        "would",
        "buy",
        "one",
        "for",
        "my",
        "and",
    ),
    *("mother", "it", "is", "not", "what", "I", "wanted", "but", "okay", "very", "good"),
)


@dataclass(frozen=True)
class Rates:
    """What a model does in a second on this machine, and the memory of its process in MB."""

    prompt_tokens: float
    generated_tokens: float
    texts: float
    memory_mb: float

    def better(self, other: Rates) -> Rates:
        """The better of two measurements, figure by figure: other programs only ever slow things down."""
        return Rates(
            max(self.prompt_tokens, other.prompt_tokens),
            max(self.generated_tokens, other.generated_tokens),
            max(self.texts, other.texts),
            min(self.memory_mb, other.memory_mb),
        )


def rates(client: ModelClient, chat: ChatFormat | None = None) -> Rates:
    """Measure a model for some seconds, through the model process as the program uses it, and remember it for `doctor`.

    Args:
        client: with the model to measure.
        chat: the model's chat format, which the texts are asked in.
    """
    task, texts = trial_task(chat), sample_texts(RATE_TEXTS)
    client.scores(texts[:1], task)

    def decoded() -> int:
        return int(client.facts()["decoded_tokens"])

    before = decoded()
    seconds = _timed(lambda: client.scores(texts, task))
    read = decoded() - before
    prompt = "The parcel" if chat is None else chat.wrap("", "Tell a long story about a parcel.")
    list(client.generate(prompt, max_tokens=1))
    first = _timed(lambda: list(client.generate(prompt, max_tokens=1)))
    before = decoded()
    list(client.generate(prompt, max_tokens=1))
    beginning, before = decoded() - before, decoded()
    whole = _timed(lambda: list(client.generate(prompt, max_tokens=WRITTEN_TOKENS)))
    written = max(1, decoded() - before - beginning)
    found = Rates(
        prompt_tokens=round(read / seconds, 1),
        generated_tokens=round(written / max(whole - first, 1e-3), 1),
        texts=round(len(texts) / seconds, 2),
        memory_mb=round(process_memory(client.pid) / 2**20),
    )
    remember_rates(client.model_sha, {"name": client.model.name, **asdict(found)})
    return found


def sample_texts(count: int = TEXTS) -> list[str]:
    """Made-up customer texts, 5 to about 120 words long like real ones, the same at every call."""
    chance = random.Random(7)
    lengths = [min(120, 5 + int(chance.expovariate(1 / 30))) for _ in range(count)]
    return [" ".join(chance.choices(_WORDS, k=length)) + "." for length in lengths]


def run_bench(
    texts: Sequence[str] | None = None,
    *,
    model: str | Path | None = None,
    on_row: Callable[[Row], None] = lambda row: None,
) -> list[Row]:
    """Measure and return rows of `name`, `value`, `unit` and `note`; takes some minutes.

    Args:
        texts: what to label and embed, at best real texts; made-up ones otherwise.
        model: as for `ModelClient`.
        on_row: called with each row as soon as it is measured.
    """
    rows: list[Row] = []

    def keep(*more: Row) -> None:
        for row in more:
            rows.append(row)
            on_row(row)

    chosen = list(texts or sample_texts())[:TEXTS]
    with ModelClient(model) as client:
        client.facts()
        keep(_labelling(client, chosen))
        keep(_generation(client))
        keep(_memory(client, "model process, labelling"))
        keep(*_cancelling(client, chosen))
        keep(*_embedding(client, chosen))
        keep(_memory(client, "model process with both embedders"))
        path, sha = client.model.path, client.model_sha
    keep(*_compared(path, chosen))
    by_name = {row["name"]: row["value"] for row in rows}
    remember_rates(sha, {"name": path.stem, **{name: by_name[name] for name in _REMEMBERED}})
    return rows


def _row(name: str, value: float, unit: str, note: str = "") -> Row:
    return {"name": name, "value": round(value, 3), "unit": unit, "note": note}


def _timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _labelling(client: ModelClient, texts: list[str]) -> Row:
    client.label(texts[:1], TASK)
    seconds = min(_timed(lambda: client.label(texts, TASK)) for _ in range(REPEATS))
    return _row("labelling, batched", len(texts) / seconds, "texts/s", f"best of {REPEATS} over {len(texts)} texts")


def _generation(client: ModelClient) -> Row:
    started = time.perf_counter()
    tokens = sum(1 for _ in client.generate("The parcel", max_tokens=64))
    return _row("generation", tokens / (time.perf_counter() - started), "tokens/s")


def _memory(client: ModelClient, name: str) -> Row:
    return _row(f"memory of the {name}", process_memory(client.pid) / 2**20, "MB")


def _embedding(client: ModelClient, texts: list[str]) -> list[Row]:
    rows = []
    for multilingual in (True, False):
        name = client.embedder(multilingual=multilingual).name
        embed = partial(client.embed, multilingual=multilingual)
        loading = _timed(partial(embed, ["warm"]))
        seconds = _timed(partial(embed, texts))
        rows.append(_row(f"embedding, {name}", len(texts) / seconds, "texts/s", f"loaded in {loading:.1f} s"))
    return rows


def _cancelling(client: ModelClient, texts: list[str]) -> list[Row]:
    """From the cancel to the exception, at random moments of labelling."""
    chance = random.Random(11)
    work = [f"{text} {i}" for i, text in enumerate(texts * 5)]
    delays: list[float] = []
    for _ in range(CANCELS):
        context = JobContext()
        asked: list[float] = []
        timer = threading.Timer(0.05 + chance.random(), _stop, [context, asked])
        timer.start()
        try:
            client.scores(work, TASK, context=context)
        except Cancelled:
            delays.append(time.perf_counter() - asked[0])
        timer.cancel()
    delays.sort()
    note = f"{len(delays)} random moments, longest {delays[-1]:.3f} s"
    return [_row("cancel, 95th percentile", delays[int(0.95 * (len(delays) - 1))], "s", note)]


def _stop(context: JobContext, asked: list[float]) -> None:
    asked.append(time.perf_counter())
    context.cancel.cancel()


def _compared(path: Path, texts: list[str]) -> list[Row]:
    """Run the measurements that load llama.cpp here, in a child process."""
    command = [sys.executable, "-m", "engine.inference.bench", "--child", str(path)]
    done = subprocess.run(
        command, input=json.dumps(texts).encode(), capture_output=True, check=True, env=child_environment()
    )
    rows: list[Row] = json.loads(done.stdout)
    return rows


def _child(path: Path, texts: list[str]) -> list[Row]:
    from engine.inference.llama import LlamaBackend

    backend = LlamaBackend(path, threads=model_threads())
    list(backend.label(texts[:1], TASK))
    return [*_against_bare_decode(backend, texts), *_against_loops(backend, path, texts)]


def _in_turn(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """Seconds of two ways, run in turn so that whatever else this machine does burdens both alike."""
    pairs = [(_timed(first), _timed(second)) for _ in range(REPEATS)]
    return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)


def _against_bare_decode(backend: LlamaBackend, texts: list[str]) -> list[Row]:
    """Tokens a second of labelling, and of nothing but `llama_decode` on the very same batches without callbacks."""
    import llama_cpp

    decode = llama_cpp.llama_decode
    spent = [0.0]

    def stopwatch(context: Any, batch: Any) -> int:
        started = time.perf_counter()
        code: int = decode(context, batch)
        spent[0] += time.perf_counter() - started
        return code

    def label() -> None:
        list(backend.label(texts, TASK))

    def bare() -> None:
        llama_cpp.llama_decode = stopwatch
        backend.without_abort(label)
        llama_cpp.llama_decode = decode

    backend.decoded_tokens = 0
    labelling, _ = _in_turn(label, bare)
    tokens = backend.decoded_tokens / 2
    return [
        _row("prompt while labelling", tokens / labelling, "tokens/s"),
        _row("bare llama_decode on the same batches", tokens / spent[0], "tokens/s"),
        _row("labelling against bare decode", spent[0] / labelling, "share"),
    ]


def _against_loops(backend: LlamaBackend, path: Path, texts: list[str]) -> list[Row]:
    """The loops that batched labelling replaces, through llama-cpp-python's own `Llama`, in turn with it."""
    from llama_cpp import Llama, LlamaGrammar

    llama = Llama(str(path), n_ctx=2048, n_threads=model_threads(), n_threads_batch=model_threads(), verbose=False)
    system = f"{_INSTRUCTION}\n\n{_SHOWN}"
    schema = {
        "type": "object",
        "properties": {"sentiment": {"type": "string", "enum": list(_LABELS)}},
        "required": ["sentiment"],
        "additionalProperties": False,
    }
    grammar = LlamaGrammar.from_string("root ::= " + " | ".join(f'" {name}"' for name in _LABELS), verbose=False)

    def chat(text: str, **how: Any) -> None:
        messages = [{"role": "system", "content": system}, {"role": "user", "content": f"{text}\nSentiment:"}]
        llama.create_chat_completion(messages=messages, temperature=0, **how)

    def complete(text: str) -> None:
        llama.create_completion(TASK.prefix + text + TASK.suffix, temperature=0, max_tokens=3, grammar=grammar)

    ways: dict[str, Callable[[str], None]] = {
        "chat completion": lambda text: chat(text, max_tokens=4),
        "chat completion with JSON schema": lambda text: chat(
            text, max_tokens=24, response_format={"type": "json_object", "schema": schema}
        ),
        "completion with grammar": complete,
    }
    rows = []
    batched = texts[: len(texts) // 2]
    looped = batched[:: max(1, len(batched) // SLOW_TEXTS)]
    for name, ask in ways.items():
        ask(texts[0])
        quick, slow = _in_turn(lambda: list(backend.label(batched, TASK)), partial(_each, ask, looped))
        rate, loop_rate = REPEATS * len(batched) / quick, REPEATS * len(looped) / slow
        rows.append(_row(name, loop_rate, "texts/s", f"a loop over {len(looped)} texts"))
        rows.append(_row(f"batched labelling against {name}", rate / loop_rate, "times", "run in turn"))
    return rows


def _each(ask: Callable[[str], None], texts: list[str]) -> None:
    for text in texts:
        ask(text)


def main(arguments: list[str]) -> None:
    """Print one JSON line a figure; texts come from the `text` of a JSON Lines file, if one is given."""
    if arguments[:1] == ["--child"]:
        texts = json.loads(sys.stdin.read())
        rows = _child(Path(arguments[1]), texts)
        print(json.dumps(rows))
        return
    chosen = None
    if arguments:
        lines = Path(arguments[0]).read_text(encoding="utf-8").splitlines()
        step = max(1, len(lines) // TEXTS)
        chosen = [json.loads(line)["text"] for line in lines[::step] if line.strip()]
    run_bench(chosen, on_row=lambda row: print(json.dumps(row, ensure_ascii=False), flush=True))


if __name__ == "__main__":
    main(sys.argv[1:])
