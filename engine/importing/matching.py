"""Which profile fits a header, by how much its column names tell of where a file comes from."""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from engine.importing.headers import normal, stated_currency
from engine.importing.profiles import OWN_COLUMNS, Profile, Version, all_profiles
from engine.importing.words import meaning_words


@dataclass(frozen=True)
class Match:
    """How a profile fits a header.

    Attributes:
        columns: field to the positions of its columns.
        currency: what the matched column names state.
        known: how many non-empty columns the profile knows, and `of` how many there are.
    """

    profile: Profile
    version: Version | None
    columns: dict[str, tuple[int, ...]]
    currency: str | None
    confidence: float
    known: int
    of: int
    reason: str


@cache
def header_words() -> frozenset[str]:
    """Every column name in the profiles and the word list, as it is compared."""
    words = {normal(n) for p in all_profiles().values() for f in p.fields.values() for n in f.names}
    words |= {normal(n) for p in all_profiles().values() for v in p.version for n in v.headers}
    return frozenset(words | meaning_words())


@cache
def _aliases(profile: Profile) -> dict[str, list[tuple[int, str]]]:
    """Comparable column name to the fields it may be, with its rank among the field's names."""
    found: dict[str, list[tuple[int, str]]] = {}
    for field, rule in profile.fields.items():
        for rank, name in enumerate(rule.names):
            for form in {normal(name), normal(stated_currency(name)[0])}:
                found.setdefault(form, []).append((rank, field))
    return found


@cache
def _ignored(profile: Profile) -> tuple[frozenset[str], tuple[str, ...]]:
    plain = frozenset(normal(name) for name in (*profile.ignore, *OWN_COLUMNS) if "*" not in name)
    patterns = tuple("*".join(normal(part) for part in name.split("*")) for name in profile.ignore if "*" in name)
    return plain, patterns


def is_ignored(profile: Profile, column: str) -> bool:
    """Whether a profile knows a column and wants nothing of it."""
    plain, patterns = _ignored(profile)
    name = normal(column)
    return name in plain or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


@cache
def _platforms_of() -> dict[str, int]:
    """How many platforms use each column name."""
    users: dict[str, set[str]] = {}
    for profile in all_profiles().values():
        names = [n for f in profile.fields.values() for n in f.names] + [n for v in profile.version for n in v.headers]
        for name in (*names, *(n for n in profile.ignore if "*" not in n)):
            users.setdefault(normal(stated_currency(name)[0]), set()).add(profile.platform)
    return {name: len(platforms) for name, platforms in users.items()}


@cache
def _telling(name: str) -> float:
    """How much a column name says about where a file comes from, from near 0 to 1: what many platforms use says little."""
    told = 0.4 if name in meaning_words() else 1.0
    return max(0.1, float(told / max(1, _platforms_of().get(name, 1)) ** 0.7))


# A version fits when columns of this share of its weight are there, or of a smaller one when nearly the whole file is known.
_FITS = 0.72
_FITS_KNOWN = 0.5
_KNOWN = 0.7


def match(profile: Profile, header: Sequence[str]) -> Match | None:
    """How `profile` fits a header, or None when it does not.

    A version fits by the weight of its columns that are there (a name that only one platform uses weighs most), and every
    required field must have a column; confidence is the share of that weight and of the file's columns known.
    """
    present, currency = _present(header)
    columns = _columns(profile, present)
    if any(field not in columns for field, rule in profile.fields.items() if rule.required):
        return None
    best = _best_version(profile, present)
    if best is None or best[0] < _FITS_KNOWN:
        return None
    share, there, version = best
    used = {position for positions in columns.values() for position in positions}
    filled = [i for i, cell in enumerate(header) if cell.strip()]
    known = len(used) + sum(i not in used and is_ignored(profile, header[i]) for i in filled)
    if share < _FITS and (known < _KNOWN * len(filled) or there < min(5, len(version.headers))):
        return None
    confidence = share * (0.6 + 0.4 * known / max(1, len(filled)))
    reason = f"{there} of {len(version.headers)} telling columns, {known} of {len(filled)} known"
    return Match(profile, version, columns, currency, confidence, known, len(filled), reason)


def _present(header: Sequence[str]) -> tuple[dict[str, int], str | None]:
    """Every comparable name in a header with its first position, and the currency that all of its names agree on."""
    present: dict[str, int] = {}
    currency: set[str] = set()
    for position, cell in enumerate(header):
        name, code = stated_currency(cell)
        forms = [normal(cell)]
        if code:
            currency.add(code)
            forms.append(normal(name))
        for form in forms:
            if form:
                present.setdefault(form, position)
    return present, currency.pop() if len(currency) == 1 else None


def _best_version(profile: Profile, present: dict[str, int]) -> tuple[float, int, Version] | None:
    """The version of which most is there, by weight: its share, how many columns of it are there, and itself."""
    best: tuple[float, int, Version] | None = None
    for version in profile.version:
        weights = {name: _telling(name) for name in _wanted(version)}
        found = [weight for name, weight in weights.items() if name in present]
        share = sum(found) / sum(weights.values())
        if best is None or (share, len(found)) > best[:2]:
            best = share, len(found), version
    return best


@cache
def _wanted(version: Version) -> tuple[str, ...]:
    return tuple(dict.fromkeys(normal(stated_currency(name)[0]) for name in version.headers))


def _columns(profile: Profile, present: dict[str, int]) -> dict[str, tuple[int, ...]]:
    ranked: dict[str, list[tuple[int, int]]] = {}
    for form, entries in _aliases(profile).items():
        if form in present:
            for rank, field in entries:
                ranked.setdefault(field, []).append((rank, present[form]))
    columns = {}
    for field, found in ranked.items():
        positions = list(dict.fromkeys(position for _, position in sorted(found)))
        rule = profile.fields[field]
        columns[field] = tuple(positions) if rule.merge or rule.join is not None else tuple(positions[:1])
    return columns


def forced(profile: Profile, header: Sequence[str]) -> Match | None:
    """`profile` on a header that the seller says it fits; None when a required field has no column."""
    present: dict[str, int] = {}
    for position, cell in enumerate(header):
        for form in (normal(cell), normal(stated_currency(cell)[0])):
            present.setdefault(form, position)
    columns = _columns(profile, present)
    if any(field not in columns for field, rule in profile.fields.items() if rule.required):
        return None
    filled = sum(bool(cell.strip()) for cell in header)
    return Match(profile, None, columns, None, 1.0, len(columns), filled, "chosen by the seller")


@cache
def _profiles_with() -> dict[str, tuple[str, ...]]:
    """Comparable column name to the profiles that have it in a version's header."""
    users: dict[str, set[str]] = {}
    for profile in all_profiles().values():
        for version in profile.version:
            for name in _wanted(version):
                users.setdefault(name, set()).add(profile.name)
    return {name: tuple(sorted(profiles)) for name, profiles in users.items()}


def best(header: Sequence[str]) -> Match | None:
    """The profile that fits a header best; more telling columns win over a better share of fewer."""
    forms = {form for cell in header for form in (normal(cell), normal(stated_currency(cell)[0]))}
    # Most rows looked at are data: only profiles that know at least two of the names are tried.
    hits = Counter(name for form in forms for name in _profiles_with().get(form, ()))
    tried = [all_profiles()[name] for name in sorted(hits) if hits[name] > 1]
    found = [hit for profile in tried if (hit := match(profile, header)) is not None]

    def weight(hit: Match) -> tuple[float, int]:
        telling = len(hit.version.headers) if hit.version else 0
        return hit.confidence + 0.02 * min(telling, 20), telling

    return max(found, key=weight, default=None)
