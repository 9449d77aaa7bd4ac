"""Forgetting a customer leaves no trace in the shop, beside it, or in our logs; taking an import back leaves none either."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from engine.paths import log_dir
from engine.store import audit
from engine.store.database import Store
from tests.conftest import Run

WHO = "Theodora Quillfeather"
MAIL = "theodora.quillfeather@mail.example"

ORDERS = (
    "Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Created at,Lineitem quantity,Lineitem name,"
    "Lineitem price,Billing Name,Billing Street,Notes,Id\n"
    f"#1001,{MAIL},paid,2026-01-05 10:00:00 +0000,EUR,20.00,0,0,20.00,2026-01-05 10:00:00 +0000,1,Lamp,20.00,{WHO},3 Moss Lane,"
    f"for {WHO},5001\n"
    "#1002,other@mail.example,paid,2026-01-06 10:00:00 +0000,EUR,30.00,0,0,30.00,2026-01-06 10:00:00 +0000,1,Lamp,"
    "30.00,Ab Cd,,,5002\n"
)
REVIEWS = (
    "title,body,rating,review_date,source,curated,reviewer_name,reviewer_email,product_id,product_handle,reply,picture_urls\n"
    f"Good,A fine lamp says {WHO},5,2026-02-01 10:00:00 UTC,web,ok,{WHO},{MAIL},11,lamp,,\n"
    f"Fine,As {WHO} told me it works,4,2026-02-02 10:00:00 UTC,web,ok,Someone,someone@mail.example,11,lamp,,\n"
)


@pytest.fixture
def shop(tmp_path: Path, backroom: Run) -> Path:
    path = tmp_path / "my.shop"
    for name, text in (("orders.csv", ORDERS), ("reviews.csv", REVIEWS)):
        (tmp_path / name).write_text(text, encoding="utf-8")
        done = backroom("import", path, tmp_path / name, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        (tmp_path / name).unlink()
    return path


def traces(folder: Path) -> list[str]:
    """Files that name the customer: the shop, what lies beside it, and the logs."""
    words = [word.encode() for word in (WHO, WHO.upper(), MAIL)]
    files = [path for path in [*folder.rglob("*"), *log_dir().rglob("*")] if path.is_file()]
    return [path.name for path in files if any(word.lower() in path.read_bytes().lower() for word in words)]


def test_nothing_of_a_forgotten_customer_is_left_and_the_money_is(shop: Path, backroom: Run) -> None:
    (log_dir() / "fault-of-test.log").write_text(f"could not read {MAIL}", encoding="utf-8")
    assert traces(shop.parent) != []
    done = backroom("privacy", "forget", shop, WHO, "--yes", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["left"] == [] and WHO not in done.stdout
    assert traces(shop.parent) == []
    (log_dir() / "fault-of-test.log").unlink()
    rows = sqlite3.connect(shop).execute("SELECT order_id, customer, email FROM orders ORDER BY order_id").fetchall()
    assert [row[1:] for row in rows] == [(None, None), ("Ab Cd", "other@mail.example")]
    assert backroom("privacy", "forget", shop, WHO, "--yes").returncode == 2, "nobody is called that any more"


def test_taking_imports_back_leaves_no_trace(shop: Path, backroom: Run) -> None:
    done = backroom("imports", shop, "--json")
    for line in reversed(done.stdout.splitlines()):
        row = json.loads(line)
        undone = backroom("undo", shop, str(row.get("id", row.get("import_id"))))
        assert undone.returncode == 0, undone.stderr
    assert traces(shop.parent) == []


def test_nobody_is_forgotten_without_a_yes(shop: Path, backroom: Run) -> None:
    done = backroom("privacy", "forget", shop, MAIL, input="n\n")
    assert done.returncode == 5 and traces(shop.parent) != []


def test_the_log_is_a_chain_and_notices_every_change(tmp_path: Path, backroom: Run) -> None:
    path = tmp_path / "log.shop"
    store = Store(path, create=True)
    for number in range(4):
        with store.write() as db:
            audit.record(db, "test", {"number": number})
    assert audit.verify(store).broken is None and audit.verify(store).rows == 4
    store.close()
    whole = path.read_bytes()
    for change, broken in (
        ("UPDATE audit_log SET detail = '{}' WHERE id = 2", 2),
        ("DELETE FROM audit_log WHERE id = 3", 4),
        ("DELETE FROM audit_log WHERE id = 4", 0),
        ("UPDATE audit_log SET at = '2020-01-01' WHERE id = 1", 1),
    ):
        path.write_bytes(whole)
        connection = sqlite3.connect(path)
        connection.execute(change)
        connection.commit()
        connection.close()
        done = backroom("privacy", "log", path, "--verify", "--json")
        assert done.returncode == 1 and json.loads(done.stdout)["broken"] == broken, done.stdout + done.stderr
    path.write_bytes(whole)
    assert backroom("privacy", "log", path, "--verify").returncode == 0
