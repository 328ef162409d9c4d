"""Making the sample office: seconds of wall and processor time and peak memory for a whole process.

    python benchmarks/make_office.py [--events 1000000] [--runs 3]

Claims: 10⁶ events in at most 10 s; memory that does not grow with the number of events.
"""

from __future__ import annotations

import argparse
import sys

from _measure import median, report, run

CODE = """
from guildbook.record.office import generate
print(sum(chunk.events.num_rows for chunk in generate(seed={seed}, events={events})))
"""


def main() -> None:
    """Run fresh processes and print medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    code = CODE.format(seed=options.seed, events=options.events)
    runs = [run([sys.executable, "-c", code]) for _ in range(options.runs)]
    report(
        "make-office",
        {
            "events": int(runs[0].out),
            "runs": len(runs),
            "wall_seconds": median([m.wall for m in runs]),
            "cpu_seconds": median([m.cpu for m in runs]),
            "peak_mib": median([m.peak for m in runs]),
        },
    )


if __name__ == "__main__":
    main()
