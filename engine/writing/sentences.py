"""What the writing desk finds, as sentences."""

from __future__ import annotations

from engine.findings import Finding
from engine.say import Speaker
from engine.writing.checks import UNIT_NAMES


def _listing(finding: Finding, say: Speaker) -> str:
    numbers, subject = finding.numbers, finding.subject
    parts = []
    if numbers["limit"]:
        message = say._("{size} of at most {limit} {unit}").format(
            size=say.number(numbers["size"]),
            limit=say.number(numbers["limit"]),
            unit=say._(UNIT_NAMES[numbers["unit_of_limit"]]),
        )
        parts.append(message + (say._(" (this limit is unverified)") if numbers["unverified"] else ""))
    if numbers["words"]:
        words = say._(", ").join(f"“{word}”" for word in numbers["words"][:3])
        parts.append(say._("a rule forbids {words}").format(words=words))
    if not parts:
        parts.append(say._("a rule forbids what it says"))
    return say._("{name}, {field}: {faults}.").format(
        name=subject["name"], field=subject["field"], faults=say._("; ").join(parts)
    )


SENTENCES = {"listing": _listing}
