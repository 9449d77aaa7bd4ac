"""A reading as SQL over the views named for people, and in words; code writes both, from the same reading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.knowledge.lexicon import Measure
from engine.knowledge.reading import Reading
from engine.store.sql import literal

if TYPE_CHECKING:
    from engine.store.database import Store

ROWS = 200
"""Rows listed at most, where a question asks for rows."""
_LISTED = {
    "v_reviews": "id, product_name, day, stars, text",
    "v_messages": "id, day, author_role, text",
    "v_returns": "id, product_name, day, reason, comment",
    "v_stock": "sku, product_name, coalesce(available, on_hand) AS left_over",
}
_ON_ORDERS = {
    "orders": "count(DISTINCT order_id)",
    "revenue": "round(sum(total), 2)",
    "cancelled_orders": "count(DISTINCT order_id)",
    "average_order": "round(1.0 * sum(total) / count(DISTINCT order_id), 2)",
}
"""Measures of order lines that can be read from the orders themselves, where couriers and places stand."""


@dataclass(frozen=True)
class Compiled:
    """A query over a view, with the words that say what it asks, by language."""

    sql: str
    view: str
    words: dict[str, str]


class Inapplicable(Exception):
    """A filter or split that the measure's rows do not carry; `args[0]` names it."""


def compiled(reading: Reading, store: Store) -> Compiled:
    """The query of a reading.

    Raises:
        Inapplicable: the rows it counts do not say what it filters or splits by.
    """
    reading = _where_it_can_be_read(reading)
    where = [clause for clause, *_ in _conditions(reading)]
    words = {language: _words(reading, language) for language in ("en", "zh")}
    view, measure = reading.measure.view, reading.measure
    condition = f" WHERE {' AND '.join(where)}" if where else ""
    if reading.listed or measure.sql is None:
        order = {"v_stock": "3, 1"}.get(view, "day DESC, id DESC")
        listed = measure.listing or _LISTED[view]
        sql = f"SELECT {listed} FROM {view}{condition} ORDER BY {order} LIMIT {reading.limit or ROWS}"
        return Compiled(sql, view, words)
    value = measure.sql.replace("{returns_where}", _returns_where(reading))
    columns = [reading.split.column] if reading.split else []
    if measure.money and reading.currency is None and _several_currencies(store, view, condition):
        columns.append("currency")
    if not columns:
        return Compiled(f"SELECT {value} FROM {view}{condition}", view, words)
    if reading.split:
        condition += f"{' AND' if condition else ' WHERE'} {reading.split.column} IS NOT NULL"
    groups = ", ".join(str(i) for i in range(1, len(columns) + 1))
    limit = f" LIMIT {reading.limit}" if reading.limit else ""
    order = _order(reading, groups, len(columns) + 1)
    sql = f"SELECT {', '.join(columns)}, {value} FROM {view}{condition} GROUP BY {groups} ORDER BY {order}{limit}"
    return Compiled(sql, view, words)


def _order(reading: Reading, groups: str, figure: int) -> str:
    """By the figure where that is asked for or nothing else gives an order; times and stars in their own."""
    if reading.descending is not None:
        return f"{figure} {'DESC' if reading.descending else 'ASC'}, 1"
    own = reading.split is None or reading.split.name in ("month", "year", "day", "stars")
    return groups if own else f"{figure} DESC, 1"


def _where_it_can_be_read(reading: Reading) -> Reading:
    """The reading over a view that carries its split and filters: order lines give way to orders where these must tell."""
    measure = reading.measure
    needs_orders = bool(reading.couriers) or (reading.split is not None and measure.view not in reading.split.views)
    if needs_orders and measure.view == "v_order_lines":
        if measure.name not in _ON_ORDERS or reading.products:
            raise Inapplicable(reading.split.name if reading.split else "courier")
        measure = replace(measure, view="v_orders", sql=_ON_ORDERS[measure.name])
    if reading.split is not None and measure.view not in reading.split.views:
        raise Inapplicable(reading.split.name)
    if reading.couriers and measure.view not in ("v_reviews", "v_orders"):
        raise Inapplicable("courier")
    if reading.period is not None and measure.view == "v_stock":
        raise Inapplicable("period")
    if reading.products and measure.view in ("v_fees", "v_ads"):
        raise Inapplicable("product")
    return replace(reading, measure=measure)


Condition = tuple[str, str, str]


def _one_of(column: str, values: tuple[str, ...]) -> str:
    if len(values) == 1:
        return f"{column} = {literal(values[0])}"
    return f"{column} IN ({', '.join(map(literal, values))})"


def _conditions(reading: Reading) -> Iterator[Condition]:
    """The WHERE clauses of a reading, with their words in English and Chinese."""
    if reading.measure.where:
        yield reading.measure.where, "", ""
    yield from _names(reading)
    if reading.currency and reading.measure.money:
        yield f"currency = {literal(reading.currency)}", f"in {reading.currency}", f"币种 {reading.currency}"
    if reading.period:
        yield _period(reading)
    yield from _texts(reading)


def _names(reading: Reading) -> Iterator[Condition]:
    """What a reading names: products, platforms, couriers."""
    if reading.products:
        named = ", ".join(reading.products)
        own = _one_of("product", reading.products)
        if reading.measure.view == "v_orders":
            own = f"order_id IN (SELECT order_id FROM v_order_lines WHERE {own})"
        yield own, f"product {named}", f"商品 {named}"
    for column, values, word in (("platform", reading.platforms, "平台"), ("courier", reading.couriers, "快递")):
        if values:
            named = ", ".join(values)
            yield _one_of(column, values), f"{column} {named}", f"{word} {named}"


def _texts(reading: Reading) -> Iterator[Condition]:
    """Stars, language, words to look for, and how little is little."""
    measure = reading.measure
    if reading.stars:
        sign, number = reading.stars
        yield f"stars {sign} {number:g}", f"stars {sign} {number:g}", f"星级 {sign} {number:g}"
    if reading.language:
        yield f"language = {literal(reading.language)}", f"language {reading.language}", f"语言 {reading.language}"
    for word in reading.topic:
        column = "comment" if measure.view == "v_returns" else "text"
        yield f"{column} LIKE {literal(f'%{word}%')}", f"with “{word}”", f"含“{word}”"
    if reading.threshold and measure.value:
        sign, number = reading.threshold
        yield f"{measure.value} {sign} {number:g}", f"{sign} {number:g}", f"{sign} {number:g}"
    elif measure.name == "low_stock" and measure.value:
        yield f"{measure.value} <= 0", "nothing left", "已无货"


def _period(reading: Reading) -> Condition:
    assert reading.period is not None
    first, last = reading.period.first, reading.period.last
    month = first[:7]
    if first == f"{month}-01" and last[:7] == month and int(last[8:]) >= 28:
        return f"month = {literal(month)}", month, month
    return f"day BETWEEN {literal(first)} AND {literal(last)}", f"{first} to {last}", f"{first} 至 {last}"


def _returns_where(reading: Reading) -> str:
    same = [clause for clause, *_ in _conditions(replace(reading, measure=_bare(reading.measure)))]
    if reading.split is not None:
        same.append(f"v_returns.{reading.split.column} = v_order_lines.{reading.split.column}")
    return f"WHERE {' AND '.join(same)}" if same else ""


def _bare(measure: Measure) -> Measure:
    return replace(measure, where=None, value=None, name="returns")


def _several_currencies(store: Store, view: str, condition: str) -> bool:
    found = store.rows(f"SELECT DISTINCT currency FROM {view}{condition} LIMIT 3")
    return len({row["currency"] for row in found if row["currency"]}) > 1


_SPLIT_ZH = {
    "product": "商品", "month": "月份", "year": "年份", "day": "日期", "platform": "平台", "courier": "快递", "variant": "规格",
    "country": "国家", "city": "城市", "language": "语言", "sentiment": "情感", "stars": "星级",
    "reason": "原因", "location": "仓库",
}  # fmt: skip


def _words(reading: Reading, language: str) -> str:
    """What is asked, in words."""
    zh = language == "zh"
    parts = [reading.measure.label_zh if zh else reading.measure.label]
    parts += [said for said in ((c[2] if zh else c[1]) for c in _conditions(reading)) if said]
    if reading.split:
        parts.append(f"按{_SPLIT_ZH[reading.split.name]}" if zh else f"by {reading.split.name}")
    if reading.descending is not None:
        order = (
            ("从高到低" if reading.descending else "从低到高")
            if zh
            else ("highest first" if reading.descending else "lowest first")
        )
        parts.append(order)
    if reading.limit:
        parts.append(f"前 {reading.limit} 个" if zh else f"the first {reading.limit}")
    if reading.listed:
        parts.append("列出每一条" if zh else "row by row")
    return " · ".join(parts)
