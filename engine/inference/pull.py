"""Fetches a model of the catalogue from the hub: the only thing in Backroom that opens a socket.

It happens in a process of its own (`transfer.py`); the program that asks for it stays behind the offline guard, checks
what came and gives it its name.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import Cancelled, ModelError
from engine.inference.adding import Card, card_for
from engine.inference.catalogue import CatalogueEntry, catalogue
from engine.inference.chat_template import read_format
from engine.inference.child import child_environment
from engine.inference.facts import describe
from engine.inference.files import part_path, read_card, write_card
from engine.inference.transfer import STORES, Agree, Question, audit, notes_path, proxy_of
from engine.paths import models_dir

HUB = "https://huggingface.co"
HUB_VARIABLE = "BACKROOM_HUB"
"""Environment variable that names another hub, such as a mirror; only one named there may be without encryption."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Offer:
    """What fetching a model would mean, known without connecting. `size` 0 and an empty `sha256`: not known here."""

    name: str
    url: str
    host: str
    proxy: str | None
    size: int
    sha256: str
    licence: str
    licence_url: str
    target: Path

    def sentences(self) -> list[str]:
        """The offer for people."""
        size = f"{self.size / 1e6:,.0f} MB" if self.size else "of a size that the hub will say"
        stores = f" and its stores (*.{', *.'.join(STORES)})" if self.host == urllib.parse.urlsplit(HUB).netloc else ""
        way = f" through the proxy {self.proxy}" if self.proxy else ""
        known = f"its SHA-256 must be {self.sha256}" if self.sha256 else "its SHA-256 is the one that the hub states"
        return [
            f"This connects to {self.host}{stores}{way} and asks for {urllib.parse.urlsplit(self.url).path}.",
            f"The file is {size}, {known}, and goes to {self.target}.",
            f"Its licence is {self.licence}" + (f" ({self.licence_url})." if self.licence_url else "."),
            "Nothing about you or your shop is sent.",
        ]


def offer(name: str) -> Offer:
    """What `pull` would do for a model of the catalogue.

    Raises:
        ModelError: unknown, here already, not on the hub, or a hub address that cannot be used.
    """
    entry = _entry(name)
    base = os.environ.get(HUB_VARIABLE, HUB).rstrip("/")
    parts = urllib.parse.urlsplit(base)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ModelError(f"{base} is no address of a hub.", todo=f"Set {HUB_VARIABLE} to one, or to nothing.")
    path = f"{entry.repository}/resolve/{entry.revision}/{urllib.parse.quote(entry.file)}"
    return Offer(
        name=name,
        url=f"{base}/{path}",
        host=parts.netloc,
        proxy=proxy_of(parts.scheme, parts.netloc),
        size=entry.size,
        sha256=entry.sha256,
        licence=entry.licence,
        licence_url=entry.licence_url,
        target=models_dir() / Path(entry.file).name,
    )


def _entry(name: str) -> CatalogueEntry:
    entry = next((entry for entry in catalogue() if entry.name == name), None)
    if entry is None or not entry.repository:
        known = ", ".join(entry.name for entry in catalogue() if entry.repository)
        what = f"There is no model called {name} to fetch." if entry is None else f"{name} is part of the installation."
        raise ModelError(what, todo=f"These can be fetched: {known}.")
    if read_card(name) is not None:
        raise ModelError(f"{name} is here already.", todo=f"`backroom models check {name}` reads it again.")
    return entry


def connecting() -> subprocess.Popen[str]:
    """The process that connects, waiting for its job; a program behind the offline guard starts it before that stands."""
    return subprocess.Popen(
        [sys.executable, "-m", "engine.inference.transfer"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=child_environment(),
        text=True,
        encoding="utf-8",
    )


def pull(
    offered: Offer,
    *,
    agree: Agree,
    process: subprocess.Popen[str] | None = None,
    log: Callable[[str], None] = lambda line: None,
    progress: Progress = lambda done, total: None,
) -> Card:
    """Fetch a model that the seller has agreed to fetch.

    Args:
        offered: from `offer`, shown and agreed to.
        process: from `connecting`; started here where none is given.
        agree: asked whether to go on when the hub names something that was not in the offer: a size, another host.
        log: told what happens.
        progress: bytes that are here and bytes in all (0 when unknown).

    Returns:
        The model's card; the file lies under its name only now.

    Raises:
        ModelError: refused, broken off, of another hash, damaged, with a hostile template, or the disk is full.
        Cancelled: `agree` said no.
    """
    part = part_path(offered.name)
    audit("pull asked for", offered.name, url=offered.url)
    try:
        found = _fetch(process or connecting(), offered, part, agree, log, progress)
        card = _accept(offered, part, found)
    except ModelError as error:
        audit("pull failed", offered.name, reason=error.what)
        raise
    except Cancelled:
        audit("pull stopped", offered.name)
        raise
    audit("pull finished", offered.name, bytes=card["facts"]["size"], sha256=card["sha256"])
    return card


def forget(name: str) -> list[Path]:
    """Delete what a broken transfer left; returns the files."""
    gone = [path for path in (part_path(name), notes_path(part_path(name))) if path.exists()]
    for path in gone:
        path.unlink()
    return gone


def _accept(offered: Offer, part: Path, found: dict[str, Any]) -> Card:
    """Check what came, give it its name and write its card; on any doubt delete it."""
    try:
        facts = describe(part)
        chat = None if facts.template is None else read_format(facts.template, file=str(offered.target))
    except ModelError:
        forget(offered.name)
        raise
    os.replace(part, offered.target)
    forget(offered.name)
    card = card_for(offered.name, offered.target, facts, chat, source=offered.url)
    card |= {"licence": offered.licence, "vouched_by": found["vouched_by"]}
    write_card(card)
    return card


def _fetch(
    process: subprocess.Popen[str],
    offered: Offer,
    part: Path,
    agree: Agree,
    log: Callable[[str], None],
    progress: Progress,
) -> dict[str, Any]:
    """Give the process that connects its job, answer its questions, and return what it found."""
    assert process.stdin is not None and process.stdout is not None
    job = {"name": offered.name, "url": offered.url, "size": offered.size, "sha256": offered.sha256, "part": str(part)}
    try:
        process.stdin.write(json.dumps(job) + "\n")
        process.stdin.flush()
        for line in process.stdout:
            event = json.loads(line)
            match event.pop("event"):
                case "progress":
                    progress(event["done"], event["total"])
                case "say":
                    log(event["text"])
                case "ask":
                    process.stdin.write("yes\n" if agree(Question(event["text"], event["beyond"])) else "no\n")
                    process.stdin.flush()
                case "stopped":
                    raise Cancelled("Nothing was fetched.")
                case "failed":
                    raise ModelError(event["what"], file=event["file"], todo=event["todo"])
                case "done":
                    found: dict[str, Any] = event
                    return found
        raise ModelError("The process that fetches models ended without a word.", todo="Run the command again.")
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
