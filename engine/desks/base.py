"""What a desk is: one frozen declaration, its heavy parts named as `module:attribute` and loaded when they are used."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Need:
    """Something that a desk cannot do without.

    Attributes:
        tables: any of these imported tables must hold rows.
        file: which file would bring them (a message of the desk's catalogue), as in "a file of orders".
    """

    tables: tuple[str, ...]
    file: str


@dataclass(frozen=True)
class Desk:
    """One desk.

    Attributes:
        name: one word, the same in findings, catalogue, migrations and folder.
        title: what a seller calls it (a message of the desk's catalogue).
        needs: all of them must be met before it runs.
        run: `def run(work: Work) -> None`.
        tables: its `sqlite_utils.Migrations`, named as the desk; frozen text, appended to and never edited.
        schema: how many migrations these are.
        sentences: `dict[kind, Callable[[Finding, Speaker], str]]`.
        shorts: as `sentences`, in a few words, for the kinds that a line holds many of.
        verbs: its click commands, as a tuple.
        verb_names: their names, so that nothing is loaded to list them.
        labels: what `backroom label TASK` can read with it: pairs of the task's name and
            `def label(ids, texts, *, context, model, **options) -> list[dict]`.
        sheets: what it can export: `dict[name, Callable[[Store], Sheet | Documents]]`.
    """

    name: str
    title: str
    needs: tuple[Need, ...] = ()
    run: str | None = None
    tables: str | None = None
    schema: int = 0
    sentences: str | None = None
    shorts: str | None = None
    verbs: str | None = None
    verb_names: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    sheets: str | None = None

    @property
    def folder(self) -> Path:
        """The folder that it lives in, where its `locale` is; found without loading any of it."""
        from importlib.util import find_spec

        part = next(part for part in (self.sentences, self.run, self.verbs, self.tables) if part)
        spec = find_spec(part.partition(":")[0])
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"desk {self.name}: there is no {part}")
        return Path(spec.origin).parent


def load(part: str) -> Any:
    """The object that `module:attribute` names."""
    module, _, attribute = part.partition(":")
    return getattr(import_module(module), attribute)
