"""Files of the other desks: messages, articles, purchases, suppliers and stock, each by its general traps."""

# Rows of a file are as long as they are.
# ruff: noqa: E501

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.importing import chats
from engine.importing.desk import import_file
from engine.importing.report import ImportSettings
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


MBOX = """From ann@example.org Sat Mar 14 10:00:00 2026
From: Ann Lee <ann@example.org>
To: Lamp Shop <shop@example.com>
Subject: Order 55
Date: Sat, 14 Mar 2026 10:00:00 +0100
Message-ID: <1@example.org>
Content-Type: text/plain; charset=utf-8

Where is my parcel?

From shop@example.com Sat Mar 14 11:00:00 2026
From: Lamp Shop <shop@example.com>
To: ann@example.org
Subject: Re: Order 55
Date: Sat, 14 Mar 2026 11:00:00 +0100
Message-ID: <2@example.com>
References: <1@example.org>
Content-Type: text/html; charset=utf-8

<p>On its way.</p><p>On Sat, Ann Lee &lt;ann@example.org&gt; wrote:</p><p>&gt; Where is my parcel?</p>
"""


def test_mails_without_what_they_quote(load: Load, store: Store) -> None:
    report = load(MBOX, "inbox.mbox")
    assert report.rows_loaded == 2
    assert _rows(store, "SELECT author, author_role, subject, text, sent_at FROM messages ORDER BY line") == [
        ("Ann Lee", "customer", "Order 55", "Where is my parcel?", "2026-03-14T10:00:00+01:00"),
        ("Lamp Shop", "seller", "Re: Order 55", "On its way.", "2026-03-14T11:00:00+01:00"),
    ]


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


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "shipping.html",
            "<html><head><title>x</title></head><body><h1>Shipping</h1><p>We ship within two days.</p><p>To Norway as well.</p><p>Last updated: March 5, 2026</p></body></html>",
        ),
        (
            "shipping.txt",
            "Shipping\n\nWe ship every order within two working days.\nParcels to Norway take about a week longer.\n\nLast updated: March 5, 2026.\n",
        ),
    ],
)
def test_a_policy_as_a_page_or_as_plain_text(load: Load, store: Store, name: str, text: str) -> None:
    assert load(text, name).report == "articles"
    rows = store.rows("SELECT title, kind, text, day FROM articles")
    assert [(r["title"], r["kind"], r["day"]) for r in rows] == [("Shipping", "shipping", "2026-03-05")]
    assert "We ship" in rows[0]["text"] and "<p>" not in rows[0]["text"]


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


def test_one_column_for_each_place(load: Load, store: Store) -> None:
    load("商品编码,商品名称,杭州仓,义乌仓,合计\nA-1,杯子,12,3,15\nA-2,盘子,0,,0\n", accept=True)
    assert _rows(store, "SELECT sku, location, on_hand FROM stock ORDER BY line, id") == [
        ("A-1", "杭州仓", 12), ("A-1", "义乌仓", 3), ("A-2", "杭州仓", 0),
    ]  # fmt: skip


def test_square_counts_by_location(load: Load, store: Store) -> None:
    load(
        "Token,Item Name,Variation Name,SKU,Description,Category,Price,Current Quantity Main St,New Quantity Main St,Current Quantity Attic,Stockable\nT1,Mug,Red,M-1,,Cups,12.00,5,,,Y\n"
    )
    assert _rows(store, "SELECT sku, location, on_hand FROM stock") == [("M-1", "Main St", 5)]


def test_costs_in_two_currencies_are_not_two_costs(load: Load, store: Store) -> None:
    load(
        "PO #,Vendor,Item,SKU,Qty Ordered,Cost (EUR),Cost (USD),Total (USD),ETA\nP1,North,Mug,M-1,100,2.00,2.20,220.00,2026-05-14\n",
        accept=True,
    )
    assert _rows(store, "SELECT unit_cost, amount, currency FROM purchase_orders") == [(2, 200, "EUR")]


def test_movements_of_stock_are_no_returns(load: Load, store: Store) -> None:
    load("Date,SKU,Product,Adjustment,Reason,Location\n2026-03-14,M-1,Mug,-2,Damaged,Shop\n", accept=True)
    assert _rows(store, "SELECT sku, quantity, reason, location FROM stock_movements") == [
        ("M-1", -2, "Damaged", "Shop")
    ]
