"""The list of desks: the one line that adds a desk stands here, and nothing heavy is loaded by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.desks.base import Desk, Need, load
from engine.errors import UsageError
from engine.say import N_

if TYPE_CHECKING:
    import click

    from engine.store.database import Store

IMPORTS = Desk(
    "imports",
    N_("Imports"),
    sentences="engine.importing.sentences:SENTENCES",
    shorts="engine.importing.sentences:SHORTS",
    verbs="engine.importing.verbs:VERBS",
    verb_names=("import", "imports", "undo"),
    sheets="engine.importing.sheets:SHEETS",
)
REVIEWS = Desk(
    "reviews",
    N_("Reviews"),
    needs=(Need(("reviews", "returns"), N_("a file of reviews, or of returns")),),
    run="engine.reviews.desk:run",
    tables="engine.reviews.tables:migrations",
    schema=1,
    sentences="engine.reviews.sentences:SENTENCES",
    labels=(
        ("sentiment", "engine.reviews.sentiment:label_texts"),
        ("aspects", "engine.reviews.aspects:label_texts"),
    ),
    sheets="engine.reviews.sheets:SHEETS",
)
STOCK = Desk(
    "stock",
    N_("Stock"),
    needs=(Need(("order_lines",), N_("a file of orders")),),
    run="engine.stock.desk:run",
    tables="engine.stock.tables:migrations",
    schema=2,
    sentences="engine.stock.sentences:SENTENCES",
    verbs="engine.stock.verbs:VERBS",
    verb_names=("forecast", "stock", "profit"),
    sheets="engine.stock.sheets:SHEETS",
)
PROMOTIONS = Desk(
    "promotions",
    N_("Promotions"),
    needs=(Need(("order_lines",), N_("a file of orders")),),
    run="engine.promotions.desk:run",
    tables="engine.promotions.tables:migrations",
    schema=1,
    sentences="engine.promotions.sentences:SENTENCES",
    verbs="engine.promotions.verbs:VERBS",
    verb_names=("promotions",),
)

WRITING = Desk(
    "writing",
    N_("Writing"),
    needs=(Need(("products",), N_("a file of products or listings")),),
    run="engine.writing.desk:run",
    sentences="engine.writing.sentences:SENTENCES",
    verbs="engine.writing.verbs:VERBS",
    verb_names=("write", "check"),
)
CUSTOMERS = Desk(
    "customers",
    N_("Customers"),
    needs=(Need(("orders", "order_lines"), N_("a file of orders")),),
    run="engine.customers.desk:run",
    tables="engine.customers.tables:migrations",
    schema=1,
    sentences="engine.customers.sentences:SENTENCES",
    verbs="engine.customers.verbs:VERBS",
    verb_names=("recommend", "pairs", "segments", "campaign"),
    sheets="engine.customers.sheets:SHEETS",
)

PRIVACY = Desk(
    "privacy",
    N_("Privacy"),
    verbs="engine.privacy.verbs:VERBS",
    verb_names=("privacy",),
    labels=(("pii", "engine.privacy.redaction:label_texts"),),
)
SERVICE = Desk(
    "service",
    N_("Service"),
    verbs="engine.service.verbs:VERBS",
    verb_names=("answer",),
    labels=(("intents", "engine.service.labels:label_intents"),),
)

KNOWLEDGE = Desk(
    "knowledge",
    N_("Knowledge"),
    verbs="engine.knowledge.verbs:VERBS",
    verb_names=("ask",),
)

DESKS: tuple[Desk, ...] = (
    IMPORTS,
    REVIEWS,
    WRITING,
    STOCK,
    PROMOTIONS,
    CUSTOMERS,
    PRIVACY,
    SERVICE,
    KNOWLEDGE,
)

READER = "engine.importing.table:read_table"
"""The one reader of files, for whoever stands below the importing room: see `engine.desks.files`."""


def desk(name: str) -> Desk:
    """The desk of that name.

    Raises:
        UsageError: there is none.
    """
    for one in DESKS:
        if one.name == name:
            return one
    raise UsageError(f"there is no desk {name}.", todo=f"Desks: {', '.join(one.name for one in analysts())}.")


def analysts() -> tuple[Desk, ...]:
    """The desks that `analyze` runs, in order."""
    return tuple(one for one in DESKS if one.run)


def unmet(one: Desk, store: Store) -> Need | None:
    """The first need of a desk that no row in the shop meets; None when it can run."""
    for need in one.needs:
        if not any(store.value(f"SELECT EXISTS (SELECT 1 FROM {table})") for table in need.tables):
            return need
    return None


def verb_names() -> list[str]:
    """The names of all verbs that desks bring."""
    return [name for one in DESKS for name in one.verb_names]


def verb(name: str) -> click.Command | None:
    """A desk's verb by its name; loads that desk's verbs and no others."""
    for one in DESKS:
        if name in one.verb_names and one.verbs:
            commands: tuple[click.Command, ...] = load(one.verbs)
            return next(command for command in commands if command.name == name)
    return None


def label_tasks() -> dict[str, str]:
    """What texts can be labelled with: task name to the function that does it, as `module:attribute`."""
    return dict(pair for one in DESKS for pair in one.labels)
