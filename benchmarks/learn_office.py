"""The 10⁶-event office: `learn`, one more day, and `forget`, each as a user's command on Parquet files.

    python benchmarks/learn_office.py [--events 1000000]

Claims: `learn` in at most 60 s and 2 GB; one more day in at most 5 % of that; after `forget` the model hash equals
that of a book that never had the worker. One more day is measured twice: as a command of its own, and in a process that
stays (`learn --follow`), which gets the last two days one after the other; its first loads what later ones use again.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from _measure import Measured, guildbook, report

from guildbook.columns import RAW_SCHEMA
from guildbook.plugins import Chunk
from guildbook.record import office

LAST_DAY = 41
"""The last working day of the six weeks (day 0 is a Wednesday)."""


def main() -> None:
    """Make the office's files, then run the commands on them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = {"seed": options.seed, "events": options.events}
        before = _write(folder / "before.parquet", office.generate(**size, days=range(LAST_DAY)))
        day = _write(folder / "day.parquet", office.generate(**size, days=range(LAST_DAY, LAST_DAY + 1)))
        book = folder / "book"
        first, learnt = guildbook(book, "learn", folder / "before.parquet")
        more, learnt_more = guildbook(book, "learn", folder / "day.parquet")
        nothing, _ = guildbook(book, "learn")
        worker = before["worker"][0].as_py()
        forgot, forgotten = guildbook(book, "forget", "--worker", worker, "--yes")
        for source, table in (("before", before), ("day", day)):
            kept = table.filter(pc.not_equal(table["worker"].cast(pa.string()), worker))
            pq.write_table(kept, folder / f"{source}.parquet")
        _, never = guildbook(folder / "never", "learn", folder / "before.parquet", folder / "day.parquet")
        followed = _followed(folder, office.generate, size)
        report(
            "learn-office",
            {
                "events": learnt["events"],
                "workers": learnt["workers"],
                "learn": _figures(first),
                "one_more_day": _figures(more) | {"events": learnt_more["events"] - learnt["events"]},
                "one_more_day_share": round(more.wall / first.wall, 4),
                "followed": followed,
                "nothing_new": _figures(nothing),
                "forget": _figures(forgot) | {"events": forgotten["events"], "touched": forgotten["touched"]},
                "forget_equals_never": forgotten["model_hash"] == never["model_hash"],
            },
        )


def _followed(folder: Path, generate: Callable[..., Iterator[Chunk]], size: dict[str, int]) -> dict[str, Any]:
    """Seconds of learning, and of processor time, of each day that a process which stays is given."""
    inputs = folder / "inputs"
    inputs.mkdir()
    _write(inputs / "before.parquet", generate(**size, days=range(LAST_DAY - 1)))
    command = [sys.executable, "-m", "guildbook", "--home", str(folder / "followed"), "learn", str(inputs)]
    with subprocess.Popen([*command, "--follow", "--every", "0.5", "--json"], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        found = [json.loads(run.stdout.readline())]
        cpu = [_cpu(run.pid)]
        for day in (LAST_DAY - 1, LAST_DAY):
            _write(folder / "part", generate(**size, days=range(day, day + 1)))
            (folder / "part").replace(inputs / f"{day}.parquet")
            found.append(json.loads(run.stdout.readline()))
            cpu.append(_cpu(run.pid))
        run.send_signal(signal.SIGTERM)
    return {
        "first_seconds": found[0]["seconds"],
        "days_seconds": [each["seconds"] for each in found[1:]],
        "days_cpu_seconds": [round(after - before, 2) for before, after in pairwise(cpu)],
        "last_day_share": round(found[-1]["seconds"] / found[0]["seconds"], 4),
        "model_hash": found[-1]["model_hash"],
    }


def _cpu(pid: int) -> float:
    """User and system seconds so far (Linux)."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def _write(path: Path, chunks: Iterator[Chunk]) -> pa.Table:
    table = pa.concat_tables([c.events for c in chunks]).unify_dictionaries().cast(RAW_SCHEMA)
    pq.write_table(table, path)
    return table


def _figures(measured: Measured) -> dict[str, float]:
    return {
        "wall_seconds": round(measured.wall, 2),
        "cpu_seconds": round(measured.cpu, 2),
        "peak_mib": round(measured.peak),
    }


if __name__ == "__main__":
    main()
