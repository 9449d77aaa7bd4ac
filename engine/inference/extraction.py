"""Structured extraction: fields out of a text as JSON under a grammar, every span checked against the text.

A grammar makes the answer well-formed, not true. So the schema is bounded (how many items, how long a string), an answer
that was cut off is closed and read as far as it goes, and a span counts only where the text really has it: as it stands,
or with other case, width or spacing, in which case the text's own characters are kept. What could not be used is counted.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.inference.task import TaskError, one_line

if TYPE_CHECKING:
    from engine.inference.client import ModelClient
    from engine.jobs import JobContext

LONGEST_SPAN = 120
"""Characters of an extracted string; the grammar allows no more."""

TOKENS_OF_AN_ITEM = 60
"""What an item may take on average before the answer is cut off."""


@dataclass(frozen=True)
class Field:
    """One thing to be extracted.

    Args:
        name: its key in the answer.
        choices: the field is one of these words; empty: it is a span, copied from the text.
    """

    name: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExtractTask:
    """What is to be extracted from a text: a list of items, each with the same fields.

    Args:
        name: the task's name, for cache keys and logs.
        version: changes whenever prompt or fields change.
        prefix: instruction and examples up to the text. suffix: what stands between the text and the answer.
        fields: of an item, in the order in which they are written.
        most: items of a text at most.
        adapter: path of a GGUF LoRA adapter, or None.

    Raises:
        TaskError: no field, a name twice, or no field that is a span.
    """

    name: str
    version: str
    prefix: str
    suffix: str
    fields: tuple[Field, ...]
    most: int = 8
    adapter: str | None = None

    def __post_init__(self) -> None:
        names = [one.name for one in self.fields]
        if not names or len(set(names)) != len(names) or all(one.choices for one in self.fields):
            raise TaskError(f"Task {self.name} needs fields of different names, one of them a span of the text.")

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of an answer: at most `most` items, every field required, nothing else allowed."""
        properties = {
            one.name: {"type": "string", "enum": list(one.choices)}
            if one.choices
            else {"type": "string", "minLength": 1, "maxLength": LONGEST_SPAN}
            for one in self.fields
        }
        item = {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
        return {"type": "array", "items": item, "minItems": 0, "maxItems": self.most}


@dataclass(frozen=True)
class Span:
    """A piece of the text: text[start:end], in code points."""

    start: int
    end: int


Item = dict[str, "Span | str"]


@dataclass
class Counts:
    """What became of the answers.

    Attributes:
        texts: asked. cut: answers that did not end and were closed. unreadable: answers of which nothing could be read.
        items: kept. spans_moved: spans that the text has in other case, width or spacing.
        spans_invented: spans that the text does not have; their items were dropped.
        repeated: items that say again what an item before them says; dropped.
    """

    texts: int = 0
    cut: int = 0
    unreadable: int = 0
    items: int = 0
    spans_moved: int = 0
    spans_invented: int = 0
    repeated: int = 0


@dataclass
class Extracted:
    """The items of each text, in input order, and what was counted on the way."""

    items: list[list[Item]] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)


def extract(
    client: ModelClient,
    texts: Sequence[str],
    task: ExtractTask,
    *,
    context: JobContext | None = None,
    interactive: bool = False,
) -> Extracted:
    """Ask for the fields of every text, one after another, greedily: the same texts give the same items.

    Args:
        client: who asks the model. texts: any texts. task: what to extract.
        context: its cancel flag is obeyed, its progress moved. interactive: somebody waits.

    Raises:
        Cancelled, ModelError: as `ModelClient.generate`; a schema that does not compile into a grammar is an error, and
            nothing is generated without one.
    """
    schema = json.dumps(task.schema)
    stage = context.stage("Extracting", len(texts), "texts") if context is not None and texts else None
    found = Extracted()
    for text in texts:
        items: list[Item] = []
        if text.strip():
            answer = "".join(
                client.generate(
                    task.prefix + one_line(text) + task.suffix,
                    schema=schema,
                    max_tokens=TOKENS_OF_AN_ITEM * task.most,
                    adapter=task.adapter,
                    context=context,
                    interactive=interactive,
                )
            )
            found.counts.texts += 1
            items = read_answer(answer, text, task, found.counts)
        found.items.append(items)
        if stage is not None:
            stage.advance(1)
    return found


def read_answer(answer: str, text: str, task: ExtractTask, counts: Counts) -> list[Item]:
    """The items of an answer that hold against the text.

    Args:
        answer: what the model wrote, perhaps cut off. text: what it was asked about. task: what was asked.
        counts: is added to.
    """
    raw = _parsed(answer, counts)
    items: list[Item] = []
    for entry in raw[: task.most]:
        item = _checked(entry, text, task, counts)
        if item is not None and item in items:
            counts.repeated += 1
        elif item is not None:
            items.append(item)
    counts.items += len(items)
    return items


def _parsed(answer: str, counts: Counts) -> list[Any]:
    """The list in an answer; one that was cut off is closed behind its last whole item."""
    try:
        value = json.loads(answer)
    except json.JSONDecodeError:
        counts.cut += 1
        end = answer.rfind("}")
        try:
            value = json.loads(answer[: end + 1] + "]")
        except json.JSONDecodeError:
            counts.unreadable += bool(answer.strip(" \n\t["))
            return []
    if not isinstance(value, list):
        counts.unreadable += 1
        return []
    return value


def _checked(entry: Any, text: str, task: ExtractTask, counts: Counts) -> Item | None:
    """One item with its spans found in the text; None where a field is missing, unknown or not in the text."""
    if not isinstance(entry, dict) or set(entry) != {one.name for one in task.fields}:
        counts.unreadable += 1
        return None
    item: Item = {}
    for one in task.fields:
        value = entry[one.name]
        if one.choices:
            if value not in one.choices:
                counts.unreadable += 1
                return None
            item[one.name] = value
            continue
        span = locate(value, text) if isinstance(value, str) else None
        if span is None:
            counts.spans_invented += 1
            return None
        counts.spans_moved += text[span.start : span.end] != value
        item[one.name] = span
    return item


def locate(words: str, text: str) -> Span | None:
    """Where a text has these words: as they stand, else without regard to case, width and spacing; None if nowhere.

    A word of a script with spaces is found whole only: "art" is not in "cart".
    """
    exact = _whole(re.escape(words.strip()), text) if words.strip() else None
    if exact is not None:
        return exact
    folded, places = _folded(text)
    wanted, _ = _folded(words)
    if not wanted:
        return None
    at = folded.find(wanted)
    while at >= 0:
        start, end = places[at], places[at + len(wanted) - 1] + 1
        if not (_inside_word(text, start) or _inside_word(text, end)):
            return Span(start, end)
        at = folded.find(wanted, at + 1)
    return None


def _whole(pattern: str, text: str) -> Span | None:
    for match in re.finditer(pattern, text):
        if not (_inside_word(text, match.start()) or _inside_word(text, match.end())):
            return Span(match.start(), match.end())
    return None


def _inside_word(text: str, at: int) -> bool:
    """Whether the place lies between two letters or digits of a script with spaces."""
    return 0 < at < len(text) and all(c.isalnum() and c < "\u2e80" for c in text[at - 1 : at + 1])


def _folded(text: str) -> tuple[str, list[int]]:
    """The text without spaces, in one case and width, and for each of its characters the place it comes from."""
    characters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for one in unicodedata.normalize("NFKC", character).casefold():
            if not one.isspace():
                characters.append(one)
                places.append(place)
    return "".join(characters), places
