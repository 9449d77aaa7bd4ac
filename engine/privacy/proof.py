"""Showing, not promising, that nothing can leave: every way out is tried in every process, against a witness.

The witness runs outside of the guard on this same machine (`witness.py`). What it could do itself, and what came in to it
from behind the guard, decide each try:

- kept in: outside of the guard this way is open on this machine, and from inside nothing came through;
- GOT OUT: it went through;
- not tried here: outside of the guard it does not work on this machine either, so a refusal would show nothing.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from engine import __version__, offline
from engine.errors import BackroomError, ModelError
from engine.inference.child import child_environment
from engine.offline.attempts import NOT_HERE, WENT_OUT, Witness, attempt_all, path_of

KEPT_IN, GOT_OUT, NOT_TRIED = "kept in", "GOT OUT", "not tried here"

Outcomes = Mapping[str, Sequence[str]]

PROGRAM, WORKBOOKS, TEMPLATES, MODEL = (
    "this program",
    "the process that reads files",
    "the process that reads chat templates",
    "the model process",
)
_CHILDREN = {WORKBOOKS: "engine.importing.binary", TEMPLATES: "engine.inference.chat_template"}


@dataclass(frozen=True)
class Try:
    """One way out, tried in one process: the answer (one of the three) and what was seen."""

    process: str
    attempt: str
    answer: str
    detail: str


def summon() -> subprocess.Popen[str]:
    """Start the witness; it has to be done before the guard stands, since nothing that starts behind it can connect."""
    return subprocess.Popen(
        [sys.executable, "-m", "engine.privacy.witness"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=child_environment(),
        text=True,
        encoding="utf-8",
    )


def prove(witness: subprocess.Popen[str]) -> list[Try]:
    """Try every way out of every process of this program.

    Args:
        witness: from `summon`; ended here.

    Raises:
        BackroomError: the witness did not come.
    """
    assert witness.stdin is not None and witness.stdout is not None
    with witness:
        first = witness.stdout.readline()
        if not first:
            raise BackroomError("The process that watches for what gets out did not start.", todo="Try again.")
        told = json.loads(first)
        target, control = Witness(**told["witness"]), told["control"]
        offline.forbid_network()
        found: dict[str, Outcomes | str] = {PROGRAM: attempt_all(replace(target, tag=PROGRAM.replace(" ", "-")))}
        for process, module in _CHILDREN.items():
            found[process] = _in_child(module, replace(target, tag=process.replace(" ", "-")))
        found[MODEL] = _in_model_process(replace(target, tag=MODEL.replace(" ", "-")))
        witness.stdin.write("arrived\n")
        witness.stdin.flush()
        arrived = json.loads(witness.stdout.readline())["arrived"]
        witness.stdin.close()
    return [
        one for process, outcomes in found.items() for one in judged(process, outcomes, control, arrived, target.tag)
    ]


def judged(
    process: str, outcomes: Outcomes | str, control: Outcomes, arrived: Sequence[str], control_tag: str
) -> list[Try]:
    """The answers of one process.

    Args:
        process: its name. outcomes: what `attempt_all` said in it, or why it could not be asked.
        control: what `attempt_all` said outside of the guard. arrived: the first lines of all that the witness heard.
        control_tag: what the messages of the control carry.
    """
    if isinstance(outcomes, str):
        return [Try(process, "any of the ways", NOT_TRIED, outcomes)]
    tries = []
    for attempt, (outcome, detail) in outcomes.items():
        heard = any(path_of(process.replace(" ", "-"), attempt) in line for line in arrived)
        open_here = control[attempt][0] == WENT_OUT or any(path_of(control_tag, attempt) in line for line in arrived)
        if outcome == WENT_OUT or heard:
            tries.append(Try(process, attempt, GOT_OUT, "the witness heard it" if heard else detail))
        elif outcome == NOT_HERE:
            tries.append(Try(process, attempt, NOT_TRIED, detail))
        elif not open_here:
            tries.append(
                Try(process, attempt, NOT_TRIED, f"it fails outside of the guard as well ({control[attempt][1]})")
            )
        else:
            tries.append(Try(process, attempt, KEPT_IN, detail))
    return tries


def _in_child(module: str, target: Witness) -> Outcomes | str:
    command = [sys.executable, "-m", module, "prove", json.dumps(asdict(target))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=child_environment())
    try:
        outcomes: Outcomes = json.loads(done.stdout)
    except ValueError:
        return f"it ended with {done.returncode}: {done.stderr.strip()[-160:]}"
    return outcomes


def _in_model_process(target: Witness) -> Outcomes | str:
    from engine.inference.client import ModelClient

    try:
        with ModelClient() as client:
            return client.prove(target)
    except ModelError as error:
        return f"it does not run: {error.message()}"


def report(tries: Sequence[Try]) -> str:
    """The proof as a page that can be handed on (Markdown): no path, no name, nothing of a shop."""
    counts = Counter(one.answer for one in tries)
    why_not = offline.state().kernel
    lines = [
        "# What can leave: tried, not promised",
        "",
        f"Backroom {__version__} on {platform.system()} {platform.release()} ({platform.machine()}), "
        f"Python {platform.python_version()}, {time.strftime('%Y-%m-%d %H:%M %z')}.",
        "",
        f"- {KEPT_IN}: {counts[KEPT_IN]}",
        f"- {GOT_OUT}: {counts[GOT_OUT]}",
        f"- {NOT_TRIED}: {counts[NOT_TRIED]}",
        "",
        "The kernel refuses sockets to Backroom and all that it starts (seccomp)."
        if not why_not
        else f"The kernel does not help here: {why_not}. Python's own calls are refused all the same.",
        "",
        "A process outside of the guard listened on this machine, tried each way itself first, and noted who came through. "
        "A way that is closed outside of the guard as well counts as not tried.",
        "",
        "| process | way | answer | seen |",
        "|---|---|---|---|",
        *(f"| {one.process} | {one.attempt} | {one.answer} | {one.detail.replace('|', '/')} |" for one in tries),
    ]
    return "\n".join(lines) + "\n"


def record(one: Try) -> dict[str, Any]:
    """A try as JSON; `refused` says whether it was kept in."""
    return {**asdict(one), "refused": one.answer == KEPT_IN}


def write(tries: Sequence[Try], target: Path) -> None:
    """Write the report: JSON Lines where the name ends in .json or .jsonl, else Markdown.

    Raises:
        BackroomError: the file cannot be written.
    """
    text = report(tries)
    if target.suffix in (".json", ".jsonl"):
        text = "".join(json.dumps(record(one), ensure_ascii=False) + "\n" for one in tries)
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BackroomError(f"The report cannot be written ({error.strerror}).", file=str(target)) from error
