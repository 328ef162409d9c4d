"""Claim: counts alone, mixed, predict the next step as well as learnt sequence models, in under a minute of training.

    python benchmarks/next_step.py [FOLDER]

Trains on `train_val_LOG`, predicts every event of `test_LOG` from the second on and the end of each case. Everything
that has to be chosen is chosen on the training cases; the test is looked at once. `known` is plain back-off;
`next_step_peers.py` trains the peers on the same split.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import pyarrow as pa
from _measure import report

from guildbook.distil import nextstep
from guildbook.record import reader

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "eventlogs"
KNOWN = {"Helpdesk": 0.704, "BPI_Challenge_2012_O": 0.798, "BPI_Challenge_2012": 0.845}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    folder = parser.parse_args().folder
    if not folder.is_dir():
        raise SystemExit("skipped: data not present")
    figures = {}
    for log, known in KNOWN.items():
        train, test = (events(folder / f"{part}_{log}.xes.gz") for part in ("train_val", "test"))
        began = time.process_time()
        result = nextstep.bench(train, test)
        seconds = round(time.process_time() - began, 2)
        rounded = {k: round(v, 4) if isinstance(v, float) else v for k, v in result.items()}
        figures[log] = rounded | {"cpu_seconds": seconds, "known": known}
    report("next-step", figures)


def events(path: Path) -> pa.Table:
    """All events of a log."""
    chunks = [chunk.events for item in reader.plan((path,)) for chunk in reader.read(item)]
    return pa.concat_tables(chunks).unify_dictionaries()


if __name__ == "__main__":
    main()
