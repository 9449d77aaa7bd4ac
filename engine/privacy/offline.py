"""The guard that keeps the program off every network: an audit hook that refuses sockets to anywhere.

Python raises an audit event before each socket call (PEP 578); a hook that raises stops the call, and a hook cannot be
taken out again. Creating a socket object stays allowed, because asyncio needs a pair of connected ones to wake itself;
connecting, binding, sending and looking up names do not.
"""

from __future__ import annotations

import os
import sys
from types import FrameType

from engine.errors import BackroomError

_REFUSED = frozenset(
    {
        "socket.connect",
        "socket.bind",
        "socket.sendto",
        "socket.sendmsg",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "socket.gethostbyaddr",
        "socket.getnameinfo",
        "socket.sethostname",
    }
)

_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}

_installed = False


class NetworkForbidden(BackroomError):
    """Something in the program tried to reach a network and was stopped."""

    exit_code = 70

    def __init__(self, event: str, target: str) -> None:
        self.event, self.target = event, target
        super().__init__(
            f"Backroom works offline: {event} to {target} was refused before anything left this computer.",
            todo="Nothing was sent. Please report this, it should never happen.",
        )


def forbid_network() -> None:
    """Refuse every network call of this process from now on; calling it again changes nothing.

    Also sets the offline switches of the model libraries, which are read when those are imported.

    Raises (later, in whoever tries):
        NetworkForbidden: with the call and its target.
    """
    global _installed
    os.environ.update(_OFFLINE)
    if not _installed:
        _installed = True
        sys.addaudithook(_refuse)


def network_forbidden() -> bool:
    """Whether the guard is in place in this process."""
    return _installed


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event not in _REFUSED or _inside_socketpair(sys._getframe(1)):
        return
    # Socket events carry the socket first and the address second, look-ups the name first.
    target = arguments[1] if event.startswith(("socket.connect", "socket.bind", "socket.send")) else arguments[0]
    raise NetworkForbidden(event, repr(target))


def _inside_socketpair(frame: FrameType | None) -> bool:
    """Windows has no socket pairs: the standard library connects two sockets inside the machine instead."""
    import socket

    # A native pair raises no event, so this is only ever reached where the standard library imitates one.
    while frame is not None:
        if frame.f_code.co_filename == socket.__file__ and frame.f_code.co_name.endswith("socketpair"):
            return True
        frame = frame.f_back
    return False
