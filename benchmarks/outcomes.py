"""Claim: who does well at a small web task is told from who does not with an area under the curve of at least 0.85.

    python benchmarks/outcomes.py [FOLDER]

Cross-validated over episodes, penalty chosen inside each fold; with the outcomes shuffled the area must be a half. Each
file also without what it asks for, so that steps and times alone must tell: what the verdicts add is the difference.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from _measure import report

from guildbook.app.bench_outcomes import outcomes
from guildbook.distil import Settings
from guildbook.distil.quality.model import cross_validated
from guildbook.distil.summarise import summarise_table
from guildbook.record import reader

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "outcomes"
NEEDED = 0.85


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    folder = parser.parse_args().folder
    if not folder.is_dir():
        raise SystemExit("skipped: data not present")
    report("outcomes", {path.name: measured(path) for path in sorted(folder.glob("*.csv*"))} | {"needed": NEEDED})


def measured(path: Path) -> dict[str, Any]:
    """The figures of one file."""
    began = time.process_time()
    found = outcomes(path)
    seconds = round(time.process_time() - began, 1)
    events = pa.concat_tables([c.events for item in reader.plan((path,)) for c in reader.read(item)])
    return found | {
        "cpu_seconds": seconds,
        "auc_shuffled": area(shuffled(events)),
        "auc_without_request": area(without(events, "attributes")),
        "auc_without_values": area(without(events, "value_after")),
    }


def area(events: pa.Table) -> float:
    """The cross-validated area under the curve."""
    return round(cross_validated(summarise_table(events, Settings())).auc()[0], 4)


def without(events: pa.Table, column: str) -> pa.Table:
    """The events with a column emptied."""
    place = events.schema.get_field_index(column)
    return events.set_column(place, events.schema.field(place), pa.nulls(len(events), events.schema.field(place).type))


def shuffled(events: pa.Table) -> pa.Table:
    """The events with the cases' outcomes dealt anew."""
    case = events.column("case").cast(pa.string()).combine_chunks().dictionary_encode()
    codes = case.indices.to_numpy()
    said = events.column("outcome").cast(pa.string()).to_pylist()
    known: dict[int, str] = {int(c): text for c, text in zip(codes, said, strict=True) if text is not None}
    dealt = dict(zip(known, np.random.default_rng(1).permutation(list(known.values())).tolist(), strict=True))
    place = events.schema.get_field_index("outcome")
    column = pa.array([dealt.get(int(c)) for c in codes], pa.string()).dictionary_encode()
    return events.set_column(place, events.schema.field(place), pc.cast(column, events.schema.field(place).type))


if __name__ == "__main__":
    main()
