"""The customers desk on the sample shop: what is planted is found, figures equal their queries, nothing personal leaks."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sample_data
from engine.customers import campaigns
from engine.customers.facts import identities, masked, no_product, purchases
from engine.customers.queries import cohorts, customer_rows, measures, migration, pair_rows, segment_rows
from engine.customers.sheets import of_campaign, of_pairs
from engine.desks import registry
from engine.desks.base import load
from engine.desks.opening import open_store
from engine.desks.sentences import sentence
from engine.desks.work import Work
from engine.errors import UsageError
from engine.findings import Finding
from engine.importing.desk import import_file
from engine.importing.report import ImportSettings
from engine.jobs import JobContext
from engine.say import Speaker
from engine.store.database import Store

FILES = ("shopify_products.csv", "shopify_orders.csv", "taobao_ExportOrderList.csv")
TRUTHS = sample_data.truth("customers")["truths"]


@pytest.fixture(scope="session")
def known_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of a shop with products and orders, analysed by the customers desk."""
    path = tmp_path_factory.mktemp("known") / "sample.shop"
    store, context = open_store(path, create=True), JobContext()
    for name in FILES:
        import_file(store, sample_data.FOLDER / "files" / name, ImportSettings(accept=True), context)
    load(registry.desk("customers").run or "")(Work(store, context, registry.desk("customers")))
    store.close()
    return path


@pytest.fixture
def known(known_shop: Path) -> Iterator[Store]:
    """That shop, open."""
    store = open_store(known_shop)
    yield store
    store.close()


def found(store: Store) -> list[Finding]:
    """The desk's findings."""
    rows = store.rows(
        "SELECT *, 0 AS evidence_count FROM findings WHERE desk = 'customers' AND current ORDER BY rank DESC"
    )
    return [Finding.from_row(row) for row in rows]


def tells(finding: Finding, truth: dict[str, Any]) -> bool:
    """Whether a finding tells a planted truth."""
    if finding.kind != truth["kind"]:
        return False
    named = [truth["product"]] if "product" in truth else truth.get("products", [])
    titles = {finding.subject.get("name"), finding.subject.get("other_name")}
    return all(product["title"] in titles for product in named)


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda truth: str(truth["id"]))
def test_every_planted_truth_is_found(known: Store, truth: dict[str, Any]) -> None:
    assert any(tells(finding, truth) and finding.rank > 0 for finding in found(known)), truth["says"]


def test_at_most_a_fifth_of_what_is_told_is_about_nothing_planted(known: Store) -> None:
    shown = [finding for finding in found(known) if finding.rank > 0]
    beside = [finding for finding in shown if not any(tells(finding, truth) for truth in TRUTHS)]
    assert len(beside) <= len(shown) / 5


def test_counts_are_those_of_the_truth_and_of_their_own_query(known: Store) -> None:
    by_kind = {finding.kind: finding for finding in found(known)}
    planted = {truth["kind"]: truth["numbers"] for truth in TRUTHS}
    assert by_kind["pair"].k == planted["pair"]["k"]
    gateway = next(one for one in found(known) if one.kind == "gateway" and tells(one, TRUTHS[2]))
    assert (gateway.k, gateway.n) == (planted["gateway"]["k"], planted["gateway"]["n"])
    for finding in found(known):
        if finding.query:
            row = known.rows(finding.query)[0]
            assert (row["k"], row["n"]) == (finding.k, finding.n), finding.key


def test_sentences_in_both_languages(known: Store) -> None:
    for finding in found(known):
        english, chinese = (sentence(finding, Speaker(language)) for language in ("en", "zh"))
        assert str(finding.k) in english and english != chinese and "{" not in english + chinese


def test_segments_hold_every_known_customer_once(known: Store) -> None:
    rows, people = segment_rows(known), customer_rows(known)
    bought = purchases(known)
    assert sum(row.customers for row in rows) == len(people) == bought.orders["customer"].n_unique() - 1
    assert sum(row.orders for row in rows) == bought.orders.height - bought.unknown
    assert sum(migration(known).values()) == len(people)
    assert sum(counts[0] for counts in cohorts(known).values()) == len(people)
    assert all(one.low <= one.chance <= one.high for one in people if one.chance is not None and one.low and one.high)
    assert measures(known)["recommend_all"]["customers"] > 30


def test_pairs_as_a_sheet(known: Store) -> None:
    sheet = of_pairs(known)
    assert sheet.count == len(pair_rows(known)) == len(list(sheet.rows())) > 0


def personal() -> set[str]:
    """Every e-mail, phone and full name of the sample's orders."""
    with (sample_data.FOLDER / "files" / "shopify_orders.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = ("Email", "Billing Name", "Shipping Name", "Billing Phone", "Shipping Phone", "Phone")
    return {row[name].strip() for row in rows for name in columns if len((row.get(name) or "").strip()) > 5}


def test_no_name_address_or_phone_stands_in_what_the_desk_derives(known: Store) -> None:
    tables = (
        "customer_orders", "customer_segments", "customer_pairs", "customer_measures", "campaigns", "campaign_members",
        "findings", "evidence", "inference_cache", "audit_log", "settings",
    )  # fmt: skip
    rows = [row for table in tables for row in known.rows(f"SELECT * FROM {table}")]
    text = "\n".join(json.dumps([str(value) for value in row.values()], ensure_ascii=False) for row in rows)
    people = personal()
    assert len(people) > 1000
    assert [one for one in people if one in text] == []


def test_a_campaign_from_list_to_read_out(known_shop: Path, tmp_path: Path) -> None:
    path = tmp_path / "copy.shop"
    path.write_bytes(known_shop.read_bytes())
    store = open_store(path)
    segment = max(segment_rows(store), key=lambda row: row.customers).segment
    with pytest.raises(UsageError):
        campaigns.start(store, segment, "Hello {surname}")
    with pytest.raises(UsageError):
        campaigns.start(store, "nobody", "Hello")
    made = campaigns.start(store, segment, "Hello {first_name}, how is your {product}?", holdout=0.3)
    assert made.written > 0 and made.held_out > 0
    refused = "SELECT count(*) FROM campaign_members m JOIN customer_segments s USING (customer) WHERE coalesce(s.consent, 0) = 0"
    assert store.value(refused) == 0
    messages = list(of_campaign(store).rows())
    assert len(messages) == made.written
    assert all("@" in str(row[1]) and "{" not in str(row[2]) for row in messages)
    assert list(campaigns.results(store)) == []
    with pytest.raises(UsageError):
        campaigns.start(store, segment, "Again")
    _later_orders(store, made.id)
    result = next(campaigns.results(store))
    assert (result.bought, result.bought_anyway) == (made.written, 0)
    assert result.interval.low > 0 and result.p < 0.05
    store.close()


def _later_orders(store: Store, campaign: int) -> None:
    """Everybody who was written to orders a week later, and somebody else after the window."""
    with store.write() as db:
        db.execute(
            """
            INSERT INTO customer_orders SELECT 'test/' || m.customer, NULL, m.customer, date(c.started, '+7 days'), 1, 'USD', 1
            FROM campaign_members m JOIN campaigns c ON c.id = m.campaign WHERE c.id = ? AND NOT m.held_out
            """,
            [campaign],
        )
        db.execute("INSERT INTO customer_orders VALUES ('test/late', NULL, NULL, '2027-03-01', 1, 'USD', 1)")


def test_customers_are_joined_by_what_they_share_and_masked_ones_stay_unknown() -> None:
    orders = [
        {"id": 1, "platform": "shopify", "email": "Ada@example.com", "phone_hash": None},
        {"id": 2, "platform": "amazon", "email": None, "phone_hash": "f00"},
        {"id": 3, "platform": "shopify", "email": "ada@example.com", "phone_hash": "f00"},
        {"id": 4, "platform": "taobao", "email": "a**3", "phone_hash": None, "customer": "王**"},
        {"id": 5, "platform": "ebay", "email": None, "phone_hash": None, "customer": "lantern_lover"},
        {"id": 6, "platform": "shopify", "email": None, "phone_hash": None, "customer": "Ada Alma"},
    ]
    keys = identities(orders, [])
    assert keys[1] == keys[2] == keys[3] and keys[4] is None and keys[6] is None
    assert keys[5] not in (None, keys[1])
    assert "ada" not in str(keys[1])


def test_words_of_files() -> None:
    assert masked("a***@x.com") and masked("##x") and not masked("ada@example.com")
    assert no_product("POST") and no_product("邮费") and not no_product("85123A")
