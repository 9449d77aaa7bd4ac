"""What the command line's own verbs share beyond `engine.desks.verbs`: the shop, and findings as they are listed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.desks.verbs import print_json, print_table, say, speaker

if TYPE_CHECKING:
    from engine.shop import Shop


def open_shop(path: Path, *, create: bool = False) -> Shop:
    """An open shop."""
    from engine.shop import Shop
    from engine.store.database import Store

    Store.announce = staticmethod(say)
    return Shop(path, create=create)


def show_findings(shop: Shop, *, as_json: bool, as_csv: bool, today: bool, desk: str | None = None) -> None:
    """Findings on stdout, each with its sentence."""
    from engine.desks.sentences import sentence

    found = shop.findings(desk=desk, today=today)
    spoken = speaker()
    if as_json:
        print_json({**finding.as_json(), "sentence": sentence(finding, spoken)} for finding in found)
        return
    if not found and not as_csv:
        say(spoken._("No findings yet. `backroom analyze SHOP` reads the shop."))
        return
    print_table(
        ["id", "kind", "finding", "k", "n", "state"],
        [(f.id, f.kind, sentence(f, spoken), f.k, f.n, spoken._("out of date") if f.stale else f.state) for f in found],
        as_csv=as_csv,
    )
    if count := sum(f.stale for f in found):
        many = spoken.ngettext("{count} finding is out of date: rows it counted have changed. `backroom analyze SHOP` reads "
                               "again.",
                               "{count} findings are out of date: rows they counted have changed. `backroom analyze SHOP` "
                               "reads again.", count)  # fmt: skip
        say(many.format(count=spoken.number(count)))
