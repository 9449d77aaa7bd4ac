"""The command line's promises to scripts: data on stdout, talk on stderr, exit codes that mean something."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.conftest import Run

REVIEWS = (
    "title,body,rating,review_date,source,curated,reviewer_name,reviewer_email,product_id,product_handle,reply,reply_date,"
    "picture_urls,ip_address,location,metaobject_handle\n"
    "Good,Works well for me,5,2026-03-01 10:00:00 UTC,email,ok,Ann,ann@example.com,1,lamp,,,,,,\n"
    "Bad,It broke after a day,1,2026-03-02 10:00:00 UTC,email,ok,Bob,bob@example.com,1,lamp,,,,,,\n"
)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.csv"
    path.write_text(REVIEWS, encoding="utf-8")
    return path


def test_import_again_undo(backroom: Run, tmp_path: Path, export: Path) -> None:
    shop = tmp_path / "a.shop"
    first = backroom("import", shop, export, "--json")
    assert first.returncode == 0, first.stderr
    record = json.loads(first.stdout)
    assert (record["profile"], record["rows_read"], record["rows_loaded"]) == ("judgeme_reviews", 2, 2)
    assert set(record) >= {
        "file",
        "platform",
        "report",
        "encoding",
        "delimiter",
        "lines_skipped",
        "totals",
        "import_id",
        "seconds",
    }

    again = json.loads(backroom("import", shop, export, "--json").stdout)
    assert again["rows_loaded"] == 0
    count = "select count(*) as n from v_reviews"
    assert json.loads(backroom("sql", shop, count, "--json").stdout) == {"n": 2}

    listed = [json.loads(line) for line in backroom("imports", shop, "--json").stdout.splitlines()]
    assert listed[-1]["import_id"] == record["import_id"]
    assert backroom("undo", shop, record["import_id"]).returncode == 0
    assert json.loads(backroom("sql", shop, count, "--json").stdout) == {"n": 0}


def test_an_unknown_file_loads_nothing_until_accepted(backroom: Run, tmp_path: Path) -> None:
    shop, file = tmp_path / "a.shop", tmp_path / "odd.csv"
    rows = "".join(
        f"2026-03-{day:02d},{day % 5 + 1},I like the handle of this pot number {day}\n" for day in range(1, 20)
    )
    file.write_text("when,points,what they said\n" + rows, encoding="utf-8")
    refused = backroom("import", shop, file, "--json")
    record = json.loads(refused.stdout)
    assert refused.returncode == 1 and record["profile"] is None
    assert json.loads(backroom("sql", shop, "select count(*) as n from reviews", "--json").stdout) == {"n": 0}
    accepted = backroom(
        "import", shop, file, "--map", "what they said=text", "--map", "points=stars", "--accept", "--json"
    )
    assert json.loads(accepted.stdout)["rows_loaded"] == 19
    assert json.loads(backroom("sql", shop, "select sum(stars) as s from reviews", "--json").stdout)["s"] > 0


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["findings", "missing.shop"], 3, "no such shop"),
        (["findings", "x.db"], 2, ".shop"),
        (["nonsense"], 2, "there is no verb and no file nonsense"),
        (["label", "sentiment", "--in", "missing.jsonl", "--text", "t"], 3, "no such file"),
        (["label", "sentiment", "--in", "a.txt", "--text", "t"], 3, "no such file"),
        (["label", "sentiment", "--labels", "l.csv", "--in", "a.csv", "--text", "t"], 2, "--labels"),
        (["extract", "missing.toml", "--in", "a.jsonl", "--text", "t"], 3, "missing.toml"),
    ],
)
def test_mistakes_are_named(backroom: Run, tmp_path: Path, arguments: list[str], code: int, says: str) -> None:
    done = backroom(*[str(tmp_path / part) if "." in part else part for part in arguments])
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr


def test_a_bad_file_does_not_stop_the_good_one(backroom: Run, tmp_path: Path, export: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()
    done = backroom("import", tmp_path / "a.shop", empty, export)
    assert done.returncode == 3
    assert "empty.csv" in done.stderr and "reviews.csv" in done.stdout


def test_csv_output_cannot_run_in_a_spreadsheet(backroom: Run, tmp_path: Path, export: Path) -> None:
    shop = tmp_path / "a.shop"
    backroom("import", shop, export)
    done = backroom("sql", shop, "select '=1+1' as a, '@cmd' as b, -3 as c", "--csv")
    assert done.stdout.splitlines()[1] == "'=1+1,'@cmd,-3"


def test_export_writes_a_file_once_and_what_it_wrote_is_read_back(backroom: Run, tmp_path: Path, export: Path) -> None:
    shop, out = tmp_path / "a.shop", tmp_path / "out.csv"
    backroom("import", shop, export)
    done = backroom("export", shop, "reviews", "--to", out, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"files": [str(out)], "rows": 2, "notes": []}
    again = backroom("export", shop, "reviews", "--to", out)
    assert again.returncode == 2 and "--force" in again.stderr
    assert backroom("export", shop, "reviews", "--to", out, "--force").returncode == 0
    record = json.loads(backroom("import", tmp_path / "b.shop", out, "--json").stdout)
    assert (record["profile"], record["rows_loaded"], record["rows_rejected"]) == ("backroom_reviews", 2, 0)
    words = "select row_key, title, text, stars, written_at, author from reviews order by row_key"
    assert backroom("sql", shop, words, "--json").stdout == backroom("sql", tmp_path / "b.shop", words, "--json").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--to", "out.csv"], 2, "say what to export"),
        (["reviews", "--sql", "select 1", "--to", "out.csv"], 2, "say what to export"),
        (["reviews", "--finding", "1", "--to", "out.csv"], 2, "goes with evidence"),
        (["reviews", "--to", "out.doc"], 2, ".csv, .xlsx, .json, .md, .html"),
        (["nothing", "--to", "out.csv"], 2, "there is nothing called nothing"),
        (["--sql", "drop table reviews", "--to", "out.csv"], 3, "Only SELECT can be run here"),
    ],
)
def test_export_says_what_is_wrong_and_writes_nothing(
    backroom: Run, tmp_path: Path, export: Path, arguments: list[str], code: int, says: str
) -> None:
    shop = tmp_path / "a.shop"
    backroom("import", shop, export)
    placed = [str(tmp_path / part) if part.startswith("out.") else part for part in arguments]
    done = backroom("export", shop, *placed)
    assert (done.returncode, done.stdout) == (code, "") and says in done.stderr
    assert not list(tmp_path.glob("out.*"))


def test_import_says_what_is_new_since_the_last_file(backroom: Run, tmp_path: Path, export: Path) -> None:
    shop, later = tmp_path / "a.shop", tmp_path / "later.csv"
    backroom("import", shop, export)
    later.write_text(REVIEWS + REVIEWS.splitlines()[-1].replace("Bob", "Cat").replace("bob@", "cat@") + "\n")
    done = backroom("import", shop, later)
    assert "new: 1 new review in later.csv" in done.stdout
    (found,) = [
        json.loads(line) for line in backroom("findings", shop, "--desk", "imports", "--json").stdout.splitlines()
    ]
    assert (found["key"], found["k"], found["n"]) == ("imports:judgeme:reviews:new_rows:reviews", 1, 3)
    (evidence,) = [json.loads(line) for line in backroom("evidence", shop, found["key"], "--json").stdout.splitlines()]
    assert (evidence["file"], evidence["line"]) == ("later.csv", 4)


def test_a_fault_of_ours_is_logged_and_said(backroom: Run, tmp_path: Path, export: Path) -> None:
    shop = tmp_path / "a.shop"
    backroom("import", shop, export)
    with sqlite3.connect(shop) as db:
        db.execute("UPDATE imports SET report_json = 'broken'")
    done = backroom("imports", shop)
    assert done.returncode == 70
    log = done.stderr.strip().rsplit(" ", 1)[-1]
    assert "JSONDecodeError" in Path(log).read_text(encoding="utf-8")


@pytest.mark.model
def test_label_keeps_order_ids_and_odd_rows(backroom: Run, tmp_path: Path) -> None:
    file = tmp_path / "t.jsonl"
    texts = [
        "Love it, wonderful quality, my kids are happy",
        "",
        "太差了，刚用就坏了，要求退款",
        "line one\u2028still the same text",
    ]
    file.write_text("".join(json.dumps({"k": f"r{i}", "t": t}) + "\n" for i, t in enumerate(texts)), encoding="utf-8")
    done = backroom("label", "sentiment", "--in", file, "--text", "t", "--id", "k", "--json")
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in done.stdout.split("\n") if line]
    assert [record["id"] for record in records] == ["r0", "r1", "r2", "r3"]
    assert (records[0]["label"], records[2]["label"]) == ("positive", "negative")
    assert records[1]["abstain"] and records[1]["method"] == "empty text"
    for record in records:
        assert abs(sum(record["probabilities"].values()) - 1) < 0.01
        assert record["confidence"] == record["probabilities"][record["label"]]
    piped = backroom("label", "sentiment", "--in", "-", "--text", "t", "--json", input='{"t": "great"}\n')
    assert json.loads(piped.stdout)["id"] == 1


@pytest.mark.model
def test_extract_copies_from_the_text_and_says_what_it_dropped(backroom: Run, tmp_path: Path) -> None:
    wish, file = tmp_path / "wish.toml", tmp_path / "t.jsonl"
    wish.write_text(
        'instruction = "List every part that is complained about."\n[[field]]\nname = "part"\n'
        '[[example]]\ntext = "The zip came off and the hem frayed."\nitems = [{ part = "zip" }, { part = "hem" }]\n'
        '[[example]]\ntext = "Lovely."\nitems = []\n',
        encoding="utf-8",
    )
    texts = ["The strap broke.", "", "The lid leaked and the handle came off."]
    file.write_text("".join(json.dumps({"t": text}) + "\n" for text in texts), encoding="utf-8")
    done = backroom("extract", wish, "--in", file, "--text", "t", "--json")
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["id"] for record in records] == [1, 2, 3] and not records[1]["items"]
    for record, text in zip(records, texts, strict=True):
        for item in record["items"]:
            assert text[item["part"]["start"] : item["part"]["end"]] == item["part"]["text"]
    assert "that their text does not say" in done.stderr


HOSTILE = "\x1b]0;owned\x07\x9b2J\u202egpj.exe"


def test_nothing_that_a_file_holds_disturbs_a_terminal(backroom: Run, tmp_path: Path) -> None:
    shop, export = tmp_path / "a.shop", tmp_path / f"{HOSTILE}.csv"
    export.write_text(REVIEWS.replace("Good,Works well", f"{HOSTILE},{HOSTILE} Works well"), encoding="utf-8")
    (tmp_path / "none.csv").write_text(f"{HOSTILE},b\n1,2\n", encoding="utf-8")
    query = f"select text, '{HOSTILE}' as \"{HOSTILE}\" from reviews"
    printed = [
        backroom("import", shop, export, tmp_path / "none.csv", tmp_path / f"missing{HOSTILE}.csv"),
        backroom("imports", shop), backroom("imports", shop, "--json"), backroom("imports", shop, "--csv"),
        backroom("sql", shop, query), backroom("sql", shop, query, "--json"), backroom("sql", shop, f"select {HOSTILE}"),
        backroom("evidence", shop, HOSTILE), backroom("export", shop, HOSTILE, "--to", tmp_path / "x.csv"),
        backroom(f"nothing{HOSTILE}"), backroom("open", tmp_path / f"{HOSTILE}.txt"),
    ]  # fmt: skip
    raw = set("\x1b\x07\x9b\u202e")
    assert [set(done.stdout + done.stderr) & raw for done in printed] == [set()] * len(printed)
    assert json.loads(printed[5].stdout.splitlines()[0])[HOSTILE] == HOSTILE  # nothing is lost for machines
    for suffix in ("csv", "json", "md", "html"):
        file = tmp_path / f"out.{suffix}"
        assert backroom("export", shop, "reviews", "--to", file).returncode == 0
        assert not set(file.read_text(encoding="utf-8-sig")) & raw
