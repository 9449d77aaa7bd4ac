"""The kernel's part of the offline guard: a filter over system calls (seccomp) and a sandbox (Landlock), on Linux.

Neither needs a privilege, both are inherited by every child and can never be taken off again. The filter refuses to make
a socket of any family but the one inside the machine, and to connect, listen or send to an address with any. What would
go round it is refused as well: io_uring (which makes sockets without a system call of that name), taking over another
process or its open files, and system calls of another processor's numbering. Landlock keeps this process from reaching
into processes outside of it.

Pairs of connected sockets, pipes and files work as ever.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys
from dataclasses import dataclass

_NO_NEW_PRIVILEGES, _FILTER_MODE, _ALL_THREADS = 38, 1, 1
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _ARCHITECTURE, _FIRST, _FIFTH = 0, 4, 16, 48
"""Where seccomp_data holds the call's number, its numbering, and its first and fifth argument."""

_INSIDE_THE_MACHINE = 1
_X32 = 0x40000000
_IO_URING = (425, 426, 427)
_PIDFD_GETFD = 438
_LANDLOCK_CREATE, _LANDLOCK_RESTRICT = 444, 446


@dataclass(frozen=True)
class _Numbers:
    """The numbers of system calls on one kind of processor. `refused` are those that nothing here ever needs."""

    architecture: int
    seccomp: int
    socket: int
    socketpair: int
    sendto: int
    connect: int
    refused: tuple[int, ...]


_PROCESSORS = {
    # refused: connect, accept, sendmsg, bind, listen, accept4, sendmmsg; ptrace, process_vm_readv and _writev
    "x86_64": _Numbers(0xC000003E, 317, 41, 53, 44, 42, (42, 43, 46, 49, 50, 288, 307, 101, 310, 311, _PIDFD_GETFD)),
    "aarch64": _Numbers(
        0xC00000B7, 277, 198, 199, 206, 203, (203, 202, 211, 200, 201, 242, 269, 117, 270, 271, _PIDFD_GETFD)
    ),
}


def refuse_sockets() -> str:
    """Put filter and sandbox in place for this process and its children.

    Returns:
        "" when the kernel refuses sockets now, or did already; else why it does not, in words.
    """
    if sys.platform == "darwin":
        return "macOS has no such filter for a program like this: compiled code and other programs are not kept in"
    if sys.platform != "linux":
        return f"{platform.system()} has no such filter: compiled code and other programs are not kept in"
    numbers = _PROCESSORS.get(platform.machine())
    if numbers is None:
        return f"the numbers of the system calls of {platform.machine()} are not known here"
    libc = ctypes.CDLL(None, use_errno=True)
    if _stands(libc, numbers):
        return ""
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return f"the kernel refused it ({errno.errorcode.get(ctypes.get_errno(), 'unknown')})"
    _sandbox(libc)
    code = _program(numbers)
    instructions = ctypes.create_string_buffer(code)
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(instructions))
    if _call(libc, numbers.seccomp, _FILTER_MODE, _ALL_THREADS, program) != 0:
        return f"the kernel refused it ({errno.errorcode.get(ctypes.get_errno(), 'unknown')})"
    return "" if _stands(libc, numbers) else "the kernel took the filter and does not obey it"


def _call(libc: ctypes.CDLL, number: int, *arguments: int | bytes) -> int:
    """A system call; every number fills a whole register, as the kernel reads it."""
    whole = (one if isinstance(one, bytes) else ctypes.c_long(one) for one in arguments)
    code: int = libc.syscall(ctypes.c_long(number), *whole)
    return code


def _stands(libc: ctypes.CDLL, numbers: _Numbers) -> bool:
    """Whether a filter like ours holds this process already; asked with calls that do nothing without one."""

    def answer(number: int, *arguments: int) -> int:
        code = _call(libc, number, *arguments)
        if code >= 0:
            libc.close(code)
        return 0 if code >= 0 else ctypes.get_errno()

    return (
        answer(numbers.connect, -1, 0, 0) == errno.EACCES
        and answer(numbers.socket, 2, 1, 0) == errno.EACCES
        and answer(_IO_URING[0], 0, 0) == errno.ENOSYS
    )


def _sandbox(libc: ctypes.CDLL) -> None:
    """Landlock, as far as this kernel knows it: no TCP, no unnamed sockets of others, no reaching into other processes."""
    version = _call(libc, _LANDLOCK_CREATE, 0, 0, 1)
    if version < 4:
        return
    rules = struct.pack("QQQ", 0, 0b11, 0b1)[: 24 if version >= 6 else 16]
    made = _call(libc, _LANDLOCK_CREATE, rules, len(rules), 0)
    if made >= 0:
        # Where it fails the filter stands all the same.
        _call(libc, _LANDLOCK_RESTRICT, made, 0)
        libc.close(made)


def _program(numbers: _Numbers) -> bytes:
    """The filter in the kernel's own instructions (classic BPF), 8 bytes each."""
    lines: list[tuple[int, int | str, int | str, int]] = [(_LOAD, 0, 0, _ARCHITECTURE)]
    lines += [(_EQUAL, 0, "refuse", numbers.architecture), (_LOAD, 0, 0, _NUMBER), (_AT_LEAST, "refuse", 0, _X32)]
    lines += [(_EQUAL, "refuse", 0, number) for number in numbers.refused]
    # As on a kernel without it: libraries then go on without it.
    lines += [(_EQUAL, "unknown", 0, number) for number in _IO_URING]
    lines += [(_EQUAL, "family", 0, numbers.socket), (_EQUAL, "family", 0, numbers.socketpair)]
    lines += [(_EQUAL, "address", "allow", numbers.sendto)]
    marks = {"family": len(lines)}
    lines += [(_LOAD, 0, 0, _FIRST), (_EQUAL, "allow", "refuse", _INSIDE_THE_MACHINE)]
    marks["address"] = len(lines)
    lines += [(_LOAD, 0, 0, _FIFTH), (_EQUAL, 0, "refuse", 0)]
    lines += [(_LOAD, 0, 0, _FIFTH + 4), (_EQUAL, "allow", "refuse", 0)]
    marks |= {"allow": len(lines), "refuse": len(lines) + 1, "unknown": len(lines) + 2}
    lines += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _ERRNO | errno.EACCES), (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]

    def distance(mark: int | str, at: int) -> int:
        return mark if isinstance(mark, int) else marks[mark] - at - 1

    return b"".join(
        struct.pack("HBBI", code, distance(yes, at), distance(no, at), value)
        for at, (code, yes, no, value) in enumerate(lines)
    )
