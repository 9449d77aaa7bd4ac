"""Every way out of a process that we know, tried for real against a witness on this same machine.

`backroom privacy prove` runs this in each kind of process that Backroom has, and once outside of the guard, so that it is
known which ways are there at all on this machine. Nothing leaves it: the witness listens on the loopback address, and the
only name that is looked up cannot exist.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import platform
import shutil
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SECONDS = 10.0

WENT_OUT, FAILED, NOT_HERE = "went out", "failed", "not here"


@dataclass(frozen=True)
class Witness:
    """Who waits outside of the guard.

    Attributes:
        port: of its TCP and UDP sockets on 127.0.0.1. path: of its socket in the file system, "" where there is none.
        pid, fd: a connected socket of its own that somebody could try to take over.
        tag: what every message of one process carries, so that the witness can tell who got out.
    """

    port: int
    path: str
    pid: int
    fd: int
    tag: str


class NotHere(Exception):
    """This way does not exist on this machine."""


def attempt_all(witness: Witness) -> dict[str, tuple[str, str]]:
    """Try every way; returns by its name what came of it (one of the three above) and a detail."""
    return {name: _tried(attempt, name, witness) for name, attempt in ATTEMPTS.items()}


def path_of(tag: str, name: str) -> str:
    """What the witness is asked for by one attempt of one process."""
    return f"/{tag}/{name.replace(' ', '-')}"


def _tried(attempt: Callable[[Witness, bytes], object], name: str, witness: Witness) -> tuple[str, str]:
    found: list[tuple[str, str]] = []

    def run() -> None:
        message = f"GET {path_of(witness.tag, name)} HTTP/1.0\r\n\r\n".encode()
        try:
            attempt(witness, message)
        except NotHere as reason:
            found.append((NOT_HERE, str(reason)))
        except BaseException as error:
            found.append(
                (FAILED, str(getattr(error, "what", f"{type(error).__name__}: {error}")).splitlines()[0][:160])
            )
        else:
            found.append((WENT_OUT, "it went through"))

    # A library may try again and again: it is left to itself after a while.
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(2 * SECONDS)
    return found[0] if found else (FAILED, f"no answer within {2 * SECONDS:.0f} s")


# -- through Python


def _python(witness: Witness, message: bytes) -> None:
    with socket.create_connection(("127.0.0.1", witness.port), SECONDS) as one:
        one.sendall(message)


def _disguised(witness: Witness, message: bytes) -> None:
    """In a function that calls itself as the standard library's own, in a file of that name."""
    source = "def _fallback_socketpair(go, *what):\n    return go(*what)\n"
    names: dict[str, Any] = {}
    exec(compile(source, socket.__file__, "exec"), names)
    names["_fallback_socketpair"](_python, witness, message)


def _rebound(witness: Witness, message: bytes) -> None:
    """After replacing everything that the guard's own module holds."""
    guard = importlib.import_module("engine.offline")
    kept = dict(vars(guard))
    try:
        for name in [name for name in kept if not name.startswith("__")]:
            setattr(guard, name, frozenset())
        _python(witness, message)
    finally:
        vars(guard).update(kept)


def _listen(witness: Witness, message: bytes) -> None:
    """Without a bind the system chooses an address."""
    with socket.socket() as one:
        one.listen()


def _look_up(witness: Witness, message: bytes) -> None:
    try:
        socket.getaddrinfo("backroom.invalid", 443)
    except socket.gaierror as error:
        _answered(error.errno)


def _answered(code: int | None) -> None:
    """Whether a failed look-up had asked anybody: "there is no such name" is an answer."""
    if code != socket.EAI_NONAME:
        raise OSError(f"look-up ended with {code}")


def _subinterpreter(witness: Witness, message: bytes) -> None:
    for name in ("_interpreters", "_xxsubinterpreters"):
        try:
            interpreters: Any = importlib.import_module(name)
        except ImportError:
            continue
        code = f"import socket\nsocket.create_connection(('127.0.0.1', {witness.port}), 5).sendall({message!r})\n"
        made = interpreters.create()
        failure = interpreters.run_string(made, code)
        if failure is not None:
            raise OSError(str(getattr(failure, "msg", failure)))
        return
    raise NotHere("this Python has no subinterpreters")


def _polars(witness: Witness, message: bytes) -> None:
    """polars opens addresses itself, in compiled code."""
    try:
        import polars as pl
    except ImportError as error:
        raise NotHere("polars is not installed") from error
    address = f"http://127.0.0.1:{witness.port}{message.split()[1].decode()}.csv"
    pl.scan_csv(address, storage_options={"max_retries": 0}).collect()


# -- through the C library and the kernel


def _libc() -> ctypes.CDLL:
    if sys.platform == "win32":
        raise NotHere("Windows has no such library")
    return ctypes.CDLL(None, use_errno=True)


def _good(code: int) -> int:
    if code < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return code


def _address(port: int) -> bytes:
    head = struct.pack("BB", 16, 2) if sys.platform == "darwin" else struct.pack("H", 2)
    return head + struct.pack("!H4s8x", port, bytes([127, 0, 0, 1]))


def _native(witness: Witness, message: bytes) -> None:
    libc = _libc()
    _talk(libc, _good(libc.socket(2, 1, 0)), _address(witness.port), message)


def _talk(libc: ctypes.CDLL, made: int, address: bytes, message: bytes) -> None:
    try:
        _good(libc.connect(made, address, len(address)))
        _good(libc.send(made, message, len(message), 0))
    finally:
        libc.close(made)


_CALLS = {"x86_64": (41, 425, 434, 438), "aarch64": (198, 425, 434, 438)}
"""Numbers of socket, io_uring_setup, pidfd_open and pidfd_getfd."""


def _call(which: int, *arguments: object) -> int:
    if sys.platform != "linux" or platform.machine() not in _CALLS:
        raise NotHere("there is no such system call")
    whole = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    return _good(_libc().syscall(ctypes.c_long(_CALLS[platform.machine()][which]), *whole))


def _system_call(witness: Witness, message: bytes) -> None:
    _talk(_libc(), _call(0, 2, 1, 0), _address(witness.port), message)


def _io_uring(witness: Witness, message: bytes) -> None:
    """A ring makes, connects and writes to sockets without any system call that is named so."""
    _libc().close(_call(1, 8, ctypes.create_string_buffer(256)))


def _taken_over(witness: Witness, message: bytes) -> None:
    """Take a connected socket from a process that is not guarded, and send through it."""
    libc, process = _libc(), _call(2, witness.pid, 0)
    taken = _call(3, process, witness.fd, 0)
    try:
        _good(libc.send(taken, message, len(message), 0))
    finally:
        libc.close(taken)
        libc.close(process)


def _native_listen(witness: Witness, message: bytes) -> None:
    libc = _libc()
    made = _good(libc.socket(2, 1, 0))
    try:
        _good(libc.listen(made, 1))
    finally:
        libc.close(made)


def _datagram(witness: Witness, message: bytes) -> None:
    libc, address = _libc(), _address(witness.port)
    made = _good(libc.socket(2, 2, 0))
    try:
        _good(libc.sendto(made, message, len(message), 0, address, len(address)))
    finally:
        libc.close(made)


def _native_look_up(witness: Witness, message: bytes) -> None:
    found = ctypes.c_void_p()
    code = _libc().getaddrinfo(b"backroom.invalid", b"443", None, ctypes.byref(found))
    if code:
        _answered(code)


def _other_families(witness: Witness, message: bytes) -> None:
    """Netlink (the kernel's own), packets on the wire, virtual machines' sockets: any of them is one too many."""
    if sys.platform != "linux":
        raise NotHere("only Linux has these")
    libc = _libc()
    errors = []
    for family, kind in ((16, 3), (17, 3), (40, 1)):
        made = libc.socket(family, kind, 0)
        if made >= 0:
            libc.close(made)
            return
        errors.append(os.strerror(ctypes.get_errno()))
    raise OSError(", ".join(dict.fromkeys(errors)))


def _service(witness: Witness, message: bytes) -> None:
    """A service of this machine with a socket in the file system could carry a message on."""
    if not witness.path:
        raise NotHere("this system has no such sockets")
    libc = _libc()
    head = struct.pack("BB", 0, 1) if sys.platform == "darwin" else struct.pack("H", 1)
    _talk(libc, _good(libc.socket(1, 1, 0)), head + os.fsencode(witness.path) + b"\0", message)


# -- through other processes


def _forked(witness: Witness, message: bytes) -> None:
    if not hasattr(os, "fork"):
        raise NotHere("this system does not fork")
    child = os.fork()
    if child == 0:
        try:
            _native(witness, message)
        except BaseException:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if status:
        raise OSError("the forked process was refused")


def _run(command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        raise NotHere(f"{command[0]} is not installed")
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    if done.returncode:
        raise OSError((done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1][:160])


def _child_python(witness: Witness, message: bytes) -> None:
    code = f"import socket; socket.create_connection(('127.0.0.1', {witness.port}), 5).sendall({message!r})"
    _run([sys.executable, "-I", "-S", "-c", code])


def _curl(witness: Witness, message: bytes) -> None:
    _run(["curl", "-sS", "-m", "5", f"http://127.0.0.1:{witness.port}{message.split()[1].decode()}"])


def _bash(witness: Witness, message: bytes) -> None:
    _run(["bash", "-c", f"printf '%s\\r\\n\\r\\n' '{message.decode().strip()}' > /dev/tcp/127.0.0.1/{witness.port}"])


ATTEMPTS: dict[str, Callable[[Witness, bytes], object]] = {
    "connect": _python,
    "connect in a function named like the standard library's": _disguised,
    "connect after replacing all that the guard holds": _rebound,
    "connect from a subinterpreter": _subinterpreter,
    "connect through the C library": _native,
    "connect by bare system calls": _system_call,
    "connect from a forked process": _forked,
    "connect from another Python": _child_python,
    "connect with curl": _curl,
    "connect with bash": _bash,
    "open an address with polars": _polars,
    "send a datagram through the C library": _datagram,
    "listen for others": _listen,
    "listen through the C library": _native_listen,
    "look up a name": _look_up,
    "look up a name through the C library": _native_look_up,
    "get a ring of io_uring": _io_uring,
    "make a socket of another family": _other_families,
    "talk to a service of this machine": _service,
    "take over a socket of another process": _taken_over,
}
