"""The process that connects: `python -m engine.inference.transfer`, started and answered by `pull`.

It may look up no host but those that were agreed to, and writes every connection to the audit log before it is made. It
writes a part file only.

The hub's `resolve` addresses answer with a redirection to where large files lie, with the file's SHA-256 in
`X-Linked-Etag` and its size in `X-Linked-Size`. A broken transfer goes on where it stopped (RFC 9110, section 14).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from engine.errors import ModelError
from engine.paths import state_dir

TRIES = 5
"""Attempts in a row that may fail without a single byte."""

HOPS = 5
SECONDS = 30
PAUSE_VARIABLE = "BACKROOM_PULL_PAUSE"
"""Environment variable: seconds before a failed attempt is repeated, doubled each time; 1 without it."""

_BLOCK = 1 << 18
_REPORT_EVERY = 8 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")


STORES = ("hf.co",)
"""Where huggingface.co keeps large files; what it redirects there was named in the offer."""


class Question(str):
    """A question to the seller.

    Attributes:
        beyond: it is about something that no consent given in advance can cover, such as a host that was not named.
    """

    beyond: bool

    def __new__(cls, text: str, beyond: bool = False) -> Question:
        """As a text that knows whether it goes beyond the offer."""
        made = super().__new__(cls, text)
        made.beyond = beyond
        return made


Agree = Callable[[Question], bool]


def notes_path(part: Path) -> Path:
    """What is known of the file that a part file is a part of."""
    return part.with_name(part.name + ".json")


def audit_log() -> Path:
    """Where every connection is written down, one JSON object a line."""
    return state_dir() / "audit.jsonl"


def audit(event: str, model: str, **more: Any) -> None:
    """Write down what is about to happen, or did."""
    line = {"at": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "event": event, "model": model, **more}
    with audit_log().open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def proxy_of(scheme: str, netloc: str) -> str | None:
    """The proxy that the environment names for a host, without its password."""
    # Only the environment is asked: the settings of some systems look names up, which the offline guard refuses.
    address = urllib.request.getproxies_environment().get(scheme)
    if not address or urllib.request.proxy_bypass(netloc):
        return None
    return urllib.parse.urlsplit(address if "//" in address else f"//{address}").netloc.rpartition("@")[2]


class _Refused(Exception):
    """A question was answered with no."""


class _Broken(Exception):
    """The connection failed or ended early; worth another attempt."""


@dataclass(frozen=True)
class _Found:
    """What the hub says of the file. An empty `sha256` or a `size` of 0 was not said."""

    size: int
    sha256: str
    etag: str


class _Stay(urllib.request.HTTPRedirectHandler):
    """Redirections are followed here, one at a time, after a look at where they lead."""

    def redirect_request(self, *arguments: Any, **more: Any) -> None:
        """Never by itself."""


class _Transfer:
    """One fetch, from the first question to the last byte.

    Args:
        job: `name`, `url`, `size`, `sha256` and `part`, as `_fetch` sends them.
        tell: sends an event to the program.
        ask: asks the program a question.
    """

    def __init__(self, job: dict[str, Any], tell: Callable[..., None], ask: Agree) -> None:
        self._name: str = job["name"]
        self._url: str = job["url"]
        self._size: int = job["size"]
        self._sha256: str = job["sha256"]
        self._part = Path(job["part"])
        self._tell, self._ask = tell, ask
        proxies = urllib.request.ProxyHandler(urllib.request.getproxies_environment())
        self._opener = urllib.request.build_opener(_Stay, proxies)
        self._agreed: set[str] = set()
        self._hosts: set[str | None] = set()
        first = urllib.parse.urlsplit(self._url)
        self._official = first.hostname == "huggingface.co"
        self._allow(first)
        # Without encryption only to the very place that the seller's own settings name.
        self._plain = first.netloc if first.scheme == "http" else None
        sys.addaudithook(self._guard)

    def run(self) -> dict[str, Any]:
        """Fetch the file into the part file.

        Returns:
            `size`, `sha256`, and `vouched_by`: whose word the hash is checked against.
        """
        found = self._look()
        size, sha256 = self._settle(found)
        have = self._resume(found)
        self._room(size - have)
        pause = float(os.environ.get(PAUSE_VARIABLE, "1"))
        failures, most = 0, have
        while not (size and have == size):
            try:
                have = self._get(have, size, found)
                if not size:
                    size = have
            except _Broken as error:
                have = self._part.stat().st_size if self._part.exists() else 0
                # Only more than ever is progress: a server may send the same beginning again and again.
                failures, most = (0, have) if have > most else (failures + 1, most)
                if failures >= TRIES:
                    raise ModelError(
                        f"The connection broke {TRIES} times in a row ({error}); {have / 1e6:,.0f} MB are here.",
                        file=self._name,
                        todo="Run the command again later: it goes on where it stopped.",
                    ) from error
                self._tell("say", text=f"The connection broke ({error}); going on at {have / 1e6:,.0f} MB.")
                time.sleep(pause * 2**failures if failures else 0)
        return self._verify(size, sha256)

    # -- what the hub says

    def _look(self) -> _Found:
        failures = 0
        while True:
            try:
                with self._open("HEAD", self._url, {}, stop_at_hash=True) as answer:
                    return _read_headers(answer)
            except _Broken as error:
                failures += 1
                if failures >= TRIES:
                    raise ModelError(
                        f"{urllib.parse.urlsplit(self._url).netloc} cannot be reached ({error}).",
                        file=self._name,
                        todo="Check the connection, and the proxy settings if this network has a proxy.",
                    ) from error
                time.sleep(float(os.environ.get(PAUSE_VARIABLE, "1")) * 2 ** (failures - 1))

    def _settle(self, found: _Found) -> tuple[int, str]:
        """Compare what the hub says with the catalogue; what is new is asked about."""
        if self._sha256 and found.sha256 and self._sha256 != found.sha256:
            raise ModelError(
                f"The hub's file has the SHA-256 {found.sha256}, and {self._sha256} is expected.",
                file=self._name,
                todo="Nothing was fetched. The file on the hub was replaced; wait for a newer catalogue.",
            )
        if self._size and found.size and self._size != found.size:
            raise ModelError(
                f"The hub's file has {found.size:,} bytes, and {self._size:,} are expected.",
                file=self._name,
                todo="Nothing was fetched. The file on the hub was replaced; wait for a newer catalogue.",
            )
        size, sha256 = self._size or found.size, self._sha256 or found.sha256
        if not sha256:
            raise ModelError(
                "Nobody states a SHA-256 for this file, so what comes could not be checked; nothing was fetched.",
                file=self._name,
                todo="Fetch it with a browser from a place you trust, and take it in with `backroom models add FILE`.",
            )
        news = []
        if size and not self._size:
            news.append(f"The file is {size / 1e6:,.0f} MB.")
        if sha256 and not self._sha256:
            news.append(f"The hub states the SHA-256 {sha256}; nobody else vouches for it.")
        if news and not self._ask(Question(" ".join([*news, "Fetch it?"]))):
            raise _Refused
        return size, sha256

    def _resume(self, found: _Found) -> int:
        """Bytes of an earlier attempt at the same file; anything else that lies there is dropped."""
        notes = notes_path(self._part)
        mine = {"url": self._url, "etag": found.etag, "sha256": found.sha256, "size": found.size}
        try:
            known = json.loads(notes.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            known = None
        if known == mine and (found.etag or found.sha256) and self._part.exists():
            have = self._part.stat().st_size
            if have:
                self._tell("say", text=f"{have / 1e6:,.0f} MB are here from before.")
            return have
        if not self._part.is_symlink():
            self._part.unlink(missing_ok=True)
        notes.write_text(json.dumps(mine), encoding="utf-8")
        return 0

    def _room(self, needed: int) -> None:
        free = shutil.disk_usage(self._part.parent).free
        if needed > free:
            raise ModelError(
                f"The file needs {needed >> 20:,} MB of disk and {free >> 20:,} MB are free.",
                file=str(self._part.parent),
                todo="Free some disk space.",
            )

    # -- bytes

    def _get(self, have: int, size: int, found: _Found) -> int:
        """Take in what is missing; returns the bytes that are here at the end of the answer."""
        headers = {"Range": f"bytes={have}-"} if have else {}
        # Where the hub states a hash, the file is known by it; the host that holds the bytes gives them another ETag.
        if have and not found.sha256 and found.etag.startswith('"'):
            headers["If-Range"] = found.etag
        with self._open("GET", self._url, headers) as answer:
            if answer.status == 416:
                self._part.unlink()
                raise _Broken("the server has no such bytes")
            if have and answer.status == 200:
                self._tell("say", text="The server cannot go on in the middle; starting from the beginning.")
                have = 0
            if answer.status == 206 and not str(answer.headers.get("Content-Range", "")).startswith(f"bytes {have}-"):
                self._part.unlink(missing_ok=True)
                raise _Broken("the server sent other bytes than asked for")
            try:
                with self._part.open("ab" if have else "wb") as out:
                    for block in _blocks(answer):
                        out.write(block)
                        before, have = have, have + len(block)
                        if size and have > size:
                            break
                        if have // _REPORT_EVERY != before // _REPORT_EVERY:
                            self._tell("progress", done=have, total=size)
            except OSError as error:
                raise ModelError(
                    f"The model file cannot be written ({error.strerror}).",
                    file=str(self._part),
                    todo=f"Free some disk space and run the command again; `backroom models remove {self._name}` "
                    "deletes what has come so far.",
                ) from error
        if size and have > size:
            self._part.unlink()
            raise ModelError(f"The server sent more than the {size:,} bytes it announced.", file=self._name)
        if size and have < size:
            raise _Broken("it ended early")
        return have

    def _verify(self, size: int, sha256: str) -> dict[str, Any]:
        self._tell("progress", done=size, total=size)
        with self._part.open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
        if actual != sha256:
            self._part.unlink()
            raise ModelError(
                f"What came has the SHA-256 {actual}, and {sha256} is expected; it was deleted.",
                file=self._name,
                todo="Run the command again. If it happens again, do not use this hub.",
            )
        vouched = "the catalogue" if self._sha256 else "the hub"
        return {"size": size, "sha256": actual, "vouched_by": vouched}

    # -- connections

    def _open(self, method: str, url: str, headers: dict[str, str], *, stop_at_hash: bool = False) -> Any:
        """Ask for `url` and follow redirections, each host agreed to and written down first.

        With `stop_at_hash` a redirection that already tells hash and size is the answer, as on the hub.
        """
        for _ in range(HOPS):
            parts = urllib.parse.urlsplit(url)
            audit("connect", self._name, host=parts.netloc, path=parts.path, method=method)
            request = urllib.request.Request(url, method=method, headers={"User-Agent": "backroom", **headers})
            try:
                answer = self._opener.open(request, timeout=SECONDS)
            except urllib.error.HTTPError as error:
                answer = error
            except (OSError, HTTPException) as error:
                raise _Broken(getattr(error, "reason", None) or error) from error
            if answer.status not in (301, 302, 303, 307, 308):
                self._check_status(answer.status, url)
                return answer
            target = urllib.parse.urljoin(url, answer.headers.get("Location", ""))
            self._agree_to(target)
            if stop_at_hash and answer.headers.get("X-Linked-Etag"):
                return answer
            answer.close()
            url = target
        raise ModelError(f"The hub redirected more than {HOPS} times.", file=self._name, todo="Try again later.")

    def _check_status(self, status: int, url: str) -> None:
        host = urllib.parse.urlsplit(url).netloc
        if status in (401, 403):
            raise ModelError(
                f"{host} gives this file only to people who have signed in and accepted its licence there.",
                file=self._name,
                todo="Fetch it with a browser and take it in with `backroom models add FILE`.",
            )
        if status == 404:
            raise ModelError(
                f"{host} has no such file: {urllib.parse.urlsplit(url).path}.",
                file=self._name,
                todo="It may have been renamed. Fetch it with a browser and use `backroom models add FILE`.",
            )
        if status not in (200, 206, 416):
            raise _Broken(f"{host} answered {status}")

    def _agree_to(self, url: str) -> None:
        """Look at where a redirection leads, before anything goes there.

        Raises:
            ModelError: to a place without encryption.
            _Refused: the seller said no.
        """
        parts = urllib.parse.urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.netloc == self._plain):
            raise ModelError(
                f"The hub sends us on to {parts.scheme}://{parts.netloc}, which is not encrypted; nothing was asked there.",
                file=self._name,
                todo="Fetch the file with a browser and take it in with `backroom models add FILE`.",
            )
        host = parts.hostname or ""
        if parts.netloc in self._agreed or (self._official and any(host.endswith("." + store) for store in STORES)):
            self._allow(parts)
            return
        question = f"The file itself lies on another host, {parts.netloc}. Connect there too?"
        if not self._ask(Question(question, beyond=True)):
            raise _Refused
        self._allow(parts)

    def _allow(self, parts: urllib.parse.SplitResult) -> None:
        self._agreed.add(parts.netloc)
        proxy = proxy_of(parts.scheme, parts.netloc)
        self._hosts.add(urllib.parse.urlsplit(f"//{proxy}").hostname if proxy else parts.hostname)

    def _guard(self, event: str, arguments: tuple[Any, ...]) -> None:
        """The audit hook of this process: no host but those agreed to, and no listening."""
        if event == "socket.getaddrinfo" and arguments[0] not in self._hosts:
            raise OSError(f"{arguments[0]} was not agreed to")
        if event in ("socket.bind", "socket.sendto", "socket.sendmsg", "socket.gethostbyname"):
            raise OSError(f"{event} is not needed to fetch a file")


def _read_headers(answer: Any) -> _Found:
    headers = answer.headers
    etag = str(headers.get("X-Linked-Etag") or headers.get("ETag") or "")
    plain = etag.removeprefix("W/").strip('"')
    size = headers.get("X-Linked-Size") or (headers.get("Content-Length") if answer.status == 200 else None) or "0"
    return _Found(int(size) if str(size).isdigit() else 0, plain if _SHA256.fullmatch(plain) else "", etag)


def _blocks(answer: Any) -> Iterator[bytes]:
    while True:
        try:
            block = answer.read(_BLOCK)
        except (OSError, HTTPException) as error:
            raise _Broken(error) from error
        if not block:
            return
        yield block


def main() -> int:
    """Fetch what the first line of standard input says; events go out as JSON lines, answers come back as lines."""

    def tell(event: str, **more: Any) -> None:
        print(json.dumps({"event": event, **more}), flush=True)

    def ask(question: Question) -> bool:
        tell("ask", text=question, beyond=question.beyond)
        return sys.stdin.readline().strip() == "yes"

    line = sys.stdin.readline()
    if not line:
        return 0
    job = json.loads(line)
    try:
        tell("done", **_Transfer(job, tell, ask).run())
    except _Refused:
        tell("stopped")
    except ModelError as error:
        tell("failed", what=error.what, file=error.file, todo=error.todo)
    except Exception as error:
        tell("failed", what=f"Fetching failed ({type(error).__name__}: {error}).", file=job["name"], todo=None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
