"""Benchmarks a user can run: next step on held-out files, and the planted practices of a sample office.

Both work on a throw-away book, so that the same way is measured that a real book goes.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from guildbook.app.book import open_book
from guildbook.app.learning import Wanted
from guildbook.app.planted import score
from guildbook.distil import labels, neural, nextstep
from guildbook.plugins import ImportOptions
from guildbook.record import office, reader

Model = Literal["counts", "mixed", "neural"]


def next_step(train: Path, test: Path, model: Model = "counts") -> dict[str, Any]:
    """Learn from `train` alone, predict `test`: every event from the second on and the end of each case.

    `counts` mixes views of counts; `neural` is the net alone; `mixed` is the counts, with the net where it helps on
    the newest training cases. Raises `MissingExtraError` where a net is asked for and torch is not installed.
    """
    started = time.perf_counter()
    if model == "counts":
        result = nextstep.bench(events_of(train), events_of(test))
    else:
        neural.require()
        from guildbook.distil.neural.bench import bench  # noqa: PLC0415 - needs torch

        result = bench(events_of(train), events_of(test), model)
    return result | {"seconds": round(time.perf_counter() - started, 3)}


def planted(seed: int, events: int, options: office.Options | None = None) -> dict[str, Any]:
    """Mine the office of that seed and hold the practices against what was planted in it."""
    started = time.perf_counter()
    made = options or office.Options()
    with tempfile.TemporaryDirectory(prefix="guildbook-bench-") as name:
        folder = Path(name)
        file, *_ = office.write(folder / "office", seed=seed, events=events, options=made)
        with open_book(folder / "book") as book:
            found = book.learn(Wanted(paths=(file,))).knowledge
    result = score(found.practices, office.truth(seed=seed, events=events, options=made), labels.label_of)
    return result.to_dict() | {
        "events": found.events,
        "false_per_100000": 100_000 * result.overall.false / max(found.events, 1),
        "seconds": round(time.perf_counter() - started, 3),
    }


def events_of(path: Path, mapping: Mapping[str, str] | None = None) -> pa.Table:
    """All events of a log, in no book. `mapping`: event field → column, where the guess would be wrong."""
    planned = reader.plan((path,), ImportOptions(mapping=mapping or {}))
    chunks = [chunk.events for item in planned for chunk in reader.read(item)]
    return pa.concat_tables(chunks).unify_dictionaries()
