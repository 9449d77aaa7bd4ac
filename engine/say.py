"""Sentences in the reader's language: message catalogues by gettext, numbers, days and money by Babel.

A message is English with named places (`"{k} of {n} reviews"`), looked up in the catalogue of the desk that says it and
then in the house's own. `Speaker._` and `Speaker.ngettext` mark messages for extraction, `N_` those that stand in data.
"""

from __future__ import annotations

import gettext
import locale
import os
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale

LANGUAGES = ("en", "zh")
"""The languages that Backroom speaks; the first is the one its messages are written in."""
HOUSE = "backroom"
"""The catalogue of what no single desk says."""
_LOCALES = {"en": "en_US", "zh": "zh_Hans_CN"}


def N_(message: str) -> str:
    """Mark a message in data; whoever shows it looks it up."""
    return message


def language_of_locale() -> str:
    """The language that this user's environment asks for, English where it asks for none of ours."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            break
    else:
        value = locale.getlocale()[0] or ""
    return "zh" if value.lower().startswith(("zh", "chinese")) else "en"


@cache
def _catalogue(domain: str, folder: Path, language: str) -> gettext.NullTranslations:
    return gettext.translation(domain, folder / "locale", [language], fallback=True)


@cache
def _babel(language: str) -> Locale:
    from babel import Locale

    return Locale.parse(_LOCALES[language])


class Speaker:
    """Says messages in one language.

    Args:
        language: one of `LANGUAGES`.
        domain: the catalogue to look in first; the house's own by default.
        folder: the folder whose `locale/LANGUAGE/LC_MESSAGES/DOMAIN.mo` that is.
    """

    def __init__(self, language: str = "en", domain: str = HOUSE, folder: Path | None = None) -> None:
        self.language = language if language in LANGUAGES else "en"
        self._domain, self._folder = domain, folder or Path(__file__).parent

    def of(self, domain: str, folder: Path) -> Speaker:
        """The same language out of another catalogue."""
        return Speaker(self.language, domain, folder)

    @cached_property
    def _own(self) -> gettext.NullTranslations:
        return _catalogue(self._domain, self._folder, self.language)

    @cached_property
    def _house(self) -> gettext.NullTranslations:
        return _catalogue(HOUSE, Path(__file__).parent, self.language)

    def _(self, message: str) -> str:
        """`message` in this language, its places still open."""
        said = self._own.gettext(message)
        return said if said != message else self._house.gettext(message)

    def ngettext(self, one: str, many: str, count: float) -> str:
        """`one` or `many`, whichever goes with `count` in this language."""
        number = 1 if count == 1 else max(2, int(count)) if count else 0
        said = self._own.ngettext(one, many, number)
        return said if said not in (one, many) else self._house.ngettext(one, many, number)

    # -- numbers, days, money

    @cached_property
    def _locale(self) -> Locale:
        return _babel(self.language)

    def number(self, value: float, digits: int | None = None) -> str:
        """A number with its groups; `digits` behind the point, by default as many as are needed, at most 2."""
        if isinstance(value, int) and not digits:
            # As Babel writes it in all languages here, without its locale data: a first screen of counts needs none.
            return f"{value:,}"
        from babel.numbers import format_decimal

        pattern = "#,##0.##" if digits is None else "#,##0" + ("." + "0" * digits if digits else "")
        return format_decimal(value, format=pattern, locale=self._locale)

    def percent(self, share: float) -> str:
        """A share as a whole percentage, without a false zero."""
        if 0 < share < 0.005:
            return self._("under 1%")
        return f"{Decimal(str(share)) * 100:,.0f}%"

    def money(self, amount: float, currency: str | None) -> str:
        """An amount in its currency (an ISO code); a plain number with two digits when the currency is not known."""
        from babel.numbers import format_currency

        return format_currency(amount, currency, locale=self._locale) if currency else self.number(amount, 2)

    def day(self, day: str) -> str:
        """A day (`2026-03-15`, or a moment of it) as this language writes it; `2026-03` as a month; else as it is."""
        from babel.dates import format_date, format_skeleton

        try:
            if len(day) == 7:
                return format_skeleton("yMMM", date.fromisoformat(day + "-01"), locale=self._locale)
            return format_date(date.fromisoformat(day[:10]), "medium", locale=self._locale)
        except ValueError:
            return day

    def period(self, first: str, last: str) -> str:
        """From one day to another; one day when they are the same."""
        if first == last:
            return self.day(first)
        return self._("{first} to {last}").format(first=self.day(first), last=self.day(last))

    def named(self, names: Sequence[str], total: int | None = None, most: int = 3) -> str:
        """`A, B, C and 4 more`: at most so many names of `total` (the number of names by default)."""
        total = len(names) if total is None else total
        shown = self._(", ").join(names[:most])
        rest = total - min(most, len(names))
        if rest <= 0:
            return shown
        return self._("{names} and {count} more").format(names=shown, count=self.number(rest))
