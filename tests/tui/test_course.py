"""One bar for a whole job: it never goes back, and the time left is that of all stages."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from engine.jobs import Progress
from tui.course import Course, Leg, Memory


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def run(course: Course, clock: Clock, stages: list[tuple[str, int, float]]) -> list[tuple[float, float, float | None]]:
    """Stages of (name, units, seconds a unit): moment, fraction and seconds left after each report."""
    seen = []
    for name, units, seconds in stages:
        for done in range(units + 1):
            clock.now += seconds if done else 0.0
            course.report(Progress(name, done, units))
            seen.append((clock.now, course.fraction, course.seconds_left))
    return seen


def test_the_time_left_is_that_of_the_whole_job_as_it_was_the_last_time() -> None:
    clock = Clock()
    course = Course([Leg("Reading reviews", 10, 100), Leg("Reading clauses", 20, 200), Leg("Weighing", 1, 7)], clock)
    # A slower machine, and half as many of everything as the last time: 5 + 10 + 0.5 expected seconds, times two.
    seen = run(course, clock, [("Reading reviews", 50, 0.2), ("Reading clauses", 100, 0.2), ("Weighing", 7, 1 / 7)])
    end = clock.now
    halfway = seen[25:]
    assert all(left is not None and abs(left - (end - now)) < 1.0 for now, _, left in halfway)
    assert all(abs(fraction - now / end) < 0.05 for now, fraction, _ in halfway)
    assert seen[-1][1] == 1.0


def test_between_reports_the_time_left_counts_down() -> None:
    clock = Clock()
    course = Course([Leg("a", 10), Leg("b", 10)], clock)
    run(course, clock, [("a", 10, 1.0)])
    before = course.seconds_left
    clock.now += 4
    assert before == 10 and course.seconds_left == 6


def test_files_are_weighed_by_their_size_whatever_stages_they_have() -> None:
    clock = Clock()
    course = Course([Leg("1/2 small.csv", 1, whole=True), Leg("2/2 large.csv", 3, whole=True)], clock)
    run(course, clock, [("1/2 small.csv", 4, 0.5), ("1/2 small.csv: linking products", 1, 0.0)])
    assert course.fraction == 0.25 and course.seconds_left == 6
    run(course, clock, [("2/2 large.csv", 2, 3.0)])
    assert course.fraction == 1.0


def test_a_job_that_never_ran_promises_no_time_and_still_moves_on() -> None:
    clock = Clock()
    course = Course((), clock)
    seen = run(course, clock, [("a", 3, 1.0), ("b", 3, 1.0), ("a", 3, 1.0)])
    shares = [fraction for _, fraction, _ in seen]
    assert shares == sorted(shares) and shares[3] < shares[7] < shares[11] < 1
    assert {left for _, _, left in seen} == {None}


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 5), st.floats(0, 3)), max_size=12),
    st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 9), st.integers(0, 9)), max_size=4),
)
def test_the_bar_never_goes_back(stages: list[tuple[str, int, float]], legs: list[tuple[str, float, int]]) -> None:
    clock = Clock()
    course = Course([Leg(*leg) for leg in legs], clock)
    shares = [fraction for _, fraction, _ in run(course, clock, stages)]
    assert shares == sorted(shares) and all(0 <= share <= 1 for share in shares)


def test_what_a_run_took_is_what_the_next_one_expects(tmp_path: Path) -> None:
    clock, memory = Clock(), Memory(tmp_path / "courses.json")
    assert memory.expected("Reading") == []
    course = Course(memory.expected("Reading"), clock)
    run(course, clock, [("a", 4, 1.0), ("b", 2, 2.0), ("a", 1, 3.0)])
    memory.keep("Reading", course.taken())
    expected = [(leg.name, leg.seconds, leg.units) for leg in memory.expected("Reading")]
    assert expected == [("a", 4.0, 4), ("b", 4.0, 2), ("a", 3.0, 1)]
    (tmp_path / "courses.json").write_text("[broken", encoding="utf-8")
    assert memory.expected("Reading") == []
