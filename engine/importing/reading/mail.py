"""E-mails as messages: a mailbox (mbox) or a single mail (eml), without what they quote of earlier ones."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses, parsedate_to_datetime
from pathlib import Path

from engine.importing.cleaning import plain_text
from engine.importing.reading.tables import LineTable, Table

MAIL = ("mail thread", "mail id", "mail author", "mail address", "mail date", "mail subject", "mail text", "mail role")
_LARGEST = 64 << 20
_HEAD = 1 << 14
_BEGINS = re.compile(rb"^From \S+.*$", re.MULTILINE)
_HEADERS = re.compile(rb"\A(?:[A-Za-z][A-Za-z-]*:[^\n]*\r?\n(?:[ \t][^\n]*\r?\n)*){3,}")
_REPLY = re.compile(r"^(?:(?:re|aw|fwd?|wg|tr|rv|sv|回复|转发|答复)\s*[:：]\s*)+", re.IGNORECASE)
_QUOTE = re.compile(
    r"\n(?:>|on .{5,120} wrote:|am .{5,120} schrieb|le .{5,120} a écrit|el .{5,120} escribió|在.{5,80}写道"
    r"|-{2,} ?(?:original|原始邮件|ursprüngliche|forwarded)|_{10,}|from: .+\nsent: )",
    re.IGNORECASE,
)


def mailbox(path: Path, name: str, skip: int) -> Table | None:
    """The mails of a file as messages; None when it holds none.

    Who the shop is follows from the addresses: it takes part in more of the mails than anyone else.
    """
    with path.open("rb") as file:
        file.seek(skip)
        head = file.read(_HEAD)
    several = head.startswith(b"From ") and b"\nSubject:" in head
    headers = _HEADERS.match(head)
    single = headers is not None and all(re.search(rb"(?m)^" + key, headers[0]) for key in (b"From:", b"Date:"))
    if path.stat().st_size > _LARGEST or not (several or single):
        return None
    data = path.read_bytes()[skip:]
    starts = [match.start() for match in _BEGINS.finditer(data)] if several else [0]
    parser = BytesParser(policy=policy.default)
    mails: list[tuple[int, EmailMessage]] = []
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        block = data[start:end]
        body = block.split(b"\n", 1)[1] if several and b"\n" in block else block
        mails.append((data.count(b"\n", 0, start) + 1, parser.parsebytes(body)))
    shop = _shop(mail for _, mail in mails)
    rows = [_row(mail, shop) for _, mail in mails]
    return LineTable(name, MAIL, rows, [line for line, _ in mails])


def _addresses(mail: EmailMessage, *keys: str) -> list[tuple[str, str]]:
    return getaddresses([str(value) for key in keys for value in mail.get_all(key, [])])


def _shop(mails: Iterable[EmailMessage]) -> str | None:
    taking_part: Counter[str] = Counter()
    asked: dict[str, int] = {}
    several = 0
    for mail in mails:
        several += 1
        taking_part.update({address.casefold() for _, address in _addresses(mail, "From", "To", "Delivered-To")})
        for _, address in _addresses(mail, "Delivered-To", "To"):
            asked.setdefault(address.casefold(), several)
    if several < 2 or not taking_part:
        return None
    # Of two who write to each other, the shop is the one who was asked first.
    address = min(taking_part, key=lambda one: (-taking_part[one], asked.get(one, several + 1), one))
    return address if taking_part[address] > several / 2 else None


def _row(mail: EmailMessage, shop: str | None) -> tuple[str, ...]:
    author, address = next(iter(_addresses(mail, "From")), ("", ""))
    subject = str(mail.get("Subject", "")).replace("\n", " ")
    references = str(mail.get("References", "")).split()
    thread = references[0] if references else _REPLY.sub("", subject) or str(mail.get("Message-ID", ""))
    role = "" if shop is None else "seller" if address.casefold() == shop else "customer"
    identity = str(mail.get("Message-ID", ""))
    return thread, identity, author or address, address, _moment(mail), subject, _text(mail), role


def _moment(mail: EmailMessage) -> str:
    try:
        return parsedate_to_datetime(str(mail.get("Date", ""))).isoformat(timespec="seconds")
    except (ValueError, TypeError):
        return ""


def _text(mail: EmailMessage) -> str:
    """What a mail says itself, without its quotes."""
    part = mail.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    try:
        text = str(part.get_content())
    except (LookupError, UnicodeError, KeyError):
        text = bytes(part.get_payload(decode=True) or b"").decode("utf-8", "replace")
    if part.get_content_subtype() == "html":
        text = plain_text(text)
    quoted = _QUOTE.search("\n" + text)
    return (text[: max(0, quoted.start() - 1)] if quoted and quoted.start() > 1 else text).strip()
