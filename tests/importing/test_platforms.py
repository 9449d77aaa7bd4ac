"""Every profile: recognised by its own headers, in every version and language, and loadable."""

from __future__ import annotations

import csv
import io

import pytest

from engine.errors import UsageError
from engine.importing import matching, profiles
from engine.store.database import Store
from engine.store.tables import IMPORTED
from tests.importing.conftest import Load

VERSIONS = [
    (name, number) for name, profile in profiles.all_profiles().items() for number in range(len(profile.version))
]
SAMPLES = {
    "money": "12.50",
    "number": "3",
    "moment": "2026-03-15 10:00:00",
    "day": "2026-03-15",
    "stars": "4",
    "flag": "yes",
}


def header_line(headers: list[str], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerow(headers)
    return out.getvalue()


@pytest.mark.parametrize(("name", "number"), VERSIONS)
def test_a_header_alone_is_recognised_as_its_own_report(load: Load, name: str, number: int) -> None:
    profile = profiles.find(name)
    version = profile.version[number]
    report = load(header_line(version.headers))
    assert (report.profile, report.language) == (name, version.language)
    assert (report.platform, report.report) == (profile.platform, profile.report)
    assert report.rows_read == 0 and report.rows_rejected == 0 and report.import_id is not None


@pytest.mark.parametrize(("name", "number"), VERSIONS)
def test_a_row_of_every_version_is_loaded(load: Load, store: Store, name: str, number: int) -> None:
    profile = profiles.find(name)
    headers = list(profile.version[number].headers)
    matched = matching.match(profile, headers)
    assert matched is not None
    field_at = {position: field for field, positions in matched.columns.items() for position in positions}
    row = []
    for position in range(len(headers)):
        field = field_at.get(position)
        kind = profile.kind(field) if field else "text"
        if field and kind == "moment" and profile.fields[field].join is not None:
            # A day and a time in two columns.
            row.append("2026-03-15" if position == matched.columns[field][0] else "10:00:00")
            continue
        row.append(SAMPLES.get(kind, f"value {position}" if kind != "id" else f"A-{position}"))
    for rule in profile.tables.values():
        if rule.spread:
            headers.append(rule.places[0].replace("*", "Graz") if rule.places else "Graz")
            row.append("3")
    report = load(header_line(headers) + header_line(row), date_order="dmy")
    assert report.profile == name
    assert (report.rows_read, report.rows_rejected) == (1, 0), report.notes
    assert sum(report.tables.values()) >= 1
    for table in report.tables:
        assert table in IMPORTED
        if report.tables[table]:
            assert store.value(f"SELECT line FROM {table}") == 2


def test_columns_in_another_order_with_other_case_and_further_columns_are_recognised(load: Load) -> None:
    headers = [name.upper() for name in reversed(profiles.find("etsy_sold_items").version[0].headers)]
    assert load(header_line(["My own column", *headers])).profile == "etsy_sold_items"


def test_a_profile_can_be_chosen_and_must_fit(load: Load) -> None:
    text = "product_handle,rating,body,created_at\nlamp,5,good lamp,2026-03-01\n"
    assert load(text, profile="loox_reviews").rows_loaded == 1
    with pytest.raises(UsageError, match="no profile nothing"):
        load(text, profile="nothing")
    with pytest.raises(Exception, match="needs columns such as"):
        load("a,b\n1,2\n", profile="loox_reviews")


def test_a_profile_survives_its_own_toml(store: Store) -> None:
    from engine.importing.mapping import profile_of

    learned = profile_of({"Texto": "text", "Nota": "stars"}, "review", ["Texto", "Nota"])
    again = profiles.load(profiles.as_toml(learned), "learned")
    assert again.fields["text"].names == ["Texto"] and list(again.tables) == ["reviews"]


def test_a_wrong_profile_says_what_is_wrong() -> None:
    with pytest.raises(UsageError, match="is not a profile"):
        profiles.load("platform = 1", "broken")
    text = 'platform="p"\nreport="r"\ntitle="t"\n[fields]\na=["A"]\n[tables.reviews]\ncolumns=["nothing"]\n'
    with pytest.raises(UsageError, match="no column nothing"):
        profiles.load(text, "broken")
