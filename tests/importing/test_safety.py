"""Killed, fuzzed, or stopped: a file is in the shop whole or not at all."""

# Rows of a file are as long as they are.
# ruff: noqa: E501

from __future__ import annotations

import gzip
import random
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import BackroomError
from engine.importing.desk import import_file, recognise
from engine.importing.report import ImportSettings
from engine.store.database import Store
from tests.importing.conftest import SHOPIFY, SHOPIFY_HEADER, judgeme
from tests.importing.test_again import dump
from tests.importing.test_grain import DOUYIN_HEADER, JD, SETTLEMENT, TIKTOK
from tests.importing.test_header import EBAY
from tests.importing.workbooks import write_ods

_IMPORT = """
import sys
from pathlib import Path
from engine.importing import delimited
from engine.importing.desk import import_file
from engine.importing.report import ImportSettings
from engine.jobs import JobContext
from engine.store.database import Store
delimited.BATCH_BYTES = 100_000
context = JobContext(report=lambda progress: print(progress.stage, progress.done, flush=True))
import_file(Store(Path(sys.argv[1])), Path(sys.argv[2]), ImportSettings(), context)
print("done", flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a signal that cannot be caught")
def test_killed_at_any_moment_the_shop_is_as_before_and_the_next_run_completes(tmp_path: Path) -> None:
    body = SHOPIFY.split("\n", 1)[1]
    big = tmp_path / "big.csv"
    big.write_text(SHOPIFY_HEADER + "\n" + "".join(body.replace("#", f"#{n}-") for n in range(4000)))
    shop = tmp_path / "my.shop"
    store = Store(shop, create=True)
    first = tmp_path / "first.csv"
    first.write_text(SHOPIFY)
    import_file(store, first)
    before = dump(store)
    chance = random.Random(7)
    for steps in (1, *chance.sample(range(2, 25), 3)):
        child = subprocess.Popen(
            [sys.executable, "-c", _IMPORT, str(shop), str(big)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
        )
        assert child.stdout is not None
        said = [child.stdout.readline() for _ in range(steps)]
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        assert b"done\n" not in said
        assert dump(store) == before
        assert store.value("SELECT count(*) FROM imports") == 1
    import_file(store, big)
    assert store.value("SELECT count(*) FROM order_lines") == 3 + 12_000
    assert store.value("SELECT count(*) FROM imports") == 2
    assert store.value("PRAGMA integrity_check") == "ok"


SEEDS = [
    SHOPIFY.encode(), judgeme(("A", "good\nlamp", 5, "2026-03-01", "a@example.com", "lamp")).encode(), TIKTOK.encode(),
    JD.encode("gbk"), SETTLEMENT.encode(), EBAY.encode(), f"\ufeff{DOUYIN_HEADER}\n".encode(),
    b'{"review": "nice", "stars": 5}\n{"review": 3}\n', SHOPIFY.encode("utf-16"),
]  # fmt: skip
TOKENS = [b",", b'"', b"\n", b"\r\n", b"\t", b";", b"\x00", b"\xff", b"1.2E+17", b"=1+1", b"--", b"\xef\xbb\xbf", b"99999999999999999999",
          b"\xe4\xbd", b"31/02/2026", b"", b'""', b"Total:", "合计".encode(), b"{", b"<table>", b"nan", b"inf", b"1,2,3"]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A fixture with cells, lines and bytes removed, doubled and replaced."""
    data = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        match draw(st.sampled_from(["insert", "cut", "swap line", "double line", "end"])):
            case "insert":
                data = data[:at] + draw(st.sampled_from(TOKENS)) + data[at:]
            case "cut":
                data = data[:at] + data[at + draw(st.integers(1, 30)) :]
            case "end":
                data = data[:at]
            case kind:
                lines = data.split(b"\n")
                n = at % len(lines)
                data = b"\n".join(
                    [
                        *lines[:n],
                        *([lines[n]] * 2 if kind == "double line" else lines[n : n + 1][::-1]),
                        *lines[n + 1 :],
                    ]
                )
    return data


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=mutated(), accept=st.booleans())
def test_mutated_files_load_whole_or_say_why(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, accept: bool
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    path = folder / "file.csv"
    path.write_bytes(data)
    store = Store(folder / "my.shop", create=True)
    try:
        reports = import_file(store, path, ImportSettings(accept=accept))
    except BackroomError as error:
        assert error.what and error.message()
        assert store.value("SELECT count(*) FROM imports") == 0
        return
    for report in reports:
        parts = report.rows_loaded + report.rows_updated + report.rows_duplicate + report.rows_rejected
        if report.import_id is not None:
            assert parts == report.rows_read
            assert (report.rejects_file is not None) == (report.rows_rejected > 0)
        else:
            assert report.rows_loaded == 0
    store.close()


_SMALL_DISK = """
import resource, sys
from pathlib import Path
from engine.errors import BackroomError
from engine.importing.desk import import_file
from engine.store.database import Store
shop = Path(sys.argv[1])
store = Store(shop)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
try:
    import_file(store, Path(sys.argv[2]))
except BackroomError as error:
    print(error.message())
"""


def on_a_small_disk(shop: Path, file: Path, most: int) -> str:
    """What an import says that may write no file beyond `most` bytes."""
    done = subprocess.run(
        [sys.executable, "-c", _SMALL_DISK, str(shop), str(file), str(most)],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    return done.stdout.strip()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_full_disk_is_said_with_file_and_line_and_loses_nothing(tmp_path: Path) -> None:
    shop, first, big = tmp_path / "my.shop", tmp_path / "first.csv", tmp_path / "big.csv"
    body = SHOPIFY.split("\n", 1)[1]
    big.write_text(SHOPIFY_HEADER + "\n" + "".join(body.replace("#", f"#{n}-") for n in range(4000)))
    first.write_text(SHOPIFY)
    store = Store(shop, create=True)
    import_file(store, first)
    before = dump(store)
    said = on_a_small_disk(shop, big, 1_500_000)
    assert said.startswith(f"{big}, line 2: not imported into my.shop, which is as it was:") and "disk" in said
    assert dump(store) == before and store.value("PRAGMA integrity_check") == "ok"
    # Also when only the rows that need mending no longer fit: none may be lost unsaid.
    wrong = tmp_path / "wrong.csv"
    wrong.write_text(
        SHOPIFY.replace("#", "#9")
        + "".join(body.replace("#2", f"#3{n}").replace(",1,Blue", ",x,Blue") for n in range(400))
    )
    said = on_a_small_disk(shop, wrong, 40_000)
    assert "not imported into my.shop" in said and "wrong.csv" in said
    assert (
        dump(store) == before and not list(tmp_path.rglob("*.csv.part")) and not list(tmp_path.rglob("*.import*.csv"))
    )
    packed = tmp_path / "big.csv.gz"
    packed.write_bytes(gzip.compress(big.read_bytes()))
    assert "too full to unpack" in on_a_small_disk(shop, packed, 900_000)


def test_a_read_only_shop_is_named_and_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text(SHOPIFY)
    second.write_text(SHOPIFY.replace("#", "#5"))
    store = Store(tmp_path / "my.shop", create=True)
    import_file(store, first)
    store.close()
    monkeypatch.setattr("engine.store.database.os.access", lambda path, mode: False)
    closed = Store(tmp_path / "my.shop")
    before = dump(closed)
    with pytest.raises(
        BackroomError, match=r"second\.csv: not imported into my\.shop, which is as it was: this shop is read-only"
    ):
        import_file(closed, second)
    assert dump(closed) == before


@pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux tells it")
def test_a_line_of_200_megabytes_ends_quickly_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "endless.csv"
    with path.open("wb") as file:
        file.write(b"a,b\n")
        for _ in range(200):
            file.write(b"x" * (1 << 20))
    code = (
        "import sys; from pathlib import Path; from engine.importing.desk import recognise\n"
        "from engine.errors import BackroomError\n"
        "try: recognise(Path(sys.argv[1]))\n"
        "except BackroomError as error: print(error.message())\n"
        "print(next(l for l in open('/proc/self/status') if l.startswith('VmHWM')).split()[1])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    message, peak = run.stdout.splitlines()
    assert "endless.csv, line 2: this line is longer than 16 MB" in message
    assert int(peak) < 300_000


@pytest.mark.parametrize(
    "damage", [("</table:table>", "</t\rable:table>"), ("</office:body>", ""), ("<text:p>", "<text:p")]
)
def test_a_workbook_of_damaged_xml_is_refused(tmp_path: Path, damage: tuple[str, str]) -> None:
    # The library that reads workbooks would look for the end of the table for ever.
    whole, broken = write_ods(tmp_path / "whole.ods", {"a": [["name", "stars"], ["lamp", 3]]}), tmp_path / "broken.ods"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(broken, "w") as new:
        for part in old.namelist():
            new.writestr(part, old.read(part).decode().replace(*damage))
    assert recognise(whole)
    with pytest.raises(BackroomError, match=r"broken\.ods: .*damaged"):
        recognise(broken)


def test_what_a_library_does_to_its_process_does_not_happen_to_the_app(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = write_ods(tmp_path / "whole.ods", {"a": [["name", "stars"], ["lamp", 3]]})
    stand_in = tmp_path / "library"
    stand_in.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(stand_in))
    monkeypatch.setattr("engine.importing.binary.PATIENCE_SECONDS", 1.5)
    for deed, said in (("os.abort()", "damaged"), ("exec('while True: pass')", "given up after 2 seconds")):
        (stand_in / "fastexcel.py").write_text(f"import os\ndef read_excel(path): {deed}\n")
        with pytest.raises(BackroomError, match=rf"whole\.ods: .*{said}"):
            recognise(whole)
