"""For answers that may be missing: a test that goes on is sure that they are there."""

from __future__ import annotations

from typing import TypeVar

Answer = TypeVar("Answer")


def sure(answer: Answer | None) -> Answer:
    """The answer; the test fails where there is none."""
    assert answer is not None
    return answer
