"""Fetching a model from a hub that breaks, lies, redirects and fills disks: a real server on this machine."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from engine.errors import Cancelled, ModelError
from engine.inference.adding import remove_model
from engine.inference.catalogue import catalogue
from engine.inference.files import part_path, read_card
from engine.inference.models import resolve
from engine.inference.pull import HUB_VARIABLE, Offer, offer, pull
from engine.inference.transfer import PAUSE_VARIABLE, audit_log
from engine.paths import models_dir
from tests.conftest import ROOT, Run
from tests.inference.test_gguf_header import write

PATH = "/acme/tiny/resolve/main/tiny.gguf"


@dataclass
class Hub:
    """A server and how it behaves. `breaks` are the sizes after which an answer ends early, one an answer."""

    content: bytes
    breaks: list[int] = field(default_factory=list)
    ranges: bool = True
    etag: str | None = None
    states_hash: bool = True
    redirect: str | None = None
    range_said: str | None = None
    status: int = 200
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    address: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def serve(hub: Hub) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            """Silent."""

        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, *, body: bool) -> None:
            asked = self.headers.get("Range")
            hub.asked.append((self.command, self.path, asked))
            if hub.status != 200:
                self.send_error(hub.status)
                return
            linked = {"X-Linked-Etag": f'"{hub.sha256}"', "X-Linked-Size": str(len(hub.content))}
            if hub.redirect is not None and (self.path != hub.redirect or hub.redirect == PATH):
                self.send_response(302)
                self.send_header("Location", hub.redirect)
                for name, value in linked.items() if hub.states_hash else ():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and hub.ranges else 0
            part = hub.content[start:]
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(part)))
            if hub.etag or hub.states_hash:
                self.send_header("ETag", hub.etag or f'"{hub.sha256}"')
            if start:
                whole = f"bytes {start}-{len(hub.content) - 1}/{len(hub.content)}"
                self.send_header("Content-Range", whole if hub.range_said is None else hub.range_said)
            self.end_headers()
            if body:
                self.wfile.write(part[: hub.breaks.pop(0)] if hub.breaks else part)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.address = f"127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    return write(tmp_path / "tiny.gguf").read_bytes()


@pytest.fixture
def hub(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setenv("BACKROOM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv(PAUSE_VARIABLE, "0")
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    hub = Hub(content)
    server = serve(hub)
    monkeypatch.setenv(HUB_VARIABLE, f"http://{hub.address}")
    yield hub
    server.shutdown()
    server.server_close()


def of(hub: Hub, **known: object) -> Offer:
    made = Offer(
        name="tiny",
        url=f"http://{hub.address}{PATH}",
        host=hub.address,
        proxy=None,
        size=len(hub.content),
        sha256=hub.sha256,
        licence="MIT",
        licence_url="",
        target=models_dir() / "tiny.gguf",
    )
    return replace(made, **known)  # type: ignore[arg-type]


def never(question: str) -> bool:
    raise AssertionError(f"asked: {question}")


def connections() -> list[str]:
    lines = [json.loads(line) for line in audit_log().read_text(encoding="utf-8").splitlines()]
    return [f"{line['method']} {line['host']}{line['path']}" for line in lines if line["event"] == "connect"]


def events() -> list[str]:
    return [json.loads(line)["event"] for line in audit_log().read_text(encoding="utf-8").splitlines()]


def nothing_half() -> bool:
    return not (models_dir() / "tiny.gguf").exists() and read_card("tiny") is None


def test_a_model_comes_whole_and_every_connection_is_written_down(hub: Hub) -> None:
    seen: list[tuple[int, int]] = []
    card = pull(of(hub), agree=never, progress=lambda done, total: seen.append((done, total)))
    assert (models_dir() / "tiny.gguf").read_bytes() == hub.content
    assert (card["sha256"], card["vouched_by"], card["licence"]) == (hub.sha256, "the catalogue", "MIT")
    assert resolve("tiny").licence == "MIT" and seen[-1] == (len(hub.content), len(hub.content))
    assert connections() == [f"HEAD {hub.address}{PATH}", f"GET {hub.address}{PATH}"]
    assert events()[0] == "pull asked for" and events()[-1] == "pull finished"
    assert sorted(path.name for path in models_dir().iterdir()) == ["tiny.gguf", "tiny.json"]


def test_a_broken_transfer_goes_on_where_it_stopped(hub: Hub) -> None:
    hub.breaks = [1000, 2000, 10]
    said: list[str] = []
    pull(of(hub), agree=never, log=said.append)
    assert (models_dir() / "tiny.gguf").read_bytes() == hub.content
    ranges = [asked for command, _, asked in hub.asked if command == "GET"]
    assert ranges == [None, "bytes=1000-", "bytes=3000-", "bytes=3010-"]
    assert len([line for line in said if "broke" in line]) == 3


def test_what_came_before_is_used_by_the_next_command(hub: Hub) -> None:
    hub.breaks = [5000, *[0] * 50]
    with pytest.raises(ModelError, match=r"broke 5 times.*goes on where it stopped"):
        pull(of(hub), agree=never)
    assert nothing_half() and part_path("tiny").stat().st_size == 5000
    hub.breaks, hub.asked = [], []
    pull(of(hub), agree=never)
    assert [asked for command, _, asked in hub.asked if command == "GET"] == ["bytes=5000-"]
    assert (models_dir() / "tiny.gguf").read_bytes() == hub.content


def test_what_came_of_another_version_of_the_file_is_dropped(hub: Hub) -> None:
    hub.breaks = [5000, *[0] * 50]
    with pytest.raises(ModelError):
        pull(of(hub, size=0, sha256=""), agree=lambda question: True)
    changed = bytearray(hub.content)
    changed[-1] ^= 1
    hub.content, hub.breaks = bytes(changed), []
    card = pull(of(hub, size=0, sha256=""), agree=lambda question: True)
    assert card["sha256"] == hub.sha256


def test_a_server_without_ranges_is_asked_for_the_whole_again(hub: Hub) -> None:
    hub.ranges, hub.breaks = False, [1000]
    said: list[str] = []
    pull(of(hub), agree=never, log=said.append)
    assert (models_dir() / "tiny.gguf").read_bytes() == hub.content
    assert any("starting from the beginning" in line for line in said)


def test_another_hash_than_the_catalogues_is_refused_before_a_byte_is_fetched(hub: Hub) -> None:
    with pytest.raises(ModelError, match="is expected"):
        pull(of(hub, sha256="0" * 64), agree=never)
    assert [command for command, _, _ in hub.asked] == ["HEAD"] and nothing_half()


def test_what_comes_with_another_hash_is_deleted(hub: Hub) -> None:
    hub.states_hash = False
    with pytest.raises(ModelError, match="it was deleted") as caught:
        pull(of(hub, sha256="0" * 64), agree=never)
    assert caught.value.exit_code == 4 and nothing_half() and not part_path("tiny").exists()
    assert events()[-1] == "pull failed"


def test_the_hubs_word_is_asked_about_and_kept_as_such(hub: Hub) -> None:
    asked: list[str] = []

    def agree(question: str) -> bool:
        asked.append(question)
        return True

    card = pull(of(hub, size=0, sha256=""), agree=agree)
    assert len(asked) == 1 and hub.sha256 in asked[0] and "nobody else vouches" in asked[0]
    assert card["vouched_by"] == "the hub"


def test_a_file_that_nobody_vouches_for_is_not_fetched_whatever_is_agreed_to(hub: Hub) -> None:
    hub.states_hash = False
    with pytest.raises(ModelError, match="Nobody states a SHA-256"):
        pull(of(hub, size=0, sha256=""), agree=lambda question: True)
    assert [command for command, _, _ in hub.asked] == ["HEAD"] and nothing_half()


@pytest.mark.parametrize("wrong", ["bytes 0-9/10", "", "bytes 7-9/10", "nonsense"])
def test_a_server_with_wrong_ranges_is_given_up(hub: Hub, wrong: str) -> None:
    hub.breaks, hub.range_said = [1000] * 100, wrong
    with pytest.raises(ModelError, match="broke 5 times"):
        pull(of(hub), agree=never)
    assert len(hub.asked) < 15 and nothing_half()


def test_no_means_that_nothing_is_fetched(hub: Hub) -> None:
    with pytest.raises(Cancelled):
        pull(of(hub, size=0), agree=lambda question: False)
    assert [command for command, _, _ in hub.asked] == ["HEAD"] and nothing_half()


def test_a_file_that_is_not_there_or_not_given_is_a_message(hub: Hub) -> None:
    for status, reason in ((404, "no such file"), (401, "accepted its licence"), (500, "answered 500")):
        hub.status = status
        with pytest.raises(ModelError, match=reason) as caught:
            pull(of(hub), agree=never)
        assert caught.value.exit_code == 4 and nothing_half()


def test_a_redirection_to_another_host_is_asked_about(hub: Hub) -> None:
    elsewhere = Hub(hub.content)
    server = serve(elsewhere)
    try:
        hub.redirect = f"https://{elsewhere.address}/blob"
        with pytest.raises(Cancelled):
            pull(of(hub), agree=lambda question: elsewhere.address not in question)
        assert elsewhere.asked == [] and nothing_half()
        hub.redirect = f"http://{elsewhere.address}/blob"
        with pytest.raises(ModelError, match="not encrypted"):
            pull(of(hub), agree=lambda question: True)
        assert elsewhere.asked == [] and nothing_half()
    finally:
        server.shutdown()
        server.server_close()


def test_a_consent_in_advance_covers_no_other_host(hub: Hub, backroom: Run) -> None:
    elsewhere = Hub(hub.content)
    server = serve(elsewhere)
    try:
        hub.redirect = f"https://{elsewhere.address}/blob"
        name = next(entry.name for entry in catalogue() if entry.repository)
        done = backroom("models", "pull", name, "--yes")
        assert done.returncode == 5 and elsewhere.address in done.stderr and "--yes does not cover this" in done.stderr
        assert elsewhere.asked == [] and nothing_half()
    finally:
        server.shutdown()
        server.server_close()


def test_a_redirection_on_the_same_host_is_followed_but_not_for_ever(hub: Hub) -> None:
    hub.redirect = "/files/blob"
    pull(of(hub), agree=never)
    assert (models_dir() / "tiny.gguf").read_bytes() == hub.content
    assert connections()[-1] == f"GET {hub.address}/files/blob"
    remove_model("tiny")
    hub.redirect, hub.states_hash = PATH, False
    with pytest.raises(ModelError, match="redirected more than"):
        pull(of(hub), agree=never)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_a_message(hub: Hub) -> None:
    part_path("tiny").symlink_to("/dev/full")
    with pytest.raises(ModelError, match="No space left") as caught:
        pull(of(hub), agree=never)
    assert "models remove tiny" in str(caught.value.todo) and nothing_half()


def test_a_file_that_is_no_model_is_not_kept(hub: Hub) -> None:
    hub.content = b"<html>not found</html>" * 100
    with pytest.raises(ModelError, match="not a GGUF"):
        pull(of(hub), agree=never)
    assert nothing_half() and not part_path("tiny").exists()


def test_a_hostile_template_is_not_kept(hub: Hub, tmp_path: Path) -> None:
    evil = write(tmp_path / "evil.gguf", extra={"tokenizer.chat_template": "{{ x.__class__ }}"})
    hub.content = evil.read_bytes()
    with pytest.raises(ModelError, match="more than format text"):
        pull(of(hub), agree=never)
    assert nothing_half() and not part_path("tiny").exists()


def test_what_was_begun_can_be_removed(hub: Hub) -> None:
    entry = next(entry for entry in catalogue() if entry.repository)
    part_path(entry.name).write_bytes(b"half")
    assert [path.name for path in remove_model(entry.name)] == [part_path(entry.name).name]


def test_a_proxy_is_named_and_used(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Hub(hub.content)
    server = serve(proxy)
    try:
        monkeypatch.setenv("http_proxy", f"http://someone:secret@{proxy.address}")
        monkeypatch.setenv(HUB_VARIABLE, "http://hub.invalid")
        entry = next(entry for entry in catalogue() if entry.repository)
        offered = offer(entry.name)
        sentence = offered.sentences()[0]
        assert f"hub.invalid through the proxy {proxy.address}" in sentence and "secret" not in sentence
        pull(replace(of(hub), url=f"http://hub.invalid{PATH}", host="hub.invalid"), agree=never)
        assert hub.asked == [] and proxy.asked[0][1] == f"http://hub.invalid{PATH}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("base", ["ftp://x", "nonsense", "http://"])
def test_an_address_that_is_none_is_refused(hub: Hub, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HUB_VARIABLE, base)
    entry = next(entry for entry in catalogue() if entry.repository)
    with pytest.raises(ModelError, match="no address of a hub"):
        offer(entry.name)


def test_what_cannot_be_fetched_is_said_with_what_can(hub: Hub) -> None:
    for name, reason in (("gpt-9", "no model called"), ("gemma-3-270m", "part of the installation")):
        with pytest.raises(ModelError, match=reason) as caught:
            offer(name)
        assert "can be fetched" in str(caught.value.todo)


def test_only_the_fetching_process_may_connect(hub: Hub) -> None:
    """The program that asks is behind the guard the whole time, and its fetch still works."""
    code = f"""
import socket
from pathlib import Path
from engine.inference.pull import Offer, connecting, pull
from engine.offline import forbid_network, NetworkForbidden
outside = connecting()
forbid_network()
offered = Offer("tiny", "http://{hub.address}{PATH}", "{hub.address}", None, {len(hub.content)}, "{hub.sha256}", "MIT", "",
                Path({str(models_dir())!r}) / "tiny.gguf")
print(pull(offered, agree=lambda question: False, process=outside)["sha256"])
try:
    socket.create_connection({tuple(hub.address.split(":"))!r})
except NetworkForbidden:
    print("still guarded")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stdout.split("\n")[:2] == [hub.sha256, "still guarded"], done.stderr


def test_the_fetching_process_looks_up_no_other_host(hub: Hub, tmp_path: Path) -> None:
    code = """
import socket, sys
from engine.inference.transfer import _Transfer
job = {"name": "tiny", "url": sys.argv[1], "size": 0, "sha256": "", "part": sys.argv[2]}
_Transfer(job, lambda *a, **k: None, lambda question: False)
for attempt in (lambda: socket.create_connection(("other.invalid", 443)), lambda: socket.socket().bind(("127.0.0.1", 0))):
    try:
        attempt()
    except OSError as error:
        print(error)
"""
    command = [sys.executable, "-c", code, f"http://{hub.address}{PATH}", str(tmp_path / "part")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stdout.splitlines() == [
        "other.invalid was not agreed to",
        "socket.bind is not needed to fetch a file",
    ], done.stderr


def test_the_command_says_what_it_does_asks_and_writes_it_into_the_shop(
    hub: Hub, tmp_path: Path, backroom: Run
) -> None:
    entry = next(entry for entry in catalogue() if entry.repository and not entry.sha256 and not entry.size)
    refused = backroom("models", "pull", entry.name, input="n\n")
    assert refused.returncode == 5 and hub.asked == []
    assert hub.address in refused.stderr and entry.file in refused.stderr and entry.licence in refused.stderr
    shop = tmp_path / "my.shop"
    subprocess.run(
        [sys.executable, "-c", f"from engine.shop import Shop; Shop({str(shop)!r}, create=True)"], check=True
    )
    done = backroom("models", "pull", entry.name, "--yes", "--shop", shop, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sha256"] == hub.sha256
    rows = sqlite3.connect(shop).execute("SELECT action, detail FROM audit_log").fetchall()
    assert rows[0][0] == "pull" and json.loads(rows[0][1])["sha256"] == hub.sha256
    again = backroom("models", "pull", entry.name, "--yes")
    assert again.returncode == 4 and "here already" in again.stderr
    assert os.environ["BACKROOM_HOME"] in str(audit_log())
