"""Questions in plain words over the sample shop: the query that counts, or a refusal that says why."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from engine.desks.opening import open_store
from engine.importing.desk import import_file
from engine.importing.report import ImportSettings
from engine.jobs import JobContext
from engine.knowledge.ask import Answered, ask
from engine.store.database import Store
from tests.conftest import ROOT, Run

TODAY = date(2026, 11, 28)
FILES = ("shopify_products.csv", "shopify_orders.csv", "taobao_ExportOrderList.csv", "amazon_all_orders.txt",
         "amazon_fba_returns.txt", "judgeme_reviews.csv", "taobao_pingjia.csv")  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    made = open_store(tmp_path_factory.mktemp("ask") / "a.shop", create=True)
    for name in FILES:
        import_file(made, ROOT / "sample_data" / "files" / name, ImportSettings(accept=True), JobContext())
    with made.write() as db:
        # The reader's labels, by the stars, so that no model is needed here.
        db.execute(
            "INSERT INTO labels (table_name, row_id, task, source, label, confidence, method, made_at) "
            "SELECT 'reviews', id, 'sentiment', 'model', CASE WHEN stars <= 2 THEN 'negative' WHEN stars = 3 THEN 'neutral' "
            "ELSE 'positive' END, 1.0, 'stars', '2026-01-01' FROM reviews WHERE stars IS NOT NULL"
        )
    return made


def asked(store: Store, question: str, language: str = "en") -> Answered:
    return ask(store, question, today=TODAY, language=language)


DAYPACK, MUG = "vindlow-quillback-daypack-22l", "屿棠316不锈钢保温杯500ml"
SAME: list[tuple[str, str]] = [
    ("How many reviews does the daypack have?", f"SELECT count(*) FROM reviews WHERE product = '{DAYPACK}'"),
    (
        "units of the daypack sold in September",
        f"SELECT sum(quantity) FROM v_order_lines WHERE product = '{DAYPACK}' AND month = '2026-09' AND status IS NOT 'cancelled'",
    ),
    (
        "What did Taobao bring in last month?",
        "SELECT round(sum(amount), 2) FROM v_order_lines WHERE platform = 'taobao' AND month = '2026-10' "
        "AND status IS NOT 'cancelled'",
    ),
    (
        "how many orders were cancelled on amazon this year",
        "SELECT count(DISTINCT order_id) FROM v_order_lines WHERE platform = 'amazon' AND status = 'cancelled' "
        "AND day BETWEEN '2026-01-01' AND '2026-12-31'",
    ),
    (
        "which product was returned most",
        "SELECT product_name, sum(quantity) FROM v_returns GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1",
    ),
    (
        "what percentage of reviews are negative per month",
        "SELECT month, round(1.0 * sum(sentiment = 'negative') / count(*), 4) FROM v_reviews "
        "WHERE sentiment IS NOT NULL AND month IS NOT NULL GROUP BY 1 ORDER BY 1",
    ),
    ("保温杯的平均评分", f"SELECT round(avg(stars), 2) FROM v_reviews WHERE product = '{MUG}' AND stars IS NOT NULL"),
    (
        "八月到十月淘宝每个月的销量",
        "SELECT month, sum(quantity) FROM v_order_lines WHERE platform = 'taobao' AND day BETWEEN '2026-08-01' AND '2026-10-31' "
        "AND status IS NOT 'cancelled' GROUP BY 1 ORDER BY 1",
    ),
    (
        "差评最多的三个商品",
        "SELECT product_name, count(*) FROM v_reviews WHERE sentiment = 'negative' AND product_name IS NOT NULL "
        "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3",
    ),
]


@pytest.mark.parametrize(("question", "query"), SAME, ids=[question for question, _ in SAME])
def test_a_question_is_counted_as_its_query_would(store: Store, question: str, query: str) -> None:
    found = asked(store, question)
    assert not found.refused
    assert list(found.rows) == [tuple(row) for row in store.query(query)[1]]
    assert list(found.rows) == [tuple(row) for row in store.query(found.sql or "")[1]]
    assert found.interpretation
    assert 0 < found.confidence < 1


def test_rows_are_listed_where_they_are_asked_for(store: Store) -> None:
    found = asked(store, "show me one star reviews of the daypack in October, newest first")
    wanted = store.rows(
        "SELECT id FROM v_reviews WHERE product = ? AND stars = 1 AND month = '2026-10' ORDER BY day DESC, id DESC",
        [DAYPACK],
    )
    assert [row[0] for row in found.rows] == [row["id"] for row in wanted]


def test_a_word_that_reviews_hold_is_looked_for(store: Store) -> None:
    found = asked(store, "complaints about the zipper of the daypack")
    assert found.rows[0][0] == store.value(
        "SELECT count(*) FROM v_reviews WHERE product = ? AND sentiment = 'negative' AND text LIKE '%zipper%'",
        [DAYPACK],
    )


def test_money_of_several_currencies_is_never_added(store: Store) -> None:
    found = asked(store, "total sales")
    assert {row[0] for row in found.rows} == {"USD", "CNY"}


REFUSED = [
    "which supplier delivers late most often?",
    "what's my profit on the daypack",
    "how many should I reorder next month",
    "what is the gender of my customers",
    "how do we compare with our competitors",
    "tell me a joke",
    "what is the weather",
    "哪个员工回复最慢",
    "下个月该备多少货",
    "利润最高的商品是哪个",
]


@pytest.mark.parametrize("question", REFUSED)
def test_what_the_shop_cannot_know_is_refused(store: Store, question: str) -> None:
    found = asked(store, question)
    assert (found.refused, found.sql, found.rows, found.confidence) == (True, None, (), 0.0)
    assert found.sentence


def test_no_file_is_said_and_never_zero(store: Store) -> None:
    returns = asked(store, "return rate of the thermos on taobao")
    assert (returns.refused, "returns" in str(returns.needs_file)) == (True, True)
    ads = asked(store, "广告花了多少钱", "zh")
    assert (ads.refused, str(ads.needs_file)) == (True, "广告文件")


def test_the_same_question_gives_the_same_query_and_others_are_offered(store: Store) -> None:
    first, again = asked(store, "best sellers last month"), asked(store, "best sellers last month")
    assert first == again
    assert first.alternatives
    for other in first.alternatives:
        assert store.query(other["sql"])


def test_every_figure_opens_into_rows_with_file_and_line(store: Store) -> None:
    found = asked(store, "how many negative reviews did the daypack get")
    assert found.citations
    for cited in found.citations:
        row = store.rows("SELECT product, line FROM reviews WHERE id = ?", [cited["row_id"]])[0]
        assert (row["product"], row["line"]) == (DAYPACK, cited["line"])
        assert Path(cited["file"]).name in FILES


def test_half_understood_is_less_sure(store: Store) -> None:
    sure = asked(store, "orders in September")
    unsure = asked(store, "orders zorbled in September")
    assert unsure.refused or unsure.confidence < sure.confidence


def test_ask_on_the_command_line(backroom: Run, store: Store) -> None:
    done = backroom("ask", store.path, "十月份亚马逊有几单被取消", "--json", "--lang", "zh", "--today", "2026-11-28")
    record: dict[str, Any] = json.loads(done.stdout)
    assert list(record) == [
        "question", "interpretation", "sql", "columns", "rows", "sentence", "citations", "refused", "needs_file", "confidence",
        "alternatives",
    ]  # fmt: skip
    assert record["interpretation"].startswith("已取消订单数")
    assert record["rows"][0][0] == store.value(
        "SELECT count(DISTINCT order_id) FROM v_order_lines "
        "WHERE platform = 'amazon' AND status = 'cancelled' AND month = '2026-10'"
    )
    refused = backroom("ask", store.path, "what is my profit", "--json")
    assert (refused.returncode, json.loads(refused.stdout)["refused"]) == (1, True)
