"""The writing desk's run: what is wrong with the copy that is live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.writing import audit

if TYPE_CHECKING:
    from engine.desks.work import Work


def run(work: Work) -> None:
    """Audit every live listing.

    Raises:
        Cancelled: stopped; the findings of before stay.
    """
    found = list(audit.find(work.store))
    work.context.check()
    work.publish(found)
