"""How fast a large orders file is imported, beside SQLite's own `.import` and `sqlite-utils insert --csv` of the same file."""

from __future__ import annotations

import csv
import json
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

LINES = 200_000
_LINE_COLUMNS = (
    "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem compare at price", "Lineitem sku",
    "Lineitem requires shipping", "Lineitem taxable", "Lineitem fulfillment status",
)  # fmt: skip
_ADDRESS = ("Name", "Street", "Address1", "Address2", "Company", "City", "Zip", "Province", "Country", "Phone")
COLUMNS = (
    "Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Fulfilled at", "Accepts Marketing", "Currency",
    "Subtotal", "Shipping", "Taxes", "Total", "Discount Code", "Discount Amount", "Shipping Method", "Created at",
    *_LINE_COLUMNS, *(f"Billing {part}" for part in _ADDRESS), *(f"Shipping {part}" for part in _ADDRESS),
    "Notes", "Note Attributes", "Cancelled at", "Payment Method", "Payment Reference", "Refunded Amount", "Vendor",
    "Outstanding Balance", "Employee", "Location", "Device ID", "Id", "Tags", "Risk Level", "Source", "Lineitem discount",
    *(f"Tax {n} {part}" for n in range(1, 6) for part in ("Name", "Value")),
    "Phone", "Receipt Number", "Duties", "Billing Province Name", "Shipping Province Name",
)  # fmt: skip


def write_orders(path: Path, lines: int = LINES, seed: int = 20261031) -> None:
    """Write an invented Shopify orders file of 75 columns: one to three lines an order, about 300 bytes a line."""
    chance = random.Random(seed)
    goods = [(f"Lantern No. {n}", f"LAN-{n:04d}", chance.randrange(500, 20_000) / 100) for n in range(400)]
    blank = dict.fromkeys(COLUMNS, "")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        written, order = 0, 1000
        while written < lines:
            order += 1
            bought = [
                (chance.choice(goods), chance.randint(1, 3))
                for _ in range(min(lines - written, chance.choice((1, 1, 2, 3))))
            ]
            subtotal = sum(good[2] * count for good, count in bought)
            moment = (
                f"2025-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d} {chance.randint(0, 23):02d}:15:40 +0200"
            )
            for number, ((name, sku, price), count) in enumerate(bought):
                row = blank | {
                    "Name": f"#{order}", "Email": f"buyer{order % 60_000}@example.com", "Created at": moment,
                    "Lineitem quantity": str(count), "Lineitem name": name, "Lineitem price": f"{price:.2f}", "Lineitem sku": sku,
                    "Lineitem requires shipping": "true", "Lineitem taxable": "true", "Lineitem fulfillment status": "fulfilled",
                    "Vendor": "Tern", "Lineitem discount": "0.00",
                }  # fmt: skip
                if number == 0:
                    row |= {
                        "Financial Status": "paid", "Paid at": moment, "Fulfillment Status": "fulfilled", "Fulfilled at": moment,
                        "Accepts Marketing": "no", "Currency": "EUR", "Subtotal": f"{subtotal:.2f}", "Shipping": "5.00",
                        "Taxes": "0.00", "Total": f"{subtotal + 5:.2f}", "Discount Amount": "0.00", "Shipping Method": "Swift Post",
                        "Billing Name": "A. Buyer", "Billing Street": "1 Example Lane, \"Flat\" 2", "Billing City": "Lindenau",
                        "Billing Zip": "'04177", "Billing Country": "DE", "Shipping Name": "A. Buyer",
                        "Shipping Street": "1 Example Lane",
                        "Shipping City": "Lindenau", "Shipping Zip": "'04177", "Shipping Country": "DE", "Payment Method": "Card",
                        "Payment Reference": f"r{order}", "Refunded Amount": "0.00", "Outstanding Balance": "0.00",
                        "Id": str(5_550_000_000_000 + order), "Risk Level": "Low", "Source": "web",
                    }  # fmt: skip
                writer.writerow(row)
                written += 1


def run_bench(lines: int = LINES, *, sqlite_utils: bool = True) -> list[dict[str, Any]]:
    """Import one generated file in each way, one after another, each in a process of its own.

    Args:
        lines: order lines in the file.
        sqlite_utils: also measure `sqlite-utils insert --csv`, which takes minutes.

    Returns:
        One object per way: `name`, `seconds`, `lines`, `megabytes`, `lines_per_second`, `peak_megabytes` (ours only), and
        for the others `ours_is` (their seconds over ours; below one where they are faster).
    """
    with tempfile.TemporaryDirectory(prefix="backroom-bench-") as folder:
        path = Path(folder) / "orders.csv"
        write_orders(path, lines)
        megabytes = path.stat().st_size / 1e6
        results = [_ours(path, Path(folder) / "bench.shop"), _sqlite(path, Path(folder) / "raw.db")]
        if sqlite_utils:
            results.append(_sqlite_utils(path, Path(folder) / "utils.db"))
        for result in results:
            result |= {
                "lines": lines,
                "megabytes": round(megabytes, 1),
                "lines_per_second": round(lines / result["seconds"]),
            }
        for result in results[1:]:
            result["ours_is"] = round(result["seconds"] / results[0]["seconds"], 2)
        return results


_CHILD = """
import json, sys, time
started = time.perf_counter()
from pathlib import Path
from engine.importing.desk import import_file
from engine.store.database import Store
report = import_file(Store(Path(sys.argv[2]), create=True), Path(sys.argv[1]))[0]
seconds = time.perf_counter() - started
status = Path("/proc/self/status")
if status.exists():
    # What `getrusage` tells of a child begins with the memory of its parent.
    peak = int(status.read_text().split("VmHWM:")[1].split()[0]) * 1024
elif sys.platform == "win32":
    import psutil
    peak = psutil.Process().memory_info().peak_wset
else:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"seconds": seconds, "peak": peak, "rows": report.rows_loaded}))
"""


def _ours(path: Path, shop: Path) -> dict[str, Any]:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(path), str(shop)], capture_output=True, text=True, check=True, cwd=root
    )
    said = json.loads(done.stdout)
    return {
        "name": "backroom import",
        "seconds": round(said["seconds"], 2),
        "peak_megabytes": round(said["peak"] / 1e6),
    }


def _sqlite(path: Path, target: Path) -> dict[str, Any]:
    """`.import` of the sqlite3 shell; where there is none, Python's csv and sqlite3 modules do the same."""
    shell = shutil.which("sqlite3")
    started = time.perf_counter()
    if shell:
        subprocess.run(
            [shell, str(target), "-cmd", ".mode csv", f".import {path} orders"], check=True, capture_output=True
        )
        return {"name": "sqlite3 .import", "seconds": round(time.perf_counter() - started, 2)}
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        connection = sqlite3.connect(target)
        names = ", ".join('"' + name.replace('"', '""') + '" TEXT' for name in header)
        connection.execute(f"CREATE TABLE orders ({names})")
        connection.executemany(f"INSERT INTO orders VALUES ({', '.join('?' * len(header))})", rows)
        connection.commit()
        connection.close()
    return {"name": "csv and sqlite3 modules", "seconds": round(time.perf_counter() - started, 2)}


def _sqlite_utils(path: Path, target: Path) -> dict[str, Any]:
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "sqlite_utils", "insert", str(target), "orders", str(path), "--csv", "--silent"],
        check=True,
        capture_output=True,
    )
    return {"name": "sqlite-utils insert --csv", "seconds": round(time.perf_counter() - started, 2)}
