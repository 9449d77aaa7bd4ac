"""What the reviews desk found, as sentences: kind, subject and numbers in, one sentence in the reader's language out."""

from __future__ import annotations

import re

from engine.findings import Finding
from engine.say import Speaker

_HAN = re.compile(r"[\u4e00-\u9fff]")


def _who(finding: Finding, say: Speaker) -> str:
    """The product, or the whole shop."""
    name = finding.subject.get("name") or finding.subject.get("product")
    return str(name) if name else say._("Whole shop")


def _theme_name(finding: Finding, say: Speaker) -> str:
    name = str(finding.subject["theme_name"])
    if (say.language == "zh") == bool(_HAN.search(name)):
        return name
    # Only a theme that is named in the other language needs the anchors, which take a moment to load.
    from engine.reviews.themes import said_in

    return said_in(say.language, str(finding.subject.get("theme")), name)


def _theme(finding: Finding, say: Speaker) -> str:
    """The theme, with the customers' own words where one says it well."""
    theme, quote = _theme_name(finding, say), finding.numbers.get("quote")
    return say._("{theme} (“{quote}”)").format(theme=theme, quote=quote) if quote else theme


def _counts(finding: Finding, say: Speaker) -> dict[str, str]:
    low, high = (finding.interval.low, finding.interval.high) if finding.interval else (0.0, 1.0)
    return {
        "who": _who(finding, say),
        "k": say.number(finding.k or 0),
        "n": say.number(finding.n or 0),
        "low": say.percent(low),
        "high": say.percent(high),
    }


def _pain_point(finding: Finding, say: Speaker) -> str:
    numbers, counts = finding.numbers, _counts(finding, say)
    about = _theme(finding, say)
    if finding.subject.get("product") is None:
        count = int(numbers.get("products", 0))
        where = (
            say.ngettext(", in {count} product", ", in {count} products", count).format(count=say.number(count))
            if count
            else ""
        )
        return say._("{who}: {k} of {n} reviews complain about {about}, {low} to {high}{where}.").format(
            about=about, where=where, **counts
        )
    said = say._(
        "{who}: {k} of {n} reviews complain about {about}, {low} to {high}, against {elsewhere} elsewhere."
    ).format(about=about, elsewhere=say.percent(numbers.get("share_elsewhere", 0.0)), **counts)
    if numbers.get("stars_lost_low", 0) > 0:
        said += say._(" It costs about {stars} stars.").format(stars=say.number(numbers["stars_lost"], 1))
    return said


def _too_few(finding: Finding, say: Speaker) -> str:
    return say._("{who}: {k} of {n} reviews mention {theme}: too few to say.").format(
        theme=_theme_name(finding, say), **_counts(finding, say)
    )


def _change(message: str, finding: Finding, say: Speaker) -> str:
    numbers = finding.numbers
    return message.format(
        about=_theme(finding, say),
        day=say.day(str(numbers["since"])),
        share=say.percent(numbers["share_after"]),
        k_before=say.number(numbers["k_before"]),
        n_before=say.number(numbers["n_before"]),
        share_before=say.percent(numbers["share_before"]),
        **_counts(finding, say),
    )


def _got_worse(finding: Finding, say: Speaker) -> str:
    return _change(
        say._(
            "{who}: more complaints about {about} since {day}: {k} of {n} reviews ({share}), before that {k_before} of "
            "{n_before} ({share_before})."
        ),
        finding,
        say,
    )


def _got_better(finding: Finding, say: Speaker) -> str:
    return _change(
        say._(
            "{who}: fewer complaints about {about} since {day}: {k} of {n} reviews ({share}), before that {k_before} of "
            "{n_before} ({share_before})."
        ),
        finding,
        say,
    )


def _driver(finding: Finding, say: Speaker) -> str:
    numbers, counts = finding.numbers, _counts(finding, say)
    courier, variant = finding.subject.get("courier"), finding.subject.get("variant")
    if courier:
        counts["who"] = say._("Orders sent with {courier}").format(courier=courier)
    elif variant:
        counts["who"] = say._("{product}, {variant}").format(product=_who(finding, say), variant=variant)
    return say._(
        "{who}: {k} of {n} reviews complain about {about} ({share}), with the others {k_others} of {n_others} ({share_others})."
    ).format(
        about=_theme(finding, say),
        share=say.percent(numbers["share"]),
        k_others=say.number(numbers["k_others"]),
        n_others=say.number(numbers["n_others"]),
        share_others=say.percent(numbers["share_others"]),
        **counts,
    )


def _praise(finding: Finding, say: Speaker) -> str:
    return say._("{who}: {k} of {n} reviews praise {about}, against {elsewhere} elsewhere.").format(
        about=_theme(finding, say),
        elsewhere=say.percent(finding.numbers.get("share_elsewhere", 0.0)),
        **_counts(finding, say),
    )


def _praise_that_sells(finding: Finding, say: Speaker) -> str:
    numbers = finding.numbers
    return _praise(finding, say) + say._(
        " Since {day} it is said more often, and sales went from {before} to {after} units a month."
    ).format(
        day=say.day(str(numbers["since"])),
        before=say.number(numbers["units_a_month_before"], 0),
        after=say.number(numbers["units_a_month_after"], 0),
    )


def _contradiction(finding: Finding, say: Speaker) -> str:
    numbers = finding.numbers
    return say._(
        "{who}: {k} of {n} reviews say the opposite of their stars: {harsh} complain with 4 or 5 stars, {kind} praise with "
        "1 or 2."
    ).format(
        harsh=say.number(numbers["complain_with_many_stars"]),
        kind=say.number(numbers["praise_with_few_stars"]),
        **_counts(finding, say),
    )


def _copied(finding: Finding, say: Speaker) -> str:
    numbers = finding.numbers
    return say._("{who}: {k} of {n} reviews are nearly the same text, written {period}.").format(
        period=say.period(str(numbers["first_day"]), str(numbers["last_day"])), **_counts(finding, say)
    )


def _return_reason(finding: Finding, say: Speaker) -> str:
    reason = str(finding.subject["reason"]).replace("_", " ").lower()
    return say._(
        "{who}: {k} of {n} returns give “{reason}” as the reason, against {elsewhere} of the other products' returns."
    ).format(reason=reason, elsewhere=say.percent(finding.numbers["share_elsewhere"]), **_counts(finding, say))


SENTENCES = {
    "pain_point": _pain_point,
    "too_few": _too_few,
    "got_worse": _got_worse,
    "got_better": _got_better,
    "driver": _driver,
    "praise": _praise,
    "praise_that_sells": _praise_that_sells,
    "contradiction": _contradiction,
    "copied_reviews": _copied,
    "return_reason": _return_reason,
}
