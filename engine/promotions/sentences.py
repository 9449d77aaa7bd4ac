"""What the promotions desk found, as sentences."""

from __future__ import annotations

from engine.findings import Finding
from engine.say import Speaker


def _places(finding: Finding, say: Speaker) -> dict[str, str]:
    numbers = finding.numbers
    currency = numbers.get("currency")
    return {
        "name": str(finding.subject.get("name") or finding.subject.get("product")),
        "period": say.period(numbers["first"], numbers["last"]),
        "gross": say.number(round(numbers["gross"])),
        "anyway": say.number(round(numbers["baseline"])),
        "more": say.number(round(numbers["incremental"])),
        "low": say.number(round(numbers["low"])),
        "high": say.number(round(numbers["high"])),
        "given": say.money(numbers.get("given") or 0.0, currency),
        "profit": say.money(abs(numbers.get("profit") or 0.0), currency),
        "lack": say.number(round(numbers.get("lack") or 0.0)),
    }


def _pulled_forward(finding: Finding, say: Speaker) -> str:
    return say._(
        "{name}, {period}: {more} more sold than usual, and {lack} fewer in the four weeks after: it was only bought earlier."
    ).format(**_places(finding, say))


def _paid(finding: Finding, say: Speaker) -> str:
    return say._(
        "{name}, {period}: the promotion paid. {more} ({low} to {high}) of {gross} would not have sold; it earned {profit} more."
    ).format(**_places(finding, say))


def _cost_money(finding: Finding, say: Speaker) -> str:
    return say._(
        "{name}, {period}: the promotion cost {profit}. {anyway} of {gross} would have sold anyway, at the full price."
    ).format(**_places(finding, say))


def _pull_forward(finding: Finding, say: Speaker) -> str:
    numbers = finding.numbers
    return say._(
        "Over {n} promotions, {share} ({low} to {high}) of what they brought was lacking in the four weeks after."
    ).format(
        n=say.number(finding.n or 0),
        share=say.percent(numbers["share"]),
        low=say.percent(numbers["low"]),
        high=say.percent(numbers["high"]),
    )


def _always_on_code(finding: Finding, say: Speaker) -> str:
    numbers = finding.numbers
    return say._(
        "The code {name} is always on: {k} of {n} who used it had bought within 90 days; it gives away {money} a month."
    ).format(
        name=finding.subject["code"],
        k=say.number(finding.k or 0),
        n=say.number(finding.n or 0),
        money=say.money(numbers["monthly"], numbers["currency"]),
    )


SENTENCES = {
    "pulled_forward": _pulled_forward,
    "paid": _paid,
    "cost_money": _cost_money,
    "pull_forward": _pull_forward,
    "always_on_code": _always_on_code,
}
