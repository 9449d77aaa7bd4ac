"""How far a whole job is, and how long it still takes: its stages weighed by the time they are expected to take.

A job's stages are known beforehand either because they were planned (files, by their size) or because the same job ran
before on this machine; a stage's share of the job is then its expected time, and the time left is what is expected to
remain, times how much slower or faster than expected the job has been so far. A stage that nobody expected gets half of
what remains of the bar, and no time is promised. The bar never goes back.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.jobs import Progress

SPEAKS_AFTER = 1.5
"""Seconds before a time left is said: what is measured over less is noise."""
_UNEXPECTED = 0.5


@dataclass
class Leg:
    """One stage of a job.

    Attributes:
        name: what its reports begin with.
        seconds: how long it is expected to take.
        units: how many units it was expected to have, 0 when nobody knew.
        whole: whether it is one thing, a file for example, however often its count begins anew.
        total: how many it turned out to have.
        share: how much of it is done, between 0 and 1.
        begun: when its first report came.
        ended: when the next stage began.
    """

    name: str
    seconds: float
    units: int = 0
    whole: bool = False
    total: int = 0
    share: float = 0.0
    begun: float | None = None
    ended: float | None = None


FIRST_READING = (
    ("Reading reviews", 39.0, 879), ("Reading clauses", 37.0, 2198), ("Comparing reviews", 8.0, 560),
    ("Comparing reviews", 6.4, 319), ("Comparing complaints", 3.3, 318), ("Comparing praise", 3.3, 399),
    ("Comparing complaints", 1.3, 512), ("Comparing praise", 2.6, 783), ("Weighing", 0.8, 7),
)  # fmt: skip
"""What reading the sample shop took, stage by stage: expected of a first reading, until this machine has done one itself."""


class Course:
    """One run of a job.

    Args:
        legs: the stages that are expected, in order.
        clock: seconds, never going back.
    """

    def __init__(self, legs: Sequence[Leg] = (), clock: Callable[[], float] = time.monotonic) -> None:
        self.legs = list(legs)
        self._clock = clock
        self._started = clock()
        self._told = self._started
        self._now: Leg | None = None
        self._shown = 0.0
        self._promised = bool(legs)

    def report(self, progress: Progress) -> None:
        """Take a stage's report in."""
        moment = self._clock()
        now = self._now
        if now is not None and not now.whole and progress.done == 0 < now.share and self._is(now, progress.stage):
            # The same work again, for another language for example.
            now.ended = moment
        leg = self._leg(progress.stage)
        if leg is not self._now:
            self._enter(leg, moment)
            self._fit(leg, progress.total)
        leg.share = max(leg.share, progress.fraction)
        self._told = moment
        self._shown = max(self._shown, self._done())

    @staticmethod
    def _is(leg: Leg, stage: str) -> bool:
        return stage == leg.name or stage.startswith(leg.name + ":")

    def _leg(self, stage: str) -> Leg:
        for leg in self.legs:
            if leg.ended is None and self._is(leg, stage):
                return leg
        expected = self._remaining() if self._promised else 1.0
        leg = Leg(stage, max(expected, 0.001) * _UNEXPECTED if self._promised else 1.0)
        place = self.legs.index(self._now) + 1 if self._now in self.legs else 0
        self.legs.insert(place, leg)
        return leg

    def _enter(self, leg: Leg, moment: float) -> None:
        if self._now is not None and self._now.ended is None:
            self._now.ended = moment
        for earlier in self.legs[: self.legs.index(leg)]:
            earlier.share, earlier.ended = 1.0, earlier.ended or moment
        self._now, leg.begun = leg, moment

    def _fit(self, leg: Leg, total: int) -> None:
        """More or fewer units than expected: so much longer or shorter, and after the first stage the others as well."""
        leg.total = total
        if leg.units and total:
            ratio = total / leg.units
            for other in self.legs if leg is self.legs[0] else [leg]:
                other.seconds, other.units = other.seconds * ratio, max(1, round(other.units * ratio))

    def _remaining(self) -> float:
        return sum(leg.seconds * (1 - leg.share) for leg in self.legs)

    def _done(self) -> float:
        if self._promised:
            whole = sum(leg.seconds for leg in self.legs)
            return 1 - self._remaining() / whole if whole else 0.0
        shown = 0.0
        for leg in self.legs:
            shown += (1 - shown) * _UNEXPECTED * leg.share
        return shown

    @property
    def fraction(self) -> float:
        """How much of the whole job is done, between 0 and 1."""
        return min(1.0, self._shown)

    @property
    def seconds(self) -> float:
        """How long it has been going on."""
        return self._clock() - self._started

    @property
    def seconds_left(self) -> float | None:
        """How long the whole job still takes, counting down between reports; None while nobody can say."""
        passed = self._told - self._started
        expected = sum(leg.seconds * leg.share for leg in self.legs)
        if not self._promised or passed < SPEAKS_AFTER or expected <= 0:
            return None
        return max(0.0, passed * self._remaining() / expected - (self._clock() - self._told))

    def taken(self) -> list[Leg]:
        """What each stage that ran took, to expect of the next run."""
        end = self._clock()
        return [Leg(leg.name, (leg.ended or end) - leg.begun, leg.total) for leg in self.legs if leg.begun is not None]


class Memory:
    """How long the stages of jobs took on this machine.

    Args:
        path: the file that it is kept in; one that cannot be read or written is done without.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def _all(self) -> dict[str, list[tuple[str, float, int]]]:
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            return {
                str(job): [(str(name), float(seconds), int(units)) for name, seconds, units in legs]
                for job, legs in kept.items()
            }
        except (OSError, ValueError, TypeError, AttributeError):
            return {}

    def expected(self, job: str, first: Sequence[tuple[str, float, int]] = ()) -> list[Leg]:
        """The stages of a job as they were the last time; `first` when it never ran to its end here."""
        return [Leg(*leg) for leg in self._all().get(job, first)]

    def keep(self, job: str, legs: Sequence[Leg]) -> None:
        """Remember what a job's stages took."""
        kept = self._all() | {job: [(leg.name, round(leg.seconds, 3), leg.units) for leg in legs]}
        with contextlib.suppress(OSError):
            self._path.write_text(json.dumps(kept), encoding="utf-8")
