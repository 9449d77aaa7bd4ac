"""The sample shop is what its truth says: same seed, same bytes; true headers; counts read back from the files."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from sample_data import FILES, FOLDER, export_files, truth
from sample_data.generate import generate
from sample_data.parts import PARTS
from tests.sample_data.reading import Said, named, reviews, rows, share, speaks_of, text_of

TRUTHS = truth("reviews")["truths"]
GOLD = truth("reviews")["reviews"]
COMPLAINTS = (
    "lantern-battery",
    "hoodie-runs-small",
    "tumbler-leaks",
    "shelf-missing-parts",
    "headlamp-strap",
    "daypack-stays-dry",
    "sweatshirt-fading",
    "pillow-smell",
)


def of(key: str) -> list[Said]:
    return [one for one in reviews() if one.product == key]


def test_the_same_seed_gives_the_committed_bytes(tmp_path: Path) -> None:
    generate(tmp_path)
    truths = [f"{part.name}.json" for part in PARTS]
    for folder, names in (("files", list(FILES)), ("truth", truths)):
        for name in names:
            assert (tmp_path / folder / name).read_bytes() == (FOLDER / folder / name).read_bytes(), name
        for written in (tmp_path / folder, FOLDER / folder):
            assert sorted(path.name for path in written.iterdir()) == sorted(names)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_another_seed_gives_another_shop_with_the_same_plan(tmp_path: Path, seed: int) -> None:
    other = generate(tmp_path, seed=seed)
    assert other["sales"]["rows"]["order_lines"] >= 5000
    assert other["reviews"]["rows"]["reviews"] == 900
    assert other["reviews"]["reviews"].keys() != GOLD.keys()
    for name in COMPLAINTS:
        assert named(other["reviews"]["truths"], name)["numbers"]["k"] == named(TRUTHS, name)["numbers"]["k"]


def test_every_truth_of_every_part_says_what_it_is_and_names_are_unique() -> None:
    told = [one for part in PARTS for one in truth(part.name).get("truths", [])]
    for one in told:
        assert {"id", "kind", "says", "numbers", "expect"} <= one.keys(), one
        assert one["expect"] in ("finding", "no finding", "later"), one
    assert len({one["id"] for one in told}) == len(told)
    assert len(set(FILES)) == len(FILES)


def test_rows_are_as_many_as_the_truth_says() -> None:
    stated = truth("sales")["rows"] | truth("reviews")["rows"]
    lines = sum(
        len(rows(name)) for name in ("shopify_orders.csv", "amazon_all_orders.txt", "taobao_ExportOrderList.csv")
    )
    assert lines == stated["order_lines"] >= 5000
    assert len(reviews()) == stated["reviews"] == 900
    assert len(rows("amazon_fba_returns.txt")) == stated["returns"]
    assert len({row["Name"] for row in rows("shopify_orders.csv")}) == stated["shopify_orders"]
    assert len({row["amazon-order-id"] for row in rows("amazon_all_orders.txt")}) == stated["amazon_orders"]
    assert len({row["订单编号"] for row in rows("taobao_ExportOrderList.csv")}) == stated["taobao_orders"]
    assert sum(path.stat().st_size for path in export_files()) < 5_000_000


def test_every_row_is_in_the_stated_period() -> None:
    period = truth("sales")["period"]
    days = [one.day for one in reviews()]
    days += [row["Created at"][:10] for row in rows("shopify_orders.csv")]
    days += [row["purchase-date"][:10] for row in rows("amazon_all_orders.txt")]
    days += [row["订单创建时间"][:10] for row in rows("taobao_ExportOrderList.csv")]
    days += [row["return-date"][:10] for row in rows("amazon_fba_returns.txt")]
    assert min(days) == period["from"]
    assert max(days) == period["to"]


def test_review_ids_are_the_lines_the_records_begin_on() -> None:
    assert {one.id for one in reviews()} == set(GOLD)
    for one in reviews():
        assert (GOLD[one.id]["product"], GOLD[one.id]["stars"]) == (one.product, one.stars), one.id
    several = [one for one in reviews() if "\n" in one.text.strip() and one.id.startswith("judgeme")]
    assert several, "bodies with line breaks are part of the exercise"
    for one in several:
        name, _, line = one.id.partition(":")
        assert one.text.split("\n")[0] in text_of(name).split("\n")[int(line) - 1]


def test_at_least_ten_truths_are_to_be_found_and_each_names_its_reviews() -> None:
    expected = [one for one in TRUTHS if one["expect"] == "finding"]
    assert len(expected) >= 10
    ids = {one.id for one in reviews()}
    for one in TRUTHS:
        assert set(one["reviews"]) <= ids
        assert (
            len(one["reviews"]) == one["numbers"].get("k", one["numbers"].get("all", {}).get("k"))
            or one["kind"] == "mixed"
        )


@pytest.mark.parametrize("name", COMPLAINTS)
def test_planted_counts_are_in_the_files(name: str) -> None:
    stated = named(TRUTHS, name)
    said = of(stated["product"]["key"])
    carriers = {one.id for one in said if speaks_of(stated["topic"], one.text)}
    assert carriers == set(stated["reviews"])
    numbers = stated["numbers"]
    assert {"k": numbers["k"], "n": numbers["n"]} == share(said, stated["topic"])
    if "since" in numbers:
        assert numbers["before"] == share([one for one in said if one.day < numbers["since"]], stated["topic"])
        assert numbers["after"] == share([one for one in said if one.day >= numbers["since"]], stated["topic"])
    if "variant" in numbers:
        theirs = [one for one in said if one.variant == numbers["variant"]]
        assert numbers["with"] == share(theirs, stated["topic"])
    elsewhere = [one for one in reviews() if one.product != stated["product"]["key"]]
    assert share(elsewhere, stated["topic"])["k"] == 0


@pytest.mark.parametrize(("name", "language"), [("courier-brindle", "en"), ("courier-fengquan", "zh")])
def test_the_courier_is_what_damaged_parcels_have_in_common(name: str, language: str) -> None:
    numbers = named(TRUTHS, name)["numbers"]
    said = [one for one in reviews() if one.product.startswith("zh-") == (language == "zh")]
    bad = [one for one in said if one.courier == numbers["courier"]]
    others = [one for one in said if one.courier and one.courier != numbers["courier"]]
    ambiguous = sum(one.courier == "?" for one in said)
    assert abs(len(bad) - numbers["with"]["n"]) <= ambiguous
    for group, stated in ((bad, numbers["with"]), (others, numbers["others"])):
        found = share(group, "parcel_damage")
        assert found["k"] / found["n"] == pytest.approx(stated["k"] / stated["n"], abs=0.03)
    assert numbers["with"]["k"] / numbers["with"]["n"] > 8 * numbers["others"]["k"] / numbers["others"]["n"]
    assert share(said, "parcel_damage") == numbers["all"]
    per_product = Counter(one.product for one in said if speaks_of("parcel_damage", one.text))
    assert len(per_product) >= 5 and max(per_product.values()) <= 7


def test_the_praised_daypack_sells_more() -> None:
    stated = named(TRUTHS, "daypack-stays-dry")
    numbers = stated["numbers"]
    units: Counter[str] = Counter()
    cancelled = {row["Name"] for row in rows("shopify_orders.csv") if row["Cancelled at"]}
    for row in rows("shopify_orders.csv"):
        if row["Lineitem sku"] in stated["product"]["skus"] and row["Name"] not in cancelled:
            units[row["Created at"][:7]] += int(row["Lineitem quantity"])
    for row in rows("amazon_all_orders.txt"):
        if row["asin"] == stated["product"]["asin"] and row["order-status"] != "Cancelled":
            units[row["purchase-date"][:7]] += int(row["quantity"])
    assert dict(units) == numbers["units_by_month"]
    assert numbers["units_per_month_after"] > 2 * numbers["units_per_month_before"]
    early = [count for month, count in units.items() if month < numbers["sales_since"]]
    late = [count for month, count in units.items() if month >= numbers["sales_since"]]
    assert max(early) < min(late)


def test_hoodie_returns_say_too_small() -> None:
    stated = named(TRUTHS, "hoodie-runs-small")
    returned = [row for row in rows("amazon_fba_returns.txt") if row["sku"] in stated["product"]["skus"]]
    small = [row for row in returned if row["reason"] == "APPAREL_TOO_SMALL"]
    assert {"reason": "APPAREL_TOO_SMALL", "k": len(small), "n": len(returned)} == stated["numbers"]["returns"]
    assert len(small) >= 15 and sum(bool(row["customer-comments"]) for row in small) >= 10
    assert not [
        row for row in rows("amazon_fba_returns.txt") if row["reason"].startswith("APPAREL") and row not in returned
    ]


def test_contradictions_are_few_and_extreme() -> None:
    stated = named(TRUTHS, "stars-contradict-text")
    assert 8 <= len(stated["reviews"]) <= 12
    for one in stated["reviews"]:
        assert {GOLD[one]["stars"], GOLD[one]["sentiment"]} in ({5, "negative"}, {1, "positive"})
    others = [one for key, one in GOLD.items() if key not in stated["reviews"]]
    assert not [one for one in others if one["stars"] >= 4 and one["sentiment"] == "negative"]
    assert not [one for one in others if one["stars"] <= 2 and one["sentiment"] == "positive"]


def test_negative_controls_hold_nothing_to_find() -> None:
    assert len(of("marrowby-stovetop-kettle")) == named(TRUTHS, "kettle-too-few")["numbers"]["n"] == 4
    for name in ("tarp-mixed", "stand-mixed"):
        said = of(named(TRUTHS, name)["product"]["key"])
        assert 2.7 < sum(one.stars for one in said) / len(said) < 3.9
        assert share(said, "parcel_damage")["k"] == 0


@pytest.mark.parametrize("topic", ["slow", "price", "colour", "service", "waste"])
def test_everyday_complaints_are_rare_everywhere(topic: str) -> None:
    carriers = [key for key, one in GOLD.items() if topic in one.get("mentions", ())]
    found = {one.id for one in reviews() if speaks_of(topic, one.text)}
    assert set(carriers) == found
    assert len(found) < 0.04 * len(reviews())
    for product in {one.product for one in reviews()}:
        said = of(product)
        assert sum(one.id in found for one in said) <= max(1, len(said) // 12)


def test_near_duplicates_come_within_two_days_from_nobody_who_bought() -> None:
    stated = named(TRUTHS, "fan-duplicates")
    batch = [one for one in reviews() if one.id in stated["reviews"]]
    assert {one.day for one in batch} == {stated["numbers"]["from"], stated["numbers"]["to"]}
    assert {one.courier for one in batch} == {""}
    assert all("desk fan" in one.text.lower() for one in batch)


def test_no_text_comes_twice() -> None:
    copies = set(named(TRUTHS, "fan-duplicates")["reviews"])
    texts = [one.text for one in reviews() if one.id not in copies and GOLD[one.id]["sentiment"] != "none"]
    assert [text for text, count in Counter(texts).items() if count > 1] == []
    sentences = Counter(
        sentence.strip(" .!").lower()
        for text in texts
        for sentence in re.split(r"[.!?。！，\n]", text)
        if len(sentence) > 12
    )
    assert sentences.most_common(1)[0][1] <= 8


def test_most_customers_are_happy() -> None:
    stars = Counter(one.stars for one in reviews())
    assert 0.66 < (stars[4] + stars[5]) / len(reviews()) < 0.78
    assert stars[1] > stars[2], "the usual J"


def test_identifiers_agree_across_files() -> None:
    skus = {row["SKU"] for row in rows("shopify_products.csv")}
    handles = {row["URL handle"] for row in rows("shopify_products.csv")}
    assert {row["Lineitem sku"] for row in rows("shopify_orders.csv")} <= skus
    listed = {(row["seller-sku"], row["asin1"]) for row in rows("amazon_listings.txt")}
    sold = {(row["sku"], row["asin"]) for row in rows("amazon_all_orders.txt")}
    assert sold <= listed and {sku for sku, _ in listed} <= skus
    assert {one.product for one in reviews() if not one.product.startswith("zh-")} <= handles
    bought = {(row["amazon-order-id"], row["sku"]): row for row in rows("amazon_all_orders.txt")}
    for row in rows("amazon_fba_returns.txt"):
        assert row["return-date"] > bought[row["order-id"], row["sku"]]["purchase-date"]
    orders = {row["订单编号"]: row for row in rows("taobao_ExportOrderList.csv")}
    for row in rows("taobao_pingjia.csv"):
        order = orders[row["订单编号"]]
        assert (order["宝贝标题"], order["物流公司"]) == (row["宝贝标题"], row["物流公司"])
        assert order["订单付款时间"] < row["评价时间"]
    joined = [one for one in reviews() if one.courier and not one.product.startswith("zh-")]
    assert len(joined) > 500


def test_shopify_orders_add_up_and_continuation_rows_are_blank() -> None:
    seen: dict[str, float] = {}
    lines: Counter[str] = Counter()
    for row in rows("shopify_orders.csv"):
        if row["Name"] in seen:
            assert row["Total"] == row["Shipping Method"] == row["Billing Name"] == ""
        else:
            parts = [float(row[name]) for name in ("Subtotal", "Shipping", "Taxes")]
            assert sum(parts) == pytest.approx(float(row["Total"]))
            assert float(row["Refunded Amount"]) <= float(row["Total"])
            seen[row["Name"]] = float(row["Subtotal"]) + float(row["Discount Amount"])
        lines[row["Name"]] += round(100 * float(row["Lineitem price"])) * int(row["Lineitem quantity"])
    assert {name: round(100 * amount) for name, amount in seen.items()} == dict(lines)
    assert len(lines) < sum(1 for _ in rows("shopify_orders.csv"))


def test_nobody_in_the_files_exists() -> None:
    for row in rows("shopify_orders.csv"):
        assert row["Email"].endswith("@example.com")
        assert row["Billing Phone"] == "" or row["Billing Phone"].startswith("+1555555")
    assert all(one.email == "" or one.email.endswith("@example.com") for one in reviews())
    for row in rows("taobao_ExportOrderList.csv"):
        assert "*" in row["买家会员名"] and row["收货人姓名"].endswith("**") and "***" in row["收货地址"]
        assert row["联系手机"].startswith("'100****")
