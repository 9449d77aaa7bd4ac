"""The copy that is live, held against its channel's rules: what is over a limit, forbidden, or claimed without proof."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from engine.findings import Evidence, Finding, Impact
from engine.writing import queries
from engine.writing.checks import Violation, check
from engine.writing.rules import Field, packs
from engine.writing.units import measure

if TYPE_CHECKING:
    from engine.store.database import Store

METHOD = (
    "each live title and description held against the rule packs by code; ranked as if it cost one customer in 30 days, "
    "which is an assumption (v1)"
)
AT_LEAST = 1.0
"""Customers in 30 days that a listing which breaks a rule is taken to cost at least: an assumption, said with the finding."""


def field_for(platform: str | None, column: str) -> Field | None:
    """The field of the channel that a platform's listings are published in; None for a platform without a pack."""
    wanted = {"tmall": "taobao", "1688": "taobao"}.get(platform or "", platform or "")
    pack = packs().get(wanted)
    if pack is None:
        return None
    return next((field for field in pack.fields if field.name == column), None)


def find(store: Store) -> Iterator[Finding]:
    """One finding for each text of a live listing that breaks a rule which blocks."""
    for listing in queries.listings(store):
        own = queries.ledger_of(store, listing["product"]) if listing["product"] else None
        for column in ("title", "description"):
            field, text = field_for(listing["platform"], column), str(listing[column] or "")
            if field is None or not text.strip():
                continue
            broken = [v for v in check(text, field, product=own, category=None) if v.severity == "block"]
            if broken:
                yield _finding(listing, column, field, text, broken)


def _finding(listing: dict[str, Any], column: str, field: Field, text: str, broken: list[Violation]) -> Finding:
    limit = next((v for v in broken if v.rule.endswith(".limit")), None)
    words = [text[v.start : v.end] for v in broken if v is not limit and v.end - v.start <= 40]
    return Finding(
        key=f"writing/listing/{listing['platform']}/{listing['product'] or listing['id']}/{column}",
        desk="writing",
        kind="listing",
        subject={
            "product": listing["product"],
            "name": listing["product_name"] or listing["title"],
            "field": field.full_name,
        },
        numbers={
            "rules": sorted({v.rule for v in broken}),
            "sources": sorted({v.source for v in broken}),
            "words": list(dict.fromkeys(words)),
            "size": measure(text, field.unit) if limit else None,
            "limit": field.limit if limit else None,
            "unit_of_limit": field.unit,
            "unverified": bool(limit and field.strength == "unverified"),
            "assumed_customers": AT_LEAST,
        },
        method=METHOD,
        impact=Impact(AT_LEAST),
        query=f"SELECT {column} FROM products WHERE id = {listing['id']}",
        evidence=tuple(
            Evidence("products", listing["id"], column, v.start, v.end)
            if v is not limit
            else Evidence("products", listing["id"], column)
            for v in broken
        ),
    )
