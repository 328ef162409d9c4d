"""The alarm for a feedback loop: how often it goes off on healthy work, and on a made-up collapse.

Healthy: cases drawn without order from a real log, of which more and more are marked as done by AI though nothing else
changes (what AI that does no harm looks like); and the real logs themselves, so marked. Collapse: a model trained on
its own traces writes more and more of the cases (`guildbook.measure.collapse`).

    python benchmarks/health.py [--seeds 200] [--collapses 20]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from guildbook.app import open_book
from guildbook.app.learning import Wanted
from guildbook.measure.collapse import adopted, collapse
from guildbook.measure.health import length, windows
from guildbook.measure.loop import judge
from guildbook.measure.work import Work
from guildbook.model.time import DAY

WEEK = 7 * DAY
WINDOWS, CASES = 36, 200
LOGS = Path(__file__).resolve().parents[2] / "shared" / "data" / "eventlogs"


def worked(log: Path) -> Work:
    """The work of a log, through a book of its own."""
    with tempfile.TemporaryDirectory() as folder, open_book(Path(folder) / "book") as book:
        book.learn(Wanted(paths=(log,)))
        return book.measure.work()


def state(work: Work, size: int) -> str:
    return judge(windows(work, size)).state


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--collapses", type=int, default=20)
    asked = parser.parse_args()
    for name in ("Helpdesk", "BPI_Challenge_2012"):
        begun = time.perf_counter()
        work = worked(LOGS / f"{name}.xes.gz")
        size = length(work)
        made = (adopted(collapse(work, WINDOWS, CASES, size=WEEK, share=0, seed=s), 0.9, s) for s in range(asked.seeds))
        healthy = [state(one, WEEK) for one in made]
        marked = [state(adopted(work, 0.9, s), size) for s in range(min(asked.seeds, 3))]
        fed = [state(collapse(work, WINDOWS, CASES, size=WEEK, seed=s), WEEK) for s in range(asked.collapses)]
        told = {
            "as it is": state(work, size),
            "as it is, marked as AI": {s: marked.count(s) for s in sorted(set(marked))},
            "healthy, more and more AI": {s: healthy.count(s) for s in sorted(set(healthy))},
            "collapse": {s: fed.count(s) for s in sorted(set(fed))},
            "seconds": round(time.perf_counter() - begun, 1),
        }
        print(json.dumps({name: told}, indent=2), flush=True)


if __name__ == "__main__":
    main()
