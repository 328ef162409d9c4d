"""Rows a second that a source of ours hands in, durable on return, kept as one compressed row or one by one.

Rows as the spreadsheets' source tells them, through guard and outbox, in lists of so many; each list is one call that
returns once it is on the disk. Both ways in turn, `--rounds` times; medians. Where the machine is busy,
processor time says more than rows a second. Bytes are those of the file afterwards.

    python benchmarks/own_rows.py [--rounds 5] [--seconds 0.7]
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from _measure import report

from guildbook.model import time as clock
from guildbook.record.live import intake as ours
from guildbook.record.live.guard import Guard
from guildbook.record.live.outbox import Outbox

SIZES = (1, 10, 200, 1000)
WAYS = {"one_by_one": 1 << 30, "together": ours.LEAST_OURS}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.7)
    asked = parser.parse_args()
    found: dict[tuple[int, str], list[tuple[float, float, float]]] = {}
    for _ in range(asked.rounds):
        for size in SIZES:
            for way, least in WAYS.items():
                ours.LEAST_OURS = least
                found.setdefault((size, way), []).append(handed_in(size, asked.seconds))
    names = ("rows_a_second", "bytes_a_row", "processor_us_a_row")
    figures = {
        str(size): {
            way: {name: round(middle(found[size, way], at)) for at, name in enumerate(names)} for way in WAYS
        }
        for size in SIZES
    }  # fmt: skip
    report("own rows", {"lists_of": figures, "load_average": round(os.getloadavg()[0], 1)})


def handed_in(size: int, seconds: float) -> tuple[float, float, float]:
    """Rows a second, bytes a row, and processor time a row in µs."""
    with tempfile.TemporaryDirectory() as folder:
        outbox = Outbox(Path(folder))
        intake, rows, begun = ours.Intake(outbox, Guard(), "desk"), 0, time.perf_counter()
        used = time.process_time()
        while time.perf_counter() < begun + seconds:
            rows += intake.write("sheets", [row(rows + at) for at in range(size)])
        wall, used = time.perf_counter() - begun, time.process_time() - used
        outbox.close()
        kept = sum(path.stat().st_size for path in Path(folder).glob("outbox.sqlite*"))
        return rows / wall, kept / rows, 1e6 * used / rows


def middle(values: list[tuple[float, float, float]], place: int) -> float:
    return statistics.median(value[place] for value in values)


def row(number: int) -> dict[str, Any]:
    """A cell that was changed."""
    return {
        "time": clock.now() + number, "app": "libreoffice", "action": "edit", "window": "claims.xlsx",
        "document": "/home/ada/claims.xlsx", "element_role": "cell", "element_id": f"Bill!B{number}",
        "element_name": f"Total C-{number:05}", "value_before": str(7 * number),
        "value_after": f"=SUM(B{number}:D{number})",
        "objects": [{"id": "file:/home/ada/claims.xlsx", "type": "document", "qualifier": ""}],
        "attributes": '{"functions":["SUM"]}', "source_version": "1",
    }  # fmt: skip


if __name__ == "__main__":
    main()
