"""Work: what a desk's run is given.

The store, progress and cancelling, one model process that all desks of a run share and that starts when it is first
asked, and `publish`, which replaces everything a desk derived and found in one transaction: a shop that is killed or
stopped at any moment holds whole analyses only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.desks import ranking
from engine.desks.base import Desk
from engine.desks.reading import TEXTS, key_of, read_all, rows_of, tags_of
from engine.desks.sentences import speaker_of
from engine.findings import Finding
from engine.jobs import JobContext
from engine.store import audit
from engine.store.database import Store
from engine.store.findings import replace_findings
from engine.store.stale import mark_stale
from engine.store.transaction import Rows, Transaction

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sqlite_utils import Database

    from engine.inference.client import ModelClient
    from engine.inference.tagging import Tagged, TagTask
    from engine.inference.task import LabelTask

Keep = Callable[[dict[str, "NDArray[np.float32]"]], None]
WRITTEN_AT_ONCE = 4
"""Prompts answered between two commits."""


class SharedModel:
    """The model process of a run, started when a desk first asks for it. Use as a context manager.

    Args:
        model: a catalogue name, a path to a GGUF file, or None for the default.
        client: a client to use instead of a new one; tests give one.
    """

    def __init__(self, model: str | None = None, client: ModelClient | None = None) -> None:
        self._wanted, self._client = model, client

    @property
    def client(self) -> ModelClient:
        """The client; making it starts nothing yet."""
        if self._client is None:
            from engine.inference.client import ModelClient

            self._client = ModelClient(self._wanted)
        return self._client

    def release(self) -> None:
        """End the process and give its memory back; the next request starts it again."""
        if self._client is not None:
            self._client.close()

    def __enter__(self) -> SharedModel:
        return self

    def __exit__(self, *error: object) -> None:
        self.release()


class Work:
    """One run of one desk.

    Args:
        store: the shop.
        context: progress and cancelling.
        desk: whose run it is.
        model: the model process.
        language: of warnings and of the names of stages.

    Attributes:
        warnings: what the seller should read afterwards.
        asked: how many texts and prompts the model was asked about.
        found: how many findings were published.
        say: speaks out of the desk's catalogue, in the language of whoever runs it.
    """

    def __init__(
        self, store: Store, context: JobContext, desk: Desk, model: SharedModel | None = None, language: str = "en"
    ) -> None:
        self.store, self.context, self.desk = store, context, desk
        self.model = model or SharedModel()
        self.warnings: list[str] = []
        self.asked = 0
        self.found = 0
        self.say = speaker_of(desk, language)

    @property
    def client(self) -> ModelClient:
        """The shared model process, for what `scores`, `tags`, `vectors` and `generate` do not say."""
        return self.model.client

    def warn(self, text: str) -> None:
        """Something the seller should read after the run; the same words are said once."""
        if text not in self.warnings:
            self.warnings.append(text)

    # -- asking the model: cached by content in the shop, portion by portion, so that a stopped run goes on

    def scores(
        self, texts: Iterable[str], task: LabelTask, *, stage: str, keep: Keep | None = None
    ) -> dict[str, NDArray[np.float32]]:
        """Raw label scores, one row of shape (labels,) per distinct text.

        Args:
            stage: what the progress line calls it, in the reader's language.
            keep: called with each portion's new answers.

        Raises:
            Cancelled, ModelError: stopped, or no model; finished portions are stored.
        """
        import numpy as np

        from engine.inference.cache import cache_keys
        from engine.inference.client import adapter_sha

        return self._read(
            texts,
            cache_keys(task, self.client.model_sha, adapter_sha(task)),
            lambda some: list(self.client.scores(some, task, context=self.context)),
            stage,
            rows_of(np.float32),
            keep,
        )

    def tags(self, texts: Iterable[str], task: TagTask, *, stage: str) -> dict[str, Tagged]:
        """Labels at every token of every distinct text. Raises as `scores`."""
        from engine.inference.cache import READING
        from engine.inference.task import one_line

        asked = asdict(replace(task, adapter=None))
        key = key_of(READING, "tags", asked, self.client.model_sha, _sha(task.adapter))
        return self._read(
            texts,
            lambda text: key(one_line(text)),
            lambda some: self.client.tag(some, task, context=self.context),
            stage,
            tags_of(len(task.labels)),
        )

    def vectors(self, texts: Sequence[str], *, multilingual: bool, stage: str) -> NDArray[np.float32]:
        """L2-normalised vectors of shape (len(texts), d), in half precision; English alone has a smaller embedder.

        A warning is left where no embedder for other languages is installed. Raises as `scores`.
        """
        import numpy as np

        embedder = self.client.embedder(multilingual=multilingual)
        if embedder.warning:
            self.warn(embedder.warning)
        answers = self._read(
            texts,
            lambda text: blake2b(f"{embedder.key}\0{text}".encode(), digest_size=16).digest(),
            lambda some: list(self.client.embed(some, multilingual=multilingual, context=self.context)),
            stage,
            rows_of(np.float16),
        )
        return np.stack([answers[text] for text in texts])

    def generate(self, prompts: Sequence[str], *, stage: str, **sampling: Any) -> list[str]:
        """What the model writes on from each prompt, in order; `sampling` is that of `ModelClient.generate`.

        Only seeded or greedy decoding is asked for, so that the same prompt has the same answer. Raises as `scores`.
        """
        asked = {name: value for name, value in sorted(sampling.items()) if name != "adapter"}
        key = key_of("generate", asked, self.client.model_sha, _sha(sampling.get("adapter")))

        def write(some: Sequence[str]) -> list[str]:
            return [
                "".join(self.client.generate(prompt, context=self.context, interactive=False, **sampling))
                for prompt in some
            ]

        answers = self._read(prompts, key, write, stage, TEXTS, portion=WRITTEN_AT_ONCE)
        return [answers[prompt] for prompt in prompts]

    def _read(
        self,
        texts: Iterable[str],
        key: Callable[[str], bytes],
        ask: Callable[[Sequence[str]], Sequence[Any]],
        stage: str,
        kept: Any,
        keep: Any = None,
        **options: int,
    ) -> dict[str, Any]:
        unit = self.say._("texts")
        answers, asked = read_all(
            self.store, texts, key, ask, self.context, stage, kept=kept, keep=keep, unit=unit, **options
        )
        self.asked += asked
        for warning in self.client.warnings:
            self.warn(warning)
        return answers

    # -- saying what was found

    def publish(
        self,
        findings: Sequence[Finding] | Callable[[Rows], Sequence[Finding]],
        *,
        scope: str = "",
        derive: Callable[[Database], None] | None = None,
        quiet: Sequence[float] | Callable[[], Sequence[float]] = (),
    ) -> None:
        """Replace what this desk derived and found, in one transaction, and settle what is shown first over all desks.

        Args:
            findings: the desk's findings, or a function that finds them by asking the transaction: it sees what `derive`
                wrote, and no import can come between.
            scope: the part of the desk's findings that these replace; findings of other scopes stay.
            derive: writes the desk's derived rows.
            quiet: raw p-values of what was tested and is no finding, which the correction has to count (asked after
                `findings` when it is a function).

        Raises:
            Cancelled: stopped while finding; nothing was changed.
        """
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        with self.store.write() as db:
            if derive is not None:
                derive(db)
            found = list(findings(Transaction(db)) if callable(findings) else findings)
            tested = list(quiet() if callable(quiet) else quiet)
            replace_findings(db, self.desk.name, found, moment, scope=scope, quiet=tested)
            mark_stale(db, but=(self.desk.name, scope))
            ranking.settle(db)
            detail = {"desk": self.desk.name, "read": self.asked, "findings": len(found)}
            audit.record(db, "analyze", detail | ({"scope": scope} if scope else {}), moment)
        self.found += len(found)


def _sha(adapter: str | None) -> str:
    """SHA-256 of an adapter file, "" without one: part of every cache key."""
    from engine.inference.files import file_hash

    return file_hash(Path(adapter)) if adapter else ""
