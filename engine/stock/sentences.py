"""What the stock desk found, as sentences."""

from __future__ import annotations

from engine.findings import Finding
from engine.say import Speaker


def _name(finding: Finding) -> str:
    return str(finding.subject.get("name") or finding.subject.get("sku") or finding.subject.get("product"))


def _runs_out(finding: Finding, say: Speaker) -> str:
    numbers = finding.numbers
    said = say.ngettext(
        "{name}: {on_hand} left, gone in about {days} day; a new order takes {lead}.",
        "{name}: {on_hand} left, gone in about {days} days; a new order takes {lead}.",
        numbers["days"],
    ).format(
        name=_name(finding),
        on_hand=say.number(numbers["on_hand"] + numbers["incoming"]),
        days=say.number(numbers["days"]),
        lead=say.number(numbers["lead_days"]),
    )
    if numbers["assumed"]:
        said += say._(" The lead time is assumed.")
    quantity = say.number(numbers["quantity"])
    if numbers["at_risk"] and numbers["currency"]:
        money = say.money(numbers["at_risk"], numbers["currency"])
        return said + say._(" Order {quantity}: {money} of sales a day are at risk.").format(
            quantity=quantity, money=money
        )
    return said + say._(" Order {quantity}.").format(quantity=quantity)


def _dead_stock(finding: Finding, say: Speaker) -> str:
    numbers = finding.numbers
    return say._("{name}: {on_hand} in stock and none sold for {days} days; {cash} is tied up in them.").format(
        name=_name(finding),
        on_hand=say.number(numbers["on_hand"]),
        days=say.number(numbers["days"]),
        cash=say.money(numbers["cash"], numbers["currency"]),
    )


def _lost_sales(finding: Finding, say: Speaker) -> str:
    numbers = finding.numbers
    return say._(
        "{name} was out of stock in {k} of {n} weeks: about {units} more would have sold, worth {money}."
    ).format(
        name=_name(finding),
        k=say.number(finding.k or 0),
        n=say.number(finding.n or 0),
        units=say.number(round(numbers["units"])),
        money=say.money(numbers["money"], numbers["currency"]),
    )


_PARTS = ("discounts", "refunds", "fees", "ads", "shipping", "goods")


def part_name(name: str, say: Speaker) -> str:
    """A part of a contribution, as a seller calls it."""
    return {
        "discounts": say._("discounts"),
        "refunds": say._("refunds"),
        "fees": say._("fees"),
        "ads": say._("ads"),
        "shipping": say._("shipping"),
        "goods": say._("goods"),
    }[name]


def _sells_at_loss(finding: Finding, say: Speaker) -> str:
    numbers = finding.numbers
    parts, currency = numbers["parts"], numbers["currency"]
    largest = sorted((parts.get(part, 0.0), part) for part in _PARTS)[:2]
    costs = say._(", ").join(
        f"{part_name(part, say)} {say.money(-amount, currency)}" for amount, part in largest if amount < 0
    )
    return say._("{name} sold {units} in three months and lost {loss}: sales of {sales} against {costs}.").format(
        name=_name(finding),
        units=say.number(numbers["units"]),
        loss=say.money(numbers["loss"], currency),
        sales=say.money(parts.get("sales", 0.0), currency),
        costs=costs,
    )


SENTENCES = {
    "runs_out": _runs_out,
    "dead_stock": _dead_stock,
    "lost_sales": _lost_sales,
    "sells_at_loss": _sells_at_loss,
}
