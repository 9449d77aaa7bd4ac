"""Rewrites a model in the quantisations that have fast kernels here, measures each, and keeps the best.

Q4_0 and Q8_0 have kernels that repack the weights for wide vector units; which of them wins, and what it costs in right
answers, depends on model and processor. So both are made and measured on this machine, next to the file as it came.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.errors import ModelError
from engine.inference.bench import Rates, rates
from engine.inference.catalogue import catalogue
from engine.inference.chat_template import ChatFormat
from engine.inference.client import ModelClient
from engine.inference.facts import describe
from engine.inference.files import file_hash, is_sealed, prepared_path, read_card, seal_path, write_card
from engine.inference.models import original_file, prepare_file
from engine.inference.trial import try_model
from engine.paths import models_dir

KINDS = ("Q4_0", "Q8_0")
ROUNDS = 2
"""Every file is measured so often, in turn, and its best rate counts: whatever else this machine does slows all alike."""

MOST_LOST = 2
"""So many right answers of the small trial a faster file may lose."""

Log = Callable[[str], None]


@dataclass(frozen=True)
class Candidate:
    """A file of a model and what was measured with it.

    `right` of `texts` simple texts were read right; `agreement` is the share read as the file that came reads them.
    """

    quantisation: str
    path: str
    size: int
    rates: Rates
    right: int
    texts: int
    agreement: float
    chosen: bool = False


def prepare_model(name: str, *, log: Log = lambda line: None) -> list[Candidate]:
    """Make, measure and compare; the best is used from now on, the others are deleted.

    A model of the installation stays in the quantisation that its adapters were trained on; it is only measured.

    Raises:
        ModelError: no such model, or one that cannot be rewritten.
    """
    card = read_card(name)
    entry = next((entry for entry in catalogue() if entry.name == name), None)
    if card is not None:
        source, chat = models_dir() / str(card["file"]), _chat(card.get("chat"))
    elif entry is not None:
        source, chat = original_file(entry, log), None
    else:
        raise ModelError(f"There is no model called {name} here.", todo="`backroom models` lists those that are.")
    came = describe(source).quantisation
    files = {came: source}
    for kind in KINDS:
        if kind != came:
            files[kind] = prepared_path(name, kind)
            if not is_sealed(files[kind]):
                log(f"Writing {files[kind].name} ...")
                prepare_file(source, files[kind], kind)
    measured = _measure(files, chat, log)
    fixed = entry.prepare if entry is not None and card is None else None
    best = _best(measured, came) if fixed is None else fixed
    for kind, path in files.items():
        if kind not in (came, best):
            path.unlink(missing_ok=True)
            seal_path(path).unlink(missing_ok=True)
    if card is not None:
        chosen = None if best == came else {"file": files[best].name, "quantisation": best}
        if chosen is not None:
            chosen["sha256"] = file_hash(files[best])
        write_card({**card, "prepared": chosen})
    return [Candidate(**{**asdict(one), "rates": one.rates, "chosen": one.quantisation == best}) for one in measured]


def _chat(stored: dict[str, str] | None) -> ChatFormat | None:
    return None if stored is None else ChatFormat(**stored)


def _measure(files: dict[str, Path], chat: ChatFormat | None, log: Log) -> list[Candidate]:
    best: dict[str, Rates] = {}
    trials = {}
    for _ in range(ROUNDS):
        for kind, path in files.items():
            log(f"Measuring {kind} ...")
            with ModelClient(path) as client:
                if kind not in trials:
                    trials[kind] = try_model(client, chat)
                now = rates(client, chat)
            best[kind] = now if kind not in best else best[kind].better(now)
    came = next(iter(trials.values()))["best"]
    return [
        Candidate(
            quantisation=kind,
            path=str(path),
            size=path.stat().st_size,
            rates=best[kind],
            right=trials[kind]["right"],
            texts=trials[kind]["texts"],
            agreement=round(float((trials[kind]["best"] == came).mean()), 3),
        )
        for kind, path in files.items()
    ]


def _best(measured: list[Candidate], came: str) -> str:
    """The fastest reader among those that lose at most `MOST_LOST` right answers."""
    before = next(one.right for one in measured if one.quantisation == came)
    good = [one for one in measured if one.right >= before - MOST_LOST]
    return max(good, key=lambda one: one.rates.prompt_tokens).quantisation
