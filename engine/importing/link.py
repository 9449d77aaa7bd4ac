"""Which rows speak of the same product, across files and platforms.

Rows are linked through what they carry: a platform's product id or handle, a SKU, or exactly the same name (union-find over
the distinct combinations). An identifier that would tie two different catalogue products together is not used.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.importing.headers import normal

if TYPE_CHECKING:
    import polars as pl
    from sqlite_utils import Database

# Table to its columns for product id, SKU and name; NULL where it has none.
SOURCES: dict[str, tuple[str | None, str | None, str | None]] = {
    "products": ("product_id", None, "title"),
    "variants": ("product_id", "sku", None),
    "order_lines": ("product_id", "sku", "product_name"),
    "reviews": ("product_id", "sku", "product_name"),
    "returns": ("product_id", "sku", "product_name"),
    "stock_movements": ("product_id", "sku", "product_name"),
    "stock": ("product_id", "sku", "product_name"),
    "sessions": ("product_id", "sku", "product_name"),
    "fees": (None, "sku", "product_name"),
    "messages": ("product_id", "sku", "product_name"),
    "purchase_orders": ("product_id", "sku", "product_name"),
    "suppliers": ("product_id", "sku", "product_name"),
}
_SLUG_LENGTH = 60
_ASIN = re.compile(r"B0[0-9A-Z]{8}")
_HANDLE = re.compile(r"[a-z0-9\u00c0-\uffff]+(?:-[a-z0-9\u00c0-\uffff]+)*")

Node = tuple[str, str]


@dataclass(frozen=True)
class Combination:
    """What some rows carry about their product, and the key they have now (None where they differ or have none)."""

    table: str
    platform: str
    product_id: str
    sku: str
    name: str
    product: str | None
    rows: int

    @property
    def carries(self) -> tuple[str, str, str, str, str]:
        """What tells it from other combinations."""
        return self.table, self.platform, self.product_id, self.sku, self.name


def link(db: Database) -> None:
    """Recompute the products of the whole shop and write those that changed, inside the caller's transaction."""
    forget_mentions(db)
    Linker(db).finish()


def forget_mentions(db: Database) -> None:
    """Let the next `Linker` read all rows: some went, or carry other identifiers now."""
    db.execute("DELETE FROM product_mentions")


class Linker:
    """Links rows while they are loaded, so that each is written once with its product.

    Args:
        db: the transaction's connection; what is stored so far is read from it: what the last `finish` counted, else all
            rows (see `forget_mentions`).
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._found = _mentions(db) or _combinations(db)
        self._before: dict[Node, str] = {
            (kind, value): product
            for kind, value, product in db.execute("SELECT kind, value, product FROM product_identifiers")
        }
        self._known = {item.carries: number for number, item in enumerate(self._found)}

    def assign(self, table: str, platform: str, rows: pl.DataFrame) -> pl.DataFrame:
        """`rows` of one table with a `product` column; later rows may still change it, which `finish` then writes."""
        import polars as pl

        if table not in SOURCES or rows.is_empty():
            return rows
        names = [name if name in rows.columns else None for name in SOURCES[table]]
        cells = [(pl.col(n).fill_null("") if n else pl.lit("")).alias(f"_{i}") for i, n in enumerate(names)]
        carried = rows.select("line", *cells)
        distinct = carried.group_by("_0", "_1", "_2", maintain_order=True).len()
        fresh, new = [], []
        for product_id, sku, name, count in distinct.iter_rows():
            item = Combination(table, platform, product_id, sku, name, None, count)
            known = self._known.get(item.carries)
            if known is None:
                self._known[item.carries] = len(self._found)
                new.append(len(self._found))
                self._found.append(item)
            else:
                self._found[known] = replace(self._found[known], rows=self._found[known].rows + count)
            fresh.append(self._known[item.carries])
        if new:
            # Known ones keep what their stored rows have, until `finish` changes all of them.
            product_of = self._solve()[0]
            for number in new:
                self._found[number] = replace(self._found[number], product=product_of.get(number))
        products = [self._found[number].product for number in fresh]
        found = distinct.with_columns(pl.Series("product", products, dtype=pl.String)).drop("len")
        joined = carried.join(found, on=["_0", "_1", "_2"], how="left", maintain_order="left")
        return rows.with_columns(joined["product"])

    def finish(self) -> bool:
        """Write product keys and identifiers, and the product of stored rows where it changed; whether it did anywhere."""
        product_of, identifiers, keys = self._solve()
        db = self._db
        db.execute("DELETE FROM product_identifiers")
        db.execute("DELETE FROM product_keys")
        db.conn.executemany("INSERT INTO product_keys (product, name) VALUES (?, ?)", sorted(keys))
        db.conn.executemany(
            "INSERT INTO product_identifiers (kind, value, product) VALUES (?, ?, ?)",
            sorted((kind, value, product) for (kind, value), product in identifiers.items()),
        )
        any_changed = False
        for table in SOURCES:
            changed = [
                (c.platform, c.product_id, c.sku, c.name, product_of.get(i))
                for i, c in enumerate(self._found)
                if c.table == table and product_of.get(i) != c.product
            ]
            if changed:
                _update(db, table, changed)
                any_changed = True
        self._found = [replace(c, product=product_of.get(i)) for i, c in enumerate(self._found)]
        forget_mentions(db)
        db.conn.executemany(
            "INSERT INTO product_mentions (table_name, platform, product_id, sku, name, product, rows) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((*c.carries, c.product, c.rows) for c in self._found),
        )
        return any_changed

    def _solve(self) -> tuple[dict[int, str], dict[Node, str], list[tuple[str, str]]]:
        """Product of every combination, of every identifier, and all products with their names."""
        catalogue = {normal(c.name) for c in self._found if c.table == "products" and c.name}
        names = {normal(c.name) for c in self._found if c.name}
        shared = _ambiguous(self._found)
        union = _Union()
        nodes_of: list[list[Node]] = []
        for item in self._found:
            nodes = _nodes(item, catalogue, names)
            if len(nodes) > 1:
                nodes = [node for node in nodes if node not in shared] or nodes[:1]
            nodes_of.append(nodes)
            for node in nodes:
                union.add(node)
                union.join(nodes[0], node)
        groups: dict[Node, list[int]] = defaultdict(list)
        for number, nodes in enumerate(nodes_of):
            if nodes:
                groups[union.root(nodes[0])].append(number)
        named = _named(self._before, groups, self._found, nodes_of)
        product_of: dict[int, str] = {}
        identifiers: dict[Node, str] = {}
        for root, numbers in groups.items():
            product = named[root][0]
            for number in numbers:
                product_of[number] = product
                identifiers.update(dict.fromkeys(nodes_of[number], product))
        return product_of, identifiers, list(named.values())


def _mentions(db: Database) -> list[Combination]:
    """What the last `finish` counted, in the order in which `_combinations` finds them."""
    places = {table: place for place, table in enumerate(SOURCES)}
    rows = db.execute("SELECT table_name, platform, product_id, sku, name, product, rows FROM product_mentions")
    return sorted((Combination(*row) for row in rows), key=lambda c: (places[c.table], c.carries))


def _combinations(db: Database) -> list[Combination]:
    found = []
    for table, columns in SOURCES.items():
        product_id, sku, name = (column or "NULL" for column in columns)
        rows = db.execute(
            f"SELECT coalesce(platform, ''), coalesce({product_id}, ''), coalesce({sku}, ''), coalesce({name}, ''), "
            f"CASE WHEN count(DISTINCT coalesce(product, '')) = 1 THEN min(product) END, count(*) "
            f"FROM {table} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
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


def _nodes(item: Combination, catalogue: set[str], names: set[str]) -> list[Node]:
    nodes = [_id_node(item)]
    nodes.append(("sku", item.sku.casefold()) if len(item.sku) > 1 else None)
    if item.name:
        nodes.append(_name_node(item.name, catalogue))
    elif _HANDLE.fullmatch(item.product_id) and "-" in item.product_id and normal(item.product_id) in names:
        # A handle is made from the title: where it says exactly a known name, it means that product.
        nodes.append(("name", normal(item.product_id)))
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
    before: dict[Node, str], groups: dict[Node, list[int]], found: list[Combination], nodes_of: list[list[Node]]
) -> dict[Node, tuple[str, str]]:
    """A key and a name for every group: the key it had before if any of its identifiers had one, else a new slug."""
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


def _update(db: Database, table: str, changed: list[tuple[str, str, str, str, str | None]]) -> None:
    product_id, sku, name = (column or "NULL" for column in SOURCES[table])
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
