"""Chat logs as messages: who wrote what when, one stamped line after the other, whatever program wrote them.

Known are `[6/24/17, 4:22:27 PM] Ann: text`, `24/06/2017, 16:22 - Ann: text`, `2026-05-09 10:01:12 Ann：text`, and stamps on a
line of their own (`Ann 2026-05-09 10:01:12`) with the text below. Lines without a stamp belong to the message above them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_DATE = r"(?:\d{4}[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}日?|\d{1,2}[-/.]\s?\d{1,2}[-/.]\s?\d{2,4})"
_CLOCK = r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:\s?[AaPp]\.?\s?[Mm]\.?|\s?[上下]午)?"
_STAMP = rf"({_DATE}),?\s+({_CLOCK})"
# Marks of direction, which programs put before lines of their own.
_MARKS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
_MARK = f"[{_MARKS}]*"
_BRACKETED = re.compile(rf"^{_MARK}\[{_STAMP}\]\s*(.*)$")
_DASHED = re.compile(rf"^{_MARK}{_STAMP}\s+[-–]\s+(.*)$")
_PLAIN = re.compile(rf"^{_MARK}{_STAMP}\s+(\S[^：]{{0,60}}?[：]|[^:：\s][^:：]{{0,60}}?:\s)(.*)$")
_NAMED = re.compile(rf"^{_MARK}(\S.{{0,60}}?)[\s(（]+{_STAMP}[)）]?\s*$")
_STAMPED = re.compile(rf"^{_MARK}{_STAMP}\s+(\S.{{0,40}}?)\s*$")
_SENDER = re.compile(rf"^({_MARK}[^:：]{{1,80}}?)[:：]\s(.*)$", re.DOTALL)
# What a program says in a message's place.
_OF_THE_PROGRAM = re.compile(
    r"^(?:<(?:attached|media|附件)[^>]*>|.{0,20}\b(?:omitted|weggelassen|omitid[oa]|absente?)\b.{0,5}$"
    r"|missed (?:voice|video|group).{0,20}call|.{0,40}end-to-end encrypted"
    r"|.{0,60}(?:security code|joined using|created (?:this )?group|was added|changed the subject)"
    r"|this message was deleted|you deleted this message|null$|\[(?:图片|语音|视频|表情|文件|卡片|系统消息)\]$|系统消息)",
    re.IGNORECASE,
)


@dataclass
class Message:
    """One message of a log: its line from 1, its stamp as the log writes it, its author (None for the program's own words).

    `of_program` marks attachments, missed calls and notes of the program: nobody's words.
    """

    line: int
    sent_at: str
    author: str | None
    text: str
    of_program: bool = False


def parse(text: str, *, within: float = 0.0) -> list[Message]:
    """The messages of a log; none when it is no log.

    Args:
        text: the log.
        within: the share of its lines that must bear a stamp.
    """
    lines = text.split("\n")
    filled = sum(bool(line.strip()) for line in lines)
    for own_line in (False, True):
        found = _stamped(lines, own_line=own_line)
        stamped = len(found) * (2 if own_line else 1)
        if found and stamped >= within * filled and not any(line.strip() for line in lines[: found[0].line - 1][3:]):
            return found
    return []


def is_log(text: str) -> bool:
    """Whether a text is a chat log: its first line bears a stamp, and so do many others."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    return _begins(first) is not None and bool(parse(text))


def _begins(line: str, number: int = 1) -> Message | None:
    line = line.replace("\u202f", " ").rstrip("\r")
    if (match := _BRACKETED.match(line) or _DASHED.match(line)) is not None:
        day, clock, rest = match.groups()
        said = _SENDER.match(rest)
        author, text = (said.group(1).strip(_MARKS + " "), said.group(2)) if said else (None, rest)
        marked = line[:1] in _MARKS or text[:1] in _MARKS
        bare = text.strip(_MARKS + " ")
        program = author is None or bool(_OF_THE_PROGRAM.match(bare)) or (marked and bare.startswith("<"))
        return Message(number, f"{day} {clock}", author, bare, program)
    if (match := _PLAIN.match(line)) is not None:
        day, clock, author, text = match.groups()
        return Message(
            number, f"{day} {clock}", author.rstrip(":： "), text.strip(), bool(_OF_THE_PROGRAM.match(text.strip()))
        )
    return None


def _header(line: str, number: int) -> Message | None:
    line = line.replace("\u202f", " ").rstrip("\r")
    if (match := _NAMED.match(line)) is not None:
        author, day, clock = match.groups()
    elif (match := _STAMPED.match(line)) is not None:
        day, clock, author = match.groups()
    else:
        return None
    return Message(number, f"{day} {clock}", author.strip(" :："), "")


def _stamped(lines: Iterable[str], *, own_line: bool) -> list[Message]:
    found: list[Message] = []
    for number, line in enumerate(lines, 1):
        begun = _header(line, number) if own_line else _begins(line, number)
        if begun is not None:
            found.append(begun)
        elif found and (line.strip() or found[-1].text):
            joined = f"{found[-1].text}\n{line.rstrip()}" if found[-1].text else line.strip()
            found[-1].text = joined
    for message in found:
        message.text = message.text.strip()
        message.of_program = message.of_program or bool(_OF_THE_PROGRAM.match(message.text))
    return found
