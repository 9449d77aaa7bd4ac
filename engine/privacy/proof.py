"""Showing, not promising, that nothing can leave: every way out is tried, and work is done where there is no network.

The tries aim at this machine itself and at a name that cannot exist; the guard makes no difference between them and any
other target, so a failed guard would do no harm either.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from engine.errors import ModelError
from engine.privacy.offline import NetworkForbidden, forbid_network

_TRIES: tuple[tuple[str, Callable[[], object]], ...] = (
    ("connect to a server", lambda: socket.socket().connect(("127.0.0.1", 9))),
    ("send a datagram", lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9))),
    ("look up a name", lambda: socket.getaddrinfo("backroom.invalid", 443)),
    ("listen for others", lambda: socket.socket().bind(("127.0.0.1", 0))),
)


def prove() -> list[dict[str, Any]]:
    """Try every way out of this program.

    Returns:
        One entry per try: `attempt`, `refused`, and `detail`. The last ones concern the model process and, on Linux, a
        reading of a text inside an empty network namespace.
    """
    forbid_network()
    results = [_tried(name, attempt) for name, attempt in _TRIES]
    results.append(_model_process())
    if sys.platform == "linux" and shutil.which("unshare"):
        results.append(_without_network())
    return results


def _tried(name: str, attempt: Callable[[], object]) -> dict[str, Any]:
    try:
        attempt()
    except NetworkForbidden as refusal:
        return {"attempt": f"this program: {name}", "refused": True, "detail": f"{refusal.event} was refused"}
    except OSError as error:
        return {"attempt": f"this program: {name}", "refused": False, "detail": f"the system answered: {error}"}
    return {"attempt": f"this program: {name}", "refused": False, "detail": "it went through"}


def _model_process() -> dict[str, Any]:
    from engine.inference.client import ModelClient

    attempt = "the model process: any of these"
    try:
        with ModelClient() as client:
            guarded = bool(client.facts().get("network_forbidden"))
    except ModelError as error:
        return {"attempt": attempt, "refused": True, "detail": f"it does not run: {error.message()}"}
    return {"attempt": attempt, "refused": guarded, "detail": "it runs under the same guard" if guarded else "no guard"}


def _without_network() -> dict[str, Any]:
    """Label one text where the kernel offers no network at all; skipped where the kernel forbids the attempt."""
    attempt = "reading a text with no network at all (an empty network namespace)"
    if subprocess.run(["unshare", "-r", "-n", "true"], capture_output=True, check=False).returncode != 0:
        return {"attempt": attempt, "refused": True, "detail": "not tried: this kernel does not allow it"}
    command = [
        "unshare",
        "-r",
        "-n",
        sys.executable,
        "-m",
        "engine.cli",
        "label",
        "sentiment",
        "--in",
        "-",
        "--text",
        "t",
        "--json",
    ]
    done = subprocess.run(command, input='{"t": "It works well."}\n', capture_output=True, text=True, check=False)
    worked = done.returncode == 0 and '"label"' in done.stdout
    return {"attempt": attempt, "refused": worked, "detail": "it works" if worked else done.stderr.strip()[-300:]}
