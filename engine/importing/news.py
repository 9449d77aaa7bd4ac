"""What is new since the last file: what an import added and changed, against everything imported before it, as Findings.

All counts are SQL over what the importer remembers (`import_id`, `row_seen`, `row_changes`), so that the same shop always
tells the same news: the next file of the same report replaces it, and taking an import back brings the news before it back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from engine.desks import ranking
from engine.findings import NEWS, Evidence, Finding, Impact
from engine.say import N_
from engine.store.findings import replace_findings
from engine.store.sql import literal
from engine.store.stale import mark_stale, mark_unasked_stale

if TYPE_CHECKING:
    from sqlite_utils import Database

DESK = "imports"
MOST_EVIDENCE = 100
MOST_NAMES = 3
_METHOD = (
    "Counted by SQL, not estimated: rows this file added and changes it made to rows that were known before. "
    f"The first {MOST_EVIDENCE} rows are listed as evidence; the query counts all."
)
# Rows that are events or things of their own. Lines are told of only where there are no orders.
_COUNTED = {
    "orders": N_("orders"),
    "reviews": N_("reviews"),
    "products": N_("products"),
    "returns": N_("returns"),
    "order_lines": N_("order lines"),
    "customers": N_("customers"),
}
# Rows that were there before, of which this file says something new.
_KNOWN = {
    "orders": N_("known orders"),
    "order_lines": N_("known order lines"),
    "returns": N_("known returns"),
    "products": N_("known products"),
    "variants": N_("known variants"),
    "reviews": N_("known reviews"),
}
_WITH_STATUS = ("orders", "order_lines", "returns", "products")
# Statuses that cost money. That orders were paid or shipped is the course of things: it is listed, not shown first.
_COSTLY = {"refunded", "partially_refunded", "returned", "cancelled"}
# Among the news what is to be acted on comes first.
_PLACES = {"out_of_stock": 0.9, "status": 0.7, "price": 0.6, "edited": 0.5, "first_sold": 0.4, "new_rows": 0.3}
_IN_STOCK = (
    "SELECT row_id FROM row_changes WHERE import_id = {i} AND table_name = '{table}' "
    "AND json_extract(before, '$.{column}') > 0 AND json_extract(after, '$.{column}') <= 0"
)
# Stock files that state a day are a new row for each day: the day before of the same place tells what was there.
_BY_DAY = """SELECT id FROM (
    SELECT id, import_id, coalesce(available, on_hand) AS now,
           lag(coalesce(available, on_hand)) OVER earlier AS before, lead(id) OVER earlier AS later
    FROM stock WHERE day IS NOT NULL
    WINDOW earlier AS (PARTITION BY platform, coalesce(sku, product_id, product_name), location, condition ORDER BY day))
WHERE import_id = {i} AND now <= 0 AND before > 0 AND later IS NULL"""


@dataclass(frozen=True)
class _Import:
    """The import that is told of."""

    id: int
    file: str
    platform: str
    report: str


def tell(db: Database, import_id: int) -> int:
    """Replace the news about the report that an import is of, after it was loaded or taken back; the count of findings.

    What other desks found before is marked as out of date.

    News is what the last loaded file of that report brought, and there is none while it is the only one.

    Args:
        db: the transaction that loaded it or took it back, after products were linked.
        import_id: the import.
    """
    platform, report = db.execute("SELECT platform, report FROM imports WHERE id = ?", [import_id]).fetchone()
    loaded = db.execute(
        "SELECT id, file FROM imports WHERE state = 'loaded' AND platform IS ? AND report IS ? ORDER BY id DESC LIMIT 2",
        [platform, report],
    ).fetchall()
    found: list[Finding] = []
    if len(loaded) == 2:
        found = list(_News(db, _Import(loaded[0][0], loaded[0][1], platform or "", report or "")).findings())
    _replace(db, platform or "", report or "", found)
    mark_stale(db)
    mark_unasked_stale(db, but=DESK)
    return len(found)


def _replace(db: Database, platform: str, report: str, found: list[Finding]) -> None:
    """Store news of one report; news of others stays current, and what a seller said of older news is forgotten."""
    scope = f"{platform}/{report}"
    told = dict(
        db.execute(
            "SELECT key, json_extract(numbers, '$.import_id') FROM findings WHERE desk = ? AND scope = ?", [DESK, scope]
        ).fetchall()
    )
    replace_findings(db, DESK, found, datetime.now(UTC).isoformat(timespec="seconds"), scope=scope)
    ranking.settle(db)
    fresh = [(f.key,) for f in found if told.get(f.key, f.numbers["import_id"]) != f.numbers["import_id"]]
    db.conn.executemany("UPDATE findings SET state = 'new', state_reason = NULL WHERE key = ?", fresh)


class _News:
    """Everything that one import brought."""

    def __init__(self, db: Database, told: _Import) -> None:
        self._db, self._told = db, told

    def findings(self) -> Iterator[Finding]:
        """The findings, in no order."""
        yield from self._new_rows()
        yield from self._first_sold()
        yield from self._statuses()
        yield from self._prices()
        yield from self._out_of_stock()
        yield from self._edited_reviews()

    def _all(self, sql: str) -> list[tuple[Any, ...]]:
        return list(self._db.execute(sql).fetchall())

    def _known(self, table: str) -> str:
        return f"SELECT count(*) FROM row_seen WHERE import_id = {self._told.id} AND table_name = '{table}'"

    def _finding(
        self,
        kind: str,
        table: str,
        rows: str,
        of: str,
        unit: str,
        *,
        about: str = "",
        shown: bool = True,
        numbers: dict[str, Any] | None = None,
    ) -> Finding:
        """A finding whose k is the number of `rows` (SQL that selects row ids) and whose n is `of` (SQL for a number)."""
        told = self._told
        query = f"SELECT (SELECT count(*) FROM ({rows})) AS k,\n       ({of}) AS n"
        k, n = self._all(query)[0]
        parts = [part for part in (told.platform, told.report, kind, table, about) if part]
        return Finding(
            key=f"{DESK}:" + ":".join(parts),
            desk=DESK,
            kind=kind,
            subject={"platform": told.platform, "report": told.report, "file": told.file},
            numbers={"unit": unit, "table": table, "import_id": told.id, **(numbers or {})},
            method=_METHOD,
            k=k,
            n=n,
            impact=Impact(_PLACES[kind], NEWS) if shown else None,
            query=query,
            evidence=tuple(
                Evidence(table, row[0])
                for row in self._all(
                    f"SELECT id FROM {table} WHERE id IN ({rows}) ORDER BY {_newest(table)} LIMIT {MOST_EVIDENCE}"
                )
            ),
        )

    def _new_rows(self) -> Iterator[Finding]:
        told, has_orders = self._told, False
        for table, counted in _COUNTED.items():
            if table == "order_lines" and has_orders:
                continue
            rows = f"SELECT id FROM {table} WHERE import_id = {told.id}"
            days = "min(day), max(day)" if table in ("orders", "order_lines", "reviews", "returns") else "NULL, NULL"
            new, first, last = self._all(f"SELECT count(*), {days} FROM {table} WHERE import_id = {told.id}")[0]
            known = self._all(self._known(table))[0][0]
            has_orders = has_orders or (table == "orders" and bool(new or known))
            if not new:
                continue
            numbers: dict[str, Any] = {"known": known, "first_day": first, "last_day": last}
            if table == "reviews":
                numbers["low_stars"] = self._all(
                    f"SELECT count(*) FROM reviews WHERE import_id = {told.id} AND stars <= 2"
                )[0][0]
            elif table == "products":
                names = self._all(
                    f"SELECT title FROM products WHERE import_id = {told.id} ORDER BY title LIMIT {MOST_NAMES}"
                )
                numbers["names"] = [str(name[0]) for name in names]
            of = f"SELECT ({self._known(table)}) + (SELECT count(*) FROM ({rows}))"
            yield self._finding("new_rows", table, rows, of, counted, numbers=numbers)

    def _first_sold(self) -> Iterator[Finding]:
        i = self._told.id
        first = (
            f"SELECT product FROM order_lines WHERE import_id = {i} AND product IS NOT NULL "
            f"AND product NOT IN (SELECT product FROM order_lines WHERE import_id != {i} AND product IS NOT NULL)"
        )
        names = self._all(f"SELECT name FROM product_keys WHERE product IN ({first}) ORDER BY name")
        if not names:
            return
        yield self._finding(
            "first_sold",
            "order_lines",
            f"SELECT min(id) FROM order_lines WHERE import_id = {i} AND product IN ({first}) GROUP BY product",
            f"SELECT count(DISTINCT product) FROM order_lines WHERE import_id = {i}",
            N_("products"),
            numbers={"names": _first(names)},
        )

    def _statuses(self) -> Iterator[Finding]:
        i, told_orders = self._told.id, False
        for table in _WITH_STATUS:
            if table == "order_lines" and told_orders:
                continue
            changed = (
                f"FROM row_changes WHERE import_id = {i} AND table_name = '{table}' "
                "AND json_extract(after, '$.status') IS NOT NULL "
                "AND json_extract(before, '$.status') IS NOT json_extract(after, '$.status')"
            )
            for (status,) in self._all(
                f"SELECT json_extract(after, '$.status') {changed} GROUP BY 1 ORDER BY count(DISTINCT row_id) DESC, 1"
            ):
                told_orders = told_orders or table == "orders"
                yield self._finding(
                    "status",
                    table,
                    f"SELECT DISTINCT row_id {changed} AND json_extract(after, '$.status') = {literal(status)}",
                    self._known(table),
                    _KNOWN[table],
                    about=status,
                    shown=status in _COSTLY,
                    numbers={"status": status},
                )

    def _prices(self) -> Iterator[Finding]:
        i = self._told.id
        for table in ("variants", "products"):
            changed = (
                f"FROM row_changes WHERE import_id = {i} AND table_name = '{table}' "
                "AND json_extract(before, '$.price') IS NOT NULL AND json_extract(after, '$.price') IS NOT NULL"
            )
            was, now = "json_extract(before, '$.price')", "json_extract(after, '$.price')"
            up, down = self._all(f"SELECT coalesce(sum({now} > {was}), 0), coalesce(sum({now} < {was}), 0) {changed}")[
                0
            ]
            if not up + down:
                continue
            name = "coalesce((SELECT name FROM product_keys k WHERE k.product = t.product), t.title, '')"
            sku = "coalesce(' (' || t.sku || ')', '')" if table == "variants" else "''"
            largest = self._all(
                f"SELECT {name} || {sku}, {was}, {now}, coalesce(t.currency, '') FROM row_changes "
                f"JOIN {table} t ON t.id = row_id WHERE row_changes.id IN (SELECT id {changed}) "
                f"ORDER BY abs({now} - {was}) / max({was}, 0.01) DESC, t.id LIMIT 1"
            )[0]
            name, was_price, now_price, currency = largest
            yield self._finding(
                "price",
                table,
                f"SELECT DISTINCT row_id {changed}",
                self._known(table),
                _KNOWN[table],
                numbers={
                    "up": up, "down": down, "largest": name, "price_before": was_price, "price_after": now_price,
                    "currency": currency,
                },
            )  # fmt: skip
            return

    def _out_of_stock(self) -> Iterator[Finding]:
        i = self._told.id
        stock = " UNION ".join(
            [_IN_STOCK.format(i=i, table="stock", column=column) for column in ("available", "on_hand")]
            + [_BY_DAY.format(i=i)]
        )
        for table, rows in (("stock", stock), ("variants", _IN_STOCK.format(i=i, table="variants", column="stock"))):
            product = "coalesce(k.name, t.product_name, t.sku)" if table == "stock" else "coalesce(k.name, t.sku)"
            names = self._all(
                f"SELECT DISTINCT {product} || coalesce(' (' || t.sku || ')', '') FROM {table} t "
                f"LEFT JOIN product_keys k ON k.product = t.product WHERE t.id IN ({rows}) ORDER BY 1"
            )
            if not names:
                continue
            of = f"SELECT ({self._known(table)}) + (SELECT count(*) FROM {table} WHERE import_id = {i})"
            yield self._finding(
                "out_of_stock", table, rows, of, N_("items"), numbers={"names": _first(names), "named": len(names)}
            )
            return

    def _edited_reviews(self) -> Iterator[Finding]:
        changed = (
            f"FROM row_changes WHERE import_id = {self._told.id} AND table_name = 'reviews' AND "
            "(json_extract(after, '$.text') IS NOT NULL OR json_extract(after, '$.stars') IS NOT NULL)"
        )
        count, fewer = self._all(
            "SELECT count(*), "
            f"coalesce(sum(json_extract(after, '$.stars') < json_extract(before, '$.stars')), 0) {changed}"
        )[0]
        if not count:
            return
        yield self._finding(
            "edited",
            "reviews",
            f"SELECT DISTINCT row_id {changed}",
            self._known("reviews"),
            _KNOWN["reviews"],
            numbers={"fewer_stars": fewer},
        )


def _first(names: list[tuple[Any, ...]]) -> list[str]:
    """The names that a sentence has room for."""
    return [str(name[0]) for name in names[:MOST_NAMES]]


def _newest(table: str) -> str:
    return "day DESC, id" if table in ("orders", "order_lines", "reviews", "returns", "stock") else "id"
