"""News of an import as sentences, and in a few words for the one line that Today has for it."""

from __future__ import annotations

from engine.findings import Finding
from engine.say import Speaker


def _many(finding: Finding, say: Speaker) -> dict[str, str]:
    return {"count": say.number(finding.k or 0), "file": str(finding.subject.get("file"))}


def _new(finding: Finding, say: Speaker) -> str:
    k = finding.k or 0
    message = {
        "orders": say.ngettext("{count} new order", "{count} new orders", k),
        "reviews": say.ngettext("{count} new review", "{count} new reviews", k),
        "products": say.ngettext("{count} new product", "{count} new products", k),
        "returns": say.ngettext("{count} new return", "{count} new returns", k),
        "order_lines": say.ngettext("{count} new order line", "{count} new order lines", k),
        "customers": say.ngettext("{count} new customer", "{count} new customers", k),
    }[finding.numbers["table"]]
    return message.format(**_many(finding, say))


def _new_rows(finding: Finding, say: Speaker) -> str:
    numbers = finding.numbers
    parts = [say._("{new} in {file}").format(new=_new(finding, say), file=finding.subject["file"])]
    if numbers.get("first_day"):
        parts.append(say._(", of {period}").format(period=say.period(numbers["first_day"], numbers["last_day"])))
    if numbers.get("low_stars"):
        parts.append(say._("; {count} with one or two stars").format(count=say.number(numbers["low_stars"])))
    if numbers.get("names"):
        parts.append(say._(": {names}").format(names=say.named(numbers["names"], finding.k)))
    if known := numbers.get("known"):
        more = say.ngettext("; {count} more in that file was known", "; {count} more in that file were known", known)
        parts.append(more.format(count=say.number(known)))
    return say._("{sentence}.").format(sentence="".join(parts))


def _first_sold_short(finding: Finding, say: Speaker) -> str:
    return say.ngettext(
        "{count} product sold for the first time", "{count} products sold for the first time", finding.k or 0
    ).format(**_many(finding, say))


def _first_sold(finding: Finding, say: Speaker) -> str:
    return say._("{short} in {file}: {names}.").format(
        short=_first_sold_short(finding, say),
        file=finding.subject["file"],
        names=say.named(finding.numbers["names"], finding.k),
    )


def status_word(status: str, say: Speaker) -> str:
    """A status in the seller's words."""
    known = {
        "paid": say._("paid"),
        "unpaid": say._("unpaid"),
        "pending": say._("pending"),
        "shipped": say._("shipped"),
        "delivered": say._("delivered"),
        "completed": say._("completed"),
        "cancelled": say._("cancelled"),
        "refunded": say._("refunded"),
        "partially_refunded": say._("partially refunded"),
        "returned": say._("returned"),
        "brushing": say._("brushing"),
        "active": say._("active"),
        "draft": say._("draft"),
        "archived": say._("archived"),
    }
    return known.get(status, status.replace("_", " "))


def _status_short(finding: Finding, say: Speaker) -> str:
    k = finding.k or 0
    message = {
        "orders": say.ngettext("{count} order became {status}", "{count} orders became {status}", k),
        "order_lines": say.ngettext("{count} order line became {status}", "{count} order lines became {status}", k),
        "returns": say.ngettext("{count} return became {status}", "{count} returns became {status}", k),
        "products": say.ngettext("{count} product became {status}", "{count} products became {status}", k),
    }[finding.numbers["table"]]
    return message.format(status=status_word(str(finding.numbers["status"]), say), **_many(finding, say))


def _status(finding: Finding, say: Speaker) -> str:
    return say._("{short} since the file before {file}.").format(
        short=_status_short(finding, say), file=finding.subject["file"]
    )


def _price_short(finding: Finding, say: Speaker) -> str:
    return say.ngettext("{count} price changed", "{count} prices changed", finding.k or 0).format(**_many(finding, say))


def _price(finding: Finding, say: Speaker) -> str:
    numbers = finding.numbers
    return say._(
        "{short} in {file}: {up} up, {down} down; the largest change is {name} from {before} to {after}."
    ).format(
        short=_price_short(finding, say),
        file=finding.subject["file"],
        up=say.number(numbers["up"]),
        down=say.number(numbers["down"]),
        name=numbers["largest"],
        before=say.money(numbers["price_before"], numbers.get("currency")),
        after=say.money(numbers["price_after"], numbers.get("currency")),
    )


def _out_of_stock_short(finding: Finding, say: Speaker) -> str:
    return say.ngettext("{count} item ran out of stock", "{count} items ran out of stock", finding.k or 0).format(
        **_many(finding, say)
    )


def _out_of_stock(finding: Finding, say: Speaker) -> str:
    return say._("{short} in {file}: {names}.").format(
        short=_out_of_stock_short(finding, say),
        file=finding.subject["file"],
        names=say.named(finding.numbers["names"], finding.numbers["named"]),
    )


def _edited_short(finding: Finding, say: Speaker) -> str:
    return say.ngettext("{count} review changed", "{count} reviews changed", finding.k or 0).format(
        **_many(finding, say)
    )


def _edited(finding: Finding, say: Speaker) -> str:
    said, fewer = _status_line(finding, say), finding.numbers["fewer_stars"]
    if fewer:
        message = say.ngettext("; {count} now has fewer stars", "; {count} now have fewer stars", fewer)
        said += message.format(count=say.number(fewer))
    return say._("{sentence}.").format(sentence=said)


def _status_line(finding: Finding, say: Speaker) -> str:
    return say._("{short} since the file before {file}").format(
        short=_edited_short(finding, say), file=finding.subject["file"]
    )


SENTENCES = {
    "new_rows": _new_rows,
    "first_sold": _first_sold,
    "status": _status,
    "price": _price,
    "out_of_stock": _out_of_stock,
    "edited": _edited,
}
SHORTS = {
    "new_rows": _new,
    "first_sold": _first_sold_short,
    "status": _status_short,
    "price": _price_short,
    "out_of_stock": _out_of_stock_short,
    "edited": _edited_short,
}
