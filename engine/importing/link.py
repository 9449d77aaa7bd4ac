"""Which rows speak of the same product, across files and platforms.

Rows are linked through what they carry: a platform's product id or handle, a SKU, or exactly the same name (union-find over
the distinct combinations). An identifier that would tie two different catalogue products together is not used.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.importing.headers import normal

if TYPE_CHECKING:
    from sqlite_utils import Database

# Table to its columns for product id, SKU and name; NULL where it has none.
SOURCES: dict[str, tuple[str, str, str]] = {
    "products": ("product_id", "NULL", "title"),
    "variants": ("product_id", "sku", "NULL"),
    "order_lines": ("product_id", "sku", "product_name"),
    "reviews": ("product_id", "sku", "product_name"),
    "returns": ("product_id", "sku", "product_name"),
    "stock": ("product_id", "sku", "product_name"),
    "sessions": ("product_id", "sku", "product_name"),
    "fees": ("NULL", "sku", "product_name"),
}
_SLUG_LENGTH = 60
_ASIN = re.compile(r"B0[0-9A-Z]{8}")
_HANDLE = re.compile(r"[a-z0-9\u00c0-\uffff]+(?:-[a-z0-9\u00c0-\uffff]+)*")

Node = tuple[str, str]


@dataclass(frozen=True)
class Combination:
    """What some rows carry about their product, and the key they have now."""

    table: str
    platform: str
    product_id: str
    sku: str
    name: str
    product: str | None
    rows: int


def link(db: Database) -> None:
    """Recompute the products of the whole shop and write those that changed, inside the caller's transaction."""
    found = _combinations(db)
    catalogue = {normal(c.name) for c in found if c.table == "products" and c.name}
    shared = _ambiguous(found)
    union = _Union()
    nodes_of: list[list[Node]] = []
    for item in found:
        nodes = [node for node in _nodes(item, catalogue) if node not in shared or len(_nodes(item, catalogue)) == 1]
        nodes_of.append(nodes)
        for node in nodes:
            union.add(node)
            union.join(nodes[0], node)
    groups: dict[Node, list[int]] = defaultdict(list)
    for number, nodes in enumerate(nodes_of):
        if nodes:
            groups[union.root(nodes[0])].append(number)
    keys = _named(db, groups, found, nodes_of, catalogue)
    _write(db, keys, groups, found, nodes_of)


def _combinations(db: Database) -> list[Combination]:
    found = []
    for table, (product_id, sku, name) in SOURCES.items():
        rows = db.execute(
            f"SELECT coalesce(platform, ''), coalesce({product_id}, ''), coalesce({sku}, ''), coalesce({name}, ''), product, "
            f"count(*) FROM {table} GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"
        )
        found += [Combination(table, *row) for row in rows]
    return found


def _id_node(item: Combination) -> Node | None:
    if not item.product_id:
        return None
    # Short running numbers mean something only on their own platform.
    small = item.product_id.isdigit() and len(item.product_id) < 7
    return "id", f"{item.platform}:{item.product_id}" if small else item.product_id.casefold()


def _name_node(name: str, catalogue: set[str]) -> Node | None:
    said = normal(name)
    if len(said) < 2:
        return None
    if said not in catalogue:
        # Order lines append the variant to the title: `Ocean Shirt - L / Blue`.
        parts = re.split(r"\s+[-–—/|]\s+", name)
        for end in range(len(parts) - 1, 0, -1):
            base = normal(" - ".join(parts[:end]))
            if base in catalogue:
                return "name", base
    return "name", said


def _nodes(item: Combination, catalogue: set[str]) -> list[Node]:
    nodes = [_id_node(item)]
    nodes.append(("sku", item.sku.casefold()) if len(item.sku) > 1 else None)
    nodes.append(_name_node(item.name, catalogue) if item.name else None)
    return [node for node in nodes if node is not None]


def _ambiguous(found: list[Combination]) -> set[Node]:
    """SKUs that stand for several product ids of one platform."""
    ids: dict[tuple[str, Node], set[str]] = defaultdict(set)
    for item in found:
        if item.product_id and len(item.sku) > 1:
            ids[(item.platform, ("sku", item.sku.casefold()))].add(item.product_id.casefold())
    return {node for (_, node), values in ids.items() if len(values) > 1}


class _Union:
    """Disjoint sets whose representative is the smallest member, so that the order of joining does not matter."""

    def __init__(self) -> None:
        self._parent: dict[Node, Node] = {}

    def add(self, node: Node) -> None:
        self._parent.setdefault(node, node)

    def root(self, node: Node) -> Node:
        top = node
        while self._parent[top] != top:
            top = self._parent[top]
        while self._parent[node] != top:
            self._parent[node], node = top, self._parent[node]
        return top

    def join(self, a: Node, b: Node) -> None:
        first, second = sorted((self.root(a), self.root(b)))
        self._parent[second] = first


def slug(name: str) -> str:
    """A readable key: lower case, words joined by hyphens, letters of every script kept, at most 60 characters."""
    folded = unicodedata.normalize("NFKD", name)
    plain = "".join(c for c in folded if not (unicodedata.combining(c) and c < "\u0370"))
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", plain).casefold())
    key = "-".join(words)
    if len(key) > _SLUG_LENGTH:
        key = key[:_SLUG_LENGTH].rsplit("-", 1)[0] if "-" in key[:_SLUG_LENGTH] else key[:_SLUG_LENGTH]
    return key or "product"


def _named(
    db: Database,
    groups: dict[Node, list[int]],
    found: list[Combination],
    nodes_of: list[list[Node]],
    catalogue: set[str],
) -> dict[Node, tuple[str, str]]:
    """A key and a name for every group: the key it had before if any of its identifiers had one, else a new slug."""
    before: dict[Node, str] = {
        (kind, value): product
        for kind, value, product in db.execute("SELECT kind, value, product FROM product_identifiers")
    }
    claims: dict[str, list[tuple[int, Node]]] = defaultdict(list)
    names: dict[Node, str] = {}
    for root, numbers in groups.items():
        names[root] = _name([found[i] for i in numbers])
        identifiers = {node for i in numbers for node in nodes_of[i]}
        had = Counter(before[node] for node in identifiers if node in before)
        for product, times in had.items():
            claims[product].append((times, root))
    keys: dict[Node, str] = {}
    # Each old key goes to the group that kept most of it; a group keeps the old key that most of it had.
    for product, claimants in sorted(claims.items(), key=lambda item: (-max(t for t, _ in item[1]), item[0])):
        for _, root in sorted(claimants, key=lambda claim: (-claim[0], claim[1])):
            if root not in keys:
                keys[root] = product
                break
    taken = set(keys.values())
    for root in sorted(groups, key=lambda r: (names[r], r)):
        if root not in keys:
            base = key = slug(_key_source([found[i] for i in groups[root]], names[root]))
            number = 2
            while key in taken:
                key, number = f"{base}-{number}", number + 1
            keys[root] = key
            taken.add(key)
    return {root: (key, names[root]) for root, key in keys.items()}


def _key_source(items: list[Combination], name: str) -> str:
    """The handle of a catalogue product where it reads as one, else the name."""
    handles = sorted(
        item.product_id
        for item in items
        if item.table in ("products", "variants")
        and _HANDLE.fullmatch(item.product_id)
        and not item.product_id.isdigit()
    )
    return handles[0] if handles else name


def _name(items: list[Combination]) -> str:
    """The catalogue's title, else the name most rows carry, else an identifier."""
    titles = sorted(item.name for item in items if item.table == "products" and item.name)
    if titles:
        return titles[0]
    said: Counter[str] = Counter()
    for item in items:
        if item.name:
            said[item.name] += item.rows
    if said:
        return min(said, key=lambda name: (-said[name], len(name), name))
    skus = sorted({item.sku for item in items if item.sku})
    ids = sorted({item.product_id for item in items if item.product_id}, key=lambda v: (bool(_ASIN.fullmatch(v)), v))
    return (ids or skus)[0]


def _write(
    db: Database,
    keys: dict[Node, tuple[str, str]],
    groups: dict[Node, list[int]],
    found: list[Combination],
    nodes_of: list[list[Node]],
) -> None:
    product_of: dict[int, str] = {}
    identifiers: dict[Node, str] = {}
    for root, numbers in groups.items():
        product = keys[root][0]
        for i in numbers:
            product_of[i] = product
            for node in nodes_of[i]:
                identifiers[node] = product
    db.execute("DELETE FROM product_identifiers")
    db.execute("DELETE FROM product_keys")
    db.conn.executemany("INSERT INTO product_keys (product, name) VALUES (?, ?)", sorted(keys.values()))
    db.conn.executemany(
        "INSERT INTO product_identifiers (kind, value, product) VALUES (?, ?, ?)",
        sorted((kind, value, product) for (kind, value), product in identifiers.items()),
    )
    for table, (product_id, sku, name) in SOURCES.items():
        _assign(db, table, product_id, sku, name, ((i, c) for i, c in enumerate(found) if c.table == table), product_of)


def _assign(
    db: Database,
    table: str,
    product_id: str,
    sku: str,
    name: str,
    items: Iterable[tuple[int, Combination]],
    product_of: dict[int, str],
) -> None:
    changed = [
        (c.platform, c.product_id, c.sku, c.name, product_of.get(i)) for i, c in items if product_of.get(i) != c.product
    ]
    if not changed:
        return
    db.execute(
        "CREATE TEMP TABLE IF NOT EXISTS linked (platform TEXT, product_id TEXT, sku TEXT, name TEXT, product TEXT, "
        "PRIMARY KEY (platform, product_id, sku, name)) WITHOUT ROWID"
    )
    db.execute("DELETE FROM temp.linked")
    db.conn.executemany("INSERT OR REPLACE INTO temp.linked VALUES (?, ?, ?, ?, ?)", changed)
    db.execute(
        f"UPDATE {table} SET product = l.product FROM temp.linked l WHERE l.platform = coalesce({table}.platform, '') "
        f"AND l.product_id = coalesce({_of(table, product_id)}, '') AND l.sku = coalesce({_of(table, sku)}, '') "
        f"AND l.name = coalesce({_of(table, name)}, '') AND {table}.product IS NOT l.product"
    )


def _of(table: str, column: str) -> str:
    return column if column == "NULL" else f"{table}.{column}"


def link_reviews(db: Database) -> None:
    """Give reviews the courier of their order, and the order itself where a customer bought that product exactly once."""
    db.execute(
        """
        UPDATE reviews SET order_id = m.order_id FROM (
            SELECT r.id AS review, min(o.order_id) AS order_id
            FROM reviews r
            JOIN orders o ON lower(o.email) = lower(r.email)
            JOIN order_lines l ON l.order_id = o.order_id AND l.platform IS o.platform AND l.product = r.product
            WHERE r.order_id IS NULL AND r.email IS NOT NULL AND r.product IS NOT NULL
              AND (r.day IS NULL OR o.day IS NULL OR o.day <= r.day)
            GROUP BY r.id HAVING count(DISTINCT o.order_id) = 1
        ) m WHERE m.review = reviews.id
        """
    )
    db.execute(
        """
        UPDATE reviews SET courier = o.courier FROM orders o
        WHERE reviews.courier IS NULL AND reviews.order_id IS NOT NULL AND o.order_id = reviews.order_id
          AND o.courier IS NOT NULL
        """
    )
    db.execute(
        """
        UPDATE reviews SET product = m.product FROM (
            SELECT order_id, min(product) AS product FROM order_lines
            WHERE product IS NOT NULL AND order_id IN (SELECT order_id FROM reviews WHERE product IS NULL)
            GROUP BY order_id HAVING count(DISTINCT product) = 1
        ) m WHERE reviews.product IS NULL AND reviews.order_id = m.order_id
        """
    )
