"""Message catalogues kept in step with the messages in the code.

    python -m tests.catalogues        adds new messages to every .po file, takes out those that are gone, compiles all

A new message stands in the file with an empty translation until somebody writes one; `tests/desks/test_catalogues.py`
finds it there.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from engine.desks.registry import DESKS
from engine.say import HOUSE, LANGUAGES

ROOT = Path(__file__).resolve().parents[1]
HEADER = (
    b"# ",
    b"#\n",
    *(b'"' + name for name in (b"Project", b"Report", b"POT", b"PO-", b"Last", b"Language-Team", b"Gen")),
)
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
DESK_FOLDERS = {one.folder for one in DESKS}


@dataclass(frozen=True)
class Spoken:
    """A catalogue: its name, the folder that holds its `locale`, and the messages in its code (plural forms as pairs)."""

    domain: str
    folder: Path
    messages: dict[str | tuple[str, ...], list[str]]

    def path(self, language: str) -> Path:
        """Its .po file in one language."""
        return self.folder / "locale" / language / "LC_MESSAGES" / f"{self.domain}.po"


def _in_code(folder: Path) -> Iterator[tuple[str | tuple[str, ...], str]]:
    method_map = [("**.py", "python")]
    for file, _, message, _, _ in extract_from_dir(str(folder), method_map, keywords=KEYWORDS):
        yield message, str(Path(folder, file).relative_to(ROOT))


def spoken() -> list[Spoken]:
    """The catalogue of every desk, and the house's own, which has what no desk says."""
    found = []
    for one in DESKS:
        messages: dict[str | tuple[str, ...], list[str]] = {}
        for declared in (one.title, *(need.file for need in one.needs)):
            messages.setdefault(declared, []).append("engine/desks/registry.py")
        for message, place in _in_code(one.folder):
            messages.setdefault(message, []).append(place)
        found.append(Spoken(one.name, one.folder, messages))
    house: dict[str | tuple[str, ...], list[str]] = {}
    for message, place in _in_code(ROOT / "engine"):
        if not any((ROOT / place).is_relative_to(folder) for folder in DESK_FOLDERS) and "registry" not in place:
            house.setdefault(message, []).append(place)
    return [*found, Spoken(HOUSE, ROOT / "engine", house)]


def stored(path: Path, language: str) -> Catalog:
    """A .po file; an empty catalogue where there is none."""
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def compiled(catalog: Catalog) -> bytes:
    """What its .mo file has to hold."""
    out = io.BytesIO()
    # The day of writing stands in the header otherwise, and the file would change with it.
    catalog.creation_date = catalog.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    write_mo(out, catalog)
    return out.getvalue()


def update() -> None:
    """Bring all catalogues in step and compile them."""
    for one in spoken():
        for language in LANGUAGES[1:]:
            path = one.path(language)
            old, new = stored(path, language), Catalog(locale=language, domain=one.domain, fuzzy=False)
            for message, places in sorted(one.messages.items(), key=lambda item: str(item[0])):
                before = old.get(message[0] if isinstance(message, tuple) else message)
                said = before.string if before is not None and before.id == message else ""
                new.add(message, said, locations=[(place, 0) for place in sorted(set(places))])
            path.parent.mkdir(parents=True, exist_ok=True)
            out = io.BytesIO()
            write_po(out, new, width=0, omit_header=False, include_lineno=False, sort_output=True)
            # The header's dates would change the file whenever it is written; its placeholders say nothing.
            kept = [line for line in out.getvalue().splitlines(keepends=True) if not line.startswith(HEADER)]
            path.write_bytes(b"".join(kept))
            path.with_suffix(".mo").write_bytes(compiled(stored(path, language)))


if __name__ == "__main__":
    update()
