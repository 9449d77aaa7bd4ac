"""What is to be extracted as a person writes it down: a TOML file with an instruction, fields and examples.

instruction = "List every part that broke and what happened to it."

[[field]]
name = "part"                     # copied from the text

[[field]]
name = "when"
choices = ["at once", "later"]    # one of these words

[[example]]
text = "The zip came off after a month."
items = [{ part = "zip", when = "later" }]
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import InputFileError
from engine.inference.extraction import Counts, ExtractTask, Field, read_answer
from engine.inference.task import TaskError, one_line

if TYPE_CHECKING:
    from engine.inference.chat_template import ChatFormat

MOST_ITEMS = 8
"""Of a text, unless the file says another number."""


@dataclass(frozen=True)
class Wish:
    """A file's contents, checked: what is to be done, the fields, and texts with the items expected of them."""

    instruction: str
    fields: tuple[Field, ...]
    examples: tuple[tuple[str, list[dict[str, str]]], ...]
    most: int = MOST_ITEMS

    def task(self, chat: ChatFormat | None) -> ExtractTask:
        """The task for a model: in its own chat format, or as a text to be continued where it has none."""
        shown = "".join(
            f"Text:\n{text}\nAnswer:\n{json.dumps(items, ensure_ascii=False)}\n\n" for text, items in self.examples
        )
        if chat is None:
            prefix, suffix = f"{self.instruction}\n\n{shown}Text:\n", "\nAnswer:\n"
        else:
            names = ", ".join(
                f"{one.name} ({' or '.join(one.choices) if one.choices else 'words copied from the text'})"
                for one in self.fields
            )
            asked = (
                f"{self.instruction}\nAnswer with a JSON list of objects with the keys {names}; [] if there is nothing."
            )
            prefix, suffix = chat.around(f"{asked}\n\n{shown}".strip())
        version = hashlib.sha256(f"{prefix}\x00{suffix}\x00{self.most}".encode()).hexdigest()[:12]
        return ExtractTask("wish", version, prefix, suffix, self.fields, self.most)


def read_wish(path: Path) -> Wish:
    """Read and check the file; every example must hold against its own text.

    Raises:
        InputFileError: what is wrong with it, in which field or example.
    """

    def wrong(what: str, todo: str | None = None) -> InputFileError:
        return InputFileError(what, file=path.name, todo=todo)

    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise wrong("this file cannot be read.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise wrong(f"this file is not TOML: {error}.") from error
    instruction = table.get("instruction")
    if not isinstance(instruction, str) or not instruction.strip():
        raise wrong("it has no instruction.", 'Begin with a line such as instruction = "List every part that broke."')
    most = table.get("most", MOST_ITEMS)
    if not isinstance(most, int) or not 1 <= most <= 50:
        raise wrong("most must be a number from 1 to 50.")
    fields = tuple(_field(entry, wrong) for entry in _tables(table, "field", wrong))
    wish = Wish(one_line(instruction), fields, (), most)
    try:
        wish.task(None)
    except TaskError as error:
        raise wrong("it needs fields of different names, at least one of them without choices.") from error
    examples = tuple(_example(i, entry, wish, wrong) for i, entry in enumerate(_tables(table, "example", wrong), 1))
    return Wish(wish.instruction, fields, examples, most)


def _tables(table: dict[str, Any], name: str, wrong: Any) -> list[dict[str, Any]]:
    found = table.get(name, [])
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise wrong(f"{name} must be written as [[{name}]].")
    return found


def _field(entry: dict[str, Any], wrong: Any) -> Field:
    name, choices = entry.get("name"), entry.get("choices", [])
    if not isinstance(name, str) or not name.strip():
        raise wrong("a field has no name.")
    if not isinstance(choices, list) or not all(isinstance(word, str) and word for word in choices):
        raise wrong(f"the choices of field {name} must be a list of words.")
    return Field(name, tuple(choices))


def _example(number: int, entry: dict[str, Any], wish: Wish, wrong: Any) -> tuple[str, list[dict[str, str]]]:
    text, items = one_line(str(entry.get("text", ""))), entry.get("items", [])
    if not text or not isinstance(items, list):
        raise wrong(f"example {number} needs a text and a list of items.")
    counts = Counts()
    kept = read_answer(json.dumps(items), text, wish.task(None), counts)
    if len(kept) != len(items):
        raise wrong(
            f"example {number} has items that its own text does not bear out.",
            "Give every field of every item; a field without choices must be copied from the text.",
        )
    return text, [{one.name: item[one.name] for one in wish.fields} for item in items]
