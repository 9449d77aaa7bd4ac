"""Files of the other desks: messages, articles, purchases, suppliers, stock, coupons and ads, each by its general traps."""

# Rows of a file are as long as they are.
# ruff: noqa: E501

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.importing import chats, periods
from engine.importing.desk import import_file
from engine.importing.report import ImportReport, ImportSettings
from engine.store.database import Store
from tests.importing.conftest import Load

Drop = Callable[..., Path]


def _rows(store: Store, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in store.rows(sql)]


# -- messages --------------------------------------------------------------------------------------------------------

WHATSAPP_IOS = (
    "[9/24/25, 4:22:27\u202fPM] Rose Florist: \u200eMessages and calls are end-to-end encrypted.\n"
    "\u200e[9/24/25, 4:25:01\u202fPM] Ben: \u200e<attached: 00000002-PHOTO-2025-09-24-16-25-01.jpg>\n"
    "[9/24/25, 4:26:10\u202fPM] Ben: Do you have these in white?\nAnd by Friday?\n"
    "[9/24/25, 4:30:00\u202fPM] Rose Florist: Yes: twelve are left.\n"
)
WHATSAPP_ANDROID = (
    "24/09/2025, 16:22 - Messages to this chat are now secured with end-to-end encryption.\n"
    "24/09/2025, 16:26 - Ben: Do you have these in white?\nAnd by Friday?\n"
    "24/09/2025, 16:30 - Rose Florist: Yes: twelve are left.\n24/09/2025, 16:31 - Ben: <Media omitted>\n"
)


@pytest.mark.parametrize("log", [WHATSAPP_IOS, WHATSAPP_ANDROID])
def test_a_chat_log_of_a_messenger(load: Load, store: Store, log: str) -> None:
    report = load(log, "WhatsApp Chat with Ben.txt")
    assert (report.report, report.rows_loaded) == ("messages", 4)
    said = _rows(
        store, "SELECT author, text, substr(sent_at, 1, 16), line FROM messages WHERE author_role IS NULL ORDER BY line"
    )
    assert [row[:3] for row in said] == [
        ("Ben", "Do you have these in white?\nAnd by Friday?", "2025-09-24T16:26"),
        ("Rose Florist", "Yes: twelve are left.", "2025-09-24T16:30"),
    ]
    # What the program wrote is nobody's words.
    assert len(_rows(store, "SELECT 1 FROM messages WHERE author_role = 'system'")) == 2


@pytest.mark.parametrize(
    ("log", "messages"),
    [
        ("2026-04-02 09:00:01 甲：在吗\n2026-04-02 09:00:09 花店:小丽：在的\n谢谢关注\n2026-04-02 09:01:00 甲：价格：多少？", [("甲", "在吗"), ("花店:小丽", "在的\n谢谢关注"), ("甲", "价格：多少？")]),
        ("甲 2026-04-02 09:00:01\n在吗\n花店:小丽 (2026-04-02 09:00:09)\n在的\n谢谢关注\n", [("甲", "在吗"), ("花店:小丽", "在的\n谢谢关注")]),
        ("[02.04.26, 09:00:01] Ann: Hi\n[02.04.26, 09:00:09] Shop: Hello", [("Ann", "Hi"), ("Shop", "Hello")]),
    ],
)  # fmt: skip
def test_ways_to_stamp_a_message(log: str, messages: list[tuple[str, str]]) -> None:
    assert [(m.author, m.text) for m in chats.parse(log)] == messages


def test_a_table_with_dates_is_no_chat(load: Load) -> None:
    assert not chats.is_log("Date,Order,Total\n2026-03-01 10:00:00,1,5.00\n")
    assert load("2026-03-01 10:00:00,Ann: 5\n2026-03-02 10:00:00,Bob: 6\n").report != "messages"


def test_conversations_packed_in_cells(tmp_path: Path, store: Store) -> None:
    import xlsxwriter

    path = tmp_path / "聊天.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["客户ID", "聊天记录"])
        sheet.write_row(1, 0, ["tb甲", "2026-04-02 09:00:01 tb甲：在吗\n2026-04-02 09:00:09 花店:小丽：在的亲"])
        sheet.write_row(2, 0, ["tb乙", "2026-04-02 11:00:00 tb乙：地址发我：急\n谢谢"])
    report = import_file(store, path)[0]
    assert report.profile == "qianniu_chat" and report.rows_loaded == 2
    assert _rows(store, "SELECT thread_id, author_role, text, sent_at FROM messages ORDER BY id") == [
        ("tb甲", "customer", "在吗", "2026-04-02T09:00:01+08:00"),
        ("tb甲", "seller", "在的亲", "2026-04-02T09:00:09+08:00"),
        ("tb乙", "customer", "地址发我：急\n谢谢", "2026-04-02T11:00:00+08:00"),
    ]


def test_a_chat_log_without_header(load: Load, store: Store) -> None:
    rows = [
        "s1\tU1\t0\t0\t0\tnan\t包裹到哪了",
        "s1\tU1\t1\t0\t0\tnan\t正在为您查询",
        "s2\tU2\t0\t0\t0\t100012\t能开发票吗",
        "s2\tU2\t1\t0\t0\t100012\t可以的",
    ]
    report = load("\n".join(rows), "log.tsv")
    assert (report.rows_loaded, report.platform) == (4, "jd")
    assert _rows(store, "SELECT thread_id, author_role, sku FROM messages ORDER BY line") == [
        ("s1", "customer", None), ("s1", "seller", None), ("s2", "customer", "100012"), ("s2", "seller", "100012"),
    ]  # fmt: skip


def _ticket() -> dict[str, Any]:
    def message(number: int, agent: bool, public: bool, text: str) -> dict[str, Any]:
        return {
            "id": number, "ticket_id": 77, "from_agent": agent, "public": public, "body_text": text, "body_html": f"<p>{text}</p>",
            "stripped_text": text, "channel": "email" if public else "internal-note", "sender": {"name": "A", "email": "a@example.org"},
            "created_datetime": f"2026-02-03T10:0{number}:00.123456+00:00",
        }  # fmt: skip

    messages = [
        message(1, False, True, "Where is order 55?"),
        message(2, True, True, "On its way."),
        message(3, True, False, "be kind"),
    ]
    return {"id": 77, "subject": "Order 55", "first_message": messages[0], "messages": messages, "status": "open"}


def test_a_ticket_with_its_messages(load: Load, store: Store) -> None:
    report = load(json.dumps(_ticket()), "ticket.json", accept=True)
    assert report.rows_loaded == 3
    assert _rows(store, "SELECT thread_id, author_role, public, text FROM messages ORDER BY id") == [
        ("77", "customer", 1, "Where is order 55?"), ("77", "seller", 1, "On its way."), ("77", "note", 0, "be kind"),
    ]  # fmt: skip


def test_tickets_in_lines_are_taken_apart(load: Load, store: Store) -> None:
    load("\n".join(json.dumps(_ticket() | {"id": n}) for n in (1, 2)), "tickets.jsonl", accept=True)
    assert _rows(store, "SELECT count(*) FROM messages") == [(6,)]


def test_a_ticket_is_a_conversation_of_its_own(load: Load, store: Store) -> None:
    load(
        "id,subject,description,status,requester_id,created_at\n8,Late parcel,<p>My parcel is late</p>,open,31,2026-03-14 09:00\n9,Refund,Please refund me,solved,32,2026-03-15 09:00\n",
        accept=True,
    )
    assert _rows(store, "SELECT thread_id, subject, text, author, status FROM messages ORDER BY line") == [
        ("8", "Late parcel", "My parcel is late", "31", "open"), ("9", "Refund", "Please refund me", "32", "solved"),
    ]  # fmt: skip


def test_freshdesk_tickets_are_the_customers_words(load: Load, store: Store) -> None:
    report = load(
        "Ticket ID,Subject,Description,Status,Priority,Type,Created time,Resolved time,Summary,Full name,Title,Email,Mobile phone,Contact ID,Company Name\n"
        "3,Broken lid,“The lid” broke at 10 AM,Open,High,,2026-03-14 09:00:00,,No Summary,Ann Lee,,a@example.org,,1,Acme\n"
    )
    assert report.platform == "freshdesk"
    assert _rows(store, "SELECT thread_id, author_role, text, extra FROM messages") == [
        ("3", "customer", "“The lid” broke at 10 AM", None)
    ]


# -- articles --------------------------------------------------------------------------------------------------------


def test_questions_and_answers(load: Load, store: Store) -> None:
    load(
        '"ID","Question","Answer"\n"1","How do I pay?","By ""card"" or transfer."\n"2","Do you ship abroad?","Yes — to Norway."\n',
        accept=True,
    )
    assert _rows(store, "SELECT article_id, question, text FROM articles ORDER BY line") == [
        ("1", "How do I pay?", 'By "card" or transfer.'), ("2", "Do you ship abroad?", "Yes — to Norway."),
    ]  # fmt: skip


def test_a_policy_in_markdown(load: Load, store: Store) -> None:
    text = "# Returns\n\n_Last updated: March 5, 2026_\n\n## Lamps\n\nWithin **30 days**.\n\n## Kits\n\nWithin 14 days if unopened.\n"
    report = load(text, "refund-policy.md")
    assert report.report == "articles" and report.rows_loaded == 1
    assert _rows(store, "SELECT title, kind, day, text FROM articles") == [
        ("Returns", "refund", "2026-03-05", text.strip())
    ]


def test_questions_in_markdown(load: Load, store: Store) -> None:
    load(
        "# FAQ\n\n## Do you ship abroad?\n\nYes, to Norway.\n\n## Can I cancel?\n\nWithin an hour.\n\n## About us\n\nWe sell lamps.\n",
        "faq.md",
    )
    assert _rows(store, "SELECT question, text, kind FROM articles ORDER BY line") == [
        ("Do you ship abroad?", "Yes, to Norway.", "faq"), ("Can I cancel?", "Within an hour.", "faq"),
    ]  # fmt: skip


def test_drafts_are_told_from_published_articles(load: Load, store: Store) -> None:
    articles = [
        {
            "id": n,
            "title": f"Article {n}",
            "body": f"<p>Text of\n{n}</p>",
            "snippet": "Text",
            "locale": "en-us",
            "draft": n == 2,
            "html_url": "https://x",
            "updated_at": "2026-02-02T23:00:00Z",
        }
        for n in (1, 2)
    ]
    load(json.dumps({"count": 2, "articles": articles}), "articles.json", accept=True)
    assert _rows(store, "SELECT article_id, status, text, language FROM articles ORDER BY line") == [
        ("1", "published", "Text of\n1", "en-us"), ("2", "draft", "Text of\n2", "en-us"),
    ]  # fmt: skip


# -- purchases and suppliers -----------------------------------------------------------------------------------------


def test_the_second_line_of_a_purchase_belongs_to_the_order_above(load: Load, store: Store) -> None:
    report = load(
        "订单编号,卖家公司名,运费(元),涨价或折扣(元),实付款(元),订单状态,订单创建时间,货品标题,单价(元),数量,货号\n"
        "4012345678901234567,甲厂,5.00,-2.00,103.00,交易成功,2026-05-01 10:00:00,杯 红,1.00,50,B-R\n,,,,,,,杯 蓝,1.00,50,B-B\n"
        "4012345678901234568,乙厂,0,0,40.00,等待卖家发货,2026-05-02 10:00:00,盒,0.40,100,BOX\n",
        accept=True,
    )
    assert report.totals["amount"] == 143
    assert _rows(store, "SELECT po_id, supplier, sku, quantity, status, currency FROM purchase_orders ORDER BY line") == [
        ("4012345678901234567", "甲厂", "B-R", 50, "received", "CNY"), ("4012345678901234567", "甲厂", "B-B", 50, "received", "CNY"),
        ("4012345678901234568", "乙厂", "BOX", 100, "ordered", "CNY"),
    ]  # fmt: skip


def test_a_formula_without_a_result_is_computed_and_totals_rows_are_left_out(tmp_path: Path, store: Store) -> None:
    import xlsxwriter

    path = tmp_path / "采购.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("采购表")
        sheet.write_row(0, 0, ["日期", "商品名称", "供货单位", "单据编号", "数量", "单价", "金额"])
        sheet.write_row(1, 0, ["2026-3-22", "甲醛", "一厂", "0048273", 2.5, 100])
        sheet.write_row(2, 0, ["2026-3-21", "丙酮", "二厂", "8029767", 4, 25])
        sheet.write_row(3, 0, ["", "三月合计", "", "", 0, "", 0])
        sheet.write_row(4, 0, ["", "总合计"])
    report = import_file(store, path, ImportSettings(accept=True))[0]
    assert report.rows_loaded == 2 and report.totals["amount"] == 350
    assert _rows(store, "SELECT po_id, amount, day FROM purchase_orders ORDER BY line") == [
        ("0048273", 250, "2026-03-22"), ("8029767", 100, "2026-03-21"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "status"),
    [("Open", "ordered"), ("Partially Received", "partially_received"), ("Received", "received"), ("Cancelled", "cancelled"), ("Draft", "draft"), ("已入库", "received"), ("在途", "ordered")],
)  # fmt: skip
def test_how_far_a_purchase_is(load: Load, store: Store, said: str, status: str) -> None:
    load(
        f"PO Number,Status,Supplier Name,SKU,Quantity,Unit Cost,Order Date\nP1,{said},North,SK-1,4,2.50,2026-03-14\n",
        accept=True,
    )
    assert _rows(store, "SELECT status, status_original, amount FROM purchase_orders") == [(status, said, 10)]


def test_suppliers_with_lead_times(load: Load, store: Store) -> None:
    load("供应商,商家编码,采购价,交期,起订量,箱规\n甲厂,B-R,1.20,12,100,50\n乙厂,BOX,0.40,5,500,100\n", accept=True)
    assert _rows(store, "SELECT supplier, sku, unit_cost, lead_days, moq, pack FROM suppliers ORDER BY line") == [
        ("甲厂", "B-R", 1.2, 12, 100, 50), ("乙厂", "BOX", 0.4, 5, 500, 100),
    ]  # fmt: skip
    load("Vendor name,Email,Phone,Payment Terms\nNorth,n@example.org,,Net 30\n", "vendors.csv", accept=True)
    assert _rows(store, "SELECT supplier, terms FROM suppliers WHERE terms IS NOT NULL") == [("North", "Net 30")]


def test_not_stocked_is_not_zero(load: Load, store: Store) -> None:
    header = "Handle,Title,Option1 Name,Option1 Value,SKU,HS Code,COO,Location,Incoming,Unavailable,Committed,Available,On hand"
    load(
        f"{header}\nmug,Mug,Color,Red,,,,Shop,0,0,0,3,3\nmug,Mug,Color,Red,,,,Attic,0,0,0,not stocked,not stocked\nmug,Mug,Color,Blue,,,,Shop,0,0,0,0,0\n"
    )
    assert _rows(store, "SELECT location, variant, available, on_hand, stocked FROM stock ORDER BY line") == [
        ("Shop", "Red", 3, 3, 1), ("Attic", "Red", None, None, 0), ("Shop", "Blue", 0, 0, 1),
    ]  # fmt: skip


# -- promotions and ads ----------------------------------------------------------------------------------------------


def test_a_coupon_report_counts_what_was_given_not_what_was_issued(load: Load, store: Store) -> None:
    load(
        "优惠券报表,,,,,,,\n优惠券名称,优惠券类型,优惠券所属,发放总数,发放总额,使用总数,使用总额,拉动订单总额\n"
        "满50减5,满减券,店铺,900,4500.00,80,400.00,5200.00\n平台九折,折扣券,平台,100,0.00,12,66.50,700.00\n",
        accept=True,
    )
    assert _rows(store, "SELECT name, kind, funded_by, issued, redemptions, spent, sales FROM coupons ORDER BY line") == [
        ("满50减5", "amount", "shop", 900, 80, 400, 5200), ("平台九折", "percent", "platform", 100, 12, 66.5, 700),
    ]  # fmt: skip


def test_discounts_below_zero_and_minimums_of_two_kinds(load: Load, store: Store) -> None:
    header = "Name,Value,Value Type,Minimum Purchase Requirements,Times Used In Total,Status,Start,End\n"
    load(
        header
        + "A,-25.0,percentage,50.00,3,Active,2026-03-14 10:00:00 -0500,\nB,-5.0,fixed_amount,12,0,Active,2026-03-15 10:00:00 -0500,\nC,-10%,percentage,,0,Expired,2026-03-15 10:00:00 -0500,\n",
        accept=True,
    )
    assert _rows(store, "SELECT name, value, kind, minimum, minimum_kind, redemptions FROM coupons ORDER BY line") == [
        ("A", 25, "percent", 50, "amount", 3), ("B", 5, "amount", 12, "quantity", 0), ("C", 10, "percent", None, None, 0),
    ]  # fmt: skip


def test_a_list_of_codes_without_a_header(load: Load, store: Store) -> None:
    report = load("\ufeffSPRING1A30\nSPRING2B30\nSPRING3C30\n", accept=True)
    assert _rows(store, "SELECT code, value FROM coupons ORDER BY line") == [
        ("SPRING1A30", None),
        ("SPRING2B30", None),
        ("SPRING3C30", None),
    ]
    assert any("codes alone" in note for note in report.notes)


def test_free_shipping_is_not_worthless(load: Load, store: Store) -> None:
    coupon = {
        "status": "publish",
        "date_created": "2026-03-01T10:00:00",
        "date_expires": None,
        "individual_use": True,
        "maximum_amount": "0.00",
    }
    coupons = [
        coupon
        | {
            "id": 1,
            "code": "ten",
            "amount": "10.00",
            "discount_type": "percent",
            "usage_count": 4,
            "free_shipping": False,
            "minimum_amount": "0.00",
        },
        coupon
        | {
            "id": 2,
            "code": "ship",
            "amount": "0.00",
            "discount_type": "fixed_cart",
            "usage_count": 1,
            "free_shipping": True,
            "minimum_amount": "40.00",
        },
    ]
    load(json.dumps(coupons), "coupons.json")
    assert _rows(store, "SELECT code, kind, value, minimum, minimum_kind FROM coupons ORDER BY coupon_id") == [
        ("ten", "percent", 10, None, None), ("ship", "shipping", 0, 40, "amount"),
    ]  # fmt: skip


GOOGLE = 'Search terms report\n"March 2, 2026 - March 31, 2026"\nSearch term,Match type,Campaign,Ad group,Impr.,Clicks,Currency code,Cost,Conversions\nlamp,Broad match,C,G,10,2,USD,3.00,1\nbulb,Exact match,C,G,5,1,USD,1.50,0\nTotal: Search terms,,,,15,3,USD,4.50,1\nTotal: Account,,,,900,80,USD,120.00,9\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_report_for_one_span_of_days(load: Load, store: Store, encoding: str) -> None:
    report = load(
        GOOGLE
        if encoding == "utf-8"
        else GOOGLE.replace(",", "\t").replace('"March 2\t 2026 - March 31\t 2026"', "March 2, 2026 - March 31, 2026"),
        encoding=encoding,
    )
    assert report.totals["spend"] == 4.5 and report.differences == [] and report.rows_rejected == 0
    assert _rows(store, "SELECT DISTINCT day, day_to, level, currency FROM ads") == [
        ("2026-03-02", "2026-03-31", "search_term", "USD")
    ]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("My shop-Campaign Report-(2026-01-01 to 2026-01-31).xlsx", ("2026-01-01", "2026-01-31")),
        ("January 17, 2024 - February 15, 2024", ("2024-01-17", "2024-02-15")),
        ("数据周期：2026年3月1日至2026年3月31日", ("2026-03-01", "2026-03-31")),
        ("report_20260301-20260331.csv", ("2026-03-01", "2026-03-31")),
        ("All time", None),
        ("03/04/2026 - 05/04/2026", None),
    ],
)
def test_spans_of_days(text: str, span: tuple[str, str] | None) -> None:
    assert periods.stated([text]) == span


def test_a_totals_row_in_words_does_not_double_the_spend(tmp_path: Path, store: Store) -> None:
    import xlsxwriter

    path = tmp_path / "Shop-Campaign Report-(2026-02-01 to 2026-02-28).xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(
            0,
            0,
            [
                "Campaign name",
                "Primary status",
                "Campaign Budget",
                "Cost",
                "CPC (destination)",
                "CPM",
                "Impressions",
                "Clicks (destination)",
                "Currency",
            ],
        )
        sheet.write_row(1, 0, ["A", "Active", "50.00", "12.50", "1.25", "2.0", "1000", "10", "THB"])
        sheet.write_row(2, 0, ["B", "Active", "50.00", "7.50", "1.25", "2.0", "900", "6", "THB"])
        sheet.write_row(3, 0, ["Total of 2 results", "-", "-", "20.00", "0.00", "0.00", "1900", "16", "THB"])
    report: ImportReport = import_file(store, path)[0]
    assert (report.rows_loaded, report.totals["spend"], report.currency) == (2, 20, "THB") and report.differences == []
    assert report.period == {"from": "2026-02-01", "to": "2026-02-28"}


def test_signs_of_currencies_in_headers_and_cells(load: Load, store: Store) -> None:
    load(
        'Date,Start Date,Portfolio name,Campaign Type,Campaign Name,Status,Currency,Budget,Targeting Type,Bidding strategy,Impressions,Last Year Impressions,Clicks,Click-Thru Rate (CTR),Spend,Last Year Spend,Cost Per Click (CPC),14 Day Total Orders (#),14 Day Total Sales (₹)\n"Mar 14, 2026","Jan 2, 2026",,SP,Oil,ENABLED,INR,Rs.10.0,Manual,Dynamic,100,,7,1%,Rs.20.50,,Rs.2.1,1,Rs.99.0\n'
    )
    assert _rows(store, "SELECT day, day_to, spend, sales, currency, impressions FROM ads") == [
        ("2026-03-14", None, 20.5, 99, "INR", 100)
    ]
