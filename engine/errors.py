"""Errors as messages to a seller: what happened, where, and what to do next.

Every error that can be caused by input, files or the machine is a `BackroomError`. Its `exit_code` is the one the
command line ends with; anything else that escapes is a fault of ours (exit code 70).
"""

from __future__ import annotations


class BackroomError(Exception):
    """Something a seller can act on.

    Args:
        what: what happened, in one plain sentence.
        file: the file it concerns, if any.
        line: the line in that file (from 1), if known.
        todo: what to do next, in one plain sentence.
    """

    exit_code = 3

    def __init__(self, what: str, *, file: str | None = None, line: int | None = None, todo: str | None = None) -> None:
        self.what, self.file, self.line, self.todo = what, file, line, todo
        super().__init__(self.message())

    def message(self) -> str:
        """The whole message: place, what happened, what to do."""
        place = "" if self.file is None else self.file + (f", line {self.line}" if self.line is not None else "") + ": "
        return place + self.what + (f" {self.todo}" if self.todo else "")


class UsageError(BackroomError):
    """The command was called in a way that cannot mean anything."""

    exit_code = 2


class InputFileError(BackroomError):
    """A file to import cannot be read as what it claims to be."""

    exit_code = 3


class ShopError(BackroomError):
    """The shop file cannot be opened, read or written."""

    exit_code = 3


class ModelError(BackroomError):
    """A model is missing, damaged, or does not fit this machine."""

    exit_code = 4


class Cancelled(BackroomError):
    """The seller stopped a job; what was finished is kept."""

    exit_code = 5

    def __init__(self, what: str = "Stopped. What was finished is kept.") -> None:
        super().__init__(what)
