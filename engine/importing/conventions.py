"""What holds for a whole file, decided from its own values: the decimal sign, the order of dates, zone and currency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.importing import cleaning, dates, numbers
from engine.importing.headers import CURRENCIES
from engine.importing.profiles import Profile
from engine.importing.report import ImportSettings

if TYPE_CHECKING:
    import polars as pl

NUMERIC_KINDS = ("money", "number", "reduction", "threshold")
DATE_KINDS = ("moment", "day")
_ORDER_WORDS = {"dmy": "day first", "mdy": "month first", "ymd": "year first"}
_MOST_AMOUNTS = 2_000


@dataclass
class Conventions:
    """What holds for a whole file: the decimal sign, the order of dates per field, zone and currency."""

    decimal: str = "."
    orders: dict[str, str] = field(default_factory=dict)
    zone: str | None = None
    currency: str | None = None
    questions: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Survey:
    """Evidence from the cells of a file, and the conventions that follow from it.

    Args:
        profile, settings: the report, and the seller's choices.
        names: the file's columns by position, for questions.
        columns: field to the positions of its columns; those of other kinds are left aside.
    """

    def __init__(
        self, profile: Profile, settings: ImportSettings, names: list[str], columns: Mapping[str, tuple[int, ...]]
    ) -> None:
        self._profile, self._settings, self._names = profile, settings, names
        kinds = (*NUMERIC_KINDS, *DATE_KINDS)
        self.fields = {name: positions for name, positions in columns.items() if profile.kind(name) in kinds}
        self._separators = numbers.SeparatorEvidence()
        self._dates: dict[str, dates.OrderEvidence] = {}
        self._money: list[str] = []
        self._currency_of = columns.get("currency", ())[:1]
        self._currencies: set[str] = set()

    def undecided(self) -> bool:
        """Whether the order of day and month is still unknown in some column."""
        return any(evidence.open for evidence in self._dates.values())

    def look(self, frame: pl.DataFrame) -> None:
        """Take in the cells of some rows, in columns named by their position."""
        for position in (p for p in self._currency_of if str(p) in frame.columns):
            cells = frame[str(position)].str.strip_chars().str.to_uppercase().unique()
            self._currencies |= {cell for cell in cells if cell in CURRENCIES}
        for name, positions in self.fields.items():
            kind = self._profile.kind(name)
            for position in positions:
                column = cleaning.blank_to_null(frame[str(position)])
                if kind in NUMERIC_KINDS:
                    self._separators.add(column)
                    if kind == "money" and len(self._money) < _MOST_AMOUNTS:
                        self._money += column.drop_nulls().head(200).to_list()
                elif name not in self._dates or self._dates[name].open:
                    found = dates.order_evidence(column)
                    if name not in self._dates or not found.open:
                        self._dates[name] = found

    def decide(self, stated_currency: str | None) -> Conventions:
        """The conventions, with questions where the file leaves open what only the seller knows.

        Args:
            stated_currency: what the header or the lines above it name.
        """
        chosen = Conventions(zone=self._profile.zone)
        chosen.currency = (
            self._settings.currency
            or stated_currency
            # A column that names one currency, in some rows only, speaks for the others as well.
            or (next(iter(self._currencies)) if len(self._currencies) == 1 else None)
            or numbers.currency_of(self._money)
            or self._profile.currency
        )
        separators = self._separators
        chosen.decimal = self._profile.decimal or separators.decimal(chosen.currency)
        if separators.comma_decimal and separators.point_decimal:
            chosen.notes.append(
                f"Amounts are written in two ways; “{chosen.decimal}” was read as the decimal sign "
                f"({separators.point_decimal} values speak for the point, {separators.comma_decimal} for the comma)."
            )
        for name in self._dates:
            chosen.orders[name] = self._order(name, chosen)
        return chosen

    def _order(self, name: str, chosen: Conventions) -> str:
        """The order of day and month in a column; what was assumed, or must be asked, goes to `chosen`."""
        found = self._dates[name]
        settled = {e.order for e in self._dates.values() if e.order}
        stated = self._settings.date_order or self._profile.fields[name].order or self._profile.date_order
        if found.order and not self._settings.date_order:
            return found.order
        if stated:
            return stated
        if len(settled) == 1:
            return next(iter(settled)) or "dmy"
        if found.sorted_as:
            words = _ORDER_WORDS[found.sorted_as]
            chosen.notes.append(f"{name}: {words}, because the rows then run through time in order.")
            return found.sorted_as
        if not found.open:
            return "dmy"
        order = "mdy" if found.month_first > found.day_first or chosen.currency == "USD" else "dmy"
        question = f"{self._column(name)}: is {found.example} day first or month first?"
        if self._settings.accept:
            chosen.notes.append(f"{question} It was read with the {_ORDER_WORDS[order]}, as accepted.")
        else:
            chosen.questions.append(question)
        return order

    def _column(self, name: str) -> str:
        return self._names[self.fields[name][0]]
