"""Values as words, bars and clipped cells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from engine.cells import one_line, safe
from engine.findings import Finding, wilson
from tui.format import (
    Month,
    about,
    bar,
    between,
    between_short,
    breaks,
    clip,
    clip_middle,
    counted,
    duration,
    excerpt,
    fit,
    k_of_n,
    months,
    other_numbers,
    percent,
    sparkline,
    stars,
    tsv,
    wrap,
)


def finding(**changes: object) -> Finding:
    base = {
        "key": "k",
        "desk": "reviews",
        "kind": "pain_point",
        "subject": {},
        "numbers": {},
        "method": "m",
    }
    return Finding(**{**base, "n": 48, "k": 12, **changes})  # type: ignore[arg-type]


@given(st.text(), st.integers(1, 40))
def test_clip_middle_fits_and_keeps_what_fits(text: str, width: int) -> None:
    shown = clip_middle(text, width)
    assert cell_len(shown) <= width
    assert shown == text if cell_len(text) <= width else "…" in shown


def test_clip_middle_keeps_both_ends() -> None:
    assert clip_middle("amazon_inventory__afn.header.tsv", 20) == "amazon_in…header.tsv"
    assert clip_middle("淘宝订单导出二〇二六年三月.csv", 15) == "淘宝订…三月.csv"


@given(st.text(), st.integers(1, 40))
def test_fit_takes_exactly_its_cells(text: str, width: int) -> None:
    assert cell_len(fit(one_line(text), width)) == width


@given(st.text(), st.integers(2, 40), st.integers(1, 5))
def test_breaks_cover_everything_but_spaces_and_keep_to_the_width(text: str, width: int, lines: int) -> None:
    line = one_line(text)
    ranges = breaks(line, width, lines)
    assert len(ranges) <= lines
    shown = "".join(line[start:end] for start, end in ranges)
    assert shown.replace(" ", "") == line.replace(" ", "")
    assert all(cell_len(part) <= width for part in wrap(line, width, lines))


def test_clip_counts_cells_and_never_halves_a_wide_character() -> None:
    assert clip("围巾很软", 8) == "围巾很软"
    assert clip("围巾很软", 7) == "围巾很…"
    assert clip("围巾很软", 6) == "围巾…"
    assert cell_len(fit("围巾很软", 6)) == 6


@pytest.mark.parametrize("bad", ["\x00", "\x1b[2J", "\x07", "\x9b", "\u202e", "\u2028", "\ud800", "\r", "\t"])
def test_nothing_reaches_the_terminal_that_could_disturb_it(bad: str) -> None:
    shown = safe(f"a{bad}b")
    assert len(shown) == len(f"a{bad}b")  # code points keep their places
    shown.encode("utf-8")
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char in "\u202e\u2028" for char in shown)


def test_stored_values_of_any_type_become_text() -> None:
    assert [one_line(value) for value in (None, b"caf\xc3\xa9\xff", 3.0, 2.5, True)] == [
        "",
        "café\ufffd",
        "3",
        "2.5",
        "True",
    ]


def test_shares_never_claim_none_or_all() -> None:
    assert [percent(share) for share in (0.0, 0.001, 0.29, 0.998, 1.0)] == [
        "0 %",
        "under 1 %",
        "29 %",
        "over 99 %",
        "100 %",
    ]


def test_a_finding_in_words() -> None:
    found = finding(interval=wilson(12, 48))
    assert f"{k_of_n(found)}, {between(found)}" == "12 of 48 reviews, between 15 % and 39 %"
    assert k_of_n(finding(numbers={"unit": "orders"}, k=None)) == "48 orders"
    assert between(finding()) == between_short(finding()) == ""
    assert between_short(found) == "15–39 %"
    assert k_of_n(finding(kind="return_reason")) == "12 of 48 returns"
    subject = {"product": "p", "name": "Lantern", "theme": "negative/x", "theme_name": "battery", "courier": None}
    assert about(finding(subject=subject)) == "Lantern, battery"


def test_months_with_and_without_rows() -> None:
    trend = months(
        finding(numbers={"months": [{"month": "2026-01", "k": 0, "n": 4}, {"month": "2026-02", "k": 0, "n": 0}]})
    )
    assert trend == [Month("2026-01", 0, 4), Month("2026-02", 0, 0)]
    assert trend[1].share is None
    assert months(finding(numbers={"months": "nonsense"})) == months(finding()) == []
    assert sparkline([Month("a", 0, 4), Month("b", 0, 0), Month("c", 4, 4)], 12) == "▁·█"


def test_other_numbers_leave_out_what_is_shown_elsewhere() -> None:
    numbers = {
        "k": 1, "months": [], "stars_lost": 0.62, "stars_lost_low": 0.314, "stars_lost_high": 0.9,
        "orders": 1204, "seen": True, "share_before": 0.041, "q": 0.0002,
        "words": ["battery", "dies"], "steps": [1, 2],
    }  # fmt: skip
    assert dict(other_numbers(finding(numbers=numbers))) == {
        "stars lost": "0.62, between 0.31 and 0.90",
        "orders": "1,204",
        "seen": "yes",
        "share before": "4 %",
        "chance of a false alarm": "under 1 %",
        "words": "battery, dies",
    }


def test_bars_and_stars() -> None:
    assert bar(0.5, 4) == "██  " and bar(0, 3) == "   " and bar(2, 3) == "███" and bar(1 / 16, 2) == "▏ "
    assert stars(4.0) == "★★★★☆" and stars(None) == "" and stars(87.0) == "87" and stars(0.0) == "☆☆☆☆☆"


@given(st.text(min_size=1, max_size=200), st.data(), st.integers(10, 120))
def test_an_excerpt_keeps_its_words(text: str, data: st.DataObject, cells: int) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    shown, first, last = excerpt(text, start, end, cells)
    assert shown[first:last] == safe(text[start:end]).replace("\n", " ")


def test_an_excerpt_begins_near_the_words() -> None:
    shown, first, last = excerpt("x" * 500 + " battery " + "y" * 500, 501, 508, 80)
    assert shown.startswith("…") and shown[first:last] == "battery" and cell_len(shown[:last]) <= 80


def test_times_and_counts() -> None:
    assert [duration(seconds) for seconds in (8.4, 200, 180, 7500)] == ["8 s", "3 min 20 s", "3 min", "2 h 5 min"]
    assert counted(1, "review") == "1 review" and counted(1204, "review") == "1,204 reviews"
    assert tsv([("a\tb", 1.0), ("c\nd", None)]) == "a b\t1\nc d\t"
