"""The offline guard: nothing reaches a network, and nothing that needs none is disturbed."""

from __future__ import annotations

import subprocess
import sys

import pytest

GUARDED = "from engine.offline import forbid_network; forbid_network(); forbid_network()\n"


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, because an audit hook cannot be taken out again."""
    return subprocess.run([sys.executable, "-c", GUARDED + code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.socket().connect(('192.0.2.1', 80))",
        "import socket; socket.socket().connect_ex(('127.0.0.1', 9))",
        "import socket; socket.create_connection(('localhost', 80))",
        "import socket; socket.socket().bind(('127.0.0.1', 0))",
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "import socket; socket.getaddrinfo('example.org', 80)",
        "import socket; socket.gethostbyname('example.org')",
        "import socket; socket.socket().listen()",
        "import socket, engine.offline as o; o._hook = o.NetworkForbidden = o._states = None; socket.socket()",
        "import socket\nexec(compile('def socketpair(): socket.socket()', socket.__file__, 'exec'))\nsocketpair()",
        "import urllib.request; urllib.request.urlopen('http://192.0.2.1/')",
        "import asyncio; asyncio.run(asyncio.open_connection('192.0.2.1', 80))",
        "import asyncio; asyncio.run(asyncio.start_server(print, '127.0.0.1', 0))",
    ],
)
def test_every_way_out_is_refused_with_a_clear_message(attempt: str) -> None:
    done = run(attempt)
    assert done.returncode != 0
    assert "NetworkForbidden" in done.stderr and "Backroom works offline" in done.stderr


@pytest.mark.skipif(not hasattr(__import__("socket"), "AF_UNIX"), reason="no such sockets on this system")
def test_sockets_inside_the_machine_are_refused_as_well() -> None:
    assert "NetworkForbidden" in run("import socket; socket.socket(socket.AF_UNIX).connect('/nowhere')").stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a program refuse sockets to itself")
@pytest.mark.parametrize(
    "attempt",
    [
        "import ctypes; c = ctypes.CDLL(None, use_errno=True); made = c.socket(2, 1, 0); print(made, ctypes.get_errno())",
        "import ctypes; c = ctypes.CDLL(None, use_errno=True); made = c.socket(16, 3, 0); print(made, ctypes.get_errno())",
        "import ctypes; c = ctypes.CDLL(None, use_errno=True); print(c.listen(0, 1), ctypes.get_errno())",
        "import ctypes; c = ctypes.CDLL(None, use_errno=True); print(c.ptrace(0, 0, 0, 0), ctypes.get_errno())",
        "import subprocess, sys; subprocess.run([sys.executable, '-c', "
        "'import socket\\ntry: socket.socket()\\nexcept OSError as e: print(-1, e.errno)'])",
    ],
)
def test_the_kernel_refuses_what_python_does_not_see(attempt: str) -> None:
    done = run(attempt)
    assert done.stdout.split() == ["-1", "13"], done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a program refuse sockets to itself")
def test_rings_of_the_kernel_are_not_there() -> None:
    code = "import ctypes; c = ctypes.CDLL(None, use_errno=True); print(c.syscall(425, 8, 0), ctypes.get_errno())"
    assert run(code).stdout.split() == ["-1", "38"]


def test_the_event_loop_and_child_processes_work() -> None:
    code = """
import asyncio, subprocess, sys
async def main():
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", "print('child')", stdout=subprocess.PIPE)
    out, _ = await child.communicate()
    print(out.decode().strip(), await asyncio.to_thread(lambda: "thread"))
asyncio.run(main())
"""
    done = run(code)
    assert done.stdout.split() == ["child", "thread"], done.stderr


def test_a_terminal_app_runs() -> None:
    code = """
import asyncio
from textual.app import App
async def main():
    async with App().run_test() as pilot:
        await pilot.pause()
        print("ran")
asyncio.run(main())
"""
    done = run(code)
    assert done.stdout.split() == ["ran"], done.stderr


def test_the_model_libraries_are_told_to_stay_offline() -> None:
    code = "import os; from engine.offline import state; print(os.environ['HF_HUB_OFFLINE'], state().hook)"
    assert run(code).stdout.split() == ["1", "True"]
