"""The witness of `backroom privacy prove`: a process outside of the guard that listens, and notes who comes through.

`python -m engine.privacy.witness`, started before the guard stands. It first tries every way out itself, so that it is
known which are open on this machine at all; then it answers the line "arrived" with what came from whom.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import asdict

from engine.offline.attempts import Witness, attempt_all

CONTROL = "outside-of-the-guard"

_ANSWER = b"HTTP/1.0 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 5\r\nAccept-Ranges: bytes\r\n\r\na\n1\n\n"


class Ears:
    """Sockets on the loopback address, and in the file system where there are such, and all that came in on them.

    Args:
        folder: for the socket in the file system.
    """

    def __init__(self, folder: str) -> None:
        self.arrived: list[str] = []
        stream = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = stream.getsockname()[1]
        datagram = socket.socket(type=socket.SOCK_DGRAM)
        datagram.bind(("127.0.0.1", self.port))
        self.path = ""
        listening = [stream]
        if hasattr(socket, "AF_UNIX"):
            self.path = os.path.join(folder, "service")
            service = socket.socket(socket.AF_UNIX)
            service.bind(self.path)
            service.listen()
            listening.append(service)
        for one in listening:
            threading.Thread(target=self._accept, args=(one,), daemon=True).start()
        threading.Thread(target=self._receive, args=(datagram,), daemon=True).start()
        # A connection of its own, for those who try to take over somebody else's.
        self.connected = socket.create_connection(("127.0.0.1", self.port))

    def _accept(self, server: socket.socket) -> None:
        while True:
            came, _ = server.accept()
            threading.Thread(target=self._serve, args=(came,), daemon=True).start()

    def _serve(self, came: socket.socket) -> None:
        with came, suppress(OSError):
            while said := came.recv(4096):
                self.arrived.append(said.decode(errors="replace").split("\r\n")[0])
                if b"HTTP" in said:
                    came.sendall(_ANSWER if said.startswith(b"GET") else _ANSWER[:-5])
                    # The connection that can be taken over stays open, all others are answered and done.
                    if came.getpeername() != self.connected.getsockname():
                        return

    def _receive(self, datagram: socket.socket) -> None:
        while True:
            said, _ = datagram.recvfrom(4096)
            self.arrived.append(said.decode(errors="replace").split("\r\n")[0])


def main() -> None:
    """Say where to come to and what is open here, then answer until the input ends."""
    with tempfile.TemporaryDirectory(prefix="backroom-witness-") as folder:
        ears = Ears(folder)
        witness = Witness(ears.port, ears.path, os.getpid(), ears.connected.fileno(), CONTROL)
        print(json.dumps({"witness": asdict(witness), "control": attempt_all(witness)}), flush=True)
        for _ in sys.stdin:
            print(json.dumps({"arrived": ears.arrived}), flush=True)
        with suppress(OSError):
            os.unlink(ears.path)


if __name__ == "__main__":
    main()
