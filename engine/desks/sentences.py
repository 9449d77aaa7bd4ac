"""A finding's sentence: made when it is shown, by the desk that found it, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from engine.desks import registry
from engine.desks.base import Desk, load
from engine.findings import Finding
from engine.say import N_, Speaker

Sayer = Callable[[Finding, Speaker], str]


@cache
def _sayers(part: str) -> dict[str, Sayer]:
    sayers: dict[str, Sayer] = load(part)
    return sayers


@cache
def speaker_of(one: Desk, language: str) -> Speaker:
    """Speaks out of a desk's catalogue."""
    return Speaker(language, one.name, one.folder)


def _said(part: str | None, one: Desk, finding: Finding, speaker: Speaker) -> str | None:
    say = _sayers(part).get(finding.kind) if part else None
    if say is None:
        return None
    try:
        return say(finding, speaker_of(one, speaker.language))
    except KeyError:
        # Written by a version that kept other numbers.
        return None


def _desk(finding: Finding) -> Desk | None:
    return next((one for one in registry.DESKS if one.name == finding.desk), None)


def sentence(finding: Finding, speaker: Speaker) -> str:
    """One sentence for a seller.

    What no desk here can say (a kind or numbers of another version) is named with its counts, so that it can be opened.
    """
    one = _desk(finding)
    said = None if one is None else _said(one.sentences, one, finding, speaker)
    if said is not None:
        return said
    kind = finding.kind.replace("_", " ")
    if finding.k is None or finding.n is None:
        return kind
    return speaker._("{kind}: {k} of {n}").format(kind=kind, k=speaker.number(finding.k), n=speaker.number(finding.n))


def short(finding: Finding, speaker: Speaker) -> str:
    """The finding in a few words where its desk has them, else its sentence."""
    one = _desk(finding)
    said = None if one is None else _said(one.shorts, one, finding, speaker)
    return said if said is not None else sentence(finding, speaker)


def unit(finding: Finding, speaker: Speaker) -> str:
    """What `n` counts, in the plural: "reviews" unless the finding's numbers say otherwise."""
    one, word = _desk(finding), str(finding.numbers.get("unit") or N_("reviews"))
    return speaker._(word) if one is None else speaker_of(one, speaker.language)._(word)
