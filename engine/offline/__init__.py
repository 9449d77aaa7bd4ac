"""The guard that keeps the program off every network, in two lines.

The kernel refuses sockets to this process and to every process that it starts (`kernel.py`, on Linux): whatever code tries,
Python's or compiled, gets an error from the system. In front of it stands an audit hook (PEP 578), which stops Python's own
calls and says in words what was stopped. Where the system offers no such filter the hook stands alone, and compiled code
could pass it: `state` says which it is, and `backroom privacy prove` tries.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType

from engine.errors import BackroomError
from engine.offline import kernel

_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}


class NetworkForbidden(BackroomError):
    """Something in the program tried to reach a network and was stopped."""

    exit_code = 70

    def __init__(self, event: str, target: str) -> None:
        self.event, self.target = event, target
        super().__init__(
            f"Backroom works offline: {event} to {target} was refused before anything left this computer.",
            todo="Nothing was sent. Please report this, it should never happen.",
        )


@dataclass(frozen=True)
class State:
    """Which lines stand in this process. `kernel` is "" where the kernel refuses sockets, else why it does not."""

    hook: bool
    kernel: str


_states = [State(False, "the guard was not asked for")]


def forbid_network() -> None:
    """Refuse every way to a network to this process and its children from now on; calling it again changes nothing.

    Also sets the offline switches of the model libraries, which are read when those are imported. Call it before threads
    are started: the kernel binds those that are there already, but not on every system.

    Raises (later, in whoever tries):
        NetworkForbidden: with the call and its target; an OSError where the kernel is asked directly.
    """
    os.environ.update(_OFFLINE)
    if not state().hook:
        why_not = kernel.refuse_sockets()
        sys.addaudithook(_hook())
        _states.append(State(True, why_not))


def state() -> State:
    """Which lines of the guard stand in this process."""
    return _states[-1]


def _hook() -> Callable[[str, tuple[object, ...]], None]:
    """The audit hook. It reads no name that somebody could rebind: what it needs are constants and its own cells."""
    pairs = _imitated_pairs()
    frame_of = sys._getframe
    refusal = NetworkForbidden

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if event[:7] != "socket." or event in {"socket.gethostname", "socket.getservbyname", "socket.getservbyport"}:
            return
        # 1 is a socket inside the machine (asyncio wakes itself through a pair of them), -1 one that exists already.
        if event == "socket.__new__" and arguments[1] in {1, -1}:
            return
        frame = frame_of(1) if pairs else None
        while frame is not None:
            if frame.f_code in pairs:
                return
            frame = frame.f_back
        # Socket events carry the socket first and the address second, look-ups the name first.
        carries_socket = event in {"socket.__new__", "socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"}
        raise refusal(event, repr(arguments[1 if carries_socket else 0]))

    return refuse


def _imitated_pairs() -> frozenset[CodeType]:
    """The functions with which the standard library imitates a pair of sockets on Windows, which has none.

    They are known by their code itself: a name or a file name can be had by anybody.
    """
    if os.name != "nt":
        return frozenset()
    import socket

    found = (getattr(socket, name, None) for name in ("socketpair", "_fallback_socketpair"))
    return frozenset(code for one in found if isinstance(code := getattr(one, "__code__", None), CodeType))
