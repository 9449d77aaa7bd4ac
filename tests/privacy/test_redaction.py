"""Personal data in texts: what is found, of which kind, at which place, and what is let alone."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.privacy.identifiers import chinese_id_is_sound, luhn
from engine.privacy.redaction import ORDER, find, redact
from tests.conftest import Run

# Invented people; numbers with check digits are made up so that the digits are right.
FOUND = [
    ("Write to anna.berg+shop@mail.example.org please", [("EMAIL", "anna.berg+shop@mail.example.org")]),
    ("Call me at (555) 867-5309 after six", [("PHONE", "(555) 867-5309")]),
    ("My number is +44 20 7946 0958, thanks", [("PHONE", "+44 20 7946 0958")]),
    ("mobile: 0171 555 0192", [("PHONE", "0171 555 0192")]),
    ("我的手机是13800138000，晚上打", [("PHONE", "13800138000")]),
    ("座机 021-55501234 有人接", [("PHONE", "021-55501234")]),
    ("card 4111 1111 1111 1111 was charged twice", [("CARD", "4111 1111 1111 1111")]),
    ("IBAN GB82 WEST 1234 5698 7654 32", [("IBAN", "GB82 WEST 1234 5698 7654 32")]),
    ("身份证号：11010519491231002X", [("ID", "11010519491231002X")]),
    ("my passport number is C01X00T47", [("ID", "C01X00T47")]),
    ("it logged in from 203.0.113.77 at night", [("IP", "203.0.113.77")]),
    ("加我微信：xiaomao_88 聊", [("ID", "xiaomao_88")]),
    ("Mrs. Johansson sent it back", [("PERSON", "Mrs. Johansson")]),
    ("My name is Oluwaseun Adeyemi and I ordered twice", [("PERSON", "Oluwaseun Adeyemi")]),
    ("Dear Katarzyna, thank you", [("PERSON", "Katarzyna")]),
    ("please ask Jennifer about it", [("PERSON", "Jennifer")]),
    ("收件人：李晓明，电话13912345678", [("PERSON", "李晓明"), ("PHONE", "13912345678")]),
    ("王女士说没有收到", [("PERSON", "王")]),
    ("欧阳小红先生的包裹", [("PERSON", "欧阳小红")]),
    ("It was sent to 221 Baker Street, London NW1 6XE.", [("ADDRESS", "221 Baker Street, London NW1 6XE")]),
    ("ship it to 12 Elm Road Apt. 4, Springfield", [("ADDRESS", "12 Elm Road Apt. 4, Springfield")]),
    ("Ich wohne Hauptstraße 5", [("ADDRESS", "Hauptstraße 5")]),
    ("寄到浙江省杭州市西湖区文三路99号3幢502室", [("ADDRESS", "浙江省杭州市西湖区文三路99号3幢502室")]),
]

LET_ALONE = [
    "Order 5551234567890 has not come, tracking 9400110200881234567890",
    "It holds 64GB and works at 60fps, bought in 2019-2021 for 1299.99",
    "Great product, the Battery Life is good and the Sound too",
    "The 15-inch model weighs 2 kg, size 10 20 30 cm",
    "质量不错，谢谢老板，华为手机也能用，司机师傅很好",
    "一路上走了三公里，小区门口就能取",
    "订单号 20231104123456789 一直没发货",
    "Arrived on Monday in two days, version 10.2.4",
]


@pytest.mark.parametrize(("text", "wanted"), FOUND, ids=[text[:30] for text, _ in FOUND])
def test_what_is_personal_is_found_with_its_kind_and_place(text: str, wanted: list[tuple[str, str]]) -> None:
    assert [(span.type, text[span.start : span.end]) for span in find(text)] == wanted


@pytest.mark.parametrize("text", LET_ALONE)
def test_what_is_not_personal_is_let_alone(text: str) -> None:
    assert [text[span.start : span.end] for span in find(text)] == []


def test_an_address_block_is_found_line_by_line() -> None:
    text = "Marta Kowalska\n\n14 Lipowa\nApt. 7\nGdynia\nPL 81001\nPhone: 58 555 01 92"
    found = {text[span.start : span.end]: span.type for span in find(text)}
    assert found["Marta Kowalska"] == "PERSON" and found["58 555 01 92"] == "PHONE"
    assert {found[line] for line in ("14 Lipowa", "Apt. 7", "Gdynia", "PL 81001")} == {"ADDRESS"}


@pytest.mark.parametrize(
    ("text", "kind", "shown"),
    [
        ("电话138****8000", "PHONE", "[phone number]"),
        ("张**已签收", "PERSON", "张**"),
        ("by J*** S***", "PERSON", "J*** S***"),
        ("m***a@mail.example", "EMAIL", "m***a@mail.example"),
        ("card **** **** **** 4242", "CARD", "[card number]"),
        ("Hello {{NAME}}!", "PERSON", "{{NAME}}"),
        ("寄到【地址】", "ADDRESS", "【地址】"),
    ],
)
def test_what_is_masked_already_is_known_as_such(text: str, kind: str, shown: str) -> None:
    (span,) = find(text)
    assert (span.type, span.masked) == (kind, True)
    assert shown in redact(text)


def test_a_redacted_text_keeps_everything_else() -> None:
    text = "Hi, this is Gabriele Rossi (gabriele@mail.example), call 555-867-5309. The lamp broke."
    assert redact(text) == "Hi, this is [name] ([e-mail]), call [phone number]. The lamp broke."


@given(st.text(max_size=300))
def test_places_are_inside_the_text_in_order_and_apart(text: str) -> None:
    spans = find(text)
    assert all(0 <= span.start < span.end <= len(text) and span.type in ORDER for span in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))


@given(st.integers(min_value=0, max_value=10**15 - 1))
def test_one_wrong_digit_is_noticed(number: int) -> None:
    body = f"4{number:014d}"
    good = next(body + digit for digit in "0123456789" if luhn(body + digit))
    assert not any(luhn(body + digit) for digit in "0123456789" if body + digit != good)


def test_a_chinese_number_needs_a_day_that_exists() -> None:
    assert chinese_id_is_sound("11010519491231002X") and not chinese_id_is_sound("110105194912310021")
    assert not chinese_id_is_sound("11010519490231002X")


@pytest.mark.timeout(60)
@pytest.mark.parametrize("piece", ["东西很好用", "省市区路号", "a.", "12 Apt 5 ", "Aa Bb ", "1 ", "a@", "*", "Aa 5\n"])
def test_a_long_text_does_not_take_for_ever(piece: str) -> None:
    find(piece * (20_000 // len(piece)))


def test_the_command_prints_places(backroom: Run, tmp_path: Path) -> None:
    source = tmp_path / "texts.csv"
    source.write_text("id,body\na,call 555-867-5309\nb,fine\n", encoding="utf-8")
    done = backroom("label", "pii", "--in", source, "--text", "body", "--id", "id", "--json")
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert records == [{"id": "a", "spans": [{"start": 5, "end": 17, "type": "PHONE"}]}, {"id": "b", "spans": []}]
