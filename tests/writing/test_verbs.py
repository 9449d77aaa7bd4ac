"""`write` and `check` as scripts call them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.conftest import Run

FACTS = [
    {"id": "a", "name": "", "attributes": {"类型": "裙", "裙长": "连衣裙", "材质": ["雪纺"], "颜色": "白色"}},
    {"id": "b", "name": "Desk lamp", "attributes": {"Brand": "Nordlys", "Material": "aluminium"}, "reviews": ["nice"]},
    {"id": "c", "name": "", "attributes": {}},
]


def _lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_facts_become_drafts_line_by_line(backroom: Run, tmp_path: Path) -> None:
    facts = tmp_path / "facts.jsonl"
    facts.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in FACTS), "utf-8")
    done = backroom("write", "--facts", facts, "--channel", "shopify.description", "--json")
    first, second, third = _lines(done.stdout)
    assert (first["id"], first["status"], first["left_out"]) == ("a", "ok", [])
    assert "雪纺" in str(first["text"]) and "Nordlys" in str(second["text"])
    assert isinstance(first["variants"], list) and first["text"] not in first["variants"]
    assert (third["status"], third["text"]) == ("refused", "")
    assert done.returncode == 1


def test_a_line_that_is_no_product_is_named(backroom: Run, tmp_path: Path) -> None:
    facts = tmp_path / "facts.jsonl"
    facts.write_text('{"id": "a", "attributes": {}}\n["b"]\n', "utf-8")
    done = backroom("write", "--facts", facts, "--channel", "ebay.title", "--json")
    assert (done.returncode, "line 2 is no product" in done.stderr) == (3, True)


def test_a_review_is_refused_with_the_reason(backroom: Run, tmp_path: Path) -> None:
    facts = tmp_path / "facts.jsonl"
    facts.write_text(json.dumps(FACTS[0]), "utf-8")
    done = backroom("write", "--facts", facts, "--channel", "review")
    assert (done.returncode, "never writes reviews" in done.stderr) == (2, True)


def test_copy_that_exists_is_checked_in_the_language_asked_for(backroom: Run, tmp_path: Path) -> None:
    source = tmp_path / "copy.csv"
    source.write_bytes("编号;标题\n7;本品最好\n8;好裙子\n".encode("gb18030"))
    done = backroom(
        *(
            "check",
            "--in",
            source,
            "--text",
            "标题",
            "--id",
            "编号",
            "--channel",
            "taobao.title",
            "--json",
            "--lang",
            "zh",
        )
    )
    first, second = _lines(done.stdout)
    assert (str(first["id"]), first["status"], second["status"]) == ("7", "refused", "ok")
    [violation] = first["violations"]
    assert (violation["rule"], violation["start"], violation["end"]) == ("cn.absolute.zui", 2, 4)
    assert "绝对化用语" in violation["message"]
