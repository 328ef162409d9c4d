"""Leave-one-out of every worker of a real log, each with the model hash of the book learnt without them.

    python benchmarks/leave_one_out.py ../shared/data/eventlogs/BPI_Challenge_2012.xes.gz [--jobs 2] [--check 5]

Claim: all 69 employees of BPI Challenge 2012 in at most 15 s. `--check N`: N of them are learnt without from nothing,
and must have the same hash. Reading the log and summing it up once are told apart.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from time import perf_counter, process_time

import pyarrow as pa
import pyarrow.compute as pc
from _measure import report

from guildbook.columns.compiled import prepare
from guildbook.distil.coalition import Whole, without
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table
from guildbook.record import reader


def main() -> None:
    """Time it and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--check", type=int, default=5)
    options = parser.parse_args()
    table = pa.concat_tables([c.events for item in reader.plan((options.log,)) for c in reader.read(item)])
    table = table.unify_dictionaries().combine_chunks()
    prepare()
    summarise_table(table.slice(0, 1000), Settings())
    began, worked = perf_counter(), process_time()
    whole = Whole.of(table, Settings())
    whole.sums.digest()
    summed = perf_counter() - began
    people = [name for code, name in enumerate(whole.events.workers.texts) if (whole.events.worker == code).any()]
    found = {one.workers[0]: one.digest for one in without(whole, [(name,) for name in people], options.jobs)}
    wall, cpu = perf_counter() - began, process_time() - worked
    names = table["worker"].cast(pa.string())
    same = 0
    for name in people[:: max(1, len(people) // max(1, options.check))][: options.check]:
        rest = summarise_table(table.filter(pc.fill_null(pc.not_equal(names, name), True)), Settings())  # noqa: FBT003
        same += rest.digest() == found[name]
    report(
        "leave-one-out",
        {
            "events": len(table),
            "workers": len(people),
            "jobs": options.jobs,
            "seconds": round(wall, 2),
            "cpu_seconds_here": round(cpu, 2),
            "of_which_summing_up_once": round(summed, 2),
            "different_hashes": len(set(found.values())),
            "checked": options.check,
            "checked_and_equal": same,
        },
    )


if __name__ == "__main__":
    main()
