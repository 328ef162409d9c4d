"""kill -9 of the recorder's own process under load, again and again: what was acknowledged, lost and doubled.

Each time the recorder is started as `guildbook record start` starts it; one client sends heartbeats, one lists of
events, one rows at the door for sources, as fast as they are answered, and a fourth has everything brought to the
book. At some instant within `--most` seconds the process is killed. In the end everything is in the book, or this ends
with an error. Prints JSON.

    python benchmarks/recorder_kills.py [--kills 100] [--most 2] [--seed 0]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "server"))

from _measure import report
from killing import Killing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--most", type=float, default=2.0, help="seconds under load before a kill, at most")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        killing = Killing(Path(folder) / "book", asked.seed)
        for _ in range(asked.kills):
            killing.round(asked.most)
        killing.stop()
        told = killing.verdict()
    report("recorder kills", {"kills": asked.kills, **told, "seconds": round(time.perf_counter() - begun)})
    if told["lost"] or told["doubled"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
