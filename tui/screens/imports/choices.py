"""How the current file is read, where the seller knows better: report, encoding, delimiter, currency, dates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from engine.cells import one_line
from engine.importing.queries import profiles
from tui.commands import Command, bindings
from tui.screens.base import AreaScreen
from tui.screens.imports.candidates import DATE_ORDERS, DELIMITERS, Line

ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "big5", "shift_jis", "cp1252", "utf-16")


class FileChoices(AreaScreen):
    """The keys that change how a file is read. Subclasses give `line` and `decide`."""

    COMMAND_TABLE: ClassVar[tuple[Command, ...]] = (
        Command("import.profile", "f", "profile", "read it as another report"),
        Command("import.encoding", "e", "encoding", "change the encoding"),
        Command("import.delimiter", "t", "delimiter", "change the delimiter"),
        Command("import.currency", "c", "currency", "change the currency"),
        Command("import.dates", "d", "date_order", "change the order of day, month and year"),
    )
    BINDINGS = bindings(COMMAND_TABLE)

    @property
    def line(self) -> Line | None:
        """The line that the keys are about."""
        return None

    def decide(self, what: str, **choices: Any) -> None:
        """Read the current file with other choices; None leaves one to the file. `what` names the decision."""

    def _choose(self, title: str, setting: str, options: Sequence[tuple[str, str]]) -> None:
        from tui.screens.dialogs import Choose

        def chosen(position: int | None) -> None:
            if position is not None:
                value, said = options[position - 1] if position else (None, "as the file says")
                self.decide(f"{setting.replace('_', ' ')}: {said}", **{setting: value})

        line = self.line
        now = line.candidate.choices.get(setting) if line is not None else None
        current = next((number for number, (value, _) in enumerate(options, 1) if value == now), 0)
        self.room.ask(Choose(title, ["decide from the file", *(label for _, label in options)], current), chosen)

    def action_encoding(self) -> None:
        """Choose the encoding; what the file may also be comes first."""
        line = self.line
        table = line.table if line is not None else None
        likely = [name for name in ((table.encoding, table.encoding_runner_up) if table else ()) if name]
        names = list(dict.fromkeys([*likely, *ENCODINGS]))
        self._choose("Which encoding?", "encoding", [(name, name) for name in names])

    def action_date_order(self) -> None:
        """Choose the order of dates."""
        self._choose("In which order are dates written?", "date_order", DATE_ORDERS)

    def action_delimiter(self) -> None:
        """Choose the delimiter."""
        self._choose("What separates the columns?", "delimiter", DELIMITERS)

    def action_profile(self) -> None:
        """Choose the report to read it as."""
        known = [(profile.name, f"{profile.platform}: {profile.title}") for profile in profiles()]
        self._choose("Read it as which report?", "profile", known)

    def action_currency(self) -> None:
        """Type a currency."""
        from tui.screens.dialogs import Ask

        line = self.line
        value = "" if line is None else str(line.candidate.choices.get("currency") or "")

        def answered(answer: str | None) -> None:
            code = (answer or "").strip().upper()
            if answer is None:
                return
            if code and not (len(code) == 3 and code.isascii() and code.isalpha()):
                self.room.say(f"{one_line(answer)} is no currency; write for example EUR.", warning=True)
                return
            self.decide(f"currency: {code or 'as the file says'}", currency=code or None)

        title = "Which currency are amounts in, where the file does not say?"
        self.room.ask(Ask(title, value=value, placeholder="for example EUR"), answered)
