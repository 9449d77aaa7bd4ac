"""A review as text: its label with all probabilities in words and bars, its words, and where it came from."""

from __future__ import annotations

from textual.content import Content

from engine.cells import one_line, safe
from engine.reviews.queries import SENTIMENTS, ReviewRow
from tui.format import SENTIMENT_MARKS, bar, percent, place, stars

SOURCES = {"seller": "you", "model": "the model", "stars": "its stars", "rules": "a rule"}


def sentiment_short(review: ReviewRow) -> str:
    """A label in 14 cells: `− negative 91%`, `? negative 48%` when unsure, `✎ negative` when the seller said so."""
    if review.sentiment is None:
        return "  not read"
    if review.sentiment_source == "seller":
        return f"✎ {review.sentiment}"
    mark = "?" if review.abstain else SENTIMENT_MARKS.get(review.sentiment, " ")
    share = f" {review.confidence:.0%}" if review.confidence is not None else ""
    return f"{mark} {review.sentiment}{share}"


def sentiment_style(review: ReviewRow) -> str:
    """The style that goes with a label."""
    if review.sentiment is None or review.abstain:
        return "dim"
    return {"negative": "bad", "positive": "good"}.get(review.sentiment, "")


def review_content(review: ReviewRow) -> Content:
    """A review in full."""
    head = " · ".join(part for part in (stars(review.stars), review.day or "", one_line(review.product_name)) if part)
    parts: list[tuple[str, str] | str] = [(head + "\n" if head else "", "dim")]
    text, title = safe(review.text), safe(review.title or "")
    # The stored text begins with its title, so that spans count from there.
    begins = len(title) if title and text.startswith(title) else 0
    parts += ["\n", (text[:begins], "bold"), text[begins:] + "\n\n"]
    parts += label_parts(review)
    origin = place(review.file, None, review.line)
    parts.append((f"\n{origin}" + (f" · language {review.language}" if review.language else ""), "dim"))
    return Content.assemble(*parts)


def label_parts(review: ReviewRow) -> list[tuple[str, str] | str]:
    """The label, who gave it, each probability as a bar, and the runner-up."""
    if review.sentiment is None:
        return [("Not read yet: r reads the shop, or say it yourself: n negative, o neutral, p positive.\n", "dim")]
    who = SOURCES.get(review.sentiment_source or "", review.sentiment_source or "")
    unsure = ", unsure" if review.abstain and review.sentiment_source != "seller" else ""
    parts: list[tuple[str, str] | str] = [(f"{review.sentiment}{unsure}", "bold"), f", says {one_line(who)}\n"]
    if review.sentiment_source == "seller" or not review.probabilities:
        return parts
    known = {name: review.probabilities.get(name, 0.0) for name in SENTIMENTS}
    for name, share in known.items():
        parts.append(f"  {SENTIMENT_MARKS[name]} {name:<9} {bar(share, 20)} {percent(share)}\n")
    second = sorted(known, key=lambda name: -known[name])[1]
    parts.append((f"  runner-up: {second} with {percent(known[second])}\n", "dim"))
    if review.sentiment_method:
        parts.append((f"  read by {one_line(review.sentiment_method)}\n", "dim"))
    return parts
