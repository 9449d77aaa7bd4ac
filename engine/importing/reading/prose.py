"""Texts that are no table: chat logs, and documents such as a shop's policies, each as a table with names of its own."""

from __future__ import annotations

import re
from pathlib import Path, PurePath

from engine.importing import chats
from engine.importing.reading.tables import LineTable, Table

CHAT = ("chat thread", "chat sent at", "chat author", "chat text", "chat note")
DOCUMENT = ("document title", "document question", "document text", "document date", "document kind")
_LARGEST = 64 << 20
_HEAD = 1 << 16
_PARAGRAPHS = 3
_A_SENTENCE = 25
_MARKDOWN = (".md", ".markdown", ".mdx")
_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$")
_UNDERLINED = re.compile(r"^(?:=+|-{3,})\s*$")
_DATED = re.compile(
    r"(?:last\s+(?:updated|modified|revised)|updated(?:\s+on)?|effective(?:\s+(?:date|from))?|revised|date|更新时间|最后更新|更新日期|生效日期|"
    r"stand|zuletzt aktualisiert|última actualización|dernière mise à jour)\s*[:：]?\s*\**\s*"
    r"([A-Z][a-z]+\.? \d{1,2},? \d{4}|\d{1,2}\.? [A-Z][a-z]+\.? \d{4}|\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2})",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"^(?:\*\*)?(?:q\d*[.:：)]\s*|问\s*[:：]\s*|frage\s*:\s*)?(.{3,300}?[?？])(?:\*\*)?$"
    r"|^(?:\*\*)?(?:q\d*[.:：]|问\s*[:：])\s*(.{3,300}?)(?:\*\*)?$",
    re.IGNORECASE,
)
_ANSWER = re.compile(r"^(?:\*\*)?(?:a\d*[.:：]|答\s*[:：]|antwort\s*:)(?:\*\*)?\s*", re.IGNORECASE)
_KINDS = (
    ("refund", r"refund|return|退货|退款|退换|rückgabe|widerruf|devoluci|retour"),
    ("shipping", r"shipping|delivery|发货|物流|配送|versand|env[ií]o|livraison"),
    ("privacy", r"privacy|隐私|datenschutz|privacidad|confidentialit"),
    ("terms", r"terms|conditions|条款|服务协议|agb|términos"),
    ("warranty", r"warranty|guarantee|保修|质保|garantie|garantía"),
    ("faq", r"\bfaqs?\b|questions|常见问题|问答"),
)


def chat_log(path: Path, name: str, skip: int) -> Table | None:
    """A UTF-8 text as the messages of a chat log; None when it is none."""
    with path.open("rb") as file:
        file.seek(skip)
        head = file.read(_HEAD)
    if path.stat().st_size > _LARGEST or not chats.is_log(head.decode("utf-8", "replace")):
        return None
    messages = chats.parse(path.read_bytes()[skip:].decode("utf-8", "replace"))
    thread = PurePath(name).stem
    rows = [(thread, m.sent_at, m.author or "", m.text, "note" if m.of_program else "") for m in messages]
    table = LineTable(name, CHAT, rows, [m.line for m in messages])
    table.notes.append("This is a chat log: lines without a time belong to the message above them.")
    return table


def markdown(path: Path, name: str, skip: int) -> Table | None:
    """A Markdown text as a document, or as questions with their answers; None for other texts."""
    with path.open("rb") as file:
        file.seek(skip)
        head = file.read(_HEAD)
    first = next((line for line in head.decode("utf-8", "replace").split("\n") if line.strip()), "")
    named = PurePath(name).suffix.lower() in _MARKDOWN
    if path.stat().st_size > _LARGEST or not (named or (_HEADING.match(first) and b"\n## " in head)):
        return None
    lines = path.read_bytes()[skip:].decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    lines, front = _without_front_matter(lines)
    text = "\n".join(lines)
    dated = _DATED.search("\n".join(front) + "\n" + text)
    title = next((line.split(":", 1)[1].strip(" \"'") for line in front if line.lower().startswith("title:")), "")
    title = title or _title(lines) or PurePath(name).stem.replace("-", " ").replace("_", " ")
    when = re.sub(r"[年月]", "-", dated.group(1)) if dated else ""
    kind = next(
        (k for k, words in _KINDS if re.search(words, f"{title} {PurePath(name).stem}", re.IGNORECASE)), "policy"
    )
    asked = _questions(lines)
    offset = len(front)
    if len(asked) > 1:
        rows = [(title, question, answer, when, "faq") for _, question, answer in asked]
        return LineTable(name, DOCUMENT, rows, [line + offset for line, _, _ in asked])
    begin = next((i for i, line in enumerate(lines, 1) if line.strip()), 1)
    return LineTable(name, DOCUMENT, [(title, "", text.strip(), when, kind)], [begin + offset])


def web_document(markup: str, name: str) -> Table | None:
    """A web page without a table as a document (a policy, an article); None for forms and pages of a few words."""
    from engine.importing.cleaning import plain_text

    if (
        re.search(r"<(?:form|input)\b", markup, re.IGNORECASE)
        or len(re.findall(r"<p\b", markup, re.IGNORECASE)) < _PARAGRAPHS
    ):
        return None
    title = next(
        (m[1] for tag in ("h1", "title") if (m := re.search(rf"(?is)<{tag}\b[^>]*>(.*?)</{tag}>", markup))), ""
    )
    body = re.search(r"(?is)<body\b[^>]*>(.*)</body>", markup)
    return _of_text(plain_text(body[1] if body else markup), plain_text(title), name)


def plain_document(path: Path, name: str, skip: int) -> Table | None:
    """A .txt file of sentences as a document; None for one that is a table."""
    if PurePath(name).suffix.lower() != ".txt" or path.stat().st_size > _LARGEST:
        return None
    text = path.read_bytes()[skip:].decode("utf-8", "replace").replace("\r\n", "\n")
    lines = [line for line in text.split("\n") if line.strip()]
    sentences = sum(bool(re.search(r"[.!?。！？:：]\s*$", line)) and len(line) > _A_SENTENCE for line in lines)
    parted = sum("\t" in line or ";" in line or "|" in line for line in lines)
    if len(lines) < _PARAGRAPHS or sentences < 0.4 * len(lines) or parted > 0.1 * len(lines):
        return None
    return _of_text(text.strip(), lines[0].strip() if len(lines[0]) <= 80 else "", name)


def _of_text(text: str, title: str, name: str) -> Table:
    stem = PurePath(name).stem
    title = title or stem.replace("-", " ").replace("_", " ")
    dated = _DATED.search(text)
    when = re.sub(r"[年月]", "-", dated.group(1)) if dated else ""
    kind = next((k for k, words in _KINDS if re.search(words, f"{title} {stem}", re.IGNORECASE)), "policy")
    return LineTable(name, DOCUMENT, [(title, "", text, when, kind)], [1])


def _without_front_matter(lines: list[str]) -> tuple[list[str], list[str]]:
    if lines and lines[0].strip() == "---" and "---" in (rest := [line.strip() for line in lines[1:]]):
        end = rest.index("---") + 2
        return lines[end:], lines[:end]
    return lines, []


def _title(lines: list[str]) -> str:
    for number, line in enumerate(lines):
        heading = _HEADING.match(line)
        if heading:
            return heading.group(2).strip("* ")
        if line.strip() and number + 1 < len(lines) and _UNDERLINED.match(lines[number + 1]):
            return line.strip()
    return ""


def _questions(lines: list[str]) -> list[tuple[int, str, str]]:
    """Line, question and answer of every heading, or bold line, that asks."""
    found: list[tuple[int, str, list[str]]] = []
    for number, line in enumerate(lines, 1):
        heading = _HEADING.match(line)
        bare = heading.group(2) if heading else line.strip()
        marked = heading is not None or bare.startswith(("**", "Q", "q", "问"))
        asked = _QUESTION.match(bare) if marked else None
        if asked:
            found.append((number, (asked.group(1) or asked.group(2)).strip("* "), []))
        elif heading and found and len(heading.group(1)) <= 2:
            # Another chapter: what follows answers nothing.
            found.append((number, "", []))
        elif found:
            found[-1][2].append(_ANSWER.sub("", line))
    answered = [(line, question, "\n".join(rest).strip()) for line, question, rest in found if question]
    return [item for item in answered if item[2]]
