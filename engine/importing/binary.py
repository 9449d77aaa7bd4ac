"""Workbooks and Parquet files, read in a process of their own: `python -m engine.importing.binary KIND FILE FOLDER SECONDS`.

The libraries that read .xlsx, .xls, .ods and .parquet are compiled code. On a damaged file they may panic onto the
terminal, look for the end of a table for ever, or ask for two terabytes and end the process: none of which may happen to
the app.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import InputFileError
from engine.limits import environment, limit, memory_for, out_of_memory, out_of_time
from engine.offline import forbid_network
from engine.offline.attempts import Witness, attempt_all
from engine.paths import temporary_folder

if TYPE_CHECKING:
    import polars as pl

PATIENCE_SECONDS, PATIENCE_PER_MEGABYTE = 7.0, 4.0
"""Longest that reading may compute, and how much more for each megabyte of the file: several times what a slow laptop needs."""

WAITING = 8
"""Times as long as it may compute it may take by the clock: a machine may be busy with other things."""

WORKBOOK, PARQUET = "workbook", "parquet"
_CALLED = {WORKBOOK: "this workbook", PARQUET: "this Parquet file"}
_ROWS = 50_000


def read_sheets(path: Path, name: str) -> list[tuple[str, pl.DataFrame]]:
    """Every sheet of a workbook, its name and its cells as texts; an empty frame for an empty sheet.

    Args:
        path: the file. name: what it is called in messages.

    Raises:
        InputFileError: it is damaged, protected, or takes too long to read.
    """
    import polars as pl

    with temporary_folder() as folder:
        sheets = _read_apart(WORKBOOK, path, name, folder)
        return [
            (sheet, pl.read_ipc((Path(folder) / f"{number}.arrow").read_bytes())) for number, sheet in enumerate(sheets)
        ]


def try_parquet(path: Path, name: str) -> None:
    """Read a Parquet file from its first row to its last, to see that it can be read.

    Args:
        path: the file. name: what it is called in messages.

    Raises:
        InputFileError: it is damaged, or takes too long to read.
    """
    _read_apart(PARQUET, path, name, "")


def _read_apart(kind: str, path: Path, name: str, folder: str) -> list[str]:
    """Let `main` do it in another process; the names of the sheets that are in the folder afterwards."""
    patience = math.ceil(PATIENCE_SECONDS + PATIENCE_PER_MEGABYTE * path.stat().st_size / 1e6)
    given_up = InputFileError(
        f"reading {_CALLED[kind]} was given up after {patience} seconds.",
        file=name,
        todo="Save it as .csv, with a spreadsheet or the program that made it.",
    )
    command = [sys.executable, "-m", "engine.importing.binary", kind, str(path.resolve()), folder, str(patience)]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=WAITING * patience,
            cwd=Path(__file__).parents[2],
            env=environment(),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise given_up from error
    if out_of_time(done.returncode):
        raise given_up
    last_words = done.stderr.decode(errors="replace")[-2000:]
    try:
        said = json.loads(done.stdout)
    except json.JSONDecodeError as error:
        if out_of_memory(done.returncode, last_words):
            raise _too_greedy(name, kind) from error
        raise unreadable(name, _CALLED[kind], "it is damaged") from error
    if "error" in said:
        if out_of_memory(0, said["error"]):
            raise _too_greedy(name, kind)
        raise unreadable(name, said["what"], said["error"])
    return [str(sheet) for sheet in said["sheets"]]


def _too_greedy(name: str, kind: str) -> InputFileError:
    return InputFileError(
        f"{_CALLED[kind]} asks for more memory than any honest file of its size needs; it is damaged, or made to do harm.",
        file=name,
        todo="Open it in a spreadsheet, keep only the rows and columns that hold something, and save it as .csv.",
    )


def unreadable(name: str, what: str, said: str) -> InputFileError:
    """The message for what a reading library says of a damaged or protected file."""
    if "password" in said.casefold():
        return protected(name)
    return InputFileError(
        f"{what} cannot be read: {said[:200]}.",
        file=name,
        todo="Download it again, or open it in a spreadsheet and save it as .xlsx or .csv.",
    )


def protected(name: str) -> InputFileError:
    """The message for a workbook that nobody can read without its password."""
    return InputFileError(
        "this workbook is protected by a password.", file=name, todo="Save it without one, then import it."
    )


def main(kind: str, path: str, folder: str, patience: str) -> None:
    """Write each sheet of a workbook into the folder, or read a Parquet file for nothing but to see that it can be read.

    The names of the sheets, or what is wrong, go to stdout as JSON. The process ends when it has computed for `patience`
    seconds, where the system can see to that.
    """
    limit(seconds=float(patience), memory=memory_for(Path(path).stat().st_size))
    what, sheets = _CALLED[kind], []
    try:
        if kind == PARQUET:
            import polars as pl

            scan = pl.scan_parquet(path, glob=False)
            for at in range(0, int(scan.select(pl.len()).collect().item()), _ROWS):
                scan.slice(at, _ROWS).collect()
        else:
            import fastexcel

            reader = fastexcel.read_excel(path)
            for number, sheet in enumerate(reader.sheet_names):
                what = f"sheet {sheet}"
                frame = reader.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string").to_polars()
                frame.write_ipc(Path(folder) / f"{number}.arrow")
                sheets.append(sheet)
    # A panic of the library is no `Exception`.
    except BaseException as error:
        said = (str(error).strip().splitlines() or ["it is damaged"])[0]
        print(json.dumps({"what": what, "error": said}))
        return
    print(json.dumps({"sheets": sheets}))


if __name__ == "__main__":
    forbid_network()
    if sys.argv[1] == "prove":
        print(json.dumps(attempt_all(Witness(**json.loads(sys.argv[2])))))
    else:
        main(*sys.argv[1:])
