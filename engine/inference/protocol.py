"""What the program and the model process say to each other: typed messages, framed, over two pipes.

A frame is its length as 4 bytes, little-endian, and a MessagePack body. Requests go to the model process, events come
back; every event but `Note` belongs to a request by its `id`. Vectors and scores travel as raw bytes.
"""

from __future__ import annotations

import struct
import threading
from typing import TYPE_CHECKING, BinaryIO, Generic, TypeVar

import msgspec

from engine.inference.backend import Sampling
from engine.inference.tagging import TagTask
from engine.inference.task import LabelTask
from engine.offline.attempts import Witness

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

INTERACTIVE, BACKGROUND = 0, 1
"""Priorities: the lower number goes first, between batches."""

LARGEST_FRAME = 1 << 30


class Setup(msgspec.Struct, tag=True, frozen=True):
    """The first message: with how many threads to compute, after how many idle seconds to let the models go, and whether
    a graphics card may be used.
    """

    threads: int
    idle_seconds: float = 300.0
    gpu: bool = True


class Label(msgspec.Struct, tag=True, frozen=True):
    """Score `texts` under `task` with the model file `model`."""

    id: int
    priority: int
    model: str
    texts: list[str]
    task: LabelTask


class Tag(msgspec.Struct, tag=True, frozen=True):
    """Read the labels of `task` at every token of `texts`, with the model file `model`."""

    id: int
    priority: int
    model: str
    texts: list[str]
    task: TagTask


class Embed(msgspec.Struct, tag=True, frozen=True):
    """Make vectors of `texts`."""

    id: int
    priority: int
    texts: list[str]
    multilingual: bool


class Generate(msgspec.Struct, tag=True, frozen=True):
    """Write on from `prompt`. `schema`, a JSON schema as text, is compiled into the grammar."""

    id: int
    priority: int
    model: str
    prompt: str
    sampling: Sampling
    schema: str | None = None


class Describe(msgspec.Struct, tag=True, frozen=True):
    """Load the model and tell what it is."""

    id: int
    priority: int
    model: str


class Prove(msgspec.Struct, tag=True, frozen=True):
    """Load the model, then try every way out of the process (see `offline.attempts`)."""

    id: int
    priority: int
    model: str
    witness: Witness


class Cancel(msgspec.Struct, tag=True, frozen=True):
    """Stop request `id`, wherever it is."""

    id: int


class Rows(msgspec.Struct, tag=True, frozen=True):
    """One finished batch: positions in the request's texts and their rows, `columns` wide, as `dtype` bytes."""

    id: int
    indices: list[int]
    columns: int
    dtype: str
    data: bytes

    def array(self) -> NDArray[Any]:
        """The rows as an array (len(indices), columns)."""
        import numpy as np

        return np.frombuffer(self.data, dtype=self.dtype).reshape(len(self.indices), self.columns)


class Piece(msgspec.Struct, tag=True, frozen=True):
    """A piece of generated text."""

    id: int
    text: str


class Facts(msgspec.Struct, tag=True, frozen=True):
    """What is loaded."""

    id: int
    facts: dict[str, str | int | float | bool]


class Proved(msgspec.Struct, tag=True, frozen=True):
    """What came of each way out: by its name the outcome and a detail."""

    id: int
    outcomes: dict[str, tuple[str, str]]


class Finished(msgspec.Struct, tag=True, frozen=True):
    """Request `id` is complete."""

    id: int


class Stopped(msgspec.Struct, tag=True, frozen=True):
    """Request `id` was cancelled; what came before stands."""

    id: int


class Failed(msgspec.Struct, tag=True, frozen=True):
    """Request `id` cannot be done, with the message for the seller and its exit code."""

    id: int
    what: str
    file: str | None
    todo: str | None
    exit_code: int


class Note(msgspec.Struct, tag=True, frozen=True):
    """Something the seller should know, not tied to a request."""

    text: str


Work = Label | Tag | Embed | Generate | Describe | Prove
Request = Setup | Work | Cancel
Event = Rows | Piece | Facts | Proved | Finished | Stopped | Failed | Note

M = TypeVar("M")


class Channel(Generic[M]):
    """Frames over a pair of binary streams. Sending is safe from several threads, receiving from one.

    Args:
        incoming, outgoing: streams opened in binary mode.
        kind: the union of messages that may come in.
    """

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO, kind: Any) -> None:
        self._incoming, self._outgoing = incoming, outgoing
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder: msgspec.msgpack.Decoder[M] = msgspec.msgpack.Decoder(kind)
        self._lock = threading.Lock()

    def send(self, message: msgspec.Struct) -> None:
        """Write one frame. Raises OSError or ValueError when the other side is gone."""
        body = self._encoder.encode(message)
        with self._lock:
            self._outgoing.write(struct.pack("<I", len(body)) + body)
            self._outgoing.flush()

    def receive(self) -> M | None:
        """Read one frame; None when the other side has closed, died in the middle of one, or sent what cannot be read.

        After a frame that cannot be read nothing on this pipe can be trusted: both sides take it for the other's end.
        """
        head = self._exactly(4)
        if head is None:
            return None
        size = struct.unpack("<I", head)[0]
        if size > LARGEST_FRAME:
            return None
        body = self._exactly(size)
        try:
            return None if body is None else self._decoder.decode(body)
        except (msgspec.DecodeError, RecursionError):
            return None

    def _exactly(self, size: int) -> bytes | None:
        parts: list[bytes] = []
        while size:
            try:
                part = self._incoming.read(size)
            except (OSError, ValueError):
                return None
            if not part:
                return None
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def close(self) -> None:
        """Close the outgoing stream, which the other side sees as the end."""
        with self._lock:
            try:
                self._outgoing.close()
            except OSError:
                # The other side died with our last frame unread.
                return
