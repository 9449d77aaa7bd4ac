"""What the customers desk found, as sentences."""

from __future__ import annotations

from engine.findings import Finding
from engine.say import Speaker


def _counts(finding: Finding, say: Speaker) -> dict[str, str]:
    return {
        "a": str(finding.subject.get("name")),
        "b": str(finding.subject.get("other_name")),
        "k": say.number(finding.k or 0),
        "n": say.number(finding.n or 0),
    }


def _pair(finding: Finding, say: Speaker) -> str:
    return say._(
        "{a} with {b}: together in {k} of {n} orders, {lift} times what the size of orders explains. Worth a bundle."
    ).format(lift=say.number(finding.numbers["lift"], 1), **_counts(finding, say))


def _sequence(finding: Finding, say: Speaker) -> str:
    return say._(
        "After {a} customers come for {b}: {k} of {n} who bought both on different days, after {days} days (half of them "
        "between {low} and {high})."
    ).format(
        days=say.number(finding.numbers["days"]),
        low=say.number(finding.numbers["low_days"]),
        high=say.number(finding.numbers["high_days"]),
        **_counts(finding, say),
    )


def _gateway(finding: Finding, say: Speaker) -> str:
    return say._(
        "{a} brings customers back: {k} of {n} who began with it ordered again within 90 days, {other} of the others."
    ).format(other=say.percent(finding.numbers["other"]), **_counts(finding, say))


def _drives_away(finding: Finding, say: Speaker) -> str:
    return say._(
        "After {a} customers stay away: only {k} of {n} who began with it ordered again within 90 days, {other} of the others."
    ).format(other=say.percent(finding.numbers["other"]), **_counts(finding, say))


def _slipping(finding: Finding, say: Speaker) -> str:
    return say._(
        "{k} of {n} regular customers have been away longer than their own rhythm explains; they used to spend {money} in 30 days."
    ).format(money=say.money(finding.numbers["money"], finding.numbers["currency"]), **_counts(finding, say))


def _new_regulars(finding: Finding, say: Speaker) -> str:
    count = finding.k or 0
    return say.ngettext(
        "{k} customer became a regular in the last {days} days: {orders} orders within half a year.",
        "{k} customers became regulars in the last {days} days: {orders} orders within half a year each.",
        count,
    ).format(days=say.number(finding.numbers["days"]), orders=finding.numbers["orders"], **_counts(finding, say))


def _campaign_result(finding: Finding, say: Speaker) -> str:
    interval = finding.interval
    low, high = (interval.low, interval.high) if interval else (0.0, 0.0)
    return say._(
        "Campaign {number}: {k} of {n} who were written to bought, {k0} of {n0} who were not: {low} to {high} points more."
    ).format(
        number=finding.subject["campaign"],
        k0=say.number(finding.numbers["bought_anyway"]),
        n0=say.number(finding.numbers["held_out"]),
        low=say.number(100 * low, 0),
        high=say.number(100 * high, 0),
        **_counts(finding, say),
    )


SENTENCES = {
    "pair": _pair,
    "sequence": _sequence,
    "gateway": _gateway,
    "drives_away": _drives_away,
    "slipping": _slipping,
    "new_regulars": _new_regulars,
    "campaign_result": _campaign_result,
}
