"""Claim: the bare help of the command line comes in at most 0.3 s.

python benchmarks/help_text.py [--runs 11]
"""

from __future__ import annotations

import argparse
import sys

from _measure import median, report, run


def main() -> None:
    """Ask for help as a user does, in fresh processes, and print the median."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=11)
    options = parser.parse_args()
    asked = [run([sys.executable, "-m", "guildbook", "--help"]) for _ in range(options.runs)]
    report(
        "help-text",
        {
            "runs": len(asked),
            "wall_seconds": median([m.wall for m in asked]),
            "cpu_seconds": median([m.cpu for m in asked]),
        },
    )


if __name__ == "__main__":
    main()
