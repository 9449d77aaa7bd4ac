"""Files made to do harm: `python -m tests.hostile` gives each to the verbs that open files, and says what it cost.

Of each: the exit code, the most memory that any process took, the seconds, and the last words. It ends with 1 when a file
took a gigabyte or twenty seconds, was called a fault of ours, or left the shop other than it was.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT

MOST_MEGABYTES, MOST_SECONDS = 1024, 20.0
FAULT = 70

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def workbook(sheet: str, shared: str | None = None, *, raw: bool = False) -> bytes:
    """An .xlsx with one sheet; `sheet` is what stands inside <worksheet>, or the whole part when `raw`."""
    out = io.BytesIO()
    strings = (
        f'<Relationship Id="rId2" Type="{_RELATIONS}/sharedStrings" Target="sharedStrings.xml"/>' if shared else ""
    )
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
            f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>'
            '<sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_RELATIONS}/worksheet" '
            f'Target="worksheets/sheet1.xml"/>{strings}</Relationships>',
        )
        archive.writestr(
            "xl/worksheets/sheet1.xml", sheet if raw else f'<worksheet xmlns="{_MAIN}">{sheet}</worksheet>'
        )
        if shared:
            archive.writestr("xl/sharedStrings.xml", shared)
    return out.getvalue()


def _cell(place: str, text: str = "x") -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def _column(number: int) -> str:
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def workbooks() -> Iterator[tuple[str, bytes]]:
    """Far corners, endless merges, long strings used again and again, parts that unpack without end."""
    for corner in ("XFD1048576", "ZZ1048576", "XFD65536", "AZ1000000", "XFD2"):
        row = corner.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        rows = f'<row r="1">{_cell("A1")}</row><row r="{row}">{_cell(corner)}</row>'
        yield f"corner-{corner}.xlsx", workbook(f"<sheetData>{rows}</sheetData>")
    merges = "".join(f'<mergeCell ref="A{i}:XFD{i + 1000}"/>' for i in range(1, 30_000, 3))
    data = f'<sheetData><row r="1">{_cell("A1")}</row></sheetData>'
    yield "merged.xlsx", workbook(f"{data}<mergeCells>{merges}</mergeCells>")
    whole = "".join('<mergeCell ref="A1:XFD1048576"/>' for _ in range(3000))
    yield "merged-whole.xlsx", workbook(f"{data}<mergeCells>{whole}</mergeCells>")
    for length, most in ((3_000_000, 20_000), (300_000, 60_000)):
        used = "".join(f'<row r="{i}"><c r="A{i}" t="s"><v>0</v></c></row>' for i in range(1, most))
        shared = f'<sst xmlns="{_MAIN}"><si><t>{"a" * length}</t></si></sst>'
        yield f"string-{length}.xlsx", workbook(f"<sheetData>{used}</sheetData>", shared)
    columns = [_column(number) for number in range(1, 16_385)]
    wide = "".join(f'<row r="{n}">{"".join(_cell(f"{column}{n}") for column in columns)}</row>' for n in (1, 2))
    yield "wide.xlsx", workbook(f"<sheetData>{wide}</sheetData>")
    yield "blanks.xlsx", workbook(data + " " * 300_000_000)
    entities = '<!ENTITY a0 "lollollol">'
    entities += "".join(f'<!ENTITY a{i} "' + f"&a{i - 1};" * 10 + '">' for i in range(1, 9))
    text = f'<worksheet xmlns="{_MAIN}"><sheetData><row r="1">{_cell("A1", "&a8;")}</row></sheetData></worksheet>'
    yield "entities.xlsx", workbook(f"<!DOCTYPE l [{entities}]>{text}", raw=True)
    outside = f'<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]>{text.replace("&a8;", "&x;")}'
    yield "outside.xlsx", workbook(outside, raw=True)
    deep = "<a>" * 200_000
    yield "deep.xlsx", workbook(f'<worksheet xmlns="{_MAIN}">{deep}', raw=True)
    yield "cut.xlsx", workbook(data)[:400]
    yield "empty.xlsx", b""
    yield "noise.xlsx", bytes(range(256)) * 400
    yield "noise.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)) * 400
    yield (
        "sectors.xls",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + b"\0" * 16
        + struct.pack("<HHHHH", 62, 3, 0xFFFE, 9, 6)
        + b"\xff" * 12_000,
    )
    yield "noise.ods", workbook(data)


def texts() -> Iterator[tuple[str, bytes]]:
    """Tables as text: too wide, too deep, without an end."""
    header = ",".join(f"c{i}" for i in range(100_000))
    yield "wide.csv", f"{header}\n{','.join('1' for _ in range(100_000))}\n".encode()
    yield "commas.csv", b"a,b\n" + b"," * 5_000_000
    yield "quote.csv", b'a,b\n"' + b"x" * 20_000_000
    yield "quotes.csv", b"a,b\n" + b'"' * 5_000_001
    yield "line.csv", b"x" * 30_000_000
    yield "nul.csv", b"a,b\n" + b"\0" * 5_000_000
    yield "header.csv", b"text," + b"x" * 5_000_000 + b"\na,b\n"
    yield "ragged.csv", b"a,b\n" + b"\n".join(b"," * (i % 3000) for i in range(3000))
    yield "returns.csv", b"a,b\r" * 500_000
    yield "semicolons.txt", b";" * 3_000_000
    yield "bom.csv", b"\xef\xbb\xbf" * 500_000
    yield "utf16.csv", "a,b\n".encode("utf-16") + b"\x00\xd8" * 500_000
    yield "marks.csv", ("text\n" + "e" + "\u0301" * 1_000_000 + "\n").encode()
    yield "deep.jsonl", ('{"a":' * 100_000 + "1" + "}" * 100_000 + "\n").encode()
    yield "lists.jsonl", ("[" * 200_000 + "]" * 200_000 + "\n").encode()
    yield "keys.jsonl", b"\n".join(json.dumps({f"k{j}_{i}": 1 for i in range(60)}).encode() for j in range(1500))
    yield "wide.jsonl", json.dumps({f"k{i}": 1 for i in range(60_000)}).encode() + b"\n"
    yield "number.jsonl", b'{"text": ' + b"9" * 1_000_000 + b"}\n"
    yield "string.jsonl", b'{"text": "' + b"a" * 30_000_000 + b'"}\n'
    yield "escapes.jsonl", b'{"text": "' + b"\\ud800" * 300_000 + b'"}\n'
    yield "array.json", b"[" + b'{"text": "a"},' * 50_000 + b'{"text": "b"}]'
    yield "rows.html", b"<table>" + b"<tr><td>a" * 200_000
    yield "deep.html", b"<table><tr><td>" * 50_000
    yield "spans.html", b'<table><tr><td colspan="100000000" rowspan="100000000">a</table>'
    yield "deep.xml", b"<a>" * 300_000


def archives() -> Iterator[tuple[str, bytes]]:
    """Archives that unpack without end, nest, or name places outside of themselves."""
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"0" * 600_000_000)
    yield "bomb.zip", bomb.getvalue()
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(20_000):
            archive.writestr(f"{number}.csv", b"a\n")
    yield "many.zip", many.getvalue()
    nested = b"a,b\n1,2\n"
    for level in range(40):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr(f"{level}.zip" if level else "a.csv", nested)
        nested = out.getvalue()
    yield "nested.zip", nested
    up = io.BytesIO()
    with zipfile.ZipFile(up, "w") as archive:
        archive.writestr("../../../../tmp/backroom-hostile.csv", b"a,b\n1,2\n")
        archive.writestr("/etc/backroom-hostile.csv", b"a,b\n1,2\n")
    yield "upwards.zip", up.getvalue()
    yield "bomb.csv.gz", gzip.compress(b"0" * 600_000_000, 9)
    yield "cut.csv.gz", gzip.compress(b"a,b\n" * 100_000)[:-30]
    yield "noise.zip", b"PK\x03\x04" + zlib.compress(b"a" * 1000)


def parquets() -> Iterator[tuple[str, bytes]]:
    """Parquet files whose foot lies."""
    import polars as pl

    out = io.BytesIO()
    pl.DataFrame({"text": ["a"] * 1000}).write_parquet(out)
    whole = out.getvalue()
    yield "foot.parquet", whole[:-8] + struct.pack("<I", 0x7FFFFFFF) + b"PAR1"
    yield "cut.parquet", whole[: len(whole) // 2] + b"PAR1"
    yield "noise.parquet", b"PAR1" + bytes(range(256)) * 200 + struct.pack("<I", 5000) + b"PAR1"
    out = io.BytesIO()
    pl.DataFrame({"text": [None] * 40_000_000}, schema={"text": pl.String}).write_parquet(out)
    yield "nulls.parquet", out.getvalue()
    out = io.BytesIO()
    pl.DataFrame({"text": ["a" * 1_000_000] * 3000}).write_parquet(out)
    yield "repeated.parquet", out.getvalue()


def models() -> Iterator[tuple[str, bytes]]:
    """Model files that announce more than there is."""
    head = b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"k" + struct.pack("<I", 9)
    yield "nested.gguf", head + struct.pack("<IQ", 9, 1) * 100_000
    yield "array.gguf", head + struct.pack("<IQ", 8, 1 << 40)
    yield "entries.gguf", b"GGUF" + struct.pack("<IQQ", 3, 1 << 50, 1 << 50)
    yield "cut.gguf", b"GGUF"


def commands(name: str, path: Path, shop: Path) -> list[list[str]]:
    """What is done with a file: whatever opens files of its kind."""
    if name.endswith(".gguf"):
        return [["models", "add", str(path)]]
    return [["import", str(shop), str(path)], ["label", "pii", "--in", str(path), "--text", "text", "--json"]]


def run(arguments: list[str], home: Path) -> tuple[int, int, float, str]:
    """Exit code, most megabytes of any process, seconds, last words."""
    began = time.monotonic()
    limited = (
        "import resource, subprocess, sys\n"
        "done = subprocess.run([sys.executable, '-m', 'engine.cli', *sys.argv[1:]], capture_output=True, timeout=120)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
        "sys.stderr.buffer.write(done.stderr[-4000:])\n"
        "sys.exit(done.returncode % 256)\n"
    )
    environment = {**os.environ, "BACKROOM_HOME": str(home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", limited, *arguments], capture_output=True, text=True, errors="replace", check=False,
        cwd=ROOT, env=environment,
    )  # fmt: skip
    words = (done.stderr.strip().splitlines() or [""])[-1]
    peak = int(done.stdout.strip() or 0) // 1024
    return done.returncode, peak, time.monotonic() - began, words


def main(only: list[str]) -> int:
    """Give every file, or those whose name holds one of the given words, to the verbs; 1 when one did harm."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    harm = 0
    with tempfile.TemporaryDirectory() as folder:
        shop, home = Path(folder) / "my.shop", Path(folder) / "home"
        good = Path(folder) / "good.csv"
        good.write_text("order number,order date,product,amount\n1,2026-01-01,Lamp,3.00\n", encoding="utf-8")
        run(["import", str(shop), str(good), "--accept"], home)
        for kind in (workbooks, texts, archives, parquets, models):
            for name, content in kind():
                if only and not any(word in name for word in only):
                    continue
                path = Path(folder) / name
                path.write_bytes(content)
                for arguments in commands(name, path, shop):
                    before = hashlib.sha256(shop.read_bytes()).hexdigest()
                    code, peak, seconds, words = run(arguments, home)
                    same = hashlib.sha256(shop.read_bytes()).hexdigest() == before
                    bad = code == FAULT or peak > MOST_MEGABYTES or seconds > MOST_SECONDS
                    bad = bad or (not same and code not in (0, 1))
                    harm += bad
                    mark = "HARM" if bad else "ok"
                    print(
                        f"{mark}\t{arguments[0]}\t{name}\t{code}\t{peak} MB\t{seconds:.1f} s\t{words[:150]}", flush=True
                    )
                path.unlink()
    return 1 if harm else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
