"""What the seller decided in this session, so that the last decision of any kind can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Decision:
    """One decision.

    Attributes:
        what: what was decided, as in "marked as seen: Customers of …".
        undo: makes everything as it was before; False when it asks first, and drops the decision itself when that is done.
    """

    what: str
    undo: Callable[[], bool]


class Decisions:
    """Decisions in their order; the last one is taken back first."""

    def __init__(self) -> None:
        self._made: list[Decision] = []

    def __bool__(self) -> bool:
        return bool(self._made)

    def add(self, decision: Decision) -> None:
        """Remember a decision."""
        self._made.append(decision)

    @property
    def last(self) -> Decision | None:
        """What would be taken back next."""
        return self._made[-1] if self._made else None

    def drop(self, decision: Decision) -> None:
        """A decision no longer stands."""
        self._made = [other for other in self._made if other is not decision]

    def forget(self) -> None:
        """Another shop is open: what was decided in this one is no longer at hand."""
        self._made.clear()
