"""JSON as a table: JSON Lines, a list of objects, or a document around one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.errors import InputFileError
from engine.importing import encodings
from engine.importing.delimited import Batch, Record
from engine.importing.reading.tables import BATCH_ROWS, HEAD_RECORDS, FrameTable, Table, check_size


class JsonTable(Table):
    """JSON Lines: one object a line; nested values get dotted names, other values stay as they are written."""

    def __init__(self, file: str, path: Path, encoding: encodings.Encoding, skip: int) -> None:
        super().__init__(file)
        self.keyed = True
        self.encoding, self.runner_up = encoding.name, encoding.runner_up
        self._path, self._skip = path, skip
        self._count = 0
        names: dict[str, None] = {}
        head: list[tuple[int, dict[str, str]]] = []
        types = _Types()
        for line, item, _ in self._lines(types):
            self._count += 1
            if item is not None:
                names.update(dict.fromkeys(item))
                check_size(len(names), self._count, file)
                if len(head) < HEAD_RECORDS:
                    head.append((line, item))
        self.types = types.found()
        self._names = list(names)
        self._head = [Record(0, tuple(self._names))]
        self._head += [Record(line, tuple(item.get(name, "") for name in self._names)) for line, item in head]

    def _lines(self, types: _Types | None = None) -> Iterator[tuple[int, dict[str, str] | None, str]]:
        """Line number, flattened object (None when it is none), and the raw line."""
        import msgspec

        decoder = msgspec.json.Decoder()
        with self._path.open("rb") as file:
            file.seek(self._skip)
            for number, raw in enumerate(file, 1):
                if not raw.strip():
                    continue
                try:
                    item = decoder.decode(raw)
                except (msgspec.DecodeError, RecursionError):
                    item = None
                if not isinstance(item, dict):
                    yield number, None, raw.decode("utf-8", "replace").strip()
                    continue
                for part in _taken_apart([item]):
                    if types is not None:
                        types.add(part)
                    yield number, _flat(part), ""

    def head(self) -> list[Record]:
        return self._head

    def records(self) -> int:
        return self._count + 1

    def batches(self, first: int, width: int, columns: list[int]) -> Iterator[Batch]:
        import polars as pl

        lines = self._lines()
        names = [(str(i), self._names[i]) for i in columns]
        while part := list(itertools.islice(lines, BATCH_ROWS)):
            good = [(line, item) for line, item, _ in part if item is not None]
            bad = tuple((line, (raw,), "this line is no JSON object") for line, item, raw in part if item is None)
            frame = pl.DataFrame(
                {key: [item.get(name) for _, item in good] for key, name in names},
                schema={key: pl.String for key, _ in names},
            )
            yield Batch(frame, pl.Series([line for line, _ in good], dtype=pl.Int64), bad)


class _Types:
    """Which members of objects hold nothing but numbers."""

    def __init__(self) -> None:
        self._kinds: dict[str, set[type]] = {}

    def add(self, item: dict[str, Any]) -> None:
        """Take in one object."""
        for name, value in item.items():
            if value is not None:
                self._kinds.setdefault(name, set()).add(type(value))

    def found(self) -> dict[str, str]:
        """The members whose every value is a number, and of which kind."""
        return {
            name: "integer" if kinds == {int} else "number"
            for name, kinds in self._kinds.items()
            if kinds and kinds <= {int, float}
        }


def json_lines(path: Path, name: str) -> JsonTable:
    """A UTF-8 file of JSON Lines, whatever it is called.

    Raises:
        InputFileError: no line of it is a JSON object.
    """
    table = JsonTable(name, path, encodings.Encoding("utf-8"), 0)
    if table.records() < 2:
        raise InputFileError("there are no rows here.", file=name)
    return table


def _flat(item: dict[str, Any], prefix: str = "") -> dict[str, str]:
    import msgspec

    flat: dict[str, str] = {}
    for key, value in item.items():
        name = prefix + str(key)
        if isinstance(value, dict) and value and len(name) < 200:
            flat.update(_flat(value, name + "."))
        elif value is None:
            flat[name] = ""
        elif isinstance(value, str):
            flat[name] = value
        elif isinstance(value, bool):
            flat[name] = "true" if value else "false"
        else:
            flat[name] = msgspec.json.encode(value).decode()
    return flat


def decoded(path: Path, name: str, skip: int) -> Any:
    """The whole file as JSON; raises `InputFileError` where it is not whole."""
    import msgspec

    try:
        return msgspec.json.decode(path.read_bytes()[skip:])
    except (msgspec.DecodeError, RecursionError) as error:
        raise InputFileError(f"this JSON is not whole: {error}.", file=name, todo="Download it again.") from error


def one_document(path: Path, skip: int) -> list[Any] | None:
    """The rows of a file that is one JSON object around a list of objects; None for JSON Lines."""
    import msgspec

    with path.open("rb") as file:
        file.seek(skip)
        lines = (raw for raw in file if raw.strip())
        first, second = next(lines, b""), next(lines, b"")
    if second.lstrip().startswith(b"{") and first.rstrip().endswith(b"}"):
        return None
    try:
        document = msgspec.json.decode(path.read_bytes()[skip:])
    except (msgspec.DecodeError, RecursionError):
        return None
    lists = {k: v for k, v in document.items() if isinstance(v, list) and any(isinstance(i, dict) for i in v)}
    name = max(lists, key=lambda key: len(lists[key]), default=None)
    if name is None:
        return None
    if name.casefold() in _PARTS:
        # One conversation: what is said of the whole belongs to each of its messages.
        return list(_parts(document, name))
    return lists[name]


# The parts of a conversation, which tell more than what is said of it as a whole.
_PARTS = ("messages", "comments", "conversations", "conversation_parts", "replies")


def _parts(item: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """The parts of an object, each with the object's own plain values under `whole.…`."""
    plain = {f"whole.{key}": value for key, value in item.items() if not isinstance(value, dict | list)}
    for part in item[name]:
        if isinstance(part, dict):
            yield {**part, **{key: value for key, value in plain.items() if value is not None}}


def _taken_apart(items: list[Any]) -> list[Any]:
    """Conversations as their messages; other objects as they are."""
    whole = [item for item in items if isinstance(item, dict)]
    for name in _PARTS:
        holding = [isinstance(i.get(name), list) and any(isinstance(p, dict) for p in i[name]) for i in whole]
        if holding and sum(holding) > len(holding) / 2:
            return [
                part
                for item, holds in zip(whole, holding, strict=True)
                for part in (_parts(item, name) if holds else [item])
            ]
    return items


def rows_of(items: list[Any], name: str) -> Table:
    """A list of JSON objects as a table; rows count from 1."""
    import polars as pl

    items = _taken_apart(items)
    types = _Types()
    for item in items:
        if isinstance(item, dict):
            types.add(item)
    rows = [_flat(item) for item in items if isinstance(item, dict)]
    names = list(dict.fromkeys(key for row in rows for key in row))
    check_size(len(names), len(rows), name)
    if not names:
        raise InputFileError("this file holds no rows.", file=name, todo="Export it again.")
    data = [[key, *(row.get(key) for row in rows)] for key in names]
    frame = pl.DataFrame(
        {str(i): column for i, column in enumerate(data)}, schema={str(i): pl.String for i in range(len(names))}
    )
    table = FrameTable(name, None, frame, first_line=0)
    table.keyed = True
    table.types = types.found()
    if len(rows) < len(items):
        table.notes.append(f"{len(items) - len(rows):,} entries of this file are no objects and were left out.")
    return table
