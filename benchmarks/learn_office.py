"""The 10⁶-event office: `learn`, one more day, and `forget`, each as a user's command on Parquet files.

    python benchmarks/learn_office.py [--events 1000000]

Claims: `learn` in at most 60 s and 2 GB; one more day in at most 5 % of that; after `forget` the model hash equals
that of a book that never had the worker.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

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
        report(
            "learn-office",
            {
                "events": learnt["events"],
                "workers": learnt["workers"],
                "learn": _figures(first),
                "one_more_day": _figures(more) | {"events": learnt_more["events"] - learnt["events"]},
                "one_more_day_share": round(more.wall / first.wall, 4),
                "nothing_new": _figures(nothing),
                "forget": _figures(forgot) | {"events": forgotten["events"], "touched": forgotten["touched"]},
                "forget_equals_never": forgotten["model_hash"] == never["model_hash"],
            },
        )


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
