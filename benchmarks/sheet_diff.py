"""What it costs to tell what changed in a workbook, and to watch folders in which nothing happens.

A workbook of 100,000 cells (20,000 rows of a bill, each with a formula) is saved with ten cells changed, with a row put
in, and sorted. Each is read, compared and put away by the process that does it for the source: seconds of the whole
answer, with the start of the process, and its CPU. Then the source runs for a while over 10,000 texts that do not
change: CPU and memory of this process. Medians of the rounds. Prints JSON.

    python benchmarks/sheet_diff.py [--rows 20000] [--files 10000] [--idle 30]
"""

from __future__ import annotations

import argparse
import base64
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from _measure import median, report
from openpyxl import Workbook, load_workbook

from guildbook.plugins import Sink
from guildbook.record.sources._files_worker import Worker

ROUNDS = 5


def main() -> None:
    given = argparse.ArgumentParser()
    given.add_argument("--rows", type=int, default=20_000)
    given.add_argument("--files", type=int, default=10_000)
    given.add_argument("--idle", type=float, default=30.0)
    asked = given.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        told = {"rows": asked.rows, "saves": saves(place, asked.rows), "idle": idle(place, asked.files, asked.idle)}
    report("sheet_diff", told)


def bill(path: Path, rows: int) -> None:
    book = Workbook()
    sheet: Any = book.active
    sheet.append(["Number", "Item", "Qty", "Price", "Total"])
    for n in range(rows):
        sheet.append([n * 7919 % rows, f"item {n % 977}", n % 13, n % 101 / 4, f"=C{n + 2}*D{n + 2}"])
    book.save(path)


def ten(sheet: Any) -> None:
    for n in range(10):
        sheet.cell(100 + 1_700 * n, 3).value = 1_000 + n


def row(sheet: Any) -> None:
    sheet.insert_rows(500)
    for n in range(501, sheet.max_row + 1):
        sheet.cell(n, 5).value = f"=C{n}*D{n}"


def order(sheet: Any) -> None:
    rows = sorted(([cell.value for cell in line[:4]] for line in sheet.iter_rows(min_row=2)), key=lambda r: r[0] or 0)
    for n, values in enumerate(rows, start=2):
        for column, value in enumerate(values, start=1):
            sheet.cell(n, column).value = value


def saves(place: Path, rows: int) -> dict[str, Any]:
    """Seconds from a question to its answer, CPU seconds of the process, and rows told."""
    first, out = place / "first.xlsx", {}
    bill(first, rows)
    acts: dict[str, Callable[[Any], object]] = {"10 cells": ten, "a row put in": row, "sorted": order}
    for name, act in acts.items():
        later = place / "later.xlsx"
        book = load_workbook(first)
        act(book.active)
        book.save(later)
        runs = [compared(place, first, later) for _ in range(ROUNDS)]
        out[name] = {key: median([run[key] for run in runs]) for key in runs[0]}
    return out


def compared(place: Path, first: Path, later: Path) -> dict[str, float]:
    worker = Worker(threading.Event())
    path = place / "bill.xlsx"
    job: dict[str, Any] = {
        "kind": "sheets", "path": str(path), "state": str(place / "state"), "key": base64.b64encode(bytes(32)).decode()
    }  # fmt: skip
    before = children()
    began = time.perf_counter()
    shutil.copy(first, path)
    worker.ask(job | {"quiet": True})
    (place / "state.part").replace(place / "state")
    worker.close()
    taken, cpu_taken = time.perf_counter() - began, children() - before
    shutil.copy(later, path)
    before, began = children(), time.perf_counter()
    answer = worker.ask(job)
    seconds = time.perf_counter() - began
    worker.close()
    return {
        "seconds": seconds, "cpu_seconds": children() - before, "rows": len(answer["rows"]),
        "first_seconds": taken, "first_cpu_seconds": cpu_taken,
    }  # fmt: skip


def children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Nowhere(Sink):
    """Takes everything and keeps nothing."""

    def write(self, rows: Sequence[Mapping[str, Any]]) -> int:
        """As all were recorded."""
        return len(rows)

    def pulse(self, row: Mapping[str, Any], seconds: float) -> None:
        """Nothing goes on."""
        del row, seconds


IDLE = """
import sys, threading, time, resource
sys.path.insert(0, {benchmarks!r})
from pathlib import Path
from sheet_diff import Nowhere
from guildbook.plugins import SourceOptions
from guildbook.record.sources.documents import DocumentsSource
stop = threading.Event()
kept = Path({kept!r})
options = SourceOptions(kept, {{"folders": {folder!r}}})
thread = threading.Thread(target=DocumentsSource().run, args=(Nowhere(), options, stop))
began = time.perf_counter()
thread.start()
wanted = min({files}, 5000)
while len(list((kept / "versions").glob("*.version")) if (kept / "versions").exists() else []) < wanted:
    time.sleep(1)
ready = time.perf_counter() - began
time.sleep(12)
start = time.process_time()
time.sleep({idle})
used = time.process_time() - start
memory = int(Path("/proc/self/statm").read_text().split()[1]) * 4096
before = time.process_time()
stop.set()
ended = time.perf_counter()
thread.join()
print(ready, used / {idle}, memory, time.perf_counter() - ended)
"""


def idle(place: Path, files: int, seconds: float) -> dict[str, float]:
    """Of a process that does nothing else: its share of a core and its memory while nothing happens."""
    folder, kept = place / "texts", place / "kept"
    kept.mkdir()
    for n in range(files):
        path = folder / f"{n % 100:02d}" / f"{n}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# Note {n}\n\nSomething to keep.\n")
    code = IDLE.format(
        benchmarks=str(Path(__file__).parent), kept=str(kept), folder=str(folder), files=files, idle=seconds
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    ready, share, memory, stopped = (float(part) for part in done.stdout.split())
    return {
        "files": files, "seconds_until_versions": ready, "share_of_a_core": share, "bytes_of_memory": memory,
        "seconds_to_stop": stopped,
    }  # fmt: skip


if __name__ == "__main__":
    main()
