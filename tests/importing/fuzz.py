"""Mutates fixture files for as long as it is told and checks that the import desk never breaks its word.

    python -m tests.importing.fuzz --minutes 30 --seed 7

Every case begins with a shop that already holds some of the fixtures, so that mutated files overlap with it. After each:
nothing but a `BackroomError` came out, an error left the shop as it was, every record of the file is accounted for, linking
all rows anew changes nothing, taking the imports back leaves every table as before, and none of it took more than ten seconds. A case is repeated with
`--seed S --only CASE`; the files of failed cases are kept.
"""

# Rows of a file are as long as they are.
# ruff: noqa: E501

from __future__ import annotations

import argparse
import csv
import faulthandler
import gzip
import hashlib
import io
import os
import random
import re
import shutil
import sqlite3
import sys
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import xlsxwriter

from engine.errors import BackroomError
from engine.importing import delimited, link, matching, review_links
from engine.importing.desk import import_file, undo
from engine.importing.reading import TextTable, open_file
from engine.importing.report import ImportReport, ImportSettings
from engine.store.database import Store
from engine.store.tables import IMPORTED
from tests.importing.conftest import PDD, SHOPIFY, judgeme, pdd
from tests.importing.test_grain import BUSINESS, DOUYIN_HEADER, JD, SETTLEMENT, TIKTOK
from tests.importing.test_header import EBAY, GOOGLE
from tests.importing.test_links import PRODUCTS
from tests.importing.test_quirks import META, PACKED, TRANSACTIONS
from tests.importing.workbooks import Cell, write_ods, write_xls

SLOWEST_SECONDS = 10.0
HANGS_AFTER_SECONDS = 180
"""Wall time after which a case that is still running is taken to hang in a library's own code, and ends the run."""
DERIVED = ("product_keys", "product_identifiers", "product_mentions", "review_links", "row_changes", "row_seen")
TABLES = (*IMPORTED, *DERIVED)
REVIEWS = judgeme(
    ("Fine", 'Works.\nEvery day, "really" 😀', 5, "2026-03-01 10:00:00 UTC", "ann@example.com", "blue-shirt"),
    ("", "It broke, after a week", 1, "2026-03-02 10:00:00 UTC", "bob@example.com", "red-sock"),
    ("好", "质量很好，就是有点小", 4, "2026-03-03 10:00:00 UTC", "c@example.com", "blue-shirt"),
)
UNKNOWN = "Datum;Produkt;Sterne;Bewertungstext\n01.03.2026;Lampe;5;Macht ein warmes Licht am Abend\n13.03.2026;Tasse;2;Kam zerbrochen an, schade\n"
DOUYIN = (
    f"\ufeff{DOUYIN_HEADER}\n\t691,\t6911;6912,辣丝丝;酸萝卜,1袋;2袋,5,A1;A2,28.90,0.00,##密文,$$密文,##密文,2026-09-22 00:54:10,,已完成,,0\n"
    "\t692,\t6921,辣丝丝,1袋,1,A1,8.90,0.00,##密文,$$密文,##密文,2026-09-22 00:54:10,,已完成,,0\n"
)
SPECIAL = (
    "", " ", "-", "--", "N/A", "nan", "inf", "-1", "1e400", "1.2E+17", "583870900000000000.0", "=1+1", "@x", "\t9", "'01",
    "1,234.56", "1.234,56", "(3)", "31/02/2026", "2026-13-45", "03/04/2026", "25/12/2026", "99999999999999999999", "Total",
    "合计", "Seller ID : x", "3 record(s) downloaded", "\u202e\u0000", "😀" * 9, "é", "##密文", "G-1", '"', '""', '"a', ";", "\r",
    "<b>x</b>", "&#x1F600;", "[1] Product Name: x; Quantity: y;", "true", "null", "{}", "\ud7ff\ufffe",
)  # fmt: skip
TOKENS = (
    b",", b'"', b"\n", b"\r\n", b"\r", b"\t", b";", b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\xe4\xbd", b"\x81", b"\x1a",
    b'""', b'",', b',"', b"sep=;\n", b"{", b"}", b"[", b"<table>", b"</td>", b"PK\x03\x04", b"\xc3", b"\xf0\x9f", b"\\",
)  # fmt: skip
ENCODINGS = ("utf-8", "gb18030", "utf-16", "utf-16-le", "cp1252", "shift_jis", "big5")


def seeds(folder: Path) -> dict[str, bytes]:
    """The fixtures: file name to content, one or more of every kind of container."""
    text = {
        "shopify.csv": SHOPIFY, "products.csv": PRODUCTS, "reviews.csv": REVIEWS, "tiktok.csv": TIKTOK, "settlement.txt": SETTLEMENT,
        "ebay.csv": EBAY + "2 record(s) downloaded\n", "douyin.csv": DOUYIN, "business.csv": BUSINESS, "meta.csv": META + "2026-03-01,2026-03-31,A,300.00,3000\n2026-03-01,2026-03-01,B,\"1,000.50\",20\n",
        "transactions.csv": '"Includes Amazon Marketplace"\n"All amounts in USD, unless specified"\n' + TRANSACTIONS,
        "google.csv": "Campaign report\nAugust 2026\n" + GOOGLE + 'Total: All campaigns,,,"1,500",70,30.00,3\n',
        "packing.csv": f'order_sn,tracking_number,product_info,remark_from_buyer,seller_note\n1,T1,"{PACKED}",,\n2,T2,"{PACKED}",,x\n',
        "unknown.csv": UNKNOWN, "lines.jsonl": '{"review": "Lovely lamp, would buy again", "stars": 5, "a": {"b": [1, 2]}}\n{"review": "Broke after a week", "stars": 1}\n',
        "document.json": '{"reviews": [{"review": "Lovely lamp, would buy again", "stars": 5}, {"review": "Broke after a week", "stars": 1}]}',
        "page.xls": "<html><table><tr><th>" + "</th><th>".join(PDD) + "</th></tr><tr><td>" + "</td><td>".join(map(str, pdd("260914-1"))) + "</td></tr></table></html>",
    }  # fmt: skip
    found = {name: content.encode() for name, content in text.items()}
    found |= {
        "jd.csv": JD.encode("gbk"),
        "shopify16.csv": SHOPIFY.encode("utf-16"),
        "google16.csv": GOOGLE.replace(",", "\t").encode("utf-16"),
    }
    rows: list[list[Cell]] = [[*PDD], [*pdd("260914-1", "G-1")], [*pdd("260915-2")]]
    write_xls(folder / "old.xls", {"订单": rows, "b": rows[:1]})
    write_ods(folder / "open.ods", {"订单": rows})
    with xlsxwriter.Workbook(folder / "new.xlsx") as book:
        for name in ("订单", "b"):
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                sheet.write_row(r, 0, row)
            sheet.merge_range(5, 0, 6, 0, "x")
    pl.DataFrame(
        {"review": ["Parquet reviews can be read as well", "Broke after a week"], "stars": [5, 1]}
    ).write_parquet(folder / "r.parquet")
    with zipfile.ZipFile(folder / "two.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/shopify.csv", SHOPIFY)
        archive.writestr("b.xlsx", (folder / "new.xlsx").read_bytes())
    found |= {path.name: path.read_bytes() for path in folder.iterdir()}
    return found | {"reviews.csv.gz": gzip.compress(REVIEWS.encode())}


# -- mutations -------------------------------------------------------------------------------------------------------


def mutate(data: bytes, name: str, chance: random.Random) -> bytes:
    """One to five changes of a file that keep it looking like what it was, mostly."""
    if data[:2] == b"PK" and chance.random() < 0.7:
        return _inside(data, chance)
    for _ in range(chance.choice((1, 1, 2, 3, 5))):
        change: Callable[[bytes, random.Random], bytes] = chance.choice(_CHANGES)
        if change in _OF_TABLES and (data[:2] == b"PK" or b"\x00" in data[:64]):
            change = chance.choice(_OF_BYTES)
        data = change(data, chance)
    return data


def _inside(data: bytes, chance: random.Random) -> bytes:
    """The archive with one of its parts changed and packed again, so that its checksums are right."""
    out = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as again:
            members = archive.namelist()
            chosen = chance.choice(members)
            for member in members:
                content = archive.read(member)
                if member == chosen:
                    content = mutate(content, member, chance)
                    if chance.random() < 0.1:
                        continue
                again.writestr(member, content)
    except (zipfile.BadZipFile, ValueError):
        return data
    return out.getvalue()


def _flip(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 4, 40))):
        if changed:
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _insert(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(TOKENS) * chance.choice((1, 1, 2, 50)) + data[at:]


def _cut(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + data[at + chance.choice((1, 2, 10, 100)) :]


def _truncate(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _zeros(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + bytes(min(len(data) - at, chance.choice((4, 64, 512)))) + data[at + 512 :]


def _double(data: bytes, chance: random.Random) -> bytes:
    return data + data[chance.randrange(len(data) + 1) :]


def _mixed(data: bytes, chance: random.Random) -> bytes:
    text, other = data.decode("utf-8", "replace"), chance.choice(ENCODINGS)
    at = chance.randrange(len(text) + 1)
    return text[:at].encode() + text[at:].encode(other, "replace")


def _recoded(data: bytes, chance: random.Random) -> bytes:
    return data.decode("utf-8", "replace").encode(chance.choice(ENCODINGS), "replace")


def _lines(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(7):
        case 0:
            del lines[at]
        case 1:
            lines.insert(other, lines[at])
        case 2:
            lines[at], lines[other] = lines[other], lines[at]
        case 3:
            lines[at] = lines[at][: chance.randrange(len(lines[at]) + 1)]
        case 4:
            lines.insert(at, chance.choice((b"", b"  ", b",,,,,,", b"Total,,,", "合计,,5".encode(), b"# x", lines[0])))
        case 5:
            lines += lines[1:] * chance.choice((1, 3, 60))
        case _:
            lines[at] = lines[at].replace(b",", chance.choice((b";", b"\t", b",,", b"|")))
    return b"\n".join(lines)


def _cells(data: bytes, chance: random.Random) -> bytes:
    """Cells replaced by hostile ones, columns swapped, dropped, doubled or renamed."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _lines(data, chance)
    delimiter = delimited.sniff(text)
    rows = [list(record.cells) for record in delimited.parse(text, delimiter)]
    width = max((len(row) for row in rows), default=0)
    if width < 2:
        return _lines(data, chance)
    a, b = chance.randrange(width), chance.randrange(width)
    kind = chance.randrange(7)
    for number, row in enumerate(rows):
        if max(a, b) >= len(row):
            continue
        match kind:
            case 0:
                row[a], row[b] = row[b], row[a]
            case 1:
                del row[a]
            case 2:
                row.insert(b, row[a])
            case 3 if number:
                row[a] = chance.choice(SPECIAL)
            case 4 if chance.random() < 0.3:
                row[a] = chance.choice(SPECIAL) + row[a] * chance.choice((1, 1, 3))
            case 5 if number and chance.random() < 0.2:
                row[a] = row[a] + "x" * chance.choice((300, 20_000, 300_000))
            case 6 if not number:
                row[a] = chance.choice((*SPECIAL, row[b], row[a].upper(), row[a] + " (USD)"))
    out = io.StringIO()
    csv.writer(
        out, delimiter=delimiter, lineterminator="\n", quoting=chance.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    ).writerows(rows)
    return out.getvalue().encode("utf-8", "replace")


def _long_line(data: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.9:
        return _insert(data, chance)
    at = chance.randrange(len(data) + 1)
    return data[:at] + b"x" * chance.choice((1 << 20, 17 << 20)) + data[at:]


_OF_TABLES = (_lines, _cells, _mixed, _recoded)
_OF_BYTES = (_flip, _insert, _cut, _truncate, _zeros, _double, _long_line)
_CHANGES = (*_OF_TABLES, *_OF_TABLES, _cells, _cells, *_OF_BYTES)


# -- checking --------------------------------------------------------------------------------------------------------


@dataclass
class Failure:
    """A case that broke a promise: its number, the fixture, and what happened."""

    case: int
    fixture: str
    said: str


class Broken(AssertionError):
    """A promise of the import desk that did not hold."""


def state(shop: Path) -> dict[str, str]:
    """A hash of every table that an import can change."""
    connection = sqlite3.connect(shop)
    try:
        found = {}
        for table in (*TABLES, "reviews_search"):
            columns = "rowid, text" if table == "reviews_search" else "*"
            digest = hashlib.blake2b(digest_size=8)
            for row in connection.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2"):
                digest.update(repr(row).encode("utf-8", "replace"))
            found[table] = digest.hexdigest()
        return found
    finally:
        connection.close()


def _computed() -> float:
    """Seconds that this process and its children have computed, so that a busy machine is no failure."""
    return sum(os.times()[:4])


def check(path: Path, shop: Path, settings: ImportSettings) -> str:
    """Import a file into a shop, take it back, and say in a word what came of it.

    Raises:
        Broken: a promise did not hold; any other exception is a failure as well.
    """
    before = state(shop)
    store = Store(shop)
    try:
        started = _computed()
        try:
            reports = import_file(store, path, settings)
        except BackroomError as error:
            if not error.what or not error.message():
                raise Broken("an error without words") from error
            if (
                store.value("SELECT count(*) FROM imports WHERE state = 'loaded'") != BASE_IMPORTS
                or state(shop) != before
            ):
                raise Broken(f"the shop changed although: {error.message()}") from error
            return "refused"
        finally:
            if (took := _computed() - started) > SLOWEST_SECONDS:
                raise Broken(f"took {took:.0f} seconds")
        loaded = [r.import_id for r in reports if r.import_id is not None and r.already_imported is None]
        for report in reports:
            _accounted(report)
        _all_records(path, settings, reports)
        if not loaded and state(shop) != before:
            raise Broken("the shop changed although nothing was loaded")
        if loaded:
            _linked(store, shop)
        for import_id in loaded:
            undo(store, import_id)
        after = state(shop)
        if after != before:
            raise Broken(f"taking back left changes in {', '.join(t for t in after if after[t] != before[t])}")
        return "loaded" if loaded else "asked"
    finally:
        store.close()


def _linked(store: Store, shop: Path) -> None:
    """Linking all rows anew changes nothing: what an import linked by what was new is what all rows together say."""
    before = state(shop)
    with store.write() as db:
        link.link(db)
        review_links.link_reviews(db)
    after = state(shop)
    if after != before:
        raise Broken(f"linking anew changes {', '.join(t for t in after if after[t] != before[t])}")


def _accounted(report: ImportReport) -> None:
    parts = (report.rows_loaded, report.rows_updated, report.rows_duplicate, report.rows_rejected)
    if report.import_id is None:
        if report.rows_loaded or report.tables:
            raise Broken("rows without an import")
        return
    if min(parts) < 0 or sum(parts) != report.rows_read:
        raise Broken(f"{report.rows_read} rows read, but loaded, changed, repeated, rejected: {parts}")
    if (report.rows_rejected > 0) != (report.rejects_file is not None and Path(report.rejects_file).exists()):
        raise Broken("rejected rows without a file, or a file without them")
    if any(not item["reason"] for item in report.lines_skipped):
        raise Broken("a line was skipped without a reason")


def _all_records(path: Path, settings: ImportSettings, reports: list[ImportReport]) -> None:
    """Every record that is not blank is a row read, the header, or a line skipped with its reason."""
    with open_file(path, matching.header_words(), encoding=settings.encoding) as opened:
        for table, report in zip(opened.tables, reports, strict=False):
            if report.import_id is None or report.already_imported is not None or table.keyed:
                continue
            records = 0
            for batch in table.batches(0, 500, list(range(500))):
                cells = batch.frame.select(pl.any_horizontal(pl.all().str.strip_chars().fill_null("") != ""))
                records += int(cells.to_series().sum() or 0) + len(batch.ragged)
            # A column whose name is blank is called by its number as well: only all of them together mean no header.
            names = [column["column"] for column in report.columns]
            headless = names == [f"column {i}" for i in range(1, len(names) + 1)]
            said = report.rows_read + len(report.lines_skipped) + (not headless)
            # Where quotes are used wrongly, more rows may be found below a header than a plain reading finds.
            sure = not isinstance(table, TextTable) or table.index.regular
            if records > said or (sure and records != said):
                raise Broken(
                    f"{records} records, but {report.rows_read} rows read, {len(report.lines_skipped)} skipped, and a header"
                )


BASE_IMPORTS = 4


def base_shop(folder: Path, files: dict[str, bytes]) -> Path:
    """A shop that already holds four of the fixtures."""
    shop = folder / "base.shop"
    store = Store(shop, create=True)
    for name in ("products.csv", "shopify.csv", "reviews.csv", "jd.csv"):
        (folder / name).write_bytes(files[name])
        import_file(store, folder / name)
    store.close()
    connection = sqlite3.connect(shop)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    return shop


class Fuzzer:
    """Runs cases by number; the same seed and number make the same case.

    Args:
        seed: of all cases.
        folder: for the shop, the mutated file, and the files of failed cases (`failed-…`).
    """

    def __init__(self, seed: int, folder: Path) -> None:
        self.seed, self.folder = seed, folder
        material = folder / "seeds"
        material.mkdir(exist_ok=True)
        self._files = seeds(material)
        self._base = base_shop(folder, self._files)
        self.outcomes = {"loaded": 0, "asked": 0, "refused": 0}
        self.failures: list[Failure] = []

    def run(self, case: int) -> None:
        """One case."""
        chance = random.Random(f"{self.seed}-{case}")
        name = chance.choice(sorted(self._files))
        data = mutate(self._files[name], name, chance)
        settings = ImportSettings(
            accept=chance.random() < 0.5, date_order=chance.choice((None, None, "dmy", "mdy")),
            encoding=chance.choice((None,) * 9 + ("utf-8", "gb18030", "cp1252")),
        )  # fmt: skip
        delimited.BATCH_BYTES = max(chance.choice((12 << 20, 12 << 20, 200, 1_000)), len(data) // 50)
        case_folder = self.folder / "case"
        shutil.rmtree(case_folder, ignore_errors=True)
        case_folder.mkdir()
        path, shop = case_folder / name, case_folder / "my.shop"
        path.write_bytes(data)
        shutil.copyfile(self._base, shop)
        # A hang in compiled code can't be interrupted: the traceback is printed, the process ends, the case's folder stays.
        (self.folder / "running.txt").write_text(f"case {case} of seed {self.seed}")
        faulthandler.dump_traceback_later(HANGS_AFTER_SECONDS, exit=True)
        try:
            self.outcomes[check(path, shop, settings)] += 1
        except KeyboardInterrupt:
            raise
        except BaseException:
            # Also panics of libraries, which are no `Exception`.
            said = traceback.format_exc()
            self.failures.append(Failure(case, name, said))
            (self.folder / f"failed-{self.seed}-{case}-{name}").write_bytes(data)
            print(f"case {case} ({name}, {settings}):\n{said}", flush=True)
        finally:
            faulthandler.cancel_dump_traceback_later()


def _resident() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)


def main(arguments: list[str] | None = None) -> int:
    """Run for some minutes, or one case; the exit code says whether anything failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="one case")
    parser.add_argument("--keep", type=Path, help="folder for the files of failed cases")
    said = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="backroom-fuzz-") as temporary:
        folder = Path(temporary)
        fuzzer = Fuzzer(said.seed, folder)
        if said.only is not None:
            fuzzer.run(said.only)
            print(fuzzer.outcomes)
            return 1 if fuzzer.failures else 0
        end, case, spoken = time.monotonic() + said.minutes * 60, 0, time.monotonic()
        while time.monotonic() < end:
            fuzzer.run(case)
            case += 1
            if time.monotonic() - spoken > 30:
                spoken = time.monotonic()
                print(
                    f"{case:,} cases, {fuzzer.outcomes}, {len(fuzzer.failures)} failed, {_resident() >> 20} MB",
                    flush=True,
                )
        print(f"{case:,} cases, {fuzzer.outcomes}, {len(fuzzer.failures)} failed, {_resident() >> 20} MB")
        for kept in folder.glob("failed-*") if said.keep else ():
            said.keep.mkdir(parents=True, exist_ok=True)
            shutil.copy(kept, said.keep / re.sub(r"[^\w.-]", "_", kept.name))
    return 1 if fuzzer.failures else 0


if __name__ == "__main__":
    sys.exit(main())
